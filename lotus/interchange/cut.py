"""A cut as editing suites see it: clips with handles on tracks, in whole frames. No I/O.

A clip stands where it is seen alone, up to the middle of the transitions around it; what a
transition shows beyond that are the clip's handles. Frames of sources are counted at the rate of
the cut, from the first frame of the file.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

from lotus.errors import InvalidInput

__all__ = [
    "CAPTION",
    "CUTS",
    "DISSOLVE",
    "Cut",
    "CutClip",
    "CutFile",
    "CutMarker",
    "CutMedia",
    "CutTrack",
    "CutTransition",
    "check_depth",
    "check_number",
    "cut_error",
    "drops_frames",
    "file_url",
    "frame_of",
    "gaps",
    "is_cut",
    "notes_left_out",
    "timecode",
    "whole_rate",
]

CUTS = (".otio", ".edl", ".fcpxml", ".fcpxmld", ".xml")  # suffixes of what editors write
DISSOLVE = "dissolve"
DEEPEST = 40  # sequences in sequences
MOST_ITEMS = 5000  # on all tracks, with those of nested sequences as often as they are shown
CAPTION = "caption\n"  # begins the note of a marker that is one


@dataclass(frozen=True)
class CutMedia:
    """A file that clips are taken from. `name` is unique in a cut."""

    path: Path
    name: str
    frames: int  # its length at the rate of the cut
    first: int = 0  # its own start timecode, in frames at the rate of the cut
    rate: Fraction = Fraction(0)  # of its pictures; 0: it has none
    width: int = 0
    height: int = 0
    still: bool = False
    channels: int = 0  # of its sound; 0: it has none
    sample_rate: int = 48_000

    @property
    def has_picture(self) -> bool:
        """Whether it has pictures."""
        return self.width > 0


@dataclass(frozen=True)
class CutClip:
    """A stretch of a file. `media` is None where nothing is seen: black."""

    name: str
    media: CutMedia | None
    at: int  # on the timeline
    start: Fraction | int  # frame of the file that shows at `at`
    frames: int
    speed: Fraction = Fraction(1)
    gain: float = 1.0
    fade_in: int = 0  # of its sound, in frames
    fade_out: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)  # what lotus alone reads

    @property
    def end(self) -> int:
        """The frame of the timeline after its last."""
        return self.at + self.frames


@dataclass(frozen=True)
class CutTransition:
    """From one clip to the next, `before` frames of it in front of where they meet."""

    at: int
    frames: int
    before: int
    kind: str = DISSOLVE
    notes: Mapping[str, Any] = field(default_factory=dict)

    @property
    def cut(self) -> int:
        """The frame at which the clips meet."""
        return self.at + self.before

    @property
    def after(self) -> int:
        """Frames behind where the clips meet."""
        return self.frames - self.before


@dataclass(frozen=True)
class CutTrack:
    """Clips one after the other, the first below all others that lie over it."""

    kind: Literal["video", "audio"]
    clips: tuple[CutClip, ...]
    transitions: tuple[CutTransition, ...] = ()
    name: str = ""

    def into(self, clip: CutClip) -> CutTransition | None:
        """The transition that leads to a clip."""
        return next((one for one in self.transitions if one.cut == clip.at), None)

    def out_of(self, clip: CutClip) -> CutTransition | None:
        """The transition that leads away from a clip."""
        return next((one for one in self.transitions if one.cut == clip.end), None)


@dataclass(frozen=True)
class CutMarker:
    """A note on a stretch of the timeline."""

    at: int
    frames: int
    text: str
    notes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Cut:
    """A whole cut. `notes` holds what lotus alone reads."""

    name: str
    rate: Fraction
    frames: int
    tracks: tuple[CutTrack, ...]
    markers: tuple[CutMarker, ...] = ()
    width: int = 0  # 0: the format does not say
    height: int = 0
    notes: Mapping[str, Any] = field(default_factory=dict)

    def of_kind(self, kind: Literal["video", "audio"]) -> tuple[CutTrack, ...]:
        """The tracks of one kind, the lowest first."""
        return tuple(track for track in self.tracks if track.kind == kind)

    @property
    def media(self) -> tuple[CutMedia, ...]:
        """Every file, once, in the order in which it is first used."""
        all_media = (clip.media for track in self.tracks for clip in track.clips)
        return tuple(dict.fromkeys(media for media in all_media if media is not None))


@dataclass(frozen=True)
class CutFile:
    """A file of an editor's cut, and the frames a second of an EDL, which names none."""

    path: Path
    fps: str | None = None


