"""What came of a campaign: a page with posters and links, and a table that spreadsheets can open
safely.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch.report.page import FailureCause, Links, page
from batch.report.results import COLUMNS, frame_of, result_columns, result_rows, run_rows
from batch.report.results_section import results_section
from batch.report.state import read_state
from lotus.errors import InvalidInput
from lotus.reports.csv_files import harmless
from lotus.system.files import fill_aside, write_aside
from lotus.workspace import Workspace

__all__ = ["COLUMNS", "run_rows", "write_parquet", "write_report", "write_table"]

PAGE_ROWS = 1000  # rows on the page; the table has all


def write_report(workspace: Workspace, campaign_id: str, folder: Path) -> Path:
    """Write report.html and report.csv; returns the page. Rows may be many: they are read once."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InvalidInput(
            file=str(folder),
            field="out",
            reason=exc.strerror or str(exc),
            remedy="name another folder",
        ) from exc
    state = read_state(workspace, campaign_id)
    summary = _TableSummary()
    write_table(workspace, campaign_id, folder / "report.csv", summary.add)
    links = Links(workspace.store, folder.absolute())
    columns = result_columns(workspace, campaign_id)
    results = results_section(workspace, campaign_id, summary.rows, columns, lambda row: "")
    text = page(state, summary.rows, summary.causes, summary.count, links, results)
    return write_aside(text, folder / "report.html")


@dataclass
class _TableSummary:
    """What the page shows of rows that pass by."""

    count: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    causes: dict[str, FailureCause] = field(default_factory=dict)

    def add(self, row: dict[str, Any]) -> None:
        self.count += 1
        if len(self.rows) < PAGE_ROWS:
            self.rows.append(row)
        if row["status"] in ("failed", "cancelled"):
            why = f"{row['status']}: {row['reason'] or ''}"
            self.causes.setdefault(why, FailureCause()).add(row["row"])


def write_table(
    workspace: Workspace,
    campaign_id: str,
    target: Path,
    listener: Callable[[dict[str, Any]], None] = lambda row: None,
) -> Path:
    """Write the results as CSV, a row at a time; `listener` gets each row as it passes."""
    columns = result_columns(workspace, campaign_id)

    def write(aside: Path) -> None:
        with aside.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow([harmless(name) for name in columns.all])
            for row in result_rows(workspace, campaign_id, columns):
                writer.writerow([harmless(_cell(row[name])) for name in columns.all])
                listener(row)

    return fill_aside(target, write)


def write_parquet(workspace: Workspace, campaign_id: str, target: Path) -> Path:
    """Write the results as Parquet: lists and groups, and columns of mixed types, as text."""
    frame = frame_of(workspace, campaign_id)
    for name in frame.columns:
        if frame[name].dtype == object:
            kinds = {type(value) for value in frame[name] if value is not None}
            numbers = kinds <= {int, float} and not any(map(_is_long, frame[name]))
            if not (kinds <= {str} or kinds <= {bool} or numbers):
                frame[name] = [None if v is None else str(_cell(v)) for v in frame[name]]
    return fill_aside(target, lambda aside: frame.to_parquet(aside, index=False))


def _is_long(value: Any) -> bool:
    """Whether an integer has more than 64 bits."""
    return isinstance(value, int) and value.bit_length() > 63


def _cell(value: Any) -> Any:
    """Lists and groups as JSON."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else value
