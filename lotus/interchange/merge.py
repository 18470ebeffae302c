"""Tracks that lie over each other -> one, of what is seen; stretches of tracks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from lotus.interchange.cut import CutClip, CutTrack, CutTransition

__all__ = ["merge_tracks", "shift_track", "window"]


def window(track: CutTrack, start: int, frames: int) -> CutTrack:
    """A stretch of a track, counted from its own beginning."""
    clips = tuple(
        clip for one in track.clips if (clip := _within(one, start, start + frames)) is not None
    )
    inside = [t for t in track.transitions if t.at >= start and t.at + t.frames <= start + frames]
    return shift_track(replace(track, clips=clips, transitions=tuple(inside)), -start)


def shift_track(track: CutTrack, frames: int) -> CutTrack:
    """The track, so many frames later."""
    return replace(
        track,
        clips=tuple(replace(clip, at=clip.at + frames) for clip in track.clips),
        transitions=tuple(replace(t, at=t.at + frames) for t in track.transitions),
    )


def merge_tracks(tracks: Sequence[CutTrack]) -> tuple[CutTrack, int]:
    """One track of what is seen, the last track lying on top; and the number of transitions that
    another clip covers.
    """
    clips: list[CutClip] = []
    transitions: list[CutTransition] = []
    for track in tracks:
        for over in track.clips:
            clips = [part for clip in clips for part in _around(clip, over)]
        clips += track.clips
        transitions += track.transitions
    clips.sort(key=lambda clip: clip.at)
    joining = tuple(one for one in transitions if _joins(one, clips))
    name = tracks[0].name if tracks else ""
    return CutTrack("video", tuple(clips), joining, name), len(transitions) - len(joining)


def _around(clip: CutClip, over: CutClip) -> Iterable[CutClip]:
    """What of a clip is seen beside another that lies over it."""
    for first, end in ((clip.at, min(clip.end, over.at)), (max(clip.at, over.end), clip.end)):
        part = _within(clip, first, end)
        if part is not None:
            yield part


def _within(clip: CutClip, first: int, end: int) -> CutClip | None:
    at, last = max(clip.at, first), min(clip.end, end)
    if last <= at:
        return None
    start = clip.start + (at - clip.at) * clip.speed
    fades = {"fade_in": clip.fade_in if at == clip.at else 0}
    fades["fade_out"] = clip.fade_out if last == clip.end else 0
    return replace(clip, at=at, start=start, frames=last - at, **fades)  # type: ignore[arg-type]


def _joins(one: CutTransition, clips: Sequence[CutClip]) -> bool:
    """Whether two clips, or a clip and black, still meet in a transition, and nothing else does."""
    edges = {edge for clip in clips for edge in (clip.at, clip.end)}
    inside = {edge for edge in edges if one.at < edge < one.at + one.frames}
    return one.cut in edges and inside <= {one.cut}
