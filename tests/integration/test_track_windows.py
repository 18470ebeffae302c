"""In-points and best stretches of tracks, and tracks that cannot lead the cuts."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lotus.documents.brief import Brief
from lotus.errors import InvalidInput
from lotus.media.tracks import best_in_seconds, track_grid
from lotus.music.grid import BeatGrid, Section
from lotus.music.window import best_start, loop_beats
from lotus.pipeline.pipeline import make_storyboard
from tests.driving import inside
from tests.tracks import RATE, save, steady, track

PROMPT = "Night drive. Rain. A dancer. Neon on wet streets."


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """48 seconds at 120 bpm, quiet until 24 s."""
    sound = track(steady(120, 48.0), 48.0, quiet_until=24.0)
    return save(sound, tmp_path_factory.mktemp("song") / "song.wav")


def _cuts(board: Any) -> list[float]:
    return list(accumulate(scene.duration_seconds for scene in board.scenes))[:-1]


def test_the_best_stretch_is_loud_and_begins_with_its_section(song: Path) -> None:
    start = best_in_seconds(song, 15.0)
    assert 23.5 <= start <= 26.1
    assert abs(start * 2 - round(start * 2)) < 0.05  # on a beat


def test_a_brief_begins_its_track_where_it_says_and_is_cut_on_its_beats(song: Path) -> None:
    for fields in ({"in_seconds": 20.13}, {"window": "best"}):
        brief = Brief(
            kind="music_video", prompt=PROMPT, audio=str(song), duration_seconds=16, **fields
        )
        board = make_storyboard(brief)
        start = board.brief.in_seconds
        assert start is not None
        assert board.brief.window is None
        off = [abs((start + cut) * 2 - round((start + cut) * 2)) / 2 for cut in _cuts(board)]
        assert max(off) <= 1 / 24
    whole = make_storyboard(
        Brief(kind="music_video", prompt=PROMPT, audio=str(song), in_seconds=28)
    )
    assert abs(whole.duration_seconds - 20) < 0.1


def test_an_ad_is_cut_on_the_beats_of_its_own_track(song: Path, tmp_path: Path) -> None:
    board = make_storyboard(Brief(prompt=PROMPT, music=str(song), in_seconds=24.0))
    assert max(abs(cut * 2 - round(cut * 2)) / 2 for cut in _cuts(board)) <= 1 / 24
    assert board.scoring == 1
    loop = save(track(steady(120, 8.0), 8.0), tmp_path / "loop.wav")  # plays twice
    board = make_storyboard(Brief(prompt=PROMPT, music=str(loop)))
    assert max(abs(cut * 2 - round(cut * 2)) / 2 for cut in _cuts(board)) <= 1 / 24


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"in_seconds": 50}, "in_seconds.*50 s is after the end of the track, which lasts 48.0 s"),
        ({"in_seconds": 40}, "lasts 8.0 s, less than"),
    ],
)
def test_an_in_point_that_leaves_too_little_is_refused(
    song: Path, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(InvalidInput, match=message):
        make_storyboard(Brief(kind="music_video", prompt=PROMPT, audio=str(song), **fields))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"window": "best"}, "window: belongs to an audio file"),
        ({"music": "warm", "in_seconds": 2}, "in_seconds: belongs to an audio file"),
        ({"music": "a.wav", "in_seconds": 2, "window": "best"}, "keep one"),
        ({"music": "a.wav", "window": "loudest"}, "window"),
    ],
)
def test_briefs_that_contradict_themselves_are_refused(fields: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        Brief(prompt=PROMPT, **fields)


def test_tracks_without_beats_and_silent_ones_give_one_line(tmp_path: Path) -> None:
    seconds = np.arange(20 * RATE) / RATE
    drone = save(0.3 * np.sin(2 * np.pi * 220 * seconds), tmp_path / "drone.wav")
    silent = save(np.zeros(20 * RATE), tmp_path / "silent.wav")
    for kind, field in (("music_video", "audio"), ("ad", "music")):
        for path, word in ((drone, "has no clear beat"), (silent, "is silent")):
            heard: list[str] = []
            brief = Brief(kind=kind, prompt=PROMPT, **{field: str(path)})
            assert make_storyboard(brief, warn=heard.append).scenes
            assert [word in line for line in heard] == [True]
            assert make_storyboard(brief.replace(window="best", duration_seconds=15)).scenes


def test_ten_hours_are_listened_to_in_bounded_time_and_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lotus.media.tracks.LISTENED_SECONDS", 60.0)  # ten minutes take seconds
    path = save(track(steady(100, 30.0), 30.0), tmp_path / "long.wav")
    _prolong(path, 36_000)
    heard: list[str] = []
    brief = Brief(
        kind="music_video", prompt=PROMPT, audio=str(path), duration_seconds=20, window="best"
    )
    board = make_storyboard(brief, warn=heard.append)
    assert heard == ["the best stretch is looked for in the first 10 minutes"]
    assert (board.brief.in_seconds or 0) < 30
    with pytest.raises(InvalidInput, match=r"lasts 36000\.0 s, over the 180 s of a music video"):
        make_storyboard(Brief(kind="music_video", prompt=PROMPT, audio=str(path)))


def _prolong(path: Path, seconds: int) -> None:
    """Make a WAV file longer by silence that takes no room on the disk."""
    size = seconds * RATE * 2
    with path.open("r+b") as file:
        file.seek(4)
        file.write((size + 36).to_bytes(4, "little"))
        file.seek(40)
        file.write(size.to_bytes(4, "little"))
        file.truncate(44 + size)


def test_a_broken_track_is_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.mp3"
    path.write_bytes(b"ID3" + bytes(500))
    for fields in ({"kind": "music_video", "audio": str(path)}, {"music": str(path)}):
        with pytest.raises(InvalidInput, match=r"broken\.mp3") as refusal:
            make_storyboard(Brief(prompt=PROMPT, **fields))
        assert "\n" not in str(refusal.value)


def test_a_timeline_plays_the_best_stretch_of_its_track(
    song: Path, home: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    from PIL import Image

    Image.new("RGB", (64, 36), "teal").save(picture)
    outputs = []
    for name, place in (("best", "window: best"), ("late", "in_seconds: 99")):
        document = tmp_path / f"{name}.yaml"
        document.write_text(
            "fps: 12\nwidth: 64\nheight: 36\n"
            f"clips: [{{source: {picture}, duration_seconds: 4}}]\n"
            f"audio: [{{source: {song}, {place}}}]\n"
        )
        outputs.append(inside("compose", document, "-o", tmp_path / f"{name}.mov", "--json"))
    assert [output.code for output in outputs] == [0, 2]
    assert "has no sound after 48.0 s" in outputs[1].err
    assert len(track_grid(tmp_path / "best.mov", 4.0).beats) >= 6
    [note] = (home / "cache").rglob("windows/*")
    assert 23 <= float(note.read_text()) <= 45


def test_a_stretch_of_a_known_grid() -> None:
    beats = tuple(i * 0.5 for i in range(120))
    loud = tuple(1.0 if 30 <= beat < 45 else 0.3 for beat in beats)
    sections = (Section(0, 30, 0.3), Section(30, 45, 1.0), Section(45, 60, 0.3))
    grid = BeatGrid(60.0, beats, tuple(range(0, 120, 4)), loud, sections)
    assert best_start(grid, 15.0) == 30.0
    assert best_start(grid, 60.0) == 0.0
    assert best_start(BeatGrid(60.0, (), (), (), ()), 15.0) == 0.0
    twice = loop_beats(BeatGrid(2.0, (0.0, 0.5, 1.0, 1.5), (0,), (1.0,) * 4, ()), 4.1)
    assert twice.beats == tuple(i * 0.5 for i in range(9))
    assert twice.downbeats == (0, 4, 8)
