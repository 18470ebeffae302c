"""Camera moves over photos and clips: one entry per move. Pure."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["MOVES", "STILL", "View", "corners", "corners_between", "ease", "view_at"]

# zoom, then where in the spare picture to look: -1 is left or top, 1 right or bottom
View = tuple[float, float, float]

STILL: View = (1.0, 0, 0)  # all of the picture

MOVES: Mapping[str, tuple[View, View]] = {
    "static": (STILL, STILL),
    "zoom_in": ((1.0, 0, 0), (1.18, 0, -0.1)),
    "zoom_out": ((1.18, 0, -0.1), (1.0, 0, 0)),
    "pan_left": ((1.14, 1, 0), (1.14, -1, 0)),
    "pan_right": ((1.14, -1, 0), (1.14, 1, 0)),
    "tilt_up": ((1.14, 0, 1), (1.14, 0, -1)),
    "tilt_down": ((1.14, 0, -1), (1.14, 0, 1)),
    "orbit": ((1.08, -1, 0.4), (1.16, 1, -0.4)),
    "handheld": ((1.06, -0.3, 0.2), (1.09, 0.3, -0.2)),
}


def ease(p: float) -> float:
    """0..1 to 0..1: softer at both ends, never standing still."""
    return 0.6 * p + 0.4 * p * p * (3 - 2 * p)


def view_at(move: str, p: float) -> View:
    """The view at `p`, 0..1 of the clip."""
    start, end = MOVES[move]
    q = ease(p)
    return (
        start[0] + (end[0] - start[0]) * q,
        start[1] + (end[1] - start[1]) * q,
        start[2] + (end[2] - start[2]) * q,
    )


def corners(move: str, first: int, frames: int) -> dict[str, str]:
    """The move as options of ffmpeg's `perspective` filter, for a piece that begins at frame
    `first`.
    """
    return corners_between(*MOVES[move], first, frames)


def corners_between(start: View, end: View, first: int, frames: int) -> dict[str, str]:
    """From one view to another in `frames` frames, for a piece that begins at frame `first`."""
    (z0, x0, y0) = start
    (z1, x1, y1) = end
    p = f"((on+{first})/{max(1, frames - 1)})"
    q = f"(0.6*{p}+0.4*{p}*{p}*(3-2*{p}))"
    zoom, x, y = (f"({a}+({b - a:.6f})*{q})" for a, b in ((z0, z1), (x0, x1), (y0, y1)))
    left = f"(W-W/{zoom})/2*(1+{x})"
    top = f"(H-H/{zoom})/2*(1+{y})"
    right = f"{left}+W/{zoom}"
    bottom = f"{top}+H/{zoom}"
    points = ((left, top), (right, top), (left, bottom), (right, bottom))
    options = {
        f"{axis}{i}": value
        for i, point in enumerate(points)
        for axis, value in zip("xy", point, strict=True)
    }
    return {**options, "sense": "source", "eval": "frame", "interpolation": "cubic"}
