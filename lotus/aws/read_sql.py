"""One query, answered in a task by a role that can only read: `python -m
lotus.aws.read_sql QUERY`.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db.upkeep import grant_readonly
from lotus.errors import LotusError

__all__ = ["READER", "rows_of"]

READER = "lotus_reader"
MOST_ROWS = 1000
SECONDS = 30


def rows_of(db: Database, query: str) -> list[dict[str, Any]]:
    """At most a thousand rows of a query, in a transaction that writes nothing. On PostgreSQL by a
    role that may only read. Raises LotusError.
    """
    if db.dialect == "postgresql":
        grant_readonly(db, READER)
        db.run(sa.Connection.execute, sa.text(f"GRANT {READER} TO CURRENT_USER"))

    def ask(connection: sa.Connection) -> list[dict[str, Any]]:
        if db.dialect != "postgresql":
            connection.exec_driver_sql("PRAGMA query_only = ON")
            try:
                rows = connection.exec_driver_sql(query).mappings().fetchmany(MOST_ROWS)
                return [dict(row) for row in rows]
            finally:
                connection.exec_driver_sql("PRAGMA query_only = OFF")
        connection.execute(sa.text("SET TRANSACTION READ ONLY"))
        connection.execute(sa.text(f"SET LOCAL ROLE {READER}"))
        connection.execute(sa.text(f"SET LOCAL statement_timeout = '{SECONDS}s'"))
        # prepared: PostgreSQL then takes one statement, so that none can end the transaction
        raw: Any = connection.connection.driver_connection
        cursor = raw.execute(query, prepare=True)
        names = [column.name for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchmany(MOST_ROWS)]

    return db.ask(ask)


def main(words: list[str]) -> int:
    """Print a line of JSON a row."""
    from lotus.workspace import Workspace

    try:
        for row in rows_of(Workspace.open().db, " ".join(words)):
            print(json.dumps(row, default=str))
    except LotusError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
