"""The database: transactions that survive what passes, and foreign errors translated into ours."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from lotus.db import schema
from lotus.db.connections import Connecting, open_engine
from lotus.db.faults import explain_fault, not_connected, try_again
from lotus.db.schema import SchemaStatus
from lotus.db.tables import metadata
from lotus.errors import DatabaseError, LotusError, SettingsError
from lotus.system.distribution import install_command, not_installed

__all__ = ["Database", "Outcome", "SchemaStatus", "outcome_of", "ticket_for"]

Outcome = bool | None  # it came to pass, it was undone, or nobody can say
# while the server still ends the transaction
LOOKS = 20
BETWEEN_SECONDS = 0.1


def ticket_for(connection: sa.Connection) -> str | None:
    """The transaction's number, to ask about it later; None if it has written nothing, or is
    SQLite's.
    """
    if connection.dialect.name != "postgresql":
        return None
    number = connection.scalar(sa.text("SELECT CAST(pg_current_xact_id_if_assigned() AS text)"))
    return None if number is None else str(number)


def outcome_of(connection: sa.Connection, ticket: str) -> Outcome:
    """Whether the transaction was committed (postgresql.org/docs/current/functions-info.html)."""
    query = sa.text("SELECT pg_xact_status(CAST(:ticket AS xid8))")
    for _ in range(LOOKS):
        status = connection.scalar(query, {"ticket": ticket})
        if status != "in progress":
            return {"committed": True, "aborted": False}.get(str(status))
        time.sleep(BETWEEN_SECONDS)
    return None


PATIENCE_SECONDS = (
    30.0  # for a server that was there and is restarting, or has no connection left just now
)
PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8)  # between tries of a transaction that the database undid

Arguments = ParamSpec("Arguments")
Value = TypeVar("Value")


class Database:
    """One engine a process, opened when first used."""

    def __init__(self, url: str, how: Connecting | None = None, *, prepare: bool = False) -> None:
        """`prepare`: make or check the schema before the first transaction."""
        try:
            self._url = sa.make_url(url)
        except (exc.ArgumentError, ValueError):
            raise SettingsError(
                name="DATABASE_URL",
                reason="is not an address",
                remedy="write sqlite:///path or postgresql://user@host:5432/name",
            ) from None
        self.how = how or Connecting()
        self._engine: sa.Engine | None = None
        self._was_there = False  # a server that never answered is not waited for
        self._lock = threading.Lock()
        self._to_prepare = prepare
        self._preparing = threading.Lock()
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
        if self.dialect == "sqlite" and self._url.database:
            Path(self._url.database).parent.mkdir(parents=True, exist_ok=True)
        try:
            return open_engine(self._url, self.how)
        except ImportError as error:
            if isinstance(error, ModuleNotFoundError) and (absent := not_installed(error)):
                raise absent from error
            remedy = f"install it: {install_command('aws')}"
            raise DatabaseError(url=self.shown_url, reason=str(error), remedy=remedy) from error

    @property
    def absent(self) -> bool:
        """Whether this is a SQLite file that is not there: the first write will make it."""
        file = self._url.database
        return self.dialect == "sqlite" and bool(file) and not Path(file or "").exists()

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """One transaction: all of it or nothing. Raises DatabaseError in one line, without the
        password.

        Getting a connection is tried again while a server restarts or has none left; what was done
        on one is not: see `run`.
        """
        self._prepare()
        with self.transaction() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """A transaction that only looks: it waits for no writer, and makes no file where there is
        none.
        """
        if self.absent:
            with _empty().begin() as connection:
                yield connection
            return
        self._prepare()
        with self.transaction(looking=True) as connection:
            yield connection

    def _prepare(self) -> None:
        with self._preparing:
            if self._to_prepare:
                self.ready()
                self._to_prepare = False

    @contextmanager
    def transaction(self, *, looking: bool = False) -> Iterator[sa.Connection]:
        """A transaction whatever the schema is; one that looks takes no writer's turn."""
        try:
            with self._connect() as connection:
                connection = connection.execution_options(lotus_looking=looking)
                with connection.begin():
                    yield connection
        except LotusError:
            raise
        except (exc.SQLAlchemyError, OSError) as error:
            raise self._translate(error) from error

    def run(
        self,
        work: Callable[Concatenate[sa.Connection, Arguments], Value],
        *args: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Value:
        """Do `work(connection, ...)` in one transaction, and do all of it again if the database
        undid it:
        after a deadlock, a serialisation failure or a connection that broke.

        `work` must change nothing but rows. If the connection breaks while the commit is under way,
        the server is asked what became of it, so nothing is written twice.
        """
        return _patiently(lambda: self._once(work, *args, **options))

    def ask(
        self,
        question: Callable[Concatenate[sa.Connection, Arguments], Value],
        *args: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Value:
        """What `question(connection, ...)` finds in a transaction that only looks; as patient as
        `run`.
        """

        def look() -> Value:
            with self.read() as connection:
                return question(connection, *args, **options)

        return _patiently(look)

    def _once(
        self,
        work: Callable[Concatenate[sa.Connection, Arguments], Value],
        *args: Arguments.args,
        **options: Arguments.kwargs,
    ) -> Value:
        ticket = None
        try:
            with self.begin() as connection:
                result = work(connection, *args, **options)
                ticket = ticket_for(connection)
        except DatabaseError as error:
            outcome = self._outcome(ticket, error) if ticket is not None else False
            if outcome is None:
                reason = (
                    "the connection broke during a commit, and whether the change was saved "
                    "is unknown"
                )
                remedy = "check whether the change was made before you repeat it"
                raise DatabaseError(url=self.shown_url, reason=reason, remedy=remedy) from error
            if outcome is False:
                raise
        return result

    def _outcome(self, ticket: str, error: DatabaseError) -> Outcome:
        """What became of a transaction whose commit said this: asked of the server if the answer
        was lost.
        """
        cause = error.__cause__
        if not isinstance(cause, exc.DBAPIError) or not cause.connection_invalidated:
            return False
        try:
            with self.transaction(looking=True) as connection:
                return outcome_of(connection, ticket)
        except DatabaseError:
            return None

    def _connect(self) -> sa.Connection:
        until = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                connection = self.engine.connect()
            except exc.OperationalError as error:
                waits = self.dialect != "sqlite" and (
                    self._was_there or "too many" in str(error.orig)
                )
                if not waits or not not_connected(error) or time.monotonic() > until:
                    raise
                time.sleep(PAUSES[-1])
                continue
            self._was_there = True
            return connection

    def _translate(self, error: Exception) -> DatabaseError:
        reason, remedy = explain_fault(error)
        if self._url.password:
            reason = reason.replace(str(self._url.password), "***")
        return DatabaseError(url=self.shown_url, reason=reason, remedy=remedy)

    def status(self) -> SchemaStatus:
        """Which revision the database has, and which this lotus needs."""
        if self.absent:
            return schema.status(None)
        with self.transaction(looking=True) as connection:
            return schema.status(connection)

    def migrate(self) -> SchemaStatus:
        """Bring the schema to what this lotus needs; one process at a time. Refuses a
        newer schema.
        """
        return self._change(schema.migrate)

    def downgrade(self) -> SchemaStatus:
        """Undo the newest migration."""
        return self._change(schema.downgrade)

    def _change(self, change: Callable[[sa.Connection, str], SchemaStatus]) -> SchemaStatus:
        with self.transaction() as connection:
            return change(connection, self.shown_url)

    def alembic(self, connection: sa.Connection | None = None) -> Any:
        """Alembic's configuration, for commands that need it."""
        return schema.alembic(connection)

    def ready(self) -> None:
        """Make sure that the schema fits: SQLite is migrated in passing, a server only when told
        to.
        """
        present = self.status()
        if self.dialect == "sqlite" and present.current is None:
            present = self._change(schema.create)
        if self.dialect == "sqlite" and not present.up_to_date and not present.newer:
            self.migrate()
        else:
            schema.check(self.shown_url, present)

    def close(self) -> None:
        """Give all connections back."""
        if self._engine is not None:
            self._engine.dispose()


def _patiently(once: Callable[[], Value]) -> Value:
    """Do a transaction, and do it again with pauses while the database undoes it."""
    for pause in PAUSES:
        try:
            return once()
        except DatabaseError as error:
            if not try_again(error.__cause__):
                raise
        time.sleep(pause)
    return once()


def _empty() -> sa.Engine:
    """A database in memory that has all tables and no rows."""
    engine = sa.create_engine("sqlite://")
    metadata.create_all(engine)
    return engine
