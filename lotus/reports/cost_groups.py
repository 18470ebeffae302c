"""What was expected, what was spent and what the cache saved: the ledger, grouped, as rows and as
CSV.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.rollups import UtcDay, entries_by_day
from lotus.errors import InvalidInput, UnknownName
from lotus.money.ledger import money
from lotus.reports.csv_files import harmless
from lotus.workspace import Workspace

__all__ = ["AMOUNTS", "GROUPINGS", "costs_by", "costs_csv"]

_c = t.cost_entries.c
GROUPINGS: Mapping[
    str, Mapping[str, sa.ColumnElement[Any]]
] = {  # how -> the columns that name a row
    "model": {"model": _c.model},
    "provider": {"provider": _c.provider},
    "day": {"day": UtcDay(_c.created_at)},
    "campaign": {"campaign": _c.campaign},
    "job": {"job": _c.job_id},
    "scene": {"job": _c.job_id, "scene": _c.scene},
}
BY_DAY = ("model", "provider", "day", "campaign")
AMOUNTS = ("estimated_usd", "actual_usd", "saved_usd", "lost_usd")


def costs_by(
    workspace: Workspace,
    by: str,
    *,
    since: date | None = None,
    until: date | None = None,
    most: int | None = None,
) -> dict[str, Any]:
    """Estimated, actual, saved and lost dollars by model, provider, day, campaign, job or scene;
    money as text. What was lost is a part of what was spent.

    Of the days from `since` to `until` (UTC), both included; of all days without them.

    A scene counts from 1; what belongs to none (a plan, or a job of no campaign) is named "".
    Raises UnknownName, and InvalidInput for more rows than `most`.
    """
    if by not in GROUPINGS:
        raise UnknownName("grouping", by, GROUPINGS)
    columns = GROUPINGS[by]
    sums: dict[tuple[Any, ...], dict[str, Decimal]] = {}
    with workspace.db.read() as connection:
        for *name, kind, amount in connection.execute(
            _sums(connection, by, _day(since, ""), _day(until, "9"))
        ):
            sums.setdefault(tuple(name), dict.fromkeys(t.COST_KINDS, Decimal(0)))[kind] = amount
            if most is not None and len(sums) > most:
                reason = f"there are more than {most:,} rows"
                remedy = "choose days by since and until"
                raise InvalidInput(file="", field="by", reason=reason, remedy=remedy)
    rows = [{**_group_names(columns, name), **_amounts(kinds)} for name, kinds in sums.items()]
    total = sum((kinds["settled"] for kinds in sums.values()), Decimal(0))
    return {"by": by, "currency": "USD", "rows": rows, "total_usd": money(total)}


def _day(day: date | None, default: str) -> str:
    return default if day is None else day.isoformat()


def _sums(connection: sa.Connection, by: str, since: str, until: str) -> sa.Select[Any]:
    """Sums by name and kind: of days where that is enough, of single entries for jobs
    and scenes.
    """
    c: Any = entries_by_day(connection, since, until).c if by in BY_DAY else _c
    names = [c[by] for _ in GROUPINGS[by]] if by in BY_DAY else list(GROUPINGS[by].values())
    order = [name.nulls_first() for name in names]  # databases differ
    query = sa.select(*names, c.kind, sa.func.sum(c.amount_usd))
    if by not in BY_DAY and (since, until) != ("", "9"):
        query = query.where(UtcDay(_c.created_at).between(since, until))
    return query.group_by(*names, c.kind).order_by(*order)


def _group_names(columns: Mapping[str, Any], names: tuple[Any, ...]) -> dict[str, Any]:
    values = dict(zip(columns, names, strict=True))
    if values.get("scene") is not None:
        return {"job": values["job"], "scene": values["scene"] + 1}
    return {column: "" if name is None else str(name) for column, name in values.items()}


def _amounts(kinds: Mapping[str, Decimal]) -> dict[str, str]:
    amounts = (kinds["estimated"], kinds["settled"], kinds["saved"], kinds["lost"])
    return {name: money(amount) for name, amount in zip(AMOUNTS, amounts, strict=True)}


def costs_csv(costs: Mapping[str, Any]) -> str:
    """The rows of `costs_by` as CSV with a heading (RFC 4180, lines end with a line feed)."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    columns = [*GROUPINGS[costs["by"]], *AMOUNTS]
    writer.writerow(columns)
    writer.writerows([harmless(row[name]) for name in columns] for row in costs["rows"])
    return text.getvalue()
