"""How compositions are written: one entry a codec, one function an encoder of ffmpeg's. Pure.

Every segment is encoded by itself, on one thread and with closed groups of pictures, so that
segments can stand in any order in one stream and their bytes do not depend on how many cores a
machine has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from lotus.documents.timeline import Encoding, Timeline
from lotus.errors import FFmpegError, InvalidInput
from lotus.media.ffmpeg import FFmpeg
from lotus.media.h264 import OWN_ID

__all__ = [
    "CODECS",
    "CONTAINERS_OUT",
    "ENCODERS",
    "TAGS",
    "Codec",
    "as_encoded",
    "check_container",
    "codec_options",
    "encoder_for",
    "upload_filters",
    "works",
]

# of every video that lotus encodes; no clock and no version: equal input gives equal bytes
TAGS = {
    "pix_fmt": "yuv420p",
    "color_primaries": "bt709",
    "color_trc": "bt709",
    "colorspace": "bt709",
    "color_range": "tv",
    "fflags": "+bitexact",
    "flags:v": "+bitexact",
    "map_metadata": "-1",
}
# suffix of a file -> ffmpeg's muxer
CONTAINERS_OUT = {".mp4": "mp4", ".mov": "mov", ".mkv": "matroska"}
DRAFT_SCALE = 2  # a draft has half the width and half the height


@dataclass(frozen=True)
class Codec:
    """What a codec needs. Of the encoders the first that ffmpeg has is used; `hardware` is only
    looked at when it is asked for.
    """

    encoders: tuple[str, ...]
    hardware: tuple[str, ...]
    # suffixes of files that may hold it; a segment is kept in the first
    containers: tuple[str, ...]
    sound: str = "aac"


CODECS: Mapping[str, Codec] = {
    "h264": Codec(
        ("libx264",),
        ("h264_nvenc", "h264_videotoolbox", "h264_qsv", "h264_vaapi"),
        (".mp4", ".mov", ".mkv"),
    ),
    "h265": Codec(
        ("libx265",),
        ("hevc_nvenc", "hevc_videotoolbox", "hevc_qsv", "hevc_vaapi"),
        (".mp4", ".mov", ".mkv"),
    ),
    "av1": Codec(
        ("libsvtav1", "libaom-av1"), ("av1_nvenc", "av1_qsv", "av1_vaapi"), (".mp4", ".mkv")
    ),
    "prores": Codec(("prores_ks",), ("prores_videotoolbox",), (".mov", ".mkv"), sound="pcm_s24le"),
    # FFV1 (RFC 9043) in Matroska is what archives keep: every picture stands alone and carries a
    # checksum of
    # its own, so damage is found and stays small. x264's lossless (quality: lossless) is smaller,
    # but each
    # picture rests on others, and few players and editors know its profile.
    "ffv1": Codec(("ffv1",), (), (".mkv",), sound="pcm_s24le"),
}


def check_container(encoding: Encoding, output: Path) -> str:
    """The suffix of a file that may hold the encoding; raises InvalidInput with those that may."""
    suffix = output.suffix.lower()
    containers = CODECS[encoding.codec].containers
    if suffix not in containers:
        reason = (
            f"{encoding.codec} does not go into {suffix} files"
            if suffix in CONTAINERS_OUT
            else f"'{suffix}' is not a kind of video that lotus writes"
        )
        raise InvalidInput(
            file=str(output),
            field="out",
            reason=reason,
            remedy=f"name it {' or '.join(containers)}",
        )
    return suffix


def as_encoded(timeline: Timeline) -> Timeline:
    """The timeline in the size that it is written in: a draft is half as wide and half as high."""
    if timeline.encoding.quality != "draft":
        return timeline
    width, height = (
        max(16, round(side / DRAFT_SCALE / 2) * 2) for side in (timeline.width, timeline.height)
    )
    return timeline.model_copy(update={"width": width, "height": height})


def codec_options(encoding: Encoding, rate: Fraction, encoder: str = "") -> dict[str, str]:
    """Options of the video encoder (the codec's first unless one is named) and of a segment's
    container.
    """
    codec = CODECS[encoding.codec]
    name = encoder or codec.encoders[0]
    keyframes = str(round(2 * rate))  # two seconds, as players and platforms like it for seeking
    options = {"c:v": name, **TAGS, "threads": "1", **ENCODERS[name](encoding.quality, keyframes)}
    if encoding.max_kbps is not None and encoding.codec in ("h264", "h265"):
        options |= {"maxrate": f"{encoding.max_kbps}k", "bufsize": f"{2 * encoding.max_kbps}k"}
    if codec.containers[0] != ".mkv":
        options["video_track_timescale"] = str(
            rate.numerator * (1000 if rate.denominator == 1 else 1)
        )
    return options


def upload_filters(encoder: str) -> tuple[tuple[str, ...], ...]:
    """Filters that bring pictures to where the encoder wants them."""
    return (("format", "nv12"), ("hwupload",)) if encoder.endswith("_vaapi") else ()


Options = dict[str, str]


def _x264(quality: str, keyframes: str) -> Options:
    preset, crf = _X264[quality]
    return {
        "preset": preset,
        "crf": crf,
        "profile:v": "high444" if quality == "lossless" else "high",
        "g": keyframes,
        "x264-params": f"open-gop=0:stitchable=1:sps-id={OWN_ID}",
        "bf": "3" if quality != "draft" else "0",
    }


_X264 = {  # quality -> preset and constant rate factor
    "draft": ("ultrafast", "28"),
    "standard": ("medium", "20"),
    "high": ("slow", "17"),
    "lossless": ("veryfast", "0"),
}


def _x265(quality: str, keyframes: str) -> Options:
    """Of x265's own threads there are none; `info` would write its version into the stream."""
    preset, crf = _X265[quality]
    own = "open-gop=0:info=0:frame-threads=1:pools=none:log-level=error"
    rate = {"crf": crf} if quality != "lossless" else {}
    return {
        "preset": preset,
        **rate,
        "g": keyframes,
        "tag:v": "hvc1",  # Apple's players take no other
        "x265-params": own + (":lossless=1" if quality == "lossless" else ""),
    }


_X265 = {  # crf 23 of x265 is about crf 20 of x264 to the eye
    "draft": ("ultrafast", "30"),
    "standard": ("medium", "23"),
    "high": ("slow", "19"),
    "lossless": ("fast", ""),
}


def _svtav1(quality: str, keyframes: str) -> Options:
    preset, crf = _AV1[quality]
    return {"preset": preset, "crf": crf, "g": keyframes, "svtav1-params": "lp=1"}


def _aom(quality: str, keyframes: str) -> Options:
    preset, crf = _AV1[quality]
    return {
        "cpu-used": str(min(8, int(preset))),
        "crf": crf,
        "b:v": "0",
        "g": keyframes,
        "row-mt": "0",
    }


_AV1 = {"draft": ("12", "45"), "standard": ("8", "30"), "high": ("5", "22")}


def _prores(quality: str, keyframes: str) -> Options:
    """Proxy, 422 and 422 HQ; each picture stands alone."""
    profile = {"draft": "0", "standard": "2", "high": "3"}[quality]
    return {"profile:v": profile, "vendor": "apl0", "pix_fmt": "yuv422p10le"}


def _ffv1(quality: str, keyframes: str) -> Options:
    return {"level": "3", "coder": "1", "context": "0", "g": "1", "slices": "4", "slicecrc": "1"}


_QUANTISER = {"draft": "32", "standard": "23", "high": "19"}  # of hardware, whose scales are alike


def _nvenc(quality: str, keyframes: str) -> Options:
    preset = {"draft": "p1", "standard": "p5", "high": "p7"}[quality]
    return {"preset": preset, "rc": "constqp", "qp": _QUANTISER[quality], "g": keyframes, "bf": "0"}


def _videotoolbox(quality: str, keyframes: str) -> Options:
    return {
        "q:v": {"draft": "40", "standard": "62", "high": "75"}[quality],
        "g": keyframes,
        "bf": "0",
        "allow_sw": "0",
    }


def _prores_videotoolbox(quality: str, keyframes: str) -> Options:
    profile = {"draft": "proxy", "standard": "standard", "high": "hq"}[quality]
    return {"profile:v": profile, "pix_fmt": "p210le", "allow_sw": "0"}


def _qsv(quality: str, keyframes: str) -> Options:
    return {"global_quality": _QUANTISER[quality], "g": keyframes, "bf": "0", "pix_fmt": "nv12"}


def _vaapi(quality: str, keyframes: str) -> Options:
    return {
        "rc_mode": "CQP",
        "qp": _QUANTISER[quality],
        "g": keyframes,
        "bf": "0",
        "pix_fmt": "vaapi",
        "init_hw_device": "vaapi",
    }


ENCODERS: Mapping[str, Callable[[str, str], Options]] = {
    "libx264": _x264,
    "libx265": _x265,
    "libsvtav1": _svtav1,
    "libaom-av1": _aom,
    "prores_ks": _prores,
    "ffv1": _ffv1,
    **dict.fromkeys(("h264_nvenc", "hevc_nvenc", "av1_nvenc"), _nvenc),
    **dict.fromkeys(("h264_videotoolbox", "hevc_videotoolbox"), _videotoolbox),
    "prores_videotoolbox": _prores_videotoolbox,
    **dict.fromkeys(("h264_qsv", "hevc_qsv", "av1_qsv"), _qsv),
    **dict.fromkeys(("h264_vaapi", "hevc_vaapi", "av1_vaapi"), _vaapi),
}


def encoder_for(encoding: Encoding, ffmpeg: FFmpeg) -> str:
    """ffmpeg's name of the encoder. Hardware is used only if it was asked for and encodes a frame.

    Raises FFmpegError if there is no encoder for the codec.
    """
    codec = CODECS[encoding.codec]
    if not encoding.hardware and len(codec.encoders) == 1:
        return codec.encoders[0]
    there = {
        words[1] for line in ffmpeg.ask("-encoders").splitlines() if len(words := line.split()) > 1
    }
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
