"""How long: the length of the video, how many scenes share it, and the frames of each."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from lotus.documents.brief import AD_SECONDS, LIMITS, Brief, Kind
from lotus.errors import InvalidInput
from lotus.planning.reading import reading_seconds

__all__ = [
    "DISSOLVE_SECONDS",
    "LEAST_SECONDS",
    "cap_frames",
    "carried_frames",
    "check_requests",
    "enough_scenes",
    "even_frames",
    "least_frames",
    "needed_frames",
    "scene_count",
    "share_frames",
    "to_frames",
    "video_seconds",
    "weighed_frames",
]

DISSOLVE_SECONDS = (0.4, 0.5, 0.6)  # that transitions may last
LONGEST_OVERLAP_SECONDS = Fraction(str(max(DISSOLVE_SECONDS)))
LEAST_SECONDS = 1.0  # of a scene that a planner makes
TRACK_TOLERANCE_SECONDS = 0.05  # containers round the length of a track; nobody hears this
MUSIC_SCENE_SECONDS = 4.0
_AD_PACE = ((5, 3), (15, 5), (30, 7), (60, 10))  # seconds, scenes


def least_frames(fps: Fraction) -> int:
    """Frames of the shortest scene that a planner makes."""
    return math.ceil(LEAST_SECONDS * fps)


def to_frames(seconds: float, fps: Fraction) -> int:
    """The nearest whole number of frames."""
    return round(seconds * fps)


def video_seconds(brief: Brief, audio_seconds: float | None) -> float:
    """Length of the video: asked for, or the track's, or 15 s; raises InvalidInput on a wrong
    track.
    """
    if brief.kind == "ad":
        return brief.duration_seconds or AD_SECONDS
    if audio_seconds is None and brief.duration_seconds is None:
        raise _bad_track(
            "the length of the track is unknown", "read the track, or set duration_seconds"
        )
    if audio_seconds is None:
        return brief.duration_seconds or 0.0
    return _track_carries(brief, audio_seconds)


def _track_carries(brief: Brief, audio_seconds: float) -> float:
    limits = LIMITS[brief.kind]
    wish = brief.duration_seconds
    least = wish or limits.min_seconds
    most = math.inf if wish else limits.max_seconds + TRACK_TOLERANCE_SECONDS
    if not audio_seconds >= least - TRACK_TOLERANCE_SECONDS:
        what = (
            f"the {wish:g} s asked for" if wish else f"the {least:g} s of the shortest music video"
        )
        remedy = (
            "use a longer track or a shorter duration_seconds" if wish else "use a longer track"
        )
        raise _bad_track(f"the track lasts {audio_seconds:.1f} s, less than {what}", remedy)
    if not audio_seconds <= most:
        raise _bad_track(
            f"the track lasts {audio_seconds:.1f} s, over the {limits.max_seconds:g} s of a music "
            "video",
            f"set duration_seconds to use its first {limits.max_seconds:g} s or less",
        )
    return wish or min(max(audio_seconds, limits.min_seconds), limits.max_seconds)


def _bad_track(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field="audio", reason=reason, remedy=remedy)


def scene_count(kind: Kind, seconds: float, ideas: int) -> int:
    """How many scenes a length deserves, drawn a little towards the number of ideas."""
    limits = LIMITS[kind]
    if kind == "music_video":
        usual = round(seconds / MUSIC_SCENE_SECONDS)
        slack = 0
    else:
        usual = round(_interpolate(seconds))
        slack = min(usual // 3, 2) if seconds >= 8 else 0
    count = min(max(ideas, usual - slack), usual + slack)
    return min(max(count, limits.min_scenes), limits.max_scenes)


def _interpolate(seconds: float) -> float:
    for (x0, y0), (x1, y1) in pairwise(_AD_PACE):
        if seconds <= x1:
            return y0 + (y1 - y0) * (seconds - x0) / (x1 - x0)
    return _AD_PACE[-1][1]


def even_frames(total: int, count: int) -> tuple[int, ...]:
    """`total` frames in `count` parts that differ by one frame at most."""
    cuts = [total * i // count for i in range(count + 1)]
    return tuple(after - before for before, after in pairwise(cuts))


def share_frames(
    total: int,
    weights: Sequence[float],
    least: Sequence[int],
    most: Sequence[int | None] | None = None,
) -> tuple[int, ...]:
    """Exactly `total` frames by weight, none below its least; above its most only if all are full.

    Each frame goes to the scene that has the fewest for its weight. `sum(least)` is at most
    `total`.
    """
    caps = most or [None] * len(least)
    frames = list(least)
    queue = [(count / weights[i], i) for i, count in enumerate(frames) if _has_room(count, caps[i])]
    if not queue:
        queue = [(count / weights[i], i) for i, count in enumerate(frames)]
        caps = [None] * len(least)
    heapq.heapify(queue)
    for left in range(total - sum(frames), 0, -1):
        if not queue:
            return share_frames(left + sum(frames), weights, frames)
        _, i = heapq.heappop(queue)
        frames[i] += 1
        if _has_room(frames[i], caps[i]):
            heapq.heappush(queue, (frames[i] / weights[i], i))
    return tuple(frames)


def _has_room(frames: int, cap: int | None) -> bool:
    return cap is None or frames < cap


_PLAY = Fraction(7, 5)  # scenes may differ in length: the mean is this much below the longest


def carried_frames(lengths: Sequence[Fraction], kind: Kind, fps: Fraction) -> tuple[int, ...]:
    """Frames of the longest scene that a clip of each length carries, its transition included;
    ascending.
    """
    overlap = 0 if kind == "music_video" else math.ceil(LONGEST_OVERLAP_SECONDS * fps)
    frames = (math.floor(length * fps) - overlap for length in sorted(lengths))
    return tuple(count for count in frames if count > 0)


def enough_scenes(count: int, brief: Brief, total: int, carried: Sequence[int]) -> int:
    """`count`, or as many as the clips are long enough for; raises InvalidInput if that is too
    many.
    """
    if not carried:
        return count
    least = math.ceil(total / carried[-1])
    most = LIMITS[brief.kind].max_scenes
    if least > most:
        longest = float(carried[-1] / brief.fps)
        raise InvalidInput(
            file="",
            field="duration_seconds",
            reason=f"is more than {most} scenes of the {longest:.3g} s that the model makes",
            remedy="use a model that makes longer clips, or a shorter duration_seconds",
        )
    return max(count, least)


def cap_frames(carried: Sequence[int], total: int, count: int) -> int | None:
    """The longest scene of a plan: a model is paid for all it makes, so the shortest that leaves
    play.
    """
    roomy = (frames for frames in carried if frames * count >= total * _PLAY)
    return next(roomy, carried[-1]) if carried else None


def check_requests(brief: Brief, carried: Sequence[int]) -> None:
    """Raise InvalidInput for a scene of the user's that no clip of the model can carry."""
    if not carried:
        return
    for i, scene in enumerate(brief.scenes):
        seconds = scene.duration_seconds
        if (
            scene.source is None
            and seconds is not None
            and round(seconds * brief.fps) > carried[-1]
        ):
            longest = float(carried[-1] / brief.fps)
            raise InvalidInput(
                file="",
                field=f"scenes[{i}].duration_seconds",
                reason=f"{seconds:g} s is more than the {longest:.3g} s that the model makes",
                remedy="shorten the scene, split it in two, or use another model",
            )


