"""A file as ffmpeg can read it: most are taken as they are, a few are written anew first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from zlib import crc32

from lotus.media.facts import FrameTimes, Media
from lotus.media.opening import packets_of
from lotus.media.pictures import write_animation
from lotus.media.probe import breaks, frame_times, probe
from lotus.system.files import write_whole
from lotus.system.stop import Stop

__all__ = ["SourceFile", "conform", "rewrap"]


@dataclass(frozen=True)
class SourceFile:
    """A file that a graph reads: what it holds, and when its frames show if that is known."""

    path: Path
    media: Media
    times: FrameTimes | None = None


def conform(
    path: Path, media: Media, folder: Path, stop: Stop, times: FrameTimes | None = None
) -> SourceFile:
    """The file itself, or what was written of it into `folder`: an animated WebP or AVIF as
    lossless video, a stream whose clock breaks off with one clock.
    """
    if media.kind == "image":
        return SourceFile(path, media)
    if media.reader == "ffmpeg":
        return SourceFile(path, media, frame_times(path, media) if times is None else times)
    output = folder / f"{path.stem[:40]}-{crc32(str(path).encode()):08x}.mkv"
    if media.reader == "pillow":
        write_whole(output, lambda aside: write_animation(path, aside))
    else:
        write_whole(output, lambda aside: rewrap(path, media, aside, stop))
    facts = replace(probe(output), seconds=media.seconds, alpha=media.alpha)
    return SourceFile(output, facts, frame_times(output, facts))


def rewrap(path: Path, media: Media, output: Path, stop: Stop) -> None:
    """Copy the packets of a file whose clock begins anew on the way into one with a single clock.

    The picture's clock goes on by a frame at each break; the sound keeps its place beside it.
    """
    import av

    shifts = _shifts(path, media)
    with packets_of(path) as source, av.open(str(output), "w", format="matroska") as target:
        streams = [source.streams.video[media.stream]]
        if media.sound is not None:
            streams.append(source.streams.audio[media.sound.index])
        copies = {stream.index: target.add_stream_from_template(stream) for stream in streams}
        parts = dict.fromkeys(copies, 0)
        before: dict[int, Fraction] = {}
        for packet in source.demux(*streams):
            if not packet.size or packet.dts is None:
                continue
            stop.check()
            index = packet.stream_index
            now = Fraction(packet.dts * packet.time_base)
            if breaks(now - before.get(index, now)):
                parts[index] += 1
            before[index] = now
            ticks = round(shifts[min(parts[index], len(shifts) - 1)] / packet.time_base)
            packet.dts += ticks
            packet.pts = packet.pts + ticks if packet.pts is not None else packet.dts
            packet.stream = copies[index]
            target.mux(packet)


def _shifts(path: Path, media: Media) -> list[Fraction]:
    """What is added to the times of each part, from one break of the picture's clock to
    the next.
    """
    shifts = [Fraction(0)]
    before: Fraction | None = None
    frame = 1 / (media.rate or Fraction(25))
    with packets_of(path) as source:
        for packet in source.demux(source.streams.video[media.stream]):
            if not packet.size or packet.dts is None:
                continue
            now = Fraction(packet.dts * packet.time_base)
            if before is not None and breaks(now - before):
                shifts.append(shifts[-1] + before + frame - now)
            before = now
    return shifts
