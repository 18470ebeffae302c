"""The user's own scenes: what they fix stays, the time that is left is shared, gaps are filled."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from lotus.documents.brief import LIMITS, Brief, SceneRequest
from lotus.errors import InvalidInput
from lotus.planning.timing import LEAST_SECONDS, least_frames, share_frames, to_frames

__all__ = ["Room", "request_frames", "room"]

_LONGEST_SECONDS = 8.0  # a longer share gets another scene; less if the model makes less
_EPSILON = 1e-6


@dataclass(frozen=True)
class Room:
    """What joins the user's scenes: generated ones from the prompt, and a closing one."""

    fillers: int
    closing: bool


def room(
    brief: Brief,
    seconds: float,
    source_seconds: Sequence[float | None],
    longest: float | None = None,
) -> Room:
    """How many scenes to add; raises InvalidInput when the user's do not fit.

    `longest` is what a clip of the model can carry, in seconds.
    """
    limits = LIMITS[brief.kind]
    count = len(brief.scenes)
    caps = [_cap(scene, length, longest) for scene, length in _with_lengths(brief, source_seconds)]
    rest = seconds - sum(scene.duration_seconds or 0.0 for scene in brief.scenes)
    _check(caps, rest, seconds)
    places = min(limits.max_scenes - count, int(rest + _EPSILON) - len(caps))
    closing = places > 0 and (brief.brand is not None or brief.cta is not None)
    share = min(longest or _LONGEST_SECONDS, _LONGEST_SECONDS)
    for_pace = math.ceil((rest - sum(caps)) / share - _EPSILON)
    goal = max(for_pace, limits.min_scenes - count) - closing
    return Room(fillers=min(max(goal, 0), max(places - closing, 0)), closing=closing)


def _with_lengths(
    brief: Brief, source_seconds: Sequence[float | None]
) -> list[tuple[SceneRequest, float | None]]:
    """The scenes without a duration, with the length of their source where it is known."""
    lengths = [*source_seconds, *[None] * len(brief.scenes)]
    pairs = zip(brief.scenes, lengths, strict=False)
    return [(scene, length) for scene, length in pairs if scene.duration_seconds is None]


def _cap(scene: SceneRequest, length: float | None, longest: float | None) -> float:
    """The longest that a scene should be, in seconds: no more than its source, or the
    model, has.
    """
    if length is None:
        longest_clip = longest if scene.source is None else None
        return min(longest_clip or _LONGEST_SECONDS, _LONGEST_SECONDS)
    return min(max(length - (scene.start_seconds or 0.0), LEAST_SECONDS), _LONGEST_SECONDS)


def _check(caps: Sequence[float], rest: float, seconds: float) -> None:
    remedy = "shorten scenes, remove one, or raise duration_seconds"
    if rest < -_EPSILON:
        reason = (
            f"their durations add up to {seconds - rest:g} s, more than the {seconds:g} s of "
            "the video"
        )
        raise InvalidInput(file="", field="scenes", reason=reason, remedy=remedy)
    if rest + _EPSILON < len(caps) * LEAST_SECONDS:
        reason = (
            f"{len(caps)} without duration_seconds share {max(rest, 0):.3g} s; each needs "
            f"{LEAST_SECONDS:g} s"
        )
        raise InvalidInput(file="", field="scenes", reason=reason, remedy=remedy)


def request_frames(
    brief: Brief,
    total: int,
    added: Room,
    weights: Sequence[float],
    source_seconds: Sequence[float | None],
    longest: float | None = None,
) -> tuple[int, ...]:
    """Frames of the user's and the added scenes, `total` together; given durations are kept."""
    one = least_frames(brief.fps)
    extra = added.fillers + added.closing
    flexible = extra + sum(scene.duration_seconds is None for scene in brief.scenes)
    fixed = _fixed_frames(brief, total - flexible)
    if flexible == 0:  # a rest that is no scene's goes to all alike
        return share_frames(total, [max(g, 1) for g in fixed], fixed)
    one = min(one, (total - sum(fixed)) // flexible)
    own = iter(_cap(*pair, longest) for pair in _with_lengths(brief, source_seconds))
    rest = [to_frames(longest, brief.fps) if longest else None] * extra
    most = [g or max(one, to_frames(next(own), brief.fps)) for g in fixed] + rest
    caps = most if any(source_seconds) or longest else [g or None for g in fixed] + rest
    return share_frames(total, weights, [g or one for g in fixed] + [one] * extra, caps)


def _fixed_frames(brief: Brief, room_frames: int) -> list[int]:
    """Frames of the given durations, rounded so that errors do not add up; 0 where none
    is given.
    """
    frames = []
    requested_seconds = 0.0
    position = 0
    for scene in brief.scenes:
        requested_seconds += scene.duration_seconds or 0.0
        count = (
            max(1, to_frames(requested_seconds, brief.fps) - position)
            if scene.duration_seconds
            else 0
        )
        frames.append(count)
        position += count
    while sum(frames) > room_frames:
        if max(frames) <= 1:
            reason = (
                f"{len(frames)} do not fit: the video has too few frames at {brief.fps} "
                "frames a second"
            )
            raise InvalidInput(
                file="", field="scenes", reason=reason, remedy="remove scenes or raise fps"
            )
        frames[frames.index(max(frames))] -= 1
    return frames
