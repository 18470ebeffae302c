"""What a reader takes for one character, and what kind it is: enough of Unicode to choose fonts and lines."""

from __future__ import annotations

import unicodedata

__all__ = ["clusters", "drawn", "han_variant", "kana", "neutral", "pictorial"]


def clusters(text: str) -> tuple[str, ...]:
    """What a reader takes for one character: letters with their marks, emoji sequences, flags."""
    found: list[str] = []
    for char in text:
        if found and _continues(found[-1], char):
            found[-1] += char
        else:
            found.append(char)
    return tuple(found)


def _continues(cluster: str, char: str) -> bool:
    flag = _is_flag_letter(char) and len(cluster) == 1 and _is_flag_letter(cluster)
    mark = unicodedata.category(char) in ("Mn", "Me", "Mc") or char in "\u200c\u200d\u200e\u200f"
    tone = "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"
    joined = cluster[-1] == "\u200d" and unicodedata.category(char) == "So"
    return flag or mark or tone or joined


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def pictorial(cluster: str) -> bool:
    """Whether a cluster is an emoji: a picture by itself, or any symbol with the emoji selector."""
    first = cluster[0]
    wide_symbol = "\u231a" <= first <= "\u2bff" and unicodedata.east_asian_width(first) == "W"
    return "\U0001f000" <= first < "\U00020000" or "\ufe0f" in cluster or wide_symbol


def kana(cluster: str) -> bool:
    """Whether a cluster is hiragana or katakana."""
    return "\u3041" <= cluster[0] <= "\u30ff"


def neutral(cluster: str) -> bool:
    """Spaces and punctuation: they belong to the word before them."""
    return unicodedata.category(cluster[0])[0] in "PZ"


def drawn(cluster: str) -> str:
    """The characters of a cluster that need a glyph: not joiners, selectors and other format characters."""
    return "".join(
        c for c in cluster if unicodedata.category(c) not in ("Cf", "Cc") and not "\ufe00" <= c <= "\ufe0f"
    )


def han_variant(text: str) -> str:
    """Which country's shapes the Han characters of a text want: SC, TC, JP or KR.

    Big5 knows no simplified and GB 2312 no traditional forms, so the standard codecs tell them apart.
    """
    if any(map(kana, text)):
        return "JP"
    if any("\uac00" <= c <= "\ud7a3" or "\u1100" <= c <= "\u11ff" for c in text):
        return "KR"
    han = [c for c in text if "\u4e00" <= c <= "\u9fff"]
    traditional = sum(_encodes(c, "big5") and not _encodes(c, "gb2312") for c in han)
    simplified = sum(_encodes(c, "gb2312") and not _encodes(c, "big5") for c in han)
    return "TC" if traditional > simplified else "SC"


def _encodes(char: str, codec: str) -> bool:
    try:
        return bool(char.encode(codec))
    except UnicodeEncodeError:
        return False
