"""The schema of a database: its revision, the way to the newest, and the way back by one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lotus.db.tables import REVISION, metadata
from lotus.errors import DatabaseError
from lotus.system.distribution import install_command

__all__ = ["SchemaStatus", "alembic", "check", "create", "downgrade", "migrate", "status"]

MIGRATIONS = Path(__file__).with_name("migrations")
FIRST = "0010"  # the oldest revision that there is; see its file for how to add another
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

    @property
    def too_old(self) -> bool:
        """Whether it is from before the first release: no migration leads from there to here."""
        return self.current is not None and self.current < FIRST

    @property
    def remedy(self) -> str:
        """How the two come to agree."""
        if self.newer:
            return f"upgrade lotus: {install_command(options='-U')}"
        if self.too_old:
            made_by = "with the lotus that made it"
            return f"bring it to {FIRST} {made_by} (`lotus db migrate`), or make a new database"
        return "run `lotus db migrate`"


def status(connection: sa.Connection | None) -> SchemaStatus:
    """The revision of a database (None: there is no database), and the one that lotus needs."""
    if connection is None:
        return SchemaStatus((None, REVISION))
    revision: str | None = None
    if sa.inspect(connection).has_table("alembic_version"):
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    return SchemaStatus((revision, REVISION))


def check(shown_url: str, present: SchemaStatus) -> None:
    """Raise DatabaseError, with what to do, unless the revision is the one that lotus needs."""
    if present.up_to_date:
        return
    reason = f"its schema is at revision {present.current or 'none'}"
    raise DatabaseError(
        url=shown_url, reason=f"{reason}, this lotus needs {present.head}", remedy=present.remedy
    )


def create(connection: sa.Connection, shown_url: str) -> SchemaStatus:
    """Make the newest schema in a database without tables: the same as the migrations make, but
    without loading them.
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
    """Bring the schema to what lotus needs, one process at a time.

    Raises DatabaseError for a schema of a later lotus, and for one from before the first release.
    """
    _keep_others_out(connection)
    present = status(connection)
    if present.newer or present.too_old:
        check(shown_url, present)
    if not present.up_to_date:
        from alembic import command

        command.upgrade(alembic(connection), "head")
    return status(connection)


def downgrade(connection: sa.Connection, shown_url: str) -> SchemaStatus:
    """Undo the newest migration, with the data that only it could hold.

    Raises DatabaseError for a schema that is not ours, and at the first revision: before it there
    is nothing, and undoing it would remove every table, the ledger too.
    """
    _keep_others_out(connection)
    present = status(connection)
    if present.current is None:
        raise DatabaseError(url=shown_url, reason="has no schema yet", remedy="run `lotus db init`")
    if present.current != FIRST:
        if present.current not in _known_revisions(connection):
            check(shown_url, present)
    else:
        raise DatabaseError(
            url=shown_url,
            reason=f"is at {FIRST}, the first revision: there is none before it",
            remedy="nothing was changed; to begin anew, make an empty database",
        )
    from alembic import command

    command.downgrade(alembic(connection), "-1")
    return status(connection)


def _known_revisions(connection: sa.Connection) -> set[str]:
    """The revisions that this lotus has: several may be undone, one after another."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(alembic(connection))
    return {script.revision for script in scripts.walk_revisions()}


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
