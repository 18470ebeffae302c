"""How long a text on the screen must stay, and how much fits.

Sources: Netflix Timed Text Style Guides (characters a second and a line, at most two lines, at
least 5/6 s) and the BBC Subtitle Guidelines (160 to 180 words a minute). Whoever watches an ad also
looks at the picture, so the slower of the two rules holds.
"""

from __future__ import annotations

import re
import unicodedata

from lotus.documents.lengths import is_wide

__all__ = ["LEAST_SECONDS", "LINES", "LINE_CHARS", "fits_lines", "reading_seconds"]

LEAST_SECONDS = 5 / 6
WORDS_PER_SECOND = 180 / 60
CHARS_PER_SECOND = 17.0  # adults, languages with an alphabet; English alone is allowed 20
KANA_PER_SECOND = 4.0
HAN_PER_SECOND = 9.0
HANGUL_PER_SECOND = 12.0
LINE_CHARS = 42
WIDE_LINE_CHARS = 16
LINES = 2
_KANA = re.compile("[\u3041-\u30ff]")


def reading_seconds(text: str) -> float:
    """How long a text must stay: the slower of its characters and its words, and 5/6 s at least."""
    japanese = bool(_KANA.search(text))
    by_chars = sum(_char_seconds(char, japanese) for char in text)
    return max(LEAST_SECONDS, by_chars, len(text.split()) / WORDS_PER_SECOND)


def _char_seconds(char: str, japanese: bool) -> float:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0.0
    if not is_wide(char):
        return 1 / CHARS_PER_SECOND
    if "\uac00" <= char <= "\ud7a3":
        return 1 / HANGUL_PER_SECOND
    return 1 / (KANA_PER_SECOND if japanese else HAN_PER_SECOND)


def fits_lines(text: str) -> bool:
    """Whether two lines hold it: 42 characters each, or 16 wide ones, broken between words."""
    lines = 1
    column = 0.0
    for word in text.split():
        width = sum(LINE_CHARS / WIDE_LINE_CHARS if is_wide(char) else 1.0 for char in word)
        if column and column + 1 + width > LINE_CHARS:
            lines = lines + 1
            column = 0.0
        column += width + (1 if column else 0)
        while column > LINE_CHARS:
            lines = lines + 1
            column = column - LINE_CHARS
    return lines <= LINES
