"""Subtitle files in and out: SubRip, WebVTT and SubStation Alpha, through pysubs2.

What cannot be shown as it says (times that run backwards or overlap, text that is not UTF-8) is
refused in one line: a player would show something else, and each player something different.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from lotus.composition.captions.stage import PlacedCaption
from lotus.composition.captions.subtitles import SUBTITLES
from lotus.errors import InvalidInput
from lotus.planning.phrases import SubtitleCue
from lotus.subtitles.timed_text import ass_pieces, read_webvtt, text_of, word_starts
from lotus.system.distribution import import_extra
from lotus.system.files import write_aside

__all__ = ["FORMATS", "check_subtitle_name", "read_subtitles", "subtitle_text", "write_subtitles"]

FORMATS: Mapping[str, str] = {".srt": "srt", ".vtt": "vtt", ".ass": "ass", ".ssa": "ssa"}
MOST_BYTES = 10 * 2**20
_NEGATIVE = re.compile(r"(?:^|[\s,])-\s?\d{1,2}:\d{2}(?::\d{2})?[.,]\d", re.M)
_ENDLESS = re.compile(r"^\s*\d{3,}:\d{1,2}:\d{1,2}[.,]?\d*\s*-->", re.M)
_TIMING = re.compile(r"^.*-->.*$", re.M)
_WHOLE_SECONDS = re.compile(r"(\d{1,2}:\d{1,2}:\d{1,2})(?=\s|-->|$)")
TOUCHING_SECONDS = 0.04  # by so little may subtitles overlap: a frame, or what rounding left


def check_subtitle_name(path: Path, field: str = "out") -> Path:
    """The path, if lotus writes such files; raises InvalidInput."""
    if path.suffix.lower() not in FORMATS:
        reason = f"'{path.suffix}' is not a subtitle format"
        remedy = f"write a name that ends in {', '.join(FORMATS)}"
        raise InvalidInput(file=str(path), field=field, reason=reason, remedy=remedy)
    return path


def read_subtitles(path: Path) -> tuple[SubtitleCue, ...]:
    """The captions of a file, in order of time; raises InvalidInput in one line."""
    import_extra("pysubs2")
    text = _decoded(path)
    form = FORMATS[check_subtitle_name(path, "subtitles").suffix.lower()]
    if _NEGATIVE.search(text):
        raise _refused(path, "has a negative time", "shift all times so that they begin at 0")
    if _ENDLESS.search(text):
        raise _refused(path, "has a time of 100 hours or more", "shift all times")
    phrases = _apart(sorted(_cues(path, text, form), key=_span))
    _check(path, phrases)
    return phrases


def _cues(path: Path, text: str, form: str) -> Iterator[SubtitleCue]:
    """All cues with words, in the order of the file."""
    pysubs2 = import_extra("pysubs2")
    try:
        if form == "vtt":
            yield from (cue for cue in read_webvtt(text) if cue.text)
            return
        whole = _with_milliseconds(text) if form == "srt" else text
        document = pysubs2.SSAFile.from_string(whole, format_=form)
    except (ValueError, KeyError, IndexError, pysubs2.exceptions.Pysubs2Error) as exc:
        reason = f"is no {form.upper()} file: {str(exc)[:80]}"
        raise _refused(path, reason, "export it again") from exc
    for event in document:
        pieces = ass_pieces(event.text) if event.type == "Dialogue" else ()
        if words := text_of(pieces):
            yield SubtitleCue(words, event.start / 1000, event.end / 1000, word_starts(pieces))


def _with_milliseconds(text: str) -> str:
    """SubRip whose times may end at the second."""
    return _TIMING.sub(lambda line: _WHOLE_SECONDS.sub(r"\1,000", line[0]), text)


def _span(cue: SubtitleCue) -> tuple[float, float]:
    return cue.start_seconds, cue.end_seconds


def _apart(cues: Sequence[SubtitleCue]) -> tuple[SubtitleCue, ...]:
    """The cues; one that lasts a little into the next ends where that begins."""
    ends = [cue.end_seconds for cue in cues]
    for i, (cue, after) in enumerate(pairwise(cues)):
        over = cue.end_seconds - after.start_seconds
        if 0 < over <= TOUCHING_SECONDS and after.start_seconds > cue.start_seconds:
            ends[i] = after.start_seconds
    return tuple(
        cue if end == cue.end_seconds else replace(cue, end_seconds=end)
        for cue, end in zip(cues, ends, strict=True)
    )


def write_subtitles(phrases: Sequence[SubtitleCue], path: Path) -> Path:
    """Write captions to a file, whole or not at all; of ASS with the time of each word."""
    return write_aside(subtitle_text(phrases, check_subtitle_name(path).suffix.lower()), path)


def subtitle_text(phrases: Sequence[SubtitleCue], suffix: str) -> str:
    """Captions as the text of a file with that suffix."""
    writer = SUBTITLES.get(suffix)
    if writer is not None:
        captions = [
            PlacedCaption(
                p.text, _milliseconds(p.start_seconds), _milliseconds(p.end_seconds), "", ""
            )
            for p in phrases
        ]
        return writer(captions, Fraction(1000))
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
    words_of_ass = [
        word.replace("\\", "\\\u2060").replace("{", "\\{").replace("}", "\\}") for word in words
    ]
    if len(words) != len(phrase.word_seconds):
        lines = phrase.text.split("\n")
        return "\\N".join(" ".join(line.split()) for line in lines) if len(words) else ""
    ends = [*phrase.word_seconds[1:], phrase.end_seconds - phrase.start_seconds]
    marks = [round(seconds * 100) for seconds in (phrase.word_seconds[0], *ends)]
    parts = [
        f"{{\\k{b - a}}}{word}" for word, (a, b) in zip(words_of_ass, pairwise(marks), strict=True)
    ]
    return " ".join(parts)


def _decoded(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise _refused(path, "is larger than 10 MB", "cut it into parts")
        text = path.read_bytes().decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as exc:
        line = path.read_bytes()[: exc.start].count(b"\n") + 1
        raise _refused(path, f"is not UTF-8 (line {line})", "save it as UTF-8") from exc
    except OSError as exc:
        reason = "is not there" if isinstance(exc, FileNotFoundError) else "cannot be read"
        raise _refused(path, reason, "name a file of subtitles") from exc


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
            reason = f"subtitle {number} begins at {at}, before the previous one ends ({until})"
            raise _refused(path, reason, "let no two of them overlap")
        before = phrase


def _clock(seconds: float) -> str:
    whole, milliseconds = divmod(round(seconds * 1000), 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}.{milliseconds:03}"


def _refused(path: Path, reason: str, remedy: str) -> InvalidInput:
    return InvalidInput(file=str(path), field="subtitles", reason=reason, remedy=remedy)
