"""Filters of pages: a form whose values are the page's address, so that they can be shared, and
work without a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from lotus.display.kit import Html, render

__all__ = [
    "GROUPS",
    "NAME_FIELDS",
    "ORDERS",
    "TEMPLATES",
    "Filter",
    "address",
    "costs_filters",
    "costs_query",
    "form",
    "hours_filter",
    "number",
    "results_filters",
    "results_query",
    "select",
]

Query = Mapping[str, str]
Options = tuple[tuple[str, Any], ...]
TEMPLATES = Path(__file__).parents[1] / "template"
GROUPS = ("model", "campaign", "provider", "brand", "kind")
ORDERS = {
    "newest first": "newest",
    "most expensive first": "cost",
    "longest first": "length",
    "oldest first": "oldest",
}
NAME_FIELDS = ("status", "review", "campaign", "brand", "model", "aspect")
HOURS = {
    "any time": 0,
    "last 24 hours": 24,
    "last 7 days": 168,
    "last 30 days": 720,
    "last 365 days": 8760,
}
DAYS = {"7 days": 7, "30 days": 30, "90 days": 90, "365 days": 365}
A_DAY = 24
LARGEST = 10**6  # what a number in an address may be; a longer one is not read


@dataclass(frozen=True)
class Filter:
    """One control: `kind` is select, search or date; the value is among the options of a select."""

    name: str
    label: str
    value: Any
    options: Options = ()
    kind: str = "select"
    hint: str = ""


def address(values: Mapping[str, Any]) -> str:
    """Values as the query of an address, without those that are empty."""
    return urlencode({name: value for name, value in values.items() if value not in ("", 0, None)})


def form(filters: Iterable[Filter]) -> Html:
    """The filters as a form; its values are the page's address."""
    return render(TEMPLATES, "filters.html.j2", filters=list(filters))


def select(name: str, value: Any, options: Sequence[Any] | Mapping[str, Any] | None) -> Filter:
    """A filter of a notebook's own; a text to search for where no options are given."""
    if options is None:
        return Filter(name, name.capitalize(), value, kind="search")
    pairs = options.items() if isinstance(options, Mapping) else ((str(o), o) for o in options)
    return _select(name, name.capitalize(), tuple(pairs), value)


def results_query(query: Query) -> dict[str, Any]:
    """The results that an address asks for; what is empty is left out."""
    values: dict[str, Any] = {
        name: query[name] for name in ("text", *NAME_FIELDS) if query.get(name)
    }
    if hours := number(query, "hours", 24 * number(query, "days", 0)):
        values["hours"] = hours
    return values | {"sort": query["sort"] if query.get("sort") in ORDERS.values() else "newest"}


def costs_query(query: Query) -> dict[str, Any]:
    """The costs that an address asks for."""
    by = query["by"] if query.get("by") in GROUPS else "model"
    days = {name: query[name] for name in ("since", "until") if _is_day(query.get(name, ""))}
    return {"days": number(query, "days", 30) or 30, "by": by, **days}


def number(query: Query, name: str, otherwise: int) -> int:
    """A whole number of an address, or another where there is none."""
    text = query.get(name, "")
    plain = text.isascii() and text.isdecimal() and len(text) <= len(str(LARGEST))
    return min(int(text), LARGEST) if plain else otherwise


def _is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


def results_filters(query: Query, choices: Mapping[str, Any]) -> list[Filter]:
    """Filters of the gallery; `choices` are the choices that the database has."""
    values = results_query(query)
    controls = [Filter("text", "Search", values.get("text", ""), kind="search", hint="in prompts")]
    controls.append(_select("hours", "When", tuple(HOURS.items()), values.get("hours", 0)))
    for name in NAME_FIELDS:
        options = [
            (str(c[1]), c[0]) if isinstance(c, list) else (str(c), c) for c in choices.get(name, [])
        ]
        controls.append(
            _select(name, name.capitalize(), (("any", ""), *options), values.get(name, ""))
        )
    return [*controls, _select("sort", "Sort", tuple(ORDERS.items()), values["sort"])]


def costs_filters(query: Query) -> list[Filter]:
    """Filters of the costs."""
    values = costs_query(query)
    return [
        _select("days", "Last", tuple(DAYS.items()), values["days"]),
        Filter("since", "or from", values.get("since", ""), kind="date"),
        Filter("until", "to", values.get("until", ""), kind="date"),
        _select("by", "By", tuple((name, name) for name in GROUPS), values["by"]),
    ]


def hours_filter(query: Query) -> Filter:
    """The time whose failures are listed."""
    some = tuple((label, hours) for label, hours in HOURS.items() if hours)
    return _select("hours", "Failures of", some, number(query, "hours", 0) or A_DAY)


def _select(name: str, label: str, options: Options, value: Any) -> Filter:
    """A choice; a value of an address is an option also where nobody offers it."""
    known = value in [option for _, option in options]
    return Filter(name, label, value, options if known else (*options, (str(value), value)))
