"""What viewers choose by: the same filters as a form, at once, and as widgets when the kernel is
there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from markupsafe import Markup

from dashboards.markup import join

__all__ = [
    "GROUPS",
    "NAMED",
    "SORTED",
    "Filter",
    "costs_asked",
    "costs_filters",
    "form",
    "hours_filter",
    "results_filters",
    "wanted",
]

Said = Mapping[str, str]
Options = tuple[tuple[str, Any], ...]
GROUPS = ("model", "campaign", "provider", "brand", "kind")
SORTED = {
    "newest first": "newest",
    "dearest first": "cost",
    "longest first": "length",
    "oldest first": "oldest",
}
NAMED = ("status", "review", "campaign", "brand", "model", "aspect")
HOURS = {
    "any time": 0,
    "last 24 hours": 24,
    "last 7 days": 168,
    "last 30 days": 720,
    "last 365 days": 8760,
}
DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "365 days": 365}
A_DAY = 24


@dataclass(frozen=True)
class Filter:
    """One control: `kind` is select, search or date; what is chosen is among the options of a
    select.
    """

    name: str
    label: str
    value: Any
    options: Options = field(default=())
    kind: str = "select"
    hint: str = ""


def wanted(said: Said) -> dict[str, Any]:
    """What an address says of the results to show; what is empty is left out."""
    found: dict[str, Any] = {name: said[name] for name in ("text", *NAMED) if said.get(name)}
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


def results_filters(said: Said, known: Mapping[str, Any]) -> list[Filter]:
    """Those of the gallery; `known` are the choices that the database has."""
    chosen = wanted(said)
    found = [Filter("text", "Search", chosen.get("text", ""), kind="search", hint="in prompts")]
    found.append(_select("hours", "When", tuple(HOURS.items()), chosen.get("hours", 0)))
    for name in NAMED:
        options = [
            (str(c[1]), c[0]) if isinstance(c, list) else (str(c), c) for c in known.get(name, [])
        ]
        found.append(
            _select(name, name.capitalize(), (("any", ""), *options), chosen.get(name, ""))
        )
    return [*found, _select("sort", "Sort", tuple(SORTED.items()), chosen["sort"])]


def costs_filters(said: Said) -> list[Filter]:
    """Those of the costs."""
    chosen = costs_asked(said)
    return [
        _select("days", "Last", tuple(DAYS.items()), chosen["days"]),
        Filter("since", "or from", chosen.get("since", ""), kind="date"),
        Filter("until", "to", chosen.get("until", ""), kind="date"),
        _select("by", "By", tuple((name, name) for name in GROUPS), chosen["by"]),
    ]


def hours_filter(said: Said) -> Filter:
    """How far back failures are looked at."""
    some = tuple((shown, hours) for shown, hours in HOURS.items() if hours)
    return _select("hours", "Failures of", some, _number(said, "hours", 0) or A_DAY)


def _select(name: str, label: str, options: Options, value: Any) -> Filter:
    """What an address asks for is shown as chosen, also where nobody offers it."""
    known = value in [option for _, option in options]
    return Filter(name, label, value, options if known else (*options, (str(value), value)))


def form(page: str, filters: Sequence[Filter]) -> Markup:
    """The filters before there is a kernel: the page is opened again with what they say."""
    shown = '<form class="filters" action="{}" autocomplete="off">{}<button>Show</button></form>'
    return Markup(shown).format(page, join(_control(one) for one in filters))


def _control(one: Filter) -> Markup:
    if one.kind == "select":
        options = join(_option(shown, value, value == one.value) for shown, value in one.options)
        inner = Markup('<select name="{}">{}</select>').format(one.name, options)
    else:
        field = Markup('<input type="{}" name="{}" value="{}" placeholder="{}">')
        inner = field.format(one.kind, one.name, one.value, one.hint)
    return Markup('<label class="{}"><span>{}</span>{}</label>').format(one.kind, one.label, inner)


def _option(shown: str, value: Any, chosen: bool) -> Markup:
    mark = Markup(" selected") if chosen else ""
    return Markup('<option value="{}"{}>{}</option>').format(value, mark, shown)
