"""Segments -> the arguments of one ffmpeg process. Pure: nothing is started, arguments can be
compared.

Frame n of a shot shows the source at `start + n * speed / rate`. Each piece of a clip asks the
source for that time itself, so a clip rendered in pieces has the very frames of the clip rendered
whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

import ffmpeg

from lotus.composition.layout import TIE_FRAMES
from lotus.composition.picture.camera import corners
from lotus.composition.picture.colour import in_bt709
from lotus.composition.picture.overlays import laid_over
from lotus.composition.picture.transitions import mix_shots
from lotus.composition.segments import Segment, SourceRange
from lotus.documents.timeline import Encoding
from lotus.media.conform import SourceFile
from lotus.media.encodings import codec_options, upload_filters
from lotus.media.facts import CONTAINERS, SEEK_MARGIN_SECONDS, FrameTimes, Media

__all__ = ["GraphCanvas", "GraphInput", "footage_args", "matches", "poster_args", "segments_args"]

VERSION = 2  # raise when the same segment would have other pixels: part of its key
LARGEST_SCALED = 4  # a picture is scaled to at most so many times the canvas before it is cropped
BT709 = {"colorspace": "bt709", "color_primaries": "bt709", "color_trc": "bt709", "range": "tv"}


class _Request(Protocol):
    """What of a clip's request is needed to cut it from a file."""

    @property
    def inputs(self) -> Mapping[str, Any]: ...
    @property
    def source(self) -> Path | None: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fps(self) -> Fraction: ...
    @property
    def frames(self) -> int: ...


@dataclass(frozen=True)
class GraphCanvas:
    """What every segment of a composition shares."""

    width: int
    height: int
    rate: Fraction
    background: str
    encoding: Encoding
    build: str  # of ffmpeg
    encoder: str = ""  # ffmpeg's name of it; the codec's first unless one is named

    def facts(self) -> dict[str, Any]:
        """What of this a segment's key holds."""
        return {
            "width": self.width,
            "height": self.height,
            "rate": self.rate,
            "background": self.background,
            "codec": self.codec_options,
            "build": self.build,
            "version": VERSION,
        }

    @property
    def codec_options(self) -> dict[str, str]:
        """Options of the encoder that every segment is written with."""
        return codec_options(self.encoding, self.rate, self.encoder)


@dataclass(frozen=True)
class GraphInput:
    """A segment and where it is to be written. `captions` names the ASS file and the folder of its
    fonts.
    """

    segment: Segment
    output: Path
    captions: tuple[str, str] | None = None


def segments_args(
    parts: Sequence[GraphInput], canvas: GraphCanvas, sources: Mapping[str, SourceFile]
) -> list[str]:
    """Arguments of one ffmpeg that renders these segments, and reads each of their clips once."""
    shots = [shot for part in parts for shot in part.segment.shots]
    shot_sources = {shot.source for shot in shots}
    seeks = {
        source: min(_seek(s, canvas, sources[source].times) for s in shots if s.source == source)
        for source in shot_sources
    }
    outputs = [_output_of(part, canvas, sources, seeks) for part in parts]
    whole = outputs[0] if len(outputs) == 1 else ffmpeg.merge_outputs(*outputs)
    return [str(arg) for arg in whole.get_args()]


def _output_of(
    part: GraphInput,
    canvas: GraphCanvas,
    sources: Mapping[str, SourceFile],
    seeks: Mapping[str, int],
) -> Any:
    segment = part.segment
    shots = [
        _shot(shot, canvas, sources[shot.source], seeks[shot.source], twin=index)
        for index, shot in enumerate(segment.shots)
    ]
    picture = shots[0] if len(shots) == 1 else _transition(shots, segment, canvas)
    if part.captions is not None:
        ass, fonts = part.captions
        picture = picture.filter("ass", filename=ass, fontsdir=fonts, shaping="complex")
    for overlay in segment.overlays:
        file = sources[overlay.source]
        top = _picture(file, **({"stream_loop": -1} if file.media.kind == "video" else {}))
        size = (canvas.width, canvas.height)
        picture = laid_over(picture, top, overlay, file.media, size=size, rate=canvas.rate)
    picture = picture.filter("setparams", **BT709).filter("format", "yuv420p")
    for name, *values in upload_filters(canvas.encoder):
        picture = picture.filter(name, *values)
    options = {"frames:v": segment.frames, "an": None, **canvas.codec_options}
    return picture.output(f"file:{part.output}", **options)


def _transition(shots: list[Any], segment: Segment, canvas: GraphCanvas) -> Any:
    return mix_shots(
        shots,
        segment.transition,
        segment.color,
        frames=segment.frames,
        rate=canvas.rate,
        size=(canvas.width, canvas.height),
    )


def _input(path: Path, **options: Any) -> Any:
    """A file, and only as a container of media: nothing that it names is opened."""
    return ffmpeg.input(
        f"file:{path}", protocol_whitelist="file", format_whitelist=CONTAINERS, **options
    )


