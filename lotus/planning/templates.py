"""The template planner: a brief becomes a storyboard by craft alone. Offline, free, the same every
time.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial

from lotus.documents.brief import LIMITS, Brief, SceneRequest
from lotus.documents.direction import DialogueLine
from lotus.documents.scene import Role, Scene, Transition
from lotus.documents.storyboard import Storyboard
from lotus.music.grid import BeatGrid
from lotus.planning import craft
from lotus.planning.arrange import SceneIdeas, cycle, spread
from lotus.planning.base import PlanInputs, longest_scene
from lotus.planning.captions import caption_seconds
from lotus.planning.copywriting import dialogue_line
from lotus.planning.cuts import cut_on_beats, on_beats, snapped
from lotus.planning.ideas import Prompt, join, read, with_notes
from lotus.planning.look import make_look
from lotus.planning.mood import choreography_of
from lotus.planning.negatives import picture_words
from lotus.planning.purchase import (
    Offer,
    affordable,
    allowed_counts,
    cheapest_counts,
    nearest_count,
    scene_frames,
    unused_share,
)
from lotus.planning.requests import request_frames, room
from lotus.planning.screen import headline, scene_lines
from lotus.planning.scripts import cut, sentence_case
from lotus.planning.timing import (
    LONGEST_OVERLAP_SECONDS,
    check_requests,
    enough_scenes,
    even_frames,
    needed_frames,
    scene_count,
    to_frames,
    weighed_frames,
)

__all__ = ["plan_from_template"]

_DESCRIPTION_CHARS = 500


@dataclass(frozen=True)
class _SceneSlot:
    """One scene to be: what the user asks for, or what the prompt shows there."""

    shot: SceneIdeas
    request: SceneRequest | None = None


def plan_from_template(inputs: PlanInputs) -> Storyboard:
    """A storyboard of the video's length, in frames; raises InvalidInput if scenes do not fit."""
    brief = inputs.brief
    seconds = inputs.seconds
    carried = inputs.carried
    sections: Collection[int] = ()
    if brief.scenes:
        slots, frames = _requested(brief, seconds, inputs.source_seconds, carried, inputs.offers)
        frames = _on_beats(inputs, slots, frames)
    elif brief.kind == "music_video":
        slots, frames, sections = _to_music(brief, seconds, carried, inputs.beats, inputs.offers)
    else:
        slots, frames = _generated(brief, seconds, carried, inputs.offers)
        frames = _on_beats(inputs, slots, frames)
    scenes = _scenes(brief, slots, frames, sections, inputs.offers)
    return Storyboard(brief=brief, look=make_look(brief), scenes=scenes)


def _to_music(
    brief: Brief,
    seconds: float,
    carried: Sequence[int],
    beats: BeatGrid | None,
    offers: Sequence[Offer] = (),
) -> tuple[list[_SceneSlot], tuple[int, ...], Collection[int]]:
    """Scenes cut on the beats of the track; even ones where it has none."""
    prompt = read(brief.prompt)
    total = to_frames(seconds, brief.fps)
    count = scene_count(brief.kind, seconds, len(prompt.ideas) + bool(prompt.ending))
    count = enough_scenes(count, brief, total, carried)
    limits = LIMITS[brief.kind]
    cuts = None
    if beats is not None:
        overlap = math.ceil(LONGEST_OVERLAP_SECONDS * brief.fps)  # a clip carries its dissolve too
        longest = carried[-1] - (0 if offers else overlap) if carried else None
        scenes = range(limits.min_scenes, limits.max_scenes + 1)
        waste = partial(unused_share, offers=offers)
        cuts = cut_on_beats(beats, total, brief.fps, scenes, longest, waste)
    if cuts:
        frames = cuts.frames
    elif offers:
        count = nearest_count(cheapest_counts(total, offers, allowed_counts(brief, seconds)), count)
        frames = scene_frames(brief, total, [1.0] * count, offers)
    else:
        frames = even_frames(total, count)
    slots = [_SceneSlot(shot) for shot in _shots(brief, prompt, len(frames))]
    return slots, frames, cuts.sections if cuts else ()


