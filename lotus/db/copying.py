"""From one database to another, table by table: what is there already is left, all of it is
compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.engine import Database
from lotus.db.records import insert_new
from lotus.db.rollups import rebuild
from lotus.errors import DatabaseError

__all__ = ["copy_database"]

AT_ONCE = 500
Row = dict[str, Any]
OnTable = Callable[[str, int], None]


def copy_database(
    source: Database, target: Database, on_table: OnTable | None = None
) -> dict[str, int]:
    """Copy all rows; may be stopped and begun again. Returns rows by table.

    Both schemas must be the newest. Each row is then read back and compared; raises DatabaseError
    naming the first that differs. `on_table` hears of each table that is done.
    """
    counts = {}
    for table in t.metadata.sorted_tables:
        if table is t.cost_days:  # sums are made anew of what is there then
            continue
        counts[table.name] = _copy_table(source, target, table)
        if on_table is not None:
            on_table(table.name, counts[table.name])
    with target.begin() as connection:
        rebuild(connection)
        if target.dialect == "postgresql":  # the next event has a number of its own
            connection.exec_driver_sql(NEXT_EVENT)
    return counts


NEXT_EVENT = """
SELECT setval(
    pg_get_serial_sequence('events', 'id'), (SELECT coalesce(max(id), 0) + 1 FROM events), false
)
"""


def _copy_table(source: Database, target: Database, table: sa.Table) -> int:
    count = 0
    for rows in _batches(source, table):

        def write(connection: sa.Connection, rows: list[Row] = rows) -> None:
            insert_new(connection, table, rows)

        target.run(write)
        _compare(target, table, rows)
        count += len(rows)
    return count


def _batches(source: Database, table: sa.Table) -> Iterator[list[Row]]:
    """All rows in the order of their primary key, each batch in a transaction of its own."""
    keys = list(table.primary_key)
    after: tuple[Any, ...] | None = None
    while True:
        query = sa.select(table).order_by(*keys).limit(AT_ONCE)
        if after is not None:
            query = query.where(sa.tuple_(*keys) > sa.tuple_(*map(sa.literal, after)))
        with source.read() as connection:
            rows = [dict(row) for row in connection.execute(query).mappings()]
        if not rows:
            return
        yield rows
        after = tuple(rows[-1][key.name] for key in keys)


def _compare(target: Database, table: sa.Table, rows: list[Row]) -> None:
    keys = list(table.primary_key)
    rows_by_key = {tuple(row[key.name] for key in keys): row for row in rows}
    query = sa.select(table).where(sa.tuple_(*keys).in_(list(rows_by_key)))
    with target.read() as connection:
        copies = {
            tuple(row[key.name] for key in keys): dict(row)
            for row in connection.execute(query).mappings()
        }
    for key, row in rows_by_key.items():
        if copies.get(key) != row:
            name = ", ".join(map(str, key))
            what = "another row" if key in copies else "missing"
            raise DatabaseError(
                url=target.shown_url,
                reason=f"{table.name} {name} is {what} after the copy",
                remedy="copy into an empty database",
            )
