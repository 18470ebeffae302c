"""Scenes that are at least as long as the words that are said over them. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction

from lotus.documents.brief import LIMITS, Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.music.choice import bed_beats, bed_name, bed_seed
from lotus.planning.cuts import SLOWEST_CUT_FPS, on_beats
from lotus.planning.reading import reading_seconds
from lotus.planning.timing import least_frames, needed_frames, share_frames, to_frames

__all__ = [
    "LEAD_SECONDS",
    "TAIL_SECONDS",
    "WHOLE",
    "back_on_beats",
    "check_narration",
    "fit_narration",
    "lengthened",
    "narrations",
    "spoken_seconds",
]

WHOLE = -1  # in place of a scene's index: the narration of the whole video
LEAD_SECONDS = 0.2  # from the beginning of a scene to its first word
TAIL_SECONDS = 0.3  # from its last word to its end
LAST_TAIL_SECONDS = 0.8  # the same at the end of the video
WORDS_PER_SECOND = 2.6  # of a voice that has not spoken yet, on the slow side
CHARS_PER_SECOND = 13.0


def narrations(storyboard: Storyboard) -> dict[int, str]:
    """What is said, by the index of its scene, or `WHOLE`."""
    if storyboard.brief.narration:
        return {WHOLE: storyboard.brief.narration}
    return {i: scene.narration for i, scene in enumerate(storyboard.scenes) if scene.narration}


def spoken_seconds(text: str) -> float:
    """How long a voice will take for a text that it has not said yet."""
    wide = sum(1 for char in text if char >= "\u2e80")
    return max(len(text.split()) / WORDS_PER_SECOND, (len(text) + wide) / CHARS_PER_SECOND)


def fit_narration(storyboard: Storyboard, seconds: Mapping[int, float]) -> Storyboard:
    """The plan of a brief with scenes as long as their words: `seconds` of each narration.

    Lengths that the brief gives stay: of scenes, and of the whole, of which other scenes then give
    up time. Without a length of the whole, the video becomes longer. Raises InvalidInput, one line,
    for what does not fit.
    """
    if not seconds:
        return storyboard
    brief = storyboard.brief
    frames = [_frames(scene.duration_seconds, brief.fps) for scene in storyboard.scenes]
    least = [_least_frames(i, len(frames), seconds.get(i), brief.fps) for i in range(len(frames))]
    fixed = _fixed(storyboard)
    _check_scenes(brief, frames, least, [i for i in range(len(frames)) if fixed[i]])
    if brief.duration_seconds is None and brief.kind == "ad":
        cut = [
            is_fixed or scene.source is not None
            for is_fixed, scene in zip(fixed, storyboard.scenes, strict=True)
        ]
        lengths = _lengthened(brief, frames, least, cut, seconds.get(WHOLE))
    else:
        lengths = _shared(storyboard, frames, least, fixed, seconds.get(WHOLE))
    if lengths == frames:
        return storyboard
    return _with_frames(storyboard, lengths)


def back_on_beats(storyboard: Storyboard, seconds: Mapping[int, float]) -> Storyboard:
    """The storyboard of an ad with its cuts on beats of its bed again, each scene as long as its
    words. Unchanged where the brief gives lengths or clips, or where no beats fit.
    """
    brief = storyboard.brief
    if storyboard.scoring != 2 or brief.fps < SLOWEST_CUT_FPS or any(_fixed(storyboard)):
        return storyboard
    if any(scene.source is not None for scene in storyboard.scenes):
        return storyboard
    name = bed_name(brief.music, storyboard.look.mood)
    seed = bed_seed(brief.planning_seed, brief.prompt)
    grid = bed_beats(name, seed, storyboard.duration_seconds)
    if grid is None:
        return storyboard
    frames = [_frames(scene.duration_seconds, brief.fps) for scene in storyboard.scenes]
    count = len(frames)
    closing = needed_frames(brief, sum(frames), count)
    least = [
        max(_least_frames(i, count, seconds.get(i), brief.fps), closing[i]) for i in range(count)
    ]
    moved = on_beats(frames, grid, brief.fps, least, [None] * count, firm=True)
    return storyboard if list(moved) == frames else _with_frames(storyboard, moved)


def lengthened(storyboard: Storyboard, seconds: Mapping[int, float]) -> Storyboard:
    """The storyboard with scenes that are too short for their words made as long as they; the last
    scene, where the words are of the whole video.
    """
    fps = storyboard.brief.fps
    frames = [_frames(scene.duration_seconds, fps) for scene in storyboard.scenes]
    lengths = [
        max(have, _least_frames(i, len(frames), seconds.get(i), fps))
        for i, have in enumerate(frames)
    ]
    if WHOLE in seconds:
        goal = math.ceil((LEAD_SECONDS + seconds[WHOLE] + LAST_TAIL_SECONDS) * fps)
        lengths[-1] += max(0, goal - sum(lengths))
    return storyboard if lengths == frames else _with_frames(storyboard, lengths)


def check_narration(storyboard: Storyboard, seconds: Mapping[int, float]) -> None:
    """Raise InvalidInput for the first scene of a storyboard that is shorter than its words.

    A storyboard is rendered as it is written: its lengths are not changed.
    """
    brief = storyboard.brief
    frames = [_frames(scene.duration_seconds, brief.fps) for scene in storyboard.scenes]
    least = [_least_frames(i, len(frames), seconds.get(i), brief.fps) for i in range(len(frames))]
    _check_scenes(brief, frames, least, range(len(frames)))
    if WHOLE in seconds:
        _check_whole(brief, sum(frames), seconds[WHOLE], "the scenes last")


def _frames(seconds: float, fps: Fraction) -> int:
    return max(1, to_frames(seconds, fps))


def _least_frames(index: int, count: int, seconds: float | None, fps: Fraction) -> int:
    if seconds is None:
        return 0
    tail = LAST_TAIL_SECONDS if index == count - 1 else TAIL_SECONDS
    return math.ceil((LEAD_SECONDS + seconds + tail) * fps)


def _fixed(storyboard: Storyboard) -> list[bool]:
    """Whether a scene has the length that the brief gives it: its own scenes come first."""
    own = [scene.duration_seconds is not None for scene in storyboard.brief.scenes]
    return [*own, *([False] * len(storyboard.scenes))][: len(storyboard.scenes)]


def _check_scenes(
    brief: Brief, frames: Sequence[int], least: Sequence[int], places: Sequence[int]
) -> None:
    for i in places:
        if least[i] > frames[i]:
            takes = float(least[i] / brief.fps)
            raise InvalidInput(
                file="",
                field=f"scenes[{i}].narration",
                reason=f"takes {takes:.1f} s with its pauses, and the scene lasts "
                f"{float(frames[i] / brief.fps):.3g} s",
                remedy=f"write duration_seconds: {math.ceil(takes * 10) / 10:g}, or fewer words",
            )


def _check_whole(brief: Brief, total: int, seconds: float, what: str) -> None:
    takes = LEAD_SECONDS + seconds + LAST_TAIL_SECONDS
    if math.ceil(takes * brief.fps) > total:
        raise _too_long(brief, takes, f"{what} {float(total / brief.fps):.3g} s")


def _too_long(brief: Brief, takes: float, has: str) -> InvalidInput:
    most = LIMITS[brief.kind].max_seconds
    longer = f"write duration_seconds: {math.ceil(takes)}, or " if takes <= most else "write "
    reason = f"takes {takes:.1f} s with its pauses, and {has}"
    return InvalidInput(file="", field="narration", reason=reason, remedy=f"{longer}fewer words")


def _lengthened(
    brief: Brief,
    frames: Sequence[int],
    least: Sequence[int],
    fixed: Sequence[bool],
    whole: float | None,
) -> list[int]:
    """Scenes that are too short for their words become longer, and the video with them."""
    lengths = [max(have, need) for have, need in zip(frames, least, strict=True)]
    most = to_frames(LIMITS[brief.kind].max_seconds, brief.fps)
    if whole is not None:
        goal = math.ceil((LEAD_SECONDS + whole + LAST_TAIL_SECONDS) * brief.fps)
        if goal > most:
            limit = f"a video of kind {brief.kind} lasts {float(most / brief.fps):g} s at most"
            raise _too_long(brief, float(goal / brief.fps), limit)
        if goal > sum(lengths) and not all(fixed):
            lengths = _spread(lengths, lengths, fixed, goal)
        _check_whole(brief, sum(lengths), whole, "the scenes last")
    if sum(lengths) > most:
        limit = f"a video of kind {brief.kind} lasts {float(most / brief.fps):g} s at most"
        raise _too_long(brief, float(sum(lengths) / brief.fps), limit)
    return lengths


def _shared(
    storyboard: Storyboard,
    frames: Sequence[int],
    least: Sequence[int],
    fixed: Sequence[bool],
    whole: float | None,
) -> list[int]:
    """The same length in all: scenes with time to spare give it to those that need it."""
    brief = storyboard.brief
    total = sum(frames)
    if whole is not None:
        _check_whole(brief, total, whole, "the video lasts")
    if all(need <= have for have, need in zip(frames, least, strict=True)):
        return list(frames)
    for comfort in (True, False):
        floors = [
            have if is_fixed else max(need, _least(storyboard, i, have, comfort))
            for i, (have, need, is_fixed) in enumerate(zip(frames, least, fixed, strict=True))
        ]
        if sum(floors) <= total:
            return _spread(frames, floors, fixed, total)
    takes = float(sum(floors) / brief.fps)
    raise _too_long(brief, takes, f"the video lasts {float(total / brief.fps):.3g} s")


def _least(storyboard: Storyboard, index: int, have: int, comfort: bool) -> int:
    """Frames that a scene keeps: those of a shortest one, or what its caption takes to read."""
    fps = storyboard.brief.fps
    least = min(have, least_frames(fps))
    caption = storyboard.scenes[index].caption
    if not comfort:
        return least
    if index == len(storyboard.scenes) - 1:  # with the card of the brand
        return have
    return (
        max(least, min(have, to_frames(reading_seconds(caption) + 0.5, fps))) if caption else least
    )


def _spread(
    frames: Sequence[int], least: Sequence[int], fixed: Sequence[bool], total: int
) -> list[int]:
    """`total` frames: fixed scenes as they are, others by their lengths, none below its least."""
    free = [i for i, is_fixed in enumerate(fixed) if not is_fixed]
    left = total - sum(frames[i] for i in range(len(frames)) if fixed[i])
    shares = share_frames(left, [float(frames[i]) for i in free], [least[i] for i in free])
    lengths = list(frames)
    for i, share in zip(free, shares, strict=True):
        lengths[i] = share
    return lengths


def _with_frames(storyboard: Storyboard, frames: Sequence[int]) -> Storyboard:
    fps = storyboard.brief.fps
    scenes = tuple(
        scene.model_copy(update={"duration_seconds": float(count / fps)})
        for scene, count in zip(storyboard.scenes, frames, strict=True)
    )
    return storyboard.model_copy(update={"scenes": scenes})
