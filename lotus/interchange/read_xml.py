"""Final Cut Pro XML (xmeml), which Premiere and Resolve write -> cut.

Elements with an id are said once; later ones of the same id are short for them. A clip beside a
transition has -1 for its start or end: it meets its neighbour within the transition, and its `in`
is where the transition begins.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from fractions import Fraction
from typing import Any

from lotus.interchange.cut import (
    CAPTION,
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
from lotus.interchange.rates import exact_rate
from lotus.interchange.read_otio import Look

__all__ = ["cut_of_xml"]

KNOWN_EFFECTS = ("audiolevels", "basic", "audiopan", "timeremap")
_RENDER = "render it in the editor, and use the file instead"


def cut_of_xml(root: Any, look: Callable[[Fraction], Look]) -> tuple[Cut, list[str]]:
    """The cut of a sequence, and a line for each thing that it leaves out. Raises InvalidInput."""
    inside = {id(one) for clip in root.iter("clipitem") for one in clip.iter("sequence")}
    sequences = [one for one in root.iter("sequence") if id(one) not in inside]
    if len(sequences) != 1:
        raise cut_error("", f"holds {len(sequences)} sequences", "export one sequence")
    sequence = sequences[0]
    rate = _rate(sequence)
    if rate is None:
        raise cut_error("", "has no frame rate", "export the sequence again")
    reader = _XmemlReader(rate, look(rate), {one.get("id"): one for one in root.iter() if len(one)})
    pictures, sounds = reader.sequence(sequence, 0)
    form = sequence.find("media/video/format/samplecharacteristics")
    cut = Cut(
        name=sequence.findtext("name") or "cut",
        rate=rate,
        frames=max((clip.end for track in pictures for clip in track.clips), default=0),
        tracks=(*pictures, *sounds),
        markers=reader.markers(sequence),
        width=_integer(form, "width", 0) if form is not None else 0,
        height=_integer(form, "height", 0) if form is not None else 0,
    )
    return cut, reader.lines


def _rate(element: Any) -> Fraction | None:
    whole = element.findtext("rate/timebase")
    if whole is None:
        return None
    slower = (element.findtext("rate/ntsc") or "").strip().upper() == "TRUE"
    rate = exact_rate(whole.strip())
    return rate * 1000 / 1001 if slower and rate.denominator == 1 else rate


def _integer(element: Any, name: str, default: int | None = None) -> int:
    text = element.findtext(name)
    if text is None and default is not None:
        return default
    with suppress(ValueError, OverflowError):
        number = round(float((text or "").strip()))
        if abs(number) < 2**31:
            return number
    where = element.findtext("name") or element.tag
    raise cut_error(str(where), f"has no {name} that is a number")


class _XmemlReader:
    """One reading; `known` are the elements that others are short for."""

    def __init__(self, rate: Fraction, look: Look, files: dict[str | None, Any]) -> None:
        self._rate = rate
        self._look = look
        self._known = files
        self._items = 0
        self.lines: list[str] = []

    def markers(self, sequence: Any) -> tuple[CutMarker, ...]:
        """The markers that are captions; the notes of editors are none."""
        captions = []
        notes = 0
        for marker in sequence.findall("marker"):
            comment = marker.findtext("comment") or ""
            if not comment.startswith(CAPTION):
                notes += 1
                continue
            at, end = _integer(marker, "in"), _integer(marker, "out")
            captions.append(CutMarker(at, max(1, end - at), comment.removeprefix(CAPTION)))
        self.lines += notes_left_out(notes)
        return tuple(captions)

    def sequence(self, sequence: Any, depth: int) -> tuple[list[CutTrack], list[CutTrack]]:
        """The tracks of pictures, the lowest first, and those of sound."""
        check_depth(depth, "sequences")
        pictures: list[CutTrack] = []
        sounds: list[CutTrack] = []
        for track in sequence.findall("media/video/track"):
            picture, audible = self._track(track, "video", depth)
            pictures += [picture] if picture.clips else []
            sounds += audible
        for track in sequence.findall("media/audio/track"):
            channel = track.get("currentExplodedTrackIndex", "0")
            if channel == "0" or track.get("totalExplodedTrackCount", "1") == "1":
                own, audible = self._track(track, "audio", depth)
                sounds += [own] if own.clips else []
                sounds += audible
        return pictures, _one_of_each(sounds)

    def _track(self, track: Any, kind: Any, depth: int) -> tuple[CutTrack, list[CutTrack]]:
        if (track.findtext("enabled") or "TRUE").strip().upper() == "FALSE":
            self.lines.append(f"a track of {kind} is switched off")
            return CutTrack(kind, ()), []
        clips: list[CutClip] = []
        joins: list[CutTransition] = []
        inner_tracks: list[CutTrack] = []
        items = [one for one in track if one.tag in ("clipitem", "generatoritem", "transitionitem")]
        for before, item, after in zip([None, *items], items, [*items[1:], None], strict=False):
            if item.tag == "transitionitem":
                joins.append(self._transition(item, kind))
                continue
            self._items += 1
            check_number(self._items)
            item = self._whole(item)
            at, end, early = self._place(item, before, after)
            if (item.findtext("enabled") or "TRUE").strip().upper() == "FALSE":
                self.lines.append(f"'{item.findtext('name')}' is switched off")
            elif end > at and item.find("sequence") is not None:
                inner, sounds = self._nested(item, at, end, early, depth)
                clips += inner.clips if kind == "video" else ()
                joins += inner.transitions if kind == "video" else ()
                inner_tracks += sounds if kind == "audio" else []  # it has a clip of its own there
            elif end > at:
                clips.append(self._clip(item, at, end, early))
        return CutTrack(kind, tuple(clips), tuple(joins)), inner_tracks

    def _whole(self, element: Any) -> Any:
        """The element, or the one of its id that says all."""
        return element if len(element) else self._known.get(element.get("id"), element)

    def _place(self, item: Any, before: Any, after: Any) -> tuple[int, int, int]:
        """Where a clip stands; and by how many frames `in` is early, for a transition before it."""
        at, end, early = _integer(item, "start"), _integer(item, "end"), 0
        name = item.findtext("name") or "a clip"
        if at == -1:
            if before is None or before.tag != "transitionitem":
                raise cut_error(name, "begins in a transition that is not there")
            join = self._transition(before, "video")
            at, early = join.cut, join.before
        if end == -1:
            if after is None or after.tag != "transitionitem":
                raise cut_error(name, "ends in a transition that is not there")
            end = self._transition(after, "video").cut
        return at, end, early

    def _transition(self, item: Any, kind: str) -> CutTransition:
        at, end = _integer(item, "start"), _integer(item, "end")
        alignment = (item.findtext("alignment") or "center").strip()
        whole = end - at
        before = 0 if alignment.startswith("start") else whole
        before = before if alignment.startswith(("start", "end")) else whole // 2
        name = item.findtext("effect/name") or "Cross Dissolve"
        if kind == "video" and "dissolve" not in name.lower():
            line = f"'{name[:60]}' becomes a dissolve"
            self.lines += [line] if line not in self.lines else []
        return CutTransition(at, whole, before)

    def _nested(
        self, item: Any, at: int, end: int, early: int, depth: int
    ) -> tuple[CutTrack, list[CutTrack]]:
        """A sequence in a track: one track of what it shows, and its sounds."""
        self._check_effects(item)
        inner = self._whole(item.find("sequence"))
        rate = _rate(inner)
        if rate is not None and rate != self._rate:
            name = item.findtext("name") or "a sequence"
            raise cut_error(name, f"is a sequence of {float(rate):g} frames a second", _RENDER)
        pictures, sounds = self.sequence(inner, depth + 1)
        picture, cover = merge_tracks(pictures)
        if cover:
            self.lines.append(f"'{item.findtext('name')}': {cover} transitions are covered")
        first = _integer(item, "in", 0) + early
        frames = end - at
        shifted_sounds = [shift_track(window(one, first, frames), at) for one in sounds]
        return shift_track(window(picture, first, frames), at), shifted_sounds

    def _clip(self, item: Any, at: int, end: int, early: int) -> CutClip:
        name = item.findtext("name") or "a clip"
        speed = self._check_effects(item)
        if speed != 1:
            raise cut_error(name, f"runs at {float(speed):g} times its speed", _RENDER)
        media = self._media(item, name)
        gain, rise, fall = _levels(item)
        start = Fraction(_integer(item, "in", 0) + early)
        return CutClip(
            name=name,
            media=media,
            at=at,
            start=Fraction(0) if media is not None and media.still else start,
            frames=end - at,
            gain=gain,
            fade_in=rise,
            fade_out=fall,
        )

    def _media(self, item: Any, name: str) -> CutMedia | None:
        """The file of a clip; black for what the editor makes itself."""
        file = item.find("file")
        file = self._whole(file) if file is not None else None
        url = file.findtext("pathurl") if file is not None else None
        if url:
            return self._look(url.strip(), name)
        kind = (file.findtext("mediaSource") if file is not None else None) or item.findtext(
            "effect/name"
        )
        if kind or item.tag == "generatoritem":
            if (kind or "").lower() not in ("slug", "black"):
                self.lines.append(f"'{name}' is made by the editor: black is in its place")
            return None
        return self._look("", name)

    def _check_effects(self, item: Any) -> Fraction:
        """The speed of a clip; other effects are noted."""
        speed = Fraction(1)
        for effect in item.findall("filter/effect"):
            kind = (effect.findtext("effectid") or "").strip()
            if kind == "timeremap":
                speed = _remapped(effect, item.findtext("name") or "a clip")
            elif kind not in KNOWN_EFFECTS:
                name = effect.findtext("name") or kind or "an effect"
                self.lines.append(f"'{item.findtext('name')}': {name[:60]} is left out")
        return speed


def _remapped(effect: Any, name: str) -> Fraction:
    values = {p.findtext("parameterid"): p.findtext("value") for p in effect.findall("parameter")}
    if (values.get("variablespeed") or "0").strip() not in ("0", "FALSE"):
        raise cut_error(name, "changes its speed", _RENDER)
    if (values.get("reverse") or "FALSE").strip().upper() == "TRUE":
        raise cut_error(name, "runs backwards", _RENDER)
    try:
        return Fraction((values.get("speed") or "100").strip()) / 100
    except (ValueError, ZeroDivisionError) as exc:
        raise cut_error(name, "has a speed that is not a number") from exc


def _levels(item: Any) -> tuple[float, int, int]:
    """Gain, fade in and fade out in frames of Audio Levels."""
    for effect in item.findall("filter/effect"):
        if (effect.findtext("effectid") or "").strip() != "audiolevels":
            continue
        for parameter in effect.findall("parameter"):
            with suppress(ValueError, IndexError, TypeError, OverflowError):
                return _level(parameter)
    return 1.0, 0, 0


def _level(parameter: Any) -> tuple[float, int, int]:
    points = [
        (round(float(point.findtext("when"))), float(point.findtext("value")))
        for point in parameter.findall("keyframe")
    ]
    value = float(parameter.findtext("value"))
    gain = max((level for _, level in points), default=value)
    if not 0 <= gain <= 4:
        return 1.0, 0, 0
    if len(points) < 2:
        return gain, 0, 0
    rise = points[1][0] - points[0][0] if points[0][1] == 0 else 0
    fall = points[-1][0] - points[-2][0] if points[-1][1] == 0 else 0
    return gain, max(0, rise), max(0, fall)


def _one_of_each(tracks: list[CutTrack]) -> list[CutTrack]:
    """The tracks, without those that are other channels of the same sound at the same place."""
    facts: set[tuple[Any, ...]] = set()
    unique = []
    for track in tracks:
        key = tuple((clip.media, clip.at, clip.start, clip.frames) for clip in track.clips)
        if key not in facts:
            facts.add(key)
            unique.append(track)
    return unique
