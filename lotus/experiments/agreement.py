"""Agreement of raters: Krippendorff's alpha, each rater's consistency, and reasons for doubt."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from lotus.experiments.fitting import evalica
from lotus.experiments.ratings import Choice, Rating

__all__ = [
    "LEAST_FOR_A_VERDICT",
    "UNLIKELY",
    "Rater",
    "above_chance",
    "alpha_of",
    "raters_of",
    "two_sided",
]

LEAST_FOR_A_VERDICT = 20  # judgements of a rater, before anything is said of them
UNLIKELY = 0.001  # chance of a fair rater to look as biased
BY_CHANCE = 0.01  # above this, agreement may be luck
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
    import pandas as pd

    if not _same_pairs(ratings):
        return None
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    for rating in ratings:
        pair, answer = _answer(rating)
        answers["\0".join(pair)][rating.rater] = answer
    shared = {unit: by for unit, by in answers.items() if len(by) > 1}
    if not shared or len({value for by in shared.values() for value in by.values()}) < 2:
        return None
    alpha = evalica().alpha(pd.DataFrame(shared).astype(float), "nominal").alpha
    return None if math.isnan(alpha) else round(float(alpha), 4)


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
    known = _same_pairs(ratings)
    for rating in ratings:
        choices[rating.rater].append(rating.choice)
        if known:
            pair, answer = _answer(rating)
            answers[rating.rater].append((pair, answer))
            votes[pair].append((rating.rater, answer))
    return tuple(_rater(name, choices[name], answers[name], votes) for name in sorted(choices))


def _answer(rating: Rating) -> Answer:
    left, right = rating.left, rating.right
    if left < right:
        return (rating.block, left, right), _VALUES[rating.choice]
    return (rating.block, right, left), -_VALUES[rating.choice]


_VALUES: Mapping[Choice, int] = {"left": 1, "right": -1, "tie": 0}


def _rater(
    name: str,
    choices: Sequence[Choice],
    answers: Sequence[Answer],
    votes: Mapping[Pair, Sequence[tuple[str, int]]],
) -> Rater:
    left = choices.count("left")
    sided = left + choices.count("right")
    same, again = _repeats(answers)
    agreed, compared = _agreements(name, answers, votes)
    doubts = []
    if sided >= LEAST_FOR_A_VERDICT and two_sided(left, sided) < UNLIKELY:
        doubts.append(f"chose the left side {left} times of {sided}")
    if len(choices) >= LEAST_FOR_A_VERDICT and choices.count("tie") > 0.9 * len(choices):
        doubts.append("almost always answered with a tie")
    if compared >= LEAST_FOR_A_VERDICT and above_chance(agreed, compared) > BY_CHANCE:
        doubts.append(f"agrees with the others no more than by chance ({agreed} of {compared})")
    if again >= LEAST_FOR_A_VERDICT // 2 and above_chance(same, again) > BY_CHANCE:
        doubts.append(f"answered the same pair differently {again - same} times of {again}")
    return Rater(
        name=name,
        judgements=len(choices),
        consistency=round(same / again, 4) if again else None,
        agreement=round(agreed / compared, 4) if compared else None,
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
    agreed = compared = 0
    for pair, answer in answers:
        others = sum(vote for rater, vote in votes[pair] if rater != name)
        if others and answer:
            compared += 1
            agreed += (others > 0) == (answer > 0)
    return agreed, compared


def two_sided(successes: int, trials: int) -> float:
    """The chance that a fair coin is at least as uneven (normal approximation, corrected)."""
    distance = max(0.0, abs(successes - trials / 2) - 0.5) / math.sqrt(trials / 4)
    return math.erfc(distance / math.sqrt(2))


def above_chance(successes: int, trials: int) -> float:
    """The chance that a fair coin does as well or better (normal approximation, corrected)."""
    distance = (successes - 0.5 - trials / 2) / math.sqrt(trials / 4)
    return math.erfc(distance / math.sqrt(2)) / 2
