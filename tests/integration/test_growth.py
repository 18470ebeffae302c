"""A database that grows old and large: revisions come to the newest, reports stay quick, claims single."""

from __future__ import annotations

import json
import multiprocessing
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command

from lotus import costs
from lotus.db import Database, predictions, records, rollups
from lotus.db import tables as t
from lotus.db.schema import alembic
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests import servers

REVISIONS = [f"{number:04}" for number in range(1, int(t.REVISION) + 1)]
OLD = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
JOB = {
    "id": "j1",
    "status": "completed",
    "kind": "ad",
    "prompt": "p",
    "provider": "animatic",
    "planner": "template",
    "brief": json.dumps({"a": 1}),
    "cancel_requested": False,
    "created_at": OLD,
    "updated_at": OLD,
}
COST = {
    "id": "c1",
    "job_id": "j1",
    "kind": "settled",
    "provider": "replicate",
    "model": "m",
    "created_at": OLD,
}


def _raw(table: str, row: dict[str, Any]) -> sa.TextClause:
    """An insert as an old lotus made it: today's models do not fit an old table."""
    times = {name: sa.bindparam(name, type_=t.Utc()) for name, value in row.items() if value is OLD}
    names = ", ".join(row)
    text = sa.text(f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + name for name in row)})")
    return text.bindparams(*times.values())


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_comes_to_the_newest_with_what_is_in_it(database_url: str, revision: str) -> None:
    db = Database(database_url)
    amount = 123456 if db.dialect == "sqlite" else Decimal("0.123456")
    with db.transaction() as connection:
        command.upgrade(alembic(connection), revision)
        connection.execute(_raw("generation_jobs", JOB), JOB)
        connection.execute(
            _raw("cost_entries", {**COST, "amount_usd": amount}), {**COST, "amount_usd": amount}
        )
    assert db.migrate().up_to_date
    with db.begin() as connection:
        command.check(alembic(connection))
        assert records.get_job(connection, "j1")["brief"] == {"a": 1}
        assert records.costs_of(connection, "j1")["settled"] == Decimal("0.123456")
        rollups.roll_up(connection)  # of a database that has the table already; a migration did it otherwise
        [day] = connection.execute(sa.select(t.cost_days)).mappings()
    assert (day["day"], day["amount_usd"], day["entries"]) == ("2026-01-31", Decimal("0.123456"), 1)
    db.close()


def _fill(db: Database, entries: int, days: int = 40) -> None:
    """A ledger of so many entries, the newest of today."""
    now, kinds = t.now(), ("estimated", "reserved", "settled", "saved")
    for start in range(0, entries, 5000):
        rows = [
            {
                "job_id": f"job-{n // 20}",
                "campaign": f"c{n % 7}" if n % 3 else None,
                "scene": n % 5,
                "kind": kinds[n % 4],
                "provider": "replicate",
                "model": f"m{n % 11}",
                "amount_usd": Decimal(n % 1000) / 1000,
                "created_at": now - timedelta(days=days * (entries - n) / entries),
            }
            for n in range(start, min(entries, start + 5000))
        ]
        with db.begin() as connection:
            connection.execute(t.cost_entries.insert(), rows)


@pytest.fixture
def ledger(db: Database) -> Workspace:
    """A workspace whose ledger has three thousand entries of forty days."""
    _fill(db, 3000)
    used = Workspace(Settings.read())
    used.__dict__["db"] = db
    return used


def test_a_report_is_the_same_before_and_after_the_days_are_summed(ledger: Workspace) -> None:
    before = {by: costs.costs_by(ledger, by) for by in costs.GROUPINGS}
    with ledger.db.begin() as connection:
        assert rollups.roll_up(connection)
        assert not rollups.roll_up(connection)
    assert {by: costs.costs_by(ledger, by) for by in costs.GROUPINGS} == before
    _fill(ledger.db, 10, days=0)
    after = costs.costs_by(ledger, "model")
    assert Decimal(after["total_usd"]) > Decimal(before["model"]["total_usd"])
    with ledger.db.begin() as connection:
        rollups.rebuild(connection)
    assert costs.costs_by(ledger, "model") == after


