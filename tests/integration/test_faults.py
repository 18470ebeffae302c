"""Faults through the whole path: one clear line, the right code, nothing half-written, a row that
tells.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.db import connections as connecting
from lotus.errors import ClipFailed
from lotus.media.ffmpeg import FFmpeg
from lotus.settings import Settings
from tests import driving
from tests.clips import ffmpeg
from tests.conftest import Mount
from tests.driving import Said, done, inside, jobs, leftovers, patterns, program, rows, strays


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return patterns(tmp_path_factory.mktemp("patterns"))


@pytest.fixture(scope="module")
def finished(brief: Path) -> Path:
    """A home in which the brief was rendered."""
    home = brief.parent / "finished"
    done("render", brief, "--quiet", home=home)
    return home


def render(brief: Path, home: Path, out: Path, **env: object) -> Said:
    """Render, which must fail in one line and leave nothing at the output path."""
    said = driving.lotus("render", brief, "--out", out, home=home, **env)
    assert said.code == 1, said.err
    assert said.error
    assert not out.exists()
    assert strays(home) == []
    return said


def failed_job(home: Path) -> Any:
    """The document of the one job, which failed."""
    [(job_id, status)] = jobs(home)
    assert status == "failed"
    return done("jobs", "show", job_id, "--json", home=home).json


def test_a_disk_that_fills_up_while_a_clip_is_written(
    brief: Path, home: Path, tmp_path: Path, mount: Mount
) -> None:
    mount(home / "temp", "size=48k")
    said = render(brief, home, tmp_path / "out.mp4")
    assert "clip from pattern.mp4: the disk is full; free some disk space" in said.error
    error = failed_job(home)["error"]
    assert "the disk is full" in error["message"]
    assert any("No space left on device" in line for line in error["details"]["stderr"])
    assert leftovers(home) == []


def test_a_store_that_fills_up_keeps_no_half_of_an_object(
    brief: Path, home: Path, tmp_path: Path, mount: Mount
) -> None:
    store = mount(tmp_path / "small", "size=200k")
    said = render(brief, home, tmp_path / "out.mp4", LOTUS_STORE=store)
    assert f"store {store}: No space left on device" in said.error
    assert "set LOTUS_STORE to another disk" in said.error
    kept = [path for path in store.rglob("*") if path.is_file()]
    assert all(path.suffix == ".mp4" and path.stat().st_size > 0 for path in kept)
    assert "No space left" in failed_job(home)["error"]["message"]
    assert leftovers(home) == []


def test_a_full_disk_at_the_output_loses_no_finished_video(
    brief: Path, home: Path, tmp_path: Path, mount: Mount
) -> None:
    disk = mount(tmp_path / "small", "size=40k")
    said = render(brief, home, disk / "out.mp4")
    assert "out.mp4: No space left on device; free space there, or name another file" in said.error
    assert list(disk.iterdir()) == []
    [(job_id, status)] = jobs(home)
    assert status == "completed"
    done("jobs", "resume", job_id, "--quiet", "--out", tmp_path / "out.mp4", home=home)
    assert (tmp_path / "out.mp4").stat().st_size > 40_000


def test_a_disk_too_full_for_the_database(
    brief: Path, home: Path, tmp_path: Path, mount: Mount
) -> None:
    mount(home, "size=64k")
    said = render(brief, home, tmp_path / "out.mp4")
    assert "database or disk is full; free some disk space" in said.error


def test_a_home_that_may_only_be_read(
    brief: Path, home: Path, tmp_path: Path, mount: Mount
) -> None:
    mount(home, "ro")
    said = render(brief, home, tmp_path / "out.mp4")
    assert "set LOTUS_HOME to a folder that you may write to" in said.error
    found = {
        check["name"]: check
        for check in driving.lotus("doctor", "--json", home=home).json["checks"]
    }
    assert found["home"]["status"] == "fail"
    assert found["home"]["remedy"] == "set LOTUS_HOME to a folder of yours"


def test_a_home_that_cannot_be_made(brief: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    said = render(brief, tmp_path / "file" / "home", tmp_path / "out.mp4")
    assert "set LOTUS_HOME to a folder that you may write to" in said.error


def test_a_database_that_another_process_holds(
    brief: Path, finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = driving.copy_home(finished, tmp_path / "held")
    monkeypatch.setattr(connecting, "BUSY_SECONDS", 0.2)
    monkeypatch.setenv("LOTUS_HOME", str(home))
    before = jobs(home)
    with sqlite3.connect(home / "lotus.db", isolation_level=None) as holder:
        holder.execute("BEGIN IMMEDIATE")
        said = inside("render", brief, "--out", tmp_path / "out.mp4")
        assert said.code == 1
        assert "database is locked; another process holds the database; wait for it" in said.error
        assert [job["job_id"] for job in inside("jobs", "list", "--json").json["jobs"]] == [
            before[0][0]
        ]
        holder.execute("ROLLBACK")
    assert not (tmp_path / "out.mp4").exists()
    assert inside("render", brief, "--out", tmp_path / "out.mp4", "--quiet").code == 0


def test_an_ffmpeg_that_hangs_is_ended(brief: Path, home: Path, tmp_path: Path) -> None:
    script = program(
        tmp_path / "ffmpeg", ['case "$*" in *clip.mp4*) exec tail -f /dev/null;; esac']
    )
    workspace = lotus.Workspace(Settings.read())
    workspace.ffmpeg = FFmpeg(script, stall_seconds=0.5)
    with pytest.raises(
        ClipFailed, match=r"scene \d \(footage\): .* no progress for 0.5 s and was ended"
    ):
        lotus.render(brief, workspace=workspace, out=tmp_path / "out.mp4")
    assert "no progress" in failed_job(home)["error"]["message"]
    assert leftovers(home) == []
    assert not (tmp_path / "out.mp4").exists()


def test_what_ffmpeg_said_last_is_kept_with_the_job(
    brief: Path, home: Path, tmp_path: Path
) -> None:
    says = "echo 'frame= 3'; echo 'Something new went wrong' >&2; exit 187"
    script = program(tmp_path / "ffmpeg", [f'case "$*" in *segment-*) {says};; esac'])
    said = render(brief, home, tmp_path / "out.mp4", LOTUS_FFMPEG=script)
    assert "segment" in said.error
    assert (
        "ffmpeg ended with code 187: Something new went wrong; see ffmpeg's last lines"
        in said.error
    )
    assert "  ffmpeg: Something new went wrong" in said.err
    shown = done("jobs", "show", jobs(home)[0][0], home=home)
    assert "  ffmpeg: Something new went wrong" in shown.out
    assert set(re.findall(r"scene (\d+)", shown.out)) == {"1", "2", "3"}  # as in the table above
    assert rows(home, "SELECT count(*) FROM clips") == [(3,)]  # what was made before is kept


def test_a_clip_that_is_cut_off_in_the_middle_is_named(
    brief: Path, home: Path, tmp_path: Path
) -> None:
    whole = tmp_path / "whole.mp4"
    cut = tmp_path / "pattern.mp4"
    source = ("-f", "lavfi", "-i", "mandelbrot=s=320x320:r=4", "-t", 12, "-c:v", "libx264", "-g", 4)
    ffmpeg(*source, "-movflags", "+faststart", whole)
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 4])
    shutil.copy(brief, tmp_path)
    said = render(tmp_path / "brief.json", home, tmp_path / "out.mp4")
    assert "(footage)" in said.error
    assert f"{cut}: is cut off or damaged; copy or export it again" in said.error
    assert failed_job(home)["error"]["details"]["file"] == str(cut)
    assert leftovers(home) == []


READING = (
    ("db", "status"),
    ("jobs", "list"),
    ("costs", "--by", "model"),
    ("cache", "stats"),
    ("store", "du"),
    ("store", "clean"),
    ("doctor",),
)


@pytest.mark.parametrize("command", READING, ids=" ".join)
def test_a_command_that_only_looks_makes_nothing(command: tuple[str, ...], home: Path) -> None:
    assert inside(*command, "--json").json
    assert not home.exists()


def test_estimating_and_explaining_make_nothing(brief: Path, home: Path) -> None:
    assert inside("estimate", brief, "--json").json["total_usd"] == "0.00"
    assert not any(
        scene["hit"] for scene in inside("cache", "explain", brief, "--json").json["scenes"]
    )
    assert not home.exists()
