"""CSV that spreadsheets open as it is meant: a byte order mark, and no cell that is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

__all__ = ["BOM", "csv_lines", "harmless"]

BOM = "\ufeff"  # without it Excel takes UTF-8 for the machine's old code page


def harmless(cell: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    formula = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if formula and not _is_number(cell) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def csv_lines(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    """A heading with the mark, then a line a row (RFC 4180; lines end with a line feed)."""
    yield BOM + _line(columns)
    for row in rows:
        yield _line([harmless(cell) for cell in row])


def _line(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()
