"""A campaign as a page: how it stands, what went wrong, what to do next, and a card a row with its
video.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from batch.report.results_section import SCRIPT
from batch.report.state import CampaignState, duration
from lotus.db import tables as t
from lotus.display.kit import Html, join, render, style, tiles
from lotus.display.thumbnails import picture_data
from lotus.errors import LotusError
from lotus.money.ledger import money
from lotus.store import Store

__all__ = ["DAYS", "KEYS", "STRIP", "FailureCause", "Links", "notebook_html", "page"]

DAYS = 7  # as long as a bucket's address can hold
POSTER_PIXELS = 360
HERE = Path(__file__).parent


@dataclass(frozen=True)
class Links:
    """From a page in `folder`: relative, so that both can be moved; a bucket's address holds for
    DAYS.
    """

    store: Store
    folder: Path

    def to(self, key: str) -> str:
        """Where a browser opens an object; raises StoreError."""
        root = self.store.local_root
        if root is None:
            return self.store.link(key, DAYS * 86_400)
        return quote(Path(os.path.relpath(root / key, self.folder)).as_posix())

    def present(self, keys: Iterable[str]) -> set[str]:
        """Those that have not expired."""
        return self.store.present(keys)

    def poster(self, key: str) -> str | None:
        """The picture itself, small enough for a page of a thousand; None where there is none."""
        try:
            return picture_data(self.store.read(key), POSTER_PIXELS)
        except LotusError:
            return None


KEYS = ("video", "notebook", "draft", "poster")  # of a row: what lies in the store
CAUSES = 20
MOST_NAMES = 5
STRIP = 12  # posters below a campaign in a notebook
AT_ONCE = 8  # posters that are fetched together
BRIEF_FIELDS = ("aspect_ratio", "style", "duration_seconds", "cta")  # of a brief, on its card
UNITS = {"duration_seconds": "{:g} s"}


@dataclass
class FailureCause:
    """How many rows ended for one reason, and a few of them."""

    count: int = 0
    rows: list[str] = field(default_factory=list)

    def add(self, name: str) -> None:
        """One more."""
        self.count += 1
        if len(self.rows) < MOST_NAMES:
            self.rows.append(name)


def notebook_html(state: CampaignState, rows: Iterable[Mapping[str, Any]], links: Links) -> str:
    """A campaign as a notebook shows it: how it stands, and the posters of these rows."""
    figure = Html(
        "<figure style='margin: 0; width: 160px; font-size: 80%; overflow-wrap: anywhere'>"
        "<img alt='' src='{}' style='width: 160px; height: 100px; object-fit: contain; background: "
        "#101214'>"
        "<figcaption>{}</figcaption></figure>"
    )
    rows_with_posters = ((row["row"], links.poster(row["keys"]["poster"])) for row in rows)
    figures = join(figure.format(poster, name) for name, poster in rows_with_posters if poster)
    strip = Html("<div style='display: flex; flex-wrap: wrap; gap: 8px'>{}</div>").format(figures)
    return join([_summary(state), strip])._repr_html_()


def _summary(state: CampaignState) -> Html:
    cell = Html("<td style='padding: 0 1em 0 0'><b>{1}</b> {0}</td>")
    cells = join(cell.format(*item) for item in state.counts_by_status.items())
    why = f" ({state.stopping})" if state.stopping else ""
    text = "<p><b>{}</b> by {}: {}{}; {}; {}</p><table><tr>{}</tr></table>"
    facts = (
        state.name,
        state.notebook,
        state.status,
        why,
        state.spent,
        duration(state.elapsed_seconds),
    )
    return Html(text).format(*facts, cells)


def page(
    state: CampaignState,
    rows: Sequence[Mapping[str, Any]],
    causes: Mapping[str, FailureCause],
    count: int,
    links: Links,
    results: Html,
) -> str:
    """The whole page, in one file: it can be mailed. `causes` say why rows failed."""
    there = links.present(key for row in rows for key in row["keys"].values() if key)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        cards = list(pool.map(lambda row: _card(row, there, links), rows))
    frequent = sorted(causes.items(), key=lambda item: -item[1].count)[:CAUSES]
    remote = links.store.local_root is None
    return str(
        render(
            HERE,
            "report.html.j2",
            style=style(),
            state=state,
            tiles=tiles(_tiles(state)),
            causes=frequent,
            kinds=Counter(card["kind"] for card in cards),
            cards=cards,
            videos=any(card["poster"] or "video" in card["links"] for card in cards),
            more=count - len(cards),
            results=results,
            script=SCRIPT.read_text(encoding="utf-8"),
            until=t.now() + timedelta(days=DAYS) if remote else None,
            took=duration(state.elapsed_seconds),
        )
    )


def _tiles(state: CampaignState) -> list[tuple[str, str, str]]:
    """What is told in large figures: a label, a figure, a remark."""
    counts = {**state.counts_by_status}
    total = state.counts["total"]
    share = f"of {total}" if total != counts.get("completed") else "all rows"
    figures = [("completed", str(counts.pop("completed", 0)), share)]
    figures += [(name, str(count), "") for name, count in counts.items()]
    limit = f"of ${money(state.budget_usd)}" if state.budget_usd is not None else "no budget"
    return [
        *figures,
        ("spent", f"${money(state.costs['settled'])}", limit),
        ("saved", f"${money(state.costs['saved'])}", "saved by the cache"),
    ]


def _card(row: Mapping[str, Any], there: set[str], links: Links) -> dict[str, Any]:
    """What is told of one row; what has expired is not linked."""
    keys = {name: row["keys"][name] for name in KEYS if row["keys"][name] in there}
    return {
        "name": row["row"],
        "kind": row["status"].split()[0],
        "status": row["status"],
        "about": _about(row["parameters"]),
        "cost": row["cost_usd"],
        "took": duration(row["seconds"]) if row["seconds"] is not None else "",
        "attempts": row["attempts"],
        "reason": row["reason"] or "",
        "poster": links.poster(keys["poster"]) if "poster" in keys else None,
        "links": {name: links.to(key) for name, key in keys.items() if name != "poster"},
    }


def _about(parameters: Mapping[str, Any]) -> str:
    """What tells this row from others."""
    brief = parameters.get("brief")
    fields = brief if isinstance(brief, Mapping) else parameters
    names = BRIEF_FIELDS if isinstance(brief, Mapping) else tuple(fields)[:4]
    pairs = [(name, fields[name]) for name in names if fields.get(name) not in (None, "", [], {})]
    return " · ".join(UNITS.get(name, "{}").format(value)[:60] for name, value in pairs)
