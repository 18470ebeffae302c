"""Cut -> OpenTimelineIO's own format: JSON of its schemas (opentimelineio.readthedocs.io, file
format specification). What lotus alone reads stands in `metadata.lotus`. Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from lotus.interchange.cut import (
    Cut,
    CutClip,
    CutMarker,
    CutMedia,
    CutTrack,
    CutTransition,
    file_url,
    gaps,
)

__all__ = ["otio"]


def otio(cut: Cut) -> str:
    """The text of an .otio file."""
    stack = {
        **_item("Stack.1", "tracks", None, {}),
        "markers": [_marker(marker, cut.rate) for marker in cut.markers],
        "children": [_track(track, cut) for track in cut.tracks],
    }
    size = {"width": cut.width, "height": cut.height, "fps": str(cut.rate)}
    timeline = {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {"lotus": {**size, **cut.notes}},
        "name": cut.name,
        "global_start_time": _time(0, cut.rate),
        "tracks": stack,
    }
    return json.dumps(timeline, indent=2, ensure_ascii=False) + "\n"


def _time(frames: Fraction | int, rate: Fraction) -> dict[str, Any]:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(frames)}


def _range(start: Fraction | int, frames: int, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "duration": _time(frames, rate),
        "start_time": _time(start, rate),
    }


def _item(schema: str, name: str, source: Any, notes: Mapping[str, Any]) -> dict[str, Any]:
    """What all things that fill a track have."""
    return {
        "OTIO_SCHEMA": schema,
        "metadata": {"lotus": dict(notes)} if notes else {},
        "name": name,
        "source_range": source,
        "effects": [],
        "markers": [],
        "enabled": True,
    }


def _track(track: CutTrack, cut: Cut) -> dict[str, Any]:
    empty = {at: _gap(frames, cut.rate) for at, frames in gaps(track.clips, cut.frames)}
    if track.clips and track.clips[-1].end in empty:
        del empty[track.clips[-1].end]  # a track ends with its last clip
    items: list[tuple[int, int, dict[str, Any]]] = [(at, 1, gap) for at, gap in empty.items()]
    items += [(one.cut, 0, _transition(one, cut.rate)) for one in track.transitions]
    items += [(clip.at, 1, _clip(clip, track, cut.rate)) for clip in track.clips]
    return {
        **_item("Track.1", track.name, None, {}),
        "kind": track.kind.capitalize(),
        "children": [item for _, _, item in sorted(items, key=lambda one: one[:2])],
    }


def _gap(frames: int, rate: Fraction) -> dict[str, Any]:
    return _item("Gap.1", "", _range(0, frames, rate), {})


def _transition(transition: CutTransition, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Transition.1",
        "metadata": {"lotus": dict(transition.notes)} if transition.notes else {},
        "name": transition.kind,
        "in_offset": _time(transition.before, rate),
        "out_offset": _time(transition.after, rate),
        "transition_type": "SMPTE_Dissolve",
    }


def _clip(clip: CutClip, track: CutTrack, rate: Fraction) -> dict[str, Any]:
    first = clip.media.first if clip.media is not None else 0
    notes = dict(clip.notes)
    if track.kind == "audio":
        sound = {"gain": clip.gain, "fade_in": clip.fade_in, "fade_out": clip.fade_out}
        notes |= {name: value for name, value in sound.items() if value != (name == "gain")}
    source = _range(first + clip.start, clip.frames, rate)
    media = _media(clip.media, rate) if clip.media is not None else _BLACK
    return {
        **_item("Clip.2", clip.name, source, notes),
        "media_references": {"DEFAULT_MEDIA": media},
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


_BLACK: dict[str, Any] = {
    "OTIO_SCHEMA": "GeneratorReference.1",
    "metadata": {},
    "name": "black",
    "available_range": None,
    "available_image_bounds": None,
    "generator_kind": "black",
    "parameters": {},
}


def _media(media: CutMedia, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "ExternalReference.1",
        "metadata": {},
        "name": media.name,
        "available_range": None if media.still else _range(media.first, media.frames, rate),
        "available_image_bounds": None,
        "target_url": file_url(media.path),
    }


def _marker(marker: CutMarker, rate: Fraction) -> dict[str, Any]:
    return {
        "OTIO_SCHEMA": "Marker.2",
        "metadata": {"lotus": {"caption": marker.text, **marker.notes}},
        "name": " ".join(marker.text.split()),
        "color": "GREEN",
        "comment": marker.text,
        "marked_range": _range(marker.at, marker.frames, rate),
    }
