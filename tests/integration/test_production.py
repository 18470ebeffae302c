"""The main path on PostgreSQL and S3: the same video as on the defaults, whatever they forget or
restart.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lotus.workspace import Workspace
from tests import driving, servers
from tests.driving import done, inside, patterns, rows
from tests.paying import balanced, video_of
from tests.replicate_server import Replicate
from tests.replicate_server import serving as replicate_serving
from tests.serving import pattern, request_of, serving

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
    with replicate_serving() as running:
        yield running


@ON_SERVERS
def test_the_same_job_makes_the_same_video_and_another_machine_reuses_it(
    place: str, brief: Path, on_the_defaults: bytes, home: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.mp4"
    made = done("render", brief, "--out", out, "--json", home=home).json
    assert made["status"] == "completed"
    assert out.read_bytes() == on_the_defaults
    store = Workspace.open().store
    assert len(list(store.list("clips/"))) == len(rows(home, "SELECT key FROM clips")) == 3
    kept = {Path(found.key).name for found in store.list(f"compositions/{made['job_id']}/")}
    documents = {"timeline.json", "storyboard.json", "provenance.json"}
    assert kept == {"final.mp4", "poster.jpg", "captions.srt", *documents}
    shutil.rmtree(home)  # another machine has nothing but the addresses of the two servers
    again = done("render", brief, "--out", out, "--json", home=home).json
    assert out.read_bytes() == on_the_defaults
    assert again["segments"]["rendered"] == 0
    assert all(scene["cached"] for scene in again["scenes"])
    assert len(rows(home, "SELECT key FROM clips")) == 3
    shown = done("jobs", "show", made["job_id"], "--json", home=home).json
    assert Path(shown["output"]).read_bytes() == on_the_defaults


def test_a_server_without_a_schema_is_named_before_any_work(
    postgres: servers.Databases, brief: Path, home: Path
) -> None:
    with postgres.made() as url:
        said = driving.lotus("render", brief, home=home, DATABASE_URL=url)
        assert said.code == 1
        assert "its schema is at revision none" in said.error
        assert said.error.endswith("run `lotus db migrate`")


@pytest.mark.slow
@ON_SERVERS
def test_the_service_works_on_servers_and_leads_downloads_to_the_bucket(
    place: str, home: Path, tmp_path: Path
) -> None:
    with serving(home, LOTUS_RATE_LIMIT=10_000) as served:
        queued = served.post("/api/v1/generations", request_of(served, tmp_path))
        made = served.ended(queued.json()["id"])
        assert made["status"] == "completed", made
        found = served.get(made["links"]["download"])
        assert found.status_code == 307
        part = httpx.get(found.headers["Location"], headers={"Range": "bytes=4-7"})
        assert (part.status_code, part.content) == (206, b"ftyp")
        asset = served.get(
            made["storyboard"]["scenes"][0]["source"].replace("asset:", "/api/v1/assets/")
        )
        assert httpx.get(served.get(asset.json()["href"]).headers["Location"]).content == pattern(
            tmp_path
        )
        assert {check["status"] for check in served.get("/health/ready").json()["checks"]} == {
            "ok",
            "skip",
        }
    assert rows(home, "SELECT queued_at IS NOT NULL FROM generation_jobs") == [(True,)]


@ON_SERVERS
def test_a_clip_that_the_bucket_removed_is_made_and_paid_for_again_and_a_line_says_why(
    place: str, replicate: Replicate, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in replicate.environment().items():
        monkeypatch.setenv(name, value)
    (tmp_path / "video.json").write_text(video_of(2).model_dump_json())
    render = ("render", tmp_path / "video.json", "--provider", "replicate")
    assert "has expired" not in inside(*render).err
    used = Workspace.open()
    # as its rule does after 30 days: with what the model made
    for found in used.store.list("clips/"):
        used.store.delete(found.key)
    [again] = [
        inside(
            "cache", "explain", tmp_path / "video.json", "--provider", "replicate", "--json"
        ).json
    ]
    assert {scene["reason"] for scene in again["scenes"]} == {
        "the clip was made before, but is no longer in the store"
    }
    said = inside(*render)
    lines = [line for line in said.err.splitlines() if "has expired" in line]
    assert lines == [
        f"generating: scene {n}: its clip has expired in the store, and is made again, for $0.02"
        for n in (1, 2)
    ]
    assert replicate.created == 4
    assert balanced(used, replicate)
    assert rows(home, "SELECT expired_at FROM clips") == [(None,), (None,)]
    assert rows(home, "SELECT count(*) FROM events WHERE kind = 'clip_expired'") == [(2,)]
