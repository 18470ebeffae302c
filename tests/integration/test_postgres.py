"""PostgreSQL on bad days: what passes is waited for, what was undone is done again, the rest is one
line.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from lotus.db import Database, engine, records
from lotus.db import tables as t
from lotus.db.connections import Connecting
from lotus.db.faults import explain_fault
from lotus.dev import Postgres
from lotus.errors import DatabaseError
from tests import servers
from tests.conftest import Mount
from tests.faults import black_hole

PASSWORD = "hunter2"
HASTY = Connecting(connect_seconds=2, statement_seconds=2)


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    """A server that may be restarted, and that has five connections."""
    with servers.postgres_server("max_connections=5", "superuser_reserved_connections=0") as server:
        hba = server.data / "pg_hba.conf"
        hba.write_text(f"host all locked 127.0.0.1/32 scram-sha-256\n{hba.read_text()}")
        servers.Databases(server.url).tell(f"CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}'")
        servers.Databases(server.url).tell("SELECT pg_reload_conf()")
        db = Database(servers.psycopg_url(server.url))
        db.migrate()
        db.close()
        yield server


@pytest.fixture
def mine(own: Postgres, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database of that server."""
    db = Database(servers.psycopg_url(own.url), HASTY)
    yield db
    db.close()


@pytest.fixture
def db(migrated: servers.Migrated) -> Iterator[Database]:
    """A migrated database of the server that all tests share."""
    with migrated.lent() as url:
        made = Database(servers.psycopg_url(url), HASTY)
        yield made
        made.close()


def _job(connection: sa.Connection) -> str:
    facts = {
        "kind": "ad",
        "prompt": "p",
        "provider": "animatic",
        "planner": "template",
        "brief": {},
    }
    return records.create_job(connection, **facts)


def _jobs(db: Database) -> int:
    with db.begin() as connection:
        return int(
            connection.scalar(sa.select(sa.func.count()).select_from(t.generation_jobs)) or 0
        )


def _line(url: str, how: Connecting = HASTY) -> str:
    """What a user is told when they come with this address."""
    db = Database(url, how)
    try:
        with pytest.raises(DatabaseError) as raised:
            db.status()
    finally:
        db.close()
    said = f"{raised.value} {raised.value.facts} {raised.value.cause}"
    assert PASSWORD not in said
    assert len(str(raised.value).splitlines()) == 1
    return str(raised.value)


def test_a_server_that_is_not_there_is_one_line_at_once() -> None:
    began = time.monotonic()
    line = _line(f"postgresql+psycopg://lotus:{PASSWORD}@127.0.0.1:1/lotus")
    assert "database postgresql+psycopg://lotus:***@127.0.0.1:1/lotus: Connection refused" in line
    assert line.endswith("start the server, or correct DATABASE_URL")
    assert time.monotonic() - began < 20  # it does not try again for long


def test_a_host_that_nobody_knows_is_one_line() -> None:
    assert "correct the host in DATABASE_URL" in _line(
        "postgresql+psycopg://no-such-host.invalid/lotus"
    )


def test_a_black_hole_is_left_after_the_time_out() -> None:
    with black_hole() as port:
        line = _line(f"postgresql+psycopg://lotus:{PASSWORD}@127.0.0.1:{port}/lotus")
    assert "timeout expired; start the server, or correct DATABASE_URL" in line


def test_a_wrong_password_is_one_line(own: Postgres) -> None:
    line = _line(f"postgresql+psycopg://locked:{PASSWORD}x@127.0.0.1:{own.port}/postgres")
    assert (
        'password authentication failed for user "locked"; check user and password in DATABASE_URL'
        in line
    )


def test_an_unknown_database_is_one_line(own: Postgres) -> None:
    line = _line(f"postgresql+psycopg://postgres@127.0.0.1:{own.port}/nowhere")
    assert 'database "nowhere" does not exist; create it, or correct DATABASE_URL' in line


def test_tls_that_the_server_has_not_is_one_line(own: Postgres) -> None:
    url = f"postgresql+psycopg://postgres@127.0.0.1:{own.port}/postgres"
    assert "does not support SSL" in _line(url, replace(HASTY, sslmode="require"))
    assert "correct DB_SSLMODE" in _line(f"{url}?sslmode=verify-full&sslrootcert=none.pem")


def test_too_many_connections_are_waited_for_and_then_one_line(
    mine: Database, own: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Database(servers.psycopg_url(own.url), replace(HASTY, pool_size=5, max_overflow=0))
    taken = [held.engine.connect() for _ in range(5)]
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 0)
    assert "lower DB_POOL_SIZE and DB_MAX_OVERFLOW, or raise max_connections" in _line(
        servers.psycopg_url(own.url)
    )
    monkeypatch.setattr(engine, "PATIENCE_SECONDS", 30)
    monkeypatch.setattr(engine.time, "sleep", lambda seconds: _free(taken, held))
    assert mine.status().up_to_date


def _free(taken: list[sa.Connection], held: Database) -> None:
    for connection in taken:
        connection.close()
    taken.clear()
    held.close()


