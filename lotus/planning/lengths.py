"""Scenes that one clip of a hosted model can carry: no longer than it makes, cheap where it can choose."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from lotus.documents.brief import LIMITS, Brief, Kind
from lotus.errors import InvalidInput
from lotus.planning.craft import LONGEST_OVERLAP_SECONDS

__all__ = ["cap_frames", "carried_frames", "check_requests", "enough_scenes"]

_PLAY = Fraction(7, 5)  # scenes may differ in length: the mean is this much below the longest


def carried_frames(lengths: Sequence[Fraction], kind: Kind, fps: Fraction) -> tuple[int, ...]:
    """Frames of the longest scene that a clip of each length carries, its transition included; ascending."""
    overlap = 0 if kind == "music_video" else math.ceil(LONGEST_OVERLAP_SECONDS * fps)
    frames = (math.floor(length * fps) - overlap for length in sorted(lengths))
    return tuple(count for count in frames if count > 0)


def enough_scenes(count: int, brief: Brief, total: int, carried: Sequence[int]) -> int:
    """`count`, or as many as the clips are long enough for; raises InvalidInput if that is too many."""
    if not carried:
        return count
    needed, most = math.ceil(total / carried[-1]), LIMITS[brief.kind].max_scenes
    if needed > most:
        longest = float(carried[-1] / brief.fps)
        raise InvalidInput(
            file="",
            field="duration_seconds",
            reason=f"is more than {most} scenes of the {longest:.3g} s that the model makes",
            remedy="use a model that makes longer clips, or a shorter duration_seconds",
        )
    return max(count, needed)


def cap_frames(carried: Sequence[int], total: int, count: int) -> int | None:
    """The longest scene of a plan: a model is paid for all it makes, so the shortest that leaves play."""
    roomy = (frames for frames in carried if frames * count >= total * _PLAY)
    return next(roomy, carried[-1]) if carried else None


def check_requests(brief: Brief, carried: Sequence[int]) -> None:
    """Raise InvalidInput for a scene of the user's that no clip of the model can carry."""
    if not carried:
        return
    for i, scene in enumerate(brief.scenes):
        asked = scene.duration_seconds
        if scene.source is None and asked is not None and round(asked * brief.fps) > carried[-1]:
            longest = float(carried[-1] / brief.fps)
            raise InvalidInput(
                file="",
                field=f"scenes[{i}].duration_seconds",
                reason=f"{asked:g} s is more than the {longest:.3g} s that the model makes",
                remedy="shorten the scene, split it in two, or use another model",
            )
