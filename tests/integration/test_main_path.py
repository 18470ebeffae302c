"""From a sentence to a finished video, as a user runs it, and what happens when it goes wrong."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import av
import pytest

import lotus
from lotus.display import mime_bundle
from tests import driving
from tests.clips import FFMPEG, ffmpeg
from tests.contracts import DOCUMENTS, fits
from tests.driving import Said, ended, patterns, start

BAD = Path(__file__).parents[1] / "data" / "bad"
AD = {
    "prompt": "A small coffee roaster opens at dawn. Steam and warm light. A regular smiles.",
    "duration_seconds": 5,
    "fps": 12,
    "aspect_ratio": "1:1",
    "brand": {"name": "Aurora Coffee", "colors": ["#1b3a4b", "#f4a261"]},
    "cta": "Order at aurora.example",
    "seed": 7,
}


def run(home: Path, *args: object, **env: object) -> Said:
    return driving.lotus(*args, home=home, **env)


def document(home: Path, *args: object) -> Any:
    return driving.done(*args, "--json", home=home).json


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("ad")


@pytest.fixture(scope="module")
def brief(place: Path) -> Path:
    path = place / "ad.json"
    path.write_text(json.dumps(AD))
    return path


@pytest.fixture(scope="module")
def first(place: Path, brief: Path) -> Any:
    words = ("render", brief, "--out", place / "ad.mp4", "--json")
    said = ended(start(*words, home=place / "home"))
    assert said.code == 0, said.err
    return said.json


def test_the_document_of_render_holds_what_was_promised(first: Any, place: Path) -> None:
    assert first["status"] == "completed"
    assert first["output"] == str(place / "ad.mp4")
    assert (first["width"], first["height"], first["fps"], first["frames"]) == (720, 720, "12", 60)
    assert first["duration_seconds"] == 5
    assert first["segments"]["total"] == first["segments"]["rendered"] + first["segments"]["reused"]
    assert first["cost"] == {"estimated_usd": "0.00", "actual_usd": "0.00", "saved_usd": "0.00"}
    for i, scene in enumerate(first["scenes"]):
        assert scene["index"] == i
        assert not scene["cached"]
        assert scene["seconds"] > 0
        assert re.fullmatch(r"[0-9a-f]{64}", scene["clip_key"])


def test_the_video_is_what_players_and_platforms_expect(first: Any, place: Path) -> None:
    path = place / "ad.mp4"
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        audio = container.streams.audio[0]
        assert video.codec_context.name == "h264"
        assert video.profile == "High"
        assert video.pix_fmt == "yuv420p"
        assert audio.codec_context.name == "aac"
        assert audio.rate == 48_000
        assert sum(1 for _ in container.decode(video=0)) == 60
    head = path.read_bytes()[:4096]
    assert head.index(b"moov") < head.index(b"mdat") if b"mdat" in head else b"moov" in head
    said = subprocess.run(
        [FFMPEG, "-hide_banner", "-i", path], capture_output=True, text=True
    ).stderr
    assert "bt709" in said


def test_the_captions_are_kept_beside_the_video(first: Any, place: Path) -> None:
    kept = (
        place / "home" / "store" / "compositions" / first["job_id"] / "captions.srt"
    ).read_text()
    for scene in first["scenes"]:
        assert (scene["caption"] or "").split("\n")[0] in kept
    assert "Order at aurora.example" in kept


def test_the_sound_is_at_its_loudness(first: Any, place: Path) -> None:
    filters = "ebur128=peak=true:framelog=quiet"
    command = [
        FFMPEG,
        "-hide_banner",
        "-nostats",
        "-i",
        place / "ad.mp4",
        "-af",
        filters,
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, capture_output=True, text=True).stderr
    assert abs(float(re.findall(r"I:\s+(-?[\d.]+) LUFS", said)[-1]) + 14) <= 1
    assert float(re.findall(r"Peak:\s+(-?[\d.]+) dBFS", said)[-1]) <= -1


def test_the_same_brief_again_makes_nothing_and_gives_the_same_bytes(
    first: Any, place: Path, brief: Path
) -> None:
    again = document(place / "home", "render", brief, "--out", place / "again.mp4")
    assert all(scene["cached"] for scene in again["scenes"])
    assert again["segments"]["rendered"] == 0
    assert (place / "again.mp4").read_bytes() == (place / "ad.mp4").read_bytes()


def test_a_render_that_finds_everything_loads_nothing_heavy(
    first: Any, place: Path, brief: Path
) -> None:
    code = "import atexit, sys; atexit.register(lambda: print(*sys.modules, file=sys.stderr));"
    command = [
        sys.executable,
        "-c",
        f"{code} from lotus.cli import main; main()",
        "render",
        str(brief),
        "-q",
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        env={**os.environ, "LOTUS_HOME": str(place / "home")},
    )
    assert done.returncode == 0, done.stderr
    heavy = {
        "numpy",
        "cv2",
        "av",
        "PIL",
        "alembic",
        "psycopg",
        "httpx",
        "tenacity",
        "replicate",
        "pandas",
    }
    assert heavy & set(done.stderr.split()) == set()


def test_an_edited_scene_is_the_only_one_made_again(first: Any, place: Path, brief: Path) -> None:
    home = place / "home"
    plan = place / "storyboard.json"
    document(home, "plan", brief, "-o", plan)
    storyboard = json.loads(plan.read_text())
    storyboard["scenes"][1]["description"] = "Rain on the harbour"
    plan.write_text(json.dumps(storyboard))
    explained = document(home, "cache", "explain", plan)["scenes"]
    assert [scene["hit"] for scene in explained] == [i != 1 for i in range(len(explained))]
    assert {"description", "shows"} <= {*explained[1]["changed"]}  # and so its pictograms
    made = document(home, "render", plan)
    assert [scene["cached"] for scene in made["scenes"]] == [i != 1 for i in range(len(explained))]


def test_an_edited_caption_makes_no_clip(first: Any, place: Path, brief: Path) -> None:
    home = place / "home"
    plan = place / "captions.json"
    document(home, "plan", brief, "-o", plan)
    storyboard = json.loads(plan.read_text())
    storyboard["scenes"][0]["caption"] = '100% {fresh}: \\N it\'s %{pts} "ready"'
    plan.write_text(json.dumps(storyboard))
    made = document(home, "render", plan)
    assert all(scene["cached"] for scene in made["scenes"])
    assert 0 < made["segments"]["rendered"] < made["segments"]["total"]


@pytest.mark.parametrize("command", DOCUMENTS)
def test_each_command_prints_its_document(
    command: str, first: Any, place: Path, brief: Path
) -> None:
    kept = place / "home" / "store" / "compositions" / first["job_id"] / "timeline.json"
    names = {
        "BRIEF": str(brief),
        "JOB": first["job_id"],
        "TIMELINE": kept,
        "OUT": place / "again.mp4",
    }
    found = document(place / "home", *(names.get(part, part) for part in command.split()))
    assert fits(found, DOCUMENTS[command]), found
    amounts = re.findall(r'"\w+_usd": ([^,}]+)', json.dumps(found))
    assert all(re.fullmatch(r'"\d+\.\d{2,6}"|null', amount) for amount in amounts)


def test_a_plan_is_a_storyboard_that_render_reads(first: Any, place: Path, brief: Path) -> None:
    path = place / "planned.json"
    path.write_text(json.dumps(document(place / "home", "plan", brief)))
    assert document(place / "home", "render", path)["segments"]["rendered"] == 0


def test_a_failure_is_a_document_too(tmp_path: Path) -> None:
    said = run(tmp_path / "home", "render", BAD / "colour.yaml", "--json")
    assert said.code == 2
    error = json.loads(said.out)["error"]
    assert set(error) == {"code", "message", "details", "remedy", "timestamp", "request_id"}
    assert error["details"]["field"].startswith("brand.colors")
    assert len(said.err.strip().splitlines()) == 1


def test_the_summary_shows_scenes_where_they_came_from_cost_and_time(
    first: Any, place: Path, brief: Path
) -> None:
    said = run(place / "home", "render", brief, "--out", place / "again.mp4")
    head, *lines = said.out.splitlines()
    assert head.split() == ["scene", "description", "caption", "provider", "clip", "cost", "time"]
    assert lines[0].split()[-3:] == ["animatic", "cached", "$0.00"]
    assert lines[-2].startswith("cost $0.00, saved $0.00; ")
    assert lines[-1] == str(place / "again.mp4")
    assert said.err.splitlines()[0].startswith("generating: 0 of ")
    shown = run(place / "home", "jobs", "show", first["job_id"]).out
    assert re.search(r"animatic +made +\$0\.00 +\d+\.\d s$", shown, re.M)


def test_quiet_says_only_where_the_video_is(first: Any, place: Path, brief: Path) -> None:
    said = run(place / "home", "render", brief, "--quiet", "--out", place / "again.mp4")
    assert (said.out, said.err) == (f"{place / 'again.mp4'}\n", "")


def test_another_seed_is_another_variation(first: Any, place: Path, brief: Path) -> None:
    same, other = (document(place / "home", "estimate", brief, "--seed", seed) for seed in (7, 8))
    assert all(scene["cached"] for scene in same["scenes"])
    assert not any(scene["cached"] for scene in other["scenes"])


@pytest.mark.parametrize("bad", sorted(BAD.iterdir()), ids=lambda path: path.stem)
def test_bad_input_is_one_line_and_changes_nothing(bad: Path, tmp_path: Path) -> None:
    said = run(tmp_path / "home", "render", bad, "--out", tmp_path / "out.mp4")
    assert said.code == 2
    assert said.out == ""
    assert len(said.err.strip().splitlines()) == 1
    assert bad.name in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["here"]


def test_a_misspelt_field_is_named_with_the_right_one() -> None:
    said = run(Path("/nonexistent/home"), "render", BAD / "unknown-field.yaml")
    assert "durration_seconds" in said.err
    assert "did you mean 'duration_seconds'" in said.err


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    tmp_path = tmp_path_factory.mktemp("damaged")
    good = tmp_path / "good.mp4"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x180:d=6:r=24", "-c:v", "libx264", good)
    files = {
        name: tmp_path / name
        for name in ("empty.mp4", "text.mp4", "cut.mp4", "list.mp4", "huge.png")
    }
    files["empty.mp4"].touch()
    files["text.mp4"].write_text("this is not a video\n" * 50)
    files["cut.mp4"].write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    files["list.mp4"].write_text(f"ffconcat version 1.0\nfile {good}\n")
    size = (60_000).to_bytes(4) * 2
    import zlib

    head = b"IHDR" + size + b"\x08\x02\x00\x00\x00"
    png = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4) + head + zlib.crc32(head).to_bytes(4)
    files["huge.png"].write_bytes(png + (0).to_bytes(4) + b"IDAT" + zlib.crc32(b"IDAT").to_bytes(4))
    return files


@pytest.mark.parametrize("name", ["empty.mp4", "text.mp4", "cut.mp4", "list.mp4", "huge.png"])
def test_a_damaged_source_is_refused_by_name(
    name: str, damaged: dict[str, Path], tmp_path: Path
) -> None:
    brief = tmp_path / "brief.json"
    scenes = [{"description": "The opening", "source": str(damaged[name])}]
    brief.write_text(json.dumps({**AD, "scenes": scenes}))
    said = run(tmp_path / "home", "render", brief, "--out", tmp_path / "out.mp4")
    assert said.code == 2, said.err
    assert name in said.err
    assert "Traceback" not in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert not (tmp_path / "out.mp4").exists()


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--provider", "animatik"), "did you mean 'animatic'"),
        (("--music", "clam"), "did you mean 'calm'"),
        (("--aspect", "4:3"), "aspect_ratio"),
        (("--duration", "300"), "5 to 60"),
    ],
)
def test_a_wrong_option_is_refused_with_the_choices(
    args: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    said = run(tmp_path / "home", "render", "A small coffee roaster opens at dawn", *args)
    assert said.code == 2
    assert says in said.err
    assert "Traceback" not in said.err


def _broken_ffmpeg(folder: Path) -> Path:
    """An ffmpeg that dies by a signal as soon as it is asked to encode."""
    script = folder / "ffmpeg"
    lines = ["#!/bin/sh", 'case "$*" in *libx264*) kill -9 $$;; esac', f'exec {FFMPEG} "$@"']
    script.write_text("\n".join(lines) + "\n")
    script.chmod(0o755)
    return script


def test_a_killed_ffmpeg_fails_the_job_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    home = tmp_path / "home"
    out = tmp_path / "out.mp4"
    brief = patterns(tmp_path)
    said = run(home, "render", brief, "--out", out, LOTUS_FFMPEG=str(_broken_ffmpeg(tmp_path)))
    assert said.code == 1
    assert "killed by SIGKILL" in said.err
    assert "Traceback" not in said.err
    assert not out.exists()
    assert list((home / "temp").iterdir()) == []
    [job] = document(home, "jobs", "list")["jobs"]
    assert job["status"] == "failed"
    assert "killed" in document(home, "jobs", "show", job["job_id"])["error"]["message"]
    resumed = document(home, "jobs", "resume", job["job_id"], "--out", out)
    assert resumed["status"] == "completed"


def _children(home: Path) -> list[int]:
    """Processes that work for this home."""
    mark = f"LOTUS_HOME={home}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        try:
            if folder.name.isdigit() and mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
        except OSError:
            continue
    return found


def _until(condition: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


INT, TERM = (  # the campaign's and the job's tests interrupt too
    pytest.param(sign, marks=pytest.mark.slow) for sign in (signal.SIGINT, signal.SIGTERM)
)


@pytest.mark.parametrize("sign", [INT, TERM, signal.SIGKILL])
def test_an_interrupted_job_leaves_no_process_and_another_home_gives_the_same_bytes(
    sign: signal.Signals, tmp_path: Path, brief: Path, first: Any, place: Path
) -> None:
    home = tmp_path / "home"
    child = start("render", brief, home=home)
    assert child.stderr is not None
    assert "generating" in child.stderr.readline()
    _until(lambda: len(_children(home)) > 1)
    child.send_signal(sign)
    code = ended(child).code
    assert code == (-9 if sign == signal.SIGKILL else 1)
    _until(lambda: not _children(home), 10)
    [job] = document(home, "jobs", "list")["jobs"]
    assert job["status"] == ("generating" if sign == signal.SIGKILL else "cancelled")
    resumed = document(home, "jobs", "resume", job["job_id"], "--out", tmp_path / "out.mp4")
    assert resumed["status"] == "completed"
    assert (tmp_path / "out.mp4").read_bytes() == (place / "ad.mp4").read_bytes()
    assert list((home / "temp").iterdir()) == []


def test_footage_becomes_clips(tmp_path: Path) -> None:
    ffmpeg(
        "-f",
        "lavfi",
        "-i",
        "testsrc2=s=640x360:r=30",
        "-t",
        4,
        "-c:v",
        "libx264",
        tmp_path / "a.mp4",
    )
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=801x601:d=1", "-frames:v", 1, tmp_path / "b.jpg")
    scenes = [
        {"description": "Riders", "source": "a.mp4", "start_seconds": 1, "duration_seconds": 2},
        {"description": "A map", "source": "b.jpg", "camera": "zoom_in"},
    ]
    brief = tmp_path / "brief.json"
    brief.write_text(json.dumps({**AD, "scenes": scenes, "music": "none"}))
    made = document(tmp_path / "home", "render", brief, "--out", tmp_path / "out.mp4")
    assert [scene["provider"] for scene in made["scenes"]][:2] == ["footage", "footage"]
    assert made["frames"] == 60


def test_three_lines_of_python_make_a_video(
    tmp_path: Path, place: Path, first: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTUS_HOME", str(place / "home"))
    job = lotus.render(lotus.Brief.model_validate(AD))
    assert job.save(tmp_path / "ad.mp4").read_bytes() == (place / "ad.mp4").read_bytes()
    bundle = mime_bundle(job)
    assert "<script" not in bundle["text/html"]
    assert job.id in bundle["text/plain"]
