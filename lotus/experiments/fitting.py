"""Strengths of Bradley and Terry (1952) by evalica, and their spread by a bootstrap over blocks."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lotus.experiments.extras import evalica, pandas
from lotus.experiments.ratings import Rating

__all__ = [
    "LOGIT",
    "MIDDLE",
    "SPREAD",
    "BlockCounts",
    "Counts",
    "Judgements",
    "all_strengths",
    "block_counts",
    "bootstrap",
    "component",
    "judgements_of",
    "prior_wins",
    "strengths",
]

MIDDLE = 1000.0  # the mean rating; 400 more scores ten of eleven, as in chess
SPREAD = 400.0
LOGIT = SPREAD / math.log(10)  # points of rating
MOST_ITERATIONS = 20_000
MOST_SINGLES = 500  # blocks into which judgements without a block are dealt
LEAST_PAIRS = 10  # of raters and names that make blocks where none are named
MOST_STEPS = 50  # of Newton's method, of which a handful is enough
NEWTON_STEP = 1e-6
MOST_CELLS = 2_000_000  # of all worlds that are fitted at once
_SHARES = {"left": 1.0, "right": 0.0, "tie": 0.5}
Counts = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


class Judgements(NamedTuple):
    """Judgements as numbers, one a place: who met whom, the left one's share of the win, the block
    and the rater.
    """

    left: Index
    right: Index
    share: Counts
    block: Index
    rater: Index


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


def judgements_of(ratings: Sequence[Rating], names: Sequence[str]) -> Judgements:
    """The numbers of these ratings; a tie is half a win for both."""
    place = {name: number for number, name in enumerate(names)}
    return Judgements(
        np.array([place[rating.left] for rating in ratings], np.int64),
        np.array([place[rating.right] for rating in ratings], np.int64),
        np.array([_SHARES[rating.choice] for rating in ratings]),
        _numbered(_blocks(ratings)),
        _numbered(rating.rater for rating in ratings),
    )


def _blocks(ratings: Sequence[Rating]) -> Iterable[Hashable]:
    """The block of each judgement.

    Where none is named, what one rater said of the same two is one, if there are enough of those:
    it may be the same pair again. Judgements of one block only are blocks themselves: how blocks
    differ cannot be seen then, and what is said holds for that block.
    """
    names = {rating.block for rating in ratings}
    if names == {""}:
        pairs = [(rating.rater, *sorted((rating.left, rating.right))) for rating in ratings]
        if len(set(pairs)) >= LEAST_PAIRS:
            return pairs
    alone = len(names - {""}) <= 1
    return [
        number % MOST_SINGLES if alone or not rating.block else rating.block
        for number, rating in enumerate(ratings)
    ]


def _numbered(names: Iterable[Hashable]) -> Index:
    """Equal names as equal numbers, from 0."""
    numbers: dict[Hashable, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in names], np.int64)


def block_counts(judgements: Judgements, names: int) -> BlockCounts:
    """Wins by block, winner and loser."""
    pairs = np.concatenate(
        [judgements.left * names + judgements.right, judgements.right * names + judgements.left]
    )
    cells = np.concatenate([judgements.block, judgements.block]) * names**2 + pairs
    kinds, group = np.unique(cells, return_inverse=True)
    shares = np.concatenate([judgements.share, 1 - judgements.share])
    wins = np.bincount(group, shares, len(kinds)).astype(float)
    blocks = int(judgements.block.max(initial=-1)) + 1
    return BlockCounts(kinds // names**2, kinds % names**2, wins, blocks, names)


def prior_wins(total: Counts) -> Counts:
    """Half a tie's worth of wins each way for what was compared, n - 1 ties among n contestants.

    This is Firth's correction (1993) with the weight of all judgements spread evenly: it takes the
    bias out of small samples, and no strength becomes infinite. For two contestants it is Jeffreys'
    prior, half a win each.
    """
    linked = (total + total.T) > 0
    edges = linked.sum() / 2
    return np.asarray((len(total) - 1) / max(edges, 1) / 2 * linked)


def strengths(total: Counts, tolerance: float = 1e-8) -> Counts:
    """Ratings around MIDDLE; those that were never compared with the others are NaN."""
    pd = pandas()
    main = np.flatnonzero(component(total) == 0)
    inner = total[np.ix_(main, main)]
    inner = inner + prior_wins(inner)
    winners, losers = np.nonzero(inner)
    logs = np.full(len(total), np.nan)
    if len(winners):
        solver = evalica()
        scores = solver.bradley_terry(
            winners.tolist(),
            losers.tolist(),
            [solver.Winner.X] * len(winners),
            index=pd.RangeIndex(len(main)),
            weights=inner[winners, losers].tolist(),
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


def bootstrap(counts: BlockCounts, main: Index, draws: int, seed: int) -> Counts:
    """Ratings of `main` in resampled worlds, shape (draws, len(main)): whole blocks are drawn, with
    replacement.
    """
    rng = np.random.default_rng(seed)
    size = counts.blocks
    square = np.ix_(main, main)
    prior = prior_wins(counts.total()[square])
    few = max(1, MOST_CELLS // counts.names**2)
    rows = []
    for start in range(0, draws, few):
        worlds = []
        for _ in range(min(few, draws - start)):
            weights = np.bincount(rng.integers(0, size, size), minlength=size).astype(float)
            worlds.append(counts.total(weights)[square])
        rows.append(all_strengths(np.array(worlds) + prior))
    return np.concatenate(rows)


def all_strengths(wins: Counts) -> Counts:
    """Ratings for each of many worlds of the same contestants, shape (worlds, n), by Newton's
    method for all of them at once. `wins` have their prior, so that nobody has won or lost all and
    no world falls apart.
    """
    games = wins + wins.swapaxes(1, 2)
    size = wins.shape[1]
    logs = np.zeros(wins.shape[:2])
    for _ in range(MOST_STEPS):
        chance = 1 / (1 + np.exp(logs[:, None, :] - logs[:, :, None]))
        slope = (wins - games * chance).sum(axis=2)
        weights = games * chance * (1 - chance)
        information = np.eye(size) * weights.sum(axis=2)[:, :, None] - weights + 1 / size
        step = np.clip(np.linalg.solve(information, slope[..., None])[..., 0], -1, 1)
        logs += step
        if np.abs(step).max(initial=0.0) < NEWTON_STEP:
            break
    return np.asarray(MIDDLE + LOGIT * (logs - logs.mean(axis=1, keepdims=True)))