def _picture(file: SourceFile, **options: Any) -> Any:
    """The file's picture, with its transparency."""
    media = file.media
    if media.alpha and media.codec in _ALPHA_DECODERS:
        options["c:v"] = _ALPHA_DECODERS[media.codec]
    if media.resized:
        options["reinit_filter"] = 0  # a graph that is set up anew would begin at frame 0 again
    source = _input(file.path, **options)
    picture = source[f"v:{media.stream}"] if media.stream else source.video
    if media.resized:
        return picture.filter("scale", media.width, media.height).filter("setsar", 1)
    return picture


# ffmpeg's own decoders leave the transparency of these out
_ALPHA_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9", "libvpx-vp9": "libvpx-vp9"}


def _begins(shot: SourceRange, canvas: GraphCanvas) -> Fraction:
    """Seconds of the source."""
    return shot.start + shot.first * shot.speed / canvas.rate


def _seek(shot: SourceRange, canvas: GraphCanvas, times: FrameTimes | None) -> int:
    """Whole seconds, which are exact in every container's clock."""
    at = _begins(shot, canvas)
    return times.seek(at) if times is not None else max(0, int(at) - SEEK_MARGIN_SECONDS)


def _shot(
    shot: SourceRange, canvas: GraphCanvas, file: SourceFile, seek: int, twin: int = 0
) -> Any:
    """The frames of a shot, as large as the canvas; `twin` tells shots of one stretch apart."""
    media = file.media
    picture = _picture(file, threads=1, **({"ss": seek} if seek else {}))
    at = _begins(shot, canvas) - (file.times.clock(seek) if file.times is not None else seek)
    tie = TIE_FRAMES / canvas.rate
    clock = f"((T-{float(at):.9f})/{float(shot.speed):.9f}+{float(tie):.9f})/TB"
    if media.coarse:
        picture = picture.filter("settb", "1/1000000")
    # equal filters would be one to ffmpeg-python, which lets each lead to one other alone
    picture = picture.filter("setpts", f"{clock}+{twin}*0" if twin else clock)
    if media.interlaced:
        picture = picture.filter("bwdif", mode="send_frame")
    picture = picture.filter("fps", fps=str(canvas.rate), start_time=0)
    picture = picture.filter("tpad", stop=-1, stop_mode="clone").filter(
        "trim", end_frame=shot.frames
    )
    if not matches(media, canvas):
        picture = in_bt709(picture, media)
    if media.alpha:
        picture = _over_background(picture, canvas)
    picture = _fit(picture, shot, canvas, media)
    if shot.camera == "static":
        return picture
    return picture.filter("perspective", **corners(shot.camera, shot.first, shot.clip_frames))


def matches(media: Media, canvas: GraphCanvas) -> bool:
    """Whether the source's pixels are already those of the canvas."""
    same_size = (media.width, media.height) == (
        canvas.width,
        canvas.height,
    ) and media.sample_aspect == 1
    same_color = media.colorspace == "bt709" and not media.full_range and not media.hdr
    plain = not (media.alpha or media.other_primaries or media.resized)
    return same_size and same_color and plain and media.pixel_format == "yuv420p"


def _over_background(picture: Any, canvas: GraphCanvas) -> Any:
    """What is transparent shows the timeline's background."""
    both = picture.filter("format", "rgba").split()
    color = "0x" + canvas.background.lstrip("#")
    behind = both[0].filter("drawbox", color=f"{color}@1", t="fill", replace=1)
    return ffmpeg.overlay(behind, both[1], format="rgb", shortest=1).filter("format", "gbrp")


def _fit(picture: Any, shot: SourceRange, canvas: GraphCanvas, media: Media) -> Any:
    if matches(media, canvas):
        return picture.filter("setsar", 1)
    width = Fraction(media.width)
    if media.sample_aspect != 1 and not media.resized:
        picture = picture.filter("scale", "trunc(iw*sar/2)*2", "ih").filter("setsar", 1)
        width *= media.sample_aspect
    aspect = width / media.height
    if shot.fit == "cover":
        fit = _cover(picture, canvas, aspect, shot.focus)
    else:
        fit = _FITS[shot.fit](picture, canvas, aspect)
    return fit.filter("setsar", 1).filter("format", "yuv420p")


def _scaled(picture: Any, canvas: GraphCanvas, how: str) -> Any:
    return picture.filter(
        "scale",
        canvas.width,
        canvas.height,
        force_original_aspect_ratio=how,
        force_divisible_by=2,
        **_WELL,
    )


_WELL = {
    "flags": "bicubic+accurate_rnd+full_chroma_int",
    "out_color_matrix": "bt709",
    "out_range": "tv",
}


