"""The ledger by days: sums of days that are over, so that no report reads a million entries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from lotus.db import tables as t
from lotus.db.records import dialect_insert

__all__ = ["UtcDay", "entries_by_day", "rebuild", "roll_up"]

LATE = timedelta(hours=1)  # transactions that began before midnight have ended by then
_c, _d = t.cost_entries.c, t.cost_days.c


class UtcDay(FunctionElement[str]):
    """The day of a time in UTC, as 2026-11-24, whatever zone the database's session is in."""

    type = sa.String()
    inherit_cache = True


@compiles(UtcDay)
def _day(element: UtcDay, compiler: Any, **more: Any) -> str:
    return f"date({compiler.process(element.clauses, **more)})"  # SQLite keeps times in UTC


@compiles(UtcDay, "postgresql")
def _day_of_zone(element: UtcDay, compiler: Any, **more: Any) -> str:
    return f"to_char(timezone('UTC', {compiler.process(element.clauses, **more)}), 'YYYY-MM-DD')"


def _live_since(connection: sa.Connection) -> datetime:
    """The first moment whose entries are in no day's sum."""
    last = connection.scalar(sa.select(sa.func.max(_d.day)))
    if last is None:
        return datetime(1970, 1, 1, tzinfo=UTC)
    after = date.fromisoformat(last) + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=UTC)


def roll_up(connection: sa.Connection) -> bool:
    """Sum the days that are over and have no sums yet; whether there were any. Twice is as good as once."""
    since = _live_since(connection)
    until = (t.now() - LATE).replace(hour=0, minute=0, second=0, microsecond=0)
    passed = (_c.created_at >= since) & (_c.created_at < until)
    if connection.scalar(sa.select(_c.id).where(passed).limit(1)) is None:
        return False
    day = UtcDay(_c.created_at)
    names = (day, sa.func.coalesce(_c.campaign, ""), _c.provider, _c.model, _c.kind)
    sums = sa.select(*names, sa.func.sum(_c.amount_usd), sa.func.count()).where(passed).group_by(*names)
    columns = ["day", "campaign", "provider", "model", "kind", "amount_usd", "entries"]
    insert = dialect_insert(connection, t.cost_days).from_select(columns, sums)
    connection.execute(insert.on_conflict_do_nothing())
    return True


def rebuild(connection: sa.Connection) -> None:
    """Forget all sums and make them again, after entries of earlier days came in."""
    connection.execute(t.cost_days.delete())
    roll_up(connection)


def entries_by_day(connection: sa.Connection) -> sa.Subquery:
    """Sums of days that are over and entries since: day, campaign, provider, model, kind, amount_usd."""
    rolled = sa.select(_d.day, _d.campaign, _d.provider, _d.model, _d.kind, _d.amount_usd)
    live = sa.select(
        UtcDay(_c.created_at).label("day"),
        sa.func.coalesce(_c.campaign, "").label("campaign"),
        _c.provider,
        _c.model,
        _c.kind,
        _c.amount_usd,
    ).where(_c.created_at >= _live_since(connection))
    return sa.union_all(rolled, live).subquery("entries")
