"""Rows of `predictions`: claimed by one process at a time, followed under a lease, settled once."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import leases
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.system.owner import LEASE

__all__ = [
    "add_prediction",
    "correct_prediction",
    "has_predictions",
    "hear_prediction",
    "heard_of",
    "known_predictions",
    "name_prediction",
    "note_prediction",
    "open_prediction",
    "open_predictions",
    "paid_for",
    "predictions_since",
    "raise_reservation",
    "release_prediction",
    "renew_leases",
    "settle_prediction",
    "take_over",
]

_c = t.predictions.c
_OPEN = _c.settled_at.is_(None)


def open_prediction(connection: sa.Connection, key: str) -> Row | None:
    """The row that is being worked on for this key, if there is one."""
    return _first(connection, sa.select(t.predictions).where(_c.key == key, _OPEN))


def open_predictions(
    connection: sa.Connection, provider: str | None = None, job_id: str | None = None
) -> list[Row]:
    """All rows that are not settled, oldest first; of one provider or one job."""
    query = sa.select(t.predictions).where(_OPEN).order_by(_c.id)
    if provider is not None:
        query = query.where(_c.provider == provider)
    if job_id is not None:
        query = query.where(_c.job_id == job_id)
    return [dict(row) for row in connection.execute(query).mappings()]


def has_predictions(connection: sa.Connection, provider: str) -> bool:
    """Whether a provider was ever asked for anything."""
    return connection.scalar(sa.select(_c.id).where(_c.provider == provider).limit(1)) is not None


def add_prediction(connection: sa.Connection, row: Row) -> bool:
    """An intent, before anything is sent; False if somebody else has an open row for the key."""
    with connection.begin_nested() as savepoint:
        try:
            connection.execute(t.predictions.insert().values(**row))
        except sa.exc.IntegrityError:
            savepoint.rollback()
            return False
    return True


def take_over(connection: sa.Connection, row: Row, owner: str, lasts: timedelta = LEASE) -> bool:
    """Follow a row that nobody follows any more; False if somebody was faster."""
    return leases.acquire(connection, t.predictions, row, owner, _OPEN, lasts)


def renew_leases(connection: sa.Connection, owner: str) -> None:
    """Prolong the leases of all rows that the owner follows."""
    leases.renew(connection, t.predictions, owner, where=_OPEN)


def release_prediction(connection: sa.Connection, row_id: str, owner: str) -> None:
    """The owner follows it no longer: anybody may, at once."""
    leases.release(connection, t.predictions, row_id, owner, _OPEN)


def note_prediction(connection: sa.Connection, /, row_id: str, owner: str, **values: Any) -> bool:
    """Change columns of an open row; False if this owner has lost it."""
    return leases.update(connection, t.predictions, row_id, owner, _OPEN, **values)


def name_prediction(
    connection: sa.Connection, /, row_id: str, prediction_id: str, **values: Any
) -> bool:
    """The provider's name for it, given once; False if the row has another, or the name another
    row.
    """
    with connection.begin_nested() as savepoint:
        try:
            unnamed = _c.prediction_id.is_(None)
            return _change(connection, row_id, unnamed, prediction_id=prediction_id, **values)
        except sa.exc.IntegrityError:
            savepoint.rollback()
            return False


def settle_prediction(connection: sa.Connection, row_id: str, **values: Any) -> bool:
    """It is over; False if it was over before, so that it is paid for once."""
    changes = {**leases.FREE, "settled_at": t.now(), **values}
    return _change(connection, row_id, sa.true(), **changes)


def raise_reservation(
    connection: sa.Connection, row_id: str, before_usd: Decimal, after_usd: Decimal
) -> bool:
    """Reserve more for an open row; False if somebody did already."""
    query = t.predictions.update().where(_c.id == row_id, _OPEN, _c.reserved_usd == before_usd)
    return bool(connection.execute(query.values(reserved_usd=after_usd)).rowcount == 1)


def hear_prediction(connection: sa.Connection, name: str, at: datetime) -> bool:
    """The provider sent word that it ended; False if nobody waits for it."""
    query = t.predictions.update().where(_c.prediction_id == name, _OPEN)
    return bool(connection.execute(query.values(heard_at=at)).rowcount == 1)


def heard_of(connection: sa.Connection, row_id: str) -> datetime | None:
    """When word of its end came, if it did."""
    return connection.scalar(sa.select(_c.heard_at).where(_c.id == row_id))


def known_predictions(connection: sa.Connection, names: Iterable[str]) -> set[str]:
    """Which of these names of the provider have a row."""
    return set(
        connection.scalars(sa.select(_c.prediction_id).where(_c.prediction_id.in_(list(names))))
    )


def predictions_since(connection: sa.Connection, provider: str, moment: datetime) -> list[Row]:
    """All rows of a provider that are open, or were written since then; oldest first."""
    recent = (_c.created_at >= moment) | _OPEN
    query = sa.select(t.predictions).where(_c.provider == provider, recent).order_by(_c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def correct_prediction(connection: sa.Connection, row_id: str, **values: Any) -> None:
    """Change columns of a row that is settled."""
    settled = _c.settled_at.is_not(None)
    connection.execute(t.predictions.update().where(_c.id == row_id, settled).values(**values))


def paid_for(connection: sa.Connection, key: str) -> Decimal:
    """What the newest prediction that succeeded for this key cost; nothing if there is none."""
    query = (
        sa.select(_c.settled_usd)
        .where(_c.key == key, _c.status == "succeeded")
        .order_by(_c.id.desc())
    )
    return connection.scalar(query.limit(1)) or Decimal(0)


def _change(
    connection: sa.Connection, row_id: str, condition: sa.ColumnElement[bool], **values: Any
) -> bool:
    result = connection.execute(
        t.predictions.update().where(_c.id == row_id, _OPEN, condition).values(**values)
    )
    return bool(result.rowcount == 1)


def _first(connection: sa.Connection, query: sa.Select[Any]) -> Row | None:
    row = connection.execute(query).mappings().first()
    return dict(row) if row is not None else None
