"""Words as they are written, with the times of the words that were said for them: `$5` for five
dollars. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import accumulate, pairwise

from lotus.documents.speech import SpokenWord

__all__ = ["written_words"]


def written_words(text: str, transcript: Sequence[SpokenWord]) -> tuple[SpokenWord, ...]:
    """The words of `text`, each with its time; those that nobody said stand where they would be."""
    words = text.split()
    matcher = SequenceMatcher(
        None,
        [_plain(word) for word in words],
        [_plain(word.text) for word in transcript],
        autojunk=False,
    )
    words_in_time: list[SpokenWord] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "insert":
            continue
        at = (
            words_in_time[-1].end_seconds
            if words_in_time
            else (transcript[0].start_seconds if transcript else 0.0)
        )
        start = transcript[c].start_seconds if d > c else at
        end = transcript[d - 1].end_seconds if d > c else at
        if b - a == d - c:
            times = [(word.start_seconds, word.end_seconds) for word in transcript[c:d]]
        else:
            shares = list(accumulate((len(word) + 1 for word in words[a:b]), initial=0))
            points = [start + (end - start) * share / shares[-1] for share in shares]
            times = list(pairwise(points))
        words_in_time += [
            SpokenWord(word, round(begin, 3), round(over, 3))
            for word, (begin, over) in zip(words[a:b], times, strict=True)
        ]
    return tuple(words_in_time)


def _plain(word: str) -> str:
    return "".join(char for char in word.casefold() if char.isalnum())
