"""Listening by measurement: what a pair of ears would say of a piece of music, as numbers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

__all__ = ["clicks", "consonance", "loudness_range", "onsets_per_second", "share_db"]

RATE = 48_000
Samples = npt.NDArray[np.float32]
MAJOR = (0, 2, 4, 5, 7, 9, 11)


def loudness_range(sound: Samples) -> float:
    """Between the quiet and the loud three seconds, in LU (after EBU Tech 3342)."""
    spectrum = np.fft.rfft(sound, axis=0)
    hz = np.fft.rfftfreq(len(sound), 1 / RATE)[:, None]
    weight = (hz / 38) ** 2 / (1 + (hz / 38) ** 2)
    weight *= 10 ** (0.2 / (1 + (1500 / np.maximum(hz, 1)) ** 2))
    power = (np.fft.irfft(spectrum * weight, len(sound), axis=0) ** 2).sum(axis=1)
    total = np.concatenate([[0.0], np.cumsum(power)])
    starts = np.arange(0, len(sound) - 3 * RATE, RATE // 5)
    levels = 10 * np.log10((total[starts + 3 * RATE] - total[starts]) / (3 * RATE) + 1e-12)
    gate = 10 * np.log10(np.mean(10 ** (levels / 10))) - 20
    return float(np.subtract(*np.percentile(levels[levels > gate], (95, 10))))


def share_db(sound: Samples, low_hz: float, high_hz: float) -> float:
    """The power between two frequencies, in dB of the whole."""
    power, hz = _power(sound, 4096)
    inside = (hz >= low_hz) & (hz < high_hz)
    return float(10 * np.log10(power[:, inside].sum() / power.sum()))


def onsets_per_second(sound: Samples) -> float:
    """How much begins each second."""
    power, _ = _power(sound, 1024)
    rises = np.maximum(np.diff(np.log1p(1000 * np.sqrt(power)), axis=0), 0).mean(axis=1)
    usual = np.convolve(rises, np.ones(43) / 43, "same") * 1.4 + 0.02 * rises.max()
    inner = rises[1:-1]
    peaks = (inner > rises[:-2]) & (inner >= rises[2:]) & (inner > usual[1:-1])
    return float(peaks.sum() / (len(sound) / RATE))


def consonance(sound: Samples) -> float:
    """The share of its tones that lie in the seven of the key that fits best; noise has 0.58."""
    power, hz = _power(sound, 16_384)
    low, high = np.searchsorted(hz, (110, 2100))
    chroma = np.zeros(12)
    for line in np.sqrt(power[:, low:high]):
        inner = line[1:-1]
        peaks = 1 + np.flatnonzero(
            (inner > line[:-2]) & (inner > line[2:]) & (inner > 0.05 * line.max())
        )
        below, at, above = (np.log(line[peaks + i] + 1e-12) for i in (-1, 0, 1))
        place = peaks + 0.5 * (below - above) / (below - 2 * at + above)
        tones = np.round(12 * np.log2((place + low) * RATE / 16_384 / 440)).astype(int) % 12
        np.add.at(chroma, tones, line[peaks])
    keys = (chroma[[(key + tone) % 12 for tone in MAJOR]].sum() for key in range(12))
    return float(max(keys) / chroma.sum())


def clicks(sound: Samples) -> float:
    """The sharpest bend against those around it; a click of one sample has 20 and more."""
    bend = np.abs(np.diff(sound, n=3, axis=0)).max(axis=1)
    around = np.sqrt(np.convolve(bend**2, np.ones(2001) / 2001, "same")) + 1e-6
    return float((bend / around)[2000:].max())


def _power(sound: Samples, size: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    windows = np.lib.stride_tricks.sliding_window_view(sound.mean(axis=1), size)[:: size // 2]
    power = np.abs(np.fft.rfft(windows * np.hanning(size), axis=1)) ** 2
    return power, np.fft.rfftfreq(size, 1 / RATE)
