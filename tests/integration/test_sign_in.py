"""Signing in to RDS by IAM: a server asks for a token as RDS does, before a real PostgreSQL."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa

from lotus.db import Database
from lotus.db.connections import Connecting
from lotus.db.upkeep import IAM_ROLES, grant_iam_roles
from lotus.errors import DatabaseError
from tests import servers
from tests.driving import inside

CLEARTEXT = b"R" + struct.pack("!II", 8, 3)
NEGOTIATES = {80877103, 80877104}  # SSLRequest, GSSENCRequest: no, thanks


@dataclass
class Rds:
    """Asks for a token in cleartext, and lets members of rds_iam in by one that fits; the owner of
    the tables by the password. Behind it everybody is trusted.
    """

    behind: sa.URL
    port: int
    passwords: list[tuple[str, str]] = field(default_factory=list)  # user, password
    refuses: set[str] = field(default_factory=set)  # roles whose passwords it refuses

    def url(self, user: str) -> str:
        """The address for a role."""
        name = self.behind.database
        return f"postgresql+psycopg://{user}@127.0.0.1:{self.port}/{name}"

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is closed."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._one, args=(client,), daemon=True).start()

    def _one(self, client: socket.socket) -> None:
        with suppress(OSError, struct.error), client:
            start = self._startup(client)
            words = start[8:].split(b"\0")
            user = dict(zip(words[::2], words[1::2], strict=False))[b"user"].decode()
            client.sendall(CLEARTEXT)
            password = self._message(client)[5:-1].decode()
            self.passwords.append((user, password))
            if not self._right(user, password):
                text = b"SFATAL\0C28000\0MPAM authentication failed for user\0\0"
                client.sendall(b"E" + struct.pack("!I", 4 + len(text)) + text)
                return
            with socket.create_connection((self.behind.host, self.behind.port)) as server:
                server.sendall(start)
                back = threading.Thread(target=_pump, args=(server, client), daemon=True)
                back.start()
                _pump(client, server)

    def _right(self, user: str, password: str) -> bool:
        if user not in IAM_ROLES and user not in self.refuses:
            return password == "the owner's"
        token = urlsplit(f"https://{password}")
        query = parse_qs(token.query)
        return (
            token.netloc == f"127.0.0.1:{self.port}"
            and query.get("Action") == ["connect"]
            and query.get("DBUser") == [user]
            and query.get("X-Amz-Expires") == ["900"]
        )

    def _startup(self, client: socket.socket) -> bytes:
        while True:
            size = client.recv(4, socket.MSG_WAITALL)
            body = client.recv(struct.unpack("!I", size)[0] - 4, socket.MSG_WAITALL)
            if struct.unpack("!I", body[:4])[0] not in NEGOTIATES:
                return size + body
            client.sendall(b"N")

    def _message(self, client: socket.socket) -> bytes:
        head = client.recv(5, socket.MSG_WAITALL)
        return head + client.recv(struct.unpack("!I", head[1:])[0] - 4, socket.MSG_WAITALL)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def rds(migrated: servers.Migrated, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rds]:
    if servers.OWN_DATABASE:
        pytest.skip("roles are made on the server of the tests")
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
    for name, value in zip(names, ("test", "test", "us-east-2"), strict=True):
        monkeypatch.setenv(name, value)
    with migrated.lent() as url, socket.create_server(("127.0.0.1", 0)) as listener:
        server = Rds(sa.make_url(url), listener.getsockname()[1])
        threading.Thread(target=server.serve, args=(listener,), daemon=True).start()
        grant_iam_roles(Database(servers.psycopg_url(url)))
        yield server


def _opened(rds: Rds, user: str) -> Database:
    return Database(rds.url(user), Connecting(iam=True, pool_size=2, connect_seconds=5))


def test_each_connection_of_a_role_of_tasks_signs_in_by_a_token(rds: Rds) -> None:
    db = _opened(rds, "lotus_app")
    with db.begin() as one, db.read() as two:
        assert one.scalar(sa.text("SELECT current_user")) == "lotus_app"
        assert two.scalar(sa.text("SELECT count(*) FROM generation_jobs")) == 0
        one.execute(sa.text("DELETE FROM budgets"))
    assert [user for user, _ in rds.passwords] == ["lotus_app"] * 2
    assert all(token.startswith(f"127.0.0.1:{rds.port}/?") for _, token in rds.passwords)
    db.close()


def test_roles_of_tasks_may_do_their_work_and_no_more(rds: Rds) -> None:
    tries = {
        "CREATE TABLE mine (x int)": set(),
        "DELETE FROM events": {"lotus_app"},
        "SELECT count(*) FROM events": {"lotus_app", "lotus_pages"},
    }
    for statement, may in tries.items():
        for user in IAM_ROLES:
            db = _opened(rds, user)
            try:
                with db.transaction() as connection:
                    connection.execute(sa.text(statement))
                assert user in may, statement
            except DatabaseError:
                assert user not in may, statement
            finally:
                db.close()


def test_the_owner_signs_in_by_its_password_or_where_that_is_refused_by_a_token(
    rds: Rds, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = str(rds.behind.username)
    monkeypatch.setenv("PGPASSWORD", "the owner's")
    with _opened(rds, owner).read() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
    assert rds.passwords == [(owner, "the owner's")]
    rds.refuses.add(owner)
    with _opened(rds, owner).read() as connection:
        assert connection.scalar(sa.text("SELECT 1")) == 1
    assert next(password for _, password in rds.passwords[1:]) == "the owner's"
    assert "Action=connect" in rds.passwords[-1][1]


def test_a_migration_gives_the_roles_their_rights_and_no_owner_is_a_member_of_them(
    rds: Rds, monkeypatch: pytest.MonkeyPatch, migrated: servers.Migrated
) -> None:
    with migrated.server.made() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("DB_IAM_ROLES", "true")
        for words in (("db", "init"), ("db", "migrate")):
            assert inside(*words).code == 0
        from lotus.aws.read_sql import READER, rows_of

        db = Database(servers.psycopg_url(url))
        assert rows_of(db, "SELECT 1 AS one") == [{"one": 1}]
        assert READER not in IAM_ROLES, "its membership would make the owner one of rds_iam"
        with db.read() as connection:
            asked = "SELECT has_table_privilege('lotus_app', 'events', 'INSERT')"
            assert connection.scalar(sa.text(asked)) is True
        db.close()
