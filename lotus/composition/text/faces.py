"""One font file: its name, metrics, characters, and a digest of its contents."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from lotus.errors import InvalidInput

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

__all__ = ["Face", "file_digest", "is_named", "read_face"]

_MAX_BYTES = 64 << 20  # a larger file is no font for captions


@dataclass(frozen=True)
class Face:
    """One font file. `ascent` and `descent` are in ems and are what libass takes as its
    line box.
    """

    path: Path
    name: str
    weight: int
    ascent: float
    descent: float
    digest: str

    def has(self, char: str) -> bool:
        """Whether the font draws this character."""
        return ord(char) in _characters(self.path, self.digest)


def read_face(path: Path) -> Face:
    """The face in this file, read once as long as the file stays as it is.

    Raises InvalidInput for a file that is no TrueType or OpenType font, or is damaged.
    """
    try:
        stat = path.stat()
        if stat.st_size > _MAX_BYTES:
            raise ValueError(f"{stat.st_size} bytes are too many")
        return _read(path, stat.st_size, stat.st_mtime_ns)
    except Exception as exc:  # fontTools has errors of many kinds for a damaged file
        raise InvalidInput(
            file=path.name,
            reason=f"is not a readable font ({exc})",
            remedy="use a .ttf or .otf file",
        ) from exc


@lru_cache(maxsize=256)
def _read(path: Path, size: int, mtime_ns: int) -> Face:
    with _opened(path) as font:
        ascent, descent = _line_box(font)
        weight = font["OS/2"].usWeightClass
    directory = _directory(path, mtime_ns)
    name = _family_name(directory.names)
    return Face(path, name, weight, ascent, descent, _digest(directory, size))


@contextmanager
def _opened(path: Path) -> Iterator[TTFont]:
    """The file's tables, each read when first used."""
    from fontTools.ttLib import TTFont

    with TTFont(path, fontNumber=0, lazy=True) as font:
        if font.flavor is not None:  # a web font, which libass does not read
            raise ValueError("no TrueType or OpenType signature")
        yield font


def file_digest(path: Path) -> str:
    """The digest of the face in this file; InvalidInput as of `read_face`."""
    try:
        stat = path.stat()
        return _digest(_directory(path, stat.st_mtime_ns), stat.st_size)
    except (OSError, ValueError):
        return read_face(path).digest


def _digest(directory: _Directory, size: int) -> str:
    """The directory carries a checksum of every table, so it changes with the contents."""
    return hashlib.sha256(b"%d" % size + b"".join(directory.entries) + directory.names).hexdigest()


_ENTRY_BYTES = 16  # of the directory: tag, checksum, offset, length
_MAX_NAME_BYTES = 1 << 20


@dataclass(frozen=True)
class _Directory:
    """What a font file says of its tables, in order of their tags, and its table of names."""

    entries: tuple[bytes, ...]
    names: bytes


@lru_cache(maxsize=256)
def _directory(path: Path, _mtime_ns: int) -> _Directory:
    """Read without fontTools, which takes a hundred times as long: every timeline with captions
    asks it of every font.
    """
    with path.open("rb") as file:
        head = file.read(16)
        start = int.from_bytes(head[12:16]) if head[:4] == b"ttcf" else 0
        file.seek(start)
        count = int.from_bytes(file.read(12)[4:6])
        table = file.read(count * _ENTRY_BYTES)
        starts = range(0, len(table), _ENTRY_BYTES)
        entries = tuple(sorted(table[i : i + _ENTRY_BYTES] for i in starts))
        name = next((entry for entry in entries if entry[:4] == b"name"), b"")
        offset, length = (int.from_bytes(name[i : i + 4]) for i in (8, 12))
        if len(table) < count * _ENTRY_BYTES or not 0 < length <= _MAX_NAME_BYTES:
            raise ValueError("its directory of tables is damaged")
        file.seek(offset)
        return _Directory(entries, file.read(length))


def is_named(path: Path, names: set[str]) -> bool:
    """Whether the face in this file has one of these names."""
    table = _directory(path, path.stat().st_mtime_ns).names
    return any(name.encode("utf-16-be") in table for name in names) and (
        read_face(path).name in names
    )


def _line_box(font: TTFont) -> tuple[float, float]:
    """libass sizes a font by the Windows metrics (as VSFilter did), read with a sign, or by hhea
    where they are zero.
    """
    em = font["head"].unitsPerEm
    windows = (font["OS/2"].usWinAscent, font["OS/2"].usWinDescent)
    ascent, descent = (metric - 0x10000 if metric >= 0x8000 else metric for metric in windows)
    if ascent + descent <= 0:
        ascent, descent = font["hhea"].ascent, -font["hhea"].descent
    if em <= 0 or ascent + descent <= 0:
        raise ValueError("its metrics are empty")
    return ascent / em, descent / em


_NAME_RECORD = struct.Struct(">6H")  # platform, encoding, language, name, length, offset


def _family_name(names: bytes) -> str:
    """Name 1 on the Windows platform: what libass matches a font by."""
    _, count, texts = struct.unpack_from(">3H", names)
    records: dict[int, str] = {}
    for at in range(6, min(6 + count * _NAME_RECORD.size, len(names)), _NAME_RECORD.size):
        platform, _, language, which, length, offset = _NAME_RECORD.unpack_from(names, at)
        if (platform, which) == (3, 1):
            text = names[texts + offset : texts + offset + length]
            records[language] = text.decode("utf-16-be")
    name = records.get(0x409) or next(iter(records.values()), "")
    # would be tags, not a name, in ASS
    if not name or not all(c.isalnum() or c in " -_+&" for c in name):
        raise ValueError(f"its family name {name!r} is empty or has punctuation")
    return name


@lru_cache(maxsize=256)
def _characters(path: Path, _digest: str) -> frozenset[int]:
    """The code points that a font draws. Names of glyphs take fontTools longest, and nobody asks
    for them.
    """
    with _opened(path) as font:
        font.getGlyphNameMany = list
        return frozenset(font.getBestCmap() or ())
