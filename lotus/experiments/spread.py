"""How far ratings may be off, and which orders are sure.

Blocks (what was judged together, such as a prompt) are drawn anew by a bootstrap. Where there are
raters enough, how they differ counts besides, as in the two-way clusters of Cameron, Gelbach and
Miller (2011). The least is what the model says of as many independent judgements. Orders are sure
where the differences of all pairs stay apart from 0 at once (Mogstad, Romano, Shaikh and Wilhelm,
2024): that any of them is wrong has the chance that the confidence leaves.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from lotus.experiments.fitting import (
    LOGIT,
    BlockCounts,
    Counts,
    Index,
    Judgements,
    bootstrap,
    component,
    prior_wins,
)

__all__ = ["LEAST_RATERS", "POWER", "Spread", "quantile", "spread_of"]

LEAST_RATERS = 5  # fewer say nothing of other raters
LEAST_VARIANCE = 0.09  # nine of ten: so a test of two that always agree is the exact binomial one
MANY = 10_000  # degrees of freedom: as good as all
EXACT_DEGREES = 200  # above them Student's distribution is almost normal
SIMULATIONS = 4000  # of the largest difference of any pair
MOST_PAIRS = 4_000_000  # of all simulations at once
POWER = 0.8  # chance to tell a difference, for the number of judgements that it takes
MOST_TIMES = 1e6  # as many judgements as there are


class Spread(NamedTuple):
    """How far ratings and differences may be off, in points; NaN without a place."""

    of_one: Counts  # (n,) half the interval of a rating
    of_pair: Counts  # (n, n) half the interval of a difference, all of them at once
    blocks: Counts  # (n, n) variances of differences: of blocks,
    model: Counts  # of as many independent judgements,
    raters: Counts  # and what raters add
    degrees: int  # of freedom
    largest: float  # quantile of the largest difference, with all degrees of freedom

    def more(self, gap: float, i: int, j: int, confidence: float) -> float:
        """How many times the judgements it takes, of as many more blocks, until a difference as
        large as `gap` is told from 0 with a chance of `POWER`.
        """
        power = NormalDist().inv_cdf(POWER)
        blocks, model, raters = self.blocks[i, j], self.model[i, j], self.raters[i, j]
        error = math.sqrt(max(blocks, model) + raters)
        times = 1.0
        while times < MOST_TIMES:
            degrees = int((self.degrees + 1) * times) - 1
            few = self.largest * quantile(confidence, degrees) / quantile(confidence, MANY)
            sure = math.sqrt(max(few**2 * blocks, self.largest**2 * model) + few**2 * raters)
            if (sure + power * error) / math.sqrt(times) <= gap:
                break
            times *= 1.05
        return times


def spread_of(
    judgements: Judgements,
    counts: BlockCounts,
    estimates: Counts,
    confidence: float,
    draws: int,
    seed: int,
) -> Spread:
    """The spread of ratings that were fitted to these judgements."""
    total = counts.total()
    main = np.flatnonzero(component(total) == 0)
    worlds = bootstrap(counts, main, draws, seed)
    blocks = np.cov(worlds, rowvar=False).reshape(len(main), -1)
    blocks *= counts.blocks / max(counts.blocks - 1, 1)  # b blocks show (b - 1) / b of the variance
    square = total[np.ix_(main, main)]
    inverse = _inverse_information(square, estimates[main])
    ties = _less_by_ties(judgements, estimates)
    model = inverse * ties
    people = int(judgements.rater.max(initial=-1)) + 1
    raters = np.zeros_like(model)
    degrees = counts.blocks - 1
    if people >= LEAST_RATERS:
        raters = _between_raters(judgements, estimates, main, inverse)
        degrees = min(degrees, people - 1)
    degrees = max(degrees, 1)
    few, many = _largest(max(blocks, model, key=np.trace), confidence, degrees, seed)
    one, sure = quantile(confidence, degrees), quantile(confidence, MANY)
    of_one = np.full(len(estimates), np.nan)
    of_one[main] = _reach(np.diag(blocks), np.diag(model), np.diag(raters), one, sure)
    model = _inverse_information(square, estimates[main], LEAST_VARIANCE) * ties
    blocks, model, raters = _differences(blocks), _differences(model), _differences(raters)

    def of_all(values: Counts) -> Counts:
        whole = np.full((len(estimates), len(estimates)), np.nan)
        whole[np.ix_(main, main)] = np.maximum(values, 0.0)
        return whole

    return Spread(
        of_one,
        of_all(_reach(blocks, model, raters, few, many)),
        of_all(blocks),
        of_all(model),
        of_all(raters),
        degrees,
        many,
    )


def _reach(blocks: Counts, model: Counts, raters: Counts, few: float, many: float) -> Counts:
    """Half an interval: what blocks and raters show has few degrees of freedom, the model many."""
    least = np.maximum(few**2 * blocks, many**2 * model)
    return np.asarray(np.sqrt(least + few**2 * np.maximum(raters, 0.0)))


def _differences(covariance: Counts) -> Counts:
    """Variances of the differences of all pairs."""
    own = np.diag(covariance)
    return np.asarray(own[:, None] + own[None, :] - 2 * covariance)


def _inverse_information(total: Counts, estimates: Counts, least: float = 0.0) -> Counts:
    """The covariance that the model gives as many independent judgements.

    A bootstrap of judgements that all agree has no spread at all: this is the least that there is.
    With `least` variance of each judgement it is that of a test for 0, where the standard error of
    a large difference is too large (Hauck and Donner, 1977).
    """
    wins = total + prior_wins(total)
    chance = 1 / (1 + np.exp((estimates[None, :] - estimates[:, None]) / LOGIT))
    weights = (wins + wins.T) * np.maximum(chance * (1 - chance), least)
    return np.asarray(LOGIT**2 * np.linalg.pinv(np.diag(weights.sum(axis=1)) - weights))


def _less_by_ties(judgements: Judgements, estimates: Counts) -> float:
    """What is left of the variance of wins where some are ties: half a win has less of it."""
    gap = np.nan_to_num(estimates[judgements.right] - estimates[judgements.left])
    chance = 1 / (1 + np.exp(gap / LOGIT))
    ties = float(np.sum(judgements.share == 0.5))
    return float(1 - ties / 4 / (np.sum(chance * (1 - chance)) + 1))


def _between_raters(
    judgements: Judgements, estimates: Counts, main: Index, model: Counts
) -> Counts:
    """What raters' differences add: their sandwich, less that of raters within blocks."""
    place = np.full(len(estimates), -1)
    place[main] = np.arange(len(main))
    within = (place[judgements.left] >= 0) & (place[judgements.right] >= 0)
    left, right = place[judgements.left[within]], place[judgements.right[within]]
    gap = estimates[judgements.right[within]] - estimates[judgements.left[within]]
    surprise = judgements.share[within] - 1 / (1 + np.exp(gap / LOGIT))
    rater, block = judgements.rater[within], judgements.block[within]
    both = np.unique(rater * (block.max() + 1) + block, return_inverse=True)[1]
    meat = _outer(rater, left, right, surprise, len(main))
    meat -= _outer(both, left, right, surprise, len(main))
    return np.asarray(model @ meat @ model / LOGIT**2)


