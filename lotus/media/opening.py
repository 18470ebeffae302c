"""Files opened by PyAV, and what every reader asks of a container: its clock, its streams' ends."""

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.media.facts import CONTAINERS

__all__ = [
    "OPTIONS",
    "RAW_STREAMS",
    "file_start",
    "is_cover",
    "open_media",
    "packets_of",
    "stream_end",
]

OPTIONS = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}


def open_media(path: Path, **options: str) -> Any:
    """The file opened by PyAV: a file alone, of a container that counts as media.

    Names and comments that are in no known encoding are no reason to refuse a file.
    """
    import av

    return av.open(f"file:{path}", options={**OPTIONS, **options}, metadata_errors="ignore")


def packets_of(path: Path) -> Any:
    """The file opened for its packets alone: no picture is decoded, so this is some forty times
    quicker.
    """
    return open_media(path, skip_frame="all")


def is_cover(stream: Any) -> bool:
    """Whether a stream of pictures is the cover of a piece of music."""
    return bool(int(stream.disposition) & 0x400)  # AV_DISPOSITION_ATTACHED_PIC


def file_start(container: Any) -> Fraction:
    """Where the file's clock begins: the earliest of its streams."""
    return Fraction(container.start_time or 0, 1_000_000)


# streams without a container: ffmpeg guesses their length by bit rate, and seeks to no known time
RAW_STREAMS = ("mpegvideo", "h264", "hevc", "m4v", "obu")


def stream_end(path: Path, container: Any, stream: Any) -> Fraction:
    """Where a stream ends on the file's clock: as its header says, or else by its packets."""
    begin = file_start(container)
    if stream.duration and container.format.name not in RAW_STREAMS:
        start = stream.start_time if stream.start_time is not None else 0
        return Fraction((start + stream.duration) * stream.time_base) - begin
    tag = re.fullmatch(r"(\d+):(\d\d):(\d\d(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    if tag is not None:
        hours, minutes, seconds = map(Fraction, tag.groups())
        return hours * 3600 + minutes * 60 + seconds - begin
    last = Fraction(0)
    timed = False
    with packets_of(path) as packets:
        for packet in packets.demux(packets.streams[stream.index]):
            if not packet.size:
                continue
            ticks = packet.pts if packet.pts is not None else packet.dts
            duration = Fraction((packet.duration or 0) * packet.time_base)
            if ticks is not None:
                timed = True
                last = max(last, Fraction(ticks * packet.time_base) + duration)
            else:  # of a stream without a container all, or all but a few
                last += duration
    if last:
        return last - begin if timed else last
    return Fraction(container.duration or 0, 1_000_000)
