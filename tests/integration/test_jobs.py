"""Jobs that are stopped, killed, cancelled and resumed: nothing is lost, nothing is made twice."""

from __future__ import annotations

import shutil
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BOTH
from tests.driving import (
    done,
    ended,
    eventually,
    jobs,
    leftovers,
    lotus,
    patterns,
    program,
    rows,
    start,
    strays,
)

CLIPS = "SELECT key, created_at, seconds FROM clips ORDER BY key"


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patterns(tmp_path_factory.mktemp("patterns"))


@pytest.fixture(scope="module")
def undisturbed(brief: Path) -> bytes:
    """The video of a run that nobody disturbs."""
    done("render", brief, "--out", brief.parent / "out.mp4", home=brief.parent / "home")
    return (brief.parent / "out.mp4").read_bytes()


@dataclass
class Held:
    """A job that is held in the middle of its work: its ffmpeg waits for ever."""

    home: Path
    child: subprocess.Popen[str]

    @property
    def job_id(self) -> str:
        return jobs(self.home)[0][0]

    @property
    def status(self) -> str:
        return jobs(self.home)[0][1]


class Holder:
    """Starts jobs that stop at a piece of work, and ends those that are left."""

    def __init__(self, folder: Path, home: Path, brief: Path) -> None:
        self.folder = folder
        self.home = home
        self.brief = brief
        self.children: list[subprocess.Popen[str]] = []

    def hold(self, piece: str, *args: object) -> Held:
        """Start a job; return when it has come to the ffmpeg whose arguments contain `piece`."""
        reached = self.folder / "reached"
        wait = f'case "$*" in *{piece}*) : > {reached}; exec tail -f /dev/null;; esac'
        stand_in = program(self.folder / "ffmpeg", [wait])
        child = start("render", self.brief, *args, home=self.home, LOTUS_FFMPEG=stand_in)
        self.children.append(child)
        eventually(lambda: reached.exists() or child.poll() is not None, f"ffmpeg with {piece}")
        assert child.poll() is None, child.communicate()
        return Held(self.home, child)


@pytest.fixture
def holder(tmp_path: Path, home: Path, brief: Path) -> Iterator[Holder]:
    made = Holder(tmp_path, home, brief)
    yield made
    for child in made.children:
        child.kill()
        child.communicate()


LAST_CLIP = "ss*1.000000"  # the third scene starts a second into its source
STAGES = {"generating": "clip.mp4", "composing": "segment-00002"}


def nothing_is_left(home: Path) -> None:
    eventually(lambda: not strays(home), f"the processes of {home} end")


@pytest.mark.parametrize("stage", STAGES)
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_cancels_the_job_in_order(
    sign: signal.Signals, stage: str, holder: Holder
) -> None:
    held = holder.hold(STAGES[stage])
    assert held.status == stage
    held.child.send_signal(sign)
    said = ended(held.child)
    assert said.code == 1
    assert said.error == f"interrupted; continue with `lotus jobs resume {held.job_id}`"
    assert held.status == "cancelled"
    assert rows(held.home, "SELECT owner FROM generation_jobs") == [(None,)]
    nothing_is_left(held.home)
    assert leftovers(held.home) == []


@pytest.mark.parametrize("place", BOTH, indirect=True)
@pytest.mark.parametrize("stage", STAGES)
def test_a_killed_job_is_resumed_to_the_same_bytes(
    stage: str, place: str, holder: Holder, undisturbed: bytes, tmp_path: Path
) -> None:
    held = holder.hold(STAGES[stage], "--out", tmp_path / "out.mp4")
    made_before = rows(held.home, CLIPS)
    held.child.kill()
    held.child.wait()
    nothing_is_left(held.home)
    assert held.status == stage
    assert not (tmp_path / "out.mp4").exists()
    if place == "servers":  # another machine has nothing but the addresses of the two
        shutil.rmtree(held.home)
    resumed = done(
        "jobs", "resume", held.job_id, "--out", tmp_path / "out.mp4", "--json", home=held.home
    )
    assert resumed.json["status"] == held.status == "completed"
    assert (tmp_path / "out.mp4").read_bytes() == undisturbed
    assert set(made_before) <= set(rows(held.home, CLIPS))
    assert len(made_before) == (3 if stage == "composing" else len(made_before))
    assert leftovers(held.home) == []


