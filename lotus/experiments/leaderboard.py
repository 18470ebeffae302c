"""Judgements of pairs -> a ranking with intervals, how raters agree, and what cannot be said yet.

Strengths are those of Bradley and Terry (1952), ties counting half, fitted by evalica. Intervals
are Student's, with the spread of a bootstrap over blocks (what was judged together, such as a
prompt; where none is named, every judgement stands for itself): in simulations they hold the truth
as often as they say, where percentiles of the bootstrap fall short by some per cent. Agreement is
Krippendorff's alpha over pairs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from lotus.errors import InvalidInput, WorkError
from lotus.experiments.ratings import Choice, Rating, read_ratings
from lotus.system.distribution import install_command

__all__ = ["Leaderboard", "Place", "Rater", "leaderboard"]

MIDDLE = 1000.0  # the mean rating; 400 more wins ten times of eleven, as in chess
SPREAD = 400.0
DRAWS = 400  # of the bootstrap
PRIOR_WEIGHT = 0.1  # of a tie between any two that were compared: no strength becomes infinite
LEAST_FOR_A_VERDICT = 20  # judgements of a rater, before anything is said of them
UNLIKELY = 0.001  # chance of a fair rater to look as biased
BY_CHANCE = 0.01  # above this, agreement may be luck
Counts = npt.NDArray[np.float64]


class Place(BaseModel):
    """One contestant; `low` and `high` are the interval of its rating."""

    model_config = ConfigDict(frozen=True)

    name: str
    rating: float
    low: float
    high: float
    best_rank: int
    worst_rank: int
    judgements: int
    wins: float
    win_share: float


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


class Leaderboard(BaseModel):
    """The ranking of one question. `decided` says whether each place is apart from the next."""

    model_config = ConfigDict(frozen=True)

    question: str
    confidence: float
    places: tuple[Place, ...]
    wins: dict[str, dict[str, float]]
    alpha: float | None
    raters: tuple[Rater, ...]
    decided: bool
    notes: tuple[str, ...]

    def to_pandas(self) -> Any:
        """The places as a DataFrame, the best first."""
        import pandas as pd

        return pd.DataFrame([place.model_dump() for place in self.places])


def leaderboard(
    ratings: Any,
    *,
    question: str | None = None,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Leaderboard:
    """Rank what was judged in pairs.

    Parameters
    ----------
    ratings
        A CSV file, a DataFrame, or Ratings: see `read_ratings`.
    question
        Which question's judgements; needed where the ratings have several.
    confidence
        Of the intervals, between 0.5 and 0.999.
    draws
        Of the bootstrap, 50 or more.
    seed
        Of the bootstrap: the same seed gives the same intervals.

    Raises
    ------
    InvalidInput
        For ratings that are wrong, or of several questions.
    WorkError
        If evalica is not installed.
    """
    if not 0.5 <= confidence <= 0.999 or draws < 50:
        raise InvalidInput(
            file="",
            field="confidence" if draws >= 50 else "draws",
            reason="is out of range",
            remedy="use a confidence of 0.5 to 0.999, and 50 draws or more",
        )
    chosen = _of_question(read_ratings(ratings), question)
    names = sorted({name for rating in chosen for name in (rating.left, rating.right)})
    counts = _block_counts(chosen, names)
    total = counts.sum(axis=0)
    strengths = _strengths(total, names)
    samples = _bootstrap(counts, names, draws, seed)
    reach = _quantile(confidence, len(counts) - 1) * np.nanstd(samples, axis=0)
    places = _places(names, total, strengths, reach)
    notes = [*_apart(total, names), *_undecided(places, total, names)]
    return Leaderboard(
        question=chosen[0].question,
        confidence=confidence,
        places=places,
        wins={a: {b: float(total[i, j]) for j, b in enumerate(names)} for i, a in enumerate(names)},
        alpha=_alpha(chosen),
        raters=_raters(chosen),
        decided=not notes,
        notes=tuple(notes),
    )


def _of_question(ratings: Sequence[Rating], question: str | None) -> list[Rating]:
    questions = sorted({rating.question for rating in ratings})
    if not questions:
        raise InvalidInput(
            file="", field="ratings", reason="are empty", remedy="rate at least one pair"
        )
    if question is None and len(questions) > 1:
        raise InvalidInput(
            file="",
            field="question",
            reason=f"is not given, and there are {len(questions)}",
            remedy=f"choose one of: {', '.join(questions[:10])}",
        )
    wanted = question or questions[0]
    chosen = [rating for rating in ratings if rating.question == wanted]
    if not chosen:
        raise InvalidInput(
            file="",
            field="question",
            reason=f"'{wanted[:60]}' was not asked",
            remedy=f"choose one of: {', '.join(questions[:10])}",
        )
    return chosen


def _block_counts(ratings: Sequence[Rating], names: Sequence[str]) -> Counts:
    """Wins by block, winner and loser, shape (blocks, n, n); a tie is half a win for both."""
    place = {name: number for number, name in enumerate(names)}
    blocks: dict[str, int] = {}
    cells = []
    for number, rating in enumerate(ratings):
        block = blocks.setdefault(rating.block or f"\0{number % 500}", len(blocks))
        left = place[rating.left]
        right = place[rating.right]
        share = {"left": 1.0, "right": 0.0, "tie": 0.5}[rating.choice]
        cells.append((block, left, right, share))
    counts = np.zeros((len(blocks), len(names), len(names)))
    table = np.array(cells)
    at = table[:, :3].astype(int)
    np.add.at(counts, (at[:, 0], at[:, 1], at[:, 2]), table[:, 3])
    np.add.at(counts, (at[:, 0], at[:, 2], at[:, 1]), 1 - table[:, 3])
    return counts


def _strengths(total: Counts, names: Sequence[str]) -> Counts:
    """Ratings around MIDDLE; those that were never compared with the others are NaN."""
    evalica = _evalica()
    winners, losers = np.nonzero((total + total.T) > 0)
    weights = total[winners, losers] + PRIOR_WEIGHT / 2
    scores = evalica.bradley_terry(
        list(winners),
        list(losers),
        [evalica.Winner.X] * len(winners),
        weights=list(weights),
        tolerance=1e-8,
        limit=20_000,
    ).scores
    logs = np.full(len(names), np.nan)
    for index, score in scores.items():
        logs[int(index)] = math.log10(max(float(score), 1e-300))
    logs[_component(total) != 0] = np.nan
    return np.asarray(MIDDLE + SPREAD * (logs - np.nanmean(logs)))


def _component(total: Counts) -> npt.NDArray[np.int64]:
    """The group of compared contestants that each belongs to; the largest is 0."""
    linked = (total + total.T) > 0
    group = np.full(len(total), -1)
    for start in range(len(total)):
        todo = [start] if group[start] < 0 else []
        number = int(group.max()) + 1
        while todo:
            one = todo.pop()
            if group[one] < 0:
                group[one] = number
                todo += list(np.flatnonzero(linked[one]))
    sizes = np.bincount(group)
    order = np.argsort(-sizes, kind="stable")
    ranks = np.empty(len(sizes), int)
    ranks[order] = np.arange(len(sizes))
    return np.asarray(ranks[group])


def _bootstrap(counts: Counts, names: Sequence[str], draws: int, seed: int) -> Counts:
    """Ratings in resampled worlds, shape (draws, n): whole blocks are drawn, with replacement."""
    rng = np.random.default_rng(seed)
    size = len(counts)
    flat = counts.reshape(size, -1)
    rows = []
    for _ in range(draws):
        chosen = np.bincount(rng.integers(0, size, size), minlength=size)
        rows.append(_fitted((chosen @ flat).reshape(counts.shape[1:])))
    return np.array(rows)


def _fitted(total: Counts) -> Counts:
    """The same fit as `_strengths`, by Newman's iteration (JMLR 24, 2023), for many worlds."""
    games = total + total.T
    wins = total + PRIOR_WEIGHT / 2 * (games > 0)
    strength = np.ones(len(total))
    for _ in range(200):
        ratio = strength[None, :] / (strength[:, None] + strength[None, :])
        above = (wins * ratio).sum(axis=1)
        below = (wins.T / (strength[:, None] + strength[None, :])).sum(axis=1)
        new = np.where(below > 0, above / np.where(below > 0, below, 1), strength)
        new = np.maximum(new, 1e-12)
        new /= np.exp(np.mean(np.log(new)))
        done = np.abs(np.log(new) - np.log(strength)).max() < 1e-5
        strength = new
        if done:
            break
    logs = np.log10(strength)
    logs[games.sum(axis=1) == 0] = np.nan
    return np.asarray(MIDDLE + SPREAD * (logs - np.nanmean(logs)))


