"""What every caption layout works with: the caption, the frame it stands in, and its movement.
Pure.

Movement is one event a frame, each with the values of that frame: a frame looks the same whether
the whole video is rendered or only a piece of it, and any easing is possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from lotus.composition.captions.styles import Box, Shape, safe_area, shape_of
from lotus.composition.text.ass import AssEvent, alpha, clean, colour, number, round_rectangle
from lotus.composition.text.contrast import BLACK, Scheme
from lotus.composition.text.emoji import SIDE_UNITS, shapes
from lotus.composition.text.fonts import FontBook
from lotus.composition.text.typeset import PICTURE_EMS, Block, Line

__all__ = [
    "CaptionSpan",
    "CaptionStage",
    "PlacedCaption",
    "block_events",
    "box_event",
    "first_and_rest",
    "picture_events",
    "picture_halo",
    "spans",
]


def first_and_rest(text: str) -> tuple[str, str]:
    """The first line that says something, and the others as one."""
    rows = [row for line in clean(text).split("\n") if (row := line.strip())]
    return (rows or [""])[0], " ".join(rows[1:])


def box_event(
    layer: int, span: CaptionSpan, box: Box, radius: float, fill: str, opacity: float
) -> AssEvent:
    """A box with round corners of one colour."""
    tags = f"\\an7\\pos(0,0)\\bord0{colour(fill)}{alpha(opacity)}\\p1"
    path = round_rectangle(box.left, box.top, box.width, box.height, radius)
    return AssEvent(layer, span.start_frame, span.end_frame, tags, path)


def block_events(
    layer: int,
    span: CaptionSpan,
    block: Block,
    x: float,
    baseline: float,
    align: int,
    fill: str,
    opacity: float,
) -> Iterator[AssEvent]:
    """The lines of a block from its first baseline on; `align` is ASS's: 7, 8, 9 for left, centre,
    right.
    """
    for i, line in enumerate(block.lines):
        top = baseline + i * block.step_px - line.ascent * block.em_px
        tags = f"\\an{align}\\pos({number(x)},{number(top)}){colour(fill)}{alpha(opacity)}"
        body = line.body(block.em_px, fill, "\\bord0", opacity=opacity)
        yield AssEvent(layer, span.start_frame, span.end_frame, tags, body)
        yield from picture_events(layer, span, line, block.em_px, (x, top, align), opacity)


Place = tuple[float, float, int]  # x and top in pixels, and ASS's alignment
PICTURE_SIDE = 1.08  # of an emoji in colour, in ems
PICTURE_DROP = 0.21  # below the baseline, in ems: its middle is that of the capitals


def picture_events(
    layer: int, span: CaptionSpan, line: Line, em: float, place: Place, opacity: float
) -> Iterator[AssEvent]:
    """The emoji in colour of a line that is set at a place, each area of colour an event."""
    for path, x, y in _pictures(line, em, place):
        where = f"\\an7\\pos({number(x)},{number(y)})\\bord0"
        for shape in shapes(path):
            tags = f"{where}{colour(shape.fill)}{alpha(opacity * shape.opacity)}\\p1"
            body = shape.path(PICTURE_SIDE * em / SIDE_UNITS)
            yield AssEvent(layer, span.start_frame, span.end_frame, tags, body)


def picture_halo(
    layer: int, span: CaptionSpan, line: Line, em: float, place: Place, opacity: float
) -> Iterator[AssEvent]:
    """A soft dark edge around the emoji in colour of a line."""
    for path, x, y in _pictures(line, em, place):
        tags = f"\\an7\\pos({number(x)},{number(y)})\\bord{number(0.05 * em)}"
        tags += f"\\blur{number(0.13 * em)}{colour(BLACK)}{colour(BLACK, 3)}{alpha(opacity)}\\p1"
        unit = PICTURE_SIDE * em / SIDE_UNITS
        body = " ".join(shape.path(unit) for shape in shapes(path))
        yield AssEvent(layer, span.start_frame, span.end_frame, tags, body)


def _pictures(line: Line, em: float, place: Place) -> Iterator[tuple[Path, float, float]]:
    """The file of each picture of a line, and its left top corner in pixels."""
    x, top, align = place
    left = x - line.width * em * {7: 0.0, 8: 0.5, 9: 1.0}[align]
    y = top + (line.ascent + PICTURE_DROP - PICTURE_SIDE) * em
    for path, offset in line.pictures():
        yield path, left + (offset + (PICTURE_EMS - PICTURE_SIDE) / 2) * em, y


_MOVING_SHARE = 0.6  # of a short caption: the rest of its time it stands still to be read


@dataclass(frozen=True)
class PlacedCaption:
    """A caption on the frame grid, in frames from the start of the piece being rendered.

    `start_frame` may be negative and `end_frame` beyond the piece: its movement is then under way,
    or over. `words` is when each word is spoken, in frames after `start_frame`, of a style that
    shows it.
    """

    text: str
    start_frame: int
    end_frame: int
    position: str
    style: str
    words: tuple[int, ...] = ()


@dataclass(frozen=True)
class CaptionStage:
    """The frame to draw in, in pixels, with its fonts and colours."""

    width: int
    height: int
    fps: Fraction
    fonts: FontBook
    scheme: Scheme

    @property
    def short_px(self) -> int:
        """The short side."""
        return min(self.width, self.height)

    @property
    def shape(self) -> Shape:
        """Wide, square or tall."""
        return shape_of(self.width, self.height)

    @property
    def safe(self) -> Box:
        """Where text may stand."""
        return safe_area(self.width, self.height)


@dataclass(frozen=True)
class CaptionSpan:
    """Frames that look the same: `enter` goes from 0 to 1 and eases out, `leave` falls
    from 1 to 0.
    """

    start_frame: int
    end_frame: int
    enter: float
    leave: float


def spans(
    caption: PlacedCaption,
    fps: Fraction,
    enter_seconds: float,
    exit_seconds: float,
    delay_seconds: float = 0.0,
) -> Iterator[CaptionSpan]:
    """The caption's time in spans, those before frame 0 left out."""
    delay, entering, leaving = _counts(caption, fps, delay_seconds, enter_seconds, exit_seconds)
    start = caption.start_frame + delay
    end = caption.end_frame
    for k in range(entering):
        if start + k >= 0:
            yield CaptionSpan(start + k, start + k + 1, _ease_out((k + 1) / (entering + 1)), 1.0)
    if end - leaving > max(0, start + entering):
        yield CaptionSpan(max(0, start + entering), end - leaving, 1.0, 1.0)
    for k in range(leaving):
        if end - leaving + k >= 0:
            yield CaptionSpan(
                end - leaving + k, end - leaving + k + 1, 1.0, 1 - (k + 1) / (leaving + 1)
            )


def _counts(caption: PlacedCaption, fps: Fraction, *seconds: float) -> list[int]:
    """Seconds as frames, all shortened alike where the caption is too short for them."""
    frames = [float(s * fps) for s in seconds]
    room = (caption.end_frame - caption.start_frame) * _MOVING_SHARE
    share = min(1.0, room / sum(frames)) if sum(frames) else 1.0
    return [int(f * share + 0.5) if share == 1.0 else int(f * share) for f in frames]


def _ease_out(x: float) -> float:
    """Fast, then settling: cubic."""
    return 1 - (1 - x) ** 3
