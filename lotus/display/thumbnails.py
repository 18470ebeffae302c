"""Posters made small, so that a page of many weighs little."""

from __future__ import annotations

import io

from lotus.errors import MediaError
from lotus.store import Store

__all__ = ["SIDE", "thumbnail"]

SIDE = 480  # pixels of the longer side
QUALITY = 72


def thumbnail(store: Store, key: str, side: int = SIDE) -> bytes:
    """The picture under `key` as a JPEG no larger than `side`; raises StoreError, MediaError."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(store.read(key))) as picture:
            picture.draft("RGB", (side, side))
            picture.thumbnail((side, side))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=QUALITY)
    except (OSError, ValueError) as exc:
        raise MediaError(file=key, reason="is no picture", remedy="render the video again") from exc
    return small.getvalue()
