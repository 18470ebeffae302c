"""Looking after the database and the store: what is shown, what may go, and moving to
larger ones.
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from lotus.checks import database
from lotus.checks import store as check_store
from lotus.db import Database, predictions, records
from lotus.db import tables as t
from lotus.db.copying import copy_database
from lotus.db.upkeep import grant_readonly, grant_reviews, prunable, prune, stats
from lotus.errors import DatabaseError, InvalidInput, StoreError
from lotus.experiments.rating import add_answer
from lotus.experiments.records import ratings_of, save_design
from lotus.reports.storage import clean_store, store_usage
from lotus.reviews.verdicts import add_review
from lotus.settings import Settings
from lotus.store import Store
from lotus.store.bucket import Bucket
from lotus.store.lifecycle import wanted_rules
from lotus.store.migration import migrate_store
from lotus.workspace import Workspace
from tests import servers
from tests.driving import eventually, inside, start

DAY = 86_400
FACTS = {
    "kind": "ad",
    "prompt": "p",
    "provider": "animatic",
    "planner": "template",
    "brief": {"a": [1.5]},
}


def _completed(db: Database, days_ago: int, status: str = "completed") -> str:
    """A job with an event and a cost, finished so long ago."""
    with db.begin() as connection:
        job_id = records.create_job(connection, **FACTS)
        finished = t.now() - timedelta(days=days_ago)
        records.update_job(connection, job_id, status=status, finished_at=finished)
        records.add_event(connection, job_id, "stage", {"stage": "composing"})
        values = {"job_id": job_id, "scene": 0, "kind": "settled", "provider": "p", "model": "m"}
        records.add_costs(connection, [{**values, "amount_usd": Decimal("0.123456")}])
    return job_id


def _jobs(db: Database) -> set[str]:
    with db.read() as connection:
        return set(connection.scalars(sa.select(t.generation_jobs.c.id)))


def test_pruning_removes_old_completed_jobs_and_never_the_ledger(db: Database) -> None:
    old = _completed(db, 10)
    new = _completed(db, 1)
    failed = _completed(db, 10, "failed")
    waiting = _completed(db, 10)
    with db.begin() as connection:
        row = {"key": "k", "job_id": waiting, "provider": "p", "model": "m", "request": {}}
        assert predictions.add_prediction(connection, {**row, "reserved_usd": Decimal(1)})
    before = t.now() - timedelta(days=7)
    assert prunable(db, before) == {"jobs": 1, "events": 1}
    assert _jobs(db) == {old, new, failed, waiting}
    assert prune(db, before) == 1
    assert _jobs(db) == {new, failed, waiting}
    with db.read() as connection:
        assert records.events_of(connection, old) == []
        assert records.costs_of(connection, old)["settled"] == Decimal("0.123456")


def test_the_command_prunes_only_when_told_to(home: Path) -> None:
    db = Workspace.open().db
    _completed(db, 10)
    assert "would remove 1 job, 1 event" in inside("db", "prune", "--older-than", "7d").out
    assert len(_jobs(db)) == 1
    assert inside("db", "prune", "--older-than", "7d", "--yes", "--json").json["dry_run"] is False
    assert _jobs(db) == set()
    assert "write 7d or 12h" in inside("db", "prune", "--older-than", "week").error


def test_stats_show_tables_and_connections(db: Database) -> None:
    _completed(db, 1)
    found = stats(db)
    assert found["size_bytes"] > 0
    assert {row["name"] for row in found["tables"]} & {"generation_jobs", "events", "cost_entries"}
    assert (
        db.dialect == "sqlite" or found["connections"]["max"] >= found["connections"]["active"] >= 1
    )


def test_the_stats_command_prints_a_table(home: Path) -> None:
    _completed(Workspace.open().db, 1)
    assert "generation_jobs" in inside("db", "stats").out
    assert inside("db", "stats", "--json").json["dialect"] == "sqlite"


@pytest.fixture
def postgres_db(migrated: servers.Migrated) -> Iterator[Database]:
    with migrated.lent() as url:
        db = Database(servers.psycopg_url(url))
        yield db
        db.close()


def test_a_role_for_dashboards_reads_and_cannot_write(postgres_db: Database) -> None:
    job = _completed(postgres_db, 1)
    for _ in range(2):  # granting twice is as good as once
        grant_readonly(postgres_db, "dashboards", "it's 100% secret")
    url = postgres_db.engine.url.set(username="dashboards", password="it's 100% secret")
    theirs = Database(url.render_as_string(hide_password=False))
    assert _jobs(theirs) == {job}
    # the role's own default is read-only; without it there is still no right
    for writing in (False, True):
        said = "permission denied" if writing else "read-only transaction"
        with pytest.raises(DatabaseError, match=said), theirs.begin() as connection:  # noqa: PT012
            if writing:
                connection.execute(sa.text("SET TRANSACTION READ WRITE"))
            records.update_job(connection, job, status="failed")
    theirs.close()
    with pytest.raises(InvalidInput, match="is not a valid name of a role"):
        grant_readonly(postgres_db, "x; DROP TABLE events")


def test_a_role_for_reviews_adds_them_and_can_do_nothing_else(postgres_db: Database) -> None:
    job = _completed(postgres_db, 1)
    grant_reviews(postgres_db, "reviewers", "secret")
    url = postgres_db.engine.url.set(username="reviewers", password="secret")
    theirs = Database(url.render_as_string(hide_password=False))
    add_review(theirs, job, "approved", reviewer="Maya", comment="Ship it")
    for statement in (
        "SELECT * FROM reviews",
        "DELETE FROM reviews",
        "UPDATE generation_jobs SET prompt=''",
    ):
        with pytest.raises(DatabaseError, match="permission denied"), theirs.begin() as connection:
            connection.exec_driver_sql(statement)
    with pytest.raises(DatabaseError):
        add_review(theirs, "no such job", "approved", reviewer="Maya")
    experiment = postgres_db.run(save_design, "rated", {}, [])
    sides = {"left_key": "a", "right_key": "b", "subjects": ["x", "y"]}
    answer = {"id": t.new_id(), "experiment_id": experiment, "rater": "ana", "question": "better?"}
    answer |= {**sides, "choice": "left", "seconds": 1.0, "created_at": t.now()}
    add_answer(theirs, answer)
    add_answer(theirs, {**answer, "id": t.new_id()})  # sent twice, it counts once
    theirs.close()
    assert len(postgres_db.ask(ratings_of, experiment)) == 1
    with postgres_db.read() as connection:
        assert connection.execute(sa.select(t.reviews.c.verdict, t.reviews.c.comment)).all() == [
            ("approved", "Ship it")
        ]


def test_sqlite_has_no_roles(home: Path) -> None:
    for command in ("grant-readonly", "grant-reviews"):
        assert "SQLite has no roles" in inside("db", command, "dashboards").error


@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_database_is_copied_and_compared_and_copied_again(
    direction: str, postgres_db: Database, tmp_path: Path
) -> None:
    small = Database(f"sqlite:///{tmp_path}/lotus.db")
    small.migrate()
    source, target = (small, postgres_db) if direction == "up" else (postgres_db, small)
    jobs = {_completed(source, days) for days in range(5)}
    first = copy_database(source, target)
    assert (first["generation_jobs"], first["events"], first["cost_entries"]) == (5, 5, 5)
    assert _jobs(target) == jobs
    later = _completed(source, 0)
    assert copy_database(source, target)["generation_jobs"] == 6
    with target.begin() as connection:
        assert records.costs_of(connection, later)["settled"] == Decimal("0.123456")
        assert records.get_job(connection, later)["brief"] == FACTS["brief"]
        records.add_event(connection, later, "stage", {})  # its number is not one that was copied
    small.close()


def test_a_copy_that_differs_is_named(postgres_db: Database, tmp_path: Path) -> None:
    source = Database(f"sqlite:///{tmp_path}/lotus.db")
    source.migrate()
    job = _completed(source, 1)
    copy_database(source, postgres_db)
    with postgres_db.begin() as connection:
        records.update_job(connection, job, prompt="another")
    with pytest.raises(DatabaseError, match=f"generation_jobs {job} is another row after the copy"):
        copy_database(source, postgres_db)
    source.close()


def test_the_copy_command_brings_a_laptops_database_along(
    home: Path, postgres: servers.Databases, tmp_path: Path
) -> None:
    job = _completed(Workspace.open().db, 1)
    with postgres.made() as url:
        said = inside("db", "copy", f"sqlite:///{home}/lotus.db", url, "--json").json
        assert said["rows"]["generation_jobs"] == 1
        target = Database(servers.psycopg_url(url))
        assert _jobs(target) == {job}
        target.close()


def _put(store: Store, folder: Path, *keys: str) -> None:
    for key in keys:
        path = folder / "source"
        path.unlink(missing_ok=True)  # another file: a folder's objects are names of the same bytes
        path.write_bytes(key.encode() * 100)
        store.put(path, key)


def test_a_store_is_migrated_and_compared_and_migrated_again(store: Store, tmp_path: Path) -> None:
    laptop = Store(str(tmp_path / "laptop"), tmp_path / "laptop cache")
    _put(laptop, tmp_path, "clips/aa/a.mp4", "compositions/j/final.mp4", "uploads/photo.jpg")
    assert (first := migrate_store(laptop, store)).there_before == 0
    assert first.objects == 3
    assert {o.key: o.size_bytes for o in store.list()} == {
        o.key: o.size_bytes for o in laptop.list()
    }
    assert migrate_store(laptop, store).there_before == 3
    store.delete("clips/aa/a.mp4")
    assert migrate_store(laptop, store).there_before == 2
    store.delete("uploads/photo.jpg")
    (tmp_path / "other").write_bytes(b"another photo")
    store.put(tmp_path / "other", "uploads/photo.jpg")
    with pytest.raises(StoreError, match=r"uploads/photo\.jpg is another object"):
        migrate_store(laptop, store)


def test_the_migrate_command_brings_a_laptops_store_to_a_bucket(
    bucket: servers.Bucket, tmp_path: Path
) -> None:
    laptop = Store(str(tmp_path / "laptop"), tmp_path)
    _put(laptop, tmp_path, "clips/aa/a.mp4")
    moved = inside("migrate-store", tmp_path / "laptop", bucket.url, "--json").json
    assert (moved["objects"], moved["there_before"]) == (1, 0)
    assert Store(bucket.url, tmp_path / "c", endpoint_url=bucket.endpoint_url).exists(
        "clips/aa/a.mp4"
    )


def _workspace(url: str) -> Workspace:
    return Workspace(Settings.read(LOTUS_STORE=url))


@pytest.fixture(params=["folder", "s3"])
def used(request: pytest.FixtureRequest, tmp_path: Path, home: Path) -> Workspace:
    """A workspace with a store of each kind."""
    if request.param == "s3":
        return _workspace(request.getfixturevalue("bucket").url)
    return _workspace(str(tmp_path / "store"))


def test_cleaning_takes_what_expired_and_nothing_of_a_live_job(
    used: Workspace, tmp_path: Path
) -> None:
    with used.db.begin() as connection:
        live = records.create_job(connection, **FACTS)
        scene = {"position": 0, "description": "", "caption": None, "provider": "p", "model": "m"}
        records.save_scenes(connection, live, [{**scene, "clip_key": "live", "cached": False}])
    kept = [
        "clips/li/live.mp4",
        "segments/bb/b.mp4",
        "uploads/photo.jpg",
        f"compositions/{live}/final.mp4",
    ]
    gone = ["clips/aa/a.mp4", "temp/x.txt"]
    _put(used.store, tmp_path, *kept, *gone)
    later = (tmp_path / "source").stat().st_mtime + 40 * DAY
    assert clean_store(used, dry_run=True, now=later)["objects"] == 2
    assert len(list(used.store.list())) == 6
    assert clean_store(used, dry_run=False, now=later)["objects"] == 2
    assert sorted(found.key for found in used.store.list()) == sorted(kept)


def test_orphans_go_only_when_asked_for(used: Workspace, tmp_path: Path) -> None:
    job = _completed(used.db, 3)
    _put(used.store, tmp_path, f"compositions/{job}/final.mp4", "compositions/pruned/final.mp4")
    later = (tmp_path / "source").stat().st_mtime + 2 * DAY
    assert clean_store(used, dry_run=True, now=later)["objects"] == 0
    assert clean_store(used, dry_run=False, orphans=True, now=later)["objects"] == 1
    assert [found.key for found in used.store.list()] == [f"compositions/{job}/final.mp4"]


def test_usage_by_campaign_names_whose_videos_they_are(used: Workspace, tmp_path: Path) -> None:
    with used.db.begin() as connection:
        job = records.create_job(connection, **FACTS, campaign="c1")
    _put(
        used.store,
        tmp_path,
        f"compositions/{job}/final.mp4",
        "runs/c1/row/notebook.ipynb",
        "clips/aa/a.mp4",
    )
    rows = {row["campaign"]: row["objects"] for row in store_usage(used, "campaign")}
    assert rows == {"c1": 2, "shared": 1}


def test_usage_has_a_price_where_somebody_sends_a_bill(tmp_path: Path) -> None:
    assert Store("s3://bucket", tmp_path).billed
    assert not Store("s3://bucket", tmp_path, endpoint_url="http://127.0.0.1:9000").billed
    assert not Store(str(tmp_path), tmp_path).billed
    assert inside("store", "du", "--json").json["price"] is None
    assert "no grouping 'colour'" in inside("store", "du", "--by", "colour").error


def test_a_bucket_is_given_rules_that_are_then_there(
    bucket: servers.Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTUS_STORE", bucket.url)
    objects = Store(bucket.url, tmp_path, endpoint_url=bucket.endpoint_url).objects
    assert isinstance(objects, Bucket)
    theirs = {
        "ID": "theirs",
        "Filter": {"Prefix": "logs/"},
        "Status": "Enabled",
        "Expiration": {"Days": 3},
    }
    objects.call("put_bucket_lifecycle_configuration", LifecycleConfiguration={"Rules": [theirs]})
    assert inside("store", "lifecycle", "check").code == 1
    assert inside("store", "lifecycle", "apply", "--json").json["ok"]
    assert inside("store", "lifecycle", "check").code == 0
    shown = inside("store", "lifecycle", "show", "--json").json["rules"]
    days = {rule["prefix"].removeprefix(objects.prefix): rule["days"] for rule in shown}
    kept = {"clips/": 30, "segments/": 30, "compositions/": 90, "runs/": 90, "temp/": 7, "": 1}
    assert days == kept
    there = objects.call("get_bucket_lifecycle_configuration")["Rules"]
    assert "theirs" in {rule["ID"] for rule in there}
    assert len(there) == len(wanted_rules("")) + 1


def test_a_folder_has_no_rules(home: Path) -> None:
    assert "is not a bucket" in inside("store", "lifecycle", "show").error


@pytest.mark.slow
def test_both_servers_come_up_for_a_notebook_and_go_with_it(home: Path, tmp_path: Path) -> None:
    child = start("dev", "up", "--env", tmp_path / "dev.env", home=home)
    settings: dict[str, str] = {}
    try:
        eventually(
            lambda: (tmp_path / "dev.env").exists() or child.poll() is not None, "both are up"
        )
        assert child.poll() is None, child.communicate()
        lines = (tmp_path / "dev.env").read_text().split()
        settings = dict(line.split("=", 1) for line in lines)
        os.environ.update(settings)
        used = Workspace(Settings.read())
        assert used.db.status().up_to_date
        used.store.check()
        used.db.close()
    finally:
        for name in settings:
            os.environ.pop(name)
        child.send_signal(signal.SIGINT)
        child.communicate(timeout=60)
    with pytest.raises(DatabaseError):
        Database(settings["DATABASE_URL"].replace("postgresql:", "postgresql+psycopg:")).status()


def test_json_of_a_clean_up_says_what_would_go(home: Path) -> None:
    said = inside("store", "clean", "--json")
    wanted = {"dry_run": True, "objects": 0, "size_bytes": 0, "unfinished_uploads": 0}
    assert json.loads(said.out) == wanted


def test_doctor_counts_how_many_processes_the_server_can_take(
    postgres_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgres_db.engine.url.render_as_string(hide_password=False)
    few = database.connections(Settings.read(DATABASE_URL=url, DB_POOL_SIZE=2, DB_MAX_OVERFLOW=1))
    many = database.connections(
        Settings.read(DATABASE_URL=url, DB_POOL_SIZE=90, DB_MAX_OVERFLOW=20)
    )
    assert (few.status, many.status) == ("ok", "warn")
    assert "110 for each process: 0 processes fit" in many.detail
    assert "DB_POOL_SIZE=" in many.remedy
    assert database.connections(Settings.read()).status == "skip"


def test_doctor_misses_the_rules_of_a_bucket(bucket: servers.Bucket) -> None:
    settings = Settings.read(LOTUS_STORE=bucket.url)
    found = check_store.rules(settings)
    assert (found.status, found.remedy) == ("warn", "run `lotus store lifecycle apply`")
    assert check_store.rules(Settings.read()).status == "skip"