def _outer(group: Index, left: Index, right: Index, surprise: Counts, size: int) -> Counts:
    """The sum over groups of the outer product of their scores."""
    groups = int(group.max()) + 1
    flat = np.bincount(group * size + left, surprise, groups * size)
    flat -= np.bincount(group * size + right, surprise, groups * size)
    scores = flat.reshape(groups, size)
    return np.asarray(scores.T @ scores * (groups / max(groups - 1, 1)))


def _largest(covariance: Counts, confidence: float, degrees: int, seed: int) -> tuple[float, float]:
    """Quantiles of the largest difference of any pair, in its standard errors, among equals: where
    errors have these degrees of freedom, and where they are known.
    """
    size = len(covariance)
    least = quantile(confidence, degrees), quantile(confidence, MANY)
    if size <= 2:
        return least
    rng = np.random.default_rng(seed)
    values, vectors = np.linalg.eigh(covariance)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    errors = np.sqrt(np.maximum(_differences(covariance), 1e-12)) + np.eye(size)
    parts = []
    few = max(1, MOST_PAIRS // size**2)
    for start in range(0, SIMULATIONS, few):
        worlds = rng.standard_normal((min(few, SIMULATIONS - start), size)) @ root.T
        gaps = np.abs(worlds[:, :, None] - worlds[:, None, :]) / errors
        parts.append(gaps.max(axis=(1, 2)))
    largest = np.concatenate(parts)
    scale = np.sqrt(rng.chisquare(degrees, len(largest)) / degrees)
    return (
        max(least[0], float(np.quantile(largest / scale, confidence))),
        max(least[1], float(np.quantile(largest, confidence))),
    )


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
    square = math.cos(angle) ** 2
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = 0.0
    for k in range(1, degrees // 2 + 1):
        total += term
        term *= square * (2 * k / (2 * k + 1) if odd else (2 * k - 1) / (2 * k))
    if odd:
        return 2 / math.pi * (angle + math.sin(angle) * total)
    return math.sin(angle) * total
