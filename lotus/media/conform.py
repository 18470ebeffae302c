"""A file as ffmpeg can read it: most are taken as they are, a few are written anew first."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from lotus.media.facts import FrameTimes, Media
from lotus.media.ffmpeg import FFmpeg
from lotus.media.pictures import write_animation
from lotus.media.probe import frame_times, probe
from lotus.system.files import write_whole
from lotus.system.stop import Stop

__all__ = ["SourceFile", "conformed", "rewrapped"]


@dataclass(frozen=True)
class SourceFile:
    """A file that a graph reads: what it holds, and when its frames show if that is known."""

    path: Path
    media: Media
    times: FrameTimes | None = None


def conformed(
    path: Path,
    media: Media,
    folder: Path,
    ffmpeg: FFmpeg,
    stop: Stop,
    times: FrameTimes | None = None,
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
        write_whole(output, lambda aside: rewrapped(path, media, aside, ffmpeg, stop))
    written = replace(probe(output), seconds=media.seconds, alpha=media.alpha)
    return SourceFile(output, written, frame_times(output, written))


def rewrapped(path: Path, media: Media, output: Path, ffmpeg: FFmpeg, stop: Stop) -> None:
    """Write the streams of a file with one clock; ffmpeg bridges where the file's own breaks."""
    args = ["-i", f"file:{path}", "-map", f"0:v:{media.stream}"]
    if media.sound is not None:
        args += ["-map", f"0:a:{media.sound.index}"]
    args += ["-c", "copy", "-fflags", "+bitexact", "-f", "matroska", f"file:{output}"]
    ffmpeg.run(args, what=f"one clock for {path.name}", stop=stop)
