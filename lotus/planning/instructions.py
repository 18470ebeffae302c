"""Talk to whoever makes the film: length, shape, sound, audience, form. Never a caption.

Data: a language is a line in a table.
"""

from __future__ import annotations

import re

from lotus.planning.negatives import tidy

__all__ = ["listed", "place_of", "without_instructions"]

_FILM = r"(?:video|film|ad|advert|advertisement|commercial|spot|clip|reel|trailer|teaser|promo)"
_SHAPE = r"(?:9\s*:\s*16|16\s*:\s*9|1\s*:\s*1|vertical|portrait|landscape|horizontal|square)"
_SOUND = (
    r"(?:music|soundtrack|beats?|voice-?over|colou?rs?|palette|fonts?|captions?|subtitles?|text)"
)

# How people ask for a film; the picture is what follows.
_LEAD = re.compile(
    rf"(?:hi|hello|hey)?[\s,!]*(?:(?:can|could|would|will)\s+you\s+|i\s+(?:want|need|would\s+like|['’]d\s+like)\s+"
    rf"(?:you\s+to\s+)?|we\s+(?:want|need)\s+|please\s+|kindly\s+)*"
    rf"(?:(?:make|create|produce|generate|film|shoot|design|do|render)\s+)?(?:me\s+|us\s+)?"
    rf"(?:an?|the|one)\s+(?:[\w'’-]+\s+){{0,7}}?(?:{_FILM}\s+)?{_FILM}"
    r"(?:\s+(?:for|about|of|on|showing|featuring|where|in\s+which|that\s+shows)\s+(?:my\s+|our\s+)?|"
    r"(?=\s*(?:,|with\b|in\b|$)))",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"(?:hi|hello|hey|please|kindly|make|create|produce|generate|film|shoot|design|render|can|could|would|will|"
    r"i\s+(?:want|need|would)|i['’]d|we\s+(?:want|need))\b",
    re.IGNORECASE,
)
# Clauses about the whole film, up to their end.
_CLAUSE = re.compile(
    r"(?:^|(?<=[,;:.])|(?<=\band)|(?<=\s))\s*(?:and\s+)?(?:please\s+)?(?:"
    rf"(?:use|add|include|with|set\s+to|play|put)\s+(?:some\s+|an?\s+|the\s+)?(?:[\w-]+\s+){{0,3}}{_SOUND}"
    rf"(?:\s+(?:and|&)\s+(?:[\w-]+\s+){{0,3}}{_SOUND})*(?=\s*(?:[,.;!]|$|\bin\b|\band\b|\bfor\b))"
    r"|(?:the\s+|our\s+|my\s+)?target\s+(?:audience|group)\s+(?:is|are|being)\b[^.;!?]*"
    r"|(?:make|keep)\s+(?:it|this|the\s+(?:video|film|ad))\b[^,.;!?]*"
    rf"|(?:it|the\s+{_FILM})\s+(?:should|must|needs\s+to|has\s+to)\s+be\b[^,.;!?]*"
    rf"|(?:in|as|for)\s+(?:an?\s+)?{_SHAPE}(?:\s+(?:format|aspect\s+ratio|video|mode))?\b(?!\s+(?:garden|field|town|room|market|wall|window|frame))"
    rf"|{_SHAPE}\s+(?:format|aspect\s+ratio)\b"
    r"|(?:about\s+|around\s+|max(?:imum)?\s+)?\d{1,3}[\s-]?(?:s|secs?|seconds?)\s+(?:long|in\s+length|max(?:imum)?)\b"
    r"|zielgruppe\s+(?:ist|sind)\b[^.;!?]*|(?:bitte\s+)?im\s+(?:hoch|quer)format\b"
    r"|público\s+objetivo\b[^.;!?]*|format\s+vertical\b|en\s+(?:formato\s+)?vertical\b"
    r")",
    re.IGNORECASE,
)
_LABEL = re.compile(
    r"(?:key\s+message|message|headline|tagline|slogan|claim|kernbotschaft|botschaft)\s*:\s*", re.I
)
# `INT. KITCHEN - MORNING`: where a scene of a screenplay plays.
_PLACE = re.compile(r"(?:INT|EXT|INT\./EXT|I/E)\.?\s+([A-Z0-9][^a-z]*?)\s*(?:[-–—]\s*([A-Z ]+))?$")
_NUMBER = re.compile(r"(?:(?<=\s)|(?<=:)|^)\(?(\d{1,2})[).]\s+(?=\S)")


def without_instructions(sentence: str) -> str:
    """The sentence without what it says to the maker of the film; may be empty."""
    text = _LABEL.sub("", sentence, count=1) if _LABEL.match(sentence) else sentence
    lead = _LEAD.match(text)
    if lead is not None and _ASKS.match(text):
        text = text[lead.end() :]
    return tidy(_CLAUSE.sub(" ", text), sentence)


def place_of(sentence: str) -> str | None:
    """The place and time of a heading of a screenplay, as words: `kitchen, morning`."""
    match = _PLACE.match(sentence.strip(" ."))
    if match is None:
        return None
    return ", ".join(part.strip(" .").lower() for part in match.groups() if part)


def listed(line: str) -> list[str]:
    """The parts of a line that counts 1) 2) 3): its headline, then each item; else the line."""
    marks = list(_NUMBER.finditer(line))
    if [int(mark[1]) for mark in marks] != list(range(1, len(marks) + 1)) or len(marks) < 2:
        return [line]
    starts = [mark.end() for mark in marks]
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    head = line[: marks[0].start()].strip(" :–—-")
    items = [line[a:b].strip(" ,;") for a, b in zip(starts, ends, strict=True)]
    return [part for part in (head, *items) if part]
