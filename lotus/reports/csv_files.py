"""CSV that spreadsheets open as it is meant: a byte order mark, and no cell that is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

__all__ = ["BOM", "csv_lines", "harmless"]

# how a cell begins that a spreadsheet computes, in full width too (OWASP: CSV injection)
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
BLANKS = " \u00a0\ufeff"  # that some leave out before they look

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's old code page


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula, also where it leaves blanks out first."""
    formula = isinstance(cell, str) and cell.lstrip(BLANKS).startswith(FORMULA)
    return f"'{cell}" if formula and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    try:
        return text.isascii() and isfinite(float(text))
    except ValueError:
        return False


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A heading with the mark, then a line a row (RFC 4180; lines end with a line feed)."""
    yield BOM + _line(columns)
    for row in rows:
        yield _line([harmless(cell) for cell in row])


def _line(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
