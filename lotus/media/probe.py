"""What a file holds: the one place that probes (with PyAV)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.errors import MediaError
from lotus.media.facts import MAX_PIXELS, CutPoints, FrameTimes, Media, SoundStream
from lotus.media.h264 import IDR, PPS, SPS, nal_units, parameter_sets
from lotus.media.opening import (
    RAW_STREAMS,
    file_start,
    is_cover,
    open_media,
    packets_of,
    stream_end,
)
from lotus.media.pictures import describe_picture, picture_kind
from lotus.media.sound import sound_stream

__all__ = [
    "REORDER_FRAMES",
    "breaks",
    "count_frames",
    "cut_points",
    "frame_times",
    "packets_of",
    "picture_shape",
    "probe",
    "save_last_frame",
]


def probe(path: Path) -> Media:
    """What the file holds, from its headers and first frames; raises MediaError in one line."""
    import av

    if not path.is_file():
        raise MediaError(file=str(path), reason="is not there", remedy="check the path")
    if path.stat().st_size == 0:
        raise MediaError(
            file=str(path), reason="is empty (0 bytes)", remedy="export the file again"
        )
    kind = picture_kind(path)
    picture = describe_picture(path, kind) if kind is not None else None
    if picture is not None:
        return picture
    try:
        with open_media(path) as container:
            return _describe(container, path)
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise MediaError(
            file=str(path),
            reason="is not a video, picture or sound that can be read, or is damaged",
            remedy="export the file again, as MP4, PNG, JPEG or WAV",
        ) from exc


def _describe(container: Any, path: Path) -> Media:
    video = next((s for s in container.streams.video if not is_cover(s)), None)
    sound = sound_stream(container, path)
    if video is None:
        return _sound_alone(container, sound, path)
    context = video.codec_context
    frame = _checked_frame(container, video, path)
    turned = round(frame.rotation) % 180 == 90
    shape = _PictureSpan(path, container, video)
    pixel_format = context.pix_fmt or frame.format.name
    return Media(
        kind="image" if shape.still else "video",
        seconds=Fraction(0) if shape.still else shape.end,
        width=frame.height if turned else frame.width,
        height=frame.width if turned else frame.height,
        rate=Fraction(video.average_rate or video.guessed_rate or 0),
        has_audio=sound is not None,
        codec=context.name,
        pixel_format=pixel_format,
        sample_aspect=Fraction(video.sample_aspect_ratio or 1) or Fraction(1),
        transfer=int(frame.color_trc or 2),
        primaries=int(frame.color_primaries or 2),
        matrix=int(frame.colorspace if frame.colorspace is not None else 2),
        full_range=int(frame.color_range or 0) == 2 or pixel_format.startswith("yuvj"),
        interlaced=bool(frame.interlaced_frame),
        rotation=round(frame.rotation),
        container=container.format.name,
        start=shape.start,
        alpha=_may_be_transparent(video, frame),
        stream=[*container.streams.video].index(video),
        tick=Fraction(video.time_base or 0),
        resized=shape.resized,
        reader="rewrapped" if shape.broken_clock else "ffmpeg",
        sound=sound,
    )


def _sound_alone(container: Any, sound: SoundStream | None, path: Path) -> Media:
    """A file without pictures; raises MediaError if it has no sound that can be heard either."""
    if sound is None:
        raise MediaError(file=str(path), reason="has neither picture nor sound")
    if not sound.decodes:
        raise MediaError(
            file=str(path),
            reason=f"its sound ({sound.codec}) cannot be decoded",
            remedy=f"convert it: ffmpeg -i '{path.name}' '{path.stem}.wav'",
        )
    return Media(
        "audio",
        sound.end,
        has_audio=True,
        codec=sound.codec,
        sound=sound,
        container=container.format.name,
    )


def _checked_frame(container: Any, video: Any, path: Path) -> Any:
    """The first frame; raises MediaError for pictures that are too large or do not decode."""
    context = video.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise MediaError(
            file=str(path),
            reason=f"{context.width}x{context.height} pixels are too many",
            remedy="scale it below 8192x8192",
        )
    frame = _first_frame(container, video)
    if frame is None:
        still = container.format.name == "image2" or container.format.name.endswith("_pipe")
        reason = "is not a picture that can be read" if still else "has no frame that decodes"
        remedy = "save it as PNG or JPEG" if still else "export the file again"
        raise MediaError(file=str(path), reason=reason, remedy=remedy)
    return frame


def _first_frame(container: Any, stream: Any) -> Any:
    """The first picture that decodes, past damaged packets; None if there is none."""
    import av

    for packet in container.demux(stream):
        try:
            frame = next(iter(packet.decode()), None)
        except av.FFmpegError:
            continue
        if frame is not None:
            return frame
    return None


def _may_be_transparent(stream: Any, frame: Any) -> bool:
    """By the pixels; VP8 and VP9 keep transparency aside, and the file says so."""
    aside = {name.lower(): value for name, value in stream.metadata.items()}.get("alpha_mode")
    pal = frame.format.name == "pal8"
    return aside == "1" or pal or any(part.is_alpha for part in frame.format.components)


class _PictureSpan:
    """Where a file's pictures begin and end, and whether they change on the way."""

    def __init__(self, path: Path, container: Any, video: Any) -> None:
        name = container.format.name
        self.start = Fraction((video.start_time or 0) * video.time_base) - file_start(container)
        self.start = max(self.start, Fraction(0))
        self.end = stream_end(path, container, video)
        self.broken_clock = False
        self.resized = False
        if name in CHANGING:
            self._look_along(path, video.index)
        pictures = "pipe" in name or name in ("image2", "gif", "apng")
        self.still = name == "image2" or (pictures and not self._moves(path, video.index))

    def _look_along(self, path: Path, index: int) -> None:
        """Transport streams may be joined from several, whose clocks and sizes differ."""
        shapes: set[bytes] = set()
        before: Fraction | None = None
        ran = Fraction(0)
        with packets_of(path) as packets:
            stream = packets.streams[index]
            rate = stream.average_rate or stream.guessed_rate or 25
            for packet in packets.demux(stream):
                if not packet.size:
                    continue
                if packet.is_keyframe:
                    shapes.add(picture_shape(stream.codec_context.name, bytes(packet)))
                if packet.dts is None:
                    continue
                now = Fraction(packet.dts * packet.time_base)
                step = now - before if before is not None else Fraction(1, 1) / rate
                if breaks(step):
                    self.broken_clock = True
                    step = Fraction(1, 1) / rate
                ran += step
                before = now
        self.resized = len(shapes - {b""}) > 1
        if self.broken_clock:
            self.end = self.start + ran

    def _moves(self, path: Path, index: int) -> bool:
        with packets_of(path) as packets:
            frames = (p for p in packets.demux(packets.streams[index]) if p.size)
            return len([*itertools.islice(frames, 2)]) > 1


