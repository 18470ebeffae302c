"""Metrics against people: how often the cell with the better value is the one that raters chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lotus.experiments.extras import pandas
from lotus.experiments.measuring import Values
from lotus.experiments.metrics import METRICS
from lotus.experiments.shares import share_interval

__all__ = ["agreement_with_raters"]

LEAST = 10  # judgements
CONFIDENCE = 0.95  # that the intervals of all metrics hold at once
COLUMNS = ("metric", "agreement", "low", "high", "judgements")


def agreement_with_raters(
    rows: Iterable[Mapping[str, Any]],
    values: Mapping[str, Values],
    blocks: Mapping[str, str] | None = None,
) -> Any:
    """A DataFrame with a row a metric: the share of judgements (ties left out) in which the chosen
    cell has the higher value; 0.5 is chance, and below it lower values are liked. Metrics with
    fewer than ten judgements are left out. The strongest come first.

    `low` and `high` are intervals that hold for all of these metrics at once (Bonferroni), over
    blocks of cells, by key; without `blocks`, over pairs of cells. NaN where there is but one.
    """
    pd = pandas()
    decisions = [row for row in rows if row["choice"] in ("left", "right")]
    wins = {name: _wins(decisions, values, name, blocks or {}) for name in METRICS}
    wins = {name: list_ for name, list_ in wins.items() if len(list_) >= LEAST}
    confidence = 1 - (1 - CONFIDENCE) / max(len(wins), 1)
    table = []
    for name, own in wins.items():
        low, high = share_interval(own, confidence) or (None, None)
        share = sum(higher for _, higher in own) / len(own)
        table.append((name, share, low, high, len(own)))
    frame = pd.DataFrame(table, columns=list(COLUMNS)).astype({"low": float, "high": float})
    order = (frame["agreement"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)


def _wins(
    decisions: Iterable[Mapping[str, Any]],
    values: Mapping[str, Values],
    metric: str,
    blocks: Mapping[str, str],
) -> list[tuple[object, bool]]:
    """For each judgement its cluster, and whether the chosen cell has the higher value."""
    wins: list[tuple[object, bool]] = []
    for row in decisions:
        keys = (row["left_key"], row["right_key"])
        left, right = (values.get(key, {}).get(metric) for key in keys)
        if left is None or right is None or left == right:
            continue
        cluster = blocks.get(keys[0]) if keys[0] in blocks else frozenset(keys)
        wins.append((cluster, (left > right) == (row["choice"] == "left")))
    return wins