def _quantile(confidence: float, degrees: int) -> float:
    """Student's two-sided quantile, by the first terms of Cornish and Fisher's expansion."""
    normal = NormalDist().inv_cdf((1 + confidence) / 2)
    return float(normal + (normal**3 + normal) / (4 * max(degrees, 1)))


def _places(
    names: Sequence[str], total: Counts, strengths: Counts, reach: Counts
) -> tuple[Place, ...]:
    low = strengths - reach
    high = strengths + reach
    judged = (total + total.T).sum(axis=1)
    places = []
    for i in np.argsort(-np.nan_to_num(strengths, nan=-1e9), kind="stable"):
        if np.isnan(strengths[i]):
            continue
        places.append(
            Place(
                name=names[int(i)],
                rating=round(float(strengths[i]), 1),
                low=round(float(low[i]), 1),
                high=round(float(high[i]), 1),
                best_rank=1 + int(np.sum(low > high[i])),
                worst_rank=int(np.sum(~np.isnan(strengths))) - int(np.sum(high < low[i])),
                judgements=int(judged[i]),
                wins=float(total[i].sum()),
                win_share=round(float(total[i].sum() / judged[i]), 4),
            )
        )
    return tuple(places)


def _apart(total: Counts, names: Sequence[str]) -> list[str]:
    """Contestants that no chain of judgements joins with the others have no place."""
    alone = [names[int(i)] for i in np.flatnonzero(_component(total) != 0)]
    if not alone:
        return []
    return [f"never compared with the others, so without a place: {', '.join(alone[:10])}"]