CHANGING = ("mpegts", "matroska,webm", "flv", "mpeg")
BACK_SECONDS = Fraction(1, 2)  # a clock that steps back further began anew
LEAP_SECONDS = 10  # ffmpeg's own limit, of -dts_delta_threshold


def breaks(step: Fraction) -> bool:
    """Whether a clock that makes such a step in seconds began anew, or leapt."""
    return step < -BACK_SECONDS or step > LEAP_SECONDS


def picture_shape(codec: str, packet: bytes) -> bytes:
    """The bytes of a key frame that tell its size; nothing for other codecs."""
    if codec == "vp8":
        return packet[6:10]  # RFC 6386, 9.1
    if codec in ("vp9", "libvpx-vp9") and len(packet) > 8:
        return packet[4:8] + bytes([packet[8] & 0xF0])  # color_config() and frame_size(), profile 0
    if codec == "mpeg2video":
        at = packet.find(b"\0\0\1\xb3")
        return packet[at + 4 : at + 7] if at >= 0 else b""
    if codec not in ("h264", "hevc"):
        return b""
    mask, kind = (0x1F, SPS) if codec == "h264" else (0x7E, 33 << 1)
    marked = b"\0\0\1" in packet[:5]
    for unit in packet[:4096].split(b"\0\0\1") if marked else nal_units(packet):
        if unit and unit[0] & mask == kind:
            return unit.rstrip(b"\0")
    return b""


HELD_SECONDS = Fraction(1, 2)
KEY_SECONDS = Fraction(1, 2)  # key frames closer than this need not be told apart
ONLY_USED_STREAMS = ("mpegts", "mpeg")  # AVFMT_TS_DISCONT of ffmpeg
SEEKS_TO_KEYS = ("mp4", "matroska", "avi", "asf", "flv", "mxf", "ogg")


