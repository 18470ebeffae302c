"""Scenes that do not look like the others: colours and shapes of their middle frames, compared.

Offline and without a model: it says where to look, not who is in the picture.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SceneDrift", "drifting"]

LEAST_DISTANCE = 0.30  # below this no scene drifts, however alike the others are
OUTLIER = 2.5  # times the usual distance
_SIDE = 96  # pixels to which frames are reduced
_HUES, _LIGHTS, _EDGES = 12, 6, 9


@dataclass(frozen=True)
class SceneDrift:
    """How far a scene, counted from 1, is from the others (0 alike, 1 nothing in common)."""

    number: int
    distance: float
    drifts: bool


def drifting(frames: Sequence[NDArray[np.uint8]]) -> tuple[SceneDrift, ...]:
    """Compare each frame (H, W, 3) with the median of the others; two are too few to tell."""
    import numpy as np

    looks = [_statistics(frame) for frame in frames]
    distances = []
    for i, look in enumerate(looks):
        others = [other for n, other in enumerate(looks) if n != i]
        distances.append(_distance(look, np.median(others, axis=0)) if others else 0.0)
    usual = float(np.median(distances)) if distances else 0.0
    least = max(LEAST_DISTANCE, OUTLIER * usual)
    return tuple(
        SceneDrift(i, round(distance, 3), len(looks) > 2 and distance > least)
        for i, distance in enumerate(distances, 1)
    )


def _statistics(frame: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Shares of hues (by saturation), of lightness and of edge directions (by strength)."""
    import cv2
    import numpy as np

    small = cv2.resize(frame, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA)
    hue, saturation, value = cv2.split(cv2.cvtColor(small, cv2.COLOR_RGB2HSV))
    grey = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
    across, down = cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)
    angle = np.arctan2(down, across) % np.pi
    parts = (
        np.histogram(hue, _HUES, (0, 180), weights=saturation.astype(float) + 1)[0],
        np.histogram(value, _LIGHTS, (0, 256))[0],
        np.histogram(angle, _EDGES, (0, np.pi), weights=np.hypot(across, down) + 1e-3)[0],
    )
    shares = [part / max(float(part.sum()), 1e-9) for part in parts]
    return np.concatenate(shares)


def _distance(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Half the sum of what differs, of hues and lightness first, then of edges; 0 to 1."""
    import numpy as np

    split = (_HUES, _HUES + _LIGHTS)
    gaps = [
        float(np.abs(a - b).sum()) / 2
        for a, b in zip(np.split(one, split), np.split(other, split), strict=True)
    ]
    return 0.5 * gaps[0] + 0.3 * gaps[1] + 0.2 * gaps[2]
