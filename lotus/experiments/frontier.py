"""Cost against quality: which levels nothing else beats in both."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from lotus.errors import UnknownName
from lotus.experiments.leaderboard import Place
from lotus.experiments.metrics import METRICS

__all__ = ["frontier_of"]


def frontier_of(
    frame: Any, factor: str, cost: str, value: str, places: Iterable[Place] = ()
) -> Any:
    """A row a level: its mean cost and value, and whether no other level is at least as cheap and
    as good, and better in one. Levels without a value are not on the frontier.

    `frame` is that of `Experiment.to_pandas`, `places` those of a leaderboard if the value is
    `rating`. Raises UnknownName for a column that is not there.
    """
    import pandas as pd

    numbers = [n for n in frame.columns if frame[n].dtype == float and n != factor]
    for name, choices in ((cost, numbers), (value, ["rating", *numbers])):
        if name not in choices:
            raise UnknownName("column of numbers", str(name), choices)
    groups = frame.groupby(factor, sort=False, dropna=False)
    table = pd.DataFrame({cost: groups[cost].mean()})
    if value == "rating":
        rated = {place.name: place for place in places}
        for name in ("rating", "low", "high"):
            table[name] = [
                getattr(rated[str(level)], name) if str(level) in rated else None
                for level in table.index
            ]
    else:
        table[value] = groups[value].mean()
    better = METRICS[value].better if value in METRICS else "higher"
    sign = -1.0 if better == "lower" else 1.0
    points = [(float(c), sign * float(v)) for c, v in zip(table[cost], table[value], strict=True)]
    table["frontier"] = [_unbeaten(point, points) for point in points]
    return table.sort_values(cost)


def _unbeaten(point: tuple[float, float], points: Iterable[tuple[float, float]]) -> bool:
    cost, value = point
    if cost != cost or value != value:
        return False
    return not any(c <= cost and v >= value and (c < cost or v > value) for c, v in points)
