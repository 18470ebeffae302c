"""The schema of a database: which revision it has, how it comes to the newest, and back by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lotus.db.tables import REVISION, metadata
from lotus.errors import DatabaseError
from lotus.system.distribution import install_command

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


def status(connection: sa.Connection | None) -> SchemaStatus:
    """Which revision the database has (None: there is no database), and which this lotus needs."""
    if connection is None:
        return SchemaStatus((None, REVISION))
    found: str | None = None
    if sa.inspect(connection).has_table("alembic_version"):
        found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return SchemaStatus((found, REVISION))


def check(shown_url: str, found: SchemaStatus) -> None:
    """Raise DatabaseError, with what to do, unless the revision is the one that this lotus
    needs.
    """
    if found.up_to_date:
        return
    raise DatabaseError(
        url=shown_url,
        reason=f"its schema is at revision {found.current or 'none'}, this lotus needs "
        f"{found.head}",
        remedy=f"upgrade lotus: {install_command(options='-U')}"
        if found.newer
        else "run `lotus db migrate`",
    )


def create(connection: sa.Connection, shown_url: str) -> SchemaStatus:
    """The newest schema in a database that has no tables: what the migrations make, without loading
    them.
    """
    _keep_others_out(connection)
    if not sa.inspect(connection).get_table_names():
        metadata.create_all(connection)
        connection.execute(
            sa.text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)")
        )
        connection.execute(
            sa.text("INSERT INTO alembic_version VALUES (:head)"), {"head": REVISION}
        )
    return status(connection)


def migrate(connection: sa.Connection, shown_url: str) -> SchemaStatus:
    """Bring the schema to what this lotus needs; one process at a time. Refuses a newer schema."""
    _keep_others_out(connection)
    found = status(connection)
    if found.newer:
        check(shown_url, found)
    if not found.up_to_date:
        from alembic import command

        command.upgrade(alembic(connection), "head")
    return status(connection)


def downgrade(connection: sa.Connection, shown_url: str) -> SchemaStatus:
    """Undo the newest migration, and what only it could hold. Refuses a schema that is not ours."""
    _keep_others_out(connection)
    found = status(connection)
    if found.current is None:
        raise DatabaseError(url=shown_url, reason="has no schema yet", remedy="run `lotus db init`")
    check(shown_url, found)
    from alembic import command

    command.downgrade(alembic(connection), "-1")
    return status(connection)


def _keep_others_out(connection: sa.Connection) -> None:
    """No other migration until this transaction ends (SQLite has one writer anyway), and no
    time-out.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SET LOCAL statement_timeout = 0"))
        connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK})"))


def alembic(connection: sa.Connection | None = None) -> Any:
    """Alembic's configuration, for commands that need it."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