def _generated(
    brief: Brief, seconds: float, carried: Sequence[int], offers: Sequence[Offer] = ()
) -> tuple[list[_SceneSlot], tuple[int, ...]]:
    """All scenes of an ad from the prompt, paced; as many as cost least where prices are known."""
    prompt = read(brief.prompt)
    total = to_frames(seconds, brief.fps)
    count = scene_count(brief.kind, seconds, len(prompt.ideas) + bool(prompt.ending))
    count = enough_scenes(count, brief, total, carried)
    if offers:
        count = nearest_count(cheapest_counts(total, offers, allowed_counts(brief, seconds)), count)
    slots = [_SceneSlot(shot) for shot in _shots(brief, prompt, count)]
    weights = craft.weights(craft.roles(count), brief.planning_seed, *choreography_of(brief))
    weights = tuple(w * words for w, words in zip(weights, _wordiness(slots), strict=True))
    if offers:
        return slots, scene_frames(brief, total, weights, offers)
    return slots, weighed_frames(brief, total, weights, carried)


def _on_beats(
    inputs: PlanInputs, slots: Sequence[_SceneSlot], frames: Sequence[int]
) -> tuple[int, ...]:
    """The same scenes with their cuts on beats; lengths that the user gave stay."""
    brief = inputs.brief
    if inputs.beats is None:
        return tuple(frames)
    requests = [slot.request for slot in slots]
    fixed = [bool(request and request.duration_seconds) for request in requests]
    seconds = [*inputs.source_seconds, *[None] * len(slots)]
    most = [
        to_frames(length - (request.start_seconds or 0.0), brief.fps)
        if request and length is not None
        else longest_scene(count, inputs)
        for request, length, count in zip(requests, seconds, frames, strict=False)
    ]
    if brief.kind == "music_video" or any(fixed):
        return snapped(frames, inputs.beats, brief.fps, fixed, most)
    least = needed_frames(brief, sum(frames), len(frames))
    return on_beats(frames, inputs.beats, brief.fps, least, most)


def _wordiness(slots: Sequence[_SceneSlot]) -> list[float]:
    """Around 1: scenes with more to read stay longer, within reason."""
    seconds = [0.0 if slot.shot.take else caption_seconds(slot.shot.ideas) for slot in slots]
    fresh = [value for value in seconds if value]
    mean = sum(fresh) / len(fresh)
    return [0.6 + 0.4 * min(value / mean, 2.0) if value else 0.9 for value in seconds]


def _shots(brief: Brief, prompt: Prompt, count: int) -> list[SceneIdeas]:
    lay = cycle if brief.kind == "music_video" else spread
    ending = [SceneIdeas(prompt.ending)] if prompt.ending else []
    return [*lay(prompt.ideas, count - len(ending)), *ending]


def _requested(
    brief: Brief,
    seconds: float,
    source_seconds: Sequence[float | None],
    carried: Sequence[int],
    offers: Sequence[Offer] = (),
) -> tuple[list[_SceneSlot], tuple[int, ...]]:
    """The user's scenes, then scenes from the prompt where time is left, then a closing one for the
    brand.
    """
    check_requests(brief, carried)
    prompt = read(brief.prompt)
    total = to_frames(seconds, brief.fps)
    longest = float(carried[-1] / brief.fps) if carried else None
    added = room(brief, seconds, source_seconds, longest)
    slots = [_SceneSlot(SceneIdeas(()), scene) for scene in brief.scenes]
    slots += [
        _SceneSlot(shot) for shot in (spread(prompt.ideas, added.fillers) if added.fillers else ())
    ]
    slots += [_SceneSlot(_closing(prompt, added.fillers))] if added.closing else []
    choreography = choreography_of(brief)
    weights = craft.weights(craft.roles(len(slots)), brief.planning_seed, *choreography)
    frames = request_frames(brief, total, added, weights, source_seconds, longest)
    return slots, _round_to_price(brief, slots, frames, weights, offers) if offers else frames


def _round_to_price(
    brief: Brief,
    slots: Sequence[_SceneSlot],
    frames: Sequence[int],
    weights: Sequence[float],
    offers: Sequence[Offer],
) -> tuple[int, ...]:
    """The frames of scenes whose length is free and whose clip is bought, shared as costs least."""
    free = [
        i
        for i, slot in enumerate(slots)
        if slot.request is None
        or (slot.request.duration_seconds is None and slot.request.source is None)
    ]
    lengths = list(frames)
    if free:
        total = sum(frames[i] for i in free)
        shared = scene_frames(brief, total, [weights[i] for i in free], offers)
        for i, count in zip(free, shared, strict=True):
            lengths[i] = count
    return tuple(lengths)


