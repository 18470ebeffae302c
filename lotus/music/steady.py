"""Beats of a track that keeps one tempo, as sequenced music does: one grid through all of it. Pure.

Beats that are followed one by one slip to the off-beat where a bass plays there. A track whose
pulses stand on one grid from end to end has one phase: that with the stronger onsets in all.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["one_grid", "straighten"]

WINDOW_SECONDS = 8.0
COHERENT = 0.8  # of the onsets lie in stretches whose pulses agree with those of the whole track
AGREEING = 0.5  # radians of a pulse between them, at most
TEMPO_REACH = 0.02  # how far from the median of the followed beats the tempo may be
LINES_PER_CYCLE = 16  # of the spectrum, for each cycle that the track could be longer
REACH = 3  # onsets so near to a beat are its own
OUTLIER_SECONDS = 0.03

Vector = npt.NDArray[np.float64]


def one_grid(
    onsets: Vector, frames: npt.NDArray[np.int64], per_second: float
) -> npt.NDArray[np.int64] | None:
    """The frames of a grid through the whole track; None if it keeps no such grid.

    `frames` are the beats that were followed one by one, of which the tempo is taken.
    """
    if len(frames) < 8:
        return None
    period = float(np.median(np.diff(frames)))
    for multiple in (2, 1):  # where off-beats sound, they are a part of the grid
        exact = _exact_period(onsets, period, multiple)
        if exact is not None and _coherence(onsets, exact / multiple, per_second) >= COHERENT:
            return _strongest(onsets, frames, exact, multiple)
    return None


def _exact_period(onsets: Vector, period: float, multiple: int) -> float | None:
    """The period near this one on whose pulses, `multiple` in each, most onsets fall."""
    width = 1 << int(len(onsets) * LINES_PER_CYCLE - 1).bit_length()
    magnitude = np.abs(np.fft.rfft(onsets - onsets.mean(), width))
    middle = width * multiple / period
    first, last = (round(middle * (1 + side * TEMPO_REACH)) for side in (-1, 1))
    near = magnitude[first : last + 1]
    if len(near) < 3 or near.max() <= 0:
        return None
    return float(width * multiple / (first + int(near.argmax())))


def _coherence(onsets: Vector, period: float, per_second: float) -> float:
    """The share of the onsets in stretches whose pulses stand where those of the whole do."""
    changes = onsets - onsets.mean()
    turns = np.exp(-2j * np.pi * np.arange(len(onsets)) / period) * changes
    size = round(WINDOW_SECONDS * per_second)
    starts = range(0, len(turns) - size // 2, size)
    pulses = np.array([turns[at : at + size].sum() for at in starts])
    weights = np.array([np.abs(changes[at : at + size]).sum() for at in starts])
    if len(pulses) < 2 or not weights.any():
        return 0.0
    apart = np.abs(np.angle(pulses * np.conj(pulses.sum())))
    return float(weights[apart < AGREEING].sum() / weights.sum())


def _strongest(
    onsets: Vector, frames: npt.NDArray[np.int64], period: float, multiple: int
) -> npt.NDArray[np.int64]:
    """The grid of this period through the pulses whose onsets are the strongest in all."""
    turn = np.exp(-2j * np.pi * np.arange(len(onsets)) * multiple / period)
    pulse = -float(np.angle((turn * (onsets - onsets.mean())).sum())) / (2 * np.pi)
    spread = np.maximum.reduce([np.roll(onsets, shift) for shift in range(-REACH, REACH + 1)])
    first = frames[0] - period / 2
    grids = []
    for place in range(multiple):
        begin = (pulse + place) * period / multiple
        begin += np.ceil((first - begin) / period) * period
        grid = np.arange(begin, len(onsets) - 0.5, period)
        grids.append(np.round(grid[grid >= -0.5]).astype(np.int64))
    return max(grids, key=lambda grid: float(spread[grid].mean()))


def straighten(beats: npt.NDArray[Any]) -> Vector:
    """Beats of one grid, each where the attacks of all of them say, and not its own alone."""
    places = np.arange(len(beats))
    mask = np.ones(len(beats), bool)
    for _ in range(3):
        period, first = np.polyfit(places[mask], beats[mask], 1)
        line = first + period * places
        mask = np.abs(beats - line) < OUTLIER_SECONDS
        if mask.sum() < 4:
            return np.asarray(beats)
    return np.asarray(line)
