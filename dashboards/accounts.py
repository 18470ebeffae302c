"""Costs as people read them: totals, budgets with what is left, days that stand out, a table by
name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from dashboards.markup import empty, join, section, size, table, tiles, usd

__all__ = [
    "COLUMNS",
    "budgets",
    "cost_tiles",
    "days_that_stand_out",
    "names_table",
    "store_table",
    "table_of",
]

Spent = Mapping[str, Any]
PAID = (
    "Each job pays for what it keeps when it is made, until that expires: it is in the costs "
    "above. "
    "Uploads are kept until somebody removes them, and are in no job's costs."
)
COLUMNS = ("estimated_usd", "reserved_usd", "actual_usd", "saved_usd")


def cost_tiles(spent: Spent, unit: Mapping[str, Any]) -> Markup:
    """The numbers to see first."""
    total = spent["total"]
    month = spent["month"]
    return tiles(
        [
            ("Spent", usd(total["actual_usd"]), f"since {spent['since']}"),
            ("Estimated", usd(total["estimated_usd"]), _off(total)),
            ("Saved by cache", usd(total["saved_usd"]), ""),
            ("Reserved now", usd(total["reserved_usd"]), "asked for, not settled yet"),
            ("A finished video", usd(unit["usd_per_video"]), f"{unit['videos']:,} videos"),
            ("A finished second", usd(unit["usd_per_second"]), f"{unit['seconds']:,.0f} s"),
            ("This month", usd(month["spent_usd"]), f"{usd(month['projected_usd'])} by its end"),
        ]
    )


def _off(total: Mapping[str, str]) -> str:
    estimated = Decimal(total["estimated_usd"])
    actual = Decimal(total["actual_usd"])
    if not estimated:
        return ""
    off = round(100 * (actual - estimated) / estimated)
    return (
        f"actual is {abs(off)} % {'more' if off > 0 else 'less'}" if off else "actual is the same"
    )


def names_table(spent: Spent) -> Markup:
    """A row a model, campaign, provider, brand or kind."""
    columns = [spent["by"], "estimated", "reserved", "actual", "saved"]
    return table(f"Dollars by {spent['by']}", columns, table_of(spent), right=columns[1:])


def table_of(spent: Spent) -> list[list[str]]:
    """The table's rows as text, also of the file that is downloaded."""
    return [[row["name"], *(usd(row[name]) for name in COLUMNS)] for row in spent["rows"]]


def budgets(spent: Spent) -> Markup:
    """Each budget with how much of it is committed."""
    if not spent["budgets"]:
        body = empty("No budgets.", "Set one: lotus budgets set month 200")
    else:
        body = Markup('<ul class="budgets">{}</ul>').format(
            join(_budget(budget) for budget in spent["budgets"])
        )
    return section("Budgets", body)


def _budget(budget: Mapping[str, str]) -> Markup:
    limit = Decimal(budget["limit_usd"])
    committed = Decimal(budget["committed_usd"])
    share = float(committed / limit) if limit else 1.0
    name = f"{budget['scope']} {budget['name']}".strip()
    shown = (
        '<li class="{}"><span>{}</span><meter min="0" max="1" high="0.8" value="{:.3f}" '
        'aria-label="{}">'
        "{:.0%}</meter><span>{} of {}, {} left</span></li>"
    )
    state = "over" if share >= 1 else "near" if share >= 0.8 else ""
    return Markup(shown).format(
        *(state, name, min(share, 1.0), f"Budget of {name}", share),
        *(usd(budget["committed_usd"]), usd(budget["limit_usd"]), usd(budget["left_usd"])),
    )


def store_table(rows: Sequence[Mapping[str, Any]]) -> Markup:
    """What the store holds now, which each job paid for when it was made, until that expires."""
    columns = ["in the store", "objects", "size", "a month of it", "kept"]
    kept = [row for row in rows if row["objects"]]
    if not kept:
        return empty("Nothing is kept.", "What jobs make would be counted here.")
    shown = table("What the store holds", columns, [_kept(row) for row in kept], right=columns[1:])
    billed = any(Decimal(row["monthly_usd"]) for row in kept)
    return join(
        [
            shown,
            Markup("<p class='files'>{}</p>").format(PAID if billed else "A folder costs nothing."),
        ]
    )


def _kept(row: Mapping[str, Any]) -> list[str]:
    days = f"{row['kept_days']} days" if row["kept_days"] else "for ever"
    return [
        row["prefix"],
        f"{row['objects']:,}",
        size(row["size_bytes"]),
        usd(row["monthly_usd"]),
        days,
    ]


def days_that_stand_out(spent: Spent) -> Markup:
    """Days far above the usual, or nothing."""
    if not spent["standing_out"]:
        return Markup()
    items = join(
        Markup("<li><b>{}</b>: {}, {} times the usual day</li>").format(
            row["day"], usd(row["actual_usd"]), row["times"]
        )
        for row in spent["standing_out"]
    )
    return Markup(
        '<div class="note" role="note"><strong>Days that stand out</strong><ul>{}</ul></div>'
    ).format(items)
