"""`lotus doctor` on a machine and the work itself: each fault is made, found, and has a remedy."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from importlib.metadata import PackagePath, distribution
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lotus.checks import examine, local, work
from lotus.checks.base import Finding
from lotus.checks.registry import CHECKS
from lotus.db import Database, records
from lotus.db import tables as t
from lotus.settings import Settings
from lotus.system.owner import this_process
from lotus.workspace import Workspace
from tests.conftest import PLACES
from tests.driving import inside, program
from tests.paying import video_of
from tests.replicate_account import Outcome
from tests.replicate_server import Fault, Replicate

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
        told = {
            "kind": "ad",
            "prompt": "p",
            "provider": "animatic",
            "planner": "template",
            "brief": {},
        }
        job = records.create_job(connection, **told)
        connection.execute(
            t.generation_jobs.update().where(t.generation_jobs.c.id == job).values(**values)
        )
    return job


def _stuck(db: Database, fault: str) -> str:
    owner = (
        "elsewhere:1:abcd"
        if fault == "silent"
        else this_process().rsplit(":", 2)[0] + ":999999:abcd"
    )
    at = t.now() - timedelta(hours=2) if fault == "silent" else t.now()
    return _job(db, status="composing", owner=owner, updated_at=at)


def _predict(db: Database, *, lease: int, age: int) -> None:
    """A prediction whose lease ends in so many minutes, of so many hours ago."""
    row = {
        "key": "k",
        "job_id": "j",
        "provider": "replicate",
        "model": "m",
        "request": {},
        "reserved_usd": 1,
        "owner": this_process(),
        "lease_until": t.now() + timedelta(minutes=lease),
        "created_at": t.now() - timedelta(hours=age),
    }
    with db.begin() as connection:
        connection.execute(t.predictions.insert().values(row))


@dataclass(frozen=True)
class Sick:
    """Where a fault is made: what a test may ask for, and settings that lead there."""

    ask: Callable[[str], Any]  # a fixture by its name
    patch: pytest.MonkeyPatch
    folder: Path

    @property
    def db(self) -> Database:
        return self.ask("db")  # type: ignore[no-any-return]

    def ffmpeg(self, *lines: str) -> dict[str, Any]:
        """An ffmpeg that says something else."""
        return {"LOTUS_FFMPEG": program(self.folder / "ffmpeg", lines)}


def _without_fonts(at: Sick) -> None:
    at.patch.setattr("lotus.composition.text.fonts.FontBook.missing", lambda book, text: text)


def _old_tables(at: Sick) -> None:
    with at.db.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0009'")


def _few_connections(at: Sick) -> dict[str, Any]:
    return {"DATABASE_URL": at.ask("postgres").url, "DB_POOL_SIZE": 90}


def _bucket(at: Sick, name: str) -> dict[str, Any]:
    return {"LOTUS_STORE": f"s3://{at.ask('cloud').names['bucket']}{name}"}


def _rules(at: Sick) -> dict[str, Any]:
    cloud = at.ask("cloud")
    cloud.client("s3").delete_bucket_lifecycle(Bucket=cloud.names["bucket"])
    return _bucket(at, "")


def _models(at: Sick) -> dict[str, Any]:
    (at.folder / "mine.toml").write_text("[models.mine]\n")
    return {"LOTUS_MODELS": at.folder / "mine.toml"}


def _failed(at: Sick) -> None:
    _job(
        at.db,
        status="failed",
        error={"code": "x", "message": "y", "remedy": "z"},
        finished_at=t.now(),
    )


def _silent(at: Sick) -> None:
    _stuck(at.db, "silent")


def _lost_prediction(at: Sick) -> None:
    _predict(at.db, lease=-5, age=0)


def _cold_cache(at: Sick) -> None:
    _scenes(at.db, [(f"k{n}", False) for n in range(30)])


def _gone(at: Sick) -> None:
    gone = PackagePath("dashboards/results.ipynb")
    gone.dist = distribution("pytest")  # which has no such file
    at.patch.setattr(local, "installed", lambda name: [gone])


def _left(at: Sick) -> None:
    folder = Settings.read().home / "temp" / "1-x"
    folder.mkdir(parents=True)
    (folder / "part.mp4").write_bytes(b"x" * 2000)
    at.patch.setattr(work, "MANY_BYTES", 1000)


def _slow(at: Sick) -> None:
    slow = {"statement": "SELECT  *\nFROM scenes", "calls": 7, "mean_ms": 812.4}
    at.patch.setattr(work, "stats", lambda db: {"slow": [slow]})
    assert at.db


def _dropped(at: Sick) -> None:
    with at.db.begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_generation_jobs_campaign")


FAULTS: dict[str, tuple[Callable[[Sick], dict[str, Any] | None], str, str]] = {
    # a check -> what is done to it, how bad that is, a part of the remedy
    "python": (
        lambda at: at.patch.setattr(sys, "version_info", (3, 10, 4)),
        "fail",
        "install Python 3.11",
    ),
    "packages": (
        lambda at: at.patch.setattr(
            local, "requires", lambda name: ["typer>=99", "nobody-has-this"]
        ),
        "fail",
        "pip install --upgrade lotus-video",
    ),
    "files": (_gone, "fail", "pip install --force-reinstall"),
    "home": (lambda at: {"LOTUS_HOME": Path(__file__) / "home"}, "fail", "set LOTUS_HOME"),
    "disk": (
        lambda at: at.patch.setattr(
            local.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**8)
        ),
        "fail",
        "lotus store clean",
    ),
    "ffmpeg": (lambda at: at.ffmpeg("exit 127"), "fail", "LOTUS_FFMPEG"),
    "codecs": (
        lambda at: at.ffmpeg(
            'case "$*" in *-encoders*) "$FFMPEG" "$@" | grep -v libx264; exit;; esac'
        ),
        "fail",
        "imageio-ffmpeg",
    ),
    "filters": (
        lambda at: at.ffmpeg(
            'case "$*" in *-filters*) "$FFMPEG" "$@" | grep -v xfade; exit;; esac'
        ),
        "fail",
        "imageio-ffmpeg",
    ),
    "fonts": (_without_fonts, "warn", "manimgx-fonts"),
    "database": (_old_tables, "warn", "lotus db migrate"),
    "connections": (_few_connections, "warn", "DB_POOL_SIZE="),
    "store": (lambda at: _bucket(at, "-of-nobody"), "fail", "LOTUS_STORE"),
    "rules": (_rules, "warn", "lotus store lifecycle apply"),
    "models": (_models, "fail", "add the field"),
    "replicate": (
        lambda at: {"REPLICATE_API_TOKEN": "hunter2"},
        "fail",
        "replicate.com/account/api-tokens",
    ),
    "jobs": (_silent, "warn", "lotus jobs resume"),
    "failures": (_failed, "warn", "z"),
    "predictions": (_lost_prediction, "warn", "lotus jobs resume"),
    "cache": (_cold_cache, "warn", "lotus cache explain"),
    "leftovers": (_left, "warn", "render something"),
    "statements": (_slow, "warn", "lotus db prune"),
    "indexes": (_dropped, "warn", "CREATE INDEX ix_generation_jobs_campaign"),
}


def test_every_check_has_a_fault() -> None:
    assert list(FAULTS) == list(CHECKS)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_found_and_has_a_remedy(
    name: str,
    request: pytest.FixtureRequest,
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make, status, remedy = FAULTS[name]
    settings = make(Sick(request.getfixturevalue, monkeypatch, tmp_path)) or {}
    [found] = examine(Settings.read(**settings), {name: CHECKS[name]})
    assert (found.status, remedy in found.remedy) == (status, True), found
    assert found.detail


def test_nothing_is_wrong_where_nothing_was_done(home: Path) -> None:
    found = {name: _look(name).status for name in NAMES}
    assert set(found.values()) <= {"ok", "skip"}


def test_nothing_is_wrong_with_what_is_under_way(db: Database) -> None:
    _job(db, status="generating", owner=this_process())
    assert _look("jobs") == Finding("ok", "under way: 1 job")


@pytest.mark.parametrize("fault", ["dead", "silent"])
def test_a_job_that_stands_still_is_named(db: Database, fault: str) -> None:
    job = _stuck(db, fault)
    found = _look("jobs")
    assert found.status == "warn"
    assert f"no progress in 1 job: {job} (composing)" in found.detail
    assert "lotus jobs resume" in found.remedy


def test_failures_are_grouped_by_cause(db: Database) -> None:
    broken = {"code": "ffmpeg", "message": "x", "remedy": "pip install --upgrade imageio-ffmpeg"}
    for error in (broken, broken, {"code": "store", "message": "y", "remedy": "z"}):
        _job(db, status="failed", error=error, finished_at=t.now())
    _job(db, status="failed", error={"code": "old"}, finished_at=t.now() - timedelta(days=3))
    found = _look("failures")
    assert found.detail == "since yesterday 3 jobs failed: 2 x ffmpeg: x; 1 x store: y"
    assert found.remedy == f"{broken['remedy']}; z"


BAD_DAYS = {  # what Replicate does, what the finding names, and the remedy
    "no credit": (("create", Fault(402, "Insufficient credit")), "no credit", "/account/billing"),
    "rate": (
        ("create", Fault(429, "throttled")),
        "too many requests",
        "LOTUS_MAX_CONCURRENT_CLIPS",
    ),
    "status": (("create", Fault(500)), "has an internal error (500", "try again"),
    "download": (Outcome(output="gone"), "cannot be downloaded", "run again to make a new one"),
    "refusal": (
        Outcome("failed", error="NSFW content"),
        "the model refused",
        "change the scene's description",
    ),
}


@pytest.mark.parametrize("day", BAD_DAYS)
def test_why_replicate_made_nothing_is_told(
    replicate: Replicate, home: Path, impatient: None, day: str
) -> None:
    bad, happened, remedy = BAD_DAYS[day]
    if isinstance(bad, Outcome):
        replicate.account.outcomes = [bad] * 9
    else:
        call, fault = bad
        replicate.misbehave(call, *[fault] * 9)
    Path("video.json").write_text(video_of(1).model_dump_json())
    assert inside("render", "video.json", "--provider", "replicate", "--quiet").code == 1
    found = _look("failures")
    assert found.detail.startswith("since yesterday 1 job failed: 1 x clip_failed: ")
    assert happened in found.detail
    assert remedy in found.remedy


def test_a_new_folder_has_no_jobs_yet(home: Path) -> None:
    answer = _look("jobs")
    assert (answer.status, answer.detail) == ("skip", "none yet: no job has run here")
    assert not home.exists()


@pytest.mark.parametrize("fault", ["lost", "late"])
def test_a_prediction_that_nobody_follows_or_that_is_late_is_found(
    db: Database, fault: str
) -> None:
    lost = fault == "lost"
    _predict(db, lease=-5 if lost else 5, age=0 if lost else 1)
    found = _look("predictions")
    assert found.status == "warn"
    assert found.detail.startswith(
        "1 prediction without a process that follows" if lost else "0 predictions"
    )


def _scenes(db: Database, clips: list[tuple[str, bool]], cost: int = 1) -> None:
    """Scenes of a job: the keys of their clips, and whether they were in the cache."""
    job = _job(db, status="completed")
    clip = {
        "provider": "replicate",
        "model": "m",
        "request": {},
        "frames": 1,
        "seconds": 1,
        "size_bytes": 1,
    }
    with db.begin() as connection:
        for position, (key, cached) in enumerate(clips):
            scene = {"description": "d", "provider": "replicate", "model": "m", "cached": cached}
            connection.execute(
                t.scenes.insert().values(job_id=job, position=position, clip_key=key, **scene)
            )
            records.record_clip(connection, {"key": key, "cost_usd": cost, **clip})


def test_a_cache_that_never_serves_is_explained(db: Database) -> None:
    new = [(f"k{n}", False) for n in range(30)]
    _scenes(db, [(f"free{n}", False) for n in range(30)], cost=0)
    assert _look("cache").status == "ok", "what costs nothing may be made again"
    _scenes(db, new)
    found = _look("cache")
    assert found.detail == "in the last 7 days 0 of 30 paid scenes came from the cache"
    assert (found.status, found.remedy) == (
        "warn",
        "lotus cache explain BRIEF names the field that differs",
    )
    for _ in range(3):
        _scenes(db, new)
    found = _look("cache")
    assert found.why.startswith("90 clips made again")
    assert "lotus store lifecycle check" in found.remedy
    _scenes(db, [(key, True) for key, _ in new])
    assert _look("cache").status == "ok"


def test_a_file_of_the_installation_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    _gone(Sick(lambda name: None, monkeypatch, Path()))
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


@pytest.mark.parametrize("place", PLACES, indirect=True)
def test_a_server_that_counts_no_statements_is_told_how(place: str) -> None:
    Workspace.open().db.migrate()
    found = _look("statements")
    assert (found.status, "CREATE EXTENSION" in found.remedy) == ("skip", place == "servers")


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
