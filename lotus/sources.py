"""What a timeline's sources are: their file, their content's hash, what they hold. Each is looked at once."""

from __future__ import annotations

import threading
from pathlib import Path

from lotus.keys import file_digest
from lotus.media import Media
from lotus.probe import probe
from lotus.store import Store

__all__ = ["STORED", "Sources"]

STORED = "store:"  # the key of an object in the store follows; such an object's key is its identity


class Sources:
    """Looks sources up; safe to share between threads."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._digests: dict[str, str] = {}
        self._media: dict[str, Media] = {}
        self._lock = threading.Lock()

    def path(self, source: str) -> Path:
        """A local file with the source's bytes."""
        if source.startswith(STORED):
            return self._store.path(source.removeprefix(STORED))
        return Path(source)

    def digest(self, source: str) -> str:
        """The hash of the source's content."""
        with self._lock:
            if source not in self._digests:
                stored = source.startswith(STORED)
                self._digests[source] = Path(source).stem if stored else file_digest(Path(source))
            return self._digests[source]

    def media(self, source: str) -> Media:
        """What the source holds; raises MediaError in one line if it cannot be read."""
        with self._lock:
            if source not in self._media:
                self._media[source] = probe(self.path(source))
            return self._media[source]
