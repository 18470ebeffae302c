"""The ledger by days: sums of days that are over, so that no report reads a million entries."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from lotus.db import tables as t
from lotus.db.records import dialect_insert

__all__ = ["BRAND", "UtcDay", "entries_by_day", "rebuild", "roll_up"]

LATE = timedelta(hours=1)  # transactions that began before midnight have ended by then
_c = t.cost_entries.c
_d = t.cost_days.c
_j = t.generation_jobs.c
BRAND = _j.brief["brand"]["name"].as_string()
_NAMES = (
    sa.func.coalesce(_c.campaign, ""),
    _c.provider,
    _c.model,
    _c.kind,
    sa.func.coalesce(BRAND, ""),
)
_LEDGER = t.cost_entries.outerjoin(t.generation_jobs, _j.id == _c.job_id)
COLUMNS = ("campaign", "provider", "model", "kind", "brand")


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
    """Sum the days that are over and have no sums yet; whether there were any. Twice is as good as
    once.
    """
    since = _live_since(connection)
    until = (t.now() - LATE).replace(hour=0, minute=0, second=0, microsecond=0)
    in_period = (_c.created_at >= since) & (_c.created_at < until)
    if connection.scalar(sa.select(_c.id).where(in_period).limit(1)) is None:
        return False
    names = (UtcDay(_c.created_at), *_NAMES)
    sums = sa.select(*names, sa.func.sum(_c.amount_usd), sa.func.count()).select_from(_LEDGER)
    sums = sums.where(in_period).group_by(*names)
    columns = ["day", *COLUMNS, "amount_usd", "entries"]
    insert = dialect_insert(connection, t.cost_days).from_select(columns, sums)
    connection.execute(insert.on_conflict_do_nothing())
    return True


def rebuild(connection: sa.Connection) -> None:
    """Forget all sums and make them again, of jobs too, after entries came in by another way."""
    sums = sa.select(_c.job_id, sa.func.sum(_c.amount_usd).label("usd")).where(_c.kind == "settled")
    of_job = sums.group_by(_c.job_id).subquery()
    same = t.generation_jobs.update().values(updated_at=_j.updated_at)
    connection.execute(same.values(spent_usd=of_job.c.usd).where(_j.id == of_job.c.job_id))
    connection.execute(t.cost_days.delete())
    roll_up(connection)


def entries_by_day(connection: sa.Connection, since: str = "", until: str = "9") -> sa.Subquery:
    """Sums of days that are over and entries since: day, amount_usd, and what COLUMNS names.

    Of days from `since` to `until`, such as 2026-01-31. PostgreSQL would not pass it on to both
    halves.
    """
    query = sa.select(_d.day, *(_d[name] for name in COLUMNS), _d.amount_usd)
    query = query.where(_d.day.between(since, until))
    labels = (value.label(name) for name, value in zip(COLUMNS, _NAMES, strict=True))
    live = sa.select(UtcDay(_c.created_at).label("day"), *labels, _c.amount_usd).select_from(
        _LEDGER
    )
    live = live.where(
        _c.created_at >= _live_since(connection), UtcDay(_c.created_at).between(since, until)
    )
    return sa.union_all(query, live).subquery("entries")
