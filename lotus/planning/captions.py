"""Words on the screen: short, the user's own, and only where there is time to read them."""

from __future__ import annotations

import re

from lotus.planning.ideas import Idea, join
from lotus.planning.reading import LEAST_SECONDS, LINE_CHARS, LINES, fits_lines, reading_seconds
from lotus.planning.scripts import has_content, is_latin, sentence_case, squeeze
from lotus.planning.words import BREAK_BEFORE, DETERMINERS, DIRECTOR, SHOT_LEAD

__all__ = ["caption", "caption_seconds"]

_SHORTEST = 8  # characters: less than this of a longer sentence says nothing
_HOW = re.compile(
    r",?\s+in\s+(?:\w+\s+)?(?:slo[\s-]?mo|slow[\s-]motion|time[\s-]?lapse|black\s+and\s+white|"
    r"sepia|4k)"
    r"(?=\s*[.,!]|$)",
    re.IGNORECASE,
)
_LITTLE = BREAK_BEFORE | DETERMINERS | frozenset(("of", "de", "du", "des", "di", "von", "s"))
_LINKS = frozenset(
    (
        "a",
        "to",
        "of",
        "or",
        "de",
        "du",
        "des",
        "à",
        "al",
        "del",
        "di",
        "da",
        "do",
        "zu",
        "zum",
        "van",
    )
)
_END = " .,;:。．｡、，；：،؛।॥۔-–—"


def caption(
    ideas: tuple[Idea, ...],
    seconds: float,
    others: tuple[str, ...] = (),
    most: int = LINE_CHARS * LINES,
) -> str | None:
    """The most of these ideas that can be read in the time, in at most so many characters; None
    rather than a hurried line.
    """
    for text in _candidates(ideas) if _may_stand(ideas) else ():
        line = sentence_case(text)
        known = any(line.casefold() in other.casefold() for other in others)
        if (
            len(line) <= most
            and not known
            and fits_lines(line)
            and reading_seconds(line) <= seconds
        ):
            return line
    return None


def caption_seconds(ideas: tuple[Idea, ...]) -> float:
    """How long a scene's whole caption would take to read; 5/6 s where it has none to show."""
    texts = _candidates(ideas)
    return reading_seconds(texts[0]) if texts else LEAST_SECONDS


def _candidates(ideas: tuple[Idea, ...]) -> list[str]:
    """From all items of the first sentence to the first words of its first item."""
    first = tuple(idea for idea in ideas if idea.sentence == ideas[0].sentence)
    texts = [join(first[:count]) for count in range(len(first), 0, -1)]
    clean = [_on_screen(text) for text in (*texts, *_beginnings(_on_screen(texts[-1])))]
    return [text for text in clean if text]


def _may_stand(ideas: tuple[Idea, ...]) -> bool:
    """Whether the words of a first sentence may stand on the screen at all."""
    first = [idea for idea in ideas if idea.sentence == ideas[0].sentence]
    return not any(idea.unsure for idea in first) and any(_tells(idea) for idea in first)


def _tells(idea: Idea) -> bool:
    """Whether words are a whole thought, and not a note that people add: `subtle grain`."""
    words = idea.text.casefold().split()
    whole = len(words) > 2 and any(word in _LITTLE for word in words)
    return whole or idea.message or idea.listed or not is_latin(idea.text) or len(words) > 4


def _on_screen(text: str) -> str:
    """Without framing and closing punctuation; nothing at all if it still talks to the crew."""
    text = squeeze(SHOT_LEAD.sub("", text, count=1)).strip(_END)
    text = _HOW.sub("", text)
    text = re.sub(r"([!?])[!?]+", r"\1", text)
    return text if has_content(text) and not DIRECTOR.search(text) else ""


def _beginnings(text: str) -> list[str]:
    """Shorter and shorter starts, ended before a preposition or at a comma: still whole phrases."""
    words = text.split()
    ends = [
        i
        for i, word in enumerate(words)
        if word.casefold() in BREAK_BEFORE or words[i - 1].endswith(",")
    ]
    starts = [" ".join(words[:end]) for end in reversed(ends) if end >= 2]
    return [start for start in starts if len(start) >= _SHORTEST and not _dangles(start)]


def _dangles(text: str) -> bool:
    last = text.split()[-1].casefold()
    return last in BREAK_BEFORE or last in DETERMINERS or last in _LINKS
