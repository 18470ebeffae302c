"""A photo as a clip: a camera that moves over it without a tremble (sub-pixel warping)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter, ImageOps

from lotus.errors import MediaError
from lotus.media import MAX_PIXELS

__all__ = ["MOVES", "frames", "open_photo"]

Pixels = NDArray[np.uint8]
View = tuple[
    float, float, float
]  # zoom, then where in the spare picture to look: -1 left/top .. 1 right/bottom
SPARE = 2.0  # a photo is read at most this many times larger than the frame

MOVES: dict[str, tuple[View, View]] = {
    "static": ((1.0, 0, 0), (1.0, 0, 0)),
    "zoom_in": ((1.0, 0, 0), (1.18, 0, -0.1)),
    "zoom_out": ((1.18, 0, -0.1), (1.0, 0, 0)),
    "pan_left": ((1.14, 1, 0), (1.14, -1, 0)),
    "pan_right": ((1.14, -1, 0), (1.14, 1, 0)),
    "tilt_up": ((1.14, 0, 1), (1.14, 0, -1)),
    "tilt_down": ((1.14, 0, -1), (1.14, 0, 1)),
    "orbit": ((1.08, -1, 0.4), (1.16, 1, -0.4)),
    "handheld": ((1.06, -0.3, 0.2), (1.09, 0.3, -0.2)),
}


def open_photo(path: Path) -> Image.Image:
    """The photo upright, in RGB; JPEG, PNG, WebP, TIFF, HEIC ... Raises MediaError in one line."""
    from pillow_heif import register_heif_opener

    register_heif_opener()
    Image.MAX_IMAGE_PIXELS = None  # the size is checked here, before a pixel is decoded
    try:
        with Image.open(path) as photo:
            if photo.width * photo.height > MAX_PIXELS:
                raise MediaError(
                    file=str(path),
                    reason=f"{photo.width}x{photo.height} pixels are too many",
                    remedy="scale it below 8192x8192",
                )
            upright = ImageOps.exif_transpose(photo)
            if upright.mode in ("RGBA", "LA", "PA", "P"):
                cut_out = upright.convert("RGBA")
                upright = Image.new("RGBA", cut_out.size, "white")
                upright.alpha_composite(cut_out)
            return upright.convert("RGB")
    except (OSError, SyntaxError, ValueError) as exc:
        raise MediaError(
            file=str(path),
            reason="is not a picture that can be read, or is damaged",
            remedy="export it again, as JPEG or PNG",
        ) from exc


def frames(path: Path, camera: str, fit: str, size: tuple[int, int], count: int) -> Iterator[bytes]:
    """`count` frames of planar yuv420p in BT.709, limited range."""
    board = _fitted(open_photo(path), fit, size)
    start, end = MOVES.get(camera, MOVES["static"])
    still = _planar(_view(board, start, size)) if start == end else None
    for n in range(count):
        if still is not None:
            yield still
            continue
        p = _ease(n / max(1, count - 1))
        yield _planar(_view(board, _between(start, end, p), size))


def _ease(p: float) -> float:
    return 0.6 * p + 0.4 * p * p * (3 - 2 * p)


def _between(a: View, b: View, p: float) -> View:
    return (a[0] + (b[0] - a[0]) * p, a[1] + (b[1] - a[1]) * p, a[2] + (b[2] - a[2]) * p)


def _fitted(photo: Image.Image, fit: str, size: tuple[int, int]) -> Pixels:
    """The photo in the frame's shape, at most SPARE times as large as the frame."""
    scale = min(SPARE, max(1.0, min(photo.width / size[0], photo.height / size[1])))
    target = (round(size[0] * scale), round(size[1] * scale))
    if fit == "cover":
        return np.asarray(ImageOps.fit(photo, target, Image.Resampling.LANCZOS))
    front = ImageOps.contain(photo, target, Image.Resampling.LANCZOS)
    if fit == "blur":
        back = ImageOps.fit(photo, (target[0] // 8, target[1] // 8)).filter(ImageFilter.GaussianBlur(6))
        back = back.resize(target, Image.Resampling.BICUBIC).point(lambda v: int(v * 0.82))
    else:
        back = Image.new("RGB", target)
    back.paste(front, ((target[0] - front.width) // 2, (target[1] - front.height) // 2))
    return np.asarray(back)


def _view(board: Pixels, view: View, size: tuple[int, int]) -> Pixels:
    """What the camera sees of the board, scaled to the frame."""
    zoom, x, y = view
    height, width = board.shape[:2]
    seen_w, seen_h = width / zoom, height / zoom
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
    [
        [0.1826, 0.6142, 0.0620],
        [-0.1006, -0.3386, 0.4392],
        [0.4392, -0.3989, -0.0403],
    ],
    np.float32,
)


def _planar(rgb: Pixels) -> bytes:
    yuv: Any = cv2.transform(rgb, np.hstack([_MATRIX, [[16], [128], [128]]]).astype(np.float32))
    half = (rgb.shape[1] // 2, rgb.shape[0] // 2)
    u, v = (cv2.resize(np.ascontiguousarray(yuv[..., i]), half, interpolation=cv2.INTER_AREA) for i in (1, 2))
    return np.ascontiguousarray(yuv[..., 0]).tobytes() + u.tobytes() + v.tobytes()