def check_number(items: int) -> None:
    """Raise InvalidInput for more clips than a timeline holds, before they are laid out."""
    if items > MOST_ITEMS:
        raise cut_error("", f"has more than {MOST_ITEMS} clips", "export it in parts")


def check_depth(depth: int, what: str) -> None:
    """Raise InvalidInput for sequences or stacks (`what`) within so many others."""
    if depth > DEEPEST:
        raise cut_error("", f"nests more than {DEEPEST} {what}", "flatten it in the editor")


def cut_error(name: str, reason: str, remedy: str = "export it again") -> InvalidInput:
    """The error of a cut, or of what has that name in it; the reader of the file adds its path."""
    return InvalidInput(file="", field=name[:80], reason=reason, remedy=remedy)


def notes_left_out(notes: int) -> list[str]:
    """The line on markers that are no captions, where there are any."""
    return [f"{notes} markers are notes of the editor, not captions"] if notes else []


def is_cut(path: object) -> bool:
    """Whether a path is called as an editor's cut is."""
    return isinstance(path, str | Path) and Path(path).suffix.lower() in CUTS


def whole_rate(rate: Fraction) -> int:
    """Frames that a second of timecode counts: 30 at 29.97 frames a second."""
    return -(-rate.numerator // rate.denominator)


def drops_frames(rate: Fraction) -> bool:
    """Whether timecode at this rate leaves numbers out, so that it follows the clock (SMPTE ST
    12-1): at 29.97 and 59.94 frames a second, not at 23.976.
    """
    return rate.denominator == 1001 and rate.numerator in (30_000, 60_000)


def timecode(frame: int, rate: Fraction) -> str:
    """The timecode of a frame, with `;` before the frames where numbers are left out."""
    whole = whole_rate(rate)
    if drops_frames(rate):
        # two numbers at 30 frames a second, four at 60, each minute but every tenth
        left_out = whole // 15
        in_minute = 60 * whole - left_out
        tens, rest = divmod(frame, 10 * in_minute + left_out)
        minutes = 0 if rest < 60 * whole else 1 + (rest - 60 * whole) // in_minute
        frame += left_out * (9 * tens + minutes)
    seconds, frames = divmod(frame, whole)
    mark = ";" if drops_frames(rate) else ":"
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{frames:02}"


def frame_of(text: str, rate: Fraction) -> int:
    """The frame that a timecode counts."""
    whole = whole_rate(rate)
    hours, minutes, seconds, frames = (int(part) for part in re.split("[:;.]", text))
    total = ((hours * 60 + minutes) * 60 + seconds) * whole + frames
    if (";" in text or "." in text) and drops_frames(rate):
        all_minutes = hours * 60 + minutes
        total -= whole // 15 * (all_minutes - all_minutes // 10)
    return total


def file_url(path: Path) -> str:
    """An absolute file URL (RFC 8089), which all suites read."""
    return path.absolute().as_uri()


def gaps(clips: Sequence[CutClip], frames: int) -> tuple[tuple[int, int], ...]:
    """Where a track shows nothing: (first frame, number of frames)."""
    empty = []
    at = 0
    for clip in clips:
        if clip.at > at:
            empty.append((at, clip.at - at))
        at = max(at, clip.end)
    return (*empty, (at, frames - at)) if frames > at else tuple(empty)
