"""Brief to storyboard. Adding a planner is one entry in PLANNERS and one test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from lotus.brief import Brief
from lotus.errors import UnknownName
from lotus.planning.pacing import video_seconds
from lotus.planning.templates import plan_from_template
from lotus.storyboard import Storyboard

__all__ = ["PLANNERS", "Planner", "plan"]

# (brief, seconds of the video, seconds of each scene's source or None, seconds of the clips that the model
# can make) -> storyboard
Planner = Callable[[Brief, float, Sequence[float | None], Sequence[Fraction]], Storyboard]

PLANNERS: Mapping[str, Planner] = {
    "template": plan_from_template,
}


def plan(
    brief: Brief,
    *,
    planner: str = "template",
    audio_seconds: float | None = None,
    source_seconds: Sequence[float | None] = (),
    lengths: Sequence[Fraction] = (),
) -> Storyboard:
    """A storyboard whose scenes add up to the video's length, in whole frames.

    `audio_seconds` is the length of a music video's track; `source_seconds` has an entry for each of the
    brief's scenes: the length of its clip, None for photos. `lengths` are the seconds that a hosted model can
    make, so that no scene is planned longer; none are any. Raises UnknownName, and InvalidInput on `audio`,
    `scenes` or `duration_seconds`.
    """
    if planner not in PLANNERS:
        raise UnknownName("planner", planner, PLANNERS)
    return PLANNERS[planner](brief, video_seconds(brief, audio_seconds), source_seconds, lengths)
