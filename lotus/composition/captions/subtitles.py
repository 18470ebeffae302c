"""Captions as subtitle files, for players and platforms: SubRip and WebVTT. Pure.

WebVTT: https://www.w3.org/TR/webvtt1/. SubRip has no standard and no escapes; what players take for
markup
(`<i>`, `{\\an8}`, `-->`) is broken up by an invisible word joiner.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction

from lotus.composition.captions.stage import PlacedCaption
from lotus.composition.text.ass import clean

__all__ = ["SUBTITLES", "srt", "webvtt"]

_JOINER = "\u2060"


def srt(captions: Sequence[PlacedCaption], fps: Fraction) -> str:
    """A SubRip file, times from frames at `fps`."""
    return "".join(
        f"{number}\n{_time(start, fps, ',')} --> {_time(end, fps, ',')}\n{_plain(text)}\n\n"
        for number, (start, end, text) in enumerate(_cues(captions), 1)
    )


def webvtt(captions: Sequence[PlacedCaption], fps: Fraction) -> str:
    """A WebVTT file, times from frames at `fps`."""
    return "WEBVTT\n\n" + "".join(
        f"{_time(start, fps, '.')} --> {_time(end, fps, '.')}\n{_escaped(text)}\n\n"
        for start, end, text in _cues(captions)
    )


# suffix of a file -> what writes it
SUBTITLES: Mapping[str, Callable[[Sequence[PlacedCaption], Fraction], str]] = {
    ".srt": srt,
    ".vtt": webvtt,
}


def _cues(captions: Sequence[PlacedCaption]) -> Iterator[tuple[int, int, str]]:
    """(first frame, end frame, text) in order of time; an empty line would end a cue, so there is
    none.
    """
    for caption in sorted(captions, key=lambda c: (c.start_frame, c.end_frame)):
        text = "\n".join(row for line in clean(caption.text).split("\n") if (row := line.strip()))
        start = max(0, caption.start_frame)
        if text and caption.end_frame > start:
            yield start, caption.end_frame, text


def _time(frame: int, fps: Fraction, mark: str) -> str:
    milliseconds = int(Fraction(frame * 1000) / fps + Fraction(1, 2))
    seconds, rest = divmod(milliseconds, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}{mark}{rest:03}"


def _plain(text: str) -> str:
    return re.sub(r"<(?=[/a-zA-Z])|\{(?=\\)|--(?=>)", lambda m: m[0] + _JOINER, text)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
