"""Text of captions with the times of its words, as WebVTT and SubStation Alpha write them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import unescape

from lotus.planning.phrases import SubtitleCue

__all__ = ["TextPiece", "ass_pieces", "read_webvtt", "text_of", "word_starts"]

_BRACES = re.compile(r"\{([^}]*)\}")
_KARAOKE = re.compile(r"\\(?:k[fo]?|K)(\d+)")
_DRAWING = re.compile(r"\\p(\d+)")
_MOMENT = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMING = re.compile(rf"\s*{_MOMENT}\s*-->\s*{_MOMENT}(?:\s.*)?")
_INLINE = re.compile(rf"<{_MOMENT}>")
_RUBY = re.compile(r"<rt[^>]*>.*?(?:</rt>|$)", re.S)
_ANGLES = re.compile(r"<[^>\n]*>")
_NO_CUES = ("NOTE", "STYLE", "REGION")


@dataclass(frozen=True)
class TextPiece:
    """A stretch of a caption; `seconds` after its start it is said, if that is known."""

    text: str
    seconds: float | None = None


def text_of(pieces: Sequence[TextPiece]) -> str:
    """The whole text, without characters that no font has."""
    text = "".join(piece.text for piece in pieces)
    return "".join(char for char in text if char == "\n" or char >= " ").strip()


def word_starts(pieces: Sequence[TextPiece]) -> tuple[float, ...]:
    """When each word begins: with the piece of its first letter. Empty if no piece has a time."""
    if all(piece.seconds is None for piece in pieces):
        return ()
    starts: list[float] = []
    within = False
    for piece in pieces:
        for char in piece.text:
            if not char.isspace() and not within:
                starts.append(max(piece.seconds or 0.0, starts[-1] if starts else 0.0))
            within = not char.isspace()
    return tuple(starts)


def ass_pieces(text: str) -> tuple[TextPiece, ...]:
    """A line of SubStation Alpha: tags in braces left out, drawings too, karaoke as times."""
    pieces: list[TextPiece] = []
    centiseconds = 0
    seconds: float | None = None
    drawing = False
    for place, part in enumerate(_BRACES.split(text)):
        if place % 2:
            for length in _KARAOKE.findall(part):
                seconds = centiseconds / 100
                centiseconds += int(length)
            for scale in _DRAWING.findall(part):
                drawing = int(scale) > 0
        elif part and not drawing:
            plain = part.replace(r"\N", "\n").replace(r"\n", "\n").replace(r"\h", " ")
            pieces.append(TextPiece(plain, seconds))
    return tuple(pieces)


def read_webvtt(text: str) -> Iterator[SubtitleCue]:
    """The cues of a WebVTT file; raises ValueError that names the line of a time that is none."""
    lines = text.split("\n")
    at = 0
    while at < len(lines):
        end = next((i for i in range(at, len(lines)) if not lines[i].strip()), len(lines))
        block = lines[at:end]
        timing = next((i for i, line in enumerate(block[:2]) if "-->" in line), None)
        if timing is not None and not block[0].startswith(_NO_CUES):
            yield _cue(block[timing], block[timing + 1 :], at + timing + 1)
        at = end + 1


def _cue(timing: str, rows: Sequence[str], number: int) -> SubtitleCue:
    match = _TIMING.fullmatch(timing)
    if match is None:
        raise ValueError(f"line {number} has no time such as 00:01.000 --> 00:02.000")
    start, end = (_seconds(match.groups()[i : i + 4]) for i in (0, 4))
    pieces = tuple(_vtt_pieces("\n".join(rows), start))
    return SubtitleCue(text_of(pieces), start, end, word_starts(pieces))


def _vtt_pieces(text: str, start: float) -> Iterator[TextPiece]:
    seconds: float | None = None
    at = 0
    plain = _RUBY.sub("", text)
    for match in _INLINE.finditer(plain):
        yield TextPiece(unescape(_ANGLES.sub("", plain[at : match.start()])), seconds)
        seconds = round(max(0.0, _seconds(match.groups()) - start), 3)
        at = match.end()
    yield TextPiece(unescape(_ANGLES.sub("", plain[at:])), seconds)


def _seconds(groups: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = (group or "0" for group in groups)
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds) + int(fraction.ljust(3, "0")) / 1000
