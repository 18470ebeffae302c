"""Intervals of shares whose judgements come in clusters, such as all of one pair of videos."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable
from statistics import NormalDist

import numpy as np

from lotus.experiments.spread import quantile

__all__ = ["share_interval"]


def share_interval(
    judgements: Iterable[tuple[Hashable, bool]], confidence: float = 0.95
) -> tuple[float, float] | None:
    """The interval of the share of judgements that are true; None for fewer than two clusters.

    Each judgement names its cluster. Wilson's interval for so many judgements as would vary as much
    if they were independent, with Student's quantile (Korn and Graubard, 1998).
    """
    sums: dict[Hashable, list[int]] = {}
    for cluster, success in judgements:
        tally = sums.setdefault(cluster, [0, 0])
        tally[0] += success
        tally[1] += 1
    clusters = len(sums)
    if clusters < 2:
        return None
    successes, trials = np.array(list(sums.values()), float).T
    count = float(trials.sum())
    share = float(successes.sum()) / count
    variance = clusters / (clusters - 1) * float(np.sum((successes - share * trials) ** 2))
    normal = NormalDist().inv_cdf((1 + confidence) / 2)
    effective = float(clusters)  # where all agree, how clusters differ cannot be seen
    if variance > 1e-9:
        effective = share * (1 - share) * count**2 / variance
        effective *= (normal / quantile(confidence, clusters - 1)) ** 2
    return _wilson(share, min(effective, count), normal)


def _wilson(share: float, count: float, normal: float) -> tuple[float, float]:
    middle = share + normal**2 / (2 * count)
    reach = normal * math.sqrt(share * (1 - share) / count + normal**2 / (4 * count**2))
    whole = 1 + normal**2 / count
    return round((middle - reach) / whole, 4), round((middle + reach) / whole, 4)