def _plans(db: Database, queries: list[Any]) -> str:
    with db.begin() as connection:
        texts = [query.compile(connection, compile_kwargs={"literal_binds": True}) for query in queries]
        lines = [row[-1] for text in texts for row in connection.exec_driver_sql(_explain(db, text)).all()]
    return "\n".join(map(str, lines))


def _explain(db: Database, text: Any) -> str:
    verb = "EXPLAIN QUERY PLAN" if db.dialect == "sqlite" else "EXPLAIN"
    return f"{verb} {text}".replace("%", "%%") if db.dialect == "postgresql" else f"{verb} {text}"


SCANS = {"sqlite": "SCAN cost_entries\n", "postgresql": "Seq Scan on cost_entries"}


@pytest.mark.parametrize("entries", [20_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_no_report_reads_the_whole_ledger(db: Database, entries: int) -> None:
    _fill(db, entries)
    with db.begin() as connection:
        rollups.roll_up(connection)
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    with db.begin() as connection:
        queries = [costs._sums(connection, by) for by in costs.BY_DAY]
    c = t.cost_entries.c
    queries += [sa.select(c.kind, sa.func.sum(c.amount_usd)).where(c.job_id == "job-7").group_by(c.kind)]
    assert SCANS[db.dialect] not in _plans(db, queries) + "\n"


CLAIMS = 300
PROCESSES = 6


def _claim_all(url: str, out: str) -> None:
    """Claim rows until none is free, and write down which."""
    db, mine, owner = Database(url), [], f"host:{os.getpid()}:x"
    until = t.now() + timedelta(hours=1)
    with db.read() as connection:
        found = [row for row in predictions.open_predictions(connection) if row["owner"] is None]
    for row in found[os.getpid() % 7 :] + found[: os.getpid() % 7]:

        def claim(connection: sa.Connection, row: records.Row = row) -> bool:
            return predictions.take_over(connection, row, owner, until)

        if db.run(claim):
            mine.append(row["id"])
    db.close()
    with open(f"{out}/{os.getpid()}", "w") as file:
        json.dump(mine, file)


@pytest.fixture
def free_rows(db: Database) -> Database:
    rows = [
        {
            "key": f"k{n}",
            "job_id": "j",
            "provider": "p",
            "model": "m",
            "request": {},
            "reserved_usd": Decimal(0),
        }
        for n in range(CLAIMS)
    ]
    with db.begin() as connection:
        connection.execute(t.predictions.insert(), rows)
    return db


def test_processes_that_claim_the_same_rows_get_each_once(free_rows: Database, tmp_path: Any) -> None:
    url = free_rows.engine.url.render_as_string(hide_password=False)
    free_rows.close()
    (tmp_path / "claims").mkdir()
    spawn = multiprocessing.get_context("fork")
    workers = [
        spawn.Process(target=_claim_all, args=[url, str(tmp_path / "claims")]) for _ in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(120)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES
    claimed = [name for path in (tmp_path / "claims").iterdir() for name in json.loads(path.read_text())]
    assert len(claimed) == len(set(claimed)) == CLAIMS


def test_a_clip_that_the_store_forgot_says_so_and_is_whole_again_when_made(db: Database) -> None:
    clip = {"key": "k", "provider": "p", "model": "m", "request": {}, "frames": 1}
    clip |= {"size_bytes": 1, "cost_usd": Decimal(1), "seconds": 1.0}
    with db.begin() as connection:
        assert not records.expire_clip(connection, "k")
        records.record_clip(connection, clip)
        assert records.expire_clip(connection, "k")
        assert not records.expire_clip(connection, "k")
        assert connection.scalar(sa.select(t.clips.c.expired_at)) is not None
        records.record_clip(connection, clip)
        assert connection.scalar(sa.select(t.clips.c.expired_at)) is None


def test_a_rollup_counts_days_in_utc_whatever_the_server_thinks(migrated: servers.Migrated) -> None:
    with migrated.lent() as url:
        db = Database(servers.psycopg_url(url))
        with db.begin() as connection:
            connection.exec_driver_sql("SET LOCAL timezone = 'Asia/Tokyo'")
            values = {"job_id": "j", "kind": "settled", "provider": "p", "model": "m"}
            row = {**values, "amount_usd": Decimal(1), "created_at": OLD}
            records.add_costs(connection, [row])
            rollups.roll_up(connection)
            assert connection.scalar(sa.select(t.cost_days.c.day)) == "2026-01-31"
        db.close()
