"""Shapes as plain data, and painting them: what scenery is made of, anti-aliased, in premultiplied
RGBA.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from lotus.providers.animatic.layers import Image
from lotus.providers.animatic.palette import Colour

__all__ = [
    "Fill",
    "Glow",
    "Gradient",
    "Shape",
    "circle",
    "ellipse",
    "paint",
    "polygon",
    "rect",
    "ring",
]

SUBPIXEL = 4  # bits of a corner's place that are kept
# how a light falls off with its radius
GLOW = ((0.0, 0.25, 0.5, 0.75, 1.0), (1.0, 0.62, 0.3, 0.09, 0.0))


@dataclass(frozen=True)
class Gradient:
    """From a colour at a shape's top to one at its foot, each with its share (0..1) of cover."""

    top: Colour
    low: Colour
    top_share: float = 1.0
    low_share: float = 1.0


Fill = Colour | Gradient
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    """A filled polygon; places in pixels of the frame. A second outline is cut out of the first."""

    points: Points
    fill: Fill
    share: float = 1.0
    hole: Points = ()


@dataclass(frozen=True)
class Glow:
    """A soft light around (x, y); wider than high where `flat` is above 1."""

    x: float
    y: float
    radius: float
    colour: Colour
    share: float
    flat: float = 1.0


def polygon(points: Points, fill: Fill, share: float = 1.0) -> Shape:
    """A polygon."""
    return Shape(points, fill, share)


def rect(
    x: float, y: float, w: float, h: float, fill: Fill, r: float = 0.0, share: float = 1.0
) -> Shape:
    """A rectangle, its corners rounded by `r`."""
    r = min(r, w / 2, h / 2)
    if r <= 0:
        return Shape(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), fill, share)
    corners = (
        (x + w - r, y + r, -90),
        (x + w - r, y + h - r, 0),
        (x + r, y + h - r, 90),
        (x + r, y + r, 180),
    )
    return Shape(
        [
            (cx + r * math.cos(a), cy + r * math.sin(a))
            for cx, cy, start in corners
            for a in np.radians(np.linspace(start, start + 90, max(4, int(r / 3))))
        ],
        fill,
        share,
    )


def ellipse(x: float, y: float, rx: float, ry: float, fill: Fill, share: float = 1.0) -> Shape:
    """An ellipse around (x, y)."""
    return Shape(outline(x, y, rx, ry), fill, share)


def circle(x: float, y: float, r: float, fill: Fill, share: float = 1.0) -> Shape:
    """A circle around (x, y)."""
    return ellipse(x, y, r, r, fill, share)


def ring(x: float, y: float, r: float, width: float, fill: Fill, share: float = 1.0) -> Shape:
    """A line around (x, y), `width` wide, outside the radius."""
    return Shape(outline(x, y, r + width, r + width), fill, share, hole=outline(x, y, r, r))


def outline(x: float, y: float, rx: float, ry: float) -> Points:
    count = max(12, min(160, int(1.6 * math.sqrt(max(rx, ry)) * 3)))
    turns = np.arange(count) * (math.tau / count)
    return list(
        zip((x + rx * np.cos(turns)).tolist(), (y + ry * np.sin(turns)).tolist(), strict=True)
    )


def paint(
    shapes: Iterable[Shape | Glow], box: tuple[float, float, float, float], small: int = 1
) -> Image:
    """Premultiplied RGBA of the frame's part `box` (left, top, width, height), `small` times
    smaller.
    """
    left, top, width, height = box
    picture = np.zeros((max(2, round(height / small)), max(2, round(width / small)), 4), np.uint8)
    for shape in shapes:
        if isinstance(shape, Glow):
            paint_glow(picture, shape, left, top, small)
        else:
            paint_shape(picture, shape, left, top, small)
    return picture


def paint_shape(picture: Image, shape: Shape, left: float, top: float, small: int) -> None:
    """Lay one polygon over the picture."""
    outlines = [
        np.asarray(points, np.float64) for points in (shape.points, shape.hole) if len(points)
    ]
    places = [(points - (left, top)) / small for points in outlines]
    low = places[0].min(axis=0)
    high = places[0].max(axis=0)
    x0, y0 = (max(0, math.floor(v)) for v in low)
    x1, y1 = (
        min(limit, math.ceil(v) + 1) for limit, v in zip(picture.shape[1::-1], high, strict=True)
    )
    if x1 <= x0 or y1 <= y0:
        return
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    corners = [np.round((p - (x0 + 0.5, y0 + 0.5)) * 2**SUBPIXEL).astype(np.int32) for p in places]
    cv2.fillPoly(mask, corners, (255,), cv2.LINE_AA, SUBPIXEL)
    rows = np.clip((np.arange(y0, y1) + 0.5 - low[1]) / max(1e-6, high[1] - low[1]), 0, 1)
    blend(picture[y0:y1, x0:x1], mask, column(shape.fill, shape.share, rows))


def column(fill: Fill, share: float, rows: Image) -> Image:
    """Premultiplied RGBA, one pixel a row, of a fill at heights 0..1 of its shape."""
    if not isinstance(fill, Gradient):
        return np.array([[[255 * share * part for part in (*fill, 1.0)]]] * len(rows), np.float32)
    ends = np.array([(*fill.top, fill.top_share), (*fill.low, fill.low_share)], np.float32)
    mixed = ends[0] + (ends[1] - ends[0]) * rows[:, None].astype(np.float32)
    cover = mixed[:, 3:] * share
    return np.asarray(
        (255 * np.hstack([mixed[:, :3] * cover, cover])).astype(np.float32)[:, None, :]
    )


def blend(target: Image, mask: Image, colours: Image) -> None:
    """Lay colours, one a row, over `target` where the mask (0..255) is."""
    flat = cv2.resize(
        np.round(colours).astype(np.uint8), mask.shape[::-1], interpolation=cv2.INTER_NEAREST
    )
    if mask.min() < 255:
        flat = cv2.multiply(flat, cv2.merge([mask] * 4), scale=1 / 255)
    clear = cv2.bitwise_not(cv2.extractChannel(flat, 3))
    cv2.add(cv2.multiply(target, cv2.merge([clear] * 4), scale=1 / 255), flat, dst=target)


def paint_glow(picture: Image, glow: Glow, left: float, top: float, small: int) -> None:
    """Lay one soft light over the picture."""
    x = (glow.x - left) / small
    y = (glow.y - top) / small
    rx = glow.radius / small
    ry = glow.radius / small / glow.flat
    x0 = max(0, math.floor(x - rx))
    y0 = max(0, math.floor(y - ry))
    x1 = min(picture.shape[1], math.ceil(x + rx))
    y1 = min(picture.shape[0], math.ceil(y + ry))
    if x1 <= x0 or y1 <= y0:
        return
    across = ((np.arange(x0, x1) + 0.5 - x) / rx) ** 2
    down = ((np.arange(y0, y1) + 0.5 - y) / ry) ** 2
    away = np.sqrt(across[None, :] + down[:, None]).astype(np.float32)
    mask = (255 * np.interp(away, *GLOW)).astype(np.uint8)
    blend(picture[y0:y1, x0:x1], mask, column(glow.colour, glow.share, np.zeros(y1 - y0)))
