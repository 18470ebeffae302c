"""Layers in planar YUV (BT.709, limited range) and how they are laid over each other, sub-pixel.

Colours are premultiplied throughout, so that layers can be scaled, turned and laid over each other
by sums.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = [
    "MOVES",
    "SWAY_SECONDS",
    "BoardCanvas",
    "Image",
    "Plate",
    "Pose",
    "Sprite",
    "draw_plate",
    "draw_sprite",
    "ease_in_out",
    "fixed",
    "lay",
    "overshoot",
    "plates",
    "pose",
    "sprite",
]


@dataclass(frozen=True)
class Pose:
    """How the camera has moved the picture at depth 1: x, y in frame widths and
    heights, and zoom.
    """

    x: float
    y: float
    zoom: float


def ease_in_out(t: float) -> float:
    """0..1 to 0..1, soft at both ends but never standing still, so that cuts stay lively."""
    t = min(1.0, max(0.0, t))
    return 0.55 * t + 0.45 * (t * t * (3 - 2 * t))


def overshoot(t: float) -> float:
    """0..1 to 0..1, past the end by about 8 % and back: how an element arrives."""
    t = min(1.0, max(0.0, t)) - 1.0
    return 1.0 + 2.4 * t**3 + 1.4 * t * t


def static(p: float, seconds: float) -> Pose:
    return Pose(0.004 * math.sin(seconds * 0.9), 0.004 * math.sin(seconds * 0.7 + 1), 1.015)


def handheld(p: float, seconds: float) -> Pose:
    sway = 0.009 * math.sin(seconds * 1.7) + 0.004 * math.sin(seconds * 3.9 + 2)
    lift = 0.010 * math.sin(seconds * 1.3 + 0.7) + 0.004 * math.sin(seconds * 4.7)
    return Pose(sway, lift, 1.055)


def orbit(p: float, seconds: float) -> Pose:
    turn = math.pi * (p - 0.5)
    return Pose(0.085 * math.sin(turn), -0.012 * math.cos(turn), 1.03 + 0.05 * math.cos(turn))


MOVES: dict[str, Callable[[float, float], Pose]] = {
    "static": static,
    "zoom_in": lambda p, _: Pose(0.0, 0.010 * p, 1.0 + 0.19 * p),
    "zoom_out": lambda p, _: Pose(0.0, 0.010 * (1 - p), 1.19 - 0.19 * p),
    "pan_left": lambda p, _: Pose(0.085 * (2 * p - 1), 0.0, 1.04),
    "pan_right": lambda p, _: Pose(-0.085 * (2 * p - 1), 0.0, 1.04),
    "tilt_up": lambda p, _: Pose(0.0, 0.075 * (2 * p - 1), 1.04),
    "tilt_down": lambda p, _: Pose(0.0, -0.075 * (2 * p - 1), 1.04),
    "orbit": orbit,
    "handheld": handheld,
}


def pose(move: str, progress: float, seconds: float) -> Pose:
    """The camera at `progress` 0..1 of a clip, `seconds` after its start; an unknown move is
    static.
    """
    return MOVES.get(move, static)(ease_in_out(progress), seconds)


Image = npt.NDArray[Any]

# Rows: Y, Cb, Cr, alpha of premultiplied R, G, B, alpha in 0..255 (ITU-R BT.709, limited range).
TO_YUVA = np.array(
    [
        [0.182586, 0.614231, 0.062007, 16 / 255],
        [-0.100644, -0.338572, 0.439216, 128 / 255],
        [0.439216, -0.398942, -0.040274, 128 / 255],
        [0.0, 0.0, 0.0, 1.0],
    ]
)
OVERLAP = 8  # rows that the two parts of a divided plate share
SWAY_SECONDS = 1.6  # what drifts goes to and fro: this, times its speed, is how far it comes


@dataclass(frozen=True)
class BoardCanvas:
    """One frame being drawn: luma, and both chroma planes at half size; views into one buffer."""

    buffer: Image
    y: Image
    u: Image
    v: Image

    @classmethod
    def of(cls, width: int, height: int) -> BoardCanvas:
        """An empty canvas; width and height in pixels, both even."""
        buffer = np.zeros(width * height * 3 // 2, np.uint8)
        area = width * height
        half = (height // 2, width // 2)
        y = buffer[:area]
        u = buffer[area : area * 5 // 4]
        v = buffer[area * 5 // 4 :]
        return cls(buffer, y.reshape(height, width), u.reshape(half), v.reshape(half))


@dataclass(frozen=True)
class Plate:
    """A layer that is moved and scaled but never turned; `clear` is 255 - alpha, None
    when opaque.
    """

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
    zoom: float | None = None  # already drawn at this zoom, which does not change
    spare: int = 0  # rows at its top that are only there to sample from


@dataclass(frozen=True)
class Sprite:
    """A small layer that may lean: Y, Cb, Cr, alpha with a transparent border; what it
    is held by.
    """

    yuva: Image
    hold_x: float
    hold_y: float


def halved(image: Image) -> Image:
    """Half the width and height, averaged."""
    return cv2.resize(
        image, (image.shape[1] // 2, image.shape[0] // 2), interpolation=cv2.INTER_AREA
    )


def bounds(alpha: Image) -> tuple[int, int, int, int]:
    """Even x0, y0, x1, y1 around all that is not transparent, with a border where there is room."""
    x, y, w, h = cv2.boundingRect(alpha)
    x0 = max(0, x - 4) & ~1
    y0 = max(0, y - 4) & ~1
    return x0, y0, min(alpha.shape[1], x + w + 5) & ~1, min(alpha.shape[0], y + h + 5) & ~1


def plates(
    rgba: Image,
    grain: Image | None,
    x: float,
    top: float,
    depth: float,
    drift: float = 0.0,
    enlarge: float = 1.0,
) -> Iterator[Plate]:
    """Premultiplied RGBA, its left top corner at (x, top): what is opaque down to its foot is its
    own plate.

    `grain` is a tile of luma levels, 128 in the middle, that rides on the shapes.
    """
    rgba = rgba[: rgba.shape[0] & ~1, : rgba.shape[1] & ~1]
    x0, y0, x1, y1 = bounds(cv2.extractChannel(rgba, 3))
    if x1 - x0 < 2 or y1 - y0 < 2:
        return
    yuva = cv2.transform(np.ascontiguousarray(rgba[y0:y1, x0:x1]), TO_YUVA)
    if grain is not None:
        yuva = grained(yuva, grain)
    gaps = np.flatnonzero(cv2.reduce(yuva, 1, cv2.REDUCE_MIN)[:, 0, 3] < 255)
    border = (int(gaps[-1]) + 2) & ~1 if len(gaps) else 0  # below it nothing shines through
    x = x + x0 * enlarge
    top = top + y0 * enlarge
    if border > len(yuva) - 4 * OVERLAP:
        yield Plate(*planes(yuva, False), x, top, depth, drift, enlarge)
        return
    if border:
        yield Plate(*planes(yuva[: border + OVERLAP], False), x, top, depth, drift, enlarge)
    start = max(0, border - 2)
    spare = 4 if border else 0
    yield Plate(
        *planes(yuva[start:], True), x, top + start * enlarge, depth, drift, enlarge, spare=spare
    )


def planes(yuva: Image, opaque: bool) -> tuple[Image, Image, Image, Image | None, Image | None]:
    """Y, U, V and what they leave clear, in both sizes."""
    half = halved(yuva)
    y = cv2.extractChannel(yuva, 0)
    u = cv2.extractChannel(half, 1)
    v = cv2.extractChannel(half, 2)
    if opaque:
        return y, u, v, None, None
    clear, clear_half = (cv2.bitwise_not(cv2.extractChannel(image, 3)) for image in (yuva, half))
    return y, u, v, clear, clear_half


def grained(yuva: Image, tile: Image) -> Image:
    """The picture with grain on its luma, as strong as the picture covers."""
    rows, columns = yuva.shape[:2]
    size = tile.shape[0]
    noise = (
        np.tile(tile, (rows // size + 1, columns // size + 1))[:rows, :columns].astype(np.int16)
        - 128
    )
    luma = yuva[..., 0].astype(np.int16) + (noise * (yuva[..., 3] > 250))
    yuva[..., 0] = np.clip(luma, 0, 255)
    return yuva


def sprite(rgba: Image, hold_x: float, hold_y: float) -> Sprite:
    """A sprite of premultiplied RGBA, held at a point of it, given a transparent border."""
    x0, y0, x1, y1 = bounds(cv2.extractChannel(rgba, 3))
    bordered = cv2.copyMakeBorder(
        rgba[y0:y1, x0:x1], 3, 3, 3, 3, cv2.BORDER_CONSTANT, value=(0, 0, 0, 0)
    )
    return Sprite(cv2.transform(bordered, TO_YUVA), hold_x - x0 + 3, hold_y - y0 + 3)


def fixed(layer: Plate, zoom: float) -> Plate:
    """A plate for a camera that does not zoom: scaled once, so that frames only move it."""
    scale = (1 + (zoom - 1) * layer.depth) * layer.enlarge

    def scaled(plane: Image | None) -> Image | None:
        return None if plane is None else cv2.resize(plane, None, fx=scale, fy=scale)

    y, u, v = (scaled(plane) for plane in (layer.y, layer.u, layer.v))
    assert y is not None
    assert u is not None
    assert v is not None
    clear = scaled(layer.clear)
    half = scaled(layer.clear_half)
    spare = math.ceil(layer.spare * scale) if layer.spare else 0
    return replace(layer, y=y, u=u, v=v, clear=clear, clear_half=half, zoom=zoom, spare=spare)


def sampled(plane: Image, x: float, y: float, width: int, height: int, scale: float) -> Image:
    """width x height pixels of `plane` from the sub-pixel point (x, y), enlarged by `scale`."""
    if scale == 1.0:
        return cv2.getRectSubPix(
            plane, (width, height), (x + (width - 1) / 2, y + (height - 1) / 2)
        )
    columns = math.ceil(width / scale) + 1
    rows = math.ceil(height / scale) + 1
    patch = cv2.getRectSubPix(plane, (columns, rows), (x + (columns - 1) / 2, y + (rows - 1) / 2))
    return cv2.resize(patch, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)[
        :height, :width
    ]


def over(target: Image, colour: Image, clear: Image) -> None:
    """Lay premultiplied `colour` over `target`, in place."""
    cv2.multiply(target, clear, dst=target, scale=1 / 255)
    cv2.add(target, colour, dst=target)


def window(start: float, end: float, limit: int) -> tuple[int, int]:
    """The even pixel range that covers start..end within 0..limit."""
    return max(0, math.floor(start / 2) * 2), min(limit, math.ceil(end / 2) * 2)


def draw_plate(canvas: BoardCanvas, layer: Plate, pose: Pose, seconds: float) -> None:
    """Draw a plate as the camera sees it at its depth."""
    height, width = canvas.y.shape
    scale = 1 + (pose.zoom - 1) * layer.depth
    x = layer.x + layer.drift * SWAY_SECONDS * math.sin(seconds / SWAY_SECONDS)
    left = width / 2 + scale * (x - width / 2) + pose.x * layer.depth * width
    top = height / 2 + scale * (layer.top - height / 2) + pose.y * layer.depth * height
    lay(canvas, layer, left, top, scale)


def lay(canvas: BoardCanvas, layer: Plate, left: float, top: float, scale: float) -> None:
    """Lay a plate over the canvas with its left top corner at a sub-pixel point."""
    scale = 1.0 if layer.zoom is not None else scale * layer.enlarge
    x0, x1 = window(left, left + layer.y.shape[1] * scale, canvas.y.shape[1])
    y0, y1 = window(top + layer.spare * scale, top + layer.y.shape[0] * scale, canvas.y.shape[0])
    if x1 <= x0 or y1 <= y0 or scale < 0.02:
        return
    for target, source, clear, size in (
        (canvas.y, layer.y, layer.clear, 1),
        (canvas.u, layer.u, layer.clear_half, 2),
        (canvas.v, layer.v, layer.clear_half, 2),
    ):
        place = target[y0 // size : y1 // size, x0 // size : x1 // size]
        at = (
            (x0 - left) / scale / size,
            (y0 - top) / scale / size,
            (x1 - x0) // size,
            (y1 - y0) // size,
        )
        colour = sampled(source, *at, scale)
        if clear is None:
            place[:] = colour
        else:
            over(place, colour, sampled(clear, *at, scale))


def draw_sprite(canvas: BoardCanvas, layer: Sprite, x: float, y: float, shape: Image) -> None:
    """Draw a sprite held at (x, y) and changed by a 2 x 2 matrix, of which one pixel is
    one pixel.
    """
    rows, columns = layer.yuva.shape[:2]
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]]) - (
        layer.hold_x,
        layer.hold_y,
    )
    reach = corners @ shape.T + (x, y)
    x0, x1 = window(reach[:, 0].min(), reach[:, 0].max(), canvas.y.shape[1])
    y0, y1 = window(reach[:, 1].min(), reach[:, 1].max(), canvas.y.shape[0])
    if x1 <= x0 or y1 <= y0 or abs(shape[1, 1]) < 0.02:
        return
    shift = np.array([x - x0 - 0.5, y - y0 - 0.5]) - shape @ (
        layer.hold_x - 0.5,
        layer.hold_y - 0.5,
    )
    matrix = np.hstack([shape, shift[:, None]])
    warped = cv2.warpAffine(layer.yuva, matrix, (x1 - x0, y1 - y0), flags=cv2.INTER_LINEAR)
    small = halved(warped)
    over(
        canvas.y[y0:y1, x0:x1],
        cv2.extractChannel(warped, 0),
        cv2.bitwise_not(cv2.extractChannel(warped, 3)),
    )
    clear = cv2.bitwise_not(cv2.extractChannel(small, 3))
    area = (slice(y0 // 2, y1 // 2), slice(x0 // 2, x1 // 2))
    over(canvas.u[area], cv2.extractChannel(small, 1), clear)
    over(canvas.v[area], cv2.extractChannel(small, 2), clear)
