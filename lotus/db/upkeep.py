"""Looking after a database: how full it is, what may go, and a role that can only read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.engine import Database
from lotus.errors import DatabaseError, InvalidInput

__all__ = ["grant_iam_roles", "grant_readonly", "grant_reviews", "prunable", "prune", "stats"]

AT_ONCE = 500  # jobs in one transaction, so that others are not kept waiting
NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
LARGEST = 10


def stats(db: Database) -> dict[str, Any]:
    """Connections by state, the largest tables with their dead rows, and the slowest statements if
    known.
    """
    with db.read() as connection:
        return _of_postgres(connection) if db.dialect == "postgresql" else _of_sqlite(connection)


def _of_postgres(connection: sa.Connection) -> dict[str, Any]:
    states = connection.execute(sa.text(CONNECTIONS)).all()
    most = connection.scalar(sa.text("SELECT current_setting('max_connections')::int"))
    tables = connection.execute(sa.text(TABLES), {"most": LARGEST}).mappings().all()
    is_known = connection.scalar(
        sa.text("SELECT count(*) FROM pg_extension WHERE extname='pg_stat_statements'")
    )
    slow = connection.execute(sa.text(SLOW), {"most": LARGEST}).mappings().all() if is_known else []
    return {
        "dialect": "postgresql",
        "size_bytes": connection.scalar(sa.text("SELECT pg_database_size(current_database())")),
        "connections": {"max": most, **{state: count for state, count in states}},  # noqa: C416
        "tables": [{**row, "dead": round(row["dead"], 3)} for row in tables],
        "slow": [{**row, "mean_ms": round(row["mean_ms"], 1)} for row in slow]
        if is_known
        else None,
    }


CONNECTIONS = (
    "SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity "
    "WHERE datname = current_database() GROUP BY 1 ORDER BY 1"
)
TABLES = (
    "SELECT relname AS name, n_live_tup AS rows, pg_total_relation_size(relid) AS size_bytes, "
    "n_dead_tup::float / greatest(n_live_tup + n_dead_tup, 1) AS dead "
    "FROM pg_stat_user_tables ORDER BY size_bytes DESC, name LIMIT :most"
)
SLOW = (
    "SELECT left(query, 200) AS statement, calls, mean_exec_time AS mean_ms FROM "
    "pg_stat_statements "
    "ORDER BY mean_exec_time DESC LIMIT :most"
)


def _of_sqlite(connection: sa.Connection) -> dict[str, Any]:
    def pragma(name: str) -> int:
        return int(connection.exec_driver_sql(f"PRAGMA {name}").scalar() or 0)

    rows = {
        table.name: connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0
        for table in t.metadata.sorted_tables
    }
    dead = pragma("freelist_count") / max(1, pragma("page_count"))
    largest = sorted(rows.items(), key=lambda item: (-item[1], item[0]))[:LARGEST]
    return {
        "dialect": "sqlite",
        "size_bytes": pragma("page_count") * pragma("page_size"),
        "connections": {},
        "tables": [
            {"name": name, "rows": count, "size_bytes": None, "dead": None}
            for name, count in largest
        ],
        "slow": None,
        "unused": round(dead, 3),
    }


def _is_finished(before: datetime) -> sa.ColumnElement[bool]:
    """Completed jobs that nothing waits for: not those with a prediction that is not settled."""
    jobs = t.generation_jobs.c
    predictions = t.predictions.c
    waiting = sa.exists().where(predictions.job_id == jobs.id, predictions.settled_at.is_(None))
    return (jobs.status == "completed") & (jobs.finished_at < before) & ~waiting


def prunable(db: Database, before: datetime) -> dict[str, int]:
    """How many jobs and events `prune` would remove."""
    jobs = sa.select(t.generation_jobs.c.id).where(_is_finished(before))
    with db.read() as connection:
        return {
            "jobs": connection.scalar(sa.select(sa.func.count()).select_from(jobs.subquery())) or 0,
            "events": connection.scalar(
                sa.select(sa.func.count()).select_from(t.events).where(t.events.c.job_id.in_(jobs))
            )
            or 0,
        }


def prune(db: Database, before: datetime) -> int:
    """Remove jobs that were completed before, with scenes, events and compositions; the ledger is
    kept.

    Returns how many jobs went.
    """
    jobs = t.generation_jobs
    count = 0
    some = sa.select(jobs.c.id).where(_is_finished(before)).order_by(jobs.c.id).limit(AT_ONCE)
    while True:
        removals = db.run(
            lambda connection: connection.execute(jobs.delete().where(jobs.c.id.in_(some))).rowcount
        )
        count += removals
        if removals < AT_ONCE:
            return count


def grant_readonly(db: Database, role: str, password: str | None = None) -> None:
    """A role that can log in and read all tables, also those to come, and write nothing.

    Makes the role if there is none; without a password it has none. Raises DatabaseError,
    InvalidInput.
    """
    _grant(db, role, password, READ_ONLY)


def grant_reviews(db: Database, role: str, password: str | None = None) -> None:
    """A role that can log in and add reviews, and change and read nothing; as `grant_readonly`."""
    _grant(db, role, password, REVIEWS_ONLY)


def grant_iam_roles(db: Database) -> None:
    """The roles of tasks on AWS, which sign in by IAM: what works may change rows and no table,
    pages only read, and reviews are added by a role that can do no more. Raises DatabaseError.
    """
    for role, rights in IAM_ROLES.items():
        _grant(db, role, None, rights)
    db.run(_granted_iam)


def _granted_iam(connection: sa.Connection) -> None:
    """Where the server is RDS, let the roles sign in by IAM."""
    there = sa.text("SELECT count(*) FROM pg_roles WHERE rolname = 'rds_iam'")
    if connection.scalar(there):
        connection.exec_driver_sql(f"GRANT rds_iam TO {', '.join(IAM_ROLES)}")


def _grant(db: Database, role: str, password: str | None, rights: Sequence[str]) -> None:
    if not NAME.fullmatch(role):
        reason = f"{role!r} is not a valid name of a role"
        raise InvalidInput(file="", field="role", reason=reason, remedy="use a-z, 0-9 and _")
    if db.dialect != "postgresql":
        raise DatabaseError(
            url=db.shown_url, reason="SQLite has no roles", remedy="give the file read rights only"
        )
    db.run(_grant_rights, role, password, rights)


def _grant_rights(
    connection: sa.Connection, role: str, password: str | None, rights: Sequence[str]
) -> None:
    there = sa.text("SELECT count(*) FROM pg_roles WHERE rolname = :role")
    if not connection.scalar(there, {"role": role}):
        connection.exec_driver_sql(f"CREATE ROLE {role} LOGIN")
    name = connection.dialect.identifier_preparer.quote(connection.engine.url.database or "")
    for statement in (*LOG_IN, *rights):
        connection.exec_driver_sql(statement.format(role=role, database=name))
    if password is not None:
        literal = sa.literal(password).compile(dialect=connection.dialect, compile_kwargs=LITERAL)
        connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD {literal}".replace("%", "%%"))


LITERAL = {"literal_binds": True}
LOG_IN = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA public TO {role}",
)
REVIEWS_ONLY = ("GRANT INSERT ON reviews, comments, ratings, scores TO {role}",)
READ_ONLY = (
    "GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO {role}",
    "ALTER ROLE {role} SET default_transaction_read_only = on",
)
WORK = (
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO "
    "{role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role}",
)
# By these names terraform/modules/database and modules/iam let tasks in. The owner must be a member
# of none of them: RDS would refuse its password from then on (see lotus.aws.read_sql).
IAM_ROLES = {"lotus_app": WORK, "lotus_pages": READ_ONLY, "lotus_reviews": REVIEWS_ONLY}
