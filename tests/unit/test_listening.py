"""`lotus.listen`: what is heard in a track, as numbers and as a picture."""

from __future__ import annotations

import base64
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lotus
from lotus.display.waveform import BAR, CUT, WAVE
from lotus.errors import InvalidInput, UnknownName
from lotus.music import write_bed
from tests.tracks import save, steady, track

PROMPT = "Night drive. Rain. A dancer. Neon on wet streets."


def _colors(bundle: dict[str, str]) -> set[tuple[int, int, int]]:
    picture = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"])))
    assert picture.size == (1000, 220)
    return {color for _, color in picture.getcolors(100_000)}  # type: ignore[misc,union-attr]


def test_a_storyboard_shows_its_bed_with_beats_parts_and_cuts() -> None:
    board = lotus.plan(lotus.Brief(prompt=PROMPT, duration_seconds=8, music="hopeful", cta="Come"))
    view = lotus.listen(board)
    assert view.share_on_beats == 1.0
    assert len(view.cuts) == len(board.scenes) - 1
    assert view.grid.sections[0].start_seconds == 0
    assert view.grid.sections[-1].end_seconds == 8
    bundle = view._repr_mimebundle_()
    assert "100% of" in bundle["text/plain"]
    assert {CUT, WAVE, BAR} <= _colors(bundle)


def test_a_file_is_heard_with_its_tempo_and_without_cuts(tmp_path: Path) -> None:
    path = save(track(steady(120, 12.0), 12.0), tmp_path / "song.wav")
    view = lotus.listen(path)
    assert abs(view.bpm - 120) < 1
    assert view.share_on_beats == 0.0
    assert "song.wav: 12.0 s, 120" in view._repr_mimebundle_()["text/plain"]


def test_what_cannot_be_heard_is_one_line(tmp_path: Path) -> None:
    board = lotus.plan(lotus.Brief(prompt=PROMPT, music="none"))
    with pytest.raises(InvalidInput, match="music: is none"):
        lotus.listen(board)
    (tmp_path / "text.mp3").write_text("no music")
    with pytest.raises(InvalidInput, match=r"text\.mp3"):
        lotus.listen(tmp_path / "text.mp3")


def test_a_bed_is_written_as_a_file(tmp_path: Path) -> None:
    path = write_bed("warm", 4, tmp_path / "bed.wav", seed=3)
    assert path.stat().st_size == 44 + 4 * 48_000 * 4
    sound = np.frombuffer(path.read_bytes()[44:], "<i2")
    assert 3000 < np.abs(sound).max() < 32_767
    with pytest.raises(UnknownName, match="did you mean 'warm'"):
        write_bed("warn", 4, tmp_path / "no.wav")
    assert not (tmp_path / "no.wav").exists()
