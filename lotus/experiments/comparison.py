"""A regression check: what got better or worse since another experiment."""

from __future__ import annotations

import math
from typing import Any

from lotus.experiments.metrics import METRICS

__all__ = ["changes_between"]

LEAST_PAIRS = 5
UNLIKELY = 0.01  # chance of a sign test: below it, a change is no luck


def changes_between(now: Any, before: Any, factors: list[str]) -> Any:
    """A row a metric: means of both, over cells of the same levels of these factors, and the
    verdict `better`, `worse`, `changed`, `same`, or `too few` below five pairs.

    `now` and `before` are frames of `Experiment.to_pandas`. A verdict needs a sign test of the
    paired cells to be below 1 %.
    """
    import pandas as pd

    names = [n for n in METRICS if n in now and n in before]
    means = [f.groupby(factors, dropna=False)[names].mean() for f in (now, before)]
    pairs = means[0].merge(means[1], left_index=True, right_index=True, suffixes=("", "_before"))
    rows = []
    for name in names:
        both = pairs[[name, f"{name}_before"]].dropna()
        change = both[name] - both[f"{name}_before"]
        rows.append(
            {
                "metric": name,
                "before": both[f"{name}_before"].mean(),
                "now": both[name].mean(),
                "pairs": len(both),
                "verdict": _verdict(name, list(change)),
            }
        )
    return pd.DataFrame(rows)


def _verdict(metric: str, changes: list[float]) -> str:
    up = sum(change > 0 for change in changes)
    down = sum(change < 0 for change in changes)
    if len(changes) < LEAST_PAIRS:
        return "too few"
    if _sign_test(up, up + down) >= UNLIKELY:
        return "same"
    better = METRICS[metric].better
    if better not in ("lower", "higher"):
        return "changed"
    return "better" if (up > down) == (better == "higher") else "worse"


def _sign_test(up: int, count: int) -> float:
    """The two-sided chance of at least so uneven a split of a fair coin (exact)."""
    if count == 0:
        return 1.0
    least = min(up, count - up)
    tail = sum(math.comb(count, k) for k in range(least + 1))
    return min(1.0, 2.0 * tail / float(2**count))
