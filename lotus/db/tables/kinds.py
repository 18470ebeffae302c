"""What columns hold: exact money, times in UTC, ids that sort by time, statuses that the database
checks.
"""

from __future__ import annotations

import os
import time
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

__all__ = ["Id", "Key", "Money", "Utc", "job_id", "metadata", "new_id", "now", "one_of"]

MICROS = Decimal("0.000001")


def new_id() -> str:
    """A UUIDv7 (RFC 9562, 5.7): 48 bits of milliseconds, then random bits, so ids sort by time."""
    value = (time.time_ns() // 1_000_000) << 80 | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return str(uuid.UUID(int=value))


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


class Money(sa.types.TypeDecorator[Decimal]):
    """US dollars to six places: NUMERIC where there is one, whole millionths in SQLite, which has
    none.
    """

    impl = sa.Numeric(18, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        small = dialect.name == "sqlite"
        return dialect.type_descriptor(sa.BigInteger() if small else sa.Numeric(18, 6))

    def process_bind_param(self, value: Any, dialect: sa.Dialect) -> Any:
        if value is None or dialect.name != "sqlite":
            return value
        return int((Decimal(value) / MICROS).to_integral_value())

    def process_result_value(self, value: Any, dialect: sa.Dialect) -> Decimal | None:
        if value is None:
            return None
        return Decimal(value) * MICROS if dialect.name == "sqlite" else Decimal(value)


class Utc(sa.types.TypeDecorator[datetime]):
    """A time with its zone, also in SQLite, which keeps none."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    """The column takes these values alone."""
    choices = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({choices})", name=f"{column}_known")


metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)
Id = sa.String(36)
Key = sa.String(64)


def job_id() -> sa.Column[str]:
    """Of the job that a row belongs to, and goes with."""
    return sa.Column(
        "job_id", Id, sa.ForeignKey("generation_jobs.id", ondelete="CASCADE"), nullable=False
    )
