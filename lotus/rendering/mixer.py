"""Mixes cues into one stream of samples, block by block, and brings it to its loudness.

Sources are decoded by PyAV to 48 kHz stereo; memory does not grow with the length of the video.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotus.composition.audio import BED, PEAK_DBTP, SAMPLE_RATE, Cue, Mix, audio_options, is_scored
from lotus.media.facts import SoundStream
from lotus.media.ffmpeg import FFmpeg
from lotus.media.sound import SoundDamage, decoded_sound
from lotus.music.arc import Stem
from lotus.system.stop import Stop

__all__ = ["blocks", "write_cue", "write_sound"]

Samples = NDArray[np.float32]
Sound = Generator[Samples, None, None]
OnDamage = Callable[[str, SoundDamage], None]  # a source, and what of it was left out
# where a source's sound is read, and what was seen of it; None: it has not been looked at
SoundFile = tuple[Path, SoundStream | None]
FileOf = Callable[[str], SoundFile]
BLOCK = SAMPLE_RATE  # one second
DUCK_GAIN = 10 ** (-10 / 20)  # music steps back by 10 dB while a voice speaks
# of a scored bed the tune, which lies where speech does, steps back further than drums and bass
STEM_POWERS: dict[Stem, float] = {"rhythm": 0.7, "tune": 1.5}
VOICE_RMS = 10 ** (-45 / 20)  # louder than this counts as speaking
RAW = ["-f", "f32le", "-ar", str(SAMPLE_RATE), "-ac", "2"]
MEASURABLE_PEAK = 4.0
SILENCE_LUFS = -60.0  # quieter than this is not brought up: it would only be noise


def _ignore(source: str, damage: SoundDamage) -> None:
    """What is damaged is nobody's concern."""


def write_sound(
    mix: Mix,
    file_of: FileOf,
    output: Path,
    ffmpeg: FFmpeg,
    stop: Stop | None = None,
    on_damage: OnDamage = _ignore,
) -> None:
    """Mix, measure (ITU-R BS.1770, ffmpeg's ebur128), bring to the loudness, limit the peaks,
    encode.
    """
    raw = output.with_suffix(".f32")
    try:
        peak = 0.0
        with raw.open("wb") as file:
            for block in blocks(mix, file_of, on_damage):
                if stop is not None:
                    stop.check()
                peak = max(peak, float(np.abs(block).max(initial=0)))
                file.write(block.tobytes())
        source = [*RAW, "-i", f"file:{raw}"]
        filters = _level(source, mix.loudness_lufs, ffmpeg, stop, peak)
        args = [*source, "-af", filters]
        for name, value in audio_options(mix.codec).items():
            args += [f"-{name}", value]
        ffmpeg.run([*args, f"file:{output}"], what="sound", stop=stop)
    finally:
        raw.unlink(missing_ok=True)


def write_cue(
    cue: Cue, file_of: FileOf, output: Path, ffmpeg: FFmpeg, stop: Stop | None = None
) -> None:
    """Write one cue as PCM of 24 bits, from its beginning, at the level that it has by itself."""
    alone = Mix(cue.samples, 0.0, (replace(cue, at=0),))
    raw = output.with_suffix(".f32")
    try:
        with raw.open("wb") as file:
            for block in blocks(alone, file_of):
                if stop is not None:
                    stop.check()
                file.write(block.tobytes())
        args = [*RAW, "-i", f"file:{raw}", "-c:a", "pcm_s24le", "-fflags", "+bitexact"]
        ffmpeg.run([*args, f"file:{output}"], what="sound", stop=stop)
    finally:
        raw.unlink(missing_ok=True)


def _level(
    source: list[str], loudness_lufs: float, ffmpeg: FFmpeg, stop: Stop | None, loudest: float
) -> str:
    """The filters that bring the source to its loudness; a limiter only where peaks would be too
    high.
    """
    # what is far over full scale cannot be measured (ebur128 counts up to +10 LUFS)
    before = f"volume={1 / loudest:.9f}," if loudest > MEASURABLE_PEAK else ""
    loudness, peak = _measure(source, before + "anull", ffmpeg, stop)
    if loudness < SILENCE_LUFS:
        return "anull"
    gain = loudness_lufs - loudness
    if peak + gain <= PEAK_DBTP:
        return f"{before}volume={gain:.3f}dB"
    # limiting takes a little loudness away
    peak_safe, _ = _measure(source, before + _limiter(gain), ffmpeg, stop)
    return before + _limiter(gain + loudness_lufs - peak_safe)


