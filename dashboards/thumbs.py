"""Posters made small, so that a gallery weighs little."""

from __future__ import annotations

import io
from typing import Any

from lotus.errors import MediaError

__all__ = ["SIDE", "thumbnail"]

SIDE = 480  # pixels of the longer side
QUALITY = 72


def thumbnail(store: Any, key: str) -> bytes:
    """The JPEG under `key`, no larger than SIDE; raises StoreError, MediaError."""
    from PIL import Image

    try:
        with Image.open(io.BytesIO(store.read(key))) as picture:
            picture.draft("RGB", (SIDE, SIDE))
            picture.thumbnail((SIDE, SIDE))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=QUALITY)
    except (OSError, ValueError) as exc:
        raise MediaError(file=key, reason="is no picture", remedy="render the video again") from exc
    return small.getvalue()
