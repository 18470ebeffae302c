"""One lease for every row that a process works on: jobs, predictions, rows of campaigns.

Their tables share the columns `owner` (host:pid:token, null while nobody works on the row) and
`lease_until`; jobs and rows of campaigns also count `attempts`. A process acquires a row by a
compare-and-set: of two that want it at once, one changes the row. It renews the lease while it
works, and changes the row only as long as it holds it. A row whose owner is dead (on this machine)
or silent for longer than the lease (on any) is free again.

Small functions over one connection; the caller holds the transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from lotus.db.records import Row
from lotus.db.tables import now
from lotus.system.owner import LEASE, has_living_owner, this_machine

__all__ = [
    "FREE",
    "acquire",
    "give_up",
    "is_exhausted",
    "is_held",
    "maybe_free",
    "release",
    "renew",
    "terms",
    "update",
]

FREE: Mapping[str, None] = {"owner": None, "lease_until": None}  # a row that nobody works on
ANY = sa.true()


def terms(owner: str, lasts: timedelta = LEASE) -> Row:
    """The columns of a row from now on, while an owner works on it."""
    return {"owner": owner, "lease_until": now() + lasts}


def is_held(row: Row | sa.RowMapping) -> bool:
    """Whether a living process works on a row."""
    return has_living_owner({**row}, now())


def maybe_free(table: sa.Table) -> sa.ColumnElement[bool]:
    """The rows among which the free ones are; `is_held` asks this machine about its processes."""
    lapsed = table.c.lease_until < now()
    ours = table.c.owner.startswith(this_machine(), autoescape=True)
    return table.c.owner.is_(None) | lapsed | ours


def is_exhausted(row: Row | sa.RowMapping, attempts: int) -> bool:
    """Whether so many owners had the row, and none of them finished it or gave it back."""
    return bool(row["attempts"] >= attempts)


def acquire(
    connection: sa.Connection,
    table: sa.Table,
    row: Row | sa.RowMapping,
    owner: str,
    /,
    where: sa.ColumnElement[bool] = ANY,
    lasts: timedelta = LEASE,
    **values: Any,
) -> bool:
    """Take a row that was read as free; False if it has changed hands or its lease since."""
    return _change(
        connection, table, _as_read(table, row) & where, {**values, **terms(owner, lasts)}
    )


def give_up(
    connection: sa.Connection, table: sa.Table, row: Row | sa.RowMapping, /, **values: Any
) -> bool:
    """Change a row that was read as free, and leave it free; False if it has an owner since."""
    return _change(connection, table, _as_read(table, row), {**FREE, **values})


def renew(
    connection: sa.Connection,
    table: sa.Table,
    owner: str,
    row_id: str | None = None,
    where: sa.ColumnElement[bool] = ANY,
) -> int:
    """Prolong the lease of a row (or of all rows) that the owner still holds; count them."""
    condition = (table.c.owner == owner) & where
    if row_id is not None:
        condition &= table.c.id == row_id
    return _count(connection, table, condition, terms(owner))


def update(
    connection: sa.Connection,
    table: sa.Table,
    row_id: str,
    owner: str,
    /,
    where: sa.ColumnElement[bool] = ANY,
    **values: Any,
) -> bool:
    """Change columns of a row that the owner holds, and prolong its lease; False if it has lost the
    row.
    """
    condition = (table.c.id == row_id) & (table.c.owner == owner) & where
    return _change(connection, table, condition, {**terms(owner), **values})


def release(
    connection: sa.Connection,
    table: sa.Table,
    row_id: str,
    owner: str,
    /,
    where: sa.ColumnElement[bool] = ANY,
    **values: Any,
) -> bool:
    """Change columns of a row that the owner holds, and free it: anybody may have it, at once."""
    return update(connection, table, row_id, owner, where, **FREE, **values)


def _as_read(table: sa.Table, row: Row | sa.RowMapping) -> sa.ColumnElement[bool]:
    """The row, if neither its status nor its owner nor the owner's lease has changed."""
    same = (table.c[name].is_not_distinct_from(row[name]) for name in ("owner", "lease_until"))
    return sa.and_(table.c.id == row["id"], table.c.status == row["status"], *same)


def _change(
    connection: sa.Connection,
    table: sa.Table,
    condition: sa.ColumnElement[bool],
    values: Mapping[str, Any],
) -> bool:
    return _count(connection, table, condition, values) == 1


def _count(
    connection: sa.Connection,
    table: sa.Table,
    condition: sa.ColumnElement[bool],
    values: Mapping[str, Any],
) -> int:
    return int(connection.execute(table.update().where(condition).values(**values)).rowcount)
