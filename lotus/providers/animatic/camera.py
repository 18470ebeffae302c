"""Camera moves and the easing of everything that moves: pure functions of time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["MOVES", "Pose", "ease_in_out", "overshoot", "pose"]


@dataclass(frozen=True)
class Pose:
    """How the camera has moved the picture at depth 1: x, y in frame widths and heights, and zoom."""

    x: float
    y: float
    zoom: float


def ease_in_out(t: float) -> float:
    """0..1 to 0..1, soft at both ends but never standing still, so that cuts stay lively."""
    t = min(1.0, max(0.0, t))
    return 0.55 * t + 0.45 * (t * t * (3 - 2 * t))


def overshoot(t: float) -> float:
    """0..1 to 0..1, past the end by about 8 % and back: how an element arrives."""
    t = min(1.0, max(0.0, t)) - 1.0
    return 1.0 + 2.4 * t**3 + 1.4 * t * t


def static(p: float, seconds: float) -> Pose:
    return Pose(0.004 * math.sin(seconds * 0.9), 0.004 * math.sin(seconds * 0.7 + 1), 1.015)


def handheld(p: float, seconds: float) -> Pose:
    sway = 0.009 * math.sin(seconds * 1.7) + 0.004 * math.sin(seconds * 3.9 + 2)
    lift = 0.010 * math.sin(seconds * 1.3 + 0.7) + 0.004 * math.sin(seconds * 4.7)
    return Pose(sway, lift, 1.055)


def orbit(p: float, seconds: float) -> Pose:
    turn = math.pi * (p - 0.5)
    return Pose(0.085 * math.sin(turn), -0.012 * math.cos(turn), 1.03 + 0.05 * math.cos(turn))


MOVES: dict[str, Callable[[float, float], Pose]] = {
    "static": static,
    "zoom_in": lambda p, _: Pose(0.0, 0.010 * p, 1.0 + 0.19 * p),
    "zoom_out": lambda p, _: Pose(0.0, 0.010 * (1 - p), 1.19 - 0.19 * p),
    "pan_left": lambda p, _: Pose(0.085 * (2 * p - 1), 0.0, 1.04),
    "pan_right": lambda p, _: Pose(-0.085 * (2 * p - 1), 0.0, 1.04),
    "tilt_up": lambda p, _: Pose(0.0, 0.075 * (2 * p - 1), 1.04),
    "tilt_down": lambda p, _: Pose(0.0, -0.075 * (2 * p - 1), 1.04),
    "orbit": orbit,
    "handheld": handheld,
}


def pose(move: str, progress: float, seconds: float) -> Pose:
    """The camera at `progress` 0..1 of a clip, `seconds` after its start; an unknown move is static."""
    return MOVES.get(move, static)(ease_in_out(progress), seconds)
