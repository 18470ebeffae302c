"""Small moving pictures of a finished video, for chats and pages: one entry a format. Pure.

A preview has no sound, is at most so wide, and plays for ever.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import ffmpeg

__all__ = ["PREVIEWS", "preview_args"]

Args = list[str]
GIF_RATE = Fraction(25, 2)  # GIF counts in hundredths of a second: eight of them a frame
GIF_WIDTH = 480
WEBP_RATE = Fraction(15)
WEBP_WIDTH = 640
SAME_BYTES = {"fflags": "+bitexact", "flags:v": "+bitexact", "map_metadata": "-1"}


def preview_args(video: Path, rate: Fraction, output: Path) -> list[Args]:
    """Arguments of each ffmpeg that is run, in order, to make `output` of a video with this frame
    rate.
    """
    return PREVIEWS[output.suffix](video, rate, output)


def _gif(video: Path, rate: Fraction, output: Path) -> list[Args]:
    """Twice over the video: 256 colours are chosen for what moves, then every frame is drawn in
    them. (In one pass ffmpeg would hold all frames in memory.)
    """
    palette = output.with_suffix(".palette.png")
    colour_map = _small(video, min(rate, GIF_RATE), GIF_WIDTH).filter(
        "palettegen", stats_mode="diff"
    )
    colours = ffmpeg.filter(
        [_small(video, min(rate, GIF_RATE), GIF_WIDTH), ffmpeg.input(f"file:{palette}")],
        "paletteuse",
        dither="sierra2_4a",
        diff_mode="rectangle",
    )
    return [
        _output_args(colour_map, palette, **{"frames:v": 1, "update": 1}),
        _output_args(colours, output, loop=0),
    ]


def _webp(video: Path, rate: Fraction, output: Path) -> list[Args]:
    picture = _small(video, min(rate, WEBP_RATE), WEBP_WIDTH)
    # WebP means BT.601 (RFC 9649, section 2.5); ffmpeg would keep the video's own matrix
    picture = picture.filter("scale", out_color_matrix="smpte170m", out_range="tv")
    picture = picture.filter("format", "yuv420p")
    codec = {"c:v": "libwebp_anim", "quality": 75, "compression_level": 4, "threads": 1}
    return [_output_args(picture, output, loop=0, **codec)]


def _small(video: Path, rate: Fraction, width: int) -> ffmpeg.Stream:
    """The video at a lower rate, not wider than `width`."""
    picture = ffmpeg.input(f"file:{video}", protocol_whitelist="file").video
    return picture.filter("fps", str(rate)).filter("scale", f"min(iw,{width})", -2, flags="lanczos")


def _output_args(picture: ffmpeg.Stream, output: Path, **options: object) -> Args:
    result = picture.output(f"file:{output}", an=None, **options, **SAME_BYTES)
    return [str(arg) for arg in result.get_args()]


PREVIEWS: Mapping[str, Callable[[Path, Fraction, Path], list[Args]]] = {
    ".gif": _gif,
    ".webp": _webp,
}
