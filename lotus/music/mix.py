"""Notes -> sound: bar after bar through two buses, a reverb and a soft limiter, in
bounded memory.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from zlib import crc32

import numpy as np

from lotus.music.arc import Arc, Stem
from lotus.music.arrangement import Score, arrange, score_notes
from lotus.music.instruments import INSTRUMENTS
from lotus.music.recipes import SAMPLE_RATE
from lotus.music.score import STEPS, Note, Phrase, bar_notes, compose
from lotus.music.voices import VOICES, Sound, Voice

__all__ = ["bars", "beat_times", "bed", "scored_bed"]

FRONT = frozenset(  # near: little reverb, and never ducked
    {"kick", "bass", "snap", "hat", "shaker"}
    | {"sawbass", "sub", "snare", "rim", "tick", "tambourine", "open_hat", "ride"}
)
FRONT_SEND = 0.15
KNEE = 0.55
CEILING = 0.84
LONGEST_TAIL_SECONDS = 5.0
DYNAMICS_DB = 5.5  # between the emptiest bar and a climax, beside what the number of parts does
FADE_SHARE = 0.45  # of the last chord: so much of its end fades


def bed(name: str, samples: int, seed: int) -> Iterator[Sound]:
    """Blocks of float32 stereo `(n, 2)` at 48 kHz, `samples` frames in all, within +-0.9. Raises
    UnknownName.

    A shorter bed is a prefix of a longer one; the same arguments give the same bytes.
    """
    return _cut_to(bars(compose(name, seed)), samples)


def beat_times(name: str, seed: int, until_samples: int) -> tuple[int, ...]:
    """The sample positions of the beats before `until_samples`. Raises UnknownName."""
    return tuple(range(0, until_samples, 4 * compose(name, seed).step_samples))


def bars(piece: Phrase) -> Iterator[Sound]:
    """The piece without end, a bar a block, `(n, 2)`."""
    size = piece.bar_samples
    sampler = _Sampler(piece, VOICES)
    reverb = _Reverb(piece)
    buses = np.zeros((4, size + round(LONGEST_TAIL_SECONDS * SAMPLE_RATE)), np.float32)
    bar = 0
    while True:
        notes = bar_notes(piece, bar)
        for note in notes:
            _add(buses[:2] if note.voice in FRONT else buses[2:], note, sampler.sound(note))
        front = buses[:2, :size]
        back = buses[2:, :size] * _ducking(piece, notes)
        yield _limit(
            piece.bed.gain * (front + back + reverb.wet(FRONT_SEND * front.sum(0) + back.sum(0)))
        )
        buses[:, :-size] = buses[:, size:].copy()
        buses[:, -size:] = 0
        bar += 1


def scored_bed(
    name: str, samples: int, seed: int, arc: Arc = (), stem: Stem | None = None
) -> Iterator[Sound]:
    """A piece with an ending: blocks of float32 stereo `(n, 2)` at 48 kHz, `samples` frames in all.

    Its last chord rings until the last frame. `arc` says where its parts begin; the two stems add
    up to the whole. The same arguments give the same bytes. Raises UnknownName.
    """
    score = arrange(name, seed, samples, arc)
    return _cut_to(_score_bars(score, stem), samples)


def _score_bars(score: Score, stem: Stem | None) -> Iterator[Sound]:
    piece = score.phrase
    size = piece.bar_samples
    sampler = _Sampler(piece, INSTRUMENTS)
    reverb = _Reverb(piece)
    tail = score.samples - score.final_sample + size
    buses = np.zeros((4, size + max(tail, round(LONGEST_TAIL_SECONDS * SAMPLE_RATE))), np.float32)
    for bar in itertools.count():
        notes = score_notes(score, bar)
        for note in notes if stem is None else score_notes(score, bar, stem):
            _add(buses[:2] if note.voice in FRONT else buses[2:], note, sampler.sound(note))
        front = buses[:2, :size]
        back = buses[2:, :size] * _ducking(piece, notes)
        wet = reverb.wet(FRONT_SEND * front.sum(0) + back.sum(0))
        yield np.ascontiguousarray(
            (piece.bed.gain * _level(score, bar) * (front + back + wet)).T, np.float32
        )
        buses[:, :-size] = buses[:, size:].copy()
        buses[:, -size:] = 0


def _level(score: Score, bar: int) -> Sound:
    """How loud each sample of a bar is: along the arc, and down to nothing at the very end."""
    size = score.phrase.bar_samples
    steps = range(bar * STEPS, (bar + 1) * STEPS + 1)
    energies = [score.energy(step) for step in steps]
    at = np.arange(STEPS + 1) * score.phrase.step_samples
    decibels = -DYNAMICS_DB * (1 - np.interp(np.arange(size), at, energies))
    ring = score.samples - score.final_sample
    remaining = (score.samples - bar * size - np.arange(size)) / max(1.0, FADE_SHARE * ring)
    fade = np.sin(np.pi / 2 * np.clip(remaining, 0, 1)) ** 2
    level: Sound = (10 ** (decibels / 20) * fade).astype(np.float32)
    return level


class _Sampler:
    """Each sound is synthesised once a piece and then played back."""

    def __init__(self, piece: Phrase, voices: Mapping[str, Voice]) -> None:
        self._voices = voices
        self._seed = (crc32(piece.name.encode()), crc32(str(piece.seed).encode()))
        self._sounds: dict[tuple[str, int, int], Sound] = {}

    def sound(self, note: Note) -> Sound:
        """The note's sound at full level."""
        key = (note.voice, note.midi, note.length)
        if key not in self._sounds:
            rng = np.random.default_rng((*self._seed, crc32(note.voice.encode()), note.midi))
            self._sounds[key] = self._voices[note.voice](note.midi, note.length, rng)
        return self._sounds[key]


