"""ffmpeg: is it there, and can it do what lotus asks of it?"""

from __future__ import annotations

from lotus.checks.base import Finding
from lotus.composition.picture.transitions import TRANSITIONS
from lotus.media.ffmpeg import FFmpeg
from lotus.settings import Settings

__all__ = ["codecs", "filters", "program"]

REMEDY = "pip install --upgrade imageio-ffmpeg, or point LOTUS_FFMPEG to a full build"
ENCODERS = ("libx264", "aac", "mjpeg")
FILTERS = (
    "alimiter",
    "ass",
    "bwdif",
    "ebur128",
    "fps",
    "gblur",
    "overlay",
    "scale",
    "tonemap",
    "tpad",
    "xfade",
    "zscale",
)


def program(settings: Settings) -> Finding:
    """The program starts and says which build it is."""
    ffmpeg = FFmpeg(settings.ffmpeg)
    return Finding("ok", f"{ffmpeg.build} at {ffmpeg.program}")


def codecs(settings: Settings) -> Finding:
    """The encoders that compositions are written with."""
    return _has(FFmpeg(settings.ffmpeg).ask("-encoders"), ENCODERS, "encoder")


def filters(settings: Settings) -> Finding:
    """The filters that segments are made with."""
    finding = _has(FFmpeg(settings.ffmpeg).ask("-filters"), FILTERS, "filter")
    if finding.status != "ok":
        return finding
    return Finding("ok", f"{finding.detail}, {len(TRANSITIONS)} transitions")


def _has(listing: str, names: tuple[str, ...], what: str) -> Finding:
    there = {words[1] for line in listing.splitlines() if len(words := line.split()) > 1}
    missing = [name for name in names if name not in there]
    if missing:
        return Finding("fail", f"this ffmpeg has no {what} {', '.join(missing)}", REMEDY)
    return Finding("ok", ", ".join(names))
