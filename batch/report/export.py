"""What came of a campaign: a page with posters and links, and a table that spreadsheets can open
safely.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from batch.report.page import FailureCause, Links, page
from batch.report.state import read_state
from batch.rows import runs
from batch.rows import totals as tallies
from lotus.errors import InvalidInput
from lotus.money.ledger import money
from lotus.system.files import fill_aside, write_aside
from lotus.workspace import Workspace

__all__ = ["COLUMNS", "run_rows", "write_report"]

COLUMNS = [
    *("row", "line", "status", "reason", "attempts", "seconds", "cpu_seconds", "peak_bytes"),
    *("cost_usd", "job_id", "notebook", "draft", "video", "poster"),
]
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet computes
SHOWN = 1000  # rows on the page; the table has all
WAITS = "waits for approval"


def run_rows(workspace: Workspace, campaign_id: str) -> Iterator[dict[str, Any]]:
    """A campaign's rows with what they cost and where their notebook and video are, as they are
    read.

    Besides COLUMNS there are `parameters`, and `keys`: what lies in the store, and under what.
    """
    with workspace.db.read() as connection:
        videos = tallies.videos_of(connection, campaign_id)
        for row in runs.list_runs(connection, campaign_id):
            made = videos.get(row["id"], {})
            keys = _keys(row, made.get("video"))
            yield {
                **{name: row[name] for name in COLUMNS if name in row},
                "row": row["name"],
                "line": row["position"],
                "status": WAITS if runs.waits(row) else row["status"],
                "cost_usd": money(made["cost_usd"]) if "cost_usd" in made else "0.00",
                "job_id": made.get("job_id"),
                **{name: _place(workspace, key) for name, key in keys.items()},
                "keys": keys,
                "parameters": row["parameters"],
            }


def _keys(row: runs.Row, video: str | None) -> dict[str, str | None]:
    """Under what its notebook, video and so on lie in the store."""
    poster = f"{video.rpartition('/')[0]}/poster.jpg" if video else None
    return {"notebook": row["notebook"], "draft": row["draft"], "video": video, "poster": poster}


def _place(workspace: Workspace, key: str | None) -> str | None:
    """Where people find an object: a path, or its address in the bucket."""
    if key is None:
        return None
    root = workspace.store.local_root
    return str(root / key) if root is not None else f"{workspace.store.url.rstrip('/')}/{key}"


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
    found = _TableSummary()
    fill_aside(
        folder / "report.csv", lambda aside: _table(run_rows(workspace, campaign_id), aside, found)
    )
    links = Links(workspace.store, folder.absolute())
    return write_aside(
        page(state, found.rows, found.causes, found.count, links), folder / "report.html"
    )


@dataclass
class _TableSummary:
    """What the page shows of rows that pass by."""

    count: int = 0
    rows: list[dict[str, Any]] = field(default_factory=list)
    causes: dict[str, FailureCause] = field(default_factory=dict)

    def add(self, row: dict[str, Any]) -> None:
        self.count += 1
        if len(self.rows) < SHOWN:
            self.rows.append(row)
        if row["status"] in ("failed", "cancelled"):
            why = f"{row['status']}: {row['reason'] or ''}"
            self.causes.setdefault(why, FailureCause()).add(row["row"])


def _table(rows: Iterator[dict[str, Any]], target: Path, found: _TableSummary) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([_harmless(row[name]) for name in COLUMNS])
            found.add(row)


def _harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value
