"""lotus probe: what a file holds, what becomes of it, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from lotus.cli import app
from tests.driving import inside
from tests.strange_files import DISPLAY_P3, box, count, flash_and_beep, piped, tone, write


def probed(path: Path) -> dict[str, Any]:
    done = CliRunner().invoke(app("probe"), ["probe", str(path), "--json"])
    assert done.exit_code == (2 if json.loads(done.stdout)["refused"] else 0)
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_streams_and_clock_are_told(tmp_path: Path) -> None:
    report = probed(flash_and_beep(tmp_path / "late.mkv", sound_start=0.5))
    assert report["kind"] == "video"
    assert [(s["kind"], s["codec"], s["used"]) for s in report["streams"]] == [
        ("video", "h264", True),
        ("audio", "aac", True),
    ]
    assert report["sound"]["starts_seconds"] == pytest.approx(0.5, abs=0.03)
    assert report["seconds"] == pytest.approx(4, abs=0.05)
    assert any("the sound begins at 0." in line for line in report["treatment"])


def test_what_is_done_about_pictures_is_told(tmp_path: Path) -> None:
    Image.new("RGB", (64, 32), (200, 60, 60)).save(tmp_path / "p3.jpg", icc_profile=DISPLAY_P3)
    report = probed(tmp_path / "p3.jpg")
    assert report["kind"] == "image"
    assert any("to sRGB" in line for line in report["treatment"])
    cut_out = write(tmp_path / "logo.webm", [box()] * 3, codec="libvpx-vp9", pix_fmt="yuva420p")
    report = probed(cut_out)
    assert report["picture"]["transparent"]
    assert any("transparent" in line for line in report["treatment"])


def test_the_length_of_a_recording_without_one_is_found(tmp_path: Path) -> None:
    path = piped(tmp_path / "r.webm", count(0, 50), codec="libvpx", container="webm")
    assert probed(path)["seconds"] == pytest.approx(2, abs=0.05)


def test_what_cannot_be_used_is_refused_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "list.m3u8").write_text("#EXTM3U\n#EXTINF:2,\nhttp://example.com/a.ts\n")
    refused = probed(tmp_path / "list.m3u8")["refused"]
    assert refused["reason"]
    assert refused["remedy"]
    assert probed(tmp_path / "gone.mp4")["refused"]["reason"] == "is not there"
    (tmp_path / "bad.png").write_text("text")
    said = inside("probe", tmp_path / "bad.png")
    assert said.error.startswith(f"{tmp_path}/bad.png: is not a picture that can be read; save")
    assert (said.code, said.out) == (2, "")


def test_without_json_it_is_read_by_people(tmp_path: Path) -> None:
    path = write(tmp_path / "music.wav", samples=tone(440, 1), sound_codec="pcm_s16le")
    done = CliRunner().invoke(app("probe"), ["probe", str(path)])
    assert done.exit_code == 0
    assert "audio, 1 s, wav" in done.output
    assert "- sound stream 0 is heard, in 48 kHz stereo" in done.output
