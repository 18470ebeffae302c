"""Listening to a track in a file: its beats, and the stretch of it that suits a length best."""

from __future__ import annotations

from pathlib import Path

from lotus.media.sound import read_mono
from lotus.music.grid import BeatGrid
from lotus.music.window import best_start

__all__ = ["LISTENED_SECONDS", "best_in_seconds", "track_grid"]

LISTENED_SECONDS = 600.0  # of a longer track, the best stretch is looked for in its beginning


def track_grid(path: Path, seconds: float, start_seconds: float = 0.0) -> BeatGrid:
    """The beats of so many seconds of a file, counted from `start_seconds`. Raises MediaError."""
    from lotus.music.beats import RATE, analyse

    return analyse(read_mono(path, RATE, seconds, start_seconds))


def best_in_seconds(path: Path, seconds: float) -> float:
    """Where the stretch of so many seconds begins that suits a video best. Raises MediaError."""
    return round(best_start(track_grid(path, LISTENED_SECONDS), seconds), 3)
