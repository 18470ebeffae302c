"""Words that are spoken, and when: of narration, or heard in footage. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

__all__ = ["Speech", "SpokenWord", "shift_words"]


@dataclass(frozen=True)
class SpokenWord:
    """A word as it is written, with the seconds of its sound."""

    text: str
    start_seconds: float
    end_seconds: float


@dataclass(frozen=True)
class Speech:
    """A sound that says words: `source` is how a timeline names it."""

    source: str
    seconds: float
    words: tuple[SpokenWord, ...]


def shift_words(words: Sequence[SpokenWord], seconds: float) -> tuple[SpokenWord, ...]:
    """The same words so many seconds later."""
    return tuple(
        replace(
            word, start_seconds=word.start_seconds + seconds, end_seconds=word.end_seconds + seconds
        )
        for word in words
    )
