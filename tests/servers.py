"""A real PostgreSQL and a real S3 server for tests: started when first asked for, ended with the
session.

LOTUS_TEST_DATABASE_URL (a server on which databases may be made) and LOTUS_TEST_S3
(s3://bucket/prefix, with the usual AWS variables) use servers of one's own instead.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from lotus.db import Database
from lotus.db.tables import REVISION, metadata
from lotus.dev import ADMIN, Identity, ObjectServer, Postgres

OWN_DATABASE = os.environ.get("LOTUS_TEST_DATABASE_URL")
OWN_S3 = os.environ.get("LOTUS_TEST_S3")
AWS = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
READER = Identity("reader", "reads-and-lists", ("Read", "List"))
WRITER = Identity("writer", "writes-and-lists", ("Write", "List"))
BLIND = Identity("blind", "reads-and-writes", ("Read", "Write"))
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=64MB")


@contextmanager
def postgres_server(*options: str) -> Iterator[Postgres]:
    """A PostgreSQL of one's own: empty, and without a care for power cuts."""
    with folder() as place:
        server = Postgres(place, options=(*FAST, *options)).start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def folder() -> Iterator[Path]:
    """A folder of a server's own, with a short path; gone afterwards."""
    made = Path(tempfile.mkdtemp(prefix="lotus-test-"))
    try:
        yield made
    finally:
        shutil.rmtree(made, ignore_errors=True)


@dataclass(frozen=True)
class Databases:
    """Makes databases on one server."""

    url: str

    @contextmanager
    def made(self) -> Iterator[str]:
        """A database of one's own; gone afterwards, whoever is still connected."""
        name = f"test_{uuid.uuid4().hex}"
        self.tell(f"CREATE DATABASE {name} TEMPLATE template0")
        try:
            yield sa.make_url(self.url).set(database=name).render_as_string(hide_password=False)
        finally:
            self.tell(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def tell(self, statement: str) -> None:
        """Say something to the server, outside a transaction."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement.encode())


@dataclass
class Migrated:
    """Databases with all tables: emptied and lent again, which is ten times faster than to make
    another.
    """

    server: Databases
    free: list[str]

    @contextmanager
    def lent(self) -> Iterator[str]:
        """A database of one's own while one has it."""
        if not self.free:
            self.free.append(self._new())
        url = self.free.pop()
        yield url
        if _emptied(url):
            self.free.append(url)

    def _new(self) -> str:
        name = f"test_{uuid.uuid4().hex}"
        self.server.tell(f"CREATE DATABASE {name} TEMPLATE template0")
        url = sa.make_url(self.server.url).set(database=name).render_as_string(hide_password=False)
        db = Database(psycopg_url(url))
        db.migrate()
        db.close()
        return url


def _emptied(url: str) -> bool:
    """Whether the database has its tables as they should be, and nothing in them any more."""
    tables = ", ".join(table.name for table in metadata.sorted_tables)
    try:
        with psycopg.connect(url, options="-c lock_timeout=2000") as connection:
            connection.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE".encode())
            return connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
                (REVISION,)
            ]
    except psycopg.Error:
        return False


def psycopg_url(url: str) -> str:
    """The same address as SQLAlchemy wants it."""
    return url.replace("postgresql://", "postgresql+psycopg://", 1)


@dataclass(frozen=True)
class Bucket:
    """A place in a bucket, and the variables that lead there."""

    url: str
    environment: dict[str, str]

    @property
    def endpoint_url(self) -> str | None:
        """Of a server that is not Amazon's."""
        return self.environment.get("AWS_ENDPOINT_URL")

    def inner(self) -> Bucket:
        """A prefix that nobody else uses."""
        return Bucket(f"{self.url}/{uuid.uuid4().hex}", self.environment)


@contextmanager
def s3_server() -> Iterator[Bucket]:
    """An S3 server that knows some identities."""
    if OWN_S3:
        yield Bucket(OWN_S3.rstrip("/"), AWS)
        return
    with folder() as place:
        server = ObjectServer(place, identities=(ADMIN, READER, WRITER, BLIND)).start()
        try:
            yield Bucket(f"s3://{server.bucket}", server.environment)
        finally:
            server.stop()