def _closing(prompt: Prompt, fillers: int) -> SceneIdeas:
    """What stands behind the card: the end that the prompt asks for, else its first sentence."""
    first = tuple(idea for idea in prompt.ideas if idea.sentence == prompt.ideas[0].sentence)
    return SceneIdeas(prompt.ending) if prompt.ending else SceneIdeas(first, take=min(fillers, 1))


def _scenes(
    brief: Brief,
    slots: Sequence[_SceneSlot],
    frames: Sequence[int],
    sections: Collection[int] = (),
    offers: Sequence[Offer] = (),
) -> tuple[Scene, ...]:
    parts = craft.roles(len(slots))
    choreography = choreography_of(brief)
    seed = brief.planning_seed
    moves = craft.cameras(parts, [slot.request for slot in slots], seed, *choreography)
    links = craft.transitions(brief.kind, frames, brief.fps, seed, sections, *choreography)
    if offers:
        own = {i for i, slot in enumerate(slots) if slot.request and slot.request.source}
        links = affordable(links, frames, offers, brief.fps, own)
    lines = _captions(brief, slots, frames, links)
    large = None if offers else headline(brief, lines)
    return tuple(
        _scene(brief, slot, role).model_copy(
            update={
                "camera": moves[i],
                "caption": lines[i],
                "duration_seconds": float(frames[i] / brief.fps),
                "transition": links[i],
                "seed": i,
                "headline": i == large,
            }
        )
        for i, (slot, role) in enumerate(zip(slots, parts, strict=True))
    )


def _scene(brief: Brief, slot: _SceneSlot, role: Role) -> Scene:
    request = slot.request
    if request is None:
        return Scene(
            description=_description(brief, slot.shot),
            role=role,
            duration_seconds=1.0,
            dialogue=_dialogue(slot.shot),
            narration=_narration(slot.shot),
        )
    return Scene(
        description=request.description
        if request.source
        else _picture_words(brief, request.description),
        role=role,
        duration_seconds=1.0,
        source=request.source,
        start_seconds=request.start_seconds or 0.0,
        fit=request.fit,
        narration=request.narration,
    )


def _dialogue(shot: SceneIdeas) -> tuple[DialogueLine, ...]:
    """What people of the prompt say where an idea is first shown."""
    pairs = [dialogue_line(idea.text) for idea in shot.ideas if not shot.take]
    return tuple(DialogueLine(speaker=pair[0], text=pair[1]) for pair in pairs if pair)


def _narration(shot: SceneIdeas) -> str | None:
    """What a voice says where an idea is first shown."""
    lines = [idea.line for idea in shot.ideas if idea.line and not shot.take]
    return " ".join(lines) or None


def _picture_words(brief: Brief, description: str) -> str:
    """The user's description without what is not to be seen."""
    return picture_words(description) or make_look(brief).subject


def _description(brief: Brief, shot: SceneIdeas) -> str:
    pairs = [dialogue_line(idea.text) for idea in shot.ideas]
    if all(pairs):  # a face, and not what it says
        words = " and ".join(dict.fromkeys(pair[0] for pair in pairs if pair))
    else:
        words = picture_words(join(shot.ideas)) or make_look(brief).subject
    text = cut(sentence_case(words), _DESCRIPTION_CHARS)
    framed = craft.framed(text, shot.take, shot.number, brief.planning_seed)
    return cut(with_notes(framed, shot.ideas), _DESCRIPTION_CHARS)


def _captions(
    brief: Brief, slots: Sequence[_SceneSlot], frames: Sequence[int], links: Sequence[Transition]
) -> tuple[str | None, ...]:
    """The user's own, or a readable line where an idea is first shown."""
    if brief.scenes or brief.kind == "music_video":
        return tuple(slot.request.caption if slot.request else None for slot in slots)
    entering = (0.0, *(link.duration_seconds for link in links[:-1]))
    seconds = [
        float(count / brief.fps) - before for count, before in zip(frames, entering, strict=True)
    ]
    return scene_lines(brief, [slot.shot for slot in slots], seconds)
