"""Which way text runs, said with invisible marks: libass orders a line but does not pair brackets. Pure.

Rules P2 and N0 of Unicode's bidirectional algorithm (UAX #9), the latter for ASCII brackets.
"""

from __future__ import annotations

import unicodedata

__all__ = ["LRM", "RLM", "bracketed", "mark"]

LRM, RLM = "\u200e", "\u200f"
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def _side(char: str) -> str:
    """L, R, or nothing for a character without a direction."""
    return {"L": "L", "R": "R", "AL": "R"}.get(unicodedata.bidirectional(char), "")


def mark(text: str) -> str:
    """The mark of the first letter that has a direction; nothing where all of it runs left to right."""
    sides = [side for c in text if (side := _side(c))]
    if "R" not in sides:
        return ""
    return LRM if sides[0] == "L" else RLM


def bracketed(text: str) -> str:
    """Text in which both brackets of a pair run the same way, however they are surrounded."""
    base = {"": "", LRM: "L", RLM: "R"}[mark(text)]
    if not base:
        return text
    marks = dict.fromkeys((i for pair in _pairs(text) for i in pair), "")
    for start, end in _pairs(text):
        inside = {side for c in text[start + 1 : end] if (side := _side(c))}
        before = next((side for c in reversed(text[:start]) if (side := _side(c))), base)
        own = base if base in inside or not inside else next(iter(inside)) if before in inside else base
        marks[start] = marks[end] = LRM if own == "L" else RLM
    return "".join(f"{marks[i]}{c}{marks[i]}" if i in marks else c for i, c in enumerate(text))


def _pairs(text: str) -> list[tuple[int, int]]:
    """Positions of the brackets that belong together."""
    found: list[tuple[int, int]] = []
    waiting: list[int] = []
    for i, char in enumerate(text):
        if char in _PAIRS:
            waiting.append(i)
        elif waiting and _PAIRS[text[waiting[-1]]] == char:
            found.append((waiting.pop(), i))
    return found
