"""Numbers that others wrote as text, read within a bound: 1e10000000 would take minutes."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

__all__ = ["fraction", "shorten"]

_NUMBER = re.compile(r"\s*[-+]?\d{1,18}(?:\.\d{0,30}|/\d{1,18})?(?:[eE][-+]?\d{1,2})?\s*", re.ASCII)


def fraction(value: Any) -> Fraction:
    """The exact value of a number or of its text, such as 24, 23.976 or 30000/1001.

    Raises ValueError for what is no number or has too many digits.
    """
    if isinstance(value, Fraction):
        return value
    text = str(value) if isinstance(value, str | int | float) else ""
    if len(text) > 60 or not _NUMBER.fullmatch(text):
        raise ValueError(f"'{shorten(value)}' is not a number of at most 18 digits")
    try:
        return Fraction(text)
    except ZeroDivisionError as exc:
        raise ValueError(f"'{text}' is not a number") from exc


def shorten(value: Any) -> str:
    """The beginning of a text, for a message; half characters (surrogates) become `?`."""
    text = str(value).encode("utf-8", "replace").decode()
    return text if len(text) <= 40 else f"{text[:40]}..."
