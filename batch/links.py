"""Where a report finds what lies in the store."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from lotus.display.thumbnails import thumbnail
from lotus.errors import LotusError
from lotus.store import Store

__all__ = ["DAYS", "Links"]

DAYS = 7  # as long as a bucket's address can hold
POSTER_PIXELS = 360


@dataclass(frozen=True)
class Links:
    """From a page in `folder`: relative, so that both can be moved; a bucket's address holds for DAYS."""

    store: Store
    folder: Path

    def to(self, key: str) -> str:
        """Where a browser opens an object; raises StoreError."""
        root = self.store.local_root
        if root is None:
            return self.store.link(key, DAYS * 86_400)
        return quote(Path(os.path.relpath(root / key, self.folder)).as_posix())

    def present(self, keys: Iterable[str]) -> set[str]:
        """Those that have not expired."""
        return self.store.present(keys)

    def poster(self, key: str) -> str | None:
        """The picture itself, small enough for a page of a thousand; None where there is none."""
        try:
            small = thumbnail(self.store, key, POSTER_PIXELS)
        except LotusError:
            return None
        return f"data:image/jpeg;base64,{base64.b64encode(small).decode()}"
