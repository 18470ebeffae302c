"""The dashboards as widgets: filters that ask, and parts of a page that show answers or what went
wrong.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any

import ipywidgets as widgets
from markupsafe import Markup

from dashboards import charts, machine, views
from dashboards.filters import Filter, costs_filters, hours_filter, results_filters
from dashboards.links import Links, ServedLinks
from dashboards.markup import section
from dashboards.source import Source

__all__ = ["costs", "operations", "results"]

Said = Mapping[str, str]
PAGE = 24  # videos at a time
COMPLETE = "<i hidden data-complete></i>"  # the page takes the place of what was shown at once


class Part:
    """A part of a page: filled by a function, which may fail without taking the rest with it."""

    def __init__(self, fill: Callable[[], Any]) -> None:
        self._fill = fill
        self.widget = widgets.HTML(layout=widgets.Layout(width="100%"))

    def refresh(self, *_: Any) -> None:
        """Ask and show again; what is shown already stays until the answer is there."""
        shown = views.filled(self._fill)
        if shown != self.widget.value:
            self.widget.value = shown


def _control(one: Filter) -> widgets.Widget:
    how: dict[str, Any] = {"description": one.label}
    if one.kind == "select":
        return widgets.Dropdown(options=one.options, value=one.value, **how)
    if one.kind == "date":
        return widgets.DatePicker(value=date.fromisoformat(one.value) if one.value else None, **how)
    return widgets.Text(one.value, placeholder=one.hint, continuous_update=False, **how)


def _controls(chosen: Sequence[Filter]) -> dict[str, widgets.Widget]:
    return {one.name: _control(one) for one in chosen}


def _filters(*controls: widgets.Widget) -> widgets.Box:
    box = widgets.Box(controls)
    box.add_class("filters")
    return box


def _page(*parts: widgets.Widget) -> widgets.VBox:
    page = widgets.VBox([*parts, widgets.HTML(COMPLETE)])
    page.add_class("page")
    return page


def _heading(name: str) -> widgets.HTML:
    return widgets.HTML(views.heading(name))


class Results:
    """The gallery: filters, cards, a page at a time."""

    def __init__(self, source: Source, said: Said, links: Links) -> None:
        self._source = source
        self._links = links
        self._offset = 0
        self._total = 0
        self.controls = _controls(results_filters(said, views.choices(source)))
        self.part = Part(self._cards)
        self.earlier = widgets.Button(description="Previous", disabled=True)
        self.later = widgets.Button(description="Next", disabled=True)
        self.pager = _filters(self.earlier, self.later)
        self.earlier.on_click(lambda _: self._turn(-PAGE))
        self.later.on_click(lambda _: self._turn(PAGE))
        for control in self.controls.values():
            control.observe(self._changed, names="value")

    @property
    def wanted(self) -> dict[str, Any]:
        """What the filters say."""
        return {name: control.value for name, control in self.controls.items() if control.value}

    def _cards(self) -> Markup:
        found = self._source.ask("videos", **self.wanted, offset=self._offset, limit=PAGE)
        self._total = found["total"]
        self.earlier.disabled = self._offset == 0
        self.later.disabled = self._offset + PAGE >= self._total
        self.pager.layout.display = "none" if self._total <= PAGE else None
        return views.cards(found, self.wanted, self._links, self._offset)

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
        return _page(
            _heading("results"), _filters(*self.controls.values()), self.part.widget, self.pager
        )


def results(source: Source, said: Said, links: Links | None = None) -> widgets.Widget:
    """The gallery of videos; `said` sets the filters."""
    return Results(source, said, links or ServedLinks()).widget


def costs(source: Source, said: Said) -> widgets.Widget:
    """What was spent, by day and by name, budgets, days that stand out."""
    controls = _controls(costs_filters(said))
    drawings = {name: widgets.Output() for name in ("days", "names", "budget")}

    def asked() -> dict[str, Any]:
        return {name: _plain(control.value) for name, control in controls.items() if control.value}

    def numbers() -> Markup:
        shown = charts.of_costs(source.ask("spending", **asked()))
        for name, drawing in drawings.items():
            drawing.outputs = (charts.output(shown[name]),) if name in shown else ()
            drawing.layout.display = None if name in shown else "none"
        return views.cost_numbers(source, asked())

    parts = [Part(numbers), Part(lambda: views.cost_tables(source, asked()))]
    for part in parts:
        for control in controls.values():
            control.observe(part.refresh, names="value")
        part.refresh()
    for drawing in drawings.values():
        drawing.add_class("chart")
    figures = widgets.Box(list(drawings.values()))
    figures.add_class("charts")
    kept = Part(lambda: views.storage(source))
    threading.Thread(target=kept.refresh, daemon=True).start()  # a bucket's list takes its time
    shown = [parts[0].widget, figures, parts[1].widget, kept.widget]
    return _page(_heading("costs"), _filters(*controls.values()), *shown)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def operations(source: Source, said: Said, links: Links | None = None) -> widgets.Widget:
    """What waits and runs, campaigns, failures by cause, cache and database; follows while it is
    open.
    """
    links = links or ServedLinks()
    hours = _control(hours_filter(said))
    live = [Part(lambda: views.queue(source, links)), Part(lambda: views.campaigns(source, links))]
    failed = Part(lambda: views.failures(source, links, hours.value))
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
    why = widgets.HTML("<h2>Failures by cause</h2>")
    shown = [part.widget for part in live]
    return _page(
        _heading("operations"),
        shown[0],
        why,
        _filters(hours),
        failed.widget,
        shown[1],
        *(p.widget for p in once),
    )


def _follow(parts: Sequence[Part]) -> None:
    """Ask again and again; the kernel, and so this, ends with the viewer."""
    while True:
        time.sleep(views.TICK_SECONDS)
        for part in parts:
            part.refresh()
