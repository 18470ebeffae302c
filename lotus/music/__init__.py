"""Music beds, free of rights, and the beats of tracks.

Two kinds of beds: `bed` goes on without end, as it always did; `scored_bed` follows an arc and ends
with a last chord. `recipes` and `moods` -> `score` and `arrangement` -> instruments -> `mix`.
What makes sound needs numpy, and is loaded when it is first used: to know the beds' names costs
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lotus.music.moods import BED_NAMES
from lotus.music.recipes import BEDS, SAMPLE_RATE, Bed, Instrument

if TYPE_CHECKING:
    from lotus.music.mix import beat_times, bed, scored_bed
    from lotus.music.wav import write_bed

__all__ = [
    "BEDS",
    "BED_NAMES",
    "SAMPLE_RATE",
    "Bed",
    "Instrument",
    "beat_times",
    "bed",
    "scored_bed",
    "write_bed",
]


def __getattr__(name: str) -> Any:
    if name not in ("beat_times", "bed", "scored_bed", "write_bed"):
        raise AttributeError(f"module 'lotus.music' has no attribute '{name}'")
    from lotus.music import mix, wav

    return getattr(wav if name == "write_bed" else mix, name)
