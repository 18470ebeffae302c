"""What one board is made from: plain data, and the seeded randomness that belongs to it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

__all__ = ["Board", "random_for"]


@dataclass(frozen=True)
class Board:
    """One scene to draw: what it shows, its look, shape (pixels), length (frames) and place.

    `names` are pictograms, the leading one first; `word` is set in type where there are none. `end`: a call
    to action will be laid over its middle.
    """

    names: tuple[str, ...]
    word: str
    camera: str
    palette: tuple[str, ...]
    style: str
    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    index: int
    end: bool = False


def random_for(*parts: object) -> np.random.Generator:
    """A random generator that depends on `parts` alone, on every machine."""
    digest = hashlib.sha256("\x1f".join(map(repr, parts)).encode("utf-8", "backslashreplace")).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
