"""Strengths of Bradley and Terry (1952) by evalica, and their spread by a bootstrap over blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lotus.errors import WorkError
from lotus.experiments.ratings import Rating
from lotus.system.distribution import install_command

__all__ = [
    "BlockCounts",
    "Counts",
    "all_strengths",
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
MOST_SINGLES = 500  # blocks into which judgements without a block are dealt
EXACT_DEGREES = 200  # above them Student's distribution is almost normal
MOST_STEPS = 50  # of Newton's method, of which a handful is enough
NEWTON_STEP = 1e-6
MOST_CELLS = 2_000_000  # of all worlds that are fitted at once
_SHARES = {"left": 1.0, "right": 0.0, "tie": 0.5}
Counts = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class BlockCounts(NamedTuple):
    """Wins by block, those that are not 0: `pair` is winner * `names` + loser."""

    block: Index
    pair: Index
    wins: Counts
    blocks: int
    names: int

    def total(self, weights: Counts | None = None) -> Counts:
        """Wins of rows over columns, shape (names, names); `weights` of the blocks."""
        wins = self.wins if weights is None else self.wins * weights[self.block]
        flat = np.bincount(self.pair, wins, self.names**2)
        return flat.reshape(self.names, self.names).astype(float)


def block_counts(ratings: Sequence[Rating], names: Sequence[str]) -> BlockCounts:
    """Wins by block, winner and loser; a tie is half a win for both.

    Judgements of one block only are blocks themselves: how blocks differ cannot be seen then, and
    what is said holds for that block.
    """
    place = {name: number for number, name in enumerate(names)}
    alone = len({rating.block for rating in ratings if rating.block}) <= 1
    blocks: dict[str | int, int] = {}
    rows = np.empty((len(ratings), 3), np.int64)
    shares = np.empty(len(ratings))
    for number, rating in enumerate(ratings):
        name = number % MOST_SINGLES if alone or not rating.block else rating.block
        rows[number] = (
            blocks.setdefault(name, len(blocks)),
            place[rating.left],
            place[rating.right],
        )
        shares[number] = _SHARES[rating.choice]
    size = len(names)
    forth = rows[:, 1] * size + rows[:, 2]
    back = rows[:, 2] * size + rows[:, 1]
    cells = np.concatenate([rows[:, 0], rows[:, 0]]) * size**2 + np.concatenate([forth, back])
    kinds, group = np.unique(cells, return_inverse=True)
    wins = np.bincount(group, np.concatenate([shares, 1 - shares]), len(kinds)).astype(float)
    return BlockCounts(kinds // size**2, kinds % size**2, wins, len(blocks), size)


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


def bootstrap(counts: BlockCounts, draws: int, seed: int) -> Counts:
    """Ratings in resampled worlds, shape (draws, n): whole blocks are drawn, with replacement."""
    rng = np.random.default_rng(seed)
    size = counts.blocks
    few = max(1, MOST_CELLS // counts.names**2)
    rows = []
    for start in range(0, draws, few):
        worlds = []
        for _ in range(min(few, draws - start)):
            weights = np.bincount(rng.integers(0, size, size), minlength=size).astype(float)
            worlds.append(counts.total(weights))
        rows.append(all_strengths(np.array(worlds)))
    return np.concatenate(rows)


def all_strengths(totals: Counts) -> Counts:
    """What `strengths` gives for each of many worlds of the same contestants, shape (worlds, n), by
    Newton's method for all of them at once; a world whose contestants fall apart is fitted alone.
    """
    linked = (totals + totals.swapaxes(1, 2)) > 0
    whole = np.array([not component(one).any() for one in totals])
    wins = totals + PRIOR_WEIGHT / 2 * linked
    games = wins + wins.swapaxes(1, 2)
    size = totals.shape[1]
    logs = np.zeros(totals.shape[:2])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(logs[:, None, :] - logs[:, :, None]))
        slope = (wins - games * chance).sum(axis=2)
        weights = games * chance * (1 - chance)
        information = np.eye(size) * weights.sum(axis=2)[:, :, None] - weights + 1 / size
        information[~whole] = np.eye(size)
        step = np.clip(np.linalg.solve(information, slope[..., None])[..., 0], -1, 1)
        logs += np.where(whole[:, None], step, 0.0)
        if np.abs(step[whole]).max(initial=0.0) < NEWTON_STEP:
            break
    ratings = MIDDLE + SPREAD / math.log(10) * (logs - logs.mean(axis=1, keepdims=True))
    for number in np.flatnonzero(~whole):
        ratings[number] = strengths(totals[number], 1e-6)
    return np.asarray(ratings)


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
    """Student's two-sided quantile, by bisection of its distribution."""
    if degrees > EXACT_DEGREES:
        normal = NormalDist().inv_cdf((1 + confidence) / 2)
        return normal + (normal**3 + normal) / (4 * degrees)  # Cornish and Fisher
    low, high = 0.0, 1e5
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        if _inside(middle, max(degrees, 1)) < confidence:
            low = middle
        else:
            high = middle
    return high


def _inside(t: float, degrees: int) -> float:
    """The chance that |T| < t: Abramowitz and Stegun, 26.7.3 and 26.7.4."""
    angle = math.atan(t / math.sqrt(degrees))
    squared = math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for k in range(1, degrees // 2 + 1):
        total += term
        term *= squared * (2 * k / (2 * k + 1) if odd else (2 * k - 1) / (2 * k))
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total


def evalica() -> Any:
    """The package that fits; raises WorkError where it is not installed."""
    try:
        import evalica as solver
    except ImportError as exc:
        raise WorkError(
            reason="ratings need the package evalica", remedy=install_command("experiments")
        ) from exc
    return solver
