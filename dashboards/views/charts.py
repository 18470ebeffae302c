"""Charts as Vega-Lite, drawn as SVG: a page needs no library for them.

A chart is plain data, so tests read it; marks are labelled, and the page shows these labels to the
pointer.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

__all__ = ["budget_chart", "days_chart", "names_chart", "of_costs", "svg"]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"
BLUE = "#3b6fb6"
ORANGE = "#c2571a"
PALETTE = ["#3b6fb6", "#2f8f6b", "#b7791f", "#8a56ac", "#c2571a", "#4f7d95", "#a3475f", "#6b7a2a"]
SHOWN_NAMES = 8
NAMED_DAYS = 7  # on an axis: as many as fit on a phone
HIGH = 220  # pixels
DRAWINGS = 64  # that are remembered, some 15 kB each
KINDS = {"estimated": "estimated_usd", "actual": "actual_usd", "saved": "saved_usd"}
Row = Mapping[str, Any]
DOLLARS = {  # short labels: $5, $1.2 k, $3 m, $1.5 bn
    "labelExpr": "abs(datum.value) >= 1e9 ? format(datum.value / 1e9, '$,.3~r') + ' bn'"
    " : abs(datum.value) >= 1e6 ? format(datum.value / 1e6, '$,.3~r') + ' m'"
    " : abs(datum.value) >= 1e4 ? format(datum.value / 1e3, '$,.3~r') + ' k'"
    " : format(datum.value, '$,.4~f')",
    "tickCount": 5,
}
POINT = {  # above a day that stands out
    "type": "point",
    "shape": "triangle-down",
    "filled": True,
    "size": 90,
    "yOffset": -10,
    "color": ORANGE,
}
FEW_DOLLARS = {**DOLLARS, "tickCount": 3, "labelOverlap": True}


def _chart(rows: Sequence[Row], describes: str, **more: Any) -> dict[str, Any]:
    return {
        "$schema": SCHEMA,
        "description": describes,
        "data": {"values": list(rows)},
        "width": "container",
        "height": HIGH,
        "background": "transparent",
        "autosize": {"type": "fit", "contains": "padding"},
        "config": {
            "view": {"stroke": None},
            "font": "system-ui, sans-serif",
            "axis": {"labelFontSize": 11, "titleFontSize": 11},
            "legend": {"labelFontSize": 11},
            "range": {"category": PALETTE},
        },
        **more,
    }


def of_costs(spending: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """The charts of the costs page by name, each only where it has something to show."""
    charts: dict[str, dict[str, Any]] = {}
    if any(Decimal(row["actual_usd"]) for row in spending["series"]):
        charts["days"] = days_chart(spending)
    if any(Decimal(row[name]) for row in spending["rows"] for name in KINDS.values()):
        charts["names"] = names_chart(spending)
    return charts | ({"budget": budget_chart(spending)} if spending["burn_down"] else {})


def days_chart(spending: Mapping[str, Any]) -> dict[str, Any]:
    """Dollars a day, stacked by name, with days that stand out marked."""
    dear = [row["name"] for row in spending["rows"][:SHOWN_NAMES]]
    rows = [
        {
            "day": row["day"],
            "name": row["name"] if row["name"] in dear else "others",
            "usd": float(row["actual_usd"]),
        }
        for row in spending["series"]
        if float(row["actual_usd"])
    ]
    layers = _day_layers([row["day"] for row in spending["days"]], _outstanding(spending))
    return _chart(rows, "Dollars spent by day", layer=layers)


def _outstanding(spending: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The days that stand out, which are marked."""
    return [
        {"day": row["day"], "usd": float(row["actual_usd"])} for row in spending["standing_out"]
    ]


