"""The pair that a rater sees next: cells that differ in one factor alone, where it teaches most.

First as in a Swiss tournament: levels that were judged least, against others of about the same
rating. Later the pair whose outcome is least certain for the judgements it has. Pure: the same
answers lead to the same pair; sides and ties depend on a hash of the rater's name.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from pydantic import BaseModel, ConfigDict

from lotus.experiments.cells import CellState
from lotus.experiments.fitting import MIDDLE, SPREAD, strengths
from lotus.experiments.ratings import Choice

__all__ = ["AnsweredPair", "RatedPair", "all_pairs", "next_pair"]

REPEAT_EVERY = 8  # each eighth pair is one that the rater has seen, with its sides swapped
REPEAT_AFTER = 4  # others in between, at least


class RatedPair(BaseModel):
    """Two cells side by side; `factor` is the one in which they differ."""

    model_config = ConfigDict(frozen=True)

    factor: str
    left: str  # keys of the cells
    right: str
    levels: tuple[str, str]
    block: str
    question: str = ""

    @property
    def cells(self) -> frozenset[str]:
        """Both keys, whatever the sides."""
        return frozenset((self.left, self.right))

    def swapped(self) -> RatedPair:
        """The same with its sides swapped."""
        sides = {"left": self.right, "right": self.left, "levels": self.levels[::-1]}
        return self.model_copy(update=sides)


class AnsweredPair(BaseModel):
    """A pair as a rater has answered it; the choice `skip` is no judgement."""

    model_config = ConfigDict(frozen=True)

    rater: str
    question: str
    left: str
    right: str
    choice: Choice | str

    @property
    def cells(self) -> frozenset[str]:
        """Both keys, whatever the sides."""
        return frozenset((self.left, self.right))


def all_pairs(states: Iterable[CellState], factors: Sequence[str]) -> list[RatedPair]:
    """Pairs of cells with a video that differ in one of these factors and in nothing else."""
    complete = [state for state in states if state.status == "completed"]
    pairs = []
    for factor in factors:
        blocks: dict[str, list[CellState]] = defaultdict(list)
        for state in complete:
            blocks[state.block(factor)].append(state)
        for block, cells in blocks.items():
            for a, b in combinations(cells, 2):
                if a.subject == b.subject:
                    continue  # the same video twice: nothing to judge
                levels = (str(a.factors[factor]), str(b.factors[factor]))
                pairs.append(
                    RatedPair(factor=factor, left=a.key, right=b.key, levels=levels, block=block)
                )
    return pairs


def next_pair(
    pairs: Sequence[RatedPair],
    answers: Sequence[AnsweredPair],
    rater: str,
    questions: Sequence[str],
) -> RatedPair | None:
    """The next pair and question for a rater; None when all are answered.

    `answers` are those of all raters, in their order.
    """
    own = [answer for answer in answers if answer.rater == rater]
    again = _repeat(pairs, own)
    if again is not None:
        return again
    answers_before = {(answer.cells, answer.question) for answer in own}
    open_pairs = [
        pair.model_copy(update={"question": question})
        for pair in pairs
        for question in questions
        if (pair.cells, question) not in answers_before
    ]
    if not open_pairs:
        return None
    marks = _scores(pairs, answers, open_pairs)
    best = max(
        open_pairs,
        key=lambda pair: (*marks[_mark(pair)], _hash(rater, pair.block, *sorted(pair.cells))),
    )
    swap = _hash(rater, "side", *sorted(best.cells)) % 2
    return best.swapped() if swap else best


def _repeat(pairs: Sequence[RatedPair], own: Sequence[AnsweredPair]) -> RatedPair | None:
    """A pair that the rater has answered, swapped, when it is time for one."""
    if len(own) % REPEAT_EVERY != REPEAT_EVERY - 1:
        return None
    counts = Counter((answer.cells, answer.question) for answer in own)
    pair_of = {pair.cells: pair for pair in pairs}
    for answer in own[: len(own) - REPEAT_AFTER]:
        if counts[answer.cells, answer.question] > 1 or answer.choice == "skip":
            continue
        pair = pair_of.get(answer.cells)
        if pair is None:
            continue
        same_side = pair if pair.left == answer.right else pair.swapped()
        return same_side.model_copy(update={"question": answer.question})
    return None


Mark = tuple[str, str, frozenset[str]]  # question, factor and levels


def _mark(pair: RatedPair) -> Mark:
    return pair.question, pair.factor, frozenset(pair.levels)


def _scores(
    pairs: Sequence[RatedPair], answers: Sequence[AnsweredPair], open_pairs: Iterable[RatedPair]
) -> dict[Mark, tuple[float, float]]:
    """The worth of a judgement of each pair of levels; higher is better."""
    pair_of = {pair.cells: pair for pair in pairs}
    scores: dict[Mark, tuple[float, float]] = {}
    groups: dict[tuple[str, str], list[Mark]] = defaultdict(list)
    for mark in dict.fromkeys(map(_mark, open_pairs)):
        groups[mark[0], mark[1]].append(mark)
    for (question, factor), marks in groups.items():
        levels = sorted({level for p in pairs if p.factor == factor for level in p.levels})
        total = _wins(levels, factor, question, pair_of, answers)
        scores |= _worth(marks, levels, total)
    return scores


def _wins(
    levels: Sequence[str],
    factor: str,
    question: str,
    pair_of: Mapping[frozenset[str], RatedPair],
    answers: Iterable[AnsweredPair],
) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    place = {level: number for number, level in enumerate(levels)}
    total = np.zeros((len(levels), len(levels)))
    for answer in answers:
        pair = pair_of.get(answer.cells)
        if pair is None or pair.factor != factor or answer.question != question:
            continue
        if answer.choice == "skip":
            continue
        same_side = pair if pair.left == answer.left else pair.swapped()
        left, right = (place[level] for level in same_side.levels)
        share = {"left": 1.0, "right": 0.0, "tie": 0.5}[answer.choice]
        total[left, right] += share
        total[right, left] += 1 - share
    return total


def _worth(
    marks: Iterable[Mark],
    levels: Sequence[str],
    total: np.ndarray[tuple[int, int], np.dtype[np.float64]],
) -> dict[Mark, tuple[float, float]]:
    place = {level: number for number, level in enumerate(levels)}
    games = total + total.T
    counts = games.sum(axis=1)
    estimates = np.nan_to_num(strengths(total), nan=MIDDLE) if games.any() else counts * 0 + MIDDLE
    rounds = math.ceil(math.log2(max(2, len(levels)))) + 1
    worth = {}
    for mark in marks:
        a, b = (place[level] for level in mark[2])
        gap = abs(float(estimates[a] - estimates[b]))
        if min(counts[a], counts[b]) < rounds:  # Swiss: the least judged, near each other
            worth[mark] = (1e6 - float(counts[a] + counts[b]), -gap)
            continue
        chance = 1 / (1 + 10 ** (gap / SPREAD))
        worth[mark] = (chance * (1 - chance) / float(games[a, b] + 1), 0.0)
    return worth


def _hash(*parts: str) -> int:
    return int(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12], 16)
