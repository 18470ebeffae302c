"""Values of pandas, NumPy and the standard library as the plain Python that documents hold."""

from __future__ import annotations

import os
from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Any

__all__ = ["is_blank", "plain_scalar", "plain_value"]


def plain_scalar(value: Any) -> Any:
    """NumPy's numbers and strings as Python's; everything else as it is."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        return value.item()
    return value


def is_blank(value: Any) -> bool:
    """Whether a table has nothing there: NaN, or pandas' NA or NaT."""
    if type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(plain_scalar(value), float | Decimal) and bool(value != value)


def plain_value(value: Any) -> Any:
    """Enums by their values, paths as text, frames as lists of rows; blanks are left out of rows.

    Other objects, such as documents, stay as they are.
    """
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return [plain_value(item) for item in value]
    rows = _rows(value)
    if isinstance(rows, Mapping):
        return {name: plain_value(item) for name, item in rows.items() if not is_blank(item)}
    return plain_scalar(value) if rows is value else plain_value(rows)


def _rows(value: Any) -> Any:
    """A DataFrame as a list of rows, a row of one as a dictionary; everything else as it is."""
    kind = type(value).__name__
    if kind == "DataFrame" and hasattr(value, "to_dict"):
        return value.to_dict("records")
    if kind == "Series" and hasattr(value, "to_dict") and value.index.dtype.kind not in "iu":
        return value.to_dict()
    return value
