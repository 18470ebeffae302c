"""Mixes cues into one stream of samples, block by block, and brings it to its loudness.

Sources are decoded by PyAV to 48 kHz stereo; memory does not grow with the length of the video.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotus.composition.audio import BED, PEAK_DBTP, SAMPLE_RATE, Cue, Mix, audio_options
from lotus.errors import MediaError
from lotus.media.facts import CONTAINERS
from lotus.media.ffmpeg import FFmpeg
from lotus.system.stop import Stop

__all__ = ["blocks", "write_sound"]

Samples = NDArray[np.float32]
Sound = Generator[Samples, None, None]
BLOCK = SAMPLE_RATE  # one second
DUCK_GAIN = 10 ** (-10 / 20)  # music steps back by 10 dB while a voice speaks
VOICE_RMS = 10 ** (-45 / 20)  # louder than this counts as speaking
RAW = ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "2"]
SILENCE_LUFS = -60.0  # quieter than this is not brought up: it would only be noise


def write_sound(
    mix: Mix, path_of: Callable[[str], Path], output: Path, ffmpeg: FFmpeg, stop: Stop | None = None
) -> None:
    """Mix, measure (ITU-R BS.1770, ffmpeg's ebur128), bring to the loudness, limit the peaks,
    encode.
    """
    raw = output.with_suffix(".f32")
    try:
        with raw.open("wb") as file:
            for block in blocks(mix, path_of):
                if stop is not None:
                    stop.check()
                file.write(block.tobytes())
        source = [*RAW, "-i", f"file:{raw}"]
        args = [*source, "-af", _level(source, mix.loudness_lufs, ffmpeg, stop)]
        for name, value in audio_options(mix.codec).items():
            args += [f"-{name}", value]
        ffmpeg.run([*args, f"file:{output}"], what="sound", stop=stop)
    finally:
        raw.unlink(missing_ok=True)


def _level(source: list[str], loudness_lufs: float, ffmpeg: FFmpeg, stop: Stop | None) -> str:
    """The filters that bring the source to its loudness; a limiter only where peaks would be too
    high.
    """
    loudness, peak = _measured(source, "anull", ffmpeg, stop)
    if loudness < SILENCE_LUFS:
        return "anull"
    gain = loudness_lufs - loudness
    if peak + gain <= PEAK_DBTP:
        return f"volume={gain:.3f}dB"
    limited, _ = _measured(
        source, _limited(gain), ffmpeg, stop
    )  # limiting takes a little loudness away
    return _limited(gain + loudness_lufs - limited)


def _limited(gain_db: float) -> str:
    """Gain, then a limiter that works at four times the rate so that it sees peaks between
    samples.
    """
    limit = 10 ** (PEAK_DBTP / 20)
    return (
        f"volume={gain_db:.3f}dB,aresample={4 * SAMPLE_RATE},"
        f"alimiter=limit={limit:.5f}:attack=3:release=60:level=0:latency=1,aresample={SAMPLE_RATE}"
    )


def _measured(
    source: list[str], filters: str, ffmpeg: FFmpeg, stop: Stop | None
) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP of what the filters make of the source."""
    filters += ",ebur128=framelog=quiet:peak=true"
    said = ffmpeg.run([*source, "-af", filters, "-f", "null", "-"], what="loudness", stop=stop)
    loudness, peak = (
        re.findall(rf"{name}:\s+(-?[\d.]+|-inf|nan) {unit}", said) or ["nan"]
        for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    )
    values = [float(found[-1]) for found in (loudness, peak)]
    return (values[0], values[1]) if all(map(math.isfinite, values)) else (-math.inf, -math.inf)


def blocks(mix: Mix, path_of: Callable[[str], Path]) -> Iterator[Samples]:
    """The mix in blocks of at most a second, float32 of shape (n, 2), in all exactly `mix.samples`
    long.
    """
    voices = [_Player(cue, path_of) for cue in mix.cues if cue.role == "voice"]
    others = [_Player(cue, path_of) for cue in mix.cues if cue.role != "voice"]
    ducked = 1.0
    for start in range(0, mix.samples, BLOCK):
        count = min(BLOCK, mix.samples - start)
        speech = _sum(voices, start, count)
        gain, ducked = _duck(speech, ducked)
        plain = _sum([p for p in others if not p.cue.duck], start, count)
        music = _sum([p for p in others if p.cue.duck], start, count)
        yield plain + speech + music * gain


def _sum(players: list[_Player], start: int, count: int) -> Samples:
    total = np.zeros((count, 2), np.float32)
    for player in players:
        player.add(total, start)
    return total


def _duck(speech: Samples, level: float) -> tuple[Samples, float]:
    """Gain for the music per sample: down within 0.1 s of speech, up again over about a second."""
    hop = SAMPLE_RATE // 50
    points = [level]
    for i in range(0, len(speech), hop):
        speaking = float(np.sqrt(np.mean(speech[i : i + hop] ** 2))) > VOICE_RMS
        target, pace = (DUCK_GAIN, 0.35) if speaking else (1.0, 0.03)
        level += (target - level) * pace
        points.append(level)
    at = np.minimum(np.arange(len(points)) * hop, len(speech))
    gain = np.interp(np.arange(len(speech)), at, points).astype(np.float32)
    return gain[:, None], level


class _Player:
    """One cue's samples, read forward only."""

    def __init__(self, cue: Cue, path_of: Callable[[str], Path]) -> None:
        self.cue = cue
        self._path_of = path_of
        self._source: Sound | None = None
        self._rest: Samples = np.zeros((0, 2), np.float32)

    def add(self, mix: Samples, start: int) -> None:
        """Add what sounds in the block that begins at sample `start` of the mix."""
        over = self.cue.at + self.cue.samples
        first = max(self.cue.at, start)
        end = min(over, start + len(mix))
        if end <= first:
            return
        samples = self._take(end - first)
        offset = first - self.cue.at
        gain = self._envelope(offset, len(samples))
        mix[first - start : first - start + len(samples)] += samples * gain[:, None]
        if end == over:
            self._close()

    def _close(self) -> None:
        """Let go of the file: of six hundred clips only those that sound are open."""
        if self._source is not None:
            self._source.close()
        self._rest = self._rest[:0].copy()

    def _envelope(self, offset: int, count: int) -> Samples:
        """Volume with its fades; equal power, so that cross-fades keep their loudness."""
        n = np.arange(offset, offset + count, dtype=np.float32)
        up = n / self.cue.fade_in if self.cue.fade_in else np.ones_like(n)
        left = self.cue.samples - n
        down = left / self.cue.fade_out if self.cue.fade_out else np.ones_like(n)
        level = np.clip(np.minimum(up, down), 0, 1)
        return (np.sin(level * (np.pi / 2)) * self.cue.volume).astype(np.float32)

    def _take(self, count: int) -> Samples:
        if self._source is None:
            self._source = _open(self.cue, self._path_of)
        parts = [self._rest]
        have = len(self._rest)
        while have < count:
            block = next(self._source, None)
            if block is None:
                break
            parts.append(block)
            have += len(block)
        joined = np.concatenate(parts)
        self._rest = joined[count:]
        return joined[:count]


def _open(cue: Cue, path_of: Callable[[str], Path]) -> Sound:
    if cue.source.startswith(BED):
        from lotus.music import bed

        yield from bed(cue.source.removeprefix(BED), cue.samples, cue.seed)
    elif cue.loop:
        yield from _looped(path_of(cue.source))
    else:
        yield from _decode(path_of(cue.source), float(cue.start), float(cue.speed))


def _looped(path: Path) -> Iterator[Samples]:
    while True:
        empty = True
        for block in _decode(path, 0.0, 1.0):
            empty = False
            yield block
        if empty:
            return


def _decode(path: Path, start_seconds: float, speed: float) -> Iterator[Samples]:
    """A file's sound from a time on; nothing if it has none. Raises MediaError if it cannot be
    read.
    """
    import av

    options = {"protocol_whitelist": "file", "format_whitelist": CONTAINERS}
    try:
        with closing(av.open(f"file:{path}", options=options)) as container:
            if not container.streams.audio:
                return
            stream: Any = container.streams.audio[0]
            graph = _graph(stream, speed)
            if start_seconds > 1:
                container.seek(int((start_seconds - 1) / stream.time_base), stream=stream)
            yield from _converted(container, stream, graph, start_seconds, speed)
    except FileNotFoundError as exc:  # PyAV's own, which is also Python's
        raise MediaError(
            file=str(path), reason="the file is missing", remedy="put the file back"
        ) from exc
    except av.FFmpegError as exc:
        raise MediaError(
            file=str(path), reason="its sound cannot be decoded", remedy="export the file again"
        ) from exc


def _graph(stream: Any, speed: float) -> Any:
    from av.filter import Graph

    graph = Graph()
    chain = [graph.add_abuffer(template=stream)]
    if speed != 1:
        chain.append(graph.add("atempo", f"{speed:.6f}"))
    chain.append(
        graph.add("aformat", f"sample_fmts=flt:sample_rates={SAMPLE_RATE}:channel_layouts=stereo")
    )
    chain.append(graph.add("abuffersink"))
    graph.link_nodes(*chain)
    graph.configure()
    return graph


def _converted(
    container: Any, stream: Any, graph: Any, start_seconds: float, speed: float
) -> Iterator[Samples]:
    skip: int | None = None
    for frame in container.decode(stream):
        if skip is None:
            begin = float(
                (frame.pts or 0) * stream.time_base - (stream.start_time or 0) * stream.time_base
            )
            skip = round((start_seconds - begin) / speed * SAMPLE_RATE)
            if skip < 0:
                yield np.zeros((-skip, 2), np.float32)
                skip = 0
        graph.push(frame)
        for block in _pulled(graph):
            dropped = min(skip, len(block))
            skip -= dropped
            yield block[dropped:]
    graph.push(None)
    yield from _pulled(graph)


def _pulled(graph: Any) -> Iterator[Samples]:
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.BlockingIOError, av.EOFError):
            return
        yield frame.to_ndarray().reshape(-1, 2)