class _Reverb:
    """Convolution with a synthetic room, bar by bar; what rings past the bar is carried over."""

    def __init__(self, piece: Phrase) -> None:
        room = _room(piece)
        self._size = piece.bar_samples
        self._fft_size = _fast_size(self._size + room.shape[1])
        self._response = np.fft.rfft(room, self._fft_size)
        self._carry = np.zeros((2, self._fft_size - self._size), np.float32)

    def wet(self, mono: Sound) -> Sound:
        """The room's answer to one bar, stereo `(2, n)`."""
        answer = np.fft.irfft(np.fft.rfft(mono, self._fft_size) * self._response, self._fft_size)
        answer[:, : self._carry.shape[1]] += self._carry
        carry = np.zeros_like(self._carry)
        rest = answer[:, self._size :]
        carry[:, : rest.shape[1]] = rest
        self._carry = carry
        return answer[:, : self._size].astype(np.float32, copy=False)


def _room(piece: Phrase) -> Sound:
    """An impulse response: noise that fades, the highs first, without lows; its energy is
    `reverb`^2.
    """
    length = round(piece.bed.reverb_seconds * SAMPLE_RATE)
    noise = np.random.default_rng(crc32(piece.name.encode())).standard_normal(
        (2, length), dtype=np.float32
    )
    hz = np.fft.rfftfreq(length, 1 / SAMPLE_RATE)
    seconds = np.arange(length, dtype=np.float32) / SAMPLE_RATE
    response = np.zeros((2, length), np.float32)
    for low, high, share in ((250, 1200, 1.0), (1200, 3500, 0.7), (3500, 7000, 0.4)):
        band = 1 / np.sqrt((1 + (low / np.maximum(hz, 1)) ** 6) * (1 + (hz / high) ** 6))
        fade = np.exp(-6.9 * seconds / (piece.bed.reverb_seconds * share))
        response += (
            share * np.fft.irfft(np.fft.rfft(noise) * band, length).astype(np.float32) * fade
        )
    rise = np.minimum(1, seconds / 0.03)
    response *= rise * np.minimum(1, (seconds[-1] - seconds) / 0.1)
    response *= piece.bed.reverb / np.sqrt(np.mean(np.sum(response**2, axis=1)))
    return response


def _fast_size(least: int) -> int:
    """The smallest of 2^a, 3*2^a, 5*2^a, 9*2^a that is at least `least`: quick to transform."""
    return min(f << max(0, (-(-least // f) - 1).bit_length()) for f in (1, 3, 5, 9))


def _add(bus: Sound, note: Note, sound: Sound) -> None:
    """Mix a note into a stereo bus, panned at constant power."""
    angle = (note.pan + 1) * np.pi / 4
    for side, level in ((0, np.cos(angle)), (1, np.sin(angle))):
        channel = sound if sound.ndim == 1 else sound[side]
        bus[side, note.start : note.start + len(channel)] += (
            np.float32(note.gain * level * 2**0.5) * channel
        )


def _ducking(piece: Phrase, notes: Iterable[Note]) -> Sound:
    """The back bus steps aside at each beat while the kick plays: 1 at the beat, a dip, 1 again."""
    depth = piece.bed.duck if any(note.voice == "kick" for note in notes) else 0.0
    beat = np.arange(4 * piece.step_samples, dtype=np.float32) / (4 * piece.step_samples)
    dip = np.minimum(1, beat / 0.05) * np.cos(np.pi / 2 * beat) ** 2
    return np.tile(1 - np.float32(depth) * dip, STEPS // 4).astype(np.float32)


def _limit(stereo: Sound) -> Sound:
    """`(2, n)` -> `(n, 2)`; peaks above the knee are bent, not cut, and never reach `CEILING`."""
    size = np.abs(stereo)
    if size.max() > KNEE:
        room = CEILING - KNEE
        bent = KNEE + room * np.tanh((size - KNEE) / room)
        stereo = np.where(size > KNEE, np.copysign(bent, stereo), stereo)
    return np.ascontiguousarray(stereo.T, dtype=np.float32)


def _cut_to(blocks: Iterable[Sound], samples: int) -> Iterator[Sound]:
    """Exactly `samples` frames of an endless sequence of blocks."""
    remaining = samples
    if remaining <= 0:
        return
    for block in blocks:
        yield block[:remaining]
        remaining -= len(block)
        if remaining <= 0:
            return
