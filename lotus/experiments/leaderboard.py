"""Judgements of pairs -> a ranking with intervals, how raters agree, and what cannot be said yet.

Strengths are those of Bradley and Terry (1952), ties counting half, fitted by evalica. Intervals
are Student's, with the spread of a bootstrap over blocks (what was judged together, such as a
prompt; where none is named, every judgement stands for itself): in simulations they hold the truth
as often as they say, where percentiles of the bootstrap fall short by some per cent. Agreement is
Krippendorff's alpha over pairs.
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
from lotus.experiments.agreement import Rater, alpha_of, raters_of
from lotus.experiments.fitting import (
    BlockCounts,
    Counts,
    block_counts,
    bootstrap,
    component,
    model_spread,
    quantile,
    strengths,
)
from lotus.experiments.ratings import Rating, read_ratings

__all__ = ["Leaderboard", "Place", "Rater", "leaderboard"]

DRAWS = 400  # of the bootstrap


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
    cost_usd: float | None = None  # of one video, where it is known
    usd_per_win: float | None = None  # of the videos that are made until one is preferred


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
        import pandas as pd

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
        If the ratings are wrong, or answer several questions.
    WorkError
        If evalica is not installed.
    """
    _check(confidence, draws)
    judged = _of_question(read_ratings(ratings), question)
    names = sorted({name for rating in judged for name in (rating.left, rating.right)})
    counts = block_counts(judged, names)
    total = counts.total()
    fitted = strengths(total)
    places = _places(names, total, fitted, _reach(counts, fitted, confidence, draws, seed))
    notes = [*_apart(total, names), *_undecided(places, total, names)]
    return Leaderboard(
        question=judged[0].question,
        confidence=confidence,
        places=places,
        wins={a: {b: float(total[i, j]) for j, b in enumerate(names)} for i, a in enumerate(names)},
        alpha=alpha_of(judged),
        raters=raters_of(judged),
        decided=not notes,
        notes=tuple(notes),
    )


def _check(confidence: float, draws: int) -> None:
    if not 0.5 <= confidence <= 0.999 or draws < 50:
        raise InvalidInput(
            file="",
            field="confidence" if draws >= 50 else "draws",
            reason="is out of range",
            remedy="use a confidence of 0.5 to 0.999, and 50 draws or more",
        )


def _reach(counts: BlockCounts, fitted: Counts, confidence: float, draws: int, seed: int) -> Counts:
    """Half the width of each interval; a bootstrap of b blocks has (b - 1) / b of the variance."""
    placed = ~np.isnan(fitted)
    few = math.sqrt(counts.blocks / max(counts.blocks - 1, 1))
    deviations = few * np.nanstd(bootstrap(counts, draws, seed)[:, placed], axis=0)
    spread = np.maximum(deviations, model_spread(counts.total())[placed])
    reach = np.full(len(fitted), np.nan)
    reach[placed] = quantile(confidence, counts.blocks - 1) * spread
    return reach


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
    names: Sequence[str], total: Counts, fitted: Counts, reach: Counts
) -> tuple[Place, ...]:
    low = fitted - reach
    high = fitted + reach
    judged = (total + total.T).sum(axis=1)
    places = []
    for i in np.argsort(-np.nan_to_num(fitted, nan=-1e9), kind="stable"):
        if np.isnan(fitted[i]):
            continue
        places.append(
            Place(
                name=names[int(i)],
                rating=round(float(fitted[i]), 1),
                low=round(float(low[i]), 1),
                high=round(float(high[i]), 1),
                best_rank=1 + int(np.sum(low > high[i])),
                worst_rank=int(np.sum(~np.isnan(fitted))) - int(np.sum(high < low[i])),
                judgements=int(judged[i]),
                wins=float(total[i].sum()),
                win_share=round(float(total[i].sum() / judged[i]), 4),
            )
        )
    return tuple(places)


def _apart(total: Counts, names: Sequence[str]) -> list[str]:
    """Contestants that no chain of judgements joins with the others have no place."""
    alone = [names[int(i)] for i in np.flatnonzero(component(total) != 0)]
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
            more = f"about {needed} more judgements are needed"
        notes.append(f"not enough judgements to rank {better.name} above {worse.name}: {more}")
    return notes
