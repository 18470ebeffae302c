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
    """Make a DataFrame of rows, with types as `with_types` has them.

    Parameters
    ----------
    rows
        Dictionaries of names and values.
    columns
        Columns that are there also when there are no rows.

    Returns
    -------
    pandas.DataFrame
        A row for each row.

    Raises
    ------
    InvalidInput
        If pandas is not installed.
    """
    pd = import_extra("pandas")
    return with_types(pd.DataFrame(rows, columns=columns))


def with_types(data: pd.DataFrame) -> pd.DataFrame:
    """Give columns types by their names.

    Parameters
    ----------
    data
        Columns of text and numbers.

    Returns
    -------
    pandas.DataFrame
        `..._usd` as float64 dollars, `..._at` and days as times in UTC, statuses and kinds as
        categories. Missing values stay missing (NaN, NaT).

    Raises
    ------
    InvalidInput
        If pandas is not installed.
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
