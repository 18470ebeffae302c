"""The stage that scenery is built on: its size, horizon, light and randomness; and ranges of
shapes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lotus.providers.animatic.palette import Colour, mix
from lotus.providers.animatic.shapes import Fill, Glow, Gradient, Shape, rect
from lotus.providers.animatic.treatments import BoardLook

__all__ = ["BoardStage", "Range"]


@dataclass(frozen=True)
class Range:
    """Shapes that move together: their depth (the hero's is 1), drift in pixels a second, blur in
    pixels.
    """

    shapes: tuple[Shape | Glow, ...]
    depth: float
    drift: float = 0.0
    blur: float = 0.0
    top: float | None = None  # nothing is drawn above, pixels of the frame
    foot: float | None = None  # nothing below is ever seen
    small: int = 1  # drawn this much smaller, when it is soft anyway


@dataclass(frozen=True)
class BoardStage:
    """What scenery is drawn for, in pixels. `ground` is where the hero stands."""

    width: int
    height: int
    margin: int  # around the frame, for the camera to move in
    horizon: float
    ground: float
    hero_x: float
    light_x: float
    light_y: float
    light_radius: float
    look: BoardLook
    night: bool
    afloat: bool  # the hero swims
    random: np.random.Generator

    @property
    def unit(self) -> float:
        """The frame's shorter side, pixels."""
        return float(min(self.width, self.height))

    def between(self, low: float, high: float) -> float:
        """A seeded number."""
        return float(self.random.uniform(low, high))

    def slab(self, top: float, fill: Fill, foot: float | None = None) -> Shape:
        """Everything from `top` down to `foot`, or to the foot of the frame."""
        foot = self.height + self.margin if foot is None else foot
        return rect(-self.margin, top, self.width + 2 * self.margin, foot - top, fill)

    def wall(self, top: Colour, low: Colour) -> Shape:
        """A wall from above the frame to the horizon."""
        return self.slab(-self.margin, Gradient(top, low), self.horizon + 0.05 * self.unit)

    def floor(self, top: float, far: Colour, near: Colour) -> tuple[Shape | Glow, ...]:
        """Ground from `top` on, with the pool of light that falls on it below the light."""
        pool = Glow(
            self.light_x, top + 0.10 * self.unit, 0.62 * self.unit, self.look.glow, 0.20, flat=5.0
        )
        return self.slab(top, Gradient(far, near)), pool

    def shaded(self, colour: Colour) -> Gradient:
        """A colour that darkens towards the foot."""
        return Gradient(colour, mix(colour, self.look.near, 0.6))
