"""Priorities: rows with larger numbers in a column begin first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from batch.rows.columns import flat
from batch.rows.runs import PAGE, UNFINISHED, WAITS, Row, list_runs
from lotus.db import tables as t

__all__ = ["pending_by_priority", "priority_of", "set_priorities"]

_r = t.runs.c


def pending_by_priority(
    connection: sa.Connection, campaign_id: str, after: tuple[int, int] | None, limit: int = PAGE
) -> list[Row]:
    """As `pending`, rows of higher priority first; `after` is the priority and position of the last
    row.
    """
    priority = sa.func.coalesce(_r.priority, 0)
    mine = (_r.campaign_id == campaign_id) & _r.status.in_(UNFINISHED) & ~WAITS
    if after is not None:
        mine &= (priority < after[0]) | ((priority == after[0]) & (_r.position > after[1]))
    columns = (_r.id, _r.position, _r.status, _r.owner, _r.lease_until, _r.parameters, _r.labels)
    query = sa.select(*columns, priority.label("priority")).where(mine)
    query = query.order_by(priority.desc(), _r.position).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def set_priorities(connection: sa.Connection, campaign_id: str, column: str | None) -> None:
    """Give each row the number of a column as its priority; None takes all priorities away."""
    if column is None:
        mine = (_r.campaign_id == campaign_id) & _r.priority.is_not(None)
        connection.execute(t.runs.update().where(mine).values(priority=None))
        return
    update = t.runs.update().where(_r.id == sa.bindparam("run"))
    batch = []
    for row in list_runs(connection, campaign_id):
        value = flat(row["parameters"], row["labels"]).get(column)
        batch.append({"run": row["id"], "priority": priority_of(value)})
    for start in range(0, len(batch), PAGE):
        connection.execute(update, batch[start : start + PAGE])


def priority_of(value: Any) -> int | None:
    """A cell as a priority; raises ValueError. An empty one has none."""
    if value is None or value == "":
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = float("nan")
    if isinstance(value, bool) or not number.is_integer() or abs(number) >= 2**31:
        raise ValueError(f"{value!r} is not a whole number") from None
    return int(number)
