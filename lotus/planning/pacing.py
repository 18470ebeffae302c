"""How long: the length of the video, how many scenes share it, and the frames of each."""

from __future__ import annotations

import heapq
import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from lotus.documents.brief import AD_SECONDS, LIMITS, Brief, Kind
from lotus.errors import InvalidInput

__all__ = ["even_frames", "scene_count", "share_frames", "to_frames", "video_seconds"]

TRACK_TOLERANCE_SECONDS = 0.05  # containers round the length of a track; nobody hears this
MUSIC_SCENE_SECONDS = 4.0
_AD_PACE = ((5, 3), (15, 5), (30, 7), (60, 10))  # seconds, scenes


def to_frames(seconds: float, fps: Fraction) -> int:
    """The nearest whole number of frames."""
    return round(seconds * fps)


def video_seconds(brief: Brief, audio_seconds: float | None) -> float:
    """Length of the video: asked for, or the track's, or 15 s; raises InvalidInput on a wrong track."""
    if brief.kind == "ad":
        return brief.duration_seconds or AD_SECONDS
    if audio_seconds is None and brief.duration_seconds is None:
        raise _bad_track("the length of the track is not known", "read the track, or set duration_seconds")
    if audio_seconds is None:
        return brief.duration_seconds or 0.0
    return _track_carries(brief, audio_seconds)


def _track_carries(brief: Brief, audio_seconds: float) -> float:
    limits, asked = LIMITS[brief.kind], brief.duration_seconds
    least = asked or limits.min_seconds
    most = math.inf if asked else limits.max_seconds + TRACK_TOLERANCE_SECONDS
    if not audio_seconds >= least - TRACK_TOLERANCE_SECONDS:
        what = f"the {asked:g} s asked for" if asked else f"the {least:g} s of the shortest music video"
        remedy = "use a longer track or a shorter duration_seconds" if asked else "use a longer track"
        raise _bad_track(f"the track lasts {audio_seconds:.1f} s, less than {what}", remedy)
    if not audio_seconds <= most:
        raise _bad_track(
            f"the track lasts {audio_seconds:.1f} s, over the {limits.max_seconds:g} s of a music video",
            f"set duration_seconds to use its first {limits.max_seconds:g} s or less",
        )
    return asked or min(max(audio_seconds, limits.min_seconds), limits.max_seconds)


def _bad_track(reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file="", field="audio", reason=reason, remedy=remedy)


def scene_count(kind: Kind, seconds: float, ideas: int) -> int:
    """How many scenes a length deserves, drawn a little towards the number of ideas."""
    limits = LIMITS[kind]
    if kind == "music_video":
        usual, slack = round(seconds / MUSIC_SCENE_SECONDS), 0
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
    total: int, weights: Sequence[float], least: Sequence[int], most: Sequence[int | None] | None = None
) -> tuple[int, ...]:
    """Exactly `total` frames by weight, none below its least; above its most only if all are full.

    Each frame goes to the scene that has the fewest for its weight. `sum(least)` is at most `total`.
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
