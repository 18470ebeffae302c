"""A photo as a clip: a camera that moves over it without a tremble (sub-pixel warping)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from lotus.composition.picture.camera import View, view_at
from lotus.media.pictures import open_photo

__all__ = ["frames", "open_photo"]

Pixels = NDArray[np.uint8]
SPARE = 2.0  # a photo is read at most this many times larger than the frame


def frames(
    path: Path,
    camera: str,
    fit: str,
    size: tuple[int, int],
    count: int,
    background: str = "#000000",
    paper: str = "white",
) -> Iterator[bytes]:
    """`count` frames of planar yuv420p in BT.709, limited range; `background` is behind what is
    contained, `paper` behind what is transparent.
    """
    board = _fit(open_photo(path, paper), fit, size, background)
    last: tuple[View, bytes] | None = None
    for n in range(count):
        view = view_at(camera, n / max(1, count - 1))
        if last is None or last[0] != view:
            last = (view, _planar(_view(board, view, size)))
        yield last[1]


def _fit(photo: Image.Image, fit: str, size: tuple[int, int], background: str) -> Pixels:
    """The photo in the frame's shape, at most SPARE times as large as the frame."""
    scale = min(SPARE, max(1.0, min(photo.width / size[0], photo.height / size[1])))
    target = (round(size[0] * scale), round(size[1] * scale))
    if fit == "cover":
        return np.asarray(ImageOps.fit(photo, target, Image.Resampling.LANCZOS))
    front = _whole(photo, target)
    if fit == "blur":
        back = ImageOps.fit(photo, (target[0] // 8, target[1] // 8)).filter(
            ImageFilter.GaussianBlur(6)
        )
        back = back.resize(target, Image.Resampling.BICUBIC).point(lambda v: int(v * 0.82))
    else:
        back = Image.new("RGB", target, background)
    back.paste(front, ((target[0] - front.width) // 2, (target[1] - front.height) // 2))
    return np.asarray(back)


def _whole(photo: Image.Image, target: tuple[int, int]) -> Image.Image:
    """All of the photo, as large as fits, at least two pixels in each direction."""
    scale = min(target[0] / photo.width, target[1] / photo.height)
    if min(photo.width * scale, photo.height * scale) >= 2:
        return ImageOps.contain(photo, target, Image.Resampling.LANCZOS)
    size = (max(2, round(photo.width * scale)), max(2, round(photo.height * scale)))
    return photo.resize(size, Image.Resampling.LANCZOS)


def _view(board: Pixels, view: View, size: tuple[int, int]) -> Pixels:
    """What the camera sees of the board, scaled to the frame."""
    zoom, x, y = view
    height, width = board.shape[:2]
    seen_w = width / zoom
    seen_h = height / zoom
    left = (width - seen_w) / 2 * (1 + x)
    top = (height - seen_h) / 2 * (1 + y)
    scale = size[0] / seen_w
    matrix = np.array([[scale, 0, -left * scale], [0, scale, -top * scale]], np.float64)
    flags = cv2.INTER_AREA if scale < 0.6 else cv2.INTER_LINEAR
    return np.asarray(
        cv2.warpAffine(board, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


# ITU-R BT.709-6, section 3: full-range R'G'B' to limited-range Y'CbCr in 8 bits
_MATRIX = np.array(
    [[0.1826, 0.6142, 0.0620], [-0.1006, -0.3386, 0.4392], [0.4392, -0.3989, -0.0403]], np.float32
)


def _planar(rgb: Pixels) -> bytes:
    yuv: Any = cv2.transform(rgb, np.hstack([_MATRIX, [[16], [128], [128]]]).astype(np.float32))
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    u, v = (
        cv2.resize(np.ascontiguousarray(yuv[..., i]), half, interpolation=cv2.INTER_AREA)
        for i in (1, 2)
    )
    return np.ascontiguousarray(yuv[..., 0]).tobytes() + u.tobytes() + v.tobytes()
