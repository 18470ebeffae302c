"""Judgements of pairs -> a ranking with intervals, how raters agree, and what cannot be said yet.

Strengths are those of Bradley and Terry (1952), ties counting half, fitted by evalica. Intervals
are Student's, with the spread of a bootstrap over blocks (what was judged together, such as a
prompt; where none is named, every judgement stands for itself), and of raters where there are
enough: in simulations they hold the truth as often as they say, where percentiles of the bootstrap
fall short by some per cent. Ranks and notes hold differences of pairs apart from 0, all at once.
Agreement is Krippendorff's alpha over pairs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Self

import numpy as np
from pydantic import BaseModel, ConfigDict

from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput
from lotus.experiments.agreement import Rater, alpha_interval, alpha_of, raters_of
from lotus.experiments.caveats import caveats_of
from lotus.experiments.extras import evalica, pandas
from lotus.experiments.fitting import Counts, block_counts, component, judgements_of, strengths
from lotus.experiments.ratings import Rating, read_ratings
from lotus.experiments.spread import Spread, spread_of

__all__ = ["Leaderboard", "Place", "Rater", "leaderboard"]

DRAWS = 400  # of the bootstrap


class Place(BaseModel):
    """One contestant; `low` and `high` are the interval of its rating, `best_rank` and `worst_rank`
    the ranks that differences of all pairs, taken at once, leave open.
    """

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
    cost_usd: float | None = None  # of one video, where it is known
    usd_per_win: float | None = None  # of the videos that are made until one is preferred


class Leaderboard(BaseModel):
    """The ranking of one question. `decided` says whether each place is apart from the next,
    `notes` what is not, `caveats` what such judgements cannot say at all.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    confidence: float
    places: tuple[Place, ...]
    wins: dict[str, dict[str, float]]
    alpha: float | None
    raters: tuple[Rater, ...]
    decided: bool
    notes: tuple[str, ...]
    alpha_low: float | None = None
    alpha_high: float | None = None
    caveats: tuple[str, ...] = ()
    judge: str | None = None  # the model by whose answers it ranks; None: by people

    def with_costs(self, costs: Mapping[str, float]) -> Self:
        """The same with the mean cost of a video by name, and so the cost of a win."""

        def priced(place: Place) -> Place:
            cost = costs.get(place.name)
            if cost is None or cost != cost:
                return place
            per_win = round(cost / place.win_share, 6) if place.win_share else None
            return place.model_copy(
                update={"cost_usd": round(float(cost), 6), "usd_per_win": per_win}
            )

        return self.model_copy(update={"places": tuple(map(priced, self.places))})

    def to_pandas(self) -> Any:
        """The places as a DataFrame, the best first."""
        pd = pandas()
        return pd.DataFrame([place.model_dump() for place in self.places])


@explained_call
def leaderboard(
    ratings: Any,
    *,
    question: str | None = None,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> Leaderboard:
    """Rank what raters compared in pairs.

    Parameters
    ----------
    ratings
        A CSV file, a DataFrame, or a list of Rating, with rater, left, right and choice.
    question
        Rank the answers to this question; required if there are several.
    confidence
        Confidence of the intervals, between 0.5 and 0.999.
    draws
        Number of bootstrap samples, 50 or more.
    seed
        Seed of the bootstrap: the same seed gives the same intervals.

    Returns
    -------
    Leaderboard
        Places with ratings and intervals, agreement of the raters, and doubtful raters.

    Raises
    ------
    InvalidInput
        If the ratings are wrong, or answer several questions, or if the extra `experiments` is not
        installed.
    """
    _check(confidence, draws)
    evalica()  # before the judgements are read: its extra brings what reads them too
    judgements = _of_question(read_ratings(ratings), question)
    names = sorted({name for rating in judgements for name in (rating.left, rating.right)})
    numbers = judgements_of(judgements, names)
    counts = block_counts(numbers, len(names))
    total = counts.total()
    estimates = strengths(total)
    spread = spread_of(numbers, counts, estimates, confidence, draws, seed)
    places = _places(names, total, estimates, spread)
    notes = [*_apart(total, names), *_undecided(places, total, spread, names, confidence)]
    agreement = alpha_interval(judgements, confidence, seed) or (None, None)
    return Leaderboard(
        question=judgements[0].question,
        confidence=confidence,
        places=places,
        wins={a: {b: float(total[i, j]) for j, b in enumerate(names)} for i, a in enumerate(names)},
        alpha=alpha_of(judgements),
        alpha_low=agreement[0],
        alpha_high=agreement[1],
        raters=raters_of(judgements),
        decided=not notes,
        notes=tuple(notes),
        caveats=caveats_of(judgements, numbers, names),
    )


def _check(confidence: float, draws: int) -> None:
    if not 0.5 <= confidence <= 0.999 or draws < 50:
        raise InvalidInput(
            file="",
            field="confidence" if draws >= 50 else "draws",
            reason="is out of range",
            remedy="use a confidence of 0.5 to 0.999, and 50 draws or more",
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
            reason=f"is missing, and the ratings have {len(questions)}",
            remedy=f"choose one of: {', '.join(questions[:10])}",
        )
    words = question or questions[0]
    matching = [rating for rating in ratings if rating.question == words]
    if not matching:
        raise InvalidInput(
            file="",
            field="question",
            reason=f"'{words[:60]}' was not asked",
            remedy=f"choose one of: {', '.join(questions[:10])}",
        )
    return matching


def _places(
    names: Sequence[str], total: Counts, estimates: Counts, spread: Spread
) -> tuple[Place, ...]:
    reach = spread.of_one
    games = (total + total.T).sum(axis=1)
    sure = spread.of_pair  # NaN is never less
    places = []
    for i in np.argsort(-np.nan_to_num(estimates, nan=-1e9), kind="stable"):
        if np.isnan(estimates[i]):
            continue
        behind = np.sum(estimates - estimates[i] > sure[i])
        ahead = np.sum(estimates[i] - estimates > sure[i])
        places.append(
            Place(
                name=names[int(i)],
                rating=round(float(estimates[i]), 1),
                low=round(float(estimates[i] - reach[i]), 1),
                high=round(float(estimates[i] + reach[i]), 1),
                best_rank=1 + int(behind),
                worst_rank=int(np.sum(~np.isnan(estimates))) - int(ahead),
                judgements=int(games[i]),
                wins=float(total[i].sum()),
                win_share=round(float(total[i].sum() / games[i]), 4),
            )
        )
    return tuple(places)


def _apart(total: Counts, names: Sequence[str]) -> list[str]:
    """Contestants that no chain of judgements joins with the others have no place."""
    alone = [names[int(i)] for i in np.flatnonzero(component(total) != 0)]
    if not alone:
        return []
    return [f"never compared with the others, so without a place: {', '.join(alone[:10])}"]


def _undecided(
    places: Sequence[Place], total: Counts, spread: Spread, names: Sequence[str], confidence: float
) -> list[str]:
    """Neighbours whose order is not sure, and about how many judgements in all would tell."""
    place = {name: number for number, name in enumerate(names)}
    have = float(total.sum())
    notes = []
    for better, worse in pairwise(places):
        gap = better.rating - worse.rating
        i, j = place[better.name], place[worse.name]
        if gap > spread.of_pair[i, j]:
            continue
        if gap < 5:
            more = "they may be equal"
        else:
            count = max(1, math.ceil(have * (spread.more(gap, i, j, confidence) - 1)))
            more = f"about {count} more judgements are needed"
        notes.append(f"not enough judgements to rank {better.name} above {worse.name}: {more}")
    return notes
