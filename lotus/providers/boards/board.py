"""What one board is made from: plain data, and the seeded randomness that belongs to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

__all__ = ["Board", "is_end_scene", "random_for"]


@dataclass(frozen=True)
class Board:
    """One scene to draw: its words, look, shape (pixels), length (frames) and place in the storyboard."""

    description: str
    camera: str
    palette: tuple[str, ...]
    style: str
    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    index: int
    total: int


def is_end_scene(board: Board) -> bool:
    """Whether this is the last of several scenes, over which a call to action is laid."""
    return board.total > 1 and board.index == board.total - 1


def random_for(*parts: object) -> np.random.Generator:
    """A random generator that depends on `parts` alone, on every machine."""
    digest = hashlib.sha256("\x1f".join(map(repr, parts)).encode("utf-8", "backslashreplace")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
