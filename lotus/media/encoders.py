"""Which of ffmpeg's encoders writes a composition: what is there, and for hardware what works."""

from __future__ import annotations

from fractions import Fraction

from lotus.documents.timeline import Encoding
from lotus.errors import FFmpegError
from lotus.media.encodings import CODECS, codec_options, upload_filters
from lotus.media.ffmpeg import FFmpeg

__all__ = ["encoder_for", "works"]


def encoder_for(encoding: Encoding, ffmpeg: FFmpeg) -> str:
    """ffmpeg's name of the encoder. Hardware is used only if it was asked for and encodes a frame.

    Raises FFmpegError if there is no encoder for the codec.
    """
    codec = CODECS[encoding.codec]
    if not encoding.hardware and len(codec.encoders) == 1:
        return codec.encoders[0]
    there = {words[1] for line in ffmpeg.ask("-encoders").splitlines() if len(words := line.split()) > 1}
    if encoding.hardware:
        for name in codec.hardware:
            if name in there and works(name, encoding, ffmpeg):
                return name
    for name in codec.encoders:
        if name in there:
            return name
    raise FFmpegError(
        what=f"codec {encoding.codec}",
        reason=f"this ffmpeg has no encoder {' or '.join(codec.encoders)}",
        stderr=[],
        remedy="take another codec, or point LOTUS_FFMPEG to a full build",
    )


def works(encoder: str, encoding: Encoding, ffmpeg: FFmpeg) -> bool:
    """Whether the encoder writes one frame with the very options that segments are written with."""
    options = {**codec_options(encoding, Fraction(24), encoder), "frames:v": "1"}
    options.pop("video_track_timescale", None)
    filters = ["format=yuv420p", *("=".join(upload) for upload in upload_filters(encoder))]
    args = ["-f", "lavfi", "-i", "color=gray:s=320x192:r=24:d=1", "-vf", ",".join(filters)]
    args += [part for name, value in options.items() for part in (f"-{name}", value)]
    try:
        ffmpeg.run([*args, "-f", "null", "-"], what=f"encoder {encoder}")
    except FFmpegError:
        return False
    return True
