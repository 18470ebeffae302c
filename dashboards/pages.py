"""The dashboards as widgets: filters that ask, and parts of a page that show answers or what went wrong."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from dashboards import accounts, charts, gallery, machine
from dashboards.links import Links, ServedLinks
from dashboards.markup import join, section, trouble
from dashboards.source import Source
from lotus.errors import LotusError
from lotus.reports.videos import PAGE, SORTS

__all__ = ["costs", "operations", "results"]

Said = Mapping[str, str]
HOURS = {"any time": 0, "last 24 hours": 24, "last 7 days": 168, "last 30 days": 720, "last 365 days": 8760}
SORTED = {
    "newest first": "newest",
    "dearest first": "cost",
    "longest first": "length",
    "oldest first": "oldest",
}
DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "365 days": 365}
TICK_SECONDS = 5

assert set(SORTED.values()) == set(SORTS)


class Part:
    """A part of a page: filled by a function, which may fail without taking the rest with it."""

    def __init__(self, fill: Callable[[], Any]) -> None:
        self._fill = fill
        self.widget = widgets.HTML(layout=widgets.Layout(width="100%"))

    def refresh(self, *_: Any) -> None:
        """Ask and show again; what is shown already stays until the answer is there."""
        try:
            shown = str(self._fill())
        except Exception as error:
            logging.getLogger("dashboards").exception("a part of the page failed")
            shown = str(trouble(error))
        if shown != self.widget.value:
            self.widget.value = shown


def _dropdown(name: str, options: Any, value: Any) -> widgets.Dropdown:
    known = [option[1] if isinstance(option, tuple) else option for option in options]
    if value not in known:
        options = [*options, (f"{value}", value)]
    return widgets.Dropdown(options=options, value=value, description=name)


def _filters(*controls: widgets.Widget) -> widgets.Box:
    box = widgets.Box(controls)
    box.add_class("filters")
    return box


def _page(*parts: widgets.Widget) -> widgets.VBox:
    page = widgets.VBox(parts)
    page.add_class("page")
    return page


def _heading(title: str, about: str) -> widgets.HTML:
    return widgets.HTML(Markup('<header class="title"><h1>{}</h1><p>{}</p></header>').format(title, about))


class Results:
    """The gallery: filters, cards, a page at a time."""

    def __init__(self, source: Source, said: Said, links: Links) -> None:
        self._source, self._links = source, links
        self._offset, self._total = 0, 0
        self.controls = self._controls(said)
        self.part = Part(self._cards)
        self.earlier = widgets.Button(description="Previous", disabled=True)
        self.later = widgets.Button(description="Next", disabled=True)
        self.pager = _filters(self.earlier, self.later)
        self.earlier.on_click(lambda _: self._turn(-PAGE))
        self.later.on_click(lambda _: self._turn(PAGE))
        for control in self.controls.values():
            control.observe(self._changed, names="value")

    def _controls(self, said: Said) -> dict[str, Any]:
        known, hours = self._choices(), said.get("hours", "0")
        made: dict[str, Any] = {
            "text": widgets.Text(
                said.get("text", ""), description="Search", placeholder="words of the prompt"
            ),
            "hours": _dropdown("When", list(HOURS.items()), int(hours) if hours.isdecimal() else 0),
        }
        made["text"].continuous_update = False
        for name in ("status", "campaign", "brand", "model", "aspect"):
            options = [(str(c[1]), c[0]) if isinstance(c, list) else (c, c) for c in known.get(name, [])]
            made[name] = _dropdown(name.capitalize(), [("any", ""), *options], said.get(name, ""))
        sort = said.get("sort", "newest")
        made["sort"] = _dropdown("Sort", list(SORTED.items()), sort if sort in SORTS else "newest")
        return made

    def _choices(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = self._source.ask("choices")
        except LotusError:  # the cards below say what is wrong
            return {}
        return found

    @property
    def wanted(self) -> dict[str, Any]:
        """What the filters say."""
        return {name: control.value for name, control in self.controls.items() if control.value}

    def _cards(self) -> Markup:
        found = self._source.ask("videos", **self.wanted, offset=self._offset)
        self._total = found["total"]
        self.earlier.disabled = self._offset == 0
        self.later.disabled = self._offset + PAGE >= self._total
        self.pager.layout.display = "none" if self._total <= PAGE else None
        filtered = bool(set(self.wanted) - {"sort"})
        shown = len(found["videos"])
        count = f"{self._offset + 1:,} to {self._offset + shown:,} of {self._total:,}" if shown else ""
        cards = gallery.gallery(found, self._links, filtered=filtered)
        return Markup('<p class="count" role="status">{}</p>{}').format(count, cards)

    def _changed(self, _: Any) -> None:
        self._offset = 0
        self.part.refresh()

    def _turn(self, by: int) -> None:
        self._offset = max(0, self._offset + by)
        self.part.refresh()

    @property
    def widget(self) -> widgets.Widget:
        """The page, filled."""
        self.part.refresh()
        head = _heading("Results", "The videos that lotus made, and what became of the others.")
        return _page(head, _filters(*self.controls.values()), self.part.widget, self.pager)


def results(source: Source, said: Said, links: Links | None = None) -> widgets.Widget:
    """The gallery of videos; `said` sets the filters."""
    return Results(source, said, links or ServedLinks()).widget


def costs(source: Source, said: Said) -> widgets.Widget:
    """What was spent, by day and by name, budgets, days that stand out."""
    days = _dropdown(
        "Last", list(DAYS.items()), int(said["days"]) if said.get("days", "").isdecimal() else 30
    )
    groups = ["model", "campaign", "provider", "brand", "kind"]
    by = _dropdown("By", groups, said["by"] if said.get("by") in groups else "model")
    drawings = {name: widgets.Output() for name in ("days", "names", "budget")}

    def answer() -> Any:
        return source.ask("spending", days=days.value, by=by.value)

    def numbers() -> Markup:
        spent = answer()
        shown = charts.of_costs(spent)
        for name, drawing in drawings.items():
            drawing.outputs = (charts.output(shown[name]),) if name in shown else ()
            drawing.layout.display = None if name in shown else "none"
        return accounts.cost_tiles(spent, source.ask("unit_costs", days=days.value))

    def rest() -> Markup:
        spent = answer()
        table = section(f"By {spent['by']}", accounts.names_table(spent))
        return join(
            [
                accounts.days_that_stand_out(spent),
                table,
                _files(days.value, by.value),
                accounts.budgets(spent),
            ]
        )

    parts = [Part(numbers), Part(rest)]
    for part in parts:
        days.observe(part.refresh, names="value")
        by.observe(part.refresh, names="value")
        part.refresh()
    for drawing in drawings.values():
        drawing.add_class("chart")
    head = _heading("Costs", "US dollars; days are days of UTC.")
    figures = widgets.Box(list(drawings.values()))
    figures.add_class("charts")
    return _page(head, _filters(days, by), parts[0].widget, figures, parts[1].widget)


def _files(days: int, by: str) -> Markup:
    shown = (
        '<p class="files">What is shown, as a file: <a download href="costs.csv?days={0}&amp;by={1}">CSV</a> '
        '<a download href="costs.parquet?days={0}&amp;by={1}">Parquet</a></p>'
    )
    return Markup(shown).format(days, by)


def operations(source: Source, said: Said, links: Links | None = None) -> widgets.Widget:
    """What waits and runs, campaigns, failures by cause, cache and database; follows while it is open."""
    links = links or ServedLinks()
    hours = _dropdown("Failures of", [(k, v) for k, v in HOURS.items() if v], 24)
    live = [
        Part(lambda: section("Queue", machine.queue_view(source.ask("queue"), links))),
        Part(lambda: section("Campaigns", machine.campaign_table(source.ask("campaigns"), links))),
    ]
    failed = Part(lambda: machine.failure_list(source.ask("failures", hours=hours.value), links, hours.value))
    once = [
        Part(lambda: section("Cache and database", machine.keeping(source.ask("kept")))),
        Part(lambda: machine.findings(source.ask("doctor"))),
    ]
    hours.observe(failed.refresh, names="value")
    for part in (*live, failed):
        part.refresh()
    for part in once:  # these take their time: the rest of the page does not wait for them
        threading.Thread(target=part.refresh, daemon=True).start()
    threading.Thread(target=_follow, args=((*live, failed),), daemon=True).start()
    head = _heading("Operations", f"Follows what happens, every {TICK_SECONDS} seconds.")
    why = widgets.HTML("<h2>Failures by cause</h2>")
    shown = [part.widget for part in live]
    return _page(head, shown[0], why, _filters(hours), failed.widget, shown[1], *(p.widget for p in once))


def _follow(parts: Sequence[Part]) -> None:
    """Ask again and again; the kernel, and so this, ends with the viewer."""
    while True:
        time.sleep(TICK_SECONDS)
        for part in parts:
            part.refresh()
