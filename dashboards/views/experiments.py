"""Experiments: a list, and one with its arms, costs, and leaderboards with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lotus.display.kit import Html, badge, empty, join, section, table, tiles, usd, when

if TYPE_CHECKING:
    from dashboards.dashboard import Dashboard
from lotus.system.quantities import plural, quantity

__all__ = ["experiment", "experiments", "show"]

Row = Mapping[str, Any]
RATE = Html(
    "<p>To rate, make a link for each rater: <code>lotus experiment rate FILE.yaml --rater NAME"
    "</code>, or <code>exp.rate(&quot;NAME&quot;)</code>. The links work while "
    "<code>lotus dashboards --reviews</code> runs.</p>"
)
SPAN = (  # an interval on the scale of all, as a bar with a point
    '<svg viewBox="0 0 200 12" width="200" height="12" role="img" aria-label="{label}">'
    '<rect x="{left:.1f}" y="5" width="{width:.1f}" height="2" fill="#3b6fb6"/>'
    '<circle cx="{point:.1f}" cy="6" r="5" fill="#3b6fb6"/></svg>'
)


def show(page: Dashboard) -> Html:
    """The experiment that the viewer chose, or all of them."""
    name = page.query.get("id")
    if name:
        return experiment(page.ask("experiment", name=name), page)
    return experiments(page.ask("experiments"), page)


def experiments(rows: list[Row], page: Dashboard) -> Html:
    """A row an experiment, the newest first."""
    if not rows:
        return empty(
            "No experiments yet.", "Compare two styles: see the how-to “Find out which is better”."
        )
    columns = ["experiment", "cells", "answers", "spent", "when"]
    lines = [
        [
            _link(page, row),
            f"{row['cells']:,}",
            f"{row['answers']:,}",
            usd(row["spent_usd"]),
            when(row["updated_at"]),
        ]
        for row in rows
    ]
    return section("Experiments", table("Experiments", columns, lines))


def _link(page: Dashboard, row: Row) -> Html | str:
    address = page.links.page("experiments", id=row["id"])
    return Html('<a href="{}">{}</a>').format(address, row["name"]) if address else row["name"]


def experiment(answer: Row, page: Dashboard) -> Html:
    """One experiment."""
    grid = " × ".join(quantity(levels, factor) for factor, levels in answer["grid"].items())
    heading = Html("<header class='title'><h1>{}</h1><p>{}, one {} a cell</p></header>")
    counts = answer["counts"].items()
    facts = [(status, f"{number:,}", plural("cell", number)) for status, number in counts]
    back = page.links.page("experiments")
    parts = [
        heading.format(answer["name"], grid, answer["unit"]),
        tiles([*facts, ("spent", usd(answer["spent_usd"]), "all takes and answers")]),
        *(_board(board) for board in answer["boards"]),
        _scores(answer["scores"]),
        section("Arms", _arms(answer["arms"])),
        _without(answer["without"]),
        section("Rating", join([Html() if answer["boards"] else _nobody(), RATE])),
        Html('<p><a href="{}">All experiments</a></p>').format(back) if back else Html(),
    ]
    return join(parts)


def _nobody() -> Html:
    return Html("<p>No pair has been judged yet.</p>")


def _board(board: Row) -> Html:
    places = board["places"]
    low = min((place["low"] for place in places), default=0.0)
    high = max((place["high"] for place in places), default=1.0)
    columns = ["rank", board["factor"], "rating", "95 % interval", "", "judgements", "wins"]
    rows = [
        [
            _ranks(place),
            place["name"],
            f"{place['rating']:.0f}",
            f"{place['low']:.0f} to {place['high']:.0f}",
            _span(place, low, high),
            f"{place['judgements']:,}",
            f"{place['win_share']:.0%}",
            usd(_amount(place["cost_usd"])),
            usd(_amount(place["usd_per_win"])),
        ]
        for place in places
    ]
    alpha = "–" if board["alpha"] is None else f"{board['alpha']:.2f}"
    if board.get("alpha_low") is not None:
        alpha += f" ({board['alpha_low']:.2f} to {board['alpha_high']:.2f})"
    facts = f"{quantity(len(board['raters']), 'rater')}; agreement (Krippendorff's alpha): {alpha}"
    doubts = [f"{r['name']}: {doubt}" for r in board["raters"] for doubt in r["doubts"]]
    lines = [*board["notes"], *board.get("caveats", ()), *doubts]
    notes = join(Html("<li>{}</li>").format(note) for note in lines)
    title = f"{board['factor'].capitalize()}: “{board['question']}”"
    listing = Html("<ul>{}</ul>").format(notes) if notes else Html()
    body = table(title, [*columns, "a video", "a win"], rows)
    return section(title, join([Html("<p>{}</p>").format(facts), body, listing]))


def _ranks(place: Row) -> str:
    best, worst = place["best_rank"], place["worst_rank"]
    return str(best) if best == worst else f"{best}–{worst}"


def _amount(value: float | None) -> str | None:
    return None if value is None else f"{value:.6f}"


def _span(place: Row, low: float, high: float) -> Html:
    scale = 188 / max(high - low, 1e-9)
    return Html(
        SPAN.format(
            label=f"{place['low']:.0f} to {place['high']:.0f}",
            left=6 + (place["low"] - low) * scale,
            width=max((place["high"] - place["low"]) * scale, 1),
            point=6 + (place["rating"] - low) * scale,
        )
    )


def _scores(rows: list[Row]) -> Html:
    if not rows:
        return Html()
    lines = [
        [
            row["question"],
            row["level"],
            f"{row['mean']:.2f}",
            "–" if row["low"] is None else f"{row['low']:.2f} to {row['high']:.2f}",
            row["scores"],
            row["raters"],
        ]
        for row in rows
    ]
    columns = ["question", "level", "mean", "95 % interval", "scores", "raters"]
    return section("Scored from 1 to 5", table("Scores", columns, lines))


def _arms(rows: list[Row]) -> Html:
    lines = [
        [r["factor"], r["level"], f"{r['completed']:,} of {r['cells']:,}", usd(r["spent_usd"])]
        for r in rows
    ]
    return table("Arms", ["factor", "level", "videos", "spent"], lines)


def _without(rows: list[Row]) -> Html:
    if not rows:
        return Html()
    lines = [[row["cell"], badge(row["status"]), row["reason"]] for row in rows]
    return section("Without a video", table("Cells", ["cell", "status", "why"], lines))
