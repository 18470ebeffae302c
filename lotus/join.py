"""Segments -> one video: packets are copied and counted, not decoded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.errors import RenderFailed

__all__ = ["count_frames", "join"]


def count_frames(path: Path) -> int:
    """How many frames a video holds, by its packets."""
    import av

    with av.open(str(path)) as container:
        return sum(1 for packet in container.demux(video=0) if packet.size)


def join(pieces: Sequence[tuple[Path, int]], rate: Fraction, sound: Path | None, output: Path) -> None:
    """Write the pieces (file, frames) one after another, with the sound, as MP4 with its index in front.

    Raises RenderFailed if a piece does not hold the frames that it should.
    """
    import av

    # Without `bitexact` the muxer writes its name and the time, and equal videos would differ.
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with (
        av.open(str(output), "w", format="mp4", options=options) as target,
        av.open(str(pieces[0][0])) as first,
    ):
        video = target.add_stream_from_template(first.streams.video[0])
        video.time_base = 1 / rate
        streams: list[Iterator[Any]] = [_pictures(pieces, rate, video)]
        if sound is not None:
            container = av.open(str(sound))
            audio = target.add_stream_from_template(container.streams.audio[0])
            streams.append(_sounds(container, audio))
        for packet in _interleaved(streams):
            target.mux(packet)


def _pictures(pieces: Iterable[tuple[Path, int]], rate: Fraction, stream: Any) -> Iterator[Any]:
    """Every packet with its frame number as its time. Packets come in the order of decoding."""
    import av

    base = 0
    for path, frames in pieces:
        with av.open(str(path)) as container:
            source = container.streams.video[0]
            packets: list[Any] = [packet for packet in container.demux(source) if packet.size]
            numbers = [round(packet.pts * Fraction(source.time_base or 0) * rate) for packet in packets]
            if sorted(numbers) != list(range(frames)):
                raise RenderFailed(
                    what=f"segment {path.stem[:12]}",
                    reason=f"holds {len(numbers)} frames instead of {frames}",
                    remedy="clear it with `lotus cache clear --segments` and render again",
                )
            for order, (packet, number) in enumerate(zip(packets, numbers, strict=True)):
                packet.stream = stream
                packet.time_base = 1 / rate
                packet.pts = base + number
                packet.dts = base + order - REORDER
                packet.duration = 1
                yield packet
        base += frames


REORDER = 2  # H.264 with a pyramid of B-frames decodes at most two frames ahead of what it shows


def _sounds(container: Any, stream: Any) -> Iterator[Any]:
    with container:
        for packet in container.demux(container.streams.audio[0]):
            if packet.size:
                packet.stream = stream
                yield packet


def _interleaved(streams: list[Iterator[Any]]) -> Iterator[Any]:
    """Packets of all streams in the order of their times."""
    import heapq

    def timed(packets: Iterator[Any], index: int) -> Iterator[tuple[Fraction, int, Any]]:
        for packet in packets:
            yield Fraction(packet.dts * packet.time_base), index, packet

    merged = heapq.merge(*(timed(s, i) for i, s in enumerate(streams)), key=lambda item: item[:2])
    return (packet for _, _, packet in merged)
