"""A real PgBouncer in transaction mode, where one is installed: many clients share two
connections.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from lotus.db import Database, records
from lotus.db import tables as t
from lotus.db.connections import Connecting
from lotus.dev.ports import Ports
from lotus.errors import DatabaseError
from tests import servers
from tests.driving import done, eventually, patterns

PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="pgbouncer is not installed (Debian: pgbouncer)"),
]
HOW = Connecting(pgbouncer=True)
JOB = {"kind": "ad", "prompt": "p", "provider": "animatic", "planner": "template", "brief": {}}
SETTINGS = """
[databases]
* = host={host} port={port} user={user}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {listens}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 2
server_reset_query_always = 0
"""


@pytest.fixture
def pooled(migrated: servers.Migrated, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a migrated database, through PgBouncer."""
    if servers.OWN_DATABASE:
        pytest.skip("it stands before the server of the tests")
    with migrated.lent() as url, servers.folder() as place:
        ports = Ports()
        server = sa.make_url(url)
        listens = ports.acquire()
        text = SETTINGS.format(
            host=server.host, port=server.port, user=server.username, listens=listens
        )
        (place / "pgbouncer.ini").write_text(text)
        place.chmod(0o755)
        user = "nobody" if os.geteuid() == 0 else None  # it refuses to be root
        child = subprocess.Popen([str(PROGRAM), place / "pgbouncer.ini"], user=user)
        try:
            through = server.set(port=listens).render_as_string(hide_password=False)
            eventually(lambda: _answers(through), "PgBouncer listens")
            yield through
        finally:
            child.terminate()
            child.wait()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, prepare_threshold=None).close()
    except psycopg.OperationalError:
        return False
    return True


def test_many_threads_share_two_connections(pooled: str) -> None:
    db = Database(servers.psycopg_url(pooled), HOW)

    def work() -> None:
        for _ in range(30):
            job = db.run(records.create_job, **JOB)
            db.run(records.add_event, job, "stage", {})
            db.ask(records.get_job, job)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(t.events)) == 240
        assert connection.scalar(sa.text("SHOW statement_timeout")) == "1min"
        held = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        assert connection.scalar(sa.text(held)) <= 2
    assert db.migrate().up_to_date
    db.close()


def test_without_the_setting_the_line_names_it(pooled: str) -> None:
    db = Database(servers.psycopg_url(pooled), replace(HOW, pgbouncer=False))
    with pytest.raises(DatabaseError, match="behind PgBouncer set DB_PGBOUNCER=true"):
        db.status()
    db.close()


def test_the_main_job_through_it(pooled: str, home: Path, tmp_path: Path) -> None:
    said = done(
        "render", patterns(tmp_path), "--json", home=home, DATABASE_URL=pooled, DB_PGBOUNCER="true"
    )
    assert said.json["status"] == "completed"
