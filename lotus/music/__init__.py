"""Music beds: seeded, without end, free of rights. `recipes` -> `score` -> `voices` -> `mix`.

What makes sound needs numpy, and is loaded when it is first used: to know the beds' names costs
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lotus.music.recipes import BEDS, SAMPLE_RATE, Bed, Instrument

if TYPE_CHECKING:
    from lotus.music.mix import beat_times, bed

__all__ = ["BEDS", "SAMPLE_RATE", "Bed", "Instrument", "beat_times", "bed"]


def __getattr__(name: str) -> Any:
    if name not in ("beat_times", "bed"):
        raise AttributeError(f"module 'lotus.music' has no attribute '{name}'")
    from lotus.music import mix

    return getattr(mix, name)
