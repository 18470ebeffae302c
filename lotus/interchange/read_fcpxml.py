"""FCPXML -> cut: the spine as the lowest track, and what hangs on it as tracks over and under it.

Times are fractions of a second. What hangs on a clip counts on that clip's own clock: from the
clip's `start`, at which its `offset` is reached.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from lotus.errors import InvalidInput
from lotus.interchange.cut import (
    CAPTION,
    Cut,
    CutClip,
    CutMarker,
    CutTrack,
    CutTransition,
    check_number,
    cut_error,
    notes_left_out,
)
from lotus.interchange.rates import exact_rate
from lotus.interchange.read_otio import Look

__all__ = ["cut_of_fcpxml"]

CLIPS = ("asset-clip", "video", "audio", "clip")
NESTED = {
    "ref-clip": "a compound clip",
    "sync-clip": "a synchronised clip",
    "mc-clip": "a multicam clip",
    "audition": "an audition",
}
# of a clip, what says nothing that is seen or heard otherwise
PLAIN = {
    *("note", "conform-rate", "timeMap", "adjust-volume", "adjust-conform", "marker", "metadata"),
    *("chapter-marker", "keyword", "rating", "analysis-marker", "audio-channel-source"),
    *("media-rep", "bookmark", "caption", "video", "audio", "gap", "asset-clip", "clip"),
}


def cut_of_fcpxml(root: Any, look: Callable[[Fraction], Look]) -> tuple[Cut, list[str]]:
    """The cut of a project, and a line for each thing that it leaves out. Raises InvalidInput."""
    projects = list(root.iter("project"))
    sequences = [child for one in projects if (child := one.find("sequence")) is not None]
    if len(sequences) != 1:
        raise cut_error("", f"holds {len(sequences)} projects", "export one project")
    sequence = sequences[0]
    formats = {one.get("id"): one for one in root.iter("format")}
    form = formats.get(sequence.get("format"))
    step = _seconds(form.get("frameDuration")) if form is not None else Fraction(0)
    if form is None or not step:
        raise cut_error("", "has no frame rate", "export the project again")
    rate = exact_rate(1 / step)
    check_number(sum(1 for one in sequence.iter() if one.tag in CLIPS))
    assets = {one.get("id"): one for one in root.iter("asset")}
    reader = _FcpxmlReader(rate, look(rate), assets, _seconds(sequence.get("tcStart")))
    reader.spine(sequence.find("spine"))
    cut = Cut(
        name=projects[0].get("name") or "cut",
        rate=rate,
        frames=max((clip.end for clip in reader.main), default=0),
        tracks=tuple(reader.tracks()),
        markers=tuple(reader.captions),
        width=int(form.get("width") or 0),
        height=int(form.get("height") or 0),
    )
    reader.lines += notes_left_out(reader.notes)
    return cut, reader.lines


def _seconds(text: str | None) -> Fraction:
    """A time such as 1001/30000s; nothing is zero."""
    try:
        return Fraction((text or "0s").strip().removesuffix("s"))
    except (ValueError, ZeroDivisionError) as exc:
        raise cut_error("", f"'{str(text)[:40]}' is not a time", "export it again") from exc


@dataclass
class _FcpxmlReader:
    """One reading; `lines` notes what is left out."""

    rate: Fraction
    look: Look
    assets: dict[str | None, Any]
    begin: Fraction  # of the sequence's own clock
    main: list[CutClip] = field(default_factory=list)
    joins: list[CutTransition] = field(default_factory=list)
    lanes: dict[int, list[CutClip]] = field(default_factory=dict)
    captions: list[CutMarker] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    notes: int = 0

    def tracks(self) -> Iterator[CutTrack]:
        """The spine and its sound, then what lies over and under it."""
        yield CutTrack("video", tuple(self.main), tuple(self.joins), "V1")
        for lane in sorted(lane for lane in self.lanes if lane > 0):
            yield CutTrack("video", tuple(self.lanes[lane]), name=f"V{lane + 1}")
        for lane in sorted((lane for lane in self.lanes if lane <= 0), reverse=True):
            yield CutTrack("audio", tuple(self.lanes[lane]), name=f"A{1 - lane}")

    def spine(self, spine: Any) -> None:
        """All that stands in the spine, one after the other."""
        if spine is None:
            raise cut_error("", "has no spine", "export the project again")
        at = Fraction(0)
        for element in spine:
            offset = element.get("offset")
            at = _seconds(offset) - self.begin if offset is not None else at
            length = _seconds(element.get("duration"))
            if element.tag == "transition":
                self._transition(element, at, length)
                continue
            self._primary(element, at, length)
            at += length
        ends = {clip.end for clip in self.main}
        begins = {clip.at for clip in self.main}
        alone = [one for one in self.joins if not (one.cut in ends and one.cut in begins)]
        for one in alone:
            self.joins.remove(one)
            self.lines.append(f"a fade at frame {one.at} is left out: it does not join two clips")

    def _transition(self, element: Any, at: Fraction, length: Fraction) -> None:
        """A transition lies over the end of one clip and the beginning of the next."""
        first, end = self._frame(at), self._frame(at + length)
        cut = self.main[-1].end if self.main else first
        kind = "dissolve"
        name = element.get("name") or ""
        if name and "dissolve" not in name.lower():
            self.lines.append(f"'{name[:60]}' becomes a dissolve")
        self.joins.append(CutTransition(first, end - first, cut - first, kind))

    def _primary(self, element: Any, at: Fraction, length: Fraction) -> None:
        tag = element.tag
        if tag in ("gap", "title"):
            if tag == "title":
                self.lines.append(f"the title '{element.get('name')}' is left out: black is there")
        elif tag in CLIPS:
            clip = self._clip(element, at, length)
            if element.get("enabled") == "0":
                self.lines.append(f"'{clip.name}' is switched off")
            else:
                self.main.append(clip)
                audible = clip.media is not None and clip.media.channels > 0
                if audible and element.get("srcEnable") != "video":
                    self.lanes.setdefault(0, []).append(clip)
        else:
            raise self._nesting_error(element)
        self._hung_on(element, at)

    def _nesting_error(self, element: Any) -> InvalidInput:
        name = str(element.get("name") or element.tag)
        what = NESTED.get(element.tag, f"a {element.tag}")
        remedy = "in Final Cut: Clip > Break Apart Clip Items, then export again"
        return cut_error(name, f"is {what}, which lotus does not read", remedy)

    def _hung_on(self, element: Any, at: Fraction) -> None:
        """What hangs on a clip of the spine, and its markers."""
        clock = _seconds(element.get("start"))
        for child in element:
            offset = at + _seconds(child.get("offset")) - clock
            if child.tag in ("marker", "chapter-marker"):
                self._marker(child, at + _seconds(child.get("start")) - clock)
            elif child.get("lane") is None:
                if child.tag not in PLAIN:
                    name = child.get("name") or child.tag
                    self.lines.append(f"'{element.get('name')}': {name} is left out")
            elif child.tag == "title":
                self.lines.append(f"the title '{child.get('name')}' is left out")
            elif child.tag in CLIPS:
                self._add_connected_clip(child, offset)
            else:
                raise self._nesting_error(child)

    def _add_connected_clip(self, element: Any, at: Fraction) -> None:
        lane = int(element.get("lane"))
        clip = self._clip(element, at, _seconds(element.get("duration")))
        if element.get("enabled") == "0" or clip.media is None:
            self.lines.append(f"'{clip.name}' is switched off")
        elif clip.media.has_picture and element.get("srcEnable") != "audio":
            self.lanes.setdefault(max(1, lane), []).append(clip)
        else:
            self.lanes.setdefault(min(-1, lane), []).append(clip)

    def _marker(self, element: Any, at: Fraction) -> None:
        note = element.get("note") or ""
        if not note.startswith(CAPTION):
            self.notes += 1
            return
        frames = max(1, self._frame(_seconds(element.get("duration"))))
        self.captions.append(CutMarker(self._frame(at), frames, note.removeprefix(CAPTION)))

    def _clip(self, element: Any, at: Fraction, length: Fraction) -> CutClip:
        name = str(element.get("name") or element.tag)
        holder = element
        if element.tag == "clip":
            parts = (*element, *element.iterfind("gap/*"))  # sound alone hangs on a gap
            holder = next((one for one in parts if one.tag in ("video", "audio")), element)
        asset = self.assets.get(holder.get("ref"))
        if asset is None:
            raise cut_error(name, "refers to no asset", "export the project again")
        rep = asset.find("media-rep")
        url = (rep.get("src") if rep is not None else None) or asset.get("src") or ""
        media = self.look(url, name)
        speed = self._speed(element, name)
        start = (_seconds(element.get("start")) - _seconds(asset.get("start"))) * self.rate
        first = self._frame(at)
        gain, rise, fall = self._volume(element)
        return CutClip(
            name=name,
            media=media,
            at=first,
            start=Fraction(0) if media.still else max(Fraction(0), start * speed),
            frames=max(1, self._frame(at + length) - first),
            speed=speed,
            gain=gain,
            fade_in=rise,
            fade_out=fall,
        )

    def _speed(self, element: Any, name: str) -> Fraction:
        """The speed that a time map of two points says."""
        time_map = element.find("timeMap")
        if time_map is None:
            return Fraction(1)
        points = [(_seconds(p.get("time")), _seconds(p.get("value"))) for p in time_map]
        if len(points) != 2 or points[0][0] == points[1][0]:
            raise cut_error(
                name, "changes its speed", "render it in the editor, and use the file instead"
            )
        (time, value), (later, there) = points
        speed = (there - value) / (later - time)
        if not Fraction(1, 10) <= speed <= 10 or value - time * speed != 0:
            remedy = "render it in the editor, and use the file instead"
            raise cut_error(name, "is frozen, runs backwards or changes its speed", remedy)
        return speed.limit_denominator(1000)

    def _volume(self, element: Any) -> tuple[float, int, int]:
        volume = element.find("adjust-volume")
        if volume is None:
            return 1.0, 0, 0
        text = (volume.get("amount") or "0dB").removesuffix("dB")
        try:
            gain = 10 ** (float(text) / 20)
        except ValueError:
            gain = 1.0
        gain = gain if math.isfinite(gain) else 0.0
        fades = []
        for name in ("fadeIn", "fadeOut"):
            fade = volume.find(f"param/{name}")
            fades.append(self._frame(_seconds(fade.get("duration"))) if fade is not None else 0)
        return round(gain, 4), fades[0], fades[1]

    def _frame(self, seconds: Fraction) -> int:
        return math.floor(seconds * self.rate + Fraction(1, 2))
