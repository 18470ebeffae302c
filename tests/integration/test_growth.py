"""A database that grows old and large: revisions come to the newest, reports stay quick, claims
single.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.script import ScriptDirectory

from batch.report.state import read_state
from batch.rows import totals as tallies
from lotus import reports
from lotus.db import Database, records, rollups
from lotus.db import tables as t
from lotus.db.schema import alembic
from lotus.pipeline.job import read_job
from lotus.reports import cost_groups as costs
from lotus.reports import spending, videos
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests import servers
from tests.claiming import claim_all, free_rows
from tests.seeding import seed

REVISIONS = [script.revision for script in ScriptDirectory.from_config(alembic()).walk_revisions()]
OLD = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
JOB = {
    "id": "j1",
    "status": "completed",
    "kind": "ad",
    "prompt": "p",
    "provider": "animatic",
    "planner": "template",
    "brief": json.dumps({"a": 1, "brand": {"name": "Aurora"}}),
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
    text = sa.text(
        f"INSERT INTO {table} ({names}) VALUES ({', '.join(':' + name for name in row)})"
    )
    return text.bindparams(*times.values())


@pytest.mark.parametrize("revision", REVISIONS)
def test_every_revision_comes_to_the_newest_with_what_is_in_it(
    database_url: str, revision: str
) -> None:
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
        rollups.rebuild(connection)  # no migration sums what has just been written
        job = records.get_job(connection, "j1")
        assert (job["brief"]["a"], job["spent_usd"]) == (1, Decimal("0.123456"))
        assert records.costs_of(connection, "j1")["settled"] == Decimal("0.123456")
        [day] = connection.execute(sa.select(t.cost_days)).mappings()
    assert (day["day"], day["amount_usd"], day["entries"]) == ("2026-01-31", Decimal("0.123456"), 1)
    assert day["brand"] == "Aurora"
    db.close()


def test_the_lengths_of_videos_that_are_there_are_filled_in(database_url: str) -> None:
    db = Database(database_url)
    video = {"key": "k", "object_key": "o", "width": 16, "height": 16, "size_bytes": 1}
    video |= {"segments_total": 1, "segments_rendered": 1, "elapsed_seconds": 1.0}
    lengths = {"j1": ("24", 240), "j2": ("30000/1001", 300), "j3": ("60", 300)}
    with db.transaction() as connection:
        command.upgrade(alembic(connection), "0013")
        for job_id, (fps, frames) in lengths.items():
            job = {**JOB, "id": job_id}
            connection.execute(_raw("generation_jobs", job), job)
            row = {**video, "job_id": job_id, "fps": fps, "frames": frames, "created_at": OLD}
            connection.execute(_raw("compositions", row), row)
    db.migrate()
    j = t.generation_jobs.c
    longest = sa.select(j.id, j.length_seconds).order_by(*videos.SORTS["length"])
    with db.read() as connection:
        assert connection.execute(longest).all() == [
            ("j2", pytest.approx(10.01)),
            ("j1", pytest.approx(10.0)),
            ("j3", pytest.approx(5.0)),
        ]
    db.close()


@pytest.fixture
def ledger(db: Database) -> Workspace:
    """A workspace whose ledger has three thousand entries of forty days."""
    seed(db, 300, days=40, details=False)
    used = Workspace(Settings.read())
    used.__dict__["db"] = db
    return used


def test_a_report_is_the_same_before_and_after_the_days_are_summed(ledger: Workspace) -> None:
    with ledger.db.begin() as connection:
        connection.execute(t.cost_days.delete())
    before = {by: costs.costs_by(ledger, by) for by in costs.GROUPINGS}
    with ledger.db.begin() as connection:
        assert rollups.roll_up(connection)
        assert not rollups.roll_up(connection)
    assert {by: costs.costs_by(ledger, by) for by in costs.GROUPINGS} == before
    entry = {**COST, "job_id": "today", "amount_usd": Decimal(1), "created_at": t.now()}
    ledger.db.run(records.add_costs, [entry])
    after = costs.costs_by(ledger, "model")
    assert Decimal(after["total_usd"]) == Decimal(before["model"]["total_usd"]) + 1
    with ledger.db.begin() as connection:
        rollups.rebuild(connection)
    assert costs.costs_by(ledger, "model") == after


def test_a_database_that_is_filled_for_tests_is_read_as_any_other(db: Database, home: Path) -> None:
    written = seed(db, 60, days=5, until=OLD)
    used = Workspace(Settings.read())
    used.__dict__["db"] = db
    jobs = reports.jobs(used, limit=1000)
    assert len(jobs) == written["generation_jobs"] == 60
    assert {job["status"] for job in jobs} >= {"completed", "generating", "composing"}
    assert all(read_job(used, job["job_id"]).scenes for job in jobs[::10])
    with db.read() as connection:
        [running] = connection.scalars(
            sa.select(t.campaigns.c.id).where(t.campaigns.c.status == "running")
        )
    counts = read_state(used, running).counts
    assert (counts["running"], counts["queued"]) == (4, 4)
    totals = {costs.costs_by(used, by)["total_usd"] for by in costs.GROUPINGS}
    assert len(totals) == 1
    assert totals != {"0.00"}


def _plans(db: Database, queries: list[Any]) -> str:
    with db.begin() as connection:
        texts = [
            query.compile(connection, compile_kwargs={"literal_binds": True}) for query in queries
        ]
        lines = [
            row[-1]
            for text in texts
            for row in connection.exec_driver_sql(_explain(db, text)).all()
        ]
    return "\n".join(map(str, lines))


def _explain(db: Database, text: Any) -> str:
    verb = "EXPLAIN QUERY PLAN" if db.dialect == "sqlite" else "EXPLAIN"
    return f"{verb} {text}".replace("%", "%%") if db.dialect == "postgresql" else f"{verb} {text}"


SCANS = {"sqlite": "SCAN cost_entries\n", "postgresql": "Seq Scan on cost_entries"}


@pytest.mark.parametrize("jobs", [2000, pytest.param(105_000, marks=pytest.mark.slow)])
def test_no_report_reads_the_whole_ledger(db: Database, jobs: int) -> None:
    entries = seed(db, jobs, details=False)["cost_entries"]
    assert entries > (1_000_000 if jobs > 100_000 else 18_000)
    with db.begin() as connection:
        queries = [costs._sums(connection, by, "", "9") for by in costs.BY_DAY]
        job = connection.scalar(sa.select(sa.func.max(t.generation_jobs.c.id)))
    ago = (t.now() - timedelta(days=29)).date().isoformat()
    today = t.now().date().isoformat()
    with db.read() as connection:
        queries += [spending._sums(connection, by, ago, today) for by in spending.BY]
    c = t.cost_entries.c
    queries += [
        sa.select(c.kind, sa.func.sum(c.amount_usd)).where(c.job_id == job).group_by(c.kind)
    ]
    assert SCANS[db.dialect] not in _plans(db, queries) + "\n"


SORTED = {"sqlite": "USE TEMP B-TREE FOR ORDER BY\n", "postgresql": "Sort Key: generation_jobs"}
ORDERED = {
    "cost": "ix_generation_jobs_spent_usd_id",
    "length": "ix_generation_jobs_length_seconds_id",
}


@pytest.mark.parametrize("sort", ORDERED)
def test_the_dearest_and_longest_videos_are_read_in_order_and_not_sorted(
    db: Database, sort: str
) -> None:
    seed(db, 2000, details=False)
    query = videos._query().order_by(*videos.SORTS[sort]).limit(videos.PAGE)
    plan = _plans(db, [query]) + "\n"
    assert ORDERED[sort] in plan
    assert SORTED[db.dialect] not in plan


def test_what_a_job_spent_is_the_sum_of_what_was_settled(db: Database) -> None:
    seed(db, 200, details=False)
    j = t.generation_jobs.c
    c = t.cost_entries.c
    total = sa.func.coalesce(sa.func.sum(c.amount_usd), 0)
    settled = sa.select(total).where(c.job_id == j.id, c.kind == "settled").scalar_subquery()
    differ = sa.select(sa.func.count()).where(j.spent_usd != settled)
    with db.begin() as connection:
        job = connection.execute(
            sa.select(j.id, j.updated_at).order_by(j.spent_usd.desc()).limit(1)
        ).one()
        row = {**COST, "job_id": job.id, "created_at": t.now()}
        entries = [{**row, "id": str(n), "amount_usd": Decimal("0.000001")} for n in range(3)]
        records.add_costs(connection, [*entries, {**entries[0], "id": "x", "kind": "reserved"}])
        assert connection.scalar(differ) == 0
        assert connection.scalar(sa.select(sa.func.count()).where(j.spent_usd > 0)) > 50
        assert connection.scalar(sa.select(j.updated_at).where(j.id == job.id)) == job.updated_at


ALONE = {"sqlite": "USING COVERING INDEX", "postgresql": "Index Only Scan"}


def test_how_a_campaign_stands_is_read_from_an_index_alone(db: Database) -> None:
    """It is asked every second by whoever watches, while the ledger has thousands of
    its entries.
    """
    seed(db, 500, days=30, details=False)
    if db.dialect == "postgresql":  # which does so by itself, later
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM cost_entries")
    with db.read() as connection:
        campaign = connection.scalar(sa.select(sa.func.max(t.campaigns.c.id)))
    assert f"{ALONE[db.dialect]} " in _plans(db, [tallies._sums(str(campaign))])


@pytest.mark.parametrize(
    ("processes", "rows"), [(6, 300), pytest.param(16, 5000, marks=pytest.mark.slow)]
)
def test_processes_that_claim_the_same_rows_get_each_once(
    db: Database, processes: int, rows: int
) -> None:
    free_rows(db, rows)
    url = db.engine.url.render_as_string(hide_password=False)
    db.close()
    claimed = [row for mine in claim_all(url, processes)[0] for row in mine]
    assert len(claimed) == len(set(claimed)) == rows


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