def _cover(
    picture: Any, canvas: GraphCanvas, aspect: Fraction, focus: tuple[float, float] | None = None
) -> Any:
    place = _around(focus) if focus is not None else ()
    ratio = aspect * canvas.height / canvas.width
    if max(ratio, 1 / ratio) <= LARGEST_SCALED:
        whole = _scaled(picture, canvas, "increase")
        return whole.filter("crop", canvas.width, canvas.height, *place)
    side = f"max(2,trunc(ih*{canvas.width}/{canvas.height}/2+0.5)*2)"
    other = f"max(2,trunc(iw*{canvas.height}/{canvas.width}/2+0.5)*2)"
    picture = picture.filter("crop", f"min(iw,{side})", f"min(ih,{other})", *place)
    return picture.filter("scale", canvas.width, canvas.height, **_WELL)


def _around(focus: tuple[float, float]) -> tuple[str, str]:
    """The corner of a crop whose middle is at a place, as far as the picture goes."""
    x, y = (f"{part:.4f}" for part in focus)
    return f"max(0,min(iw-ow,iw*{x}-ow/2))", f"max(0,min(ih-oh,ih*{y}-oh/2))"


def _whole(picture: Any, canvas: GraphCanvas, aspect: Fraction) -> Any:
    """All of the picture, as large as fits: at least two pixels in each direction."""
    ratio = aspect * canvas.height / canvas.width
    width = canvas.width * min(ratio, Fraction(1))
    height = canvas.height / max(ratio, Fraction(1))
    if min(width, height) >= LEAST_PIXELS:
        return _scaled(picture, canvas, "decrease")
    size = (max(2, round(side / 2) * 2) for side in (width, height))
    return picture.filter("scale", *size, **_WELL)


LEAST_PIXELS = 4  # below this, ffmpeg rounds a side to nothing


def _contain(picture: Any, canvas: GraphCanvas, aspect: Fraction) -> Any:
    small = _whole(picture, canvas, aspect)
    color = "0x" + canvas.background.lstrip("#")
    return small.filter("pad", canvas.width, canvas.height, "(ow-iw)/2", "(oh-ih)/2", color=color)


def _blur(picture: Any, canvas: GraphCanvas, aspect: Fraction) -> Any:
    """The whole picture over a blurred copy of itself that fills the frame."""
    both = picture.split()
    behind = (
        _cover(both[0], canvas, aspect)
        .filter("gblur", sigma=canvas.height / 24)
        .filter("eq", brightness=-0.08)
    )
    front = _whole(both[1], canvas, aspect)
    return ffmpeg.overlay(behind, front, x="(W-w)/2", y="(H-h)/2", shortest=1)


_FITS = {"contain": _contain, "blur": _blur}


def footage_args(
    request: _Request, file: SourceFile, codec: Mapping[str, str], output: Path
) -> list[str]:
    """Arguments that cut a clip from a file, fitted to the frame, with its sound or
    with silence.
    """
    inputs = request.inputs
    start = Fraction(inputs["start_seconds"]).limit_denominator(1_000_000)
    frames = request.frames
    speed = Fraction(inputs.get("speed", 1))
    shot = SourceRange("", start, speed, 0, frames, inputs["fit"], inputs["camera"], frames)
    behind = inputs.get("background", PAPER if file.media.alpha else "#000000")
    canvas = GraphCanvas(request.width, request.height, request.fps, behind, Encoding(), "")
    picture = _shot(shot, canvas, file, _seek(shot, canvas, file.times))
    streams = [picture.filter("setparams", **BT709)]
    options: dict[str, Any] = {"frames:v": request.frames, **codec}
    track = file.media.sound
    if track is not None and track.decodes:
        seconds = float(request.frames / request.fps)
        source = _input(file.path, ss=f"{float(start):.6f}")
        sound = source[f"a:{track.index}"] if track.index else source.audio
        if file.times is not None and file.times.zero and track.start > start:
            sound = sound.filter("asetpts", f"PTS+{float(track.start - start):.6f}/TB")
        sound = sound.filter("aresample", 48_000, **{"async": 1, "first_pts": 0})
        if speed != 1:
            sound = sound.filter("atempo", float(speed))
        streams.append(sound.filter("apad", whole_dur=seconds).filter("atrim", duration=seconds))
        options |= {"c:a": "aac", "b:a": "256k", "ac": 2, "flags:a": "+bitexact"}
    return [str(arg) for arg in ffmpeg.output(*streams, f"file:{output}", **options).get_args()]


PAPER = "#ffffff"  # behind what is transparent in a brief, which names no background


def poster_args(video: Path, seconds: float, output: Path) -> list[str]:
    """Arguments that take one frame of a finished video as a JPEG."""
    frame = _input(video, ss=f"{seconds:.3f}").video
    # JPEG means BT.601 and all 256 values (ITU-T T.871); ffmpeg itself converts only the latter
    frame = frame.filter("scale", out_color_matrix="smpte170m", out_range="pc").filter(
        "format", "yuvj420p"
    )
    options = {"frames:v": 1, "q:v": 3, "fflags": "+bitexact", "flags:v": "+bitexact", "update": 1}
    return [str(arg) for arg in frame.output(f"file:{output}", **options).get_args()]
