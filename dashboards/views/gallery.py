"""Videos side by side: a card each with its player and what it cost or, if it failed, why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from dashboards.views.filters import TEMPLATES, address, number, results_filters, results_query
from dashboards.views.links import PageLinks
from lotus.display.kit import (
    Html,
    badge,
    duration,
    empty,
    join,
    section,
    table,
    templates,
    usd,
    when,
)
from lotus.errors import LotusError

if TYPE_CHECKING:
    from dashboards.dashboard import Dashboard

__all__ = ["PAGE", "card", "choose", "gallery", "player", "result_rows", "results"]

Video = Mapping[str, Any]
SHAPES = {"16:9": "wide", "9:16": "tall", "1:1": "square"}
UNFINISHED = ("queued", "planning", "generating", "composing")
PAGE = 24  # videos at a time
MOST = 60  # in a report, whose posters are inside it


def choose(page: Dashboard) -> Html:
    """The filters of the results; where the database is away, the results say so."""
    try:
        choices = page.ask("choices")
    except LotusError:
        choices = {}
    return page.filters(results_filters(page.query, choices))


def results(page: Dashboard) -> Html:
    """A page of videos, and which of how many these are."""
    query = results_query(page.query)
    if not page.links.page("results"):
        answer = page.ask("videos", **query, limit=MOST)
        rows = section("As a table", result_rows(answer))
        return join([_count(answer, 0), gallery(answer, page.links, filtered=True), rows])
    offset = number(page.query, "offset", 0)
    answer = page.ask("videos", **query, offset=offset, limit=PAGE)
    filtered = bool(set(query) - {"sort"}) or offset > 0
    videos = gallery(answer, page.links, filtered=filtered)
    return join([_count(answer, offset), videos, _pager(query, offset, answer["total"])])


def _count(answer: Mapping[str, Any], offset: int) -> Html:
    count = len(answer["videos"])
    text = f"{offset + 1:,} to {offset + count:,} of {answer['total']:,}" if count else ""
    return Html('<p class="count" role="status">{}</p>').format(text)


def _pager(query: Mapping[str, Any], offset: int, total: int) -> Html:
    if total <= PAGE and not offset:
        return Html()
    earlier = address({**query, "offset": max(0, offset - PAGE)}) if offset else None
    later = address({**query, "offset": offset + PAGE}) if offset + PAGE < total else None
    return _macro("pager")(earlier, later)


def gallery(answer: Mapping[str, Any], links: PageLinks, *, filtered: bool) -> Html:
    """The cards of a page of results, in a form that compares those which are ticked."""
    if answer["videos"]:
        return _macro("gallery")(answer["videos"], links)
    if filtered:
        hint = "Set filters to “any”, or choose a longer time."
        return empty("No video matches these filters.", hint)
    return empty(
        "No videos yet.",
        'Make the first one: lotus render "A small coffee roaster opens at dawn" --out ad.mp4',
    )


def card(video: Video, links: PageLinks) -> Html:
    """One video."""
    return _macro("card")(video, links)


def player(video: Video, links: PageLinks, *, name: str = "") -> Html:
    """The video, which plays in place; its poster where it cannot be reached; its progress while it
    is made.
    """
    return _macro("player")(video, links, name)


@cache
def _macro(name: str) -> Callable[..., Html]:
    template = templates(TEMPLATES).get_template("gallery.html.j2")
    macro = getattr(template.make_module({"shape": _shape, "unfinished": UNFINISHED}), name)
    return lambda *facts: Html(macro(*facts))


def _shape(video: Video) -> str:
    return SHAPES.get(video["aspect"], "wide")


def result_rows(answer: Mapping[str, Any]) -> Html:
    """The same videos as a table."""
    columns = ["video", "status", "cost", "length", "model", "when", "why"]
    rows = [
        [
            v["prompt"][:120],
            badge(v["status"]),
            usd(v["actual_usd"]),
            duration(v["seconds"]),
            v["model"],
            when(v["created_at"]),
            v["reason"],
        ]
        for v in answer["videos"]
    ]
    return table("Videos", columns, rows, right=("cost", "length"))
