"""What metrics of sound are computed from: loudness, peaks, silence and events, in one pass.

Loudness is that of ITU-R BS.1770-5: K-weighted energy in overlapping blocks of 0.4 s, gated twice.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lotus.media.sound import decoded_sound

__all__ = ["LEVEL_SECONDS", "read_sound_features"]

FULL_SCALE = 0.944  # of a sample, -0.5 dBFS: lossy codecs ripple around the tops that were cut
RATE = 48_000
PART = RATE // 10  # samples of a part, of which four are a block of loudness
LEVEL_SECONDS = 0.02
LEVEL = round(RATE * LEVEL_SECONDS)
CONTEXT = 5  # parts before those that are weighted, in which the filter swings in
SHELF = (  # tables 1 and 2 of the recommendation: above, and below but for its 1
    [1.53512485958697, -2.69169618940638, 1.19839281085285],
    [-1.69065929318241, 0.73248077421585],
)
HIGH_PASS = ([1.0, -2.0, 1.0], [-1.99004745483398, 0.99007225036621])
SURROUND = (1.0, 1.0, 1.0, 0.0, 1.41, 1.41)  # front, low frequencies, back
ABSOLUTE_GATE = -70.0
RELATIVE_GATE = -10.0
QUIET = 1e-3  # -60 dBFS
Samples = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]


def read_sound_features(path: Path) -> dict[str, Any]:
    """Fields of `Features` about the sound; none if there is no sample."""
    peak = 0.0
    clipped = samples = quiet = 0
    levels: list[Numbers] = []
    powers: list[float] = []
    parts: list[Samples] = []
    for part in _parts(path):
        size = np.abs(part)
        peak = max(peak, float(size.max(initial=0.0)))
        clipped += int((size >= FULL_SCALE).sum())
        samples += size.size
        quiet += int(np.sqrt(np.square(part).mean()) < QUIET)
        squares = np.square(part).mean(axis=1).reshape(-1, LEVEL).mean(axis=1)
        levels.append(10 * np.log10(squares + 1e-10))
        parts.append(part)
        if len(parts) == 4 * CONTEXT:
            powers += _powers(parts, len(powers))
            parts = parts[-CONTEXT:]
    if not samples:
        return {}
    powers += _powers(parts, len(powers))
    return {
        "has_sound": True,
        "peak": peak,
        "clipped_samples": clipped / samples,
        "silence": quiet / len(levels),
        "loudness": _gated(np.array(powers)),
        "sound_levels": np.concatenate(levels),
    }


def _powers(parts: list[Samples], count: int) -> list[float]:
    """K-weighted power of each new part; `count` powers are there already."""
    new = len(parts) - (min(CONTEXT, len(parts)) if count else 0)
    if new <= 0:
        return []
    samples = np.concatenate(parts).astype(float)
    size = len(samples) + PART
    spectrum = np.fft.rfft(samples, size, axis=0) * _k_weighting(size)[:, None]
    filtered_samples = np.fft.irfft(spectrum, size, axis=0)[: len(samples)]
    channels = samples.shape[1]
    shares = SURROUND if channels == len(SURROUND) else (1.0,) * channels
    power = np.square(filtered_samples).reshape(len(parts), PART, channels).mean(axis=1) @ np.array(
        shares
    )
    return [float(value) for value in power[-new:]]


def _k_weighting(size: int) -> npt.NDArray[np.complex128]:
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    response = np.ones(len(z), complex)
    for above, below in (SHELF, HIGH_PASS):
        upper = above[0] + above[1] * z + above[2] * z**2
        response *= upper / (1 + below[0] * z + below[1] * z**2)
    return response


def _gated(powers: Numbers) -> float:
    """LUFS; minus infinity for silence, and for less than a block."""
    if len(powers) < 4:
        return -math.inf
    blocks = np.convolve(powers, np.full(4, 0.25), "valid")
    loud = blocks[_lufs(blocks) > ABSOLUTE_GATE]
    if not len(loud):
        return -math.inf
    audible = loud[_lufs(loud) > _lufs(loud.mean()) + RELATIVE_GATE]
    return float(_lufs(audible.mean()))


def _lufs(power: Any) -> Any:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-20))


def _parts(path: Path) -> Iterator[Samples]:
    """The sound in parts of 0.1 s, shape (n, channels); damaged packets are skipped."""
    rest: list[Samples] = []
    for block in decoded_sound(path, rate=RATE, layout=None):
        samples = np.concatenate([*rest, block])
        whole = len(samples) // PART * PART
        yield from (samples[i : i + PART] for i in range(0, whole, PART))
        rest = [samples[whole:]] if whole < len(samples) else []
