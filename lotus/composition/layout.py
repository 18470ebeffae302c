"""Timeline -> frames: every time becomes an integer number of frames at the timeline's rate. Pure.

A clip overlaps the next by its transition, so the length of the video is the sum of the clips less
the overlaps: `sum(frames) - sum(overlap_frames)`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from math import floor

from lotus.composition.picture.transitions import CUT, xfade_name
from lotus.documents.brief import Camera, Fit
from lotus.documents.timeline import Timeline, TimelineClip
from lotus.errors import InvalidInput
from lotus.media.facts import Media

__all__ = [
    "TIE_FRAMES",
    "Layout",
    "PlacedClip",
    "check_clips",
    "grid_frame",
    "lay_out",
    "to_frames",
]

# A source's frame that falls between two frames of the grid belongs to the later one. A hundredth
# of a frame
# settles ties the same way in every piece, whatever the rounding of the container's clock.
TIE_FRAMES = Fraction(1, 100)
SPARE_SECONDS = 0.1  # the length of a source is known no better


def to_frames(seconds: float | Fraction, rate: Fraction) -> int:
    """The nearest frame; the error is at most half a frame."""
    return round(Fraction(seconds).limit_denominator(10**9) * rate)


def grid_frame(seconds: Fraction, rate: Fraction) -> int:
    """The frame that shows at a time, where frames stand on the grid."""
    return floor(seconds * rate + TIE_FRAMES)


@dataclass(frozen=True)
class PlacedClip:
    """A clip on the frame grid. `start` is in seconds of the source; all else in frames of the
    timeline.
    """

    source: str
    start: Fraction
    speed: Fraction
    frames: int
    at_frame: int
    overlap_before: int
    overlap_after: int
    transition: str
    color: str | None
    fit: Fit
    camera: Camera
    volume: float
    duck: bool = False  # its sound, while a voice speaks
    focus: tuple[float, float] | None = None  # what a crop keeps; None: the middle
    spare: int = 0  # frames that rounding by itself would add to the body, or take from it

    @property
    def body(self) -> tuple[int, int]:
        """First frame and end of what no transition touches, counted in the clip."""
        return self.overlap_before, self.frames - self.overlap_after


@dataclass(frozen=True)
class Layout:
    """All clips placed; `frames` is the length of the video."""

    rate: Fraction
    width: int
    height: int
    clips: tuple[PlacedClip, ...]
    frames: int


def lay_out(timeline: Timeline, source_seconds: Mapping[str, Fraction]) -> Layout:
    """Place the clips. `source_seconds` is asked only for clips whose end the timeline leaves open.

    Raises InvalidInput for a clip without length or an overlap longer than the clips that it joins.
    """
    clips: list[PlacedClip] = []
    before = before_alone = 0
    at = 0  # the clip's first frame; `sum_frames` is where it is before rounding
    sum_frames = Fraction(0)
    last = len(timeline.clips) - 1
    for index, clip in enumerate(timeline.clips):
        length = _exact_frames(clip, timeline.fps, source_seconds, index)
        overlap = Fraction(0) if index == last else _overlap(clip, timeline.fps)
        end = max(_nearest(sum_frames + length), at + 1)
        sum_frames += length - overlap
        following = end if not overlap else min(max(_nearest(sum_frames), at), end)
        frames = end - at
        after = end - following
        if before + after > frames or overlap > length:
            raise InvalidInput(
                file="",
                field=f"clips[{index}].transition",
                reason=f"the transitions around this clip take {before + _nearest(overlap)} "
                f"frames, but it has {frames}",
                remedy="shorten the transitions or lengthen the clip",
            )
        alone = _nearest(length) - before_alone - _nearest(overlap)
        spare = alone - (frames - before - after)
        clips.append(replace(_place(clip, frames, at, before, after), spare=spare))
        before_alone = _nearest(overlap)
        at = following
        before = after
    return Layout(timeline.fps, timeline.width, timeline.height, tuple(clips), at)


def _place(clip: TimelineClip, frames: int, at: int, before: int, after: int) -> PlacedClip:
    return PlacedClip(
        source=clip.source,
        start=Fraction(clip.start_seconds).limit_denominator(1_000_000),
        speed=Fraction(clip.speed).limit_denominator(1000),
        frames=frames,
        at_frame=at,
        overlap_before=before,
        overlap_after=after,
        transition=clip.transition.kind if after else CUT,
        color=clip.transition.color if after else None,
        fit=clip.fit,
        camera=clip.camera,
        volume=clip.volume,
        duck=clip.duck,
        focus=clip.focus,
    )


def _exact_frames(
    clip: TimelineClip, rate: Fraction, seconds: Mapping[str, Fraction], index: int
) -> Fraction:
    """The clip's length before rounding: positions are rounded, not lengths, or errors add up."""
    if clip.duration_seconds is not None:
        length = Fraction(clip.duration_seconds)
    else:
        end = seconds[clip.source] if clip.end_seconds is None else Fraction(clip.end_seconds)
        length = (end - Fraction(clip.start_seconds)) / Fraction(clip.speed)
    frames = _decimal(length) * rate
    if _nearest(frames) < 1:
        raise InvalidInput(
            file="",
            field=f"clips[{index}]",
            reason="is shorter than one frame",
            remedy="move its start or its end",
        )
    return frames


def _overlap(clip: TimelineClip, rate: Fraction) -> Fraction:
    """The transition's length in frames, before rounding."""
    xfade_name(clip.transition.kind)
    if clip.transition.kind == CUT:
        return Fraction(0)
    return _decimal(Fraction(clip.transition.duration_seconds)) * rate


def _decimal(seconds: Fraction) -> Fraction:
    """The time that was meant: a float is not exactly what was written."""
    return seconds.limit_denominator(10**9)


def _nearest(frames: Fraction) -> int:
    return round(frames)


def check_clips(timeline: Timeline, layout: Layout, media: Mapping[str, Media]) -> None:
    """Raise InvalidInput for the first clip whose source has no picture, or ends before the clip
    does.
    """
    for index, (clip, pairs) in enumerate(zip(timeline.clips, layout.clips, strict=True)):
        there = media.get(clip.source)
        if there is None or there.kind == "image":
            continue
        end = float(pairs.start + pairs.frames * pairs.speed / layout.rate)
        if there.kind == "audio":
            reason = "has sound but no picture"
            remedy = "use a clip or a photo, or move it to audio"
        elif end > there.seconds + SPARE_SECONDS:
            reason = (
                f"is {float(there.seconds):.2f} s long, the clip takes {clip.start_seconds:g} "
                f"to {end:g} s"
            )
            remedy = "end the clip earlier"
        else:
            continue
        raise InvalidInput(
            file="",
            field=f"clips[{index}].source",
            reason=f"'{clip.source}' {reason}",
            remedy=remedy,
        )
