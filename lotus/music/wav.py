"""A bed as a file."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

from lotus.music.mix import scored_bed
from lotus.music.recipes import SAMPLE_RATE

__all__ = ["write_bed"]


def write_bed(name: str, seconds: float, path: str | Path, seed: int = 0) -> Path:
    """Write a scored bed as a WAV of 16 bits, 48 kHz stereo; a file of that name is replaced.

    Parameters
    ----------
    name
        A bed of `BED_NAMES`.
    seconds
        Length of the piece.
    path
        The WAV file.
    seed
        Another seed is another piece of the same mood.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UnknownName
        If there is no such bed.
    """
    blocks = scored_bed(name, round(seconds * SAMPLE_RATE), seed)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for block in blocks:
            file.writeframes((np.clip(block, -1, 1) * 32_767).astype("<i2").tobytes())
    return Path(path)
