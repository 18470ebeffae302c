"""Agreement of raters: Krippendorff's alpha, each rater's consistency, and reasons for doubt."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from lotus.experiments.fitting import evalica
from lotus.experiments.ratings import Choice, Rating

__all__ = ["Rater", "alpha_of", "raters_of"]

LEAST_FOR_A_VERDICT = 20  # judgements of a rater, before anything is said of them
UNLIKELY = 0.001  # chance of a fair rater to look as biased
BY_CHANCE = 0.01  # above this, agreement may be luck


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

    answers: dict[str, dict[str, int]] = defaultdict(dict)
    for rating in ratings:
        first, second = sorted((rating.left, rating.right))
        unit = f"{rating.block}\0{first}\0{second}"
        answers[unit][rating.rater] = _towards(rating, first)
    shared = {unit: by for unit, by in answers.items() if len(by) > 1}
    if not shared or len({value for by in shared.values() for value in by.values()}) < 2:
        return None
    alpha = evalica().alpha(pd.DataFrame(shared).astype(float), "nominal").alpha
    return None if math.isnan(alpha) else round(float(alpha), 4)


def _towards(rating: Rating, first: str) -> int:
    """1 if the answer was `first`, -1 if it was the other, 0 for a tie."""
    if rating.choice == "tie":
        return 0
    winner = rating.left if rating.choice == "left" else rating.right
    return 1 if winner == first else -1


def raters_of(ratings: Sequence[Rating]) -> tuple[Rater, ...]:
    by_rater: dict[str, list[Rating]] = defaultdict(list)
    votes: dict[tuple[str, str, str], list[tuple[str, int]]] = defaultdict(list)
    for rating in ratings:
        by_rater[rating.rater].append(rating)
        votes[_pair(rating)].append((rating.rater, _towards(rating, _pair(rating)[1])))
    return tuple(_rater(name, own, votes) for name, own in sorted(by_rater.items()))


def _pair(rating: Rating) -> tuple[str, str, str]:
    first, second = sorted((rating.left, rating.right))
    return rating.block, first, second


def _rater(
    name: str,
    own: Sequence[Rating],
    votes: Mapping[tuple[str, str, str], Sequence[tuple[str, int]]],
) -> Rater:
    choices: list[Choice] = [rating.choice for rating in own]
    sides = [choice for choice in choices if choice != "tie"]
    left = sides.count("left")
    same, again = _repeats(own)
    agreed, compared = _agreements(name, own, votes)
    doubts = []
    if len(sides) >= LEAST_FOR_A_VERDICT and _two_sided(left, len(sides)) < UNLIKELY:
        doubts.append(f"chose the left side {left} times of {len(sides)}")
    if len(own) >= LEAST_FOR_A_VERDICT and choices.count("tie") > 0.9 * len(own):
        doubts.append("almost always answered with a tie")
    if compared >= LEAST_FOR_A_VERDICT and _above_chance(agreed, compared) > BY_CHANCE:
        doubts.append(f"agrees with the others no more than by chance ({agreed} of {compared})")
    if again >= LEAST_FOR_A_VERDICT // 2 and _above_chance(same, again) > BY_CHANCE:
        doubts.append(f"answered the same pair differently {again - same} times of {again}")
    return Rater(
        name=name,
        judgements=len(own),
        consistency=round(same / again, 4) if again else None,
        agreement=round(agreed / compared, 4) if compared else None,
        left_share=round(left / len(sides), 4) if sides else None,
        doubts=tuple(doubts),
    )


def _repeats(own: Iterable[Rating]) -> tuple[int, int]:
    """How often a pair that was shown again got the same answer, and how often it was shown."""
    before: dict[tuple[str, str, str], int] = {}
    same = again = 0
    for rating in own:
        pair = _pair(rating)
        answer = _towards(rating, pair[1])
        if pair in before:
            again += 1
            same += before[pair] == answer
        before[pair] = answer
    return same, again


def _agreements(
    name: str,
    own: Iterable[Rating],
    votes: Mapping[tuple[str, str, str], Sequence[tuple[str, int]]],
) -> tuple[int, int]:
    """How often the others' majority gave the same answer, among pairs where they have one."""
    agreed = compared = 0
    for rating in own:
        pair = _pair(rating)
        answer = _towards(rating, pair[1])
        others = sum(vote for rater, vote in votes[pair] if rater != name)
        if others and answer:
            compared += 1
            agreed += (others > 0) == (answer > 0)
    return agreed, compared


def _two_sided(successes: int, trials: int) -> float:
    """The chance that a fair coin is at least as uneven (normal approximation, corrected)."""
    distance = max(0.0, abs(successes - trials / 2) - 0.5) / math.sqrt(trials / 4)
    return math.erfc(distance / math.sqrt(2))


def _above_chance(successes: int, trials: int) -> float:
    """The chance that a fair coin does as well or better (normal approximation, corrected)."""
    distance = (successes - 0.5 - trials / 2) / math.sqrt(trials / 4)
    return math.erfc(distance / math.sqrt(2)) / 2
