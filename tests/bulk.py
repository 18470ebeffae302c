"""Many rows at once: COPY for PostgreSQL, one statement with many parameters for SQLite."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t

__all__ = ["load"]

Row = dict[str, Any]
Convert = Callable[[Any], Any]


def load(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Insert rows that all have the same columns; JSON may be given as text that is ready.

    Columns that are not given get the plain defaults of the table, as they would one by one.
    """
    if not rows:
        return
    lacking = [column for column in table.columns if column.name not in rows[0] and column.default]
    defaults = {column.name: column.default.arg for column in lacking if column.default.is_scalar}
    names = [*rows[0], *defaults]
    convert = [(name, _converter(table.c[name].type, connection.dialect.name)) for name in names]
    plain = [
        tuple(to(row[name]) for name, to in convert)
        for row in ({**defaults, **row} for row in rows)
    ]
    if connection.dialect.name == "sqlite":
        marks = ", ".join("?" * len(names))
        connection.exec_driver_sql(
            f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", plain
        )
        return
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(names)}) FROM STDIN") as copy,
    ):
        for row in plain:
            copy.write_row(row)


def _converter(kind: sa.types.TypeEngine[Any], dialect: str) -> Convert:
    """From Python's value to what the driver takes fastest, as the tables' own types have it."""
    if isinstance(kind, t.Money):
        return _micros if dialect == "sqlite" else str
    if isinstance(kind, t.Utc):
        return _moment if dialect == "sqlite" else _moment_with_zone
    if isinstance(kind, sa.JSON):
        return _json
    return _same


def _same(value: Any) -> Any:
    return value


def _micros(value: Decimal) -> int:
    return int(value * 1_000_000)


def _moment(value: datetime | None) -> str | None:
    return None if value is None else value.replace(tzinfo=None).isoformat(" ", "microseconds")


def _moment_with_zone(value: datetime | None) -> str | None:
    return None if value is None else f"{_moment(value)}+00"


def _json(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value)
