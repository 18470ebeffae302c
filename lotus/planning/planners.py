"""Brief to storyboard. Adding a planner is one entry in PLANNERS and one test."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import UnknownName
from lotus.music.choice import bed_beats, bed_name, bed_seed
from lotus.music.grid import BeatGrid
from lotus.planning.base import Ask, PlanInputs, Planner
from lotus.planning.cuts import SLOWEST_CUT_FPS
from lotus.planning.timing import video_seconds

__all__ = ["PLANNERS", "check_planner", "plan"]


def _plan_from_template(inputs: PlanInputs) -> Storyboard:
    from lotus.planning.templates import plan_from_template

    return plan_from_template(inputs)


def _plan_by_asking(inputs: PlanInputs) -> Storyboard:
    from lotus.planning.llm import plan_by_asking  # loaded for those who ask

    return plan_by_asking(inputs)


PLANNERS: Mapping[str, Planner] = {"template": _plan_from_template, "llm": _plan_by_asking}


def plan(
    brief: Brief,
    *,
    planner: str = "template",
    audio_seconds: float | None = None,
    source_seconds: Sequence[float | None] = (),
    lengths: Sequence[Fraction] = (),
    prices: Mapping[Fraction, Decimal] | None = None,
    beats: BeatGrid | None = None,
    ask: Ask | None = None,
    warn: Callable[[str], None] | None = None,
    candidates: int = 1,
) -> Storyboard:
    """A storyboard whose scenes add up to the video's length, in whole frames.

    `audio_seconds` is the length of a music video's track; `source_seconds` has an entry for each
    of the brief's scenes: the length of its clip, None for photos. `lengths` are the seconds that a
    hosted model can make, so that no scene is planned longer; none are any. `prices` are those
    of a clip of each length: the plan is then the cheapest that the model allows. `beats` are those
    of the track, on which the video is cut; without any, an ad is cut on those of its bed.
    `ask` is how the planner `llm` reaches its model, which writes so many `candidates`;
    `warn` hears what did not work. Raises UnknownName, and InvalidInput on `audio`, `scenes` or
    `duration_seconds`.
    """
    # what reads prompts is loaded for those who plan: its patterns take 0.2 s to be compiled
    from lotus.planning.look import make_look, misspelt_style
    from lotus.planning.understanding import obeyed, without_captions

    check_planner(planner)
    listener: dict[str, Any] = {"warn": warn} if warn is not None else {}
    listener["candidates"] = candidates
    brief = obeyed(brief, warn or (lambda warning: None))
    seconds = video_seconds(brief, audio_seconds)
    scored = brief.kind == "ad" and (brief.soundtrack or "").isidentifier()
    if scored and beats is None and brief.fps >= SLOWEST_CUT_FPS:
        bed = bed_name(brief.music, make_look(brief).mood)
        beats = bed_beats(bed, bed_seed(brief.planning_seed, brief.prompt), seconds)
    inputs = PlanInputs(
        brief, seconds, source_seconds, lengths, prices or {}, beats, ask, **listener
    )
    suggestion = misspelt_style(brief.style)
    if suggestion is not None:
        inputs.warn(f"no style is called '{brief.style}'; did you mean '{suggestion}'?")
    storyboard = without_captions(PLANNERS[planner](inputs))
    return storyboard.model_copy(update={"scoring": 2}) if scored else storyboard


def check_planner(name: str) -> None:
    """Raise UnknownName, with the choices, for a planner that is not there."""
    if name not in PLANNERS:
        raise UnknownName("planner", name, PLANNERS)
