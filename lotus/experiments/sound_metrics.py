"""Metrics of a video's sound, and of how it fits the picture."""

from __future__ import annotations

import numpy as np

from lotus.experiments.features import Features, Vector
from lotus.experiments.sound_features import LEVEL_SECONDS

__all__ = ["loudness", "sound_clipping", "sound_lag", "sound_silence"]

LAG_FRAMES = 24  # that a video has at least, for its sound to be early or late
LAG_RISE = 6.0  # dB within 20 ms are an event
LAG_SECONDS = 0.5
LAG_ALIKE = 0.5  # of 1: less is no common rhythm


def sound_clipping(features: Features) -> float | None:
    """The share of samples above -0.5 dBFS."""
    return features.clipped_samples if features.has_sound else None


def sound_silence(features: Features) -> float | None:
    """The share of the sound that is silent (below -60 dBFS)."""
    return features.silence if features.has_sound else None


def loudness(features: Features) -> float | None:
    """The integrated loudness in LUFS."""
    return features.loudness if features.has_sound else None


def sound_lag(features: Features) -> float | None:
    """Seconds by which events of the sound come after those of the picture; None where they have
    no common rhythm.
    """
    if not features.has_sound or features.frames < LAG_FRAMES:
        return None
    picture = _peaks(features.content)
    rises = np.maximum(np.diff(features.sound_levels, prepend=features.sound_levels[:1]), 0)
    at = (np.arange(len(rises)) * LEVEL_SECONDS * features.fps).astype(int)
    sound = np.zeros(features.frames)
    np.maximum.at(sound, np.minimum(at, features.frames - 1), rises)
    sound = _peaks(np.where(sound > LAG_RISE, sound, 0.0))
    if min((picture > 0).sum(), (sound > 0).sum()) < 2:
        return None
    reach = int(LAG_SECONDS * features.fps)
    norm = np.sqrt((picture**2).sum() * (sound**2).sum())
    lags = range(-reach, reach + 1)
    alike = [float((picture * _shifted(sound, lag)).sum() / norm) for lag in lags]
    best = int(np.argmax(alike))
    return lags[best] / features.fps if alike[best] >= LAG_ALIKE else None


def _peaks(values: Vector) -> Vector:
    """What stands out of a series, and nothing else."""
    usual = np.median(values)
    spread = np.median(np.abs(values - usual)) + 0.02 * values.max(initial=0.0)
    return np.where(values > usual + 6 * spread, values - usual, 0.0)


def _shifted(values: Vector, lag: int) -> Vector:
    """The values so many frames earlier."""
    shift = np.zeros_like(values)
    size = len(values) - abs(lag)
    shift[max(-lag, 0) : max(-lag, 0) + size] = values[max(lag, 0) : max(lag, 0) + size]
    return shift