def _limiter(gain_db: float) -> str:
    """Gain, then a limiter that works at four times the rate so that it sees peaks
    between samples.
    """
    limit = 10 ** (PEAK_DBTP / 20)
    return (
        f"volume={gain_db:.3f}dB,aresample={4 * SAMPLE_RATE},"
        f"alimiter=limit={limit:.5f}:attack=3:release=60:level=0:latency=1,aresample={SAMPLE_RATE}"
    )


def _measure(
    source: list[str], filters: str, ffmpeg: FFmpeg, stop: Stop | None
) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak in dBTP of what the filters make of the source."""
    filters += ",ebur128=framelog=quiet:peak=true"
    log = ffmpeg.run([*source, "-af", filters, "-f", "null", "-"], what="loudness", stop=stop)
    loudness, peak = (
        re.findall(rf"{name}:\s+(-?[\d.]+|-inf|nan) {unit}", log) or ["nan"]
        for name, unit in (("I", "LUFS"), ("Peak", "dBFS"))
    )
    values = [float(readings[-1]) for readings in (loudness, peak)]
    return (values[0], values[1]) if all(map(math.isfinite, values)) else (-math.inf, -math.inf)


def blocks(mix: Mix, file_of: FileOf, on_damage: OnDamage = _ignore) -> Iterator[Samples]:
    """The mix in blocks of at most a second, float32 of shape (n, 2), in all exactly `mix.samples`
    long.
    """
    voices = [_Player(cue, file_of, on_damage) for cue in mix.cues if cue.role == "voice"]
    others = [_Player(cue, file_of, on_damage) for cue in mix.cues if cue.role != "voice"]
    stems = [
        (_Player(cue, file_of, on_damage, stem), power)
        for cue in mix.cues
        if cue.role != "voice" and cue.duck and is_scored(cue)
        for stem, power in STEM_POWERS.items()
    ]
    others = [p for p in others if not (p.cue.duck and is_scored(p.cue))]
    level = 1.0
    for start in range(0, mix.samples, BLOCK):
        count = min(BLOCK, mix.samples - start)
        speech = _sum(voices, start, count)
        gain, level = _duck(speech, level)
        plain = _sum([p for p in others if not p.cue.duck], start, count)
        music = _sum([p for p in others if p.cue.duck], start, count)
        total = plain + speech + music * gain
        for player, power in stems:
            total += _sum([player], start, count) * gain**power
        yield np.nan_to_num(total)


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

    def __init__(
        self, cue: Cue, file_of: FileOf, on_damage: OnDamage, stem: Stem | None = None
    ) -> None:
        self.cue = cue
        self._stem = stem
        self._file_of = file_of
        self._on_damage = on_damage
        self._source: Sound | None = None
        self._rest: Samples = np.zeros((0, 2), np.float32)
        self._taken = 0
        self._length = cue.samples  # or how many there are, once the end of the source is in sight
        # a fade-out ends with the sound, which may end before the video: so far is looked ahead
        self._ahead = cue.fade_out if cue.role != "clip" and not cue.loop else 0

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
        remaining = self._length - n
        down = remaining / self.cue.fade_out if self.cue.fade_out else np.ones_like(n)
        level = np.clip(np.minimum(up, down), 0, 1)
        return (np.sin(level * (np.pi / 2)) * self.cue.volume).astype(np.float32)

    def _take(self, count: int) -> Samples:
        if self._source is None:
            self._source = _open(self.cue, self._file_of, self._on_damage, self._stem)
        parts = [self._rest]
        have = len(self._rest)
        while have < count + self._ahead:
            block = next(self._source, None)
            if block is None:
                if self._ahead:
                    self._length = min(self._length, self._taken + have)
                break
            parts.append(block)
            have += len(block)
        block_of_all = np.concatenate(parts)
        self._rest = block_of_all[count:]
        self._taken += min(count, len(block_of_all))
        return block_of_all[:count]


def _open(cue: Cue, file_of: FileOf, on_damage: OnDamage, stem: Stem | None) -> Sound:
    if cue.source.startswith(BED):
        from lotus.music import bed, scored_bed

        name = cue.source.removeprefix(BED)
        if is_scored(cue):
            yield from scored_bed(name, cue.samples, cue.seed, cue.arc, stem)
        else:
            yield from bed(name, cue.samples, cue.seed)
        return
    damage = partial(on_damage, cue.source)
    path, stream = file_of(cue.source)
    if cue.loop:
        yield from _loop(path, stream, damage, float(cue.start))
    else:
        yield from decoded_sound(path, float(cue.start), float(cue.speed), damage, stream=stream)


def _loop(
    path: Path,
    stream: SoundStream | None,
    on_damage: Callable[[SoundDamage], None],
    start_seconds: float,
) -> Iterator[Samples]:
    while True:
        empty = True
        for block in decoded_sound(path, start_seconds, on_damage=on_damage, stream=stream):
            empty = False
            yield block
        if empty:
            return