def _undecided(places: Sequence[Place], total: Counts, names: Sequence[str]) -> list[str]:
    """Neighbours whose order is not sure, and about how many more judgements would tell."""
    place = {name: number for number, name in enumerate(names)}
    notes = []
    for better, worse in pairwise(places):
        overlap = worse.high - better.low
        if overlap <= 0:
            continue
        gap = better.rating - worse.rating
        width = (better.rating - better.low) + (worse.high - worse.rating)
        i, j = place[better.name], place[worse.name]
        have = max(better.judgements, worse.judgements, int(total[i, j] + total[j, i]))
        if gap < 5:
            more = "they may be equal"
        else:
            needed = max(1, math.ceil(have * ((width / gap) ** 2 - 1)))
            more = f"about {needed} more judgements needed"
        notes.append(f"not enough to say that {better.name} is better than {worse.name}: {more}")
    return notes


def _alpha(ratings: Sequence[Rating]) -> float | None:
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
    alpha = _evalica().alpha(pd.DataFrame(shared).astype(float), "nominal").alpha
    return None if math.isnan(alpha) else round(float(alpha), 4)


def _towards(rating: Rating, first: str) -> int:
    """1 if the answer was `first`, -1 if it was the other, 0 for a tie."""
    if rating.choice == "tie":
        return 0
    winner = rating.left if rating.choice == "left" else rating.right
    return 1 if winner == first else -1


def _raters(ratings: Sequence[Rating]) -> tuple[Rater, ...]:
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


def _evalica() -> Any:
    try:
        import evalica
    except ImportError as exc:
        raise WorkError(
            reason="ratings need the package evalica", remedy=install_command("experiments")
        ) from exc
    return evalica
