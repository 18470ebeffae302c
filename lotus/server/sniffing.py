"""The kind of an uploaded file, by its bytes alone: its name, and the word of its sender, do not
count.

A process of its own takes the look (`lotus.server.examiner`), so that a bomb ends nothing but that.
"""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.server.examiner import REFUSAL
from lotus.server.refusals import Refusal
from lotus.store.uploads import SUFFIXES
from lotus.system.processes import child_options

__all__ = ["UPLOAD_LIMITS", "MediaFacts", "check_room", "examine", "suffix_of", "upload_suffix"]

MIB = 1024 * 1024
UPLOAD_LIMITS = {"image": 50 * MIB, "audio": 100 * MIB, "video": 500 * MIB}  # bytes
LOOK_SECONDS = 18.0  # less than a request has: the answer says what was wrong
TOO_LONG = "checking it takes too long"
SPARE_BYTES = 200 * MIB  # that uploads leave to those who work
SIGNS = (  # bytes at a place -> suffix
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"GIF87a", ".gif"),
    (0, b"GIF89a", ".gif"),
    (8, b"WEBP", ".webp"),
    (8, b"WAVE", ".wav"),
    (0, b"fLaC", ".flac"),
    (0, b"OggS", ".ogg"),
    (0, b"ID3", ".mp3"),
    (0, b"\xff\xfb", ".mp3"),
    (0, b"\xff\xf3", ".mp3"),
    (0, b"\xff\xf2", ".mp3"),
    (4, b"ftypM4A", ".m4a"),
    (4, b"ftyp", ".mp4"),
)
MATROSKA = b"\x1aE\xdf\xa3"


def check_room(folder: Path, size_bytes: int) -> None:
    """Raise Refusal with 503 if a file of this size does not fit here, twice and with something to
    spare.
    """
    if shutil.disk_usage(folder).free < 2 * size_bytes + SPARE_BYTES:
        reason = "there is no room for it on the disk"
        remedy = "try again later, or tell the operator of the service"
        raise Refusal(status=503, reason=reason, remedy=remedy, retry_after_seconds=60)


@dataclass(frozen=True)
class MediaFacts:
    """Facts of a file that may be uploaded."""

    suffix: str
    kind: str
    seconds: float = 0.0
    width: int = 0
    height: int = 0


def suffix_of(head: bytes) -> str | None:
    """The suffix of a kind of file that may be uploaded, by its first kilobyte; None for all
    others.
    """
    for at, sign, suffix in SIGNS:
        if head[at : at + len(sign)] == sign:
            return suffix
    if head.startswith(MATROSKA):
        return ".webm" if b"webm" in head[:64] else ".mkv"
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return ".svg" if text.startswith((b"<svg", b"<?xml", b"<!--")) and b"<svg" in head else None


def upload_suffix(path: Path) -> str:
    """The suffix of a file that may be uploaded; raises Refusal with 415 or 413."""
    with path.open("rb") as file:
        suffix = suffix_of(file.read(1024))
    if suffix is None:
        kinds = ", ".join(sorted(SUFFIXES))
        raise Refusal(
            status=415, reason="files of this kind cannot be uploaded", remedy=f"send {kinds}"
        )
    most = UPLOAD_LIMITS[SUFFIXES[suffix]]
    if path.stat().st_size > most:
        reason = f"{SUFFIXES[suffix]}s may have {most // MIB} MiB"
        raise Refusal(status=413, reason=reason, remedy="send a smaller file")
    return suffix


def examine(path: Path) -> MediaFacts:
    """The content of a file; raises Refusal with 415 for one that may not be uploaded, or is
    damaged.
    """
    suffix = upload_suffix(path)
    command = [sys.executable, "-m", "lotus.server.examiner", str(path), suffix]
    try:
        process = subprocess.run(
            command, capture_output=True, timeout=LOOK_SECONDS, **child_options()
        )
    except subprocess.TimeoutExpired:
        raise _unreadable(TOO_LONG) from None
    if process.returncode == -signal.SIGXCPU:
        raise _unreadable(TOO_LONG)
    if process.returncode:
        message = process.stderr.decode("utf-8", "replace").strip()
        raise _unreadable(message if process.returncode == REFUSAL else "it cannot be decoded")
    return _agree(suffix, json.loads(process.stdout))


def _agree(suffix: str, facts: dict[str, Any]) -> MediaFacts:
    """What it is, if that is what it seemed to be by its first bytes; a GIF that moves is an image
    here.
    """
    kind = SUFFIXES[suffix]
    content = facts["kind"]
    if content != kind and not (kind == "image" and content == "video"):
        raise _unreadable(f"it starts like {kind} but contains {content}")
    seconds = 0.0 if kind == "image" else facts["seconds"]
    return MediaFacts(suffix, kind, seconds, facts["width"], facts["height"])


def _unreadable(reason: str) -> Refusal:
    return Refusal(
        status=415, reason=reason, remedy="export the file again, as PNG, JPEG, WAV or MP4"
    )
