"""A database that breaks off or restarts in a job or a payment: done again, and nothing twice."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

import lotus
from lotus.db import Database, records
from lotus.dev import Postgres
from lotus.workspace import Workspace
from tests import servers
from tests.driving import done, ended, eventually, patterns, program, rows, start
from tests.paying import balanced, make_clips, video_of, workspace_for
from tests.replicate_server import Replicate, serving

ON_SERVERS = pytest.mark.parametrize("place", ["servers"], indirect=True)


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patterns(tmp_path_factory.mktemp("patterns"))


@pytest.fixture(scope="module")
def on_the_defaults(brief: Path) -> bytes:
    """The video as SQLite and a folder make it."""
    done("render", brief, "--out", brief.parent / "out.mp4", home=brief.parent / "home")
    return (brief.parent / "out.mp4").read_bytes()


@pytest.fixture
def replicate() -> Iterator[Replicate]:
    with serving() as running:
        yield running


JOB = {"kind": "ad", "prompt": "p", "provider": "replicate", "planner": "template", "brief": {}}


class Breaker:
    """Ends the connection of each transaction that writes, once, in its middle: at the first try of
    each.
    """

    def __init__(self, db: Database) -> None:
        self.broken = 0
        self._url = os.environ["DATABASE_URL"]
        # whether this thread's transaction was broken, and is done again
        self._trying = threading.local()
        sa.event.listen(db.engine, "after_cursor_execute", self._written)
        sa.event.listen(db.engine, "commit", self._over)

    def _written(self, connection: sa.Connection, _cursor: Any, statement: str, *_: Any) -> None:
        if getattr(self._trying, "again", False) or not statement.startswith(
            ("INSERT", "UPDATE", "DELETE")
        ):
            return
        self._trying.again = True
        pid = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[union-attr]
        with psycopg.connect(self._url) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        self.broken += 1

    def _over(self, connection: sa.Connection) -> None:
        self._trying.again = False


WRITTEN = (  # what a job leaves, without what differs from run to run
    "SELECT status FROM generation_jobs",
    "SELECT position, description, cached FROM scenes ORDER BY position",
    "SELECT kind, scene, amount_usd FROM cost_entries ORDER BY kind, scene",
    "SELECT kind, count(*) FROM events WHERE kind <> 'progress' GROUP BY kind ORDER BY kind",
    "SELECT key, hits FROM clips ORDER BY key",
    "SELECT key, hits FROM segments ORDER BY key",
    "SELECT count(*) FROM compositions",
)


@ON_SERVERS
def test_a_job_whose_every_transaction_breaks_once_is_done_and_nothing_is_written_twice(
    place: str, brief: Path, on_the_defaults: bytes, tmp_path: Path
) -> None:
    workspace = Workspace.open()
    breaker = Breaker(workspace.db)
    job = lotus.render(
        brief, workspace=workspace, out=tmp_path / "out.mp4", listener=lambda event: None
    )
    workspace.db.close()
    assert (job.status, (tmp_path / "out.mp4").read_bytes()) == ("completed", on_the_defaults)
    assert breaker.broken >= 8
    found = {query: rows(tmp_path, query) for query in WRITTEN}
    with pytest.MonkeyPatch.context() as undisturbed:
        undisturbed.delenv("DATABASE_URL")
        assert {query: rows(brief.parent / "home", query) for query in WRITTEN} == found


@ON_SERVERS
def test_what_is_paid_while_every_transaction_breaks_once_is_paid_once(
    place: str, replicate: Replicate, home: Path
) -> None:
    workspace = workspace_for(replicate, home)
    job = workspace.db.run(records.create_job, **JOB)
    breaker = Breaker(workspace.db)
    make_clips(workspace, video_of(2), job_id=job)
    assert replicate.created == 2
    assert breaker.broken >= 10
    assert balanced(workspace, replicate)
    workspace.db.close()


@pytest.fixture(scope="module")
def own() -> Iterator[Postgres]:
    """A server that may be restarted."""
    with servers.postgres_server() as server:
        Database(servers.psycopg_url(server.url)).migrate()
        yield server


@pytest.mark.parametrize("piece", ["clip.mp4", "segment-0000"])
def test_a_server_that_restarts_during_a_job_is_waited_for(
    piece: str, own: Postgres, brief: Path, on_the_defaults: bytes, home: Path, tmp_path: Path
) -> None:
    reached = tmp_path / "reached"
    on = tmp_path / "on"
    out = tmp_path / "out.mp4"
    os.mkfifo(on)
    # only the first
    wait = f'case "$*" in *{piece}*) mkdir {reached} 2>/dev/null && read line < {on};; esac'
    stand_in = program(tmp_path / "ffmpeg", [wait])
    url = {"DATABASE_URL": own.url, "LOTUS_FFMPEG": stand_in}
    child = start("render", brief, "--out", out, home=home, **url)
    try:
        eventually(lambda: reached.exists() or child.poll() is not None, "ffmpeg is at work")
        assert child.poll() is None, child.communicate()
        own.stop()
        on.write_text("\n")  # it goes on, and comes to a database that is away
        own.start()
        said = ended(child)
    finally:
        child.kill()
    assert said.code == 0, said.err
    assert out.read_bytes() == on_the_defaults
