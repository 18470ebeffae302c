"""What a planner is, and what it is given."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction

from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.models.facts import Facts
from lotus.music.grid import BeatGrid
from lotus.planning.purchase import Offer, bought_frames, offers_of
from lotus.planning.timing import carried_frames

__all__ = ["Ask", "PlanInputs", "Planner", "longest_scene"]

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
    # what a clip of each length costs: the plan is then the cheapest
    prices: Mapping[Fraction, Decimal] = field(default_factory=dict)
    beats: BeatGrid | None = None  # of the track; None: not known
    ask: Ask | None = None
    warn: Callable[[str], None] = _unheard
    candidates: int = 1  # storyboards that the language model writes; the best is taken

    @property
    def offers(self) -> tuple[Offer, ...]:
        """What the model sells, if its prices are given."""
        return offers_of(self.prices, self.brief.fps)

    @property
    def carried(self) -> tuple[int, ...]:
        """Frames of the longest scene that a clip of each length carries, ascending.

        Where the clips are chosen by their prices, a scene that fills one ends in a cut.
        """
        if self.prices:
            return tuple(offer.frames for offer in self.offers)
        return carried_frames(self.lengths, self.brief.kind, self.brief.fps)


Planner = Callable[[PlanInputs], Storyboard]


def longest_scene(frames: int, inputs: PlanInputs) -> int | None:
    """How long a scene of so many frames may become without another clip; None: as it likes."""
    if inputs.offers:
        return bought_frames(frames, inputs.offers)
    return inputs.carried[-1] if inputs.carried else None
