"""What the designed layouts are made of: a box, lines of text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from lotus.composition.captions.stage import Span
from lotus.composition.captions.styles import Box
from lotus.composition.text.ass import Event, alpha, clean, colour, number, rounded
from lotus.composition.text.typeset import Block

__all__ = ["block_events", "box_event", "first_and_rest"]


def first_and_rest(text: str) -> tuple[str, str]:
    """The first line that says something, and the others as one."""
    rows = [row for line in clean(text).split("\n") if (row := line.strip())]
    return (rows or [""])[0], " ".join(rows[1:])


def box_event(layer: int, span: Span, box: Box, radius: float, fill: str, opacity: float) -> Event:
    """A box with round corners of one colour."""
    tags = f"\\an7\\pos(0,0)\\bord0{colour(fill)}{alpha(opacity)}\\p1"
    path = rounded(box.left, box.top, box.width, box.height, radius)
    return Event(layer, span.start_frame, span.end_frame, tags, path)


def block_events(
    layer: int, span: Span, block: Block, x: float, baseline: float, align: int, fill: str, opacity: float
) -> Iterator[Event]:
    """The lines of a block from its first baseline on; `align` is ASS's: 7, 8, 9 for left, centre, right."""
    for i, line in enumerate(block.lines):
        top = baseline + i * block.step_px - line.ascent * block.em_px
        tags = f"\\an{align}\\pos({number(x)},{number(top)}){colour(fill)}{alpha(opacity)}"
        yield Event(layer, span.start_frame, span.end_frame, tags, line.body(block.em_px, fill, "\\bord0"))
