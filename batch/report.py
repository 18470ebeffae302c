"""What came of a campaign: a page with posters and links, and a table that spreadsheets can open safely."""

from __future__ import annotations

import base64
import csv
import html
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from batch import runs
from batch.state import State, read_state
from lotus.errors import InvalidInput, LotusError
from lotus.files import write_aside
from lotus.ledger import money
from lotus.workspace import Workspace

__all__ = ["COLUMNS", "run_rows", "state_html", "write_report"]

COLUMNS = [
    *("row", "line", "status", "reason", "attempts", "seconds", "cpu_seconds", "peak_bytes"),
    *("cost_usd", "job_id", "notebook", "video", "poster"),
]
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet computes
SHOWN = 1000  # rows on the page; the table has all


def run_rows(workspace: Workspace, campaign_id: str) -> Iterator[dict[str, Any]]:
    """A campaign's rows with what they cost and where their notebook and video are."""
    with workspace.db.begin() as connection:
        videos = runs.videos_of(connection, campaign_id)
        found = list(runs.list_runs(connection, campaign_id))
    for row in found:
        made = videos.get(row["id"], {})
        video = made.get("video")
        yield {
            **{name: row[name] for name in COLUMNS if name in row},
            "row": row["name"],
            "line": row["position"],
            "cost_usd": money(made["cost_usd"]) if "cost_usd" in made else "0.00",
            "job_id": made.get("job_id"),
            "notebook": _place(workspace, row["notebook"]),
            "video": _place(workspace, video),
            "poster": _place(workspace, video.replace("final.mp4", "poster.jpg") if video else None),
        }


def _place(workspace: Workspace, key: str | None) -> str | None:
    """Where people find an object: a path, or its address in the bucket."""
    if key is None:
        return None
    root = workspace.store.local_root
    return str(root / key) if root is not None else f"{workspace.store.url.rstrip('/')}/{key}"


def write_report(workspace: Workspace, campaign_id: str, folder: Path) -> Path:
    """Write report.html and report.csv; returns the page."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        raise InvalidInput(
            file=str(folder), field="out", reason=exc.strerror or str(exc), remedy="name another folder"
        ) from exc
    rows, state = list(run_rows(workspace, campaign_id)), read_state(workspace, campaign_id)
    write_aside(_table(rows), folder / "report.csv")
    return write_aside(_page(workspace, state, rows, folder), folder / "report.html")


def _table(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_harmless(row[name]) for name in COLUMNS] for row in rows)
    return text.getvalue()


def _harmless(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula (OWASP: CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def state_html(state: State) -> str:
    """A campaign as a notebook shows it."""
    cells = "".join(
        f"<td style='padding:0 1em 0 0'><b>{count}</b> {html.escape(name)}</td>"
        for name, count in state.counts.items()
    )
    cost = f"spent ${money(state.costs['settled'])}, saved ${money(state.costs['saved'])}"
    if state.budget_usd is not None:
        cost += f" of ${money(state.budget_usd)}"
    why = f" ({html.escape(state.stopping)})" if state.stopping else ""
    return (
        f"<p><b>{html.escape(state.name)}</b> by {html.escape(state.notebook)}: {state.status}{why}; {cost}; "
        f"{state.elapsed_seconds:.0f} s</p><table><tr>{cells}</tr></table>"
    )


def _page(workspace: Workspace, state: State, rows: list[dict[str, Any]], folder: Path) -> str:
    cards = "".join(_card(workspace, row, folder) for row in rows[:SHOWN])
    more = f"<p>{len(rows) - SHOWN} more rows are in report.csv.</p>" if len(rows) > SHOWN else ""
    causes: dict[str, int] = {}
    for row in rows:
        if row["status"] in ("failed", "cancelled"):
            cause = f"{row['status']}: {row['reason'] or ''}"
            causes[cause] = causes.get(cause, 0) + 1
    why = "".join(f"<li>{count} &times; {html.escape(cause)}</li>" for cause, count in causes.items())
    return PAGE.format(
        title=html.escape(state.name), head=state_html(state), why=f"<ul>{why}</ul>", cards=cards, more=more
    )


def _card(workspace: Workspace, row: dict[str, Any], folder: Path) -> str:
    links = " ".join(
        f"<a href='{html.escape(_link(row[name], folder), quote=True)}'>{name}</a>"
        for name in ("video", "notebook")
        if row[name]
    )
    took = f"{row['seconds']:.0f} s" if row["seconds"] is not None else ""
    reason = f"<p class='why'>{html.escape(row['reason'])}</p>" if row["reason"] else ""
    return (
        f"<article class='{row['status']}'>{_poster(row)}<h2>{html.escape(row['row'])}</h2>"
        f"<p>{row['status']} &middot; ${row['cost_usd']} &middot; {took}</p>{reason}<p>{links}</p></article>"
    )


def _link(place: str, folder: Path) -> str:
    """Relative where both are on this machine, so that a folder with both can be moved."""
    return place if "://" in place else os.path.relpath(place, folder)


def _poster(row: dict[str, Any]) -> str:
    """The poster inside the page, small enough for a thousand of them."""
    from PIL import Image

    place = row["poster"]
    try:
        if place is None or "://" in place:
            raise FileNotFoundError(place)
        with Image.open(place) as picture:
            picture.thumbnail((320, 320))
            small = io.BytesIO()
            picture.convert("RGB").save(small, "JPEG", quality=70)
    except (OSError, LotusError):
        return "<div class='none'>no video</div>"
    return f"<img alt='' src='data:image/jpeg;base64,{base64.b64encode(small.getvalue()).decode()}'>"


PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }}
body {{ margin: 2rem auto; max-width: 76rem; padding: 0 1rem }}
main {{ display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)) }}
article {{ border: 1px solid #8884; border-radius: .6rem; overflow: hidden; padding-bottom: .4rem }}
article img, article .none {{ width: 100%; height: 11rem; object-fit: contain; background: #0002 }}
article .none {{ display: grid; place-items: center; color: #888 }}
article h2 {{ font-size: 1rem; margin: .6rem .8rem 0; overflow-wrap: anywhere }}
article p {{ margin: .1rem .8rem }}
.failed h2 {{ color: #c33 }}
.cancelled h2 {{ color: #a70 }}
.why {{ font-size: .85rem; overflow-wrap: anywhere; max-height: 6rem; overflow-y: auto }}
</style>
<h1>{title}</h1>{head}{why}<main>{cards}</main>{more}
</html>
"""