def _day_layers(days: Sequence[str], outstanding_days: Sequence[Row]) -> list[dict[str, Any]]:
    """Bars by day, and marks above some of them."""
    axis = _day_axis(days, "slice(datum.value, 5)")
    scale = {"domain": list(days)}
    x = {"field": "day", "type": "ordinal", "title": None, "scale": scale, "axis": axis}
    y = {"field": "usd", "type": "quantitative", "title": None, "axis": FEW_DOLLARS}
    legend = {"orient": "top", "columns": 3, "labelLimit": 90}
    color = {"field": "name", "type": "nominal", "title": None, "legend": legend}
    tips = [
        {"field": "day", "type": "nominal"},
        {"field": "name", "type": "nominal"},
        {"field": "usd", "type": "quantitative", "format": "$,.4~f"},
    ]
    bars = {
        "mark": "bar",
        "encoding": {"x": x, "y": {**y, "aggregate": "sum"}, "color": color, "tooltip": tips},
    }
    marks = {
        "mark": POINT,
        "data": {"values": list(outstanding_days)},
        "encoding": {"x": x, "y": y},
    }
    return [bars, marks] if outstanding_days else [bars]


def _day_axis(days: Sequence[str], label: str) -> dict[str, Any]:
    """An axis that names some of the days: fonts differ, so Vega cannot measure what overlaps."""
    labels = days[:: math.ceil(len(days) / NAMED_DAYS) or 1]
    return {"values": list(labels), "labelAngle": 0, "labelExpr": label, "ticks": False}


def names_chart(spending: Mapping[str, Any]) -> dict[str, Any]:
    """Estimated, actual and saved dollars of each name."""
    rows = [
        {"name": row["name"], "amount": kind, "usd": float(row[column])}
        for row in spending["rows"][:SHOWN_NAMES]
        for kind, column in KINDS.items()
        if any(
            Decimal(row[column]) for column in KINDS.values()
        )  # what cost nothing is in the table
    ]
    encoding = {
        "y": {
            "field": "name",
            "type": "nominal",
            "title": None,
            "sort": None,
            "axis": {"labelLimit": 95},
        },
        "yOffset": {"field": "amount", "sort": list(KINDS)},
        "x": {"field": "usd", "type": "quantitative", "title": None, "axis": FEW_DOLLARS},
        "color": {
            "field": "amount",
            "type": "nominal",
            "title": None,
            "sort": list(KINDS),
            "legend": {"orient": "top"},
        },
        "tooltip": [{"field": "name"}, {"field": "amount"}, {"field": "usd", "format": "$,.4~f"}],
    }
    high = max(HIGH, 60 + 40 * min(len(spending["rows"]), SHOWN_NAMES))
    return _chart(
        rows, "Estimated, actual and saved dollars", mark="bar", encoding=encoding, height=high
    )


def budget_chart(spending: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of this month's budget, and how it goes on."""
    rows = [{**row, "left_usd": float(row["left_usd"])} for row in spending["burn_down"]]
    days = sorted({row["day"] for row in rows})
    x: dict[str, Any] = {"field": "day", "type": "ordinal", "title": None}
    x["axis"] = _day_axis(days, "slice(datum.value, 8)")
    y = {"field": "left_usd", "type": "quantitative", "title": None, "axis": FEW_DOLLARS}
    kinds = ["left", "projected"]
    dash: dict[str, Any] = {
        "field": "kind",
        "type": "nominal",
        "title": None,
        "legend": {"orient": "top"},
    }
    dash |= {"scale": {"domain": kinds, "range": [[1, 0], [4, 4]]}}
    tips = [{"field": "day"}, {"field": "kind"}, {"field": "left_usd", "format": "$,.2f"}]
    line: dict[str, Any] = {"mark": {"type": "line", "color": BLUE}}
    line["encoding"] = {"x": x, "y": y, "strokeDash": dash, "tooltip": tips}
    zero = {
        "mark": {"type": "rule", "color": ORANGE, "aria": False},
        "encoding": {"y": {"datum": 0}},
    }
    return _chart(rows, "What is left of the budget of this month", layer=[line, zero])


def svg(chart: Mapping[str, Any], *, width: int = 760) -> str:
    """The chart as SVG."""
    return _svg(json.dumps({**chart, "width": width}))


@lru_cache(DRAWINGS)
def _svg(chart: str) -> str:
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart, vl_version="5.20"))
