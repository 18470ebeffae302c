"""The beats, bars and sections of a track, as data on which cuts are planned. Pure, no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from statistics import median

__all__ = ["BeatGrid", "Section"]


@dataclass(frozen=True)
class Section:
    """A stretch of one character; `energy` is its loudness among the track's, 0 to 1."""

    start_seconds: float
    end_seconds: float
    energy: float


@dataclass(frozen=True)
class BeatGrid:
    """Times are in seconds of the track, ascending. A track without a beat has no beats.

    `downbeats` are the indices of beats that begin a bar; `energies` has the loudness at each beat,
    0 to 1 among the track's.
    """

    seconds: float
    beats: tuple[float, ...]
    downbeats: tuple[int, ...]
    energies: tuple[float, ...]
    sections: tuple[Section, ...]

    @property
    def bpm(self) -> float:
        """The median tempo in beats a minute; 0 without beats."""
        if len(self.beats) < 2:
            return 0.0
        return 60 / median(after - before for before, after in pairwise(self.beats))
