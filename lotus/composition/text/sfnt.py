"""What lotus needs of a TrueType or OpenType file: its name, weight, metrics, characters. Reads
files.

Formats: https://learn.microsoft.com/typography/opentype/spec/ (cmap, head, hhea, name, OS/2).
"""

from __future__ import annotations

import hashlib
import struct
from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lotus.errors import InvalidInput

__all__ = ["Face", "read_face"]

_MAX_BYTES = 64 << 20  # a larger file is no font for captions


@dataclass(frozen=True)
class Face:
    """One font file. `ascent` and `descent` are in ems and are what libass takes as its line
    box.
    """

    path: Path
    name: str
    weight: int
    ascent: float
    descent: float
    digest: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def has(self, char: str) -> bool:
        """Whether the font draws this character."""
        i = bisect_right(self.starts, ord(char)) - 1
        return i >= 0 and ord(char) <= self.ends[i]


def read_face(path: Path) -> Face:
    """The face in this file, read once as long as the file stays as it is."""
    try:
        stat = path.stat()
        if stat.st_size > _MAX_BYTES:
            raise ValueError(f"{stat.st_size} bytes are too many")
        return _read(path, stat.st_size, stat.st_mtime_ns)
    except (OSError, ValueError, struct.error, KeyError, IndexError, OverflowError) as exc:
        raise InvalidInput(
            file=path.name,
            reason=f"is not a readable font ({exc})",
            remedy="use a .ttf or .otf file",
        ) from exc


@lru_cache(maxsize=256)
def _read(path: Path, size: int, _mtime_ns: int) -> Face:
    with path.open("rb") as file:
        file.seek(_font_offset(file.read(16)))
        head = file.read(12)
        directory = file.read(16 * struct.unpack(">H", head[4:6])[0])
        tables = {}
        for i in range(0, len(directory), 16):
            tag, _, offset, length = struct.unpack(">4sIII", directory[i : i + 16])
            if tag in (b"cmap", b"head", b"hhea", b"name", b"OS/2"):
                file.seek(offset)
                tables[tag.decode()] = file.read(length)
    ascent, descent = _line_box(tables)
    ranges = _characters(tables["cmap"])
    # the directory carries a checksum of every table, so a digest of it changes with the contents
    digest = hashlib.sha256(b"%d" % size + directory + tables["name"]).hexdigest()
    weight = struct.unpack(">H", tables["OS/2"][4:6])[0]
    starts = tuple(a for a, _ in ranges)
    ends = tuple(b for _, b in ranges)
    return Face(path, _family_name(tables["name"]), weight, ascent, descent, digest, starts, ends)


def _font_offset(start: bytes) -> int:
    if start[:4] == b"ttcf":
        return int(struct.unpack(">I", start[12:16])[0])
    if start[:4] not in (b"\0\1\0\0", b"OTTO", b"true"):
        raise ValueError("no TrueType or OpenType signature")
    return 0


def _line_box(tables: dict[str, bytes]) -> tuple[float, float]:
    """libass sizes a font by the Windows metrics (as VSFilter did), or by hhea where they are
    zero.
    """
    em = struct.unpack(">H", tables["head"][18:20])[0]
    ascent, descent = struct.unpack(">hh", tables["OS/2"][74:78])
    if ascent + descent <= 0:
        ascent, descent = struct.unpack(">hh", tables["hhea"][4:8])
        descent = -descent
    if em <= 0 or ascent + descent <= 0:
        raise ValueError("its metrics are empty")
    return ascent / em, descent / em


def _family_name(table: bytes) -> str:
    """Name 1 on the Windows platform: what libass matches a font by."""
    count, storage = struct.unpack(">HH", table[2:6])
    found = {}
    for i in range(count):
        platform, _, language, name, length, offset = struct.unpack(
            ">6H", table[6 + 12 * i : 18 + 12 * i]
        )
        if platform == 3 and name == 1:
            found[language] = table[storage + offset : storage + offset + length].decode(
                "utf-16-be"
            )
    name = found.get(0x409) or next(iter(found.values()), "")
    if not name or not all(
        c.isalnum() or c in " -_+&" for c in name
    ):  # would be tags, not a name, in ASS
        raise ValueError(f"its family name {name!r} is empty or has punctuation")
    return name


def _characters(table: bytes) -> list[tuple[int, int]]:
    """Sorted ranges of code points, from the richest Unicode subtable."""
    best = (0, 0)
    for i in range(struct.unpack(">H", table[2:4])[0]):
        platform, encoding, offset = struct.unpack(">HHI", table[4 + 8 * i : 12 + 8 * i])
        kind = struct.unpack(">H", table[offset : offset + 2])[0]
        if (platform == 0 or (platform == 3 and encoding in (1, 10))) and kind in (4, 12):
            best = max(best, (kind, offset))
    if not best[0]:
        raise ValueError("it has no Unicode characters")
    ranges = _format_12(table[best[1] :]) if best[0] == 12 else _format_4(table[best[1] :])
    return sorted(ranges)


def _format_12(table: bytes) -> list[tuple[int, int]]:
    count = struct.unpack(">I", table[12:16])[0]
    groups = struct.iter_unpack(">III", table[16 : 16 + 12 * count])
    return [(start + (glyph == 0), end) for start, end, glyph in groups if end > start or glyph]


def _format_4(table: bytes) -> list[tuple[int, int]]:
    count = struct.unpack(">H", table[6:8])[0] // 2
    at = [14, 16 + 2 * count, 16 + 4 * count, 16 + 6 * count]
    columns = [struct.unpack(f">{count}H", table[a : a + 2 * count]) for a in at]
    ranges = []
    for i, (end, start, delta, offset) in enumerate(zip(*columns, strict=True)):
        if start == 0xFFFF:
            continue
        if offset == 0:
            ranges.append((start, end))
            continue
        base = at[3] + 2 * i + offset
        glyphs = struct.unpack(f">{end - start + 1}H", table[base : base + 2 * (end - start + 1)])
        ranges += [
            (start + n, start + n) for n, g in enumerate(glyphs) if g and (g + delta) & 0xFFFF
        ]
    return ranges
