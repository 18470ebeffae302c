"""The stretch of a track that suits a length best. Pure, no numpy."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from lotus.music.grid import BeatGrid

__all__ = ["best_start", "loop_beats"]

SECTION_REWARD = 0.12  # of a stretch that begins where a section of the track does
END_REWARD = 0.06  # and of one that ends there
RISE_REWARD = 0.25  # for each unit of loudness that its second half has more than its first
NEAR_SECONDS = 0.6


def best_start(grid: BeatGrid, seconds: float) -> float:
    """Where to begin in a track, in seconds: the loudest stretch, which rises, from a bar on and
    best from a new section on. 0 where the track is hardly longer or has no beats.
    """
    last = grid.seconds - seconds
    starts = [grid.beats[i] for i in grid.downbeats if grid.beats[i] <= last]
    starts += [section.start_seconds for section in grid.sections if section.start_seconds <= last]
    if last <= 0 or not starts or not grid.beats:
        return 0.0
    edges = [section.start_seconds for section in grid.sections[1:]]
    scores = {start: _score(grid, edges, start, seconds) for start in starts}
    return max(scores, key=lambda start: (scores[start], -start))


def _score(grid: BeatGrid, edges: Sequence[float], start: float, seconds: float) -> float:
    middle = start + seconds / 2
    first = _energy(grid, start, middle)
    second = _energy(grid, middle, start + seconds)
    begins = any(abs(edge - start) < NEAR_SECONDS for edge in edges)
    ends = any(abs(edge - start - seconds) < NEAR_SECONDS for edge in edges)
    return (
        (first + second) / 2
        + RISE_REWARD * max(0.0, second - first)
        + SECTION_REWARD * begins
        + END_REWARD * ends
    )


def _energy(grid: BeatGrid, start: float, end: float) -> float:
    """The mean loudness of the beats in a stretch."""
    a = bisect_right(grid.beats, start - 1e-6)
    b = bisect_right(grid.beats, end - 1e-6)
    return sum(grid.energies[a:b]) / (b - a) if b > a else 0.0


def loop_beats(grid: BeatGrid, seconds: float) -> BeatGrid:
    """The beats of a track that begins again where it ends, for so many seconds."""
    if grid.seconds <= 0 or grid.seconds >= seconds or not grid.beats:
        return grid
    rounds = range(int(seconds / grid.seconds) + 1)
    count = len(grid.beats)
    beats = [beat + n * grid.seconds for n in rounds for beat in grid.beats]
    whole = bisect_right(beats, seconds)
    bars = [i + n * count for n in rounds for i in grid.downbeats]
    return BeatGrid(
        seconds,
        tuple(beats[:whole]),
        tuple(i for i in bars if i < whole),
        (grid.energies * len(rounds))[:whole],
        grid.sections,
    )
