"""Waves from which instruments are built: sines, partials, noise, envelopes. float32."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotus.music.recipes import SAMPLE_RATE

__all__ = [
    "CEILING_HZ",
    "Sound",
    "decay",
    "edged",
    "half_cosine",
    "hertz",
    "noise",
    "partials",
    "phase",
]

Sound = NDArray[np.float32]
Wave = NDArray[np.floating[Any]]
CEILING_HZ = 11_000.0  # no partial is higher, so nothing folds back


def hertz(midi: int) -> float:
    """Equal temperament, A4 = 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69) / 12))


def phase(hz: float, length: int) -> Sound:
    """Radians, wrapped before rounding to float32: a long note keeps its pitch."""
    turns = np.arange(length) * (hz / SAMPLE_RATE)
    theta: Sound = ((turns - np.floor(turns)) * (2 * np.pi)).astype(np.float32)
    return theta


def partials(theta: Sound, count: int) -> list[Sound]:
    """sin(k theta) for k = 1..count, each from the two before it (Chebyshev)."""
    twice = np.float32(2) * np.cos(theta)
    sines = [np.zeros_like(theta), np.sin(theta)]
    for _ in range(count - 1):
        sines.append(twice * sines[-1] - sines[-2])
    return sines[1:]


def decay(length: int, seconds: float) -> Sound:
    """An exponential that falls by 8.7 dB in `seconds`."""
    fall: Sound = np.exp(
        np.arange(length, dtype=np.float32) * np.float32(-1 / (seconds * SAMPLE_RATE))
    )
    return fall


def edged(wave: Wave, attack_seconds: float, release_seconds: float) -> Sound:
    """Raised-cosine ends, so that no note starts or stops with a click."""
    sound: Sound = wave.astype(np.float32, copy=False)
    rise, fall = (
        min(round(s * SAMPLE_RATE), sound.shape[-1] // 2) for s in (attack_seconds, release_seconds)
    )
    sound[..., :rise] *= half_cosine(rise)
    sound[..., sound.shape[-1] - fall :] *= half_cosine(fall)[::-1]
    return sound


def half_cosine(length: int) -> Sound:
    """A rise from 0 to 1."""
    return (0.5 - 0.5 * np.cos(np.pi * np.arange(length) / max(1, length))).astype(np.float32)


def noise(length: int, low_hz: float, high_hz: float, rng: np.random.Generator) -> Sound:
    """Noise of RMS 1 between two frequencies, with slopes of 12 dB an octave."""
    size = 1 << (length - 1).bit_length()
    spectrum = np.fft.rfft(rng.standard_normal(size, dtype=np.float32))
    hz = np.fft.rfftfreq(size, 1 / SAMPLE_RATE).astype(np.float32)
    spectrum *= (hz / low_hz) ** 2 / (1 + (hz / low_hz) ** 2) / (1 + (hz / high_hz) ** 4)
    noise: Sound = np.fft.irfft(spectrum, size)[:length].astype(np.float32)
    noise *= np.float32(1 / np.sqrt(np.mean(noise**2)))
    return noise
