"""Where a music video is cut: on beats, more often where the track is loud. Pure."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from lotus.music.grid import BeatGrid
from lotus.planning.timing import least_frames

__all__ = ["SLOWEST_CUT_FPS", "BeatCuts", "cut_on_beats", "on_beats", "snapped"]

SLOWEST_CUT_FPS = 12  # with fewer frames a second, a frame is too long to be on a beat
QUIET_SCENE_SECONDS = 5.5  # the length that a scene should have in the quietest stretch
LOUD_SCENE_SECONDS = 2.4  # and in the loudest
OFF_BAR_COST = 0.12  # of a cut on a beat that begins no bar; a scene twice too long costs 0.48
SECTION_REWARD = 1.2  # for a cut where another section of the track begins
LONGEST_FACTOR = 3.0  # of the length that a scene should have: longer ones are not tried
UNUSED_COST = 0.5  # of a clip of which as much is left over as is shown
PACES = tuple(1.06**step for step in range(-16, 33))  # factors on all lengths


@dataclass(frozen=True)
class BeatCuts:
    """The frames of each scene, and which cuts (counted from 0) begin a section of the track."""

    frames: tuple[int, ...]
    sections: frozenset[int]


@dataclass(frozen=True)
class _Point:
    """A frame where a cut may be: its loudness, and what a cut costs there."""

    frame: int
    energy: float
    cost: float
    section: bool = False


def cut_on_beats(
    grid: BeatGrid,
    total: int,
    fps: Fraction,
    scenes: range,
    longest: int | None = None,
    waste: Callable[[int], float] = lambda frames: 0.0,
) -> BeatCuts | None:
    """Cuts for `total` frames, with a number of scenes that is in `scenes`; None if there are none.

    `longest` is the most frames of a scene, where a model makes no longer clips. The pace is the
    track's own where the number of scenes allows it, else the nearest. `waste` says how many frames
    would be bought and not shown with a scene of so many frames, for each frame that it shows.
    """
    points = _points(grid, total, fps)
    if len(points) < 4:
        return None
    for pace in sorted(PACES, key=lambda factor: abs(math.log(factor))):
        path = _cheapest(points, fps, pace, longest, waste)
        if path is not None and len(path) - 1 in scenes:
            marks = frozenset(number for number, point in enumerate(path[1:-1]) if point.section)
            frames = tuple(b.frame - a.frame for a, b in pairwise(path))
            return BeatCuts(frames, marks)
    return None


def _points(grid: BeatGrid, total: int, fps: Fraction) -> list[_Point]:
    """The beginning, every beat inside the video, and the end."""
    bars = set(grid.downbeats)
    marks = _section_beats(grid)
    inside = [
        _Point(
            frame=round(beat * fps),
            energy=grid.energies[index],
            cost=(0.0 if index in bars else OFF_BAR_COST)
            - (SECTION_REWARD if index in marks else 0.0),
            section=index in marks,
        )
        for index, beat in enumerate(grid.beats)
        if 0 < round(beat * fps) < total
    ]
    if not inside:
        return []
    return [_Point(0, inside[0].energy, 0.0), *inside, _Point(total, inside[-1].energy, 0.0)]


def _section_beats(grid: BeatGrid) -> set[int]:
    """The beat nearest to the start of each section but the first, on a bar where one is near."""
    marks = set()
    for section in grid.sections[1:]:
        bars = [(abs(grid.beats[i] - section.start_seconds), i) for i in grid.downbeats]
        beats = [(abs(beat - section.start_seconds), i) for i, beat in enumerate(grid.beats)]
        near = min(bars) if bars and min(bars)[0] < 1.0 else min(beats)
        marks.add(near[1])
    return marks


def _cheapest(
    points: Sequence[_Point],
    fps: Fraction,
    pace: float,
    longest: int | None,
    waste: Callable[[int], float],
) -> list[_Point] | None:
    """The cheapest way from the first point to the last (dynamic programming)."""
    least = least_frames(fps)
    loudness = [0.0]
    for point in points:
        loudness.append(loudness[-1] + point.energy)
    cost = [0.0] + [math.inf] * (len(points) - 1)
    back = [0] * len(points)
    for b in range(1, len(points)):
        for a in range(b - 1, -1, -1):
            frames = points[b].frame - points[a].frame
            energy = (loudness[b] - loudness[a]) / (b - a)
            ideal = pace * _scene_seconds(energy) * fps
            if frames > LONGEST_FACTOR * ideal and a < b - 1:
                break
            if frames < least or (longest is not None and frames > longest):
                continue
            price = cost[a] + math.log(frames / ideal) ** 2 + points[b].cost
            price += UNUSED_COST * waste(frames)
            if price < cost[b]:
                cost[b] = price
                back[b] = a
    if math.isinf(cost[-1]):
        return None
    path = [len(points) - 1]
    while path[-1]:
        path.append(back[path[-1]])
    return [points[index] for index in reversed(path)]


def _scene_seconds(energy: float) -> float:
    """The length that a scene should have at a loudness, 0 to 1; even steps are even ratios."""
    ratio = LOUD_SCENE_SECONDS / QUIET_SCENE_SECONDS
    return float(QUIET_SCENE_SECONDS * ratio**energy)


HALF_BAR_COST = 0.005  # of a cut on the third beat of four; on another it costs twice as much
# of the length that a scene should have, and of what it needs: no cut makes it shorter, if possible
LEAST_SHARES = ((0.7, 1.0), (0.3, 1.0), (0.0, 0.85))
TURNS = 2  # the last cuts of an ad, into its climax and its ending: their beats weigh more
TURN_WEIGHT = 3.0


def on_beats(
    frames: Sequence[int],
    grid: BeatGrid,
    fps: Fraction,
    least: Sequence[int],
    most: Sequence[int | None],
    firm: bool = False,
) -> tuple[int, ...]:
    """As many scenes of about these lengths, cut on beats; unchanged where that cannot be.

    A scene keeps its `least` frames, or nearly if that is not `firm`, and no more than its `most`.
    First beats of bars are preferred, most of all for the last two cuts.
    """
    costs = _beat_costs(grid, sum(frames), fps)
    for share, slack in LEAST_SHARES:
        floors = [
            max(math.ceil((1.0 if firm else slack) * floor), min(count, math.ceil(share * count)))
            for floor, count in zip(least, frames, strict=True)
        ]
        lengths = _nearest_lengths(frames, costs, floors, most)
        if lengths is not None:
            return lengths
    return tuple(frames)


def _nearest_lengths(
    frames: Sequence[int],
    costs: Mapping[int, float],
    least: Sequence[int],
    most: Sequence[int | None],
) -> tuple[int, ...] | None:
    """The cheapest lengths between cuts at the frames that have a cost; None if none fit."""
    total = sum(frames)
    mean = total / len(frames)
    paths: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}
    for scene, wish in enumerate(frames):
        last = scene == len(frames) - 1
        weight = TURN_WEIGHT if scene >= len(frames) - 1 - TURNS else 1.0
        after: dict[int, tuple[float, tuple[int, ...]]] = {}
        for at, (price, lengths) in paths.items():
            for end in (total,) if last else costs:
                length = end - at
                cap = most[scene]
                if length < least[scene] or (cap is not None and length > cap):
                    continue
                cost = price + wish / mean * math.log(length / wish) ** 2
                cost += 0.0 if last else weight * costs[end]
                if end not in after or cost < after[end][0]:
                    after[end] = (cost, (*lengths, length))
        paths = after
    return paths[total][1] if total in paths else None


def _beat_costs(grid: BeatGrid, total: int, fps: Fraction) -> dict[int, float]:
    """What a cut costs at each frame that has a beat."""
    bars = sorted(grid.downbeats)
    costs = {}
    for index, beat in enumerate(grid.beats):
        frame = round(Fraction(beat) * fps)
        if 0 < frame < total:
            bar = bisect_right(bars, index) - 1
            place = index - bars[bar] if bar >= 0 else 1
            costs[frame] = 0.0 if place == 0 else HALF_BAR_COST * (1 if place == 2 else 2)
    return costs


def snapped(
    frames: Sequence[int],
    grid: BeatGrid,
    fps: Fraction,
    fixed: Sequence[bool],
    most: Sequence[int | None] | int | None = None,
) -> tuple[int, ...]:
    """The same scenes, each cut moved to the nearest beat if both its scenes may change length.

    No scene becomes shorter than a planner's shortest, or longer than its `most` frames.
    """
    caps = [most] * len(frames) if most is None or isinstance(most, int) else list(most)
    least = least_frames(fps)
    beats = [round(beat * fps) for beat in grid.beats]
    lengths = list(frames)
    at = 0
    for cut in range(len(lengths) - 1):
        at += lengths[cut]
        if fixed[cut] or fixed[cut + 1] or not beats:
            continue
        place = bisect_right(beats, at)
        near = min(beats[max(0, place - 1) : place + 1], key=lambda beat: abs(beat - at))
        shift = near - at
        shorter = min(lengths[cut] + shift, lengths[cut + 1] - shift)
        pair = ((caps[cut], lengths[cut] + shift), (caps[cut + 1], lengths[cut + 1] - shift))
        if shorter >= least and all(cap is None or length <= cap for cap, length in pair):
            lengths[cut] += shift
            lengths[cut + 1] -= shift
            at = near
    return tuple(lengths)
