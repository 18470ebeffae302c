"""Costs: totals, charts, budgets with what is left, days that stand out, a table by name, and the
same table as a file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from dashboards.views import charts
from dashboards.views.filters import address, costs_filters, costs_query
from lotus.display.kit import Html, empty, join, section, size, table, tiles, usd

if TYPE_CHECKING:
    from dashboards.dashboard import Dashboard
from lotus.system.quantities import quantity

__all__ = [
    "COLUMNS",
    "budgets",
    "choose",
    "cost_tiles",
    "costs_file",
    "days_that_stand_out",
    "details",
    "drawings",
    "names_table",
    "storage",
    "store_table",
    "totals",
]

Spending = Mapping[str, Any]
STORAGE_NOTE = (
    "Each job pays for what it keeps when it is made, until that expires: it is in the costs "
    "above. "
    "Uploads are kept until somebody removes them, and are in no job's costs."
)
COLUMNS = ("estimated_usd", "reserved_usd", "actual_usd", "saved_usd")
WIDTHS = {2: 460, 3: 380}  # of charts on a desk, by their number, in pixels
FILES = (
    '<p class="files">What is shown, as a file: <a download href="{0}?{1}">CSV</a> '
    '<a download href="{2}?{1}">Parquet</a></p>'
)


def choose(page: Dashboard) -> Html:
    """The filters of the costs."""
    return page.filters(costs_filters(page.query))


def totals(page: Dashboard) -> Html:
    """The numbers to see first."""
    query = costs_query(page.query)
    days = {name: value for name, value in query.items() if name != "by"}
    return cost_tiles(page.ask("spending", **query), page.ask("unit_costs", **days))


def drawings(page: Dashboard) -> Html:
    """The charts, or a sentence where nothing was spent."""
    spending = page.ask("spending", **costs_query(page.query))
    drawings_by_name = charts.of_costs(spending)
    if not drawings_by_name:
        return empty("Nothing was spent.", "Choose other days, or make a video with a model.")
    width = WIDTHS.get(len(drawings_by_name), 760)
    figures = [
        Html('<div class="chart"><h2>{}</h2>{}</div>').format(
            chart["description"], Markup(charts.svg(chart, width=width))
        )
        for chart in drawings_by_name.values()
    ]
    return Html('<div class="charts">{}</div>').format(join(figures))


def details(page: Dashboard) -> Html:
    """Days that stand out, the table by name with its files, budgets."""
    query = costs_query(page.query)
    spending = page.ask("spending", **query)
    csv_file, parquet = page.links.page("costs.csv"), page.links.page("costs.parquet")
    files = Html(FILES).format(csv_file, address(query), parquet) if csv_file else Html()
    names = section(f"By {spending['by']}", names_table(spending))
    return join([days_that_stand_out(spending), names, files, budgets(spending)])


def storage(page: Dashboard) -> Html:
    """What the store holds now, and what a month of it costs."""
    return section("Storage now", store_table(page.ask("storage")))


def cost_tiles(spending: Spending, unit: Mapping[str, Any]) -> Html:
    """Totals of a period."""
    total = spending["total"]
    month = spending["month"]
    return tiles(
        [
            ("Spent", usd(total["actual_usd"]), f"{spending['since']} to {spending['until']}"),
            ("Estimated", usd(total["estimated_usd"]), _off(total)),
            ("Saved by cache", usd(total["saved_usd"]), ""),
            ("Reserved now", usd(spending["reserved_now_usd"]), "asked for, not settled yet"),
            ("A finished video", usd(unit["usd_per_video"]), quantity(unit["videos"], "video")),
            ("A finished second", usd(unit["usd_per_second"]), f"{unit['seconds']:,.0f} s"),
            ("This month", usd(month["spent_usd"]), f"{usd(month['projected_usd'])} by its end"),
        ]
    )


def _off(total: Mapping[str, str]) -> str:
    estimate = Decimal(total["estimated_usd"])
    actual = Decimal(total["actual_usd"])
    if not estimate:
        return ""
    off = actual - estimate
    if not off:
        return "actual is the same"
    percent = round(100 * abs(off) / estimate)
    size_of_it = f"{percent} %" if percent else usd(abs(off))
    return f"actual is {size_of_it} {'more' if off > 0 else 'less'}"


def names_table(spending: Spending) -> Html:
    """A row a model, campaign, provider, brand or kind, and their sum."""
    columns = [spending["by"], "estimated", "reserved", "actual", "saved"]
    rows = [[row["name"], *_amounts(row)] for row in spending["rows"]]
    if not rows:
        return empty("Nothing was spent.", "Costs appear here by name.")
    total = ["total", *_amounts(spending["total"])]
    caption = f"Dollars by {spending['by']}"
    return table(caption, columns, rows, right=columns[1:], total=total)


def _amounts(row: Mapping[str, str]) -> list[str]:
    return [usd(row[name]) for name in COLUMNS]


def costs_file(spending: Spending, suffix: str) -> bytes:
    """The rows of the costs page with their currency and days: CSV with amounts as they are in the
    ledger, or Parquet with decimals.
    """
    names = (spending["by"], *COLUMNS)
    rows = [(row["name"], *(row[name] for name in COLUMNS)) for row in spending["rows"]]
    if suffix != "csv":
        return _parquet(names, rows)
    from lotus.reports.csv_files import csv_lines  # pages do without what it stands on

    period = (spending["currency"], spending["since"], spending["until"])
    lines = csv_lines((*names, "currency", "since", "until"), [(*row, *period) for row in rows])
    return "".join(lines).encode()


def _parquet(names: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    exact = pa.decimal128(18, 6)
    columns = [pa.array([row[0] for row in rows], pa.string())]
    amounts = range(1, len(names))
    columns += [pa.array([Decimal(row[n]) for row in rows], exact) for n in amounts]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names=list(names)), out)
    return out.getvalue()


def budgets(spending: Spending) -> Html:
    """Each budget with how much of it is committed."""
    if not spending["budgets"]:
        body = empty("No budgets.", "Set one: lotus budgets set month 200")
    else:
        body = Html('<ul class="budgets">{}</ul>').format(
            join(_budget(budget) for budget in spending["budgets"])
        )
    return section("Budgets", body)


def _budget(budget: Mapping[str, str]) -> Html:
    limit = Decimal(budget["limit_usd"])
    commitment = Decimal(budget["committed_usd"])
    share = float(commitment / limit) if limit else 1.0
    name = f"{budget['scope']} {budget['name']}".strip()
    html = (
        '<li class="{}"><span>{}</span><meter min="0" max="1" high="0.8" value="{:.3f}" '
        'aria-label="{}">'
        "{:.0%}</meter><span>{} of {}, {} left</span></li>"
    )
    state = "over" if share >= 1 else "near" if share >= 0.8 else ""
    return Html(html).format(
        *(state, name, min(share, 1.0), f"Budget of {name}", share),
        *(usd(budget["committed_usd"]), usd(budget["limit_usd"]), usd(budget["left_usd"])),
    )


def store_table(rows: Sequence[Mapping[str, Any]]) -> Html:
    """What the store holds now, which each job paid for when it was made, until that expires."""
    columns = ["in the store", "objects", "size", "a month of it", "kept"]
    present_rows = [row for row in rows if row["objects"]]
    if not present_rows:
        return empty("Nothing is kept.", "Videos, clips and notebooks are counted here.")
    holds = table(
        "What the store holds", columns, [_prefix(r) for r in present_rows], right=columns[1:]
    )
    billed = any(Decimal(row["monthly_usd"]) for row in present_rows)
    note = STORAGE_NOTE if billed else "A folder costs nothing."
    return join([holds, Html("<p class='files'>{}</p>").format(note)])


def _prefix(row: Mapping[str, Any]) -> list[str]:
    days = quantity(row["kept_days"], "day") if row["kept_days"] else "for ever"
    return [
        row["prefix"],
        f"{row['objects']:,}",
        size(row["size_bytes"]),
        usd(row["monthly_usd"]),
        days,
    ]


def days_that_stand_out(spending: Spending) -> Html:
    """Days far above the usual, or nothing."""
    if not spending["standing_out"]:
        return Html()
    items = join(
        Html("<li><b>{}</b>: {}, {:,} times the usual day</li>").format(
            row["day"], usd(row["actual_usd"]), row["times"]
        )
        for row in spending["standing_out"]
    )
    return Html(
        '<div class="note" role="note"><strong>Days that stand out</strong><ul>{}</ul></div>'
    ).format(items)
