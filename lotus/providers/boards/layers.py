"""Layers in planar YUV (BT.709, limited range) and how they are laid over each other, sub-pixel."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from lotus.providers.boards.camera import Pose

__all__ = [
    "Canvas",
    "Image",
    "Plate",
    "Sprite",
    "draw_plate",
    "draw_sprite",
    "lay",
    "plate",
    "sprite",
]

Image = npt.NDArray[Any]

# Rows: Y, Cb, Cr, alpha of R, G, B, alpha in 0..255 (ITU-R BT.709, limited range).
TO_YUVA = np.array(
    [
        [0.182586, 0.614231, 0.062007, 0.0, 16.0],
        [-0.100644, -0.338572, 0.439216, 0.0, 128.0],
        [0.439216, -0.398942, -0.040274, 0.0, 128.0],
        [0.0, 0.0, 0.0, 1.0, 0.0],
    ]
)


@dataclass(frozen=True)
class Canvas:
    """One frame being drawn: luma, and both chroma planes at half size; views into one buffer."""

    buffer: Image
    y: Image
    u: Image
    v: Image

    @classmethod
    def of(cls, width: int, height: int) -> Canvas:
        """An empty canvas; width and height in pixels, both even."""
        buffer, area = np.zeros(width * height * 3 // 2, np.uint8), width * height
        half = (height // 2, width // 2)
        y, u, v = buffer[:area], buffer[area : area * 5 // 4], buffer[area * 5 // 4 :]
        return cls(buffer, y.reshape(height, width), u.reshape(half), v.reshape(half))


@dataclass(frozen=True)
class Plate:
    """A layer that is moved and scaled but never turned; `clear` is 255 - alpha, None when opaque."""

    y: Image
    u: Image
    v: Image
    clear: Image | None
    clear_half: Image | None
    x: float  # of its left edge in the frame, pixels
    top: float
    depth: float
    drift: float = 0.0  # of its own, pixels a second, to and fro
    enlarge: float = 1.0  # frame pixels a pixel of the plate: soft plates are kept small


@dataclass(frozen=True)
class Sprite:
    """A small layer that may turn: premultiplied Y, Cb, Cr, alpha, with a transparent border."""

    yuva: Image
    enlarge: float = 1.0


def to_yuva(rgba: Image) -> Image:
    """Straight RGBA bytes to premultiplied YUVA bytes."""
    straight = cv2.transform(rgba, TO_YUVA)
    y, u, v, alpha = cv2.split(straight)
    return cv2.merge([cv2.multiply(plane, alpha, scale=1 / 255) for plane in (y, u, v)] + [alpha])


def halved(image: Image) -> Image:
    """Half the width and height, averaged."""
    return cv2.resize(image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA)


def bounds(alpha: Image) -> tuple[int, int, int, int]:
    """Even x0, y0, x1, y1 around all that is not transparent, with a border where there is room."""
    x, y, w, h = cv2.boundingRect(alpha)
    x0, y0 = max(0, x - 4) & ~1, max(0, y - 4) & ~1
    return x0, y0, min(alpha.shape[1], x + w + 5) & ~1, min(alpha.shape[0], y + h + 5) & ~1


def plate(rgba: Image, x: float, top: float, depth: float, drift: float = 0.0, enlarge: float = 1.0) -> Plate:
    """A plate of straight RGBA whose left top corner stands at (x, top)."""
    rgba = rgba[: rgba.shape[0] & ~1, : rgba.shape[1] & ~1]
    alpha = cv2.extractChannel(rgba, 3)
    opaque = bool(alpha.min() == 255)
    if not opaque:
        x0, y0, x1, y1 = bounds(alpha)
        rgba, x, top = rgba[y0:y1, x0:x1], x + x0 * enlarge, top + y0 * enlarge
    yuva = to_yuva(np.ascontiguousarray(rgba))
    half = halved(yuva)
    y, u, v = cv2.extractChannel(yuva, 0), cv2.extractChannel(half, 1), cv2.extractChannel(half, 2)
    if opaque:
        return Plate(y, u, v, None, None, x, top, depth, drift, enlarge)
    clear, clear_half = (cv2.bitwise_not(cv2.extractChannel(image, 3)) for image in (yuva, half))
    return Plate(y, u, v, clear, clear_half, x, top, depth, drift, enlarge)


def sprite(rgba: Image, enlarge: float = 1.0) -> Sprite:
    """A sprite of straight RGBA, given a transparent border."""
    rows, columns = rgba.shape[:2]
    x0, y0, x1, y1 = bounds(cv2.extractChannel(rgba, 3))
    dx, dy = min(x0, columns - x1), min(y0, rows - y1)  # the middle stays the middle
    rgba = rgba[dy : rows - dy, dx : columns - dx]
    bordered = cv2.copyMakeBorder(rgba, 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0))
    return Sprite(to_yuva(bordered), enlarge)


def sampled(plane: Image, x: float, y: float, width: int, height: int, scale: float) -> Image:
    """width x height pixels of `plane` from the sub-pixel point (x, y), enlarged by `scale`."""
    if scale == 1.0:
        return cv2.getRectSubPix(plane, (width, height), (x + (width - 1) / 2, y + (height - 1) / 2))
    columns, rows = math.ceil(width / scale) + 1, math.ceil(height / scale) + 1
    patch = cv2.getRectSubPix(plane, (columns, rows), (x + (columns - 1) / 2, y + (rows - 1) / 2))
    return cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)[:height, :width]


def over(target: Image, colour: Image, clear: Image) -> None:
    """Lay premultiplied `colour` over `target`, in place."""
    cv2.multiply(target, clear, dst=target, scale=1 / 255)
    cv2.add(target, colour, dst=target)


def window(start: float, end: float, limit: int) -> tuple[int, int]:
    """The even pixel range that covers start..end within 0..limit."""
    return max(0, math.floor(start / 2) * 2), min(limit, math.ceil(end / 2) * 2)


def draw_plate(canvas: Canvas, layer: Plate, pose: Pose, seconds: float) -> None:
    """Draw a plate as the camera sees it at its depth."""
    height, width = canvas.y.shape
    scale = 1 + (pose.zoom - 1) * layer.depth
    x = layer.x + layer.drift * 1.6 * math.sin(seconds / 1.6)
    left = width / 2 + scale * (x - width / 2) + pose.x * layer.depth * width
    top = height / 2 + scale * (layer.top - height / 2) + pose.y * layer.depth * height
    lay(canvas, layer, left, top, scale)


def lay(canvas: Canvas, layer: Plate, left: float, top: float, scale: float) -> None:
    """Lay a plate over the canvas with its left top corner at a sub-pixel point."""
    scale *= layer.enlarge
    x0, x1 = window(left, left + layer.y.shape[1] * scale, canvas.y.shape[1])
    y0, y1 = window(top, top + layer.y.shape[0] * scale, canvas.y.shape[0])
    if x1 <= x0 or y1 <= y0 or scale < 0.02:
        return
    for target, source, clear, size in (
        (canvas.y, layer.y, layer.clear, 1),
        (canvas.u, layer.u, layer.clear_half, 2),
        (canvas.v, layer.v, layer.clear_half, 2),
    ):
        place = target[y0 // size : y1 // size, x0 // size : x1 // size]
        at = ((x0 - left) / scale / size, (y0 - top) / scale / size, (x1 - x0) // size, (y1 - y0) // size)
        colour = sampled(source, *at, scale)
        if clear is None:
            place[:] = colour
        else:
            over(place, colour, sampled(clear, *at, scale))


def draw_sprite(canvas: Canvas, layer: Sprite, x: float, y: float, scale: float, turn: float) -> None:
    """Draw a sprite with its middle at (x, y), enlarged by `scale` and turned by `turn` radians."""
    scale *= layer.enlarge
    rows, columns = layer.yuva.shape[:2]
    cos, sin = math.cos(turn) * scale, math.sin(turn) * scale
    reach_x = (abs(cos) * columns + abs(sin) * rows) / 2
    reach_y = (abs(sin) * columns + abs(cos) * rows) / 2
    x0, x1 = window(x - reach_x, x + reach_x, canvas.y.shape[1])
    y0, y1 = window(y - reach_y, y + reach_y, canvas.y.shape[0])
    if x1 <= x0 or y1 <= y0 or scale < 0.02:
        return
    dx, dy = x - x0 - 0.5, y - y0 - 0.5
    mx, my = (columns - 1) / 2, (rows - 1) / 2
    matrix = np.array([[cos, -sin, dx - cos * mx + sin * my], [sin, cos, dy - sin * mx - cos * my]])
    drawn = cv2.warpAffine(layer.yuva, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    small = halved(drawn)
    over(canvas.y[y0:y1, x0:x1], cv2.extractChannel(drawn, 0), cv2.bitwise_not(cv2.extractChannel(drawn, 3)))
    clear = cv2.bitwise_not(cv2.extractChannel(small, 3))
    area = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
    over(canvas.u[area], cv2.extractChannel(small, 1), clear)
    over(canvas.v[area], cv2.extractChannel(small, 2), clear)
