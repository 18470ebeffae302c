"""The connection to the database, its schema, and foreign errors translated into ours."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, exc

from lotus.db.tables import REVISION, metadata
from lotus.errors import DatabaseError, LotusError, SettingsError

__all__ = ["Database", "SchemaStatus"]

BUSY_SECONDS = 30  # a writer waits so long for another before it gives up
MIGRATIONS = Path(__file__).with_name("migrations")


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


class Database:
    """One engine a process, opened when first used."""

    def __init__(
        self, url: str, *, pool_size: int = 10, max_overflow: int = 20, prepare: bool = False
    ) -> None:
        """`prepare`: make or check the schema before the first transaction."""
        try:
            self._url = sa.make_url(url)
        except (exc.ArgumentError, ValueError):
            raise SettingsError(
                name="DATABASE_URL",
                reason="is not an address",
                remedy="write sqlite:///path or postgresql://user@host:5432/name",
            ) from None
        self._pool = {"pool_size": pool_size, "max_overflow": max_overflow}
        self._engine: sa.Engine | None = None
        self._lock = threading.Lock()
        self._to_prepare, self._preparing = prepare, threading.Lock()
        self.dialect = self._url.get_backend_name()

    @property
    def shown_url(self) -> str:
        """The address without its password."""
        url = self._url
        if "password" in url.query:
            url = url.update_query_dict({"password": "hidden"})
        return url.render_as_string(hide_password=True)

    @property
    def engine(self) -> sa.Engine:
        """SQLAlchemy's engine."""
        with self._lock:
            if self._engine is None:
                self._engine = self._open()
            return self._engine

    def _open(self) -> sa.Engine:
        if self.dialect != "sqlite":
            try:
                return sa.create_engine(
                    self._url,
                    pool_pre_ping=True,
                    pool_recycle=1800,
                    connect_args={"connect_timeout": 10, "application_name": "lotus"},
                    **self._pool,
                )
            except ImportError as error:
                raise DatabaseError(
                    url=self.shown_url, reason=str(error), remedy="install it: pip install 'lotus[aws]'"
                ) from error
        engine = sa.create_engine(self._url, connect_args={"timeout": BUSY_SECONDS})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine

    @property
    def absent(self) -> bool:
        """Whether this is a SQLite file that is not there: the first write will make it."""
        file = self._url.database
        return self.dialect == "sqlite" and bool(file) and not Path(file or "").exists()

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction: all of it or nothing. Raises DatabaseError in one line, without the password."""
        self._prepare()
        with self._transaction({}) as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only looks: it waits for no writer, and makes no file where there is none."""
        if self.absent:
            with _empty().begin() as connection:
                yield connection
            return
        self._prepare()
        with self._transaction(_LOOKING) as connection:
            yield connection

    def _prepare(self) -> None:
        with self._preparing:
            if self._to_prepare:
                self.ready()
                self._to_prepare = False

    @contextmanager
    def _transaction(self, options: Mapping[str, Any]) -> Iterator[sa.Connection]:
        try:
            if self.dialect == "sqlite" and self._url.database:
                Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
            with self.engine.execution_options(**options).begin() as connection:
                yield connection
        except LotusError:
            raise
        except (exc.SQLAlchemyError, OSError) as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> DatabaseError:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        if self._url.password:
            cause = cause.replace(str(self._url.password), "***")
        remedy = next((cure for sign, cure in _REMEDIES if re.search(sign, cause)), "run `lotus doctor`")
        return DatabaseError(url=self.shown_url, reason=cause, remedy=remedy)

    def status(self) -> SchemaStatus:
        """Which revision the database has, and which this lotus needs."""
        if self.absent:
            return SchemaStatus((None, REVISION))
        with self._transaction(_LOOKING) as connection:
            found: str | None = None
            if sa.inspect(connection).has_table("alembic_version"):
                found = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        return SchemaStatus((found, REVISION))

    def migrate(self) -> SchemaStatus:
        """Bring the schema to what this lotus needs; one process at a time. Refuses a newer schema."""
        status = self.status()
        if status.current is not None and status.current > status.head:
            raise DatabaseError(
                url=self.shown_url,
                reason=f"its schema is at revision {status.current}, newer than {status.head} of this lotus",
                remedy="upgrade lotus: pip install -U lotus",
            )
        if not status.up_to_date:
            from alembic import command

            with self._transaction({}) as connection:
                if self.dialect == "postgresql":
                    connection.execute(sa.text("SELECT pg_advisory_xact_lock(7104117)"))
                command.upgrade(self.alembic(connection), "head")
        return self.status()

    def alembic(self, connection: sa.Connection | None = None) -> Any:
        """Alembic's configuration, for commands that need it."""
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
        config.attributes["connection"] = connection
        return config

    def ready(self) -> None:
        """Make sure that the schema fits: SQLite is migrated in passing, a server only when told to."""
        status = self.status()
        if status.up_to_date:
            return
        if self.dialect == "sqlite" and (status.current is None or status.current < status.head):
            self.migrate()
            return
        newer = status.current is not None and status.current > status.head
        raise DatabaseError(
            url=self.shown_url,
            reason=f"its schema is at revision {status.current or 'none'}, this lotus needs {status.head}",
            remedy="upgrade lotus: pip install -U lotus" if newer else "run `lotus db migrate`",
        )

    def close(self) -> None:
        """Give all connections back."""
        if self._engine is not None:
            self._engine.dispose()


_REMEDIES = [
    ("password authentication failed", "check user and password in DATABASE_URL"),
    ("does not exist", "create the database, or correct its name in DATABASE_URL"),
    ("refused|could not connect|timeout expired", "start the server, or correct the host in DATABASE_URL"),
    ("readonly|read-only", "give yourself the right to write there, or set LOTUS_HOME to another folder"),
    ("locked", "another process holds the database; wait for it, or stop it"),
    ("unable to open|Permission denied|Not a directory", "set LOTUS_HOME to a folder that you may write to"),
    ("not a database|malformed", "move the damaged file away, or set DATABASE_URL to another"),
    ("disk is full|No space", "free some disk space"),
]


_LOOKING = {"lotus_looking": True}


def _empty() -> sa.Engine:
    """A database in memory that has all tables and no rows."""
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # SQLAlchemy begins transactions; the driver must not
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: sa.Connection) -> None:
    # Taking the write lock at once makes every transaction wait its turn; a lock that is upgraded midway
    # fails without waiting when two processes want it (sqlite.org/lang_transaction.html).
    looking = connection.get_execution_options().get("lotus_looking", False)
    connection.exec_driver_sql("BEGIN" if looking else "BEGIN IMMEDIATE")
