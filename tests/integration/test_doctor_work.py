"""`lotus doctor` on the work itself: each fault is made, found, and has a remedy."""

from __future__ import annotations

from datetime import timedelta
from importlib.metadata import PackagePath, distribution
from pathlib import Path
from typing import Any

import pytest

from lotus.checks import local, work
from lotus.checks.base import Finding
from lotus.checks.registry import CHECKS
from lotus.db import Database, records
from lotus.db import tables as t
from lotus.owner import this_process
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.conftest import PLACES

NAMES = ("files", "jobs", "failures", "predictions", "cache", "leftovers", "statements", "indexes")


@pytest.fixture
def db(home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Database:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path}/lotus.db")
    made = Database(f"sqlite:///{tmp_path}/lotus.db")
    made.migrate()
    return made


def _look(name: str) -> Finding:
    return CHECKS[name](Settings.read())


def _job(db: Database, **values: Any) -> str:
    with db.begin() as connection:
        told = {"kind": "ad", "prompt": "p", "provider": "animatic", "planner": "template", "brief": {}}
        job = records.create_job(connection, **told)
        connection.execute(t.generation_jobs.update().where(t.generation_jobs.c.id == job).values(**values))
    return job


def test_nothing_is_wrong_where_nothing_was_done(home: Path) -> None:
    assert {_look(name).status for name in NAMES} <= {"ok", "skip"}


def test_nothing_is_wrong_with_what_is_under_way(db: Database) -> None:
    _job(db, status="generating", owner=this_process())
    assert _look("jobs") == Finding("ok", "1 jobs are under way")


@pytest.mark.parametrize("fault", ["dead", "silent"])
def test_a_job_that_stands_still_is_named(db: Database, fault: str) -> None:
    owner = "elsewhere:1:abcd" if fault == "silent" else this_process().rsplit(":", 2)[0] + ":999999:abcd"
    at = t.now() - timedelta(hours=2) if fault == "silent" else t.now()
    job = _job(db, status="composing", owner=owner, updated_at=at)
    found = _look("jobs")
    assert found.status == "warn"
    assert f"1 jobs stand still: {job} (composing)" in found.detail
    assert "lotus jobs resume" in found.remedy


def test_failures_are_grouped_by_cause(db: Database) -> None:
    broken = {"code": "ffmpeg", "message": "x", "remedy": "pip install --upgrade imageio-ffmpeg"}
    for error in (broken, broken, {"code": "store", "message": "y", "remedy": "z"}):
        _job(db, status="failed", error=error, finished_at=t.now())
    _job(db, status="failed", error={"code": "old"}, finished_at=t.now() - timedelta(days=3))
    found = _look("failures")
    assert found.detail == "since yesterday 3 jobs failed: 2 x ffmpeg, 1 x store"
    assert found.remedy == broken["remedy"]


@pytest.mark.parametrize("fault", ["lost", "late"])
def test_a_prediction_that_nobody_follows_or_that_is_late_is_found(db: Database, fault: str) -> None:
    lost = fault == "lost"
    row = {
        "key": "k", "job_id": "j", "provider": "replicate", "model": "m", "request": {}, "reserved_usd": 1,
        "owner": this_process(), "lease_until": t.now() + timedelta(minutes=-5 if lost else 5),
        "created_at": t.now() - timedelta(hours=0 if lost else 1),
    }  # fmt: skip
    with db.begin() as connection:
        connection.execute(t.predictions.insert().values(row))
    found = _look("predictions")
    assert found.status == "warn"
    assert found.detail.startswith("1 predictions are followed by nobody" if lost else "0 predictions")


def _scenes(db: Database, clips: list[tuple[str, bool]], cost: int = 1) -> None:
    """Scenes of a job: the keys of their clips, and whether they were in the cache."""
    job = _job(db, status="completed")
    clip = {"provider": "replicate", "model": "m", "request": {}, "frames": 1, "seconds": 1, "size_bytes": 1}
    with db.begin() as connection:
        for position, (key, cached) in enumerate(clips):
            scene = {"description": "d", "provider": "replicate", "model": "m", "cached": cached}
            connection.execute(t.scenes.insert().values(job_id=job, position=position, clip_key=key, **scene))
            records.record_clip(connection, {"key": key, "cost_usd": cost, **clip})


def test_a_cache_that_never_serves_is_explained(db: Database) -> None:
    new = [(f"k{n}", False) for n in range(30)]
    _scenes(db, [(f"free{n}", False) for n in range(30)], cost=0)
    assert _look("cache").status == "ok", "what costs nothing may be made again"
    _scenes(db, new)
    found = _look("cache")
    assert found.detail == "0 of 30 scenes that cost money were in the cache since last week"
    assert (found.status, found.remedy) == (
        "warn",
        "lotus cache explain BRIEF names the field that differs",
    )
    for _ in range(3):
        _scenes(db, new)
    found = _look("cache")
    assert found.why.startswith("90 clips were made that had been there")
    assert "lotus store lifecycle check" in found.remedy
    _scenes(db, [(key, True) for key, _ in new])
    assert _look("cache").status == "ok"


def test_a_file_of_the_installation_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = PackagePath("dashboards/results.ipynb")
    gone.dist = distribution("pytest")  # which has no such file
    monkeypatch.setattr(local, "installed", lambda name: [gone])
    found = _look("files")
    assert (found.status, found.detail) == ("fail", "dashboards/results.ipynb gone")
    assert "pages" in found.why


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_an_index_that_was_dropped_is_missed(place: str) -> None:
    db = Workspace.open().db
    db.migrate()
    assert _look("indexes").status == "ok"
    with db.begin() as connection:
        connection.exec_driver_sql("DROP INDEX uq_predictions_open_key")
        connection.exec_driver_sql("DROP INDEX ix_generation_jobs_campaign")
    found = _look("indexes")
    assert found.detail == "ix_generation_jobs_campaign, uq_predictions_open_key missing"
    with db.begin() as connection:
        for statement in found.remedy.split("; "):
            connection.exec_driver_sql(statement)
    assert _look("indexes").status == "ok", "the remedy is one"


def test_temporary_files_that_grow_are_counted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "temp" / "1-x").mkdir(parents=True)
    (home / "temp" / "1-x" / "part.mp4").write_bytes(b"x" * 2000)
    assert _look("leftovers").detail == "1 temporary files, 0 MB"
    monkeypatch.setattr(work, "MANY_BYTES", 1000)
    assert _look("leftovers").status == "warn"


def test_slow_statements_are_shown(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = {"statement": "SELECT  *\nFROM scenes", "calls": 7, "mean_ms": 812.4}
    monkeypatch.setattr(work, "stats", lambda db: {"slow": [slow]})
    found = _look("statements")
    assert found.status == "warn"
    assert found.detail == "812 ms x 7: SELECT * FROM scenes"