_CLOSING_SECONDS = 2.5
_CARD_ENTERS_SECONDS = 1.0  # the transition, and a breath before the card
_CLOSING_SHARE = 0.4  # of the whole video, at most


def weighed_frames(
    brief: Brief, total: int, weights: Sequence[float], carried: Sequence[int]
) -> tuple[int, ...]:
    """`total` frames over as many scenes as there are weights; `carried` is what the model's clips
    carry.
    """
    count = len(weights)
    cap = cap_frames(carried, total, count)
    least = [min(frames, cap or frames) for frames in needed_frames(brief, total, count)]
    return share_frames(total, weights, least, [cap] * count)


def needed_frames(brief: Brief, total: int, count: int) -> list[int]:
    """Frames that each scene needs: a second, and at the end of an ad the time to read the call to
    action.
    """
    one = min(least_frames(brief.fps), total // count)
    end = min(
        to_frames(_card_seconds(brief), brief.fps),
        int(total * _CLOSING_SHARE),
        total - one * (count - 1),
    )
    return [one] * (count - 1) + [max(one, end if brief.kind == "ad" else one)]


def _card_seconds(brief: Brief) -> float:
    words = " ".join(filter(None, (brief.brand.name if brief.brand else None, brief.cta)))
    return max(_CLOSING_SECONDS, _CARD_ENTERS_SECONDS + reading_seconds(words))
