"""CMX 3600 edit decision list -> cut. Pure but for the files that `look` finds.

An event of two lines is a transition: the first line is the clip that ends, the second the one that
comes, which begins where the transition begins.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

from lotus.errors import InvalidInput
from lotus.interchange.cut import (
    Cut,
    CutClip,
    CutMedia,
    CutTrack,
    CutTransition,
    check_number,
    frame_of,
)
from lotus.interchange.rates import exact_rate
from lotus.interchange.read_otio import Look

__all__ = ["cut_of_edl", "edl_rate", "edl_sources"]

_TIME = r"(\d{1,2}[:;.]\d\d[:;.]\d\d[:;.]\d\d)"
_EVENT = re.compile(
    rf"(\d{{1,6}})\s+(\S.*?)\s+(NONE|[VAB][A-Z0-9/]*)\s+(C|D|W\d{{3}}|K\S*)\s+(?:(\d{{1,4}})\s+)?"
    rf"{_TIME}\s+{_TIME}\s+{_TIME}\s+{_TIME}\s*$"
)
_COMMENT = re.compile(r"\*?\s*(FROM|TO) CLIP(?: NAME)?:\s*(.+)|\*?\s*(?:FROM|TO) FILE:\s*(.+)")
_SPEED = re.compile(r"M2\s+(.*?)\s+(-?\d+(?:\.\d+)?)\s+" + _TIME)
_RATE = re.compile(r"\*\s*FRAME RATE:\s*([\d./]+)", re.I)


@dataclass
class _EdlEvent:
    """The lines of one number."""

    line: int
    rows: list[re.Match[str]] = field(default_factory=list)
    names: dict[str, list[str]] = field(default_factory=dict)  # FROM, TO -> names, then paths
    speed: float | None = None  # frames a second


def edl_rate(text: str) -> Fraction | None:
    """The rate that a list names: in lotus' own comment, or as drop-frame timecode."""
    own = _RATE.search(text)
    if own is not None:
        return exact_rate(own[1])
    if re.search(r"^FCM:\s*DROP", text, re.M) or re.search(r"\d\d;\d\d\s", text):
        return Fraction(30_000, 1001)
    return None


def edl_sources(text: str) -> list[str]:
    """What clips the list names, to find the rate of their files."""
    names = (match for line in text.splitlines() if (match := _COMMENT.match(line.strip())))
    return list(dict.fromkeys(match[2] or match[3] for match in names))


def cut_of_edl(
    text: str, rate: Fraction, look: Callable[[Fraction], Look]
) -> tuple[Cut, list[str]]:
    """The cut of a list, and a line for each thing that it leaves out. Raises InvalidInput."""
    title = re.search(r"^TITLE:\s*(.+)$", text, re.M)
    events = _events(text)
    check_number(len(events))
    pictures = [event for event in events if _of_picture(event)]
    if not pictures:
        raise _wrong(0, "has no video events", "export an EDL of the video track")
    first = min(frame_of(event.rows[-1][8], rate) for event in pictures)
    track = _track(pictures, rate, look(rate), first)
    lines = []
    if len(pictures) < len(events):
        lines.append(f"{len(events) - len(pictures)} audio events: an EDL has no levels")
    if "LOC:" in text:
        lines.append("locators are points, not captions")
    name = title[1].strip() if title else "cut"
    end = track.clips[-1].end
    return Cut(name=name, rate=rate, frames=end, tracks=(track,)), lines


def _of_picture(event: _EdlEvent) -> bool:
    channel = event.rows[-1][3]
    return channel.startswith(("V", "B")) or channel.endswith("/V")


def _events(text: str) -> list[_EdlEvent]:
    events: list[_EdlEvent] = []
    for number, line in enumerate(text.splitlines(), 1):
        row = _EVENT.match(line.strip())
        if row is not None:
            if not events or events[-1].rows[0][1] != row[1] or row[4] == "C":
                events.append(_EdlEvent(number))
            events[-1].rows.append(row)
        elif re.match(r"\d{3,6}\s", line.strip()):
            raise _wrong(number, "is not an event that lotus reads", "export a CMX 3600 EDL")
        elif events:
            _note(events[-1], line.strip())
    return events


def _note(event: _EdlEvent, line: str) -> None:
    comment = _COMMENT.match(line)
    speed = _SPEED.match(line)
    if comment is not None:
        side = "TO" if re.match(r"\*?\s*TO", line) else "FROM"
        event.names.setdefault(side, []).append((comment[2] or comment[3]).strip())
    elif speed is not None:
        event.speed = float(speed[2])


def _track(events: list[_EdlEvent], rate: Fraction, look: Look, first: int) -> CutTrack:
    clips: list[CutClip] = []
    transitions = []
    for event in events:
        row = event.rows[-1]
        source, source_end, at, end = (frame_of(row[n], rate) for n in (6, 7, 8, 9))
        at, end = at - first, end - first
        if end <= at:
            continue  # the clip that a transition leaves
        if clips and at < clips[-1].end:
            raise _wrong(event.line, "begins before the event above ends", "export one track")
        speed = _speed(event, rate, Fraction(source_end - source, end - at))
        media = _media(event, row[2], look)
        start = source - (media.first if media is not None and source >= media.first else 0)
        clips.append(CutClip(_clip_name(event, row[2]), media, at, start, end - at, speed))
        if row[4] != "C":
            if row[4].startswith("K"):
                raise _wrong(event.line, "is a key event, which lotus does not read", "render it")
            kind = "dissolve" if row[4] == "D" else "wipe"
            transitions.append(CutTransition(at, int(row[5] or 0), 0, kind, {"kind": kind}))
    junctions = [t for t in transitions if t.frames and any(c.end == t.at for c in clips)]
    return CutTrack("video", tuple(clips), tuple(junctions), "V1")


def _speed(event: _EdlEvent, rate: Fraction, source_frames: Fraction) -> Fraction:
    """The speed of an event, which its motion memory (M2) tells in frames a second."""
    if event.speed is None:
        if source_frames != 1:
            reason = "uses more or less of its source than it shows"
            raise _wrong(event.line, reason, "give its speed in a line M2")
        return Fraction(1)
    speed = Fraction(event.speed).limit_denominator(1000) / rate
    nearest = speed.limit_denominator(1000)
    if not Fraction(1, 10) <= nearest <= 10:
        raise _wrong(event.line, "is frozen, runs backwards or too fast", "render it in the editor")
    return nearest


def _clip_name(event: _EdlEvent, reel: str) -> str:
    side = "TO" if len(event.rows) > 1 else "FROM"
    return (event.names.get(side) or event.names.get("FROM") or [reel])[0]


def _media(event: _EdlEvent, reel: str, look: Look) -> CutMedia | None:
    if reel in ("BL", "BLACK"):
        return None
    side = "TO" if len(event.rows) > 1 else "FROM"
    names = event.names.get(side, [])
    if not names:
        reason = f"has no file name (reel {reel[:40]})"
        raise _wrong(event.line, reason, "export it with clip names in comments")
    return look(names[-1], names[0])


def _wrong(line: int, reason: str, remedy: str) -> InvalidInput:
    place = f"line {line}" if line else ""
    return InvalidInput(file="", field=place, reason=reason, remedy=remedy)
