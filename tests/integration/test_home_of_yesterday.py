"""A home that an earlier lotus left behind: its clips and segments are found again, none is made.

`tests/data/home_0010.tar.xz` was made by the lotus before its modules moved into folders: an ad, an
ad of footage and a timeline, with their inputs. To keep it small, what is in its store was then
encoded again in low quality, under the same keys and with as many frames. Keys that change make all
users pay again, so this file is not made anew: a key that has to change is a new version, with its
own home beside this one.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import av
import pytest

from tests.driving import inside

ARCHIVE = Path(__file__).parents[1] / "data" / "home_0010.tar.xz"
PROMPTS = {"ad": "A small coffee%", "footage": "Weekend bike%"}


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("yesterday")
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(folder, filter="data")
    return folder


@pytest.fixture
def yesterday(unpacked: Path, home: Path) -> Path:
    """The folder of inputs; LOTUS_HOME is a copy of the old home."""
    shutil.copytree(unpacked / "home", home)
    return unpacked / "in"


def _pieces(home: Path) -> dict[str, float]:
    """All clips and segments of the store, and when each was written; notes beside them are not."""
    store = home / "store"
    paths = [path for kind in ("clips", "segments") for path in (store / kind).rglob("*.m*")]
    return {str(path.relative_to(store)): path.stat().st_mtime for path in paths}


def _rows(home: Path, query: str, *values: object) -> list[Any]:
    with closing(sqlite3.connect(home / "lotus.db")) as connection:
        return [row[0] for row in connection.execute(query, values)]


def _clip_keys(home: Path, brief: str) -> list[Any]:
    keys = "SELECT s.clip_key FROM scenes s JOIN generation_jobs j ON j.id = s.job_id"
    return _rows(home, f"{keys} WHERE j.prompt LIKE ? ORDER BY s.position", PROMPTS[brief])


def _with_sources(board: str, folder: Path) -> str:
    """The storyboard, with its sources where they lie now."""
    return re.sub(r'"[^"]*/([\w-]+\.(?:png|mp4))"', rf'"{folder}/\1"', board)


@pytest.mark.parametrize("brief", PROMPTS)
def test_a_storyboard_is_rendered_again_from_the_clips_and_segments_of_yesterday(
    yesterday: Path, home: Path, brief: str
) -> None:
    before = _pieces(home)
    old = _clip_keys(home, brief)
    [composition] = _rows(
        home,
        "SELECT c.key FROM compositions c JOIN generation_jobs j ON j.id = c.job_id "
        "WHERE j.prompt LIKE ?",
        PROMPTS[brief],
    )
    query = "SELECT storyboard FROM generation_jobs WHERE prompt LIKE ?"
    [board] = _rows(home, query, PROMPTS[brief])
    (yesterday / "board.json").write_text(_with_sources(board, yesterday))
    job = inside("render", yesterday / "board.json", "--json").json
    assert [scene["clip_key"] for scene in job["scenes"]] == old
    assert all(scene["cached"] for scene in job["scenes"])
    assert job["segments"]["rendered"] == 0
    assert job["segments"]["reused"] == job["segments"]["total"] > 0
    assert _pieces(home) == before
    new = _rows(home, "SELECT key FROM compositions WHERE job_id = ?", job["job_id"])
    assert new == [composition]
    with av.open(job["output"]) as video:
        assert sum(1 for _ in video.decode(video=0)) == job["frames"]


def test_a_timeline_is_composed_again_from_the_segments_of_yesterday(
    yesterday: Path, home: Path, tmp_path: Path
) -> None:
    before = _pieces(home)
    made = inside("compose", yesterday / "timeline.json", "-o", tmp_path / "out.mp4", "--json").json
    assert made["segments"] == {"total": 3, "rendered": 0, "reused": 3}
    assert _pieces(home) == before


def test_the_jobs_of_yesterday_are_listed_and_shown(yesterday: Path, home: Path) -> None:
    jobs = inside("jobs", "list", "--json").json["jobs"]
    assert {job["status"] for job in jobs} == {"completed"}
    assert len(jobs) == 2
    for job in jobs:
        assert inside("jobs", "show", job["job_id"], "--json").json["segments"]["total"] > 0
    assert inside("db", "status", "--json").json["current"] >= "0010"
