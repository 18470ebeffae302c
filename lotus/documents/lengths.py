"""The length of a text by what it says, whatever its script. No I/O."""

from __future__ import annotations

import unicodedata

__all__ = ["is_wide", "text_length"]


def is_wide(char: str) -> bool:
    """Whether a character is as wide as two letters: Chinese, Japanese, Korean, emoji."""
    return unicodedata.east_asian_width(char) in "WF"


def text_length(text: str) -> int:
    """Number of characters, a wide one counted twice: it says as much as two letters do.

    The weights are those of X's counting of characters (twitter-text, weight 200 of 100).
    """
    return sum(1 + is_wide(char) for char in text)