def test_a_pool_that_is_used_up_is_one_line(own: Postgres) -> None:
    db = Database(
        servers.psycopg_url(own.url), replace(HASTY, connect_seconds=1, pool_size=1, max_overflow=0)
    )
    with (
        db.begin(),
        pytest.raises(DatabaseError, match="all connections of this process are in use"),
        db.begin(),
    ):
        pass
    db.close()


def test_a_server_that_restarts_between_two_transactions_is_not_noticed(
    mine: Database, own: Postgres
) -> None:
    before = _jobs(mine)
    own.stop()
    working = threading.Thread(target=mine.run, args=[_job])
    working.start()
    own.start()
    working.join()
    assert _jobs(mine) == before + 1


def test_a_server_that_restarts_in_a_transaction_undoes_it_and_it_is_done_again(
    mine: Database, own: Postgres
) -> None:
    before = _jobs(mine)
    tries = []

    def work(connection: sa.Connection) -> None:
        _job(connection)
        tries.append(1)
        if len(tries) == 1:
            own.stop()
            own.start()
        _job(connection)

    mine.run(work)
    assert len(tries) == 2
    assert _jobs(mine) == before + 2


def _kill(db: Database, connection: sa.Connection) -> None:
    pid = connection.scalar(sa.text("SELECT pg_backend_pid()"))
    with db.begin() as other:
        other.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def test_a_connection_that_is_killed_in_a_transaction_is_one_line(db: Database) -> None:
    with pytest.raises(DatabaseError) as raised, db.begin() as connection:  # noqa: PT012
        _job(connection)
        _kill(db, connection)
        _job(connection)
    assert "broke in the middle of a transaction, which was undone; run it again" in str(
        raised.value
    )
    assert _jobs(db) == 0


def test_a_killed_transaction_is_done_again_once(db: Database) -> None:
    tries: list[int] = []

    def work(connection: sa.Connection) -> None:
        _job(connection)
        tries.append(1)
        if len(tries) == 1:
            _kill(db, connection)
        _job(connection)

    db.run(work)
    assert (len(tries), _jobs(db)) == (2, 2)


