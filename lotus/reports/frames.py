"""Rows as DataFrames with types: dollars are numbers, times have their zone, statuses are
categories. Objects and JSON keep exact money.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from lotus.system.distribution import import_extra
from lotus.system.frames import own

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame", "with_types"]

DOLLARS = "_usd"  # columns end so
TIMES = ("_at", "_until")
DAYS = ("day", "at")
CATEGORIES = ("status", "kind")


def frame(rows: Sequence[dict[str, Any]], columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Rows as a pandas DataFrame with types; named columns are there also when there
    are no rows.
    """
    pd = import_extra("pandas")
    return with_types(pd.DataFrame(rows, columns=columns))


def with_types(data: pd.DataFrame) -> pd.DataFrame:
    """The same columns with their types, by name: `..._usd` is float64 dollars, `..._at` and days
    are times of UTC, statuses and kinds are categories. What is missing stays missing (NaN, NaT).
    """
    pd = import_extra("pandas")
    columns_of_types: dict[str, Any] = {}
    for name in map(str, data.columns):
        column = data[name]
        if name.endswith(DOLLARS):
            columns_of_types[name] = pd.to_numeric(column).astype("float64")
        elif name.endswith(TIMES) or name in DAYS:
            with suppress(ValueError):  # text that is no time stays text
                columns_of_types[name] = pd.to_datetime(column, utc=True, format="ISO8601")
        elif name in CATEGORIES:
            columns_of_types[name] = column.astype("category")
    return own(data.assign(**columns_of_types))