def frame_times(path: Path, media: Media) -> FrameTimes:
    """When a video's frames show. Reads the file's packets, and decodes none."""
    with packets_of(path) as container:
        stream = container.streams.video[media.stream]
        begin = file_start(container)
        ticks: list[int] = []
        keys: list[int] = []
        for packet in container.demux(stream):
            tick = packet.pts if packet.pts is not None else packet.dts
            if not packet.size or tick is None:
                continue
            if packet.is_keyframe:
                keys.append(tick)
            if not packet.is_discard:
                ticks.append(tick)
        base = stream.time_base
        least = HELD_SECONDS / base
        ticks.sort()
        pauses = [(a, b) for a, b in itertools.pairwise(ticks) if b - a > least]
        if ticks:
            pauses.append((ticks[-1], ticks[-1] + round(86_400 / base)))
        thin: list[int] = []
        for key in sorted(keys) if container.format.name not in RAW_STREAMS else ():
            if not thin or key - thin[-1] >= KEY_SECONDS / base:
                thin.append(key)
        exact = any(name in container.format.name for name in SEEKS_TO_KEYS)
        return FrameTimes(
            tuple(Fraction(key * base) - begin for key in thin),
            tuple((Fraction(a * base) - begin, Fraction(b * base) - begin) for a, b in pauses),
            exact,
            media.start if media.container in ONLY_USED_STREAMS else Fraction(0),
        )


OFF_GRID_FRAMES = (
    0.005  # clocks of containers are rounded; a frame further from the grid is not on it
)
REORDER_FRAMES = (
    2  # a decoder that shows H.264 in the order of time holds back so many frames, at most
)


def cut_points(path: Path, rate: Fraction) -> CutPoints | None:
    """Where H.264 in MP4 can be cut and copied; nothing if a frame is missing, off the grid or not
    as it should be. Reads the file's packets, and decodes none.
    """
    import av

    try:
        with packets_of(path) as container:
            stream = next(s for s in container.streams.video if not is_cover(s))
            if "mp4" not in container.format.name or stream.codec_context.name != "h264":
                return None
            avcc = bytes(stream.codec_context.extradata or b"")
            ticks, keys = _packets(container.demux(stream), set(parameter_sets(avcc).values()))
            begin = Fraction(container.start_time or 0, 1_000_000)
            times = [(tick * stream.time_base - begin) * rate for tick in ticks]
    except (av.FFmpegError, ValueError, StopIteration):
        return None
    frames = [round(time) for time in times]
    first = min(frames, default=0)
    end = max(frames, default=-1) + 1
    whole = sorted(frames) == [*range(first, end)]
    on_grid = all(
        abs(time - frame) <= OFF_GRID_FRAMES for time, frame in zip(times, frames, strict=True)
    )
    early = all(order + first - frame <= REORDER_FRAMES for order, frame in enumerate(frames))
    if not (whole and on_grid and early):
        return None
    closed_frames = tuple(frames[order] for order in keys if order + first == frames[order])
    latest = itertools.accumulate(frames, max)
    ends = tuple(frame + 1 for order, frame in enumerate(latest) if order + first == frame)
    return CutPoints(closed_frames, ends, avcc.hex())


def _packets(packets: Iterable[Any], parameters: set[bytes]) -> tuple[list[int], list[int]]:
    """When each packet shows, in the order of decoding, and which of them begin anew (IDR
    pictures).

    Raises ValueError for packets that are damaged, hidden, or bring other parameters on the way.
    """
    ticks: list[int] = []
    keys: list[int] = []
    for packet in packets:
        if not packet.size:
            continue
        if packet.is_corrupt or packet.is_discard or packet.pts is None:
            raise ValueError("a packet that does not show")
        if packet.is_keyframe:
            units = [unit for unit in nal_units(bytes(packet)) if unit]
            if any(unit[0] & 31 in (SPS, PPS) and unit not in parameters for unit in units):
                raise ValueError("other parameters on the way")
            if any(unit[0] & 31 == IDR for unit in units):
                keys.append(len(ticks))
        ticks.append(packet.pts)
    return ticks, keys


QUALITY = 95


def count_frames(path: Path) -> int:
    """How many frames a video holds, by its packets."""
    with packets_of(path) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def save_last_frame(clip: Path, target: Path) -> None:
    """Write the frame on which a clip ends as a JPEG; raises MediaError if it has none."""
    import av

    last = None
    try:
        with av.open(str(clip)) as container:
            stream = container.streams.video[0]
            if container.duration:  # from the last cut point on; a clip of one piece is read whole
                container.seek(container.duration)
            for frame in container.decode(stream):
                last = frame
    except (av.FFmpegError, IndexError, OSError) as exc:
        raise MediaError(file=str(clip), reason="cannot be read", remedy="render again") from exc
    if last is None:
        raise MediaError(file=str(clip), reason="has no frames", remedy="render again")
    picture: Any = last.to_image()  # type: ignore[no-untyped-call]
    picture.save(target, "JPEG", quality=QUALITY)
