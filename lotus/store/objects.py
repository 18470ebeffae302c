"""What an object is, what it may be called, and what a place for objects does."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from lotus.errors import InvalidInput

__all__ = ["PREFIXES", "Head", "Objects", "StoredObject", "check_key", "content_type", "object_key"]

PREFIXES = {  # prefix -> days that an object is kept; 0 is for ever
    "uploads": 0,
    "clips": 30,
    "segments": 30,
    "compositions": 90,
    "runs": 90,
    "temp": 7,
}
_KEY = re.compile(r"(?!.*(?:^|/)\.\.?(?:/|$))[A-Za-z0-9][A-Za-z0-9._/-]{0,400}")
TYPES = {  # what browsers play; the rest is asked of the standard library
    ".mp4": "video/mp4",
    ".m4a": "audio/mp4",
    ".mkv": "video/x-matroska",
    ".vtt": "text/vtt",
    ".srt": "application/x-subrip",
    ".ipynb": "application/x-ipynb+json",
    ".webp": "image/webp",
}


def object_key(kind: str, digest: str, suffix: str) -> str:
    """`clips/ab/abcd....mp4`: two characters of the digest keep folders small."""
    return f"{kind}/{digest[:2]}/{digest}{suffix}"


def check_key(key: str) -> str:
    """The key, if it is one; raises InvalidInput for anything that could leave the store."""
    if not _KEY.fullmatch(key):
        raise InvalidInput(file="", field="key", reason=f"{key!r} is not a key of the store")
    return key


def content_type(key: str) -> str:
    """What a browser should take the object for."""
    suffix = Path(key).suffix.lower()
    return TYPES.get(suffix) or mimetypes.guess_type(key)[0] or "application/octet-stream"


@dataclass(frozen=True)
class StoredObject:
    """One object as a listing shows it."""

    key: str
    size_bytes: int
    modified: float  # seconds since the epoch


@dataclass(frozen=True)
class Head:
    """What is known of one object; the digest is its SHA-256, where the place keeps one."""

    size_bytes: int
    sha256: str | None = None


class Objects(Protocol):
    """A place for objects. Keys are checked before they come here; errors are the place's own."""

    def head(self, key: str) -> Head | None:
        """What is known of the object; None if it is not there."""

    def put(self, source: Path, key: str) -> bool:
        """Write it whole, unless it is there already: False then."""

    def get(self, key: str, target: Path) -> None:
        """Write the object's bytes to a file, as they were put; raises FileNotFoundError."""

    def read(self, key: str, start: int, end: int | None) -> bytes:
        """The bytes from `start` up to `end`; raises FileNotFoundError."""

    def copy(self, key: str, to: str) -> None:
        """The same bytes under another key; raises FileNotFoundError."""

    def list(self, prefix: str) -> Iterator[StoredObject]:
        """All whose key begins with `prefix`, in order of key."""

    def delete(self, key: str) -> None:
        """Forget it; nothing happens if it is not there."""

    def link(self, key: str, seconds: int, name: str) -> str:
        """An address from which a player can read it for a time, or a browser save it
        under `name`.
        """
