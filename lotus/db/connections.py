"""How connections are opened: SQLite with a writer's patience, PostgreSQL with a pool, time-outs
and TLS.
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from lotus.db.folding import SQLITE, fold
from lotus.db.iam import sign_in_by_token

__all__ = ["Connecting", "open_engine"]

BUSY_SECONDS = 30  # a writer of SQLite waits so long for another before it gives up
RECYCLE_SECONDS = 1800  # what stands between may drop a connection that is idle for longer
SILENCE_SECONDS = 30  # a peer that does not acknowledge what was sent to it for so long is gone


@dataclass(frozen=True)
class Connecting:
    """What a server is asked for; SQLite needs none of it."""

    pool_size: int = 10
    max_overflow: int = 20
    connect_seconds: int = 10
    statement_seconds: int = 60  # for one statement, waiting for locks included; 0 is for ever
    sslmode: str = (
        ""  # of libpq: disable, prefer, require, verify-ca, verify-full; empty: the address's own
    )
    pgbouncer: bool = False  # in transaction mode: nothing may be left behind in a connection
    iam: bool = False  # of RDS: sign in by a token of AWS

    @property
    def most(self) -> int:
        """Connections that one process can hold."""
        return self.pool_size + self.max_overflow


def open_engine(url: sa.URL, how: Connecting) -> sa.Engine:
    """SQLAlchemy's engine; connects to nothing yet. Raises ImportError without the driver."""
    if url.get_backend_name() != "sqlite":
        return _postgres(url, how)
    engine = sa.create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _postgres(url: sa.URL, how: Connecting) -> sa.Engine:
    settings = {"statement_timeout": f"{how.statement_seconds}s", "timezone": "UTC"}
    engine = sa.create_engine(
        url,
        pool_size=how.pool_size,
        max_overflow=how.max_overflow,
        pool_timeout=how.connect_seconds,
        pool_pre_ping=True,
        pool_recycle=RECYCLE_SECONDS,
        pool_use_lifo=True,  # so that what a burst opened falls idle, and is recycled
        connect_args=_arguments(url, how, settings),
    )
    if how.iam:
        sign_in_by_token(engine, url)
    if how.pgbouncer:
        statements = "; ".join(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(statements))
    return engine


def _arguments(url: sa.URL, how: Connecting, settings: dict[str, str]) -> dict[str, Any]:
    """What psycopg passes to libpq (postgresql.org/docs/current/libpq-connect.html)."""
    arguments: dict[str, Any] = {
        "connect_timeout": how.connect_seconds,
        "application_name": "lotus",
        "keepalives_idle": SILENCE_SECONDS,
        "keepalives_interval": 10,
        "keepalives_count": 3,
        "tcp_user_timeout": SILENCE_SECONDS * 1000,
    }
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    if how.sslmode:
        arguments["sslmode"] = how.sslmode
    if how.pgbouncer:  # it refuses options at the start, and hands prepared statements to others
        arguments["prepare_threshold"] = None
    else:
        own = url.query.get("options", "")
        ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
        # theirs wins
        arguments["options"] = f"{ours} {own if isinstance(own, str) else ' '.join(own)}".strip()
    return arguments


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions; the driver must not
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
    _use_wal(cursor)
    for pragma in ("synchronous=NORMAL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    connection.create_function(SQLITE, 1, fold, deterministic=True)


def _use_wal(cursor: Any) -> None:
    """Switch to write-ahead logging; SQLite does not wait for this switch as it does elsewhere."""
    last = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as exc:
            if "locked" not in str(exc) or time.monotonic() > last:
                raise
        time.sleep(0.02)


def _begin_sqlite(connection: sa.Connection) -> None:
    # Taking the write lock at once makes every transaction wait its turn; a lock that is upgraded
    # midway
    # fails without waiting when two processes want it (sqlite.org/lang_transaction.html).
    looking = connection.get_execution_options().get("lotus_looking", False)
    connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")
