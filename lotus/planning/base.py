"""What a planner is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.models.facts import Facts
from lotus.music.grid import BeatGrid

__all__ = ["Ask", "PlanInputs", "Planner"]

# what a language model answers; raises ClipFailed or ProviderError if not
Ask = Callable[[Facts], str]


def _unheard(warning: str) -> None:
    return None


@dataclass(frozen=True)
class PlanInputs:
    """A brief, and what is known beside it."""

    brief: Brief
    seconds: float  # of the video
    # of the clip of each scene of the brief; None for photos
    source_seconds: Sequence[float | None] = ()
    # of the clips that the model can make, in seconds; none are any
    lengths: Sequence[Fraction] = ()
    beats: BeatGrid | None = None  # of the track; None: not known
    ask: Ask | None = None
    warn: Callable[[str], None] = _unheard


Planner = Callable[[PlanInputs], Storyboard]
