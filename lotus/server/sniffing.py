"""What an uploaded file is, by its bytes alone, looked at by a process that may die of it.

What a file is called, and what its sender says it is, does not count. The look is taken with limits
on memory and processor time, so that a bomb or a fault of a decoder ends the look and not the
service.
"""

from __future__ import annotations

import json
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.errors import MediaError
from lotus.server.limits import LIMITS, MIB
from lotus.server.refusals import Refusal
from lotus.store.uploads import SUFFIXES
from lotus.system.processes import child_options

__all__ = ["Examined", "check_room", "examined", "look", "main", "suffix_of"]

LOOK_SECONDS = 60.0
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
    """Raise Refused with 503 if a file of this size does not fit here, twice and with something to
    spare.
    """
    if shutil.disk_usage(folder).free < 2 * size_bytes + SPARE_BYTES:
        reason = "there is no room for it on the disk"
        remedy = "try again later, or tell who runs the service"
        raise Refusal(status=503, reason=reason, remedy=remedy, retry_after_seconds=60)


@dataclass(frozen=True)
class Examined:
    """What was found in a file."""

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


def examined(path: Path) -> Examined:
    """What a file holds; raises Refused with 415 for what may not be uploaded, or is damaged."""
    with path.open("rb") as file:
        suffix = suffix_of(file.read(1024))
    if suffix is None:
        kinds = ", ".join(sorted(SUFFIXES))
        raise Refusal(
            status=415, reason="it is of no kind that may be uploaded", remedy=f"send {kinds}"
        )
    size = path.stat().st_size
    most = LIMITS[SUFFIXES[suffix]]
    if size > most:
        reason = f"{SUFFIXES[suffix]}s may have {most // MIB} MiB"
        raise Refusal(status=413, reason=reason, remedy="send a smaller file")
    command = [sys.executable, "-m", "lotus.server.sniffing", str(path), suffix]
    try:
        done = subprocess.run(command, capture_output=True, timeout=LOOK_SECONDS, **child_options())
    except subprocess.TimeoutExpired:
        raise _unreadable("it takes too long to look at") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip()
        raise _unreadable(said if done.returncode == 2 else "it cannot be decoded")
    return _agreed(suffix, json.loads(done.stdout))


def _agreed(suffix: str, facts: dict[str, Any]) -> Examined:
    """What it is, if that is what it seemed to be by its first bytes; a GIF that moves is an image
    here.
    """
    kind = SUFFIXES[suffix]
    held = facts["kind"]
    if held != kind and not (kind == "image" and held == "video"):
        raise _unreadable(f"it begins as {kind} and holds {held}")
    seconds = 0.0 if kind == "image" else facts["seconds"]
    return Examined(suffix, kind, seconds, facts["width"], facts["height"])


def _unreadable(reason: str) -> Refusal:
    return Refusal(
        status=415, reason=reason, remedy="export the file again, as PNG, JPEG, WAV or MP4"
    )


PROCESS_LIMITS = {  # a bomb ends the look
    resource.RLIMIT_CPU: 30,  # seconds
    resource.RLIMIT_AS: 4 * 2**30,  # bytes of addresses
    resource.RLIMIT_FSIZE: 0,  # it writes nothing
}


def look(path: Path, suffix: str) -> dict[str, Any]:
    """Kind, seconds, width and height of what a file holds; raises MediaError."""
    if suffix == ".svg":
        from lotus.media.svg import drawn

        drawn(path)
        return {"kind": "image", "seconds": 0.0, "width": 0, "height": 0}
    from lotus.media.probe import probe

    media = probe(path)
    shape = {"width": media.width, "height": media.height}
    return {"kind": media.kind, "seconds": float(media.seconds), **shape}


def main() -> None:
    """Print what the file holds; the exit code is 2 if it is refused, another if that ended the
    process.
    """
    for limit, most in PROCESS_LIMITS.items():
        resource.setrlimit(limit, (most, most))
    try:
        facts = look(Path(sys.argv[1]), sys.argv[2])
    except MediaError as error:
        sys.stderr.write(str(error.facts["reason"]))
        raise SystemExit(2) from None
    sys.stdout.write(json.dumps(facts))


if __name__ == "__main__":
    main()
