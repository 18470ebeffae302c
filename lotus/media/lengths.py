"""How long a file says that its sound is: what it holds may be less, if it was cut off."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

from lotus.media.facts import SoundStream

__all__ = ["promised_seconds"]

# of these ffmpeg finds the length by what the file holds, or guesses it by its size
_WITHOUT_LENGTH = ("aac", "ac3", "eac3", "dts", "mpeg", "mpegts", "amr", "flv", "ogg", "caf", "w64")
_MP3_TAGS = (b"Xing", b"Info", b"VBRI")  # of the first frame: how many there are
_UNKNOWN = (0, 0xFFFFFFFF)  # sizes that recorders write when they begin


def promised_seconds(path: Path, container: str, sound: SoundStream) -> float | None:
    """Where the file's sound ends by the file's own word, on its clock; None if it says nothing."""
    if container == "wav":
        return _of_wave(path, sound)
    if container == "mp3":
        return float(sound.end) if _has_mp3_tag(path) else None
    return None if container.startswith(_WITHOUT_LENGTH) else float(sound.end)


def _has_mp3_tag(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(10)
        if head[:3] == b"ID3":  # its size has seven bits a byte
            file.seek(10 + sum((byte & 0x7F) << 7 * i for i, byte in enumerate(head[9:5:-1])))
        first_frame = head + file.read(4096)
    return any(tag in first_frame for tag in _MP3_TAGS)


def _of_wave(path: Path, sound: SoundStream) -> float | None:
    """By the size of the chunk `data`, which ffmpeg does not believe where the file is shorter."""
    with path.open("rb") as file:
        if file.read(4) != b"RIFF":
            return None
        file.seek(12)
        rate = 0
        while len(head := file.read(8)) == 8:
            size = int.from_bytes(head[4:], "little")
            if head[:4] == b"data":
                return _wave_end(file, size, rate, sound)
            if head[:4] == b"fmt ":
                rate = int.from_bytes(file.read(12)[8:12], "little")  # bytes a second
                size -= 12
            file.seek(size + size % 2, 1)
    return None


def _wave_end(file: BinaryIO, size: int, rate: int, sound: SoundStream) -> float | None:
    begin = file.tell()
    there = file.seek(0, 2) - begin
    if size in _UNKNOWN or not rate or size <= there:
        return None
    return float(sound.end) + (size - there) / rate
