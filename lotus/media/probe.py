"""What a file holds: the one place that probes (with PyAV)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.errors import MediaError
from lotus.media.facts import CONTAINERS, MAX_PIXELS, CutPoints, Media
from lotus.media.h264 import IDR, PPS, SPS, nal_units, parameter_sets

__all__ = ["REORDER_FRAMES", "count_frames", "cut_points", "packets_of", "probe", "save_last_frame"]

OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
_IMAGES = {"png", "mjpeg", "webp", "bmp", "tiff", "gif", "jpegls", "svg", "apng"}


def probe(path: Path) -> Media:
    """What the file holds, from its headers and first frame; raises MediaError in one line."""
    import av

    if not path.is_file():
        raise MediaError(file=str(path), reason="is not there", remedy="check the path")
    if path.stat().st_size == 0:
        raise MediaError(
            file=str(path), reason="is empty (0 bytes)", remedy="export the file again"
        )
    try:
        with av.open(f"file:{path}", options=OPTIONS) as container:
            return _describe(container, path)
    except (av.FFmpegError, ValueError, OverflowError) as exc:
        raise MediaError(
            file=str(path),
            reason="is not a video, picture or sound that can be read, or is damaged",
            remedy="export the file again, as MP4, PNG, JPEG or WAV",
        ) from exc


def _describe(container: Any, path: Path) -> Media:
    video = next((s for s in container.streams.video if not _is_cover(s)), None)
    audio = container.streams.audio[0] if container.streams.audio else None
    if video is None:
        if audio is None:
            raise MediaError(file=str(path), reason="has neither picture nor sound")
        return Media(
            "audio", _seconds(container, audio), has_audio=True, codec=audio.codec_context.name
        )
    context = video.codec_context
    if context.width * context.height > MAX_PIXELS:
        raise MediaError(
            file=str(path),
            reason=f"{context.width}x{context.height} pixels are too many",
            remedy="scale it below 8192x8192",
        )
    frame = next(container.decode(video), None)
    if frame is None:
        raise MediaError(
            file=str(path), reason="has no frame that decodes", remedy="export the file again"
        )
    turned = round(frame.rotation) % 180 == 90
    still = context.name in _IMAGES and (video.frames or 1) <= 1 and "pipe" in container.format.name
    still = still or container.format.name == "image2"
    return Media(
        kind="image" if still else "video",
        seconds=Fraction(0) if still else _seconds(container, video),
        width=context.height if turned else context.width,
        height=context.width if turned else context.height,
        rate=Fraction(video.average_rate or video.guessed_rate or 0),
        has_audio=audio is not None,
        codec=context.name,
        pixel_format=context.pix_fmt or "",
        sample_aspect=Fraction(video.sample_aspect_ratio or 1) or Fraction(1),
        transfer=int(frame.color_trc or 2),
        primaries=int(frame.color_primaries or 2),
        matrix=int(frame.colorspace or 2),
        full_range=int(frame.color_range or 0) == 2 or (context.pix_fmt or "").startswith("yuvj"),
        interlaced=bool(frame.interlaced_frame),
        rotation=round(frame.rotation),
    )


def _is_cover(stream: Any) -> bool:
    return bool(int(stream.disposition) & 0x400)  # AV_DISPOSITION_ATTACHED_PIC


def _seconds(container: Any, stream: Any) -> Fraction:
    if stream.duration:
        return Fraction(stream.duration * stream.time_base)
    return Fraction(container.duration or 0, 1_000_000)


OFF_GRID_FRAMES = (
    0.005  # clocks of containers are rounded; a frame further from the grid is not on it
)
REORDER_FRAMES = (
    2  # a decoder that shows H.264 in the order of time holds back so many frames, at most
)


def packets_of(path: Path) -> Any:
    """The file opened for its packets alone: no picture is decoded, so this is some forty times
    quicker.
    """
    import av

    return av.open(f"file:{path}", options={**OPTIONS, "skip_frame": "all"})


def cut_points(path: Path, rate: Fraction) -> CutPoints | None:
    """Where H.264 in MP4 can be cut and copied; nothing if a frame is missing, off the grid or not
    as it
    should be. Reads the file's packets, and decodes none."""
    import av

    try:
        with packets_of(path) as container:
            stream = next(s for s in container.streams.video if not _is_cover(s))
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
    closed = tuple(frames[order] for order in keys if order + first == frames[order])
    latest = itertools.accumulate(frames, max)
    ends = tuple(frame + 1 for order, frame in enumerate(latest) if order + first == frame)
    return CutPoints(closed, ends, avcc.hex())


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
