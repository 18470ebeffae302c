"""The stage that scenery is drawn for, and the SVG shapes that it is drawn with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lotus.providers.boards.palette import Colour, to_hex
from lotus.providers.boards.treatments import Look

__all__ = ["Range", "Stage", "circle", "document", "ellipse", "gradient", "halo", "polygon", "rect"]


@dataclass(frozen=True)
class Stage:
    """What scenery is drawn for: size, margin, horizon and light in pixels, and seeded randomness."""

    width: int
    height: int
    margin: int
    horizon: float
    light_x: float
    light_y: float
    light_radius: float
    look: Look
    night: bool
    random: np.random.Generator

    @property
    def unit(self) -> float:
        """The frame's shorter side, pixels."""
        return float(min(self.width, self.height))

    def between(self, low: float, high: float) -> float:
        """A seeded number."""
        return float(self.random.uniform(low, high))


@dataclass(frozen=True)
class Range:
    """One range of shapes: SVG, its depth, its own drift in pixels a second, its blur in pixels."""

    svg: str
    depth: float
    drift: float = 0.0
    blur: float = 0.0
    top: float | None = None  # nothing is drawn above, pixels of the frame
    foot: float | None = None  # nothing below is ever seen
    small: int = 1  # drawn this much smaller, when it is soft anyway


def document(stage: Stage, part: Range) -> tuple[str, float, int]:
    """An SVG document of the frame and its margin, the y of its top, and its width, in pixels."""
    m, w = stage.margin, stage.width + 2 * stage.margin
    top = -m if part.top is None else max(-m, math.floor(part.top))
    foot = stage.height + m if part.foot is None else min(stage.height + m, math.ceil(part.foot))
    box = f'viewBox="{-m} {top} {w} {foot - top}" width="{w}" height="{foot - top}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{part.svg}</svg>', top, w // part.small


def gradient(name: str, top: Colour, low: Colour, top_share: float = 1.0, low_share: float = 1.0) -> str:
    """A vertical gradient's definition."""
    return (
        f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{to_hex(top)}" stop-opacity="{top_share}"/>'
        f'<stop offset="1" stop-color="{to_hex(low)}" stop-opacity="{low_share}"/></linearGradient>'
    )


def halo(stage: Stage, name: str, x: float, y: float, radius: float, colour: Colour, share: float) -> str:
    """A soft round light."""
    c, place = to_hex(colour), f'cx="{x:.0f}" cy="{y:.0f}" r="{radius:.0f}"'
    stops = "".join(
        f'<stop offset="{o}" stop-color="{c}" stop-opacity="{share * a:.3f}"/>'
        for o, a in ((0, 1), (0.25, 0.62), (0.5, 0.3), (0.75, 0.09), (1, 0))
    )
    return (
        f'<radialGradient id="{name}" gradientUnits="userSpaceOnUse" {place}>{stops}</radialGradient>'
        f'<circle {place} fill="url(#{name})"/>'
    )


def circle(x: float, y: float, r: float, fill: str, share: float = 1.0, extra: str = "") -> str:
    """A circle, as SVG."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="{fill}" fill-opacity="{share:.2f}" {extra}/>'


def rect(x: float, y: float, w: float, h: float, fill: str, r: float = 0, share: float = 1.0) -> str:
    """A rect, as SVG."""
    box = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{r:.1f}"'
    return f'<rect {box} fill="{fill}" fill-opacity="{share:.2f}"/>'


def polygon(points: Sequence[tuple[float, float]], fill: str, share: float = 1.0) -> str:
    """A polygon, as SVG."""
    text = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polygon points="{text}" fill="{fill}" fill-opacity="{share:.2f}"/>'


def ellipse(x: float, y: float, rx: float, ry: float, fill: str) -> str:
    """A ellipse, as SVG."""
    return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"/>'
