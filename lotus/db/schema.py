"""The schema of a database: which revision it has, how it comes to the newest, and back by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lotus.db.tables import REVISION, metadata
from lotus.errors import DatabaseError

if TYPE_CHECKING:
    from lotus.db.engine import Database

__all__ = ["SchemaStatus", "alembic", "check", "create", "downgrade", "migrate", "status"]

MIGRATIONS = Path(__file__).with_name("migrations")
LOCK = 7_104_117  # of PostgreSQL's advisory locks, ours


class SchemaStatus(tuple[str | None, str]):
    """Current and newest revision; `current` is None for an empty database."""

    @property
    def current(self) -> str | None:
        """The revision that the database has."""
        return self[0]

    @property
    def head(self) -> str:
        """The revision that this lotus needs."""
        return self[1]

    @property
    def up_to_date(self) -> bool:
        """Whether the two agree."""
        return self.current == self.head

    @property
    def newer(self) -> bool:
        """Whether a later lotus made it."""
        return self.current is not None and self.current > self.head


def status(db: Database) -> SchemaStatus:
    """Which revision the database has, and which this lotus needs."""
    if db.absent:
        return SchemaStatus((None, REVISION))
    with db.transaction(looking=True) as connection:
        return _status(connection)


def _status(connection: sa.Connection) -> SchemaStatus:
    found: str | None = None
    if sa.inspect(connection).has_table("alembic_version"):
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return SchemaStatus((found, REVISION))


def check(db: Database, found: SchemaStatus) -> None:
    """Raise DatabaseError, with what to do, unless the revision is the one that this lotus needs."""
    if found.up_to_date:
        return
    raise DatabaseError(
        url=db.shown_url,
        reason=f"its schema is at revision {found.current or 'none'}, this lotus needs {found.head}",
        remedy="upgrade lotus: pip install -U lotus" if found.newer else "run `lotus db migrate`",
    )


def create(db: Database) -> SchemaStatus:
    """The newest schema in a database that has no tables: what the migrations make, without loading them."""
    with _alone(db) as connection:
        if not sa.inspect(connection).get_table_names():
            metadata.create_all(connection)
            connection.execute(sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
            connection.execute(sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": REVISION})
        return _status(connection)


def migrate(db: Database) -> SchemaStatus:
    """Bring the schema to what this lotus needs; one process at a time. Refuses a newer schema."""
    with _alone(db) as connection:
        found = _status(connection)
        if found.newer:
            check(db, found)
        if not found.up_to_date:
            from alembic import command

            command.upgrade(alembic(connection), "head")
        return _status(connection)


def downgrade(db: Database) -> SchemaStatus:
    """Undo the newest migration, and what only it could hold. Refuses a schema that is not ours."""
    with _alone(db) as connection:
        found = _status(connection)
        if found.current is None:
            raise DatabaseError(url=db.shown_url, reason="has no schema yet", remedy="run `lotus db init`")
        check(db, found)
        from alembic import command

        command.downgrade(alembic(connection), "-1")
        return _status(connection)


@contextmanager
def _alone(db: Database) -> Iterator[sa.Connection]:
    """One transaction that keeps other migrations out (SQLite has one writer anyway), without a time-out."""
    with db.transaction() as connection:
        if db.dialect == "postgresql":
            connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK})"))
        yield connection


def alembic(connection: sa.Connection | None = None) -> Any:
    """Alembic's configuration, for commands that need it."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
