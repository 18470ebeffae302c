"""What every caption layout works with: the caption, the frame it stands in, and its movement. Pure.

Movement is one event a frame, each with the values of that frame: a frame looks the same whether the whole
video is rendered or only a piece of it, and any easing is possible.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from lotus.composition.captions.styles import Box, Shape, safe_area, shape_of
from lotus.composition.text.contrast import Scheme
from lotus.composition.text.fonts import FontBook

__all__ = ["PlacedCaption", "Span", "Stage", "spans"]

_MOVING_SHARE = 0.6  # of a short caption: the rest of its time it stands still to be read


@dataclass(frozen=True)
class PlacedCaption:
    """A caption on the frame grid, in frames from the start of the piece being rendered.

    `start_frame` may be negative and `end_frame` beyond the piece: its movement is then under way, or over.
    `words` is when each word is spoken, in frames after `start_frame`, of a style that shows it.
    """

    text: str
    start_frame: int
    end_frame: int
    position: str
    style: str
    words: tuple[int, ...] = ()


@dataclass(frozen=True)
class Stage:
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
class Span:
    """Frames that look the same: `enter` goes from 0 to 1 and eases out, `leave` falls from 1 to 0."""

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
) -> Iterator[Span]:
    """The caption's time in spans, those before frame 0 left out."""
    delay, entering, leaving = _counts(caption, fps, delay_seconds, enter_seconds, exit_seconds)
    start, end = caption.start_frame + delay, caption.end_frame
    for k in range(entering):
        if start + k >= 0:
            yield Span(start + k, start + k + 1, _ease_out((k + 1) / (entering + 1)), 1.0)
    if end - leaving > max(0, start + entering):
        yield Span(max(0, start + entering), end - leaving, 1.0, 1.0)
    for k in range(leaving):
        if end - leaving + k >= 0:
            yield Span(end - leaving + k, end - leaving + k + 1, 1.0, 1 - (k + 1) / (leaving + 1))


def _counts(caption: PlacedCaption, fps: Fraction, *seconds: float) -> list[int]:
    """Seconds as frames, all shortened alike where the caption is too short for them."""
    frames = [float(s * fps) for s in seconds]
    room = (caption.end_frame - caption.start_frame) * _MOVING_SHARE
    share = min(1.0, room / sum(frames)) if sum(frames) else 1.0
    return [int(f * share + 0.5) if share == 1.0 else int(f * share) for f in frames]


def _ease_out(x: float) -> float:
    """Fast, then settling: cubic."""
    return 1 - (1 - x) ** 3
