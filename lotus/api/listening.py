"""Listening to a track: beats, bars, sections and loudness, and where a storyboard cuts it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.documents.calls import explained_call
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, MediaError
from lotus.music.grid import BeatGrid, Section

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TrackView", "listen"]

PART_ENERGIES = {"intro": 0.3, "build": 0.65, "climax": 1.0, "ending": 0.5}


@dataclass(frozen=True)
class TrackView:
    """What is heard in a track; a notebook shows it as a picture."""

    source: str
    grid: BeatGrid
    cuts: tuple[float, ...] = ()  # in seconds of the video
    fps: float = 24.0
    mono: NDArray[Any] | None = field(default=None, repr=False, compare=False)

    @property
    def bpm(self) -> float:
        """The median tempo in beats a minute; 0 without beats."""
        return self.grid.bpm

    @property
    def share_on_beats(self) -> float:
        """The share of the cuts that are within one frame of a beat; 0 without cuts or beats."""
        if not self.cuts or not self.grid.beats:
            return 0.0
        near = (min(abs(cut - beat) for beat in self.grid.beats) for cut in self.cuts)
        return sum(distance <= 1 / self.fps for distance in near) / len(self.cuts)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        from lotus.display.waveform import waveform_png

        plain = f"{Path(self.source).name}: {self.grid.seconds:.1f} s"
        plain += f", {self.bpm:.1f} beats a minute" if self.grid.beats else ", no clear beat"
        plain += f", {len(self.grid.sections)} sections"
        if self.cuts:
            plain += f", {self.share_on_beats:.0%} of {len(self.cuts)} cuts on beats"
        if self.mono is None:
            return {"text/plain": plain}
        picture = waveform_png(self.mono, self.grid, self.cuts)
        return {"text/plain": plain, "image/png": base64.b64encode(picture).decode()}


@explained_call
def listen(track: str | Path | Storyboard) -> TrackView:
    """Listen to an audio file, or to the music of a storyboard.

    Parameters
    ----------
    track
        An audio file, of which the first ten minutes are analysed, or a Storyboard, whose cuts are
        then shown too.

    Returns
    -------
    TrackView
        Beats, bars, sections and loudness; a picture in a notebook. Times are seconds.

    Raises
    ------
    InvalidInput
        If the file has no sound that can be decoded, or the storyboard no music.
    """
    if isinstance(track, Storyboard):
        return _of_storyboard(track)
    from lotus.media.tracks import LISTENED_SECONDS

    return _of_file(str(track), LISTENED_SECONDS, 0.0)


def _of_file(source: str, seconds: float, start: float) -> TrackView:
    from lotus.media.sound import read_mono
    from lotus.music.beats import RATE, analyse

    try:
        mono = read_mono(Path(source), RATE, seconds, start)
    except MediaError as exc:
        reason = exc.facts["reason"]
        raise InvalidInput(file=source, field="source", reason=reason, remedy=exc.remedy) from exc
    return TrackView(source, analyse(mono), mono=mono)


def _of_storyboard(storyboard: Storyboard) -> TrackView:
    from lotus.composition.assemble import assemble

    tracks = assemble(storyboard, ["clip"] * len(storyboard.scenes)).audio
    if not tracks:
        remedy = "name a bed or a file in music"
        raise InvalidInput(file="", field="music", reason="is none", remedy=remedy)
    seconds = storyboard.duration_seconds
    track = tracks[0]
    if track.source.startswith("bed:"):
        marks = [(mark.start_seconds, mark.part) for mark in track.arc]
        view = _of_bed(track.source.removeprefix("bed:"), track.seed, seconds, marks)
    else:
        view = _of_file(track.source, seconds, track.in_seconds)
    cuts = tuple(accumulate(scene.duration_seconds for scene in storyboard.scenes))[:-1]
    return replace(view, cuts=cuts, fps=float(storyboard.brief.fps))


def _of_bed(name: str, seed: int, seconds: float, marks: Sequence[tuple[float, str]]) -> TrackView:
    import numpy as np

    from lotus.music import SAMPLE_RATE, beat_times, bed, scored_bed
    from lotus.music.choice import bed_beats

    samples = round(seconds * SAMPLE_RATE)
    ends = [*(start for start, _ in marks[1:]), seconds]
    parts = [
        Section(start, end, PART_ENERGIES[part])
        for (start, part), end in zip(marks, ends, strict=True)
    ]
    if marks:
        arc = tuple((round(start * SAMPLE_RATE), part) for start, part in marks)
        blocks = scored_bed(name, samples, seed, arc)
        grid = bed_beats(name, seed, seconds) or BeatGrid(seconds, (), (), (), ())
        grid = replace(grid, sections=tuple(parts))
    else:
        blocks = bed(name, samples, seed)
        beats = tuple(at / SAMPLE_RATE for at in beat_times(name, seed, samples))
        grid = BeatGrid(seconds, beats, tuple(range(0, len(beats), 4)), (0.5,) * len(beats), ())
    return TrackView(f"bed:{name}", grid, mono=np.concatenate(list(blocks)).mean(axis=1))
