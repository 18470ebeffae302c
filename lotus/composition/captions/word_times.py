"""Captions that follow a voice: which word is spoken when, and where in the lines it
stands. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import accumulate, pairwise

from lotus.composition.text.ass import clean
from lotus.composition.text.typeset import Line
from lotus.composition.text.unicode import clusters, may_break

__all__ = ["marked", "spoken_at", "spoken_words", "word_frames"]

Word = int  # a word's place in its caption
_PAUSE = 1.5  # a word takes as long as it has letters, and so many more


def spoken_words(text: str) -> tuple[str, ...]:
    """The words of a text: what spaces part, and in scripts without spaces what a line may break
    between.
    """
    words: list[str] = []
    for part in clean(text).split():
        before = ""
        for cluster in clusters(part):
            if before and (before in "-–—" or not may_break(before, cluster)):
                words[-1] += cluster
            else:
                words.append(cluster)
            before = cluster
    return tuple(words)


def word_frames(
    words: Sequence[str], frames: int, rate: Fraction, seconds: Sequence[float]
) -> tuple[int, ...]:
    """The frame at which each word begins, counted from the caption's first: as given in seconds,
    or over the caption's `frames` by how long the words are.
    """
    if seconds:
        return tuple(round(Fraction(s).limit_denominator(10**6) * rate) for s in seconds)
    weights = [len(clusters(word)) + _PAUSE for word in words]
    ends = list(accumulate(weights))
    return tuple(
        round(frames * (end - own) / ends[-1]) for end, own in zip(ends, weights, strict=True)
    )


def spoken_at(starts: Sequence[int], first: int, end: int) -> Iterator[tuple[int, int, Word]]:
    """What is spoken in frames [first, end): (first frame, end, word), and word -1 before the
    first.
    """
    marks = sorted({first, end, *(start for start in starts if first < start < end)})
    for a, b in pairwise(marks):
        yield a, b, sum(1 for start in starts if start <= a) - 1


def marked(lines: Sequence[Line], words: Sequence[str]) -> list[tuple[Line, tuple[Word, ...]]]:
    """The lines with their pieces cut between words, and the word that each piece belongs to.

    Lines hold the words' characters in order, with spaces and marks of direction between them.
    """
    remaining = [(i, char) for i, word in enumerate(words) for char in word][::-1]
    word = 0
    words_of_time = []
    for line in lines:
        pieces = []
        owners = []
        for piece in line.pieces:
            runs: list[tuple[Word, str]] = []
            for char in piece.text:
                if remaining and remaining[-1][1] == char:
                    word = remaining.pop()[0]
                if runs and runs[-1][0] == word:
                    runs[-1] = (word, runs[-1][1] + char)
                else:
                    runs.append((word, char))
            pieces += [replace(piece, text=text) for _, text in runs]
            owners += [owner for owner, _ in runs]
        words_of_time.append((replace(line, pieces=tuple(pieces)), tuple(owners)))
    return words_of_time
