"""Cost against quality: which levels nothing else beats in both."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from lotus.errors import UnknownName
from lotus.experiments.extras import pandas
from lotus.experiments.leaderboard import Place
from lotus.experiments.metrics import METRICS
from lotus.experiments.spread import quantile

__all__ = ["frontier_of"]

CONFIDENCE = 0.95


def frontier_of(
    frame: Any,
    factor: str,
    cost: str,
    value: str,
    places: Iterable[Place] = (),
    blocks: Sequence[str] = (),
) -> Any:
    """A row a level: its mean cost and value, and whether no other level is at least as cheap and
    as good, and better in one. Levels without a value are not on the frontier. `sure` says whether
    the 95 % intervals leave no other answer: those of ratings that are apart, or of the difference
    of a metric within blocks. Costs are what was paid, and have none.

    `frame` is that of `Experiment.to_pandas`, `places` those of a leaderboard if the value is
    `rating`, `blocks` the other factors. Raises UnknownName for a column that is not there.
    """
    pd = pandas()
    numbers = [n for n in frame.columns if frame[n].dtype == float and n != factor]
    for name, choices in ((cost, numbers), (value, ["rating", *numbers])):
        if name not in choices:
            raise UnknownName("column of numbers", str(name), choices)
    groups = frame.groupby(factor, sort=False, dropna=False)
    table = pd.DataFrame({cost: groups[cost].mean()})
    if value == "rating":
        places_by_name = {place.name: place for place in places}
        for name in ("rating", "low", "high"):
            table[name] = [
                getattr(places_by_name[str(level)], name) if str(level) in places_by_name else None
                for level in table.index
            ]
    else:
        table[value] = groups[value].mean()
    better = METRICS[value].better if value in METRICS else "higher"
    sign = -1.0 if better == "lower" else 1.0
    points = [(float(c), sign * float(v)) for c, v in zip(table[cost], table[value], strict=True)]
    table["frontier"] = [_unbeaten(point, points) for point in points]
    if value == "rating":
        better_than = _better_rated(table)
    else:
        better_than = _better_measured(frame, factor, sign * frame[value], table.index, blocks)
    costs = [point[0] for point in points]
    table["sure"] = [
        _sure(i, bool(on), costs, better_than) for i, on in enumerate(table["frontier"])
    ]
    return table.sort_values(cost)


def _better_rated(table: Any) -> Callable[[int, int], bool]:
    low, high = table["low"].astype(float), table["high"].astype(float)
    return lambda i, j: bool(low.iloc[i] > high.iloc[j])


def _better_measured(
    frame: Any, factor: str, values: Any, levels: Any, blocks: Sequence[str]
) -> Callable[[int, int], bool]:
    """Whether a level is better than another for sure: Student's interval of the differences."""
    import numpy as np

    groups = [*(frame[name] for name in blocks), frame[factor]]
    means = values.groupby(groups, dropna=False).mean().unstack(level=-1)
    if not blocks:
        return lambda i, j: False

    def better(i: int, j: int) -> bool:
        gaps = (means[levels[i]] - means[levels[j]]).dropna().to_numpy(float)
        if len(gaps) < 2:
            return False
        error = float(np.std(gaps, ddof=1)) / math.sqrt(len(gaps))
        return bool(gaps.mean() > quantile(CONFIDENCE, len(gaps) - 1) * error)

    return better


def _sure(
    i: int, frontier: bool, costs: list[float], better_than: Callable[[int, int], bool]
) -> bool:
    """Off the frontier: a level that costs no more is better. On it: all such levels are worse."""
    rivals = [j for j, cost in enumerate(costs) if j != i and cost <= costs[i]]
    if frontier:
        return all(better_than(i, j) for j in rivals)
    return any(better_than(j, i) for j in rivals)


def _unbeaten(point: tuple[float, float], points: Iterable[tuple[float, float]]) -> bool:
    cost, value = point
    if cost != cost or value != value:
        return False
    return not any(c <= cost and v >= value and (c < cost or v > value) for c, v in points)
