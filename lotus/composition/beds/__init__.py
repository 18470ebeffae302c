"""Music beds: seeded, without end, free of rights. `recipes` -> `score` -> `voices` -> `mix`."""

from lotus.composition.beds.mix import beat_times, bed
from lotus.composition.beds.recipes import BEDS, SAMPLE_RATE, Bed, Part

__all__ = ["BEDS", "SAMPLE_RATE", "Bed", "Part", "beat_times", "bed"]
