"""Brief to storyboard. Adding a planner is one entry in PLANNERS and one test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lotus.brief import Brief
from lotus.errors import UnknownName
from lotus.planning.pacing import video_seconds
from lotus.planning.templates import plan_from_template
from lotus.storyboard import Storyboard

__all__ = ["PLANNERS", "Planner", "plan"]

# (brief, seconds of the video, seconds of each scene's source or None) -> storyboard
Planner = Callable[[Brief, float, Sequence[float | None]], Storyboard]

PLANNERS: Mapping[str, Planner] = {
    "template": plan_from_template,
}


def plan(
    brief: Brief,
    *,
    planner: str = "template",
    audio_seconds: float | None = None,
    source_seconds: Sequence[float | None] = (),
) -> Storyboard:
    """A storyboard whose scenes add up to the video's length, in whole frames.

    `audio_seconds` is the length of a music video's track; `source_seconds` has an entry for each of the
    brief's scenes: the length of its clip, None for photos. Raises UnknownName, and InvalidInput on `audio`
    or `scenes`.
    """
    if planner not in PLANNERS:
        raise UnknownName("planner", planner, PLANNERS)
    return PLANNERS[planner](brief, video_seconds(brief, audio_seconds), source_seconds)
