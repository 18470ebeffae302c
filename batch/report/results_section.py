"""The results of a campaign as a part of a page: a table to sort and filter, a chart of any two
columns, and the figures that rows recorded, side by side.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from batch.report.results import ResultColumns
from lotus.db import tables as t
from lotus.display.kit import Html, render
from lotus.display.thumbnails import picture_data
from lotus.errors import LotusError
from lotus.workspace import Workspace

__all__ = ["SCRIPT", "results_section"]

HERE = Path(__file__).parent
SCRIPT = HERE / "results.js"
OWN = ("row", "status", "seconds", "cost_usd", "attempts")
CELL_CHARS = 120
FIGURES = 300  # on a page
FIGURE_PIXELS = 480
SVG_BYTES = 200_000
AT_ONCE = 8
Link = Callable[[Mapping[str, Any]], str]


def results_section(
    workspace: Workspace,
    campaign_id: str,
    rows: Sequence[Mapping[str, Any]],
    columns: ResultColumns,
    link: Link,
) -> Html:
    """Draw rows as `result_rows` gives them; `link` leads to more about a row, or is empty."""
    figures = _figures(workspace, campaign_id)
    kinds = {name for _, name in figures}
    records = [column for name, column in columns.records.items() if name not in kinds]
    names = [*OWN, *columns.parameters.values(), *records]
    names = [name for name in names if name in OWN or any(row[name] is not None for row in rows)]
    numbers = [name for name in names if any(_is_number(row[name]) for row in rows)]
    own_numbers = [name for name in records if name in numbers]
    return render(
        HERE,
        "results.html.j2",
        columns=names,
        rows=[_row(row, names, link) for row in rows],
        numbers=numbers,
        across=own_numbers[0] if len(own_numbers) > 1 else "seconds",
        up=own_numbers[-1] if own_numbers else "",
        figures=_gallery(workspace, rows, figures),
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _row(row: Mapping[str, Any], names: Sequence[str], link: Link) -> dict[str, Any]:
    cells = [_cell(row[name], name) for name in names]
    cells[0]["link"] = link(row)
    return {"name": row["row"], "cells": cells}


def _cell(value: Any, name: str) -> dict[str, Any]:
    if value is None:
        return {"value": "", "text": ""}
    number = _is_number(value) or name == "cost_usd"
    if isinstance(value, float):
        return {"value": repr(value), "text": f"{value:.6g}", "number": number}
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    short = text if len(text) <= CELL_CHARS else f"{text[:CELL_CHARS]}…"
    return {"value": text[:CELL_CHARS], "text": short, "number": number}


def _figures(workspace: Workspace, campaign_id: str) -> dict[tuple[str, str], str]:
    """Objects of figures, by run and name."""
    c = t.run_records.c
    query = sa.select(c.run_id, c.name, c.object).where(
        c.campaign_id == campaign_id, c.kind == "figure", c.object.is_not(None)
    )
    with workspace.db.read() as connection:
        return {(run, name): key for run, name, key in connection.execute(query)}


def _gallery(
    workspace: Workspace, rows: Sequence[Mapping[str, Any]], figures: Mapping[tuple[str, str], str]
) -> dict[str, list[dict[str, str]]]:
    """Pictures by the name of their record, in the order of rows."""
    places = {row["id"]: n for n, row in enumerate(rows)}
    pictures = sorted(
        (name, places[run], key) for (run, name), key in figures.items() if run in places
    )[:FIGURES]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sources = list(pool.map(lambda one: _source(workspace, one[2]), pictures))
    gallery: dict[str, list[dict[str, str]]] = {}
    for (name, place, _), source in zip(pictures, sources, strict=True):
        if source:
            gallery.setdefault(name, []).append({"row": rows[place]["row"], "source": source})
    return gallery


def _source(workspace: Workspace, key: str) -> str:
    """The picture itself; empty where it has expired. A picture runs no script of an SVG."""
    try:
        content = workspace.store.read(key)
        if key.endswith(".svg"):
            text = base64.b64encode(content).decode() if len(content) <= SVG_BYTES else ""
            return f"data:image/svg+xml;base64,{text}" if text else ""
        return picture_data(content, FIGURE_PIXELS)
    except LotusError:
        return ""
