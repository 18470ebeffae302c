"""OpenTimelineIO's JSON -> cut: nested stacks become the tracks that they show.

The JSON is read here, and not by OpenTimelineIO's own library, because that ends the process on
some damaged files. Schemas: opentimelineio.readthedocs.io, "Serialized schema"; old names of them
(`Sequence`, `Filler`, `Clip.1`) are those of files before version 1.0.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

from lotus.interchange.cut import (
    Cut,
    CutClip,
    CutMarker,
    CutMedia,
    CutTrack,
    CutTransition,
    check_depth,
    check_number,
    cut_error,
    notes_left_out,
)
from lotus.interchange.merge import merge_tracks, shift_track, window
from lotus.interchange.rates import clock_rate, exact_rate

__all__ = ["Look", "cut_of_otio"]

Look = Callable[[str, str], CutMedia]  # an address of a file and a clip's name -> the file
Node = Mapping[str, Any]
BLACK = ("black", "slug", "gap", "black video")
TRACKS = ("Track", "Sequence")
GAPS = ("Gap", "Filler")
_RENDER = "render it in the editor, and use the file instead"


def cut_of_otio(document: Any, look: Callable[[Fraction], Look]) -> tuple[Cut, list[str]]:
    """The cut of a timeline, and a line for each thing that it leaves out. `look` finds the files
    of clips, at the rate of the cut. Raises InvalidInput for what cannot be shown as it is.
    """
    timeline = _timeline(document)
    rate = _rate(timeline)
    reader = _OtioReader(rate, look(rate))
    stack = _node(timeline.get("tracks"), "tracks")
    pictures, sounds = reader.stack(stack, 0)
    own = _own(timeline)
    return (
        Cut(
            name=_name(timeline) or "cut",
            rate=rate,
            frames=max((c.end for track in [*pictures, *sounds] for c in track.clips), default=0),
            tracks=(*pictures, *sounds),
            markers=reader.markers(stack),
            width=_whole(own.pop("width", 0)),
            height=_whole(own.pop("height", 0)),
            notes={name: value for name, value in own.items() if name != "fps"},
        ),
        reader.lines,
    )


def _schema(node: Any) -> str:
    """The name of an object's schema, without its version."""
    schema = node.get("OTIO_SCHEMA") if isinstance(node, Mapping) else None
    return schema.partition(".")[0] if isinstance(schema, str) else ""


def _node(value: Any, what: str) -> Node:
    if not isinstance(value, Mapping):
        raise cut_error(what, "is not an object of OpenTimelineIO")
    return value


def _nodes(node: Node, name: str) -> list[Node]:
    values = node.get(name)
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []


def _name(node: Node) -> str:
    return str(node.get("name") or "")


def _own(node: Node) -> dict[str, Any]:
    """What lotus has written into an object."""
    metadata = node.get("metadata")
    own = metadata.get("lotus") if isinstance(metadata, Mapping) else None
    return dict(own) if isinstance(own, Mapping) else {}


def _whole(value: Any) -> int:
    if isinstance(value, int | float) and 0 <= value < 2**31:
        return int(value)
    raise cut_error("metadata.lotus", f"'{str(value)[:20]}' is not a number that it may have")


def _time(value: Any) -> Fraction:
    """A RationalTime in seconds, exactly: 29.97 is 30000/1001. Nothing is zero."""
    if value is None:
        return Fraction(0)
    node = _node(value, "a time")
    count = node.get("value")
    if not isinstance(count, int | float) or not math.isfinite(count) or abs(count) > 2**53:
        raise cut_error("", f"has the time '{str(count)[:20]}'")
    return Fraction(count).limit_denominator(100_000) / clock_rate(node.get("rate"))


def _range(value: Any) -> tuple[Fraction, Fraction] | None:
    """Start and length of a TimeRange in seconds."""
    if value is None:
        return None
    node = _node(value, "a range")
    return _time(node.get("start_time")), _time(node.get("duration"))


def _timeline(document: Any) -> Node:
    if _schema(document) in ("SerializableCollection", "SerializeableCollection"):
        inside = [one for one in _nodes(document, "children") if _schema(one) == "Timeline"]
        if len(inside) != 1:
            raise cut_error("", f"holds {len(inside)} timelines", "export one of them")
        return inside[0]
    if _schema(document) != "Timeline":
        kind = _schema(document) or "something else"
        raise cut_error(
            "", f"is not a timeline of OpenTimelineIO but {kind[:40]}", "export a timeline"
        )
    return _node(document, "timeline")


