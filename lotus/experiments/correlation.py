"""Metrics against people: how often the cell with the better value is the one that raters chose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lotus.experiments.measuring import Values
from lotus.experiments.metrics import METRICS

__all__ = ["agreement_with_raters"]

LEAST = 10  # judgements


def agreement_with_raters(rows: Iterable[Mapping[str, Any]], values: Mapping[str, Values]) -> Any:
    """A DataFrame with a row a metric: the share of judgements (ties left out) in which the chosen
    cell has the higher value; 0.5 is chance, and below it lower values are liked. Metrics with
    fewer than ten judgements are left out. The strongest come first.
    """
    import pandas as pd

    judged = [row for row in rows if row["choice"] in ("left", "right")]
    table = []
    for name in METRICS:
        higher = count = 0
        for row in judged:
            left = values.get(row["left_key"], {}).get(name)
            right = values.get(row["right_key"], {}).get(name)
            if left is None or right is None or left == right:
                continue
            count += 1
            higher += (left > right) == (row["choice"] == "left")
        if count >= LEAST:
            table.append({"metric": name, "agreement": higher / count, "judgements": count})
    frame = pd.DataFrame(table, columns=["metric", "agreement", "judgements"])
    order = (frame["agreement"] - 0.5).abs().sort_values(ascending=False, kind="stable").index
    return frame.loc[order].reset_index(drop=True)
