"""Forms that a prompt has: the headings of a screenplay, and lists that count 1) 2) 3). Pure."""

from __future__ import annotations

import re
from itertools import takewhile

__all__ = ["list_items", "place_of"]

# `INT. KITCHEN - MORNING`: where a scene of a screenplay plays.
_PLACE = re.compile(r"(?:INT|EXT|INT\./EXT|I/E)\.?\s+([A-Z0-9][^a-z]*?)\s*(?:[-–—]\s*([A-Z ]+))?$")
_NUMBER = re.compile(r"(?:(?<=\s)|(?<=:)|^)\(?(\d{1,2})[).]\s+(?=\S)")


def place_of(sentence: str) -> str | None:
    """The place and time of a heading of a screenplay, as words: `kitchen, morning`."""
    match = _PLACE.match(sentence.strip(" ."))
    if match is None:
        return None
    return ", ".join(part.strip(" .").lower() for part in match.groups() if part)


def list_items(line: str) -> list[str]:
    """The parts of a line that counts 1) 2) 3): its headline, then each item; else the line."""
    numbers = enumerate(_NUMBER.finditer(line), start=1)
    marks = [mark for _, mark in takewhile(lambda pair: int(pair[1][1]) == pair[0], numbers)]
    if len(marks) < 2:
        return [line]
    starts = [mark.end() for mark in marks]
    ends = [mark.start() for mark in marks[1:]] + [len(line)]
    head = line[: marks[0].start()].strip(" :–—-")
    items = [line[a:b].strip(" ,;") for a, b in zip(starts, ends, strict=True)]
    return [part for part in (head, *items) if part]
