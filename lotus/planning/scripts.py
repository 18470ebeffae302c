"""What the writing systems of the world need: graphemes, words, width and capitals. Standard
library only.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = [
    "UNSPACED",
    "cut",
    "has_content",
    "is_latin",
    "sentence_case",
    "size",
    "squeeze",
    "unshouted",
]

# Scripts written without spaces between words: CJK, kana, Thai, Lao, Tibetan, Burmese, Khmer.
UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff\uf900-\ufaff"
)
_UNSPACED = re.compile(f"[{UNSPACED}\U00020000-\U0003ffff]")
_BLANK = re.compile(r"[ \t\r\n]+")
_TURKISH = frozenset("ığşİĞŞ")
_ZWJ = "\u200d"
_VIRAMA = 9  # Unicode combining class: joins two Indic consonants


def squeeze(text: str) -> str:
    """One space where there were several; no-break and ideographic spaces stay as written."""
    return _BLANK.sub(" ", text).strip()


def has_content(text: str) -> bool:
    """Whether there is a letter, a digit or a symbol such as an emoji: something to show."""
    return any(unicodedata.category(char)[0] in "LNS" for char in text)


def is_latin(text: str) -> bool:
    """Whether most letters are Latin: a phrase in Latin letters may follow them."""
    letters = [char for char in text if char.isalpha()]
    latin = sum(ord(char) < 0x250 or 0x1E00 <= ord(char) < 0x1F00 for char in letters)
    return bool(letters) and latin * 2 > len(letters)


def size(text: str) -> float:
    """Words, where two letters of a script without spaces count as one word."""
    unspaced = len(_UNSPACED.findall(text))
    spaced = sum(any(char.isalnum() for char in word) for word in _UNSPACED.sub(" ", text).split())
    return spaced + unspaced / 2


def sentence_case(text: str) -> str:
    """A capital at the start, unless the word carries its own inside, as in 'iPhone'."""
    if not text or not text[0].islower() or any(char.isupper() for char in text.split()[0]):
        return text
    if text[0] == "i" and not _TURKISH.isdisjoint(text):
        return "İ" + text[1:]
    first = text[0].title()
    return first + text[1:] if len(first) == 1 else text


def unshouted(text: str) -> str:
    """A text of several words that are all capitals, in small letters; any other as it is."""
    letters = [char for char in text if char.isalpha()]
    capitals = len(text.split()) > 1 and len(letters) > 7 and all(c.isupper() for c in letters)
    cased = any(char.islower() for char in text.lower())
    return sentence_case(text.lower()) if capitals and cased else text


def cut(text: str, limit: int) -> str:
    """At most `limit` code points: ends between words where it can, never inside a grapheme."""
    if len(text) <= limit:
        return text
    space = text.rfind(" ", limit // 2, limit + 1)
    end = space if space > 0 else limit
    while end > 0 and joins(text, end):
        end -= 1
    return text[: end or limit].rstrip(" ,;:-–—、，،؛")


def joins(text: str, index: int) -> bool:
    """Whether the code points around `index` are one grapheme (UAX #29, the cases that people
    write).
    """
    before = text[index - 1]
    after = text[index]
    if _extends(after) or before == _ZWJ or (before, after) == ("\r", "\n"):
        return True
    if unicodedata.combining(before) == _VIRAMA and after.isalpha():
        return True
    if _is_flag(before) and _is_flag(after):
        run = len(text[:index]) - len(text[:index].rstrip(_FLAGS))
        return run % 2 == 1
    return 0x1100 <= ord(before) <= 0x11FF and 0x1160 <= ord(after) <= 0x11FF


_FLAGS = "".join(map(chr, range(0x1F1E6, 0x1F200)))


def _is_flag(char: str) -> bool:
    return char in _FLAGS


def _extends(char: str) -> bool:
    """Marks, joiners, variation selectors, skin tones and tags belong to what stands
    before them.
    """
    code = ord(char)
    return (
        unicodedata.category(char)[0] == "M"
        or char in "\u200c\u200d"
        or 0x1F3FB <= code <= 0x1F3FF
        or 0xE0020 <= code <= 0xE007F
    )
