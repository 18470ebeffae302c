"""Synthetic tracks whose beats are known: drums, chords, silence, changes of tempo and loudness."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["RATE", "change", "ramp", "save", "steady", "track"]

RATE = 22_050
CHORDS = ((220, 277, 330), (196, 247, 294), (174, 220, 262), (196, 233, 294))
Sound = npt.NDArray[Any]


def steady(bpm: float, seconds: float, start: float = 0.0) -> Sound:
    """Beat times at one tempo."""
    return np.arange(start, seconds - 0.05, 60 / bpm)


def ramp(first_bpm: float, last_bpm: float, seconds: float) -> Sound:
    """Beat times that grow quicker or slower all the time."""
    beats = [0.0]
    while beats[-1] < seconds - 1:
        share = beats[-1] / seconds
        beats.append(beats[-1] + 60 / (first_bpm + (last_bpm - first_bpm) * share))
    return np.array(beats)


def change(first_bpm: float, then_bpm: float, at: float, seconds: float) -> Sound:
    """Beat times at one tempo, and from a moment on at another."""
    first = steady(first_bpm, at)
    return np.concatenate([first, steady(then_bpm, seconds, first[-1] + 60 / first_bpm)])


def track(
    beats: Sequence[float] | Sound,
    seconds: float,
    *,
    meter: int = 4,
    drums: str = "rock",
    swing: float = 0.0,
    quiet_until: float = 0.0,
) -> Sound:
    """A track of drums and chords at RATE, mono; `four` has hats between the beats that are louder
    above the low band than the kicks.
    """
    rng = np.random.default_rng(round(1000 * float(beats[1])))
    sound = np.zeros(round(seconds * RATE))
    for i, beat in enumerate(beats):
        gain = 0.25 if beat < quiet_until else 1.0
        length = float(beats[i + 1] - beat) if i + 1 < len(beats) else 0.5
        place = i % meter
        between = beat + length * (0.5 + swing)
        if drums == "four" or gain == 1.0 or place == 0:
            _put(sound, beat, _kick(), gain * (1.0 if place == 0 else 0.7))
        _put(sound, between, _hat(rng), gain * (2.0 if drums == "four" else 1.3))
        if drums == "rock":
            _put(sound, beat, _hat(rng), gain)
            if place == 1 or (place > 1 and (meter == 3 or place == 3)):
                _put(sound, beat, _snare(rng), gain * 0.8)
        if place == 0:
            _put(sound, beat, _chord(CHORDS[(i // meter) % 4], length * meter), gain)
    return (sound / np.abs(sound).max() * 0.8).astype(np.float32)


def save(sound: Sound, path: Path) -> Path:
    """The track as a WAV of 16 bits."""
    import wave

    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def _put(sound: Sound, at: float, part: Sound, gain: float) -> None:
    begin = round(at * RATE)
    if begin < len(sound):
        sound[begin : begin + len(part)] += gain * part[: len(sound) - begin]


def _kick() -> Sound:
    t = np.arange(4000) / RATE
    return np.asarray(np.sin(2 * np.pi * (60 * t + 1.33 * (1 - np.exp(-30 * t)))) * np.exp(-18 * t))


def _hat(rng: np.random.Generator) -> Sound:
    return rng.standard_normal(1200) * np.exp(-120 * np.arange(1200) / RATE) * 0.3


def _snare(rng: np.random.Generator) -> Sound:
    t = np.arange(3000) / RATE
    body = np.sin(2 * np.pi * 190 * t) + 0.5 * rng.standard_normal(3000)
    return np.asarray(body * np.exp(-35 * t) * 0.6)


def _chord(tones: Sequence[int], seconds: float) -> Sound:
    t = np.arange(round(seconds * RATE)) / RATE
    waves = [np.sin(2 * np.pi * hz * t) for hz in tones]
    return np.asarray(sum(waves) * 0.05 * np.minimum(1, t / 0.05))
