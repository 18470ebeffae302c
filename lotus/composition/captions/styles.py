"""The caption styles and where text may stand. To add a style, add an entry to `STYLES`. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from lotus.errors import UnknownName

__all__ = ["STYLES", "Box", "CaptionStyle", "Shape", "caption_style", "safe_area", "shape_of"]

Shape = Literal["wide", "square", "tall"]


@dataclass(frozen=True)
class CaptionStyle:
    """How captions look. Sizes are fractions of the frame's short side; distances in ems of the
    type.
    """

    layout: Literal["text", "spoken", "strip", "card", "title_card"]
    wide: float
    square: float
    tall: float
    weight: int = 600
    max_lines: int = 2
    measure: float = 1.0  # the longest line, as a fraction of the safe width
    leading: float = 1.16
    tracking: float = 0.0
    shade: float = 0.0  # opacity of the wide soft shadow that calms the picture behind the text
    halo: float = 0.0  # opacity of the close shadow that holds the letters' edges
    outline: float = 0.0
    rise: float = 0.0  # how far the text comes up while it fades in
    enter_seconds: float = 0.0
    exit_seconds: float = 0.0

    def size(self, shape: Shape) -> float:
        """Size of type as a fraction of the short side."""
        return {"wide": self.wide, "square": self.square, "tall": self.tall}[shape]


STYLES: dict[str, CaptionStyle] = {
    "default": CaptionStyle(
        layout="text",
        wide=0.054,
        square=0.058,
        tall=0.068,
        measure=0.8,
        shade=0.42,
        halo=0.6,
        rise=0.35,
        enter_seconds=0.28,
        exit_seconds=0.2,
    ),
    "title": CaptionStyle(
        layout="text",
        wide=0.128,
        square=0.118,
        tall=0.128,
        weight=700,
        max_lines=3,
        measure=0.88,
        leading=1.0,
        tracking=-0.018,
        shade=0.34,
        halo=0.42,
        rise=0.22,
        enter_seconds=0.4,
        exit_seconds=0.25,
    ),
    "lower_third": CaptionStyle(
        layout="strip",
        wide=0.05,
        square=0.052,
        tall=0.058,
        weight=700,
        max_lines=1,
        measure=0.62,
        enter_seconds=0.4,
        exit_seconds=0.25,
    ),
    "cta": CaptionStyle(
        layout="card",
        wide=0.112,
        square=0.112,
        tall=0.122,
        weight=700,
        max_lines=2,
        measure=0.92,
        leading=1.02,
        tracking=-0.012,
        rise=0.25,
        enter_seconds=0.45,
    ),
    "title_card": CaptionStyle(
        layout="title_card",
        wide=0.12,
        square=0.112,
        tall=0.122,
        weight=700,
        max_lines=3,
        measure=0.88,
        leading=1.02,
        tracking=-0.014,
        rise=0.25,
        enter_seconds=0.45,
        exit_seconds=0.3,
    ),
    "karaoke": CaptionStyle(
        layout="spoken",
        wide=0.07,
        square=0.074,
        tall=0.088,
        weight=700,
        measure=0.8,
        leading=1.12,
        shade=0.42,
        halo=0.7,
        outline=0.03,
        enter_seconds=0.12,
        exit_seconds=0.12,
    ),
    "subtitle": CaptionStyle(
        layout="text", wide=0.05, square=0.052, tall=0.06, measure=0.84, halo=0.75, outline=0.045
    ),
}


def caption_style(name: str) -> CaptionStyle:
    """The style of this name."""
    if name not in STYLES:
        raise UnknownName("caption style", name, STYLES)
    return STYLES[name]


@dataclass(frozen=True)
class Box:
    """A rectangle, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top


# fractions of the frame that text keeps clear of: left, top, right, bottom.
# wide: EBU R 95, graphics safe area: 5 % on every side.
# tall: apps cover about the top 14 % and the bottom 20 % or more of a vertical video with their own
# controls.
_MARGINS: dict[Shape, tuple[float, float, float, float]] = {
    "wide": (0.05, 0.05, 0.05, 0.05),
    "square": (0.06, 0.06, 0.06, 0.06),
    "tall": (0.075, 0.14, 0.075, 0.22),
}


def shape_of(width: int, height: int) -> Shape:
    """Wide, square or tall, by the ratio of the sides."""
    ratio = width / height
    return "wide" if ratio > 1.2 else "tall" if ratio < 0.83 else "square"


def safe_area(width: int, height: int) -> Box:
    """Where text may stand."""
    left, top, right, bottom = _MARGINS[shape_of(width, height)]
    return Box(left * width, top * height, (1 - right) * width, (1 - bottom) * height)
