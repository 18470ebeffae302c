"""The scheduled report: what a period cost, as text, as HTML and as CSV."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lotus.display.kit import Html, join, style, table, usd
from lotus.notify.messages import Message
from lotus.reports.csv_files import csv_lines
from lotus.reports.spending import spending, unit_costs
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["with_report"]

COLUMNS = ("estimated_usd", "actual_usd", "saved_usd")
PAGE = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{0}</title>'
    "<style>{1}</style></head><body><main class='page'><h1>{0}</h1>{2}</main></body></html>"
)


def with_report(workspace: Workspace, message: Message, data: Mapping[str, Any]) -> Message:
    """The message with the figures of the period that it is about."""
    days = {"since": data["since"], "until": data["until"]}
    costs = spending(workspace, **days)
    videos = unit_costs(workspace, **days)
    text = _text(costs, videos)
    rows = [[row["name"], *(usd(row[name]) for name in COLUMNS)] for row in costs["rows"]]
    titles = ["model", *(name.removesuffix("_usd") for name in COLUMNS)]
    tables = table("Costs by model", titles, rows, right=titles[1:]) if rows else Html()
    sentences = join(Html("<p>{}</p>").format(line) for line in text.splitlines())
    html = Html(PAGE).format(message.title, Html(style()), join([sentences, tables]))
    lines = csv_lines(
        ("model", *COLUMNS, "currency", "since", "until"),
        [
            (row["name"], *(row[name] for name in COLUMNS), costs["currency"], *days.values())
            for row in costs["rows"]
        ],
    )
    name = f"costs-{data['since']}-{data['until']}.csv"
    return replace(message, text=text, html=str(html), files=((name, "".join(lines).encode()),))


def _text(costs: Mapping[str, Any], videos: Mapping[str, Any]) -> str:
    total = costs["total"]
    each = f" at {usd(videos['usd_per_video'])} each" if videos["usd_per_video"] else ""
    lines = [
        f"Spent: {usd(total['actual_usd'])} (estimated {usd(total['estimated_usd'])}, "
        f"saved by the cache {usd(total['saved_usd'])}).",
        f"Finished: {quantity(videos['videos'], 'video')}{each}.",
        f"This month so far: {usd(costs['month']['spent_usd'])}, "
        f"{usd(costs['month']['projected_usd'])} by its end.",
    ]
    lines += [f"{row['name']}: {usd(row['actual_usd'])}" for row in costs["rows"][:8]]
    return "\n".join(lines)
