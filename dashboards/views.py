"""What pages show, as HTML: at once when a page is opened, and again when its kernel takes over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from dashboards import accounts, charts, gallery, machine
from dashboards.links import Links
from dashboards.markup import join, section, trouble
from dashboards.source import Source

__all__ = [
    "GROUPS",
    "HEADINGS",
    "SORTED",
    "campaigns",
    "cards",
    "cost_numbers",
    "cost_tables",
    "costs_asked",
    "failures",
    "filled",
    "heading",
    "opening",
    "queue",
    "wanted",
]

Said = Mapping[str, str]
TICK_SECONDS = 5
GROUPS = ("model", "campaign", "provider", "brand", "kind")
SORTED = {
    "newest first": "newest",
    "dearest first": "cost",
    "longest first": "length",
    "oldest first": "oldest",
}
FILTERS = ("text", "status", "review", "campaign", "brand", "model", "aspect")
HEADINGS = {
    "results": ("Results", "The videos that lotus made, and what became of the others."),
    "costs": ("Costs", "US dollars; days are days of UTC."),
    "operations": ("Operations", f"Follows what happens, every {TICK_SECONDS} seconds."),
}


def filled(fill: Callable[[], Any]) -> str:
    """What a function shows, or what went wrong: a part that fails does not take the rest with it."""
    try:
        return str(fill())
    except Exception as error:
        logging.getLogger("dashboards").exception("a part of the page failed")
        return str(trouble(error))


def heading(name: str) -> Markup:
    """The first words of a page."""
    return Markup('<header class="title"><h1>{}</h1><p>{}</p></header>').format(*HEADINGS[name])


def wanted(said: Said) -> dict[str, Any]:
    """What an address says of the results to show; what is empty is left out."""
    found: dict[str, Any] = {name: said[name] for name in FILTERS if said.get(name)}
    if hours := _number(said, "hours", 0):
        found["hours"] = hours
    return found | {"sort": said["sort"] if said.get("sort") in SORTED.values() else "newest"}


def costs_asked(said: Said) -> dict[str, Any]:
    """What an address says of the costs to show."""
    by = said["by"] if said.get("by") in GROUPS else "model"
    days = {name: said[name] for name in ("since", "until") if _is_day(said.get(name, ""))}
    return {"days": _number(said, "days", 30), "by": by, **days}


def _number(said: Said, name: str, otherwise: int) -> int:
    return int(said[name]) if said.get(name, "").isdecimal() else otherwise


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def cards(found: Mapping[str, Any], how: Mapping[str, Any], links: Links, offset: int = 0) -> Markup:
    """A page of results, and which of how many these are."""
    shown = len(found["videos"])
    count = f"{offset + 1:,} to {offset + shown:,} of {found['total']:,}" if shown else ""
    videos = gallery.gallery(found, links, filtered=bool(set(how) - {"sort"}))
    return Markup('<p class="count" role="status">{}</p>{}').format(count, videos)


def cost_numbers(source: Source, asked: Mapping[str, Any]) -> Markup:
    """The numbers to see first."""
    days = {name: value for name, value in asked.items() if name != "by"}
    return accounts.cost_tiles(source.ask("spending", **asked), source.ask("unit_costs", **days))


def cost_tables(source: Source, asked: Mapping[str, Any]) -> Markup:
    """What follows the charts."""
    spent = source.ask("spending", **asked)
    table = section(f"By {spent['by']}", accounts.names_table(spent))
    return join([accounts.days_that_stand_out(spent), table, _files(asked), accounts.budgets(spent)])


def _files(asked: Mapping[str, Any]) -> Markup:
    shown = (
        '<p class="files">What is shown, as a file: <a download href="costs.csv?{0}">CSV</a> '
        '<a download href="costs.parquet?{0}">Parquet</a></p>'
    )
    return Markup(shown).format(urlencode(asked))


def queue(source: Source, links: Links) -> Markup:
    """What waits and runs."""
    return section("Queue", machine.queue_view(source.ask("queue"), links))


def failures(source: Source, links: Links, hours: int) -> Markup:
    """What failed in the last hours, by cause."""
    return machine.failure_list(source.ask("failures", hours=hours), links, hours)


def campaigns(source: Source, links: Links) -> Markup:
    """The newest campaigns."""
    return section("Campaigns", machine.campaign_table(source.ask("campaigns"), links))


def opening(name: str, source: Source, said: Said, links: Links) -> Markup:
    """A page before it has a kernel: the data of this moment; filters and charts come with the kernel."""
    soon = Markup('<p class="filters soon" role="status">Filters are on their way …</p>')
    fills: Mapping[str, tuple[Callable[[], Any], ...]] = {
        "results": (lambda: soon, lambda: _first_cards(source, wanted(said), links)),
        "costs": (
            lambda: soon,
            lambda: cost_numbers(source, costs_asked(said)),
            lambda: _empty_charts(source, costs_asked(said)),
            lambda: cost_tables(source, costs_asked(said)),
        ),
        "operations": (
            lambda: queue(source, links),
            lambda: Markup("<h2>Failures by cause</h2>") + soon,
            lambda: failures(source, links, 24),
            lambda: campaigns(source, links),
        ),
    }
    parts = [Markup("<div>{}</div>").format(Markup(filled(fill))) for fill in fills[name]]
    return join([heading(name), *parts])


def _first_cards(source: Source, how: Mapping[str, Any], links: Links) -> Markup:
    return cards(source.ask("videos", **how, offset=0), how, links)


def _empty_charts(source: Source, asked: Mapping[str, Any]) -> Markup:
    """Room for the charts."""
    number = len(charts.of_costs(source.ask("spending", **asked)))
    return Markup('<div class="charts">{}</div>').format(Markup('<div class="chart"></div>') * number)
