"""Agreement of raters: Krippendorff's alpha, each rater's consistency, and reasons for doubt."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import median
from typing import NamedTuple

import numpy as np
from pydantic import BaseModel, ConfigDict

from lotus.experiments.extras import evalica, pandas
from lotus.experiments.ratings import Choice, Rating

__all__ = ["LEAST_FOR_A_VERDICT", "UNLIKELY", "Rater", "alpha_interval", "alpha_of", "raters_of"]

LEAST_FOR_A_VERDICT = 20  # judgements of a rater, before anything is said of them
LEAST_REPEATS = 10
UNLIKELY = 0.001  # chance of a fair rater to look as biased
BY_CHANCE = 0.01  # above this, agreement may be luck
UNLIKE = 0.005  # chance of a rater like the others to agree as seldom
USUAL = 0.8  # of answers to a pair that is shown again are the same, where nobody else has any
DRAWS = 1000  # of the interval of alpha
LEAST_PAIRS = 10  # judged by two raters, for an interval
Pair = tuple[str, str, str]  # block and the two names in order
Answer = tuple[Pair, int]  # 1 for the first of the pair, -1 for the second, 0 for a tie


class Rater(BaseModel):
    """One rater. `consistency` is the share of pairs, shown again with the sides changed, that got
    the same answer; `agreement` the share of answers that the others' majority gave; None where
    there is too little to say. `doubts` says in words why the answers may not be trusted.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    judgements: int
    consistency: float | None
    agreement: float | None
    left_share: float | None
    doubts: tuple[str, ...]


def alpha_of(ratings: Sequence[Rating]) -> float | None:
    """Krippendorff's alpha, nominal, over pairs that two raters or more have judged."""
    pd = pandas()
    units = _shared_answers(ratings)
    if not units or len({value for by in units.values() for value in by.values()}) < 2:
        return None
    alpha = evalica().alpha(pd.DataFrame(units).astype(float), "nominal").alpha
    return None if math.isnan(alpha) else round(float(alpha), 4)


def alpha_interval(
    ratings: Sequence[Rating], confidence: float = 0.95, seed: int = 0
) -> tuple[float, float] | None:
    """The interval of `alpha_of`, by a bootstrap over pairs; None for fewer than ten."""
    units = _shared_answers(ratings)
    if len(units) < LEAST_PAIRS:
        return None
    counts = np.array(
        [[list(by.values()).count(value) for value in (-1, 0, 1)] for by in units.values()], float
    )
    raters = counts.sum(axis=1)
    apart = (raters**2 - (counts**2).sum(axis=1)) / (raters - 1)
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), DRAWS)
    totals = weights @ counts
    answers = totals.sum(axis=1)
    chance = answers**2 - (totals**2).sum(axis=1)
    differ = chance > 0
    alphas = 1 - (answers - 1)[differ] * (weights @ apart)[differ] / chance[differ]
    if len(alphas) < DRAWS / 2:
        return None
    low, high = np.quantile(alphas, [(1 - confidence) / 2, (1 + confidence) / 2])
    return round(float(low), 4), round(float(high), 4)


def _shared_answers(ratings: Sequence[Rating]) -> dict[str, dict[str, int]]:
    """Answers by pair and rater, of pairs that two raters or more have judged."""
    if not _same_pairs(ratings):
        return {}
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    for rating in ratings:
        pair, answer = _answer(rating)
        answers["\0".join(pair)].setdefault(rating.rater, answer)
    return {unit: by for unit, by in answers.items() if len(by) > 1}


def _same_pairs(ratings: Sequence[Rating]) -> bool:
    """Whether a block and two names tell which videos were judged.

    Without blocks, names may be those of models, and the same two names many pairs of videos: a
    rater who judged them more than twice, a pair and its repeat, saw several.
    """
    alone = Counter((r.rater, r.left, r.right) for r in ratings if not r.block)
    return all(count == 1 for count in alone.values())


def raters_of(ratings: Sequence[Rating]) -> tuple[Rater, ...]:
    """Each rater, by name, with reasons for doubt."""
    choices: dict[str, list[Choice]] = defaultdict(list)
    answers: dict[str, list[Answer]] = defaultdict(list)
    votes: dict[Pair, list[tuple[str, int]]] = defaultdict(list)
    same_pairs = _same_pairs(ratings)
    for rating in ratings:
        choices[rating.rater].append(rating.choice)
        if same_pairs:
            pair, answer = _answer(rating)
            answers[rating.rater].append((pair, answer))
            votes[pair].append((rating.rater, answer))
    repeats = {name: _repeats(own) for name, own in answers.items()}
    agreements = {name: _agreements(name, own, votes) for name, own in answers.items()}
    return tuple(
        _rater(name, choices[name], _tally(name, repeats), _tally(name, agreements))
        for name in sorted(choices)
    )


