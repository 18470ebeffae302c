"""A regression check: what got better or worse since another experiment."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from lotus.errors import InvalidInput
from lotus.experiments.extras import pandas
from lotus.experiments.metrics import METRICS

__all__ = ["changes_between"]

UNLIKELY = 0.05  # chance that luck alone changes any of the metrics (Holm, 1979)


def changes_between(now: Any, before: Any, factors: list[str]) -> Any:
    """A row a metric: means of both, over cells of the same levels of these factors, and the
    verdict `better`, `worse`, `changed`, `same`, or `too few`.

    `now` and `before` are frames of `Experiment.to_pandas`. Verdicts are sign tests of the paired
    cells; all metrics together are wrong in 5 % of comparisons of equals. Raises InvalidInput where
    no cell has its like.
    """
    pd = pandas()
    names = [n for n in METRICS if n in now and n in before]
    pairs = _pairs(now, before, factors, names)
    if not len(pairs):
        raise InvalidInput(
            file="",
            field="against",
            reason="has no cell with the same levels as one of this experiment",
            remedy="give both the same prompts and seeds",
        )
    columns = {name: pairs[[name, f"{name}_before"]].dropna() for name in names}
    changes = {name: list(c[name] - c[f"{name}_before"]) for name, c in columns.items()}
    verdicts = _verdicts({name: list_ for name, list_ in changes.items() if list_})
    rows = [
        {
            "metric": name,
            "before": columns[name][f"{name}_before"].mean(),
            "now": columns[name][name].mean(),
            "pairs": len(changes[name]),
            "verdict": verdicts.get(name, "too few"),
        }
        for name in names
    ]
    return pd.DataFrame(rows, columns=["metric", "before", "now", "pairs", "verdict"])


def _pairs(now: Any, before: Any, factors: list[str], names: list[str]) -> Any:
    """Means of cells of the same levels, side by side."""
    if not factors:
        return now.iloc[:0].assign(**{f"{name}_before": [] for name in names})
    means = [f.groupby(factors, dropna=False)[names].mean() for f in (now, before)]
    return means[0].merge(means[1], left_index=True, right_index=True, suffixes=("", "_before"))


def _verdicts(changes: Mapping[str, list[float]]) -> dict[str, str]:
    """By metric; the least likely first, each held against what is left of `UNLIKELY`."""
    signs = {name: (sum(c > 0 for c in cs), sum(c < 0 for c in cs)) for name, cs in changes.items()}
    chances = {name: _sign_test(up, up + down) for name, (up, down) in signs.items()}
    verdicts = {}
    left = len(changes)
    certain = True
    for name in sorted(changes, key=lambda name: chances[name]):
        level = UNLIKELY / left
        certain = certain and chances[name] < level
        up, down = signs[name]
        enough = _sign_test(0, len(changes[name])) < level
        if certain:
            verdicts[name] = _direction(name, up > down)
        else:
            verdicts[name] = "same" if enough else "too few"
        left -= 1
    return verdicts


def _direction(metric: str, up: bool) -> str:
    better = METRICS[metric].better
    if better not in ("lower", "higher"):
        return "changed"
    return "better" if up == (better == "higher") else "worse"


def _sign_test(up: int, count: int) -> float:
    """The two-sided chance of at least so uneven a split of a fair coin (exact)."""
    if count == 0:
        return 1.0
    least = min(up, count - up)
    tail = sum(math.comb(count, k) for k in range(least + 1))
    return min(1.0, 2.0 * tail / float(2**count))
