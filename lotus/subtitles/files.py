"""Subtitle files in and out: SubRip, WebVTT and SubStation Alpha, through pysubs2.

What cannot be shown as it says (times that run backwards or overlap, text that is not UTF-8) is
refused in one line: a player would show something else, and each player something different.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from html import unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

from lotus.composition.captions.stage import PlacedCaption
from lotus.composition.captions.subtitles import SUBTITLES
from lotus.errors import InvalidInput
from lotus.planning.phrases import SubtitleCue
from lotus.system.distribution import import_extra
from lotus.system.files import write_aside

__all__ = ["FORMATS", "check_subtitle_name", "read_subtitles", "subtitle_text", "write_subtitles"]

FORMATS: Mapping[str, str] = {".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa"}
MOST_BYTES = 10 * 2**20
KARAOKE = r"{\k"
_NEGATIVE = re.compile(r"(?:^|[\s,])-\s?\d{1,2}:\d{2}(?::\d{2})?[.,]\d", re.M)
_CENTISECONDS = re.compile(r"\{\\k(?:f|o)?(\d+)\}")
_TAGS = re.compile(r"\{[^}]*\}")


def check_subtitle_name(path: Path, field: str = "out") -> Path:
    """The path, if lotus writes such files; raises InvalidInput."""
    if path.suffix.lower() not in FORMATS:
        reason = f"'{path.suffix}' is no format of subtitles"
        remedy = f"write a name that ends in {', '.join(FORMATS)}"
        raise InvalidInput(file=str(path), field=field, reason=reason, remedy=remedy)
    return path


def read_subtitles(path: Path) -> tuple[SubtitleCue, ...]:
    """The captions of a file, in order of time; raises InvalidInput in one line."""
    pysubs2 = import_extra("pysubs2")
    text = _decoded(path)
    form = FORMATS[check_subtitle_name(path, "subtitles").suffix.lower()]
    if _NEGATIVE.search(text):
        raise _refused(path, "has a negative time", "shift all times so that they begin at 0")
    try:
        document = pysubs2.SSAFile.from_string(text, format_=form)
    except (ValueError, KeyError, IndexError, pysubs2.exceptions.Pysubs2Error) as exc:
        reason = f"is no {form.upper()} file: {str(exc)[:80]}"
        raise _refused(path, reason, "export it again") from exc
    events = sorted(
        (event for event in document if event.type == "Dialogue" and event.plaintext.strip()),
        key=lambda event: (event.start, event.end),
    )
    phrases = tuple(_phrase(event, form) for event in events)
    _check(path, phrases)
    return phrases


def write_subtitles(phrases: Sequence[SubtitleCue], path: Path) -> Path:
    """Write captions to a file, whole or not at all; of ASS with the time of each word."""
    return write_aside(subtitle_text(phrases, check_subtitle_name(path).suffix.lower()), path)


def subtitle_text(phrases: Sequence[SubtitleCue], suffix: str) -> str:
    """Captions as the text of a file with that suffix."""
    writer = SUBTITLES.get(suffix)
    if writer is not None:
        placed = [
            PlacedCaption(
                p.text, _milliseconds(p.start_seconds), _milliseconds(p.end_seconds), "", ""
            )
            for p in phrases
        ]
        return writer(placed, Fraction(1000))
    pysubs2 = import_extra("pysubs2")
    document = pysubs2.SSAFile()
    document.info["WrapStyle"] = "0"
    for phrase in phrases:
        times = (_milliseconds(phrase.start_seconds), _milliseconds(phrase.end_seconds))
        document.append(pysubs2.SSAEvent(*times, text=_with_times(phrase)))
    text: str = document.to_string(FORMATS[suffix])
    return text


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


def _with_times(phrase: SubtitleCue) -> str:
    """The text with karaoke tags, where it is known when each word begins."""
    words = phrase.text.split()
    escaped = [
        word.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}") for word in words
    ]
    if len(words) != len(phrase.word_seconds):
        lines = phrase.text.split("\n")
        return "\\N".join(" ".join(line.split()) for line in lines) if len(words) else ""
    ends = [*phrase.word_seconds[1:], phrase.end_seconds - phrase.start_seconds]
    marks = [round(seconds * 100) for seconds in (phrase.word_seconds[0], *ends)]
    parts = [f"{{\\k{b - a}}}{word}" for word, (a, b) in zip(escaped, pairwise(marks), strict=True)]
    return " ".join(parts)


def _decoded(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _refused(path, "is larger than 10 MB", "cut it into parts")
        return path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        line = path.read_bytes()[: exc.start].count(b"\n") + 1
        raise _refused(path, f"is not UTF-8 (line {line})", "save it as UTF-8") from exc
    except OSError as exc:
        reason = "is not there" if isinstance(exc, FileNotFoundError) else "cannot be read"
        raise _refused(path, reason, "name a file of subtitles") from exc


def _phrase(event: Any, form: str) -> SubtitleCue:
    text = event.plaintext.strip()
    return SubtitleCue(
        text=unescape(text) if form == "vtt" else text,
        start_seconds=event.start / 1000,
        end_seconds=event.end / 1000,
        word_seconds=_karaoke(event.text),
    )


def _karaoke(text: str) -> tuple[float, ...]:
    """When each word of a line with karaoke tags begins; nothing where tags and words differ."""
    lengths = [int(cs) / 100 for cs in _CENTISECONDS.findall(text)]
    pieces = _CENTISECONDS.split(text)
    words = [_TAGS.sub("", piece) for piece in pieces[2::2]]
    plain = _TAGS.sub("", text).replace(r"\N", " ").split()
    if not lengths or [word.strip() for word in words] != plain:
        return ()
    starts = [0.0]
    for length in lengths[:-1]:
        starts.append(round(starts[-1] + length, 3))
    return tuple(starts)


def _check(path: Path, phrases: Sequence[SubtitleCue]) -> None:
    if not phrases:
        raise _refused(path, "holds no subtitles", "name a file that has some")
    before = None
    for number, phrase in enumerate(phrases, 1):
        at = _clock(phrase.start_seconds)
        if phrase.end_seconds <= phrase.start_seconds:
            end = _clock(phrase.end_seconds)
            reason = f"subtitle {number} ends at {end}, not after it begins ({at})"
            raise _refused(path, reason, "correct its times")
        if before is not None and phrase.start_seconds < before.end_seconds:
            until = _clock(before.end_seconds)
            reason = f"subtitle {number} begins at {at}, before the one in front ends ({until})"
            raise _refused(path, reason, "let no two of them overlap")
        before = phrase


def _clock(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milliseconds:03}"


def _refused(path: Path, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file=str(path), field="subtitles", reason=reason, remedy=remedy)