def _answer(rating: Rating) -> Answer:
    left, right = rating.left, rating.right
    if left < right:
        return (rating.block, left, right), _VALUES[rating.choice]
    return (rating.block, right, left), -_VALUES[rating.choice]


_VALUES: Mapping[Choice, int] = {"left": 1, "right": -1, "tie": 0}


class Tally(NamedTuple):
    """How often something was so, of how many times, and the median of its share among other
    raters.
    """

    successes: int
    trials: int
    usual: float | None

    def is_low(self, usual: float | None) -> bool:
        """Whether it is no more than by chance, and a rater with the usual share would seldom have
        so little: pairs that are hard for all make nobody suspect.
        """
        if usual is None or _above_chance(self.successes, self.trials) <= BY_CHANCE:
            return False
        return _at_most(self.successes, self.trials, min(usual, 0.95)) < UNLIKE


def _tally(name: str, counts: Mapping[str, tuple[int, int]]) -> Tally:
    others = [
        successes / trials
        for other, (successes, trials) in counts.items()
        if other != name and trials >= LEAST_REPEATS
    ]
    return Tally(*counts.get(name, (0, 0)), median(others) if others else None)


def _rater(name: str, choices: Sequence[Choice], repeats: Tally, agreements: Tally) -> Rater:
    left = choices.count("left")
    sided = left + choices.count("right")
    same, again, _ = repeats
    agreed, comparisons, _ = agreements
    doubts = []
    if sided >= LEAST_FOR_A_VERDICT and _two_sided(left, sided) < UNLIKELY:
        doubts.append(f"chose the left side {left} times of {sided}")
    if len(choices) >= LEAST_FOR_A_VERDICT and choices.count("tie") > 0.9 * len(choices):
        doubts.append("almost always answered with a tie")
    if comparisons >= LEAST_FOR_A_VERDICT and agreements.is_low(agreements.usual):
        doubts.append(f"agrees with the others no more than by chance ({agreed} of {comparisons})")
    if again >= LEAST_REPEATS and repeats.is_low(repeats.usual or USUAL):
        doubts.append(f"answered the same pair differently {again - same} times of {again}")
    return Rater(
        name=name,
        judgements=len(choices),
        consistency=round(same / again, 4) if again else None,
        agreement=round(agreed / comparisons, 4) if comparisons else None,
        left_share=round(left / sided, 4) if sided else None,
        doubts=tuple(doubts),
    )


def _repeats(answers: Iterable[Answer]) -> tuple[int, int]:
    """How often a pair that was shown again got the same answer, and how often it was shown."""
    before: dict[Pair, int] = {}
    same = again = 0
    for pair, answer in answers:
        if pair in before:
            again += 1
            same += before[pair] == answer
        before[pair] = answer
    return same, again


def _agreements(
    name: str, answers: Iterable[Answer], votes: Mapping[Pair, Sequence[tuple[str, int]]]
) -> tuple[int, int]:
    """How often the others' majority gave the same answer, among pairs where they have one."""
    matches = trials = 0
    for pair, answer in answers:
        others = sum(vote for rater, vote in votes[pair] if rater != name)
        if others and answer:
            trials += 1
            matches += (others > 0) == (answer > 0)
    return matches, trials


def _two_sided(successes: int, trials: int) -> float:
    """The chance that a fair coin is at least as uneven (normal approximation, corrected)."""
    distance = max(0.0, abs(successes - trials / 2) - 0.5) / math.sqrt(trials / 4)
    return math.erfc(distance / math.sqrt(2))


def _at_most(successes: int, trials: int, share: float) -> float:
    """The chance of so few or fewer, if each has this share (normal approximation, corrected)."""
    spread = math.sqrt(trials * share * (1 - share)) or 1e-9
    return math.erfc((share * trials - successes - 0.5) / spread / math.sqrt(2)) / 2


def _above_chance(successes: int, trials: int) -> float:
    """The chance that a fair coin does as well or better (normal approximation, corrected)."""
    distance = (successes - 0.5 - trials / 2) / math.sqrt(trials / 4)
    return math.erfc(distance / math.sqrt(2)) / 2
