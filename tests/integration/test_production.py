"""The main path on PostgreSQL and S3 as on the defaults: the same video, killed and resumed, or shared."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.store import Store
from tests import servers
from tests.clips import ffmpeg
from tests.driving import done, eventually, lotus, program, start, strays
from tests.serving import pattern, request_of, serving

SCENES = [{"description": f"Pattern {n}", "source": "pattern.mp4", "start_seconds": n / 2} for n in range(3)]
BRIEF = {
    "prompt": "Three test patterns one after another, counted frame by frame, with nothing else to see.",
    "duration_seconds": 5,
    "aspect_ratio": "1:1",
    "fps": "4",
    "music": "none",
    "scenes": SCENES,
}


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patterns")
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x160:r=4:d=4", "-c:v", "libx264", folder / "pattern.mp4")
    path = folder / "brief.json"
    path.write_text(json.dumps(BRIEF))
    return path


@pytest.fixture(scope="module")
def on_the_defaults(brief: Path) -> bytes:
    """The video as SQLite and a folder make it."""
    done("render", brief, "--out", brief.parent / "out.mp4", home=brief.parent / "home")
    return (brief.parent / "out.mp4").read_bytes()


@dataclass
class Production:
    """A database, a bucket, and the variables that lead there."""

    db: Database
    store: Store
    environment: dict[str, str]

    def objects(self, prefix: str) -> list[str]:
        return [found.key for found in self.store.list(prefix)]

    def rows(self, table: sa.Table) -> list[dict[str, Any]]:
        with self.db.begin() as connection:
            return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


@pytest.fixture
def production(migrated: servers.Migrated, bucket: servers.Bucket, tmp_path: Path) -> Iterator[Production]:
    with migrated.lent() as url:
        db = Database(servers.psycopg_url(url))
        store = Store(bucket.url, tmp_path / "looking", endpoint_url=bucket.endpoint_url)
        yield Production(db, store, {**bucket.environment, "DATABASE_URL": url, "LOTUS_STORE": bucket.url})
        db.close()


def test_the_same_job_makes_the_same_video_and_another_machine_reuses_it(
    production: Production, brief: Path, on_the_defaults: bytes, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    made = done("render", brief, "--out", out, "--json", home=home, **production.environment).json
    assert made["status"] == "completed"
    assert out.read_bytes() == on_the_defaults
    assert len(production.objects("clips/")) == len(production.rows(t.clips)) == 3
    kept = {Path(key).name for key in production.objects(f"compositions/{made['job_id']}/")}
    assert kept == {"final.mp4", "poster.jpg", "timeline.json", "storyboard.json", "captions.srt"}
    shutil.rmtree(home)  # another machine has nothing but the address of the two servers
    again = done("render", brief, "--out", out, "--json", home=home, **production.environment).json
    assert out.read_bytes() == on_the_defaults
    assert again["segments"]["rendered"] == 0
    assert all(scene["cached"] for scene in again["scenes"])
    assert len(production.rows(t.clips)) == 3
    shown = done("jobs", "show", made["job_id"], "--json", home=home, **production.environment).json
    assert Path(shown["output"]).read_bytes() == on_the_defaults


def test_a_killed_job_is_resumed_on_another_machine_to_the_same_bytes(
    production: Production, brief: Path, on_the_defaults: bytes, home: Path, tmp_path: Path
) -> None:
    reached, out = tmp_path / "reached", tmp_path / "out.mp4"
    wait = f'case "$*" in *segment-00002*) : > {reached}; exec tail -f /dev/null;; esac'
    stand_in = program(tmp_path / "ffmpeg", [wait])
    child = start("render", brief, home=home, LOTUS_FFMPEG=stand_in, **production.environment)
    try:
        eventually(lambda: reached.exists() or child.poll() is not None, "ffmpeg starts the third segment")
    finally:
        child.kill()
        child.communicate()
    eventually(lambda: not strays(home), f"the processes of {home} end")
    [job] = production.rows(t.generation_jobs)
    clips = production.rows(t.clips)
    assert (job["status"], len(clips)) == ("composing", 3)
    shutil.rmtree(home)
    done("jobs", "resume", job["id"], "--out", out, home=home, **production.environment)
    assert out.read_bytes() == on_the_defaults
    assert [row["created_at"] for row in production.rows(t.clips)] == [row["created_at"] for row in clips]
    assert [row["status"] for row in production.rows(t.generation_jobs)] == ["completed"]


def test_a_server_without_a_schema_is_named_before_any_work(
    postgres: servers.Databases, brief: Path, home: Path
) -> None:
    with postgres.made() as url:
        said = lotus("render", brief, home=home, DATABASE_URL=url)
        assert said.code == 1
        assert "its schema is at revision none" in said.error
        assert said.error.endswith("run `lotus db migrate`")


def test_the_service_works_on_servers_and_leads_downloads_to_the_bucket(
    production: Production, home: Path, tmp_path: Path
) -> None:
    with serving(home, LOTUS_RATE_LIMIT=10_000, **production.environment) as served:
        queued = served.post("/api/v1/generations", request_of(served, tmp_path))
        made = served.ended(queued.json()["id"])
        assert made["status"] == "completed", made
        found = served.get(made["links"]["download"])
        assert found.status_code == 307
        part = httpx.get(found.headers["Location"], headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        asset = served.get(made["storyboard"]["scenes"][0]["source"].replace("asset:", "/api/v1/assets/"))
        assert httpx.get(served.get(asset.json()["href"]).headers["Location"]).content == pattern(tmp_path)
        assert {check["status"] for check in served.get("/health/ready").json()["checks"]} == {"ok", "skip"}
    assert [row["queued_at"] is not None for row in production.rows(t.generation_jobs)] == [True]
