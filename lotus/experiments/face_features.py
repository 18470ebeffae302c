"""Faces over a video: how many, how large, and whether they stay what they are.

Looks at pairs of frames a quarter of a second apart. A face in one frame alone is an accident, or
falls apart; the metrics tell it from one that is seen twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lotus.experiments.stills import upright_picture
from lotus.media.faces import SURE, Boxes, find_faces
from lotus.media.opening import OPTIONS

if TYPE_CHECKING:
    from lotus.experiments.features import Features

__all__ = ["face_size", "face_stability", "faces"]

APART_SECONDS = 0.25  # of the two frames of a pair
PAIRS = 20  # at most, at equal distances
SIDE = 480  # pixels of the longer side of the picture
SAME_PLACE = 0.5  # of a face's height: a middle that moves by more is another face
SAME_SIZE = 1.25  # times the height: more is another face
Pair = tuple[Boxes, Boxes]


def faces(features: Features) -> float:
    """The median number of faces that are seen in both frames of a pair."""
    pairs = _pairs(features)
    return float(np.median([len(_lasting(*pair)) for pair in pairs])) if pairs else 0.0


def face_size(features: Features) -> float | None:
    """The median height of the largest such face, as a share of the picture's height."""
    heights = [
        max(before[one, 3] - before[one, 1] for one, _ in lasting)
        for before, after in _pairs(features)
        if (lasting := _lasting(before, after))
    ]
    height = features.height * _scale(features)
    return float(np.median(heights)) / height if heights else None


def face_stability(features: Features) -> float | None:
    """The share of faces that are seen again in the other frame of their pair: at about the same
    place, and as large. None without any.
    """
    count = again = 0
    for before, after in _pairs(features):
        lasting = _lasting(before, after)
        sure = [int((boxes[:, 4] >= SURE).sum()) for boxes in (before, after)]
        count += sum(sure)
        again += sum(int(before[a, 4] >= SURE) + int(after[b, 4] >= SURE) for a, b in lasting)
    return float(again / count) if count else None


def pair_frames(frames: int, fps: float) -> list[tuple[int, int]]:
    """The numbers of the frames of each pair."""
    apart = min(max(1, round(APART_SECONDS * fps)), frames - 1)
    if apart < 1:
        return []
    count = min(PAIRS, (frames - 1) // apart)
    last = frames - 1 - apart
    starts = [round(i * last / max(count - 1, 1)) for i in range(count)]
    return [(start, start + apart) for start in starts]


def _pairs(features: Features) -> list[Pair]:
    modified_at = features.path.stat().st_mtime_ns
    pairs = tuple(pair_frames(features.frames, features.fps))
    boxes = _faces_by_frame(features.path, modified_at, pairs, _scale(features))
    return [(boxes[one], boxes[other]) for one, other in pairs if one in boxes and other in boxes]


def _scale(features: Features) -> float:
    return min(1.0, SIDE / max(features.width, features.height))


@lru_cache(maxsize=8)  # three metrics look at the same video, one after another
def _faces_by_frame(
    path: Path, modified_at: int, pairs: tuple[tuple[int, int], ...], scale: float
) -> Mapping[int, Boxes]:
    """The faces in these frames, by the frame's number."""
    import av

    numbers = {number for pair in pairs for number in pair}
    with av.open(f"file:{path}", options=OPTIONS, metadata_errors="ignore") as container:
        frames = enumerate(container.decode(container.streams.video[0]))
        return {
            n: find_faces(upright_picture(f, "rgb24", scale)) for n, f in frames if n in numbers
        }


def _lasting(before: Boxes, after: Boxes) -> list[tuple[int, int]]:
    """Faces of both frames that are one, by their numbers, the nearest first; one is sure."""
    if not len(before) or not len(after):
        return []
    middles = [(boxes[:, :2] + boxes[:, 2:4]) / 2 for boxes in (before, after)]
    heights = [boxes[:, 3] - boxes[:, 1] for boxes in (before, after)]
    larger = np.maximum(heights[0][:, None], heights[1][None])
    smaller = np.minimum(heights[0][:, None], heights[1][None])
    gaps = np.linalg.norm(middles[0][:, None] - middles[1][None], axis=2) / larger
    gaps[larger > SAME_SIZE * smaller] = np.inf
    gaps[np.maximum(before[:, 4][:, None], after[:, 4][None]) < SURE] = np.inf
    matches: list[tuple[int, int]] = []
    while np.min(gaps) <= SAME_PLACE:
        one, other = np.unravel_index(int(np.argmin(gaps)), gaps.shape)
        matches.append((int(one), int(other)))
        gaps[one, :] = gaps[:, other] = np.inf
    return matches
