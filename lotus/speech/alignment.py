"""When each word is spoken in a sound, by its pauses: of a text, or of what Whisper heard. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from itertools import accumulate, groupby, pairwise
from typing import TYPE_CHECKING

from lotus.composition.text.unicode import clusters
from lotus.documents.speech import SpokenWord, shift_words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]

__all__ = ["align", "settle_words", "speech_regions"]

HOP_SECONDS = 0.01
QUIET_DB = 35.0  # so far below the loudest nobody speaks
PAUSE_SECONDS = 0.1  # shorter silences belong to consonants
WORD_WEIGHT = 1.5  # a word takes as long as it has letters, and so many more
STOPS = tuple(".,!?;:…—。、！？，；：")
_NO_STOP_COST = 0.35  # of a pause after a word without a stop

# Whisper puts words this early (-0.133 s in the mean of 126 words whose times the voice `english`
# knows), and counts the pause in front of a word as a part of it
EARLY_SECONDS = 0.13
LENGTH_SHARE = 0.2  # of a word's place inside a stretch that is taken from how long words are
_NEAR_SECONDS = 0.25
_DIP_SECONDS = 0.12  # a quiet moment so near is where one word ends and the next begins
_DIP_DB = 18.0  # as much quieter it must be at the edge of that


def align(samples: Samples, rate: int, words: Sequence[str]) -> tuple[SpokenWord, ...]:
    """The words with their times; all that sounds is taken for them."""
    regions = speech_regions(samples, rate)
    if not words or not regions:
        return ()
    while len(regions) > len(words):
        regions = _without_shortest_pause(regions)
    weights = [_weight(word) for word in words]
    words_in_time: list[SpokenWord] = []
    for (start, end), (first, last) in zip(regions, _groups(regions, words, weights), strict=True):
        share = list(accumulate(weights[first:last], initial=0.0))
        times = [start + (end - start) * part / share[-1] for part in share]
        words_in_time += [
            SpokenWord(word, round(float(a), 3), round(float(b), 3))
            for word, (a, b) in zip(words[first:last], pairwise(times), strict=True)
        ]
    return tuple(words_in_time)


def speech_regions(samples: Samples, rate: int) -> list[tuple[float, float]]:
    """Stretches that sound, in seconds; silences shorter than a pause are a part of them."""
    import numpy as np

    power = _power(samples, rate)
    if not len(power) or not power.max():
        return []
    loud = power > power.max() * 10 ** (-QUIET_DB / 10)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(np.int8), [0]])))
    pairs = zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)
    regions = [(a * HOP_SECONDS, b * HOP_SECONDS) for a, b in pairs]
    merger = [regions[0]]
    for start, end in regions[1:]:
        if start - merger[-1][1] < PAUSE_SECONDS:
            merger[-1] = (merger[-1][0], end)
        else:
            merger.append((start, end))
    return merger


def settle_words(
    words: Sequence[SpokenWord], samples: Samples, rate: int
) -> tuple[SpokenWord, ...]:
    """Words as Whisper times them, moved to where they sound: stretches begin and end with them,
    and between two words it is quieter than in them.
    """
    late = shift_words(words, EARLY_SECONDS)
    regions = speech_regions(samples, rate)
    if not regions:
        return late
    middles = [(word.start_seconds + word.end_seconds) / 2 for word in late]
    owners = [_nearest(regions, middle) for middle in middles]
    words_in_time: list[SpokenWord] = []
    for region, group in groupby(zip(late, owners, strict=True), key=lambda pair: pair[1]):
        words_in_time += _in_region([word for word, _ in group], *regions[region])
    return tuple(_at_dips(words_in_time, _decibels(samples, rate)))


def _at_dips(words: Sequence[SpokenWord], levels: Samples) -> Iterator[SpokenWord]:
    """Each word that follows another at once begins halfway to the quietest moment near by."""
    starts = [word.start_seconds for word in words]
    for i, word in enumerate(words):
        if i and starts[i] <= words[i - 1].end_seconds:
            starts[i] = _halfway_to_dip(starts[i], starts[i - 1], word.end_seconds, levels)
    for i, word in enumerate(words):
        touching = i + 1 < len(words) and words[i + 1].start_seconds <= word.end_seconds
        end = starts[i + 1] if touching else word.end_seconds
        yield SpokenWord(word.text, starts[i], max(starts[i], end))


def _halfway_to_dip(at: float, after: float, before: float, levels: Samples) -> float:
    import numpy as np

    first = max(math.ceil((at - _DIP_SECONDS) / HOP_SECONDS), math.ceil(after / HOP_SECONDS) + 5)
    last = min(
        math.floor((at + _DIP_SECONDS) / HOP_SECONDS),
        math.floor(before / HOP_SECONDS) - 5,
        len(levels) - 1,
    )
    if last - first < 2:
        return at
    times = np.arange(first, last + 1) * HOP_SECONDS
    cost = levels[first : last + 1] + _DIP_DB * ((times - at) / _DIP_SECONDS) ** 2
    return round((at + float(times[int(np.argmin(cost))])) / 2, 3)


def _decibels(samples: Samples, rate: int) -> Samples:
    """The level of each hundredth of a second, smoothed over three."""
    import numpy as np

    power = np.convolve(_power(samples, rate), np.full(3, 1 / 3), "same")
    levels: Samples = (10 * np.log10(power + 1e-9)).astype(np.float32)
    return levels


def _power(samples: Samples, rate: int) -> Samples:
    import numpy as np

    hop = max(1, round(rate * HOP_SECONDS))
    count = len(samples) // hop
    power: Samples = np.square(samples[: count * hop]).reshape(count, hop).mean(axis=1)
    return power


def _nearest(regions: Sequence[tuple[float, float]], seconds: float) -> int:
    def distance(index: int) -> float:
        start, end = regions[index]
        return max(start - seconds, seconds - end, 0.0)

    return min(range(len(regions)), key=distance)


def _in_region(words: Sequence[SpokenWord], start: float, end: float) -> list[SpokenWord]:
    """The words of one stretch; they take all of it, unless more sounds there than they."""
    first, last = words[0], words[-1]
    begins = first.start_seconds - _NEAR_SECONDS <= start < first.end_seconds
    ends = last.start_seconds < end <= last.end_seconds + _NEAR_SECONDS
    begin = start if begins else first.start_seconds
    over = end if ends else max(last.end_seconds, begin)
    share = list(accumulate((_weight(word.text) for word in words), initial=0.0))
    places = [begin + (over - begin) * part / share[-1] for part in share]
    mix = LENGTH_SHARE if begins and ends else 0.0
    points = [begin]
    for word, place in zip(words[1:], places[1:-1], strict=True):
        at = (1 - mix) * word.start_seconds + mix * place
        points.append(min(max(at, points[-1]), over))
    return [
        SpokenWord(word.text, round(float(a), 3), round(float(b), 3))
        for word, (a, b) in zip(words, pairwise([*points, over]), strict=True)
    ]


def _weight(word: str) -> float:
    return len(clusters(word)) + WORD_WEIGHT


def _without_shortest_pause(regions: list[tuple[float, float]]) -> list[tuple[float, float]]:
    pauses = [after[0] - before[1] for before, after in pairwise(regions)]
    i = pauses.index(min(pauses))
    return [*regions[:i], (regions[i][0], regions[i + 1][1]), *regions[i + 2 :]]


def _groups(
    regions: Sequence[tuple[float, float]], words: Sequence[str], weights: Sequence[float]
) -> list[tuple[int, int]]:
    """The first word of each region, and its end, by what words take (dynamic programming)."""
    pace = sum(end - start for start, end in regions) / sum(weights)
    sums = list(accumulate(weights, initial=0.0))
    most = len(words)
    cost = [[math.inf] * (most + 1) for _ in range(len(regions) + 1)]
    back = [[0] * (most + 1) for _ in range(len(regions) + 1)]
    cost[0][0] = 0.0
    for n, (start, end) in enumerate(regions, 1):
        for last in range(n, most - (len(regions) - n) + 1):
            stop = 0.0 if last == most or words[last - 1].endswith(STOPS) else _NO_STOP_COST
            for first in range(n - 1, last):
                estimate = (sums[last] - sums[first]) * pace
                price = cost[n - 1][first] + math.log((end - start) / estimate) ** 2 + stop
                if price < cost[n][last]:
                    cost[n][last] = price
                    back[n][last] = first
    groups = []
    last = most
    for n in range(len(regions), 0, -1):
        groups.append((back[n][last], last))
        last = back[n][last]
    return groups[::-1]
