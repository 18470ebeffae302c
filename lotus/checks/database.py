"""The database answers, and its schema is the one that this lotus needs."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from lotus.checks.base import Finding
from lotus.settings import Settings
from lotus.system.parallel import cores
from lotus.workspace import open_database

__all__ = ["connections", "schema"]


def schema(settings: Settings) -> Finding:
    """Ask for the schema's revision; a missing SQLite file is created by the
    first job.
    """
    url = sa.make_url(settings.database)
    if url.get_backend_name() == "sqlite" and url.database and not Path(url.database).exists():
        return Finding("ok", f"{url.database} will be made by the first job")
    db = open_database(settings)
    status = db.status()
    if status.up_to_date:
        return Finding("ok", f"{db.shown_url} at revision {status.current}")
    return Finding(
        "warn" if db.dialect == "sqlite" else "fail",
        f"{db.shown_url} at revision {status.current or 'none'}, this lotus needs {status.head}",
        status.remedy,
    )


def connections(settings: Settings) -> Finding:
    """How many processes fit into what the server allows, each with the pool that the settings give
    it.
    """
    db = open_database(settings)
    if db.dialect != "postgresql":
        return Finding("skip", "SQLite has no connections to count")
    with db.read() as connection:
        reserved = "current_setting('superuser_reserved_connections')::int"
        maximum = connection.scalar(
            sa.text(f"SELECT current_setting('max_connections')::int - {reserved}")
        )
    # workers and a driver
    fit = int(maximum or 0) // db.how.most
    connections = cores() + 1
    detail = f"{maximum} allowed, up to {db.how.most} for each process: {fit} processes fit"
    if fit >= connections:
        return Finding("ok", detail)
    size = max(1, int(maximum or 0) // connections // 2)
    remedy = (
        f"for {connections} processes set DB_POOL_SIZE={size} and DB_MAX_OVERFLOW={size}, or use "
        "PgBouncer"
    )
    return Finding("warn", f"{detail}, this machine may run {connections}", remedy)
