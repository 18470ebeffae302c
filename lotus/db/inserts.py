"""Inserts that bear a row of the same key, in the words of either database."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

__all__ = ["dialect_insert", "insert_new"]

Row = dict[str, Any]


def dialect_insert(connection: sa.Connection, table: sa.Table) -> Any:
    """An insert that can say what happens on conflict, in the words of the connection's
    database.
    """
    if connection.dialect.name == "postgresql":  # each dialect is loaded only where it is spoken
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def insert_new(connection: sa.Connection, table: sa.Table, rows: list[Row]) -> None:
    """Insert rows as they are, except those whose key is there."""
    connection.execute(dialect_insert(connection, table).on_conflict_do_nothing(), rows)
