"""Spoken words as captions: broken where people breathe, and shown long enough to be read. Pure.

Limits of one caption: two lines (`fits_lines`), the reading speed of `reading_seconds`, and the
7 seconds of the Netflix Timed Text Style Guides.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

from lotus.documents.speech import SpokenWord
from lotus.planning.reading import LEAST_SECONDS, fits_lines, reading_seconds

__all__ = ["SubtitleCue", "phrases_of"]

MOST_SECONDS = 7.0
BREATH_SECONDS = 0.25  # a pause as long as this is a place to break
SENTENCE_END = tuple(".!?…。！？।؟")
CLAUSE_END = tuple(",;:、，；：—–،؛")
CLOSING = "\"'”’»)]}」』）"
LINGER_SECONDS = 1.0  # a caption stays into the pause after it for so long at most
SPEAKER_PAUSE = 2.0  # a silence as long as this ends a caption

# what a break costs, by where it is
_AT_SENTENCE = 0.0
_AT_BREATH = 0.6
_AT_CLAUSE = 0.8
_INSIDE = 3.0
_HURRIED = 6.0  # of a caption that cannot be read in its time, for each part of it that is missing
_LONELY = 2.0  # of a caption of one short word


@dataclass(frozen=True)
class SubtitleCue:
    """One caption: `word_seconds` counts from its start."""

    text: str
    start_seconds: float
    end_seconds: float
    word_seconds: tuple[float, ...]


def phrases_of(
    words: Sequence[SpokenWord], end_seconds: float = math.inf
) -> tuple[SubtitleCue, ...]:
    """Captions of words in order of time; none lasts beyond `end_seconds`.

    The cheapest way to break them (dynamic programming): at ends of sentences first, then at
    breaths, then at commas; inside a clause only where two lines or the reading speed demand it.
    """
    best = [0.0] + [math.inf] * len(words)
    back = [0] * len(words)
    for end in range(1, len(words) + 1):
        for start in range(end - 1, -1, -1):
            group = words[start:end]
            if end - start > 1 and not _may_stand(group):
                break
            cost = best[start] + _cost(words, start, end, end_seconds)
            if cost < best[end]:
                best[end] = cost
                back[end - 1] = start
    cuts = [len(words)]
    while cuts[-1]:
        cuts.append(back[cuts[-1] - 1])
    cuts.reverse()
    return tuple(_phrase(words, a, b, end_seconds) for a, b in itertools.pairwise(cuts))


def join_words(words: Sequence[SpokenWord]) -> str:
    """The words as text; scripts without spaces are joined without."""
    text = ""
    for word in words:
        gap = "" if not text or _joins(text[-1], word.text[:1]) else " "
        text += gap + word.text
    return text


def _joins(before: str, after: str) -> bool:
    return all(
        "\u2e80" <= char <= "\u9fff" or "\uff00" <= char <= "\uffef" for char in before + after
    )


def _may_stand(group: Sequence[SpokenWord]) -> bool:
    """Whether words may be one caption at all; more words never mend it."""
    long = group[-1].end_seconds - group[0].start_seconds > MOST_SECONDS
    silence = group[1].start_seconds - group[0].end_seconds >= SPEAKER_PAUSE
    return not long and not silence and fits_lines(join_words(group))


def _cost(words: Sequence[SpokenWord], start: int, end: int, last: float) -> float:
    group = words[start:end]
    text = join_words(group)
    duration = _until(words, start, end, last) - group[0].start_seconds
    reading = reading_seconds(text)
    hurry = max(0.0, 1 - duration / reading)
    lonely = _LONELY if len(words) > 1 and len(text) < 8 and not _ends(text, SENTENCE_END) else 0.0
    inside = sum(0.5 for word in group[:-1] if _ends(word.text, SENTENCE_END))
    return _break_cost(words, end) + _HURRIED * hurry + lonely + inside


def _break_cost(words: Sequence[SpokenWord], end: int) -> float:
    """What it costs to break after word `end`, counted from 1."""
    if end == len(words) or _ends(words[end - 1].text, SENTENCE_END):
        return _AT_SENTENCE
    if words[end].start_seconds - words[end - 1].end_seconds >= BREATH_SECONDS:
        return _AT_BREATH
    return _AT_CLAUSE if _ends(words[end - 1].text, CLAUSE_END) else _INSIDE


def _ends(text: str, marks: tuple[str, ...]) -> bool:
    return text.rstrip(CLOSING).endswith(marks)


def _until(words: Sequence[SpokenWord], start: int, end: int, last: float) -> float:
    """When the caption goes: with the next word, or a little after its last."""
    after = words[end].start_seconds if end < len(words) else math.inf
    speech_end = words[end - 1].end_seconds
    readable = words[start].start_seconds + max(
        LEAST_SECONDS, reading_seconds(join_words(words[start:end]))
    )
    stays = min(max(speech_end, readable), speech_end + LINGER_SECONDS)
    return min(max(stays, speech_end), after, last)


def _phrase(words: Sequence[SpokenWord], start: int, end: int, last: float) -> SubtitleCue:
    group = words[start:end]
    begin = group[0].start_seconds
    return SubtitleCue(
        text=join_words(group),
        start_seconds=begin,
        end_seconds=_until(words, start, end, last),
        word_seconds=tuple(round(max(0.0, word.start_seconds - begin), 3) for word in group),
    )
