"""The numbers of a page as files."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from dashboards.accounts import COLUMNS

__all__ = ["costs_file"]


def costs_file(spent: Mapping[str, Any], suffix: str) -> bytes:
    """The rows of the costs page: CSV with amounts as they are in the ledger, or Parquet with
    decimals.
    """
    names = (spent["by"], *COLUMNS)
    rows = [(row["name"], *(row[name] for name in COLUMNS)) for row in spent["rows"]]
    return _csv(names, rows) if suffix == "csv" else _parquet(names, rows)


def _csv(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows((_harmless(name), *amounts) for name, *amounts in rows)
    return text.getvalue().encode()


def _harmless(value: str) -> str:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{value}" if value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def _parquet(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    exact = pa.decimal128(18, 6)
    columns = [pa.array([row[0] for row in rows], pa.string())]
    amounts = range(1, len(names))
    columns += [pa.array([Decimal(row[n]) for row in rows], exact) for n in amounts]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=list(names)), out)
    return out.getvalue()
