"""Pictures made small, so that a page of many weighs little."""

from __future__ import annotations

import base64
import io

from lotus.errors import MediaError
from lotus.store import Store

__all__ = ["SIDE", "picture_data", "small_jpeg", "thumbnail"]

SIDE = 480  # pixels of the longer side
QUALITY = 72


def small_jpeg(picture: bytes, side: int = SIDE) -> bytes:
    """A picture as a JPEG no larger than `side`; raises MediaError."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(picture)) as original:
            original.draft("RGB", (side, side))
            original.thumbnail((side, side))
            small = io.BytesIO()
            original.convert("RGB").save(small, "JPEG", quality=QUALITY)
    except (OSError, ValueError, Image.DecompressionBombError) as exc:
        remedy = "render the video again"
        raise MediaError(file="picture", reason="is not a picture", remedy=remedy) from exc
    return small.getvalue()


def picture_data(picture: bytes, side: int = SIDE) -> str:
    """The address of a small picture that is inside its page; raises MediaError."""
    return f"data:image/jpeg;base64,{base64.b64encode(small_jpeg(picture, side)).decode()}"


def thumbnail(store: Store, key: str, side: int = SIDE) -> bytes:
    """The picture under `key` as a small JPEG; raises StoreError, MediaError."""
    return small_jpeg(store.read(key), side)
