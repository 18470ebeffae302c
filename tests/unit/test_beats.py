"""Beats of tracks, and the cuts of music videos on them."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lotus
from lotus.documents.brief import LIMITS, Brief
from lotus.music import beat_times, bed
from lotus.music.beats import RATE, analyse
from lotus.music.grid import BeatGrid
from lotus.pipeline.pipeline import make_storyboard
from lotus.planning.cuts import cut_on_beats, snapped
from lotus.planning.planners import plan
from tests.tracks import change, ramp, save, steady, track

SECONDS = 38.0
FPS = Fraction(30)
FRAME = 1 / 30 + 1e-3
SCENES = range(LIMITS["music_video"].min_scenes, LIMITS["music_video"].max_scenes + 1)

Track = tuple[Any, Any]  # beat times in seconds, and the sound


def _steady(bpm: float, *, start: float = 0.0, **how: Any) -> Track:
    beats = steady(bpm, SECONDS, start)
    return beats, track(beats, SECONDS, **how)


def _of(beats: Any, **how: Any) -> Track:
    return beats, track(beats, SECONDS, **how)


TRACKS: Mapping[str, Callable[[], Track]] = {
    "slow": lambda: _steady(60, start=0.37),
    "93 bpm": lambda: _steady(93, start=0.37),
    "128 bpm": lambda: _steady(128, start=0.2),
    "hats louder than kicks": lambda: _steady(120, drums="four"),
    "silence first": lambda: _steady(104, start=3.3),
    "swing": lambda: _steady(112, swing=0.16),
    "waltz": lambda: _steady(138, meter=3),
    "quicker and quicker": lambda: _of(ramp(90, 130, SECONDS)),
    "another tempo": lambda: _of(change(92, 124, 22, SECONDS)),
    "quiet, then loud": lambda: _steady(118, quiet_until=22.0),
}


@pytest.fixture(scope="module")
def grids() -> dict[str, tuple[Any, BeatGrid]]:
    made = {name: build() for name, build in TRACKS.items()}
    return {name: (beats, analyse(sound)) for name, (beats, sound) in made.items()}


def _nearest(times: Any, among: Any) -> Any:
    """The distance from each time to the nearest of the others, with its sign."""
    differences = np.asarray(times)[:, None] - np.asarray(among)[None, :]
    return differences[np.arange(len(differences)), np.abs(differences).argmin(axis=1)]


@pytest.mark.parametrize("name", TRACKS)
def test_beats_of_a_known_track_are_found_within_a_frame(
    name: str, grids: dict[str, tuple[Any, BeatGrid]]
) -> None:
    beats, grid = grids[name]
    assert np.mean(np.abs(_nearest(beats, grid.beats)) < FRAME) >= 0.97
    assert np.mean(np.abs(_nearest(grid.beats, beats)) < FRAME) >= 0.97
    assert abs(np.median(_nearest(grid.beats, beats))) < 0.008  # no constant bias


@pytest.mark.parametrize("name", TRACKS)
def test_a_music_video_is_cut_on_the_beats_of_its_track(
    name: str, grids: dict[str, tuple[Any, BeatGrid]]
) -> None:
    beats, grid = grids[name]
    found = cut_on_beats(grid, round(SECONDS * FPS), FPS, SCENES)
    assert found is not None
    assert sum(found.frames) == round(SECONDS * FPS)
    cuts = [frame / 30 for frame in accumulate(found.frames)][:-1]
    assert np.mean(np.abs(_nearest(cuts, beats)) <= FRAME) >= 0.95
    assert min(found.frames) >= 30


def test_cuts_fall_on_the_bars_of_a_waltz_and_of_a_march(
    grids: dict[str, tuple[Any, BeatGrid]],
) -> None:
    for name, meter in (("waltz", 3), ("93 bpm", 4)):
        beats, grid = grids[name]
        bars = np.asarray(grid.beats)[list(grid.downbeats)]
        assert np.mean(np.abs(_nearest(beats[::meter], bars)) < FRAME) > 0.9, name


def test_loud_stretches_have_more_cuts_and_begin_with_a_dissolve(
    grids: dict[str, tuple[Any, BeatGrid]],
) -> None:
    _, grid = grids["quiet, then loud"]
    found = cut_on_beats(grid, round(SECONDS * FPS), FPS, SCENES)
    assert found is not None
    cuts = [frame / 30 for frame in accumulate(found.frames)][:-1]
    quiet = sum(cut < 21.5 for cut in cuts)
    assert len(cuts) - quiet >= 1.5 * quiet
    assert any(abs(cuts[number] - 22.0) < 2.1 for number in found.sections)


def test_the_beats_of_our_own_beds_are_found() -> None:
    for name, seed in (("calm", 3), ("bright", 3), ("driving", 1)):
        sound = np.concatenate(list(bed(name, 48_000 * 30, seed))).mean(axis=1)
        mono = np.interp(np.arange(0, len(sound), 48_000 / RATE), np.arange(len(sound)), sound)
        exact = np.array(beat_times(name, seed, 48_000 * 30)) / 48_000
        assert np.mean(np.abs(_nearest(exact, analyse(mono).beats)) < FRAME) >= 0.95, name


def test_silence_noise_and_a_drone_have_no_beats() -> None:
    seconds = np.arange(20 * RATE) / RATE
    rng = np.random.default_rng(1)
    assert analyse(np.zeros(20 * RATE)).beats == ()
    assert analyse(np.zeros(100)).beats == ()
    assert analyse(np.full(20 * RATE, np.nan)).beats == ()
    assert analyse(0.3 * np.sin(2 * np.pi * 220 * seconds)).beats == ()
    assert analyse(0.1 * rng.standard_normal(20 * RATE)).beats == ()


def test_a_model_with_short_clips_gets_scenes_that_it_can_make(
    grids: dict[str, tuple[Any, BeatGrid]],
) -> None:
    _, grid = grids["93 bpm"]
    found = cut_on_beats(grid, round(SECONDS * FPS), FPS, SCENES, longest=90)
    assert found is not None
    assert max(found.frames) <= 90


def test_scenes_of_a_given_length_stay_and_the_others_move_to_the_beat(
    grids: dict[str, tuple[Any, BeatGrid]],
) -> None:
    beats, grid = grids["93 bpm"]
    frames = snapped((100, 110, 120, 130), grid, FPS, [False, True, False, False])
    assert sum(frames) == 460
    assert frames[1] == 110
    assert frames[0] == 100  # its cut would change the length that was given
    assert abs(_nearest([sum(frames[:3]) / 30], beats)[0]) <= FRAME


def test_a_plan_without_beats_has_even_scenes(grids: dict[str, tuple[Any, BeatGrid]]) -> None:
    brief = Brief(kind="music_video", prompt="Night drive. Rain. A dancer.", audio="x.wav")
    board = plan(brief, audio_seconds=SECONDS, beats=BeatGrid(SECONDS, (), (), (), ()))
    lengths = {round(scene.duration_seconds * brief.fps) for scene in board.scenes}
    assert max(lengths) - min(lengths) <= 1
    on_beats = plan(brief, audio_seconds=SECONDS, beats=grids["93 bpm"][1])
    assert sum(round(s.duration_seconds * brief.fps) for s in on_beats.scenes) == round(
        SECONDS * brief.fps
    )


def test_the_example_of_a_music_video_is_cut_on_its_beats(tmp_path: Path) -> None:
    example = Path(__file__).parents[2] / "lotus/examples/music.yaml"
    shutil.copy(example, tmp_path)
    beats = steady(104, 24.0, 1.7)
    save(track(beats, 24.0), tmp_path / "track.wav")
    board = lotus.plan(tmp_path / "music.yaml")
    cuts = list(accumulate(scene.duration_seconds for scene in board.scenes))[:-1]
    assert np.abs(_nearest(cuts, beats)).max() <= 1 / float(board.brief.fps) + 1e-3
    comments = re.findall("#(.*)", example.read_text())
    assert "cut on the beats of the track, more of them in the loud sections" in comments[0]


def test_where_no_drums_play_the_tempo_is_that_of_the_track() -> None:
    """The opening has two rhythms, four against three, as that of "1918"; the drums have one."""
    beats = steady(94, 40.0)
    edge = round(beats[19] * RATE)
    slow = track(beats, 40.0, drums="none")[:edge]
    quick = track(steady(94 * 4 / 3, 40.0), 40.0, drums="none")[:edge]
    grid = analyse(np.concatenate([0.5 * slow + 0.5 * quick, track(beats, 40.0)[edge:]]))
    assert abs(60 / np.median(np.diff(grid.beats)) - 94) < 1
    assert abs(60 / np.median(np.diff(grid.beats[:14])) - 94) < 1


def test_a_track_of_fifteen_seconds_makes_a_reel_cut_on_its_beats(tmp_path: Path) -> None:
    beats = steady(120, 15.0)
    path = save(track(beats, 15.0), tmp_path / "track.wav")
    brief = Brief(kind="music_video", prompt="Night drive. Rain. A dancer.", audio=str(path))
    scenes = make_storyboard(brief).scenes
    cuts = list(accumulate(scene.duration_seconds for scene in scenes))[:-1]
    assert len(cuts) >= 3
    assert np.abs(_nearest(cuts, beats)).max() <= 1 / float(brief.fps) + 1e-3
