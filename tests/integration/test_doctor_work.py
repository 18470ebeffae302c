"""`lotus doctor` on the work itself: each fault is made, found, and has a remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lotus.checks import work
from lotus.checks.base import Finding
from lotus.checks.registry import CHECKS
from lotus.db import Database, records
from lotus.db import tables as t
from lotus.owner import this_process
from lotus.settings import Settings

NAMES = ("jobs", "failures", "predictions", "leftovers", "statements")


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
