"""Music beds: seeded, without end, free of rights. `recipes` -> `score` -> `voices` -> `mix`."""

from lotus.compose.beds.mix import beat_times, bed
from lotus.compose.beds.recipes import BEDS, SAMPLE_RATE, Bed, Part

__all__ = ["BEDS", "SAMPLE_RATE", "Bed", "Part", "beat_times", "bed"]
