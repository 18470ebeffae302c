"""What pages show, as HTML: at once when a page is opened, and again when its kernel takes over."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from dashboards import accounts, charts, filters, gallery, machine
from dashboards.links import Links
from dashboards.markup import join, section, trouble
from dashboards.source import Source
from lotus.errors import LotusError

__all__ = [
    "HEADINGS",
    "campaigns",
    "cards",
    "choices",
    "cost_numbers",
    "cost_tables",
    "failures",
    "filled",
    "heading",
    "opening",
    "queue",
    "storage",
]

Said = Mapping[str, str]
TICK_SECONDS = 5
WIDTHS = {2: 560, 3: 360}  # of charts on a desk, by their number, in pixels
HEADINGS = {
    "results": ("Results", "The videos that lotus made, and what became of the others."),
    "costs": ("Costs", "US dollars; days are days of UTC."),
    "operations": ("Operations", f"Follows what happens, every {TICK_SECONDS} seconds."),
}


def filled(fill: Callable[[], Any]) -> str:
    """What a function shows, or what went wrong: a part that fails does not take the rest with
    it.
    """
    try:
        return str(fill())
    except Exception as error:
        logging.getLogger("dashboards").exception("a part of the page failed")
        return str(trouble(error))


def heading(name: str) -> Markup:
    """The first words of a page."""
    return Markup('<header class="title"><h1>{}</h1><p>{}</p></header>').format(*HEADINGS[name])


def cards(
    found: Mapping[str, Any], how: Mapping[str, Any], links: Links, offset: int = 0
) -> Markup:
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
    return join(
        [accounts.days_that_stand_out(spent), table, _files(asked), accounts.budgets(spent)]
    )


def storage(source: Source) -> Markup:
    """What the store holds now, and what a month of it costs."""
    return section("Storage now", accounts.store_table(source.ask("storage")))


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
    """A page before it has a kernel: the data of this moment, and filters that open it again."""
    asked = filters.costs_asked(said)
    hours = filters.hours_filter(said)
    fills: Mapping[str, tuple[Callable[[], Any], ...]] = {
        "results": (
            lambda: filters.form(name, filters.results_filters(said, choices(source))),
            lambda: _first_cards(source, filters.wanted(said), links),
        ),
        "costs": (
            lambda: filters.form(name, filters.costs_filters(said)),
            lambda: cost_numbers(source, asked),
            lambda: _drawn(source, asked),
            lambda: cost_tables(source, asked),
        ),
        "operations": (
            lambda: queue(source, links),
            lambda: Markup("<h2>Failures by cause</h2>") + filters.form(name, [hours]),
            lambda: failures(source, links, hours.value),
            lambda: campaigns(source, links),
        ),
    }
    parts = [Markup("<div>{}</div>").format(Markup(filled(fill))) for fill in fills[name]]
    return join([heading(name), *parts])


def choices(source: Source) -> Mapping[str, Any]:
    """What there is to filter by; where the database is away, the part with the answers says so."""
    try:
        found: Mapping[str, Any] = source.ask("choices")
    except LotusError:
        return {}
    return found


def _first_cards(source: Source, how: Mapping[str, Any], links: Links) -> Markup:
    return cards(source.ask("videos", **how, offset=0), how, links)


def _drawn(source: Source, asked: Mapping[str, Any]) -> Markup:
    """The charts as pictures; those that answer to the pointer come with the kernel."""
    shown = charts.of_costs(source.ask("spending", **asked)).values()
    width = WIDTHS[len(shown)]
    figures = join(
        Markup('<div class="chart">{}</div>').format(Markup(charts.drawn(c, width=width)))
        for c in shown
    )
    return Markup('<div class="charts">{}</div>').format(figures)