class LostCommit:
    """The connection breaks while the first commit is under way: after it came to pass,
    or before.
    """

    def __init__(self, db: Database, monkeypatch: pytest.MonkeyPatch, *, committed: bool) -> None:
        self.db = db
        self.committed = committed
        self.tries = 0
        self._commit = db.engine.dialect.do_commit
        monkeypatch.setattr(db.engine.dialect, "do_commit", self._break)

    def _break(self, dbapi: Any) -> None:
        if self.tries != 1:
            self._commit(dbapi)
            return
        self.tries += 1  # what is committed to find out more is left alone
        if self.committed:
            self._commit(dbapi)
        dbapi.driver_connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def work(self, connection: sa.Connection) -> str:
        self.tries += 1
        return _job(connection)


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_whose_answer_is_lost_is_asked_about_and_comes_to_pass_once(
    db: Database, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    lost = LostCommit(db, monkeypatch, committed=committed)
    job = db.run(lost.work)
    with db.read() as connection:
        assert connection.scalars(sa.select(t.generation_jobs.c.id)).all() == [job]
    assert lost.tries == (2 if committed else 3)


def test_a_commit_of_which_nobody_knows_is_not_done_again(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost = LostCommit(db, monkeypatch, committed=False)
    monkeypatch.setattr(engine, "outcome_of", lambda connection, ticket: None)
    with pytest.raises(DatabaseError, match="whether the change was saved is unknown"):
        db.run(lost.work)
    assert (lost.tries, _jobs(db)) == (2, 0)


def test_a_question_that_is_interrupted_is_asked_again(db: Database) -> None:
    db.run(_job)
    tries: list[int] = []

    def question(connection: sa.Connection) -> int:
        tries.append(1)
        if len(tries) == 1:
            _kill(db, connection)
        return int(
            connection.scalar(sa.select(sa.func.count()).select_from(t.generation_jobs)) or 0
        )

    assert (db.ask(question), len(tries)) == (1, 2)


def test_a_disk_that_is_full_is_one_line(postgres: servers.Databases, mount: Mount) -> None:
    if servers.OWN_DATABASE:
        pytest.skip("its disks are somebody else's")
    with postgres.made() as url:
        full = Database(servers.psycopg_url(url), HASTY)
        full.migrate()
        with full.begin() as connection:
            data = Path(str(connection.scalar(sa.text("SHOW data_directory"))))
        disk = mount(data.parent / "small", f"size=128k,mode=0700,uid={data.stat().st_uid}")
        postgres.tell(f"CREATE TABLESPACE small LOCATION '{disk}'")
        try:
            with full.begin() as connection:
                connection.exec_driver_sql("ALTER TABLE generation_jobs SET TABLESPACE small")
            with pytest.raises(
                DatabaseError, match=r"No space left on device; free some disk space"
            ):
                full.run(_many)
            assert _jobs(full) == 0
        finally:
            full.close()
            postgres.tell(f"DROP DATABASE {full.engine.url.database} WITH (FORCE)")
            postgres.tell("DROP TABLESPACE small")


def _many(connection: sa.Connection) -> None:
    for _ in range(2000):
        _job(connection)


def test_a_server_that_falls_silent_is_given_up_by_the_system(db: Database) -> None:
    """No test can wait for it; the limits are the connection's own (tcp(7))."""
    with db.begin() as connection:
        made = connection.connection.dbapi_connection
        assert made is not None
        with socket.socket(fileno=os.dup(made.fileno())) as ours:
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
            assert ours.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


def test_two_that_block_each_other_both_come_to_an_end(db: Database) -> None:
    with db.begin() as connection:
        ids = [_job(connection), _job(connection)]
    together = threading.Barrier(2, timeout=20)
    tries: list[str] = []

    def cross(first: str, second: str) -> Callable[[sa.Connection], None]:
        def work(connection: sa.Connection) -> None:
            tries.append(first)
            _grow(connection, first)
            if tries.count(first) == 1:
                together.wait()
            _grow(connection, second)

        return work

    threads = [threading.Thread(target=db.run, args=[cross(*pair)]) for pair in (ids, ids[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.begin() as connection:
        prompts = [records.get_job(connection, job_id)["prompt"] for job_id in ids]
    assert prompts == ["pxx", "pxx"]
    assert len(tries) == 3


def _grow(connection: sa.Connection, job_id: str) -> None:
    jobs = t.generation_jobs
    connection.execute(jobs.update().where(jobs.c.id == job_id).values(prompt=jobs.c.prompt + "x"))


def test_what_fails_for_good_is_not_done_again(db: Database) -> None:
    tries: list[int] = []

    def work(connection: sa.Connection) -> None:
        tries.append(1)
        records.add_event(connection, "nobody", "stage", {})

    with pytest.raises(DatabaseError, match=r"(?i)foreign key"):
        db.run(work)
    assert len(tries) == 1


def test_a_statement_that_takes_too_long_is_one_line(db: Database) -> None:
    with (
        pytest.raises(DatabaseError, match="raise DB_STATEMENT_TIMEOUT_SECONDS"),
        db.begin() as connection,
    ):
        connection.execute(sa.text("SELECT pg_sleep(20)"))


def test_a_database_that_may_only_be_read_is_one_line(db: Database) -> None:
    def write_in_a_read_only_transaction() -> None:
        with db.begin() as connection:
            connection.execute(sa.text("SET TRANSACTION READ ONLY"))
            _job(connection)

    with pytest.raises(DatabaseError, match="read-only transaction; use a role"):
        write_in_a_read_only_transaction()


@pytest.mark.parametrize("pgbouncer", [False, True])
def test_behind_pgbouncer_nothing_is_left_in_a_connection(db: Database, pgbouncer: bool) -> None:
    far = Database(
        db.engine.url.render_as_string(hide_password=False),
        replace(HASTY, pgbouncer=pgbouncer, pool_size=1),
    )
    left = (
        "SELECT (SELECT count(*) FROM pg_prepared_statements), current_setting('statement_timeout')"
    )
    with far.begin() as connection:
        for _ in range(8):
            records.list_jobs(connection)
        prepared, time_out = connection.execute(sa.text(left)).one()
    assert (prepared > 0, time_out) == (not pgbouncer, "2s")
    with far.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        after = connection.exec_driver_sql(
            "SELECT setting FROM pg_settings WHERE source = 'client'"
        ).all()
    far.close()
    assert not pgbouncer or "2000" not in {row[0] for row in after}


@pytest.mark.parametrize(
    "said",
    [
        "connection failed: FATAL:  unsupported startup parameter: options",
        'prepared statement "_pg3_0" does not exist',
        'prepared statement "_pg3_1" already exists',
    ],
)
def test_what_goes_wrong_behind_pgbouncer_names_the_setting(said: str) -> None:
    error = sa.exc.OperationalError("SELECT 1", {}, psycopg.OperationalError(said))
    assert explain_fault(error)[1] == "behind PgBouncer set DB_PGBOUNCER=true"


def test_times_and_days_are_utc_whatever_the_server_thinks(
    db: Database, postgres: servers.Databases
) -> None:
    name = db.engine.url.database
    postgres.tell(f"ALTER DATABASE {name} SET timezone = 'Asia/Tokyo'")
    with db.begin() as connection:
        assert connection.scalar(sa.text("SHOW timezone")) == "UTC"


@pytest.mark.parametrize("given", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_every_spelling_of_the_address_works(
    given: str, db: Database, monkeypatch: pytest.MonkeyPatch, home: Path
) -> None:
    from lotus.settings import Settings
    from lotus.workspace import open_database

    url = db.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url.replace("postgresql+psycopg://", given))
    opened = open_database(Settings.read())
    assert opened.status().up_to_date
    opened.close()


def test_money_and_json_are_exact_in_both(db: Database) -> None:
    with db.begin() as connection:
        job_id = _job(connection)
        values = {"job_id": job_id, "scene": 0, "kind": "settled", "provider": "p", "model": "m"}
        records.add_costs(connection, [{**values, "amount_usd": Decimal("123456789012.123456")}])
        assert records.costs_of(connection, job_id)["settled"] == Decimal("123456789012.123456")
