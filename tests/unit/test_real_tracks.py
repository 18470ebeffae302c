"""Cuts on the beats of real music: tests/data/tracks/README.md says where it comes from, and how
its beats were annotated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate
from pathlib import Path
from typing import Any

import iscc_samples
import numpy as np
import pytest

from lotus.documents.brief import LIMITS
from lotus.media.sound import read_mono
from lotus.music.beats import RATE, analyse
from lotus.music.grid import BeatGrid
from lotus.planning.cuts import cut_on_beats

DATA = Path(__file__).parents[1] / "data/tracks"
SAMPLES = Path(iscc_samples.__file__).parent / "files/audio"
FRAME = 1 / 30 + 1e-3
SCENES = range(LIMITS["music_video"].min_scenes, LIMITS["music_video"].max_scenes + 1)


@dataclass(frozen=True)
class RealTrack:
    """A file, and its beats as somebody else would mark them."""

    path: Path
    bpm: float
    first_seconds: float

    def distances(self, times: Any) -> Any:
        """How far each time is from the nearest beat, in seconds."""
        beats = (np.asarray(times) - self.first_seconds) * self.bpm / 60
        return np.abs(beats - np.round(beats)) * 60 / self.bpm


TRACKS: Mapping[str, RealTrack] = {
    "chiptune": RealTrack(DATA / "stage_1.opus", 140.0, 0.0),
    "jazz": RealTrack(DATA / "vibe_ace.opus", 130.0, 0.025),
    "song": RealTrack(SAMPLES / "demo.mp3", 120.0, 0.456),
}


@pytest.fixture(scope="module")
def grids() -> dict[str, BeatGrid]:
    return {name: analyse(read_mono(track.path, RATE, 60)) for name, track in TRACKS.items()}


@pytest.mark.parametrize("name", TRACKS)
def test_real_music_is_cut_within_a_frame_of_its_beats(
    name: str, grids: dict[str, BeatGrid]
) -> None:
    grid, track = grids[name], TRACKS[name]
    assert len(grid.beats) >= 0.9 * grid.seconds * track.bpm / 60
    assert np.mean(track.distances(grid.beats) <= FRAME) >= 0.95
    total = int(grid.seconds * 30)
    found = cut_on_beats(grid, total, Fraction(30), SCENES)
    assert found is not None
    cuts = [frame / 30 for frame in accumulate(found.frames)][:-1]
    assert len(cuts) >= 3
    assert np.mean(track.distances(cuts) <= FRAME) >= 0.95


def test_a_dotted_rhythm_is_not_taken_for_the_beat(grids: dict[str, BeatGrid]) -> None:
    """Of "Belly Button" the first bar has kicks a beat and a half apart."""
    assert grids["song"].bpm == pytest.approx(120, abs=0.5)


def test_off_beats_of_the_bass_do_not_pull_the_beat_aside(grids: dict[str, BeatGrid]) -> None:
    """From its seventeenth second on, the bass of "Stage 1" plays between the beats."""
    times = np.array([beat for beat in grids["chiptune"].beats if beat > 17])
    assert np.median(TRACKS["chiptune"].distances(times)) < 0.015
