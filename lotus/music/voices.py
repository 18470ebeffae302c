"""Instruments: a pitch and a length -> a sound, float32, mono `(n,)` or stereo `(2, n)`, peak about
1.

Additive, FM and inverse-FFT synthesis with every partial kept below `CEILING_HZ`, so nothing folds
back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np

from lotus.music.recipes import SAMPLE_RATE
from lotus.music.waves import (
    CEILING_HZ,
    Sound,
    decay,
    edged,
    half_cosine,
    hertz,
    noise,
    partials,
    phase,
)

__all__ = ["VOICES", "Sound", "Voice", "hertz"]

Voice = Callable[[int, int, np.random.Generator], Sound]
PAD_TABLE = 2**18
PAD_ATTACK = 0.4
PAD_RELEASE = 0.9


def keys(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A soft electric piano: one-to-one FM whose index falls as the note rings, and a
    short tine.
    """
    hz = hertz(midi)
    theta = phase(hz, length)
    index = np.float32(1.7 * min(1.0, (330 / hz) ** 0.5)) * decay(length, 0.45)
    body = np.sin(theta + index * np.sin(theta)) * decay(length, 1.3 * (262 / hz) ** 0.35)
    tine = (
        np.sin(theta * np.float32(7)) * decay(length, 0.07)
        if hz * 7 < CEILING_HZ
        else np.float32(0)
    )
    return edged(body + np.float32(0.13) * tine, 0.006, 0.12)


def pluck(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A nylon-like string plucked at two sevenths of its length; high partials die first."""
    hz = hertz(midi)
    theta = phase(hz, length)
    fade = decay(length, 0.5 * (262 / hz) ** 0.3)
    level = fade.copy()
    sound = np.zeros(length, np.float32)
    for k, partial in enumerate(partials(theta, min(12, int(CEILING_HZ / hz))), start=1):
        weight = abs(np.sin(np.pi * k * 2 / 7)) / k**0.75 / (1 + (k * hz / 6000) ** 2)
        sound += np.float32(weight) * partial * level
        level *= np.sqrt(fade)
    return edged(sound, 0.005, 0.08)


def bass(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A round bass: enough second and third partial to be heard on a telephone."""
    theta = phase(hertz(midi), length)
    weights = (0.75, 0.4, 0.2, 0.08, 0.03)
    tone = sum(
        (np.float32(w) * p for w, p in zip(weights, partials(theta, 5), strict=True)), np.float32(0)
    )
    return edged(tone * decay(length, 0.9), 0.009, 0.06)


def bell(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Between a marimba and a music box: a fundamental and a short fourth partial."""
    hz = hertz(midi)
    theta = phase(hz, length)
    high = (
        np.sin(theta * np.float32(4)) * decay(length, 0.06)
        if hz * 4 < CEILING_HZ
        else np.float32(0)
    )
    return edged(np.sin(theta) * decay(length, 0.45) + np.float32(0.25) * high, 0.005, 0.1)


def pad(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """An ensemble: each partial is a narrow band of random phase, different left and right
    (PADsynth).
    """
    hz = hertz(midi)
    spectrum = np.zeros((2, PAD_TABLE // 2 + 1), np.complex64)
    for k in range(1, min(14, int(CEILING_HZ / hz)) + 1):
        center = k * hz * PAD_TABLE / SAMPLE_RATE
        width = center * 0.004 + 2.0
        bins = np.arange(int(center - 4 * width), int(center + 4 * width))
        weight = k**-1.0 / (1 + (k * hz / 3400) ** 2) / np.sqrt(width)
        phases = np.exp(2j * np.pi * rng.random((2, len(bins))))
        phases[1] += 0.6 * phases[0]
        spectrum[:, bins] += weight * np.exp(-(((bins - center) / width) ** 2)) * phases
    table = np.fft.irfft(spectrum, PAD_TABLE).astype(np.float32)
    table *= np.float32(0.25) / np.sqrt(np.mean(table**2, axis=1, keepdims=True))
    release = round(PAD_RELEASE * SAMPLE_RATE)
    turns = -(-(length + release) // PAD_TABLE)
    return edged(np.tile(table, turns)[:, : length + release], PAD_ATTACK, PAD_RELEASE)


def kick(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A soft drum: a sine that falls from 150 to 50 Hz."""
    seconds = np.arange(length) / SAMPLE_RATE
    cycles = 50 * seconds + 100 * 0.03 * (1 - np.exp(-seconds / 0.03))
    thump = np.sin(2 * np.pi * cycles).astype(np.float32) * decay(length, 0.13)
    beater = noise(length, 900, 3500, rng) * decay(length, 0.006)
    drum = edged(thump + np.float32(0.12) * beater, 0.005, 0.05)
    window = half_cosine(length) * half_cosine(length)[::-1]
    return drum - window * np.float32(drum.mean() / window.mean())


def snap(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Fingers and hands: three bursts of mid noise close together, then a short room."""
    hiss = noise(length, 1100, 4200, rng)
    level = 0.8 * decay(length, 0.055)
    for delay in (480, 1010):
        level[delay:] += edged(decay(length - delay, 0.016), 0.005, 0.0)
    return edged(np.float32(0.4) * hiss * level, 0.005, 0.03)


def hat(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A closed hi-hat: high noise, gone in 40 ms."""
    return edged(
        np.float32(0.35) * noise(length, 6500, 13000, rng) * decay(length, 0.028), 0.005, 0.02
    )


def shaker(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """Grains that swing in for 25 ms and out."""
    return edged(
        np.float32(0.35) * noise(length, 4500, 10000, rng) * decay(length, 0.04), 0.025, 0.03
    )


def swell(midi: int, length: int, rng: np.random.Generator) -> Sound:
    """A cymbal backwards, that leads into the next bar."""
    sides = np.stack([noise(length, 2500, 9000, rng), noise(length, 2500, 9000, rng)])
    rise = np.linspace(0, 1, length, dtype=np.float32) ** 3
    return edged(np.float32(0.3) * sides * rise, 0.05, 0.06)


VOICES: Mapping[str, Voice] = MappingProxyType(
    {
        "keys": keys,
        "pluck": pluck,
        "bass": bass,
        "bell": bell,
        "pad": pad,
        "kick": kick,
        "snap": snap,
        "hat": hat,
        "shaker": shaker,
        "swell": swell,
    }
)