def test_finished_clips_and_segments_are_not_made_again(holder: Holder, undisturbed: bytes) -> None:
    held = holder.hold("segment-00002")
    made_before = rows(held.home, CLIPS)
    eventually(lambda: len(segments_in(held.home)) >= 1, "the other worker finishes a segment")
    held.child.send_signal(signal.SIGTERM)
    ended(held.child)
    kept = segments_in(held.home)
    resumed = done("jobs", "resume", held.job_id, "--json", home=held.home).json
    assert rows(held.home, CLIPS) == made_before
    assert resumed["segments"]["rendered"] <= resumed["segments"]["total"] - 1
    assert all(scene["cached"] for scene in resumed["scenes"])
    assert {name: segments_in(held.home)[name] for name in kept} == kept
    assert Path(resumed["output"]).read_bytes() == undisturbed


def segments_in(home: Path) -> dict[str, int]:
    """Names of the segments in the store, and when each was written."""
    found = (home / "store" / "segments").rglob("*.mp4")
    return {path.name: path.stat().st_mtime_ns for path in found}


@pytest.mark.parametrize("place", BOTH, indirect=True)
def test_a_running_job_is_cancelled_from_another_process(place: str, holder: Holder) -> None:
    held = holder.hold("segment-00002")
    asked = done("jobs", "cancel", held.job_id, "--json", home=held.home).json
    assert asked == {"job_id": held.job_id, "status": "cancelling"}
    said = ended(held.child)
    assert said.code == 1
    assert said.error == f"cancelled; continue with `lotus jobs resume {held.job_id}`"
    assert held.status == "cancelled"
    nothing_is_left(held.home)
    assert leftovers(held.home) == []
    assert (
        done("jobs", "resume", held.job_id, "--json", home=held.home).json["status"] == "completed"
    )


def test_a_job_that_runs_is_not_resumed_by_another_process(holder: Holder) -> None:
    held = holder.hold("clip.mp4")
    refused = lotus("jobs", "resume", held.job_id, home=held.home)
    assert refused.code == 2
    assert f"is being worked on by process {_owner(held.home)}" in refused.error
    assert "lotus jobs cancel" in refused.error
    assert held.child.poll() is None
    assert held.status == "generating"


def _owner(home: Path) -> str:
    return str(rows(home, "SELECT owner FROM generation_jobs")[0][0])


def test_cancelling_a_job_whose_process_died_ends_it_at_once(holder: Holder) -> None:
    held = holder.hold("clip.mp4")
    held.child.kill()
    held.child.wait()
    asked: Any = done("jobs", "cancel", held.job_id, "--json", home=held.home).json
    assert asked["status"] == held.status == "cancelled"


def test_what_a_killed_process_left_is_swept_by_the_next_job(holder: Holder, brief: Path) -> None:
    held = holder.hold("segment-00002")
    held.child.kill()
    held.child.wait()
    assert leftovers(held.home) != []
    done("render", brief, "--quiet", home=held.home)
    assert leftovers(held.home) == []


def test_resuming_a_completed_job_gives_it_back(brief: Path, undisturbed: bytes) -> None:
    home = brief.parent / "home"
    [(job_id, status)] = jobs(home)
    events = rows(home, "SELECT count(*) FROM events")
    again = done("jobs", "resume", job_id, "--json", home=home).json
    assert again["status"] == status == "completed"
    assert Path(again["output"]).read_bytes() == undisturbed
    assert rows(home, "SELECT count(*) FROM events") == events


def test_resuming_a_job_whose_video_has_expired_makes_it_again(
    brief: Path, undisturbed: bytes, home: Path
) -> None:
    made = done("render", brief, "--json", home=home).json
    Path(made["output"]).unlink()
    again = done("jobs", "resume", made["job_id"], "--json", home=home).json
    assert Path(again["output"]).read_bytes() == undisturbed


def test_an_unknown_job_is_refused(brief: Path, undisturbed: bytes) -> None:
    for verb in ("resume", "show", "cancel"):
        said = lotus("jobs", verb, "no-such-job", home=brief.parent / "home")
        assert said.code == 2
        assert (
            said.error == "job: no job has the id 'no-such-job'; see the ids with `lotus jobs list`"
        )