def _rate(timeline: Node) -> Fraction:
    """The rate of the sequence: what lotus wrote, the start timecode's, or most clips'."""
    own = _own(timeline)
    if "fps" in own:
        return exact_rate(own["fps"])
    start = timeline.get("global_start_time")
    own_rate = start.get("rate") if isinstance(start, Mapping) else None
    if own_rate and isinstance(start, Mapping) and start.get("value"):
        return exact_rate(own_rate)
    rates: dict[Any, int] = {}
    waiting = deque([timeline.get("tracks")])
    while waiting:
        node = waiting.popleft()
        if isinstance(node, Mapping):
            inside = _nodes(node, "children") if node.get("kind") != "Audio" else []
            waiting.extendleft(reversed(inside))
            if _schema(node) == "Clip" and isinstance(node.get("source_range"), Mapping):
                length = node["source_range"].get("duration")
                rate = length.get("rate") if isinstance(length, Mapping) else None
                if isinstance(rate, int | float):
                    rates[rate] = rates.get(rate, 0) + 1
    if not rates and not own_rate:
        raise cut_error("", "has no clips", "export a timeline with clips")
    return exact_rate(max(rates, key=lambda rate: rates[rate]) if rates else own_rate)


class _OtioReader:
    """One reading: what is left out is noted on the way."""

    def __init__(self, rate: Fraction, look: Look) -> None:
        self._rate = rate
        self._look = look
        self._items = 0
        self.lines: list[str] = []

    def markers(self, stack: Node) -> tuple[CutMarker, ...]:
        """The markers that are captions; the notes of editors are none."""
        captions = []
        notes = 0
        for marker in _nodes(stack, "markers"):
            own = _own(marker)
            span = _range(marker.get("marked_range"))
            if "caption" not in own or span is None:
                notes += 1
                continue
            text = str(own.pop("caption"))
            frames = max(1, self._frame(span[1]))
            captions.append(CutMarker(self._frame(span[0]), frames, text, own))
        self.lines += notes_left_out(notes)
        return tuple(captions)

    def stack(self, stack: Node, depth: int) -> tuple[list[CutTrack], list[CutTrack]]:
        """The tracks of pictures, the lowest first, and those of sound."""
        check_depth(depth, "stacks")
        pictures: list[CutTrack] = []
        sounds: list[CutTrack] = []
        for child in _nodes(stack, "children"):
            if child.get("enabled") is False:
                self.lines.append(f"'{_name(child)}' is switched off")
                continue
            # a clip or a stack may lie beside tracks
            track = child if _schema(child) in TRACKS else {"kind": "Video", "children": [child]}
            picture, audible = self._track(track, depth)
            pictures += [picture] if picture.clips else []
            sounds += audible
        trim = _range(stack.get("source_range"))
        if trim is None:
            return pictures, sounds
        start, frames = self._frame(trim[0]), self._frame(trim[1])
        cut = [[window(one, start, frames) for one in some] for some in (pictures, sounds)]
        return cut[0], cut[1]

    def _track(self, track: Node, depth: int) -> tuple[CutTrack, list[CutTrack]]:
        """A track's own clips, and the sound of what is nested in it."""
        audio = track.get("kind") == "Audio"
        clips: list[CutClip] = []
        joins: list[CutTransition] = []
        inner_tracks: list[CutTrack] = []
        at = Fraction(0)
        for child in _nodes(track, "children"):
            if _schema(child) == "Transition":
                joins.append(self._transition(child, at))
                continue
            self._items += 1
            check_number(self._items)
            length = self._length(child, depth)
            first, end = self._frame(at), self._frame(at + length)
            at += length
            if end <= first or _schema(child) in GAPS:
                continue
            if child.get("enabled") is False:
                self.lines.append(f"'{_name(child)}' is switched off")
            elif _schema(child) == "Clip":
                clips.append(self._clip(child, first, end - first))
            else:
                inner, sounds = self._nested(child, end - first, depth + 1)
                clips += [] if audio else shift_track(inner, first).clips
                joins += [] if audio else shift_track(inner, first).transitions
                inner_tracks += [shift_track(one, first) for one in sounds]
        own = CutTrack("audio" if audio else "video", tuple(clips), tuple(joins), _name(track))
        trim = _range(track.get("source_range"))
        if trim is not None:
            start, frames = self._frame(trim[0]), self._frame(trim[1])
            own = window(own, start, frames)
            inner_tracks = [window(one, start, frames) for one in inner_tracks]
        if audio:
            return CutTrack("video", ()), [*([own] if own.clips else []), *inner_tracks]
        return own, inner_tracks

    def _length(self, item: Node, depth: int) -> Fraction:
        """How long an item stands in its track, in seconds."""
        trim = _range(item.get("source_range"))
        if trim is not None:
            return trim[1]
        kind = _schema(item)
        check_depth(depth, "stacks")
        if kind == "Clip":
            range_of = _range(self._reference(item).get("available_range"))
            if range_of is None:
                raise cut_error(_name(item), "says neither its length nor that of its file")
            return range_of[1]
        lengths = [
            self._length(one, depth + 1)
            for one in _nodes(item, "children")
            if _schema(one) != "Transition"
        ]
        if kind in TRACKS:
            return sum(lengths, Fraction(0))
        if kind == "Stack":
            return max(lengths, default=Fraction(0))
        if kind in GAPS:
            return Fraction(0)
        reason = f"is a {kind[:40] or 'thing'}, which lotus does not read"
        raise cut_error(_name(item), reason)

    def _nested(self, item: Node, frames: int, depth: int) -> tuple[CutTrack, list[CutTrack]]:
        """A stack or track within a track: one track of what it shows, and its sounds."""
        if self._speed(item) != 1:
            raise cut_error(_name(item), "runs at another speed as a whole", _RENDER)
        inner = {**item, "source_range": None}
        whole = inner if _schema(item) == "Stack" else {"children": [inner]}
        pictures, sounds = self.stack(whole, depth)
        picture, cover = merge_tracks(pictures)
        if cover:
            self.lines.append(f"'{_name(item)}': {cover} transitions are hidden by other clips")
        trim = _range(item.get("source_range"))
        start = self._frame(trim[0]) if trim is not None else 0
        return window(picture, start, frames), [window(one, start, frames) for one in sounds]

    def _reference(self, clip: Node) -> Node:
        """What a clip refers to: its active reference, or the only one that old files have."""
        references = clip.get("media_references")
        if isinstance(references, Mapping):
            reference = references.get(str(clip.get("active_media_reference_key")))
        else:
            reference = clip.get("media_reference")
        return reference if isinstance(reference, Mapping) else {}

    def _clip(self, clip: Node, at: int, frames: int) -> CutClip:
        speed = self._speed(clip)
        reference = self._reference(clip)
        media = self._media(clip, reference)
        available = _range(reference.get("available_range"))
        trim = _range(clip.get("source_range")) or available or (Fraction(0), Fraction(0))
        start = (trim[0] - (available[0] if available is not None else 0)) * self._rate
        if media is not None and not (available and available[0]) and media.first <= start:
            start -= media.first  # counted by the file's own timecode
        own = _own(clip)
        gain = own.pop("gain", 1.0)
        return CutClip(
            name=_name(clip),
            media=media,
            at=at,
            start=Fraction(0) if media is not None and media.still else max(Fraction(0), start),
            frames=frames,
            speed=speed,
            gain=float(gain) if isinstance(gain, int | float) and 0 <= gain <= 4 else 1.0,
            fade_in=_whole(own.pop("fade_in", 0)),
            fade_out=_whole(own.pop("fade_out", 0)),
            notes=own,
        )

    def _media(self, clip: Node, reference: Node) -> CutMedia | None:
        kind = _schema(reference)
        if kind == "GeneratorReference":
            what = str(reference.get("generator_kind") or _name(reference))
            if what.lower() not in BLACK:
                self.lines.append(
                    f"'{_name(clip)}' is made by the editor ({what[:40]}): black is in its place"
                )
            return None
        if kind == "ImageSequenceReference":
            raise cut_error(_name(clip), "is a sequence of pictures", "export it as a video")
        return self._look(str(reference.get("target_url") or ""), _name(clip))

    def _speed(self, item: Node) -> Fraction:
        """The speed of a clip; raises InvalidInput for one that changes, stands or runs back."""
        speed = Fraction(1)
        for effect in _nodes(item, "effects"):
            kind = _schema(effect)
            scalar = effect.get("time_scalar")
            if kind == "FreezeFrame":
                raise cut_error(_name(item), "stands still", _RENDER)
            if kind == "LinearTimeWarp" and isinstance(scalar, int | float):
                if not 0.1 <= scalar <= 10:
                    raise cut_error(_name(item), f"runs at {scalar:g} times its speed", _RENDER)
                speed *= Fraction(scalar).limit_denominator(1000)
            elif kind in ("TimeEffect", "LinearTimeWarp"):
                raise cut_error(_name(item), "changes its speed", _RENDER)
            else:
                effect_name = str(effect.get("effect_name") or _name(effect) or "an effect")
                self.lines.append(f"'{_name(item)}': {effect_name[:60]} is left out")
        if not Fraction(1, 10) <= speed <= 10:
            raise cut_error(_name(item), f"runs at {float(speed):g} times its speed", _RENDER)
        return speed

    def _transition(self, one: Node, at: Fraction) -> CutTransition:
        cut = self._frame(at)
        first = self._frame(at - _time(one.get("in_offset")))
        end = self._frame(at + _time(one.get("out_offset")))
        own = _own(one)
        return CutTransition(first, end - first, cut - first, str(own.get("kind", "dissolve")), own)

    def _frame(self, seconds: Fraction) -> int:
        frame = math.floor(seconds * self._rate + Fraction(1, 2))
        if abs(frame) > 2**31:
            raise cut_error("", "is longer than any video")
        return frame
