"""Numbers of things in words: 1 clip, 2 clips."""

from __future__ import annotations

__all__ = ["plural", "quantity"]


def quantity(number: int, noun: str) -> str:
    """The number with its noun: `1 clip`, `12 clips`, `1,200 clips`."""
    return f"{number:,} {plural(noun, number)}"


def plural(noun: str, number: int) -> str:
    """The noun for this number; one that ends in s, such as a field `fps`, stays as it is."""
    if number == 1 or noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{noun[:-1]}ies"
    return f"{noun}s"
