"""Strengths of Bradley and Terry (1952) by evalica, and their spread by a bootstrap over blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt

from lotus.errors import WorkError
from lotus.experiments.ratings import Rating
from lotus.system.distribution import install_command

__all__ = [
    "Counts",
    "block_counts",
    "bootstrap",
    "component",
    "evalica",
    "model_spread",
    "quantile",
    "strengths",
]

MIDDLE = 1000.0  # the mean rating; 400 more wins ten times of eleven, as in chess
SPREAD = 400.0
PRIOR_WEIGHT = 0.1  # of a tie between any two that were compared: no strength becomes infinite
MOST_ITERATIONS = 20_000
Counts = npt.NDArray[np.float64]


def block_counts(ratings: Sequence[Rating], names: Sequence[str]) -> Counts:
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


def strengths(total: Counts, tolerance: float = 1e-8) -> Counts:
    """Ratings around MIDDLE; those that were never compared with the others are NaN."""
    import pandas as pd

    main = np.flatnonzero(component(total) == 0)
    inner = total[np.ix_(main, main)]
    winners, losers = np.nonzero((inner + inner.T) > 0)
    logs = np.full(len(total), np.nan)
    if len(winners):
        solver = evalica()
        scores = solver.bradley_terry(
            winners.tolist(),
            losers.tolist(),
            [solver.Winner.X] * len(winners),
            index=pd.RangeIndex(len(main)),
            weights=(inner[winners, losers] + PRIOR_WEIGHT / 2).tolist(),
            tolerance=tolerance,
            limit=MOST_ITERATIONS,
        ).scores
        logs[main] = np.log10(np.maximum(scores.sort_index().to_numpy(float), 1e-300))
    return np.asarray(MIDDLE + SPREAD * (logs - _mean(logs)))


def _mean(logs: Counts) -> float:
    """The mean of what is a number; NaN if nothing is."""
    numbers = logs[~np.isnan(logs)]
    return float(numbers.mean()) if len(numbers) else math.nan


def component(total: Counts) -> npt.NDArray[np.int64]:
    """The group of compared contestants that each belongs to; the largest is 0."""
    linked = (total + total.T) > 0
    if (linked | np.eye(len(total), dtype=bool)).all():
        return np.zeros(len(total), int)
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


def bootstrap(counts: Counts, draws: int, seed: int) -> Counts:
    """Ratings in resampled worlds, shape (draws, n): whole blocks are drawn, with replacement."""
    rng = np.random.default_rng(seed)
    size = len(counts)
    flat = counts.reshape(size, -1)
    rows = []
    for _ in range(draws):
        weights = np.bincount(rng.integers(0, size, size), minlength=size)
        rows.append(strengths((weights @ flat).reshape(counts.shape[1:]), 1e-6))
    return np.array(rows)


def model_spread(total: Counts) -> Counts:
    """Standard errors by the model's information, half a win added each way to what was compared.

    A bootstrap of judgements that all agree has no spread at all: this is the least that there is.
    """
    linked = (total + total.T) > 0
    counts = total + 0.5 * linked
    ratings = np.nan_to_num(strengths(counts), nan=MIDDLE)
    chance = 1 / (1 + 10 ** ((ratings[None, :] - ratings[:, None]) / SPREAD))
    weights = (counts + counts.T) * chance * (1 - chance)
    information = np.diag(weights.sum(axis=1)) - weights
    variance = np.diag(np.linalg.pinv(information))
    return np.asarray(SPREAD / math.log(10) * np.sqrt(np.maximum(variance, 0.0)))


def quantile(confidence: float, degrees: int) -> float:
    """Student's two-sided quantile, by the first terms of Cornish and Fisher's expansion."""
    normal = NormalDist().inv_cdf((1 + confidence) / 2)
    return float(normal + (normal**3 + normal) / (4 * max(degrees, 1)))


def evalica() -> Any:
    """The package that fits; raises WorkError where it is not installed."""
    try:
        import evalica as solver
    except ImportError as exc:
        raise WorkError(
            reason="ratings need the package evalica", remedy=install_command("experiments")
        ) from exc
    return solver
