"""What a reader takes for one character, and what kind it is: enough of Unicode to choose fonts and
lines.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = [
    "LRM",
    "RLM",
    "balanced",
    "bracketed",
    "clusters",
    "glyph_characters",
    "han_variant",
    "kana",
    "mark",
    "may_break",
    "neutral",
    "pictorial",
    "visual_order",
]


def clusters(text: str) -> tuple[str, ...]:
    """What a reader takes for one character: letters with their marks, emoji sequences, flags."""
    parts: list[str] = []
    for char in text:
        if parts and _continues(parts[-1], char):
            parts[-1] += char
        else:
            parts.append(char)
    return tuple(parts)


def _continues(cluster: str, char: str) -> bool:
    flag = _is_flag_letter(char) and len(cluster) == 1 and _is_flag_letter(cluster)
    mark = unicodedata.category(char) in ("Mn", "Me", "Mc") or char in "\u200c\u200d\u200e\u200f"
    tone = "\U0001f3fb" <= char <= "\U0001f3ff" or "\U000e0020" <= char <= "\U000e007f"
    joined = cluster[-1] == "\u200d" and unicodedata.category(char) in ("So", "Sm")
    return flag or mark or tone or joined


def _is_flag_letter(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"


def pictorial(cluster: str) -> bool:
    """Whether a cluster is an emoji: a picture by itself, or any symbol with the emoji selector."""
    first = cluster[0]
    wide_symbol = "\u231a" <= first <= "\u2bff" and unicodedata.east_asian_width(first) == "W"
    selected = "\ufe0f" in cluster or "\u20e3" in cluster  # the latter makes a digit a keycap
    toned = any("\U0001f3fb" <= char <= "\U0001f3ff" for char in cluster)
    return "\U0001f000" <= first < "\U00020000" or selected or wide_symbol or toned


def kana(cluster: str) -> bool:
    """Whether a cluster is hiragana or katakana."""
    return "\u3041" <= cluster[0] <= "\u30ff"


def neutral(cluster: str) -> bool:
    """Spaces and punctuation: they belong to the word before them."""
    return unicodedata.category(cluster[0])[0] in "PZ"


def glyph_characters(cluster: str) -> str:
    """The characters of a cluster that need a glyph: not joiners, selectors and other format
    characters.
    """
    return "".join(
        c
        for c in cluster
        if unicodedata.category(c) not in ("Cf", "Cc") and not "\ufe00" <= c <= "\ufe0f"
    )


def han_variant(text: str) -> str:
    """Which country's shapes the Han characters of a text want: SC, TC, JP or KR.

    Big5 knows no simplified and GB 2312 no traditional forms, so the standard codecs tell them
    apart.
    """
    if any(map(kana, text)):
        return "JP"
    if any("\uac00" <= c <= "\ud7a3" or "\u1100" <= c <= "\u11ff" for c in text):
        return "KR"
    han = [c for c in text if "\u4e00" <= c <= "\u9fff"]
    traditional = sum(_encodes(c, "big5") and not _encodes(c, "gb2312") for c in han)
    simplified_count = sum(_encodes(c, "gb2312") and not _encodes(c, "big5") for c in han)
    return "TC" if traditional > simplified_count else "SC"


def _encodes(char: str, codec: str) -> bool:
    try:
        return bool(char.encode(codec))
    except UnicodeEncodeError:
        return False


_NO_START = frozenset("、。，．・：；？！ー々〜～ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮะาำๅๆ")
_NO_END = frozenset("เแโใไ")


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two clusters: after spaces, dashes, and inside Han and
    kana. A hyphen joins: `three-room` stays whole.
    """
    if after[0].isspace():
        return False
    if before[0].isspace():
        return before != "\u00a0"
    if after[0] in _NO_START or before[0] in _NO_END:
        return False
    if all("\u30a1" <= c[0] <= "\u30fa" or c[0] == "ー" for c in (before, after)):
        return False  # a foreign word, written in katakana
    closes = unicodedata.category(after[0]) in ("Pe", "Pf", "Po")
    opens = unicodedata.category(before[0]) in ("Ps", "Pi")
    if _ideographic(before) or _ideographic(after):
        return not closes and not opens
    return before in "–—" and after.isalpha()


def _ideographic(cluster: str) -> bool:
    """Scripts that break between any two characters: Han, kana, full-width punctuation;
    not Hangul.
    """
    return (
        "\u2e80" <= cluster[0] <= "\u9fff"
        or "\uff01" <= cluster[0] <= "\uff9f"
        or cluster[0] >= "\U00020000"
    )


def balanced(widths: Sequence[float], spaces: Sequence[float], limit: float) -> list[list[int]]:
    """As few rows as fit in `limit`, then the narrowest measure that needs no more rows."""
    rows = _greedy(widths, spaces, limit)
    low = sum(widths) / max(1, len(rows)) * 0.9
    high = limit
    for _ in range(10 if len(rows) > 1 else 0):
        middle = (low + high) / 2
        narrower = _greedy(widths, spaces, middle)
        if len(narrower) == len(rows) and _widest(narrower, widths, spaces) <= limit:
            rows = narrower
            high = middle
        else:
            low = middle
    return rows


def _greedy(widths: Sequence[float], spaces: Sequence[float], limit: float) -> list[list[int]]:
    rows: list[list[int]] = []
    width_so_far = 0.0
    for i, width in enumerate(widths):
        if not rows or width_so_far + width - spaces[i] > limit:
            rows.append([])
            width_so_far = 0.0
        rows[-1].append(i)
        width_so_far += width
    return rows


def _widest(
    rows: Sequence[Sequence[int]], widths: Sequence[float], spaces: Sequence[float]
) -> float:
    return max(sum(widths[i] for i in row) - spaces[row[-1]] for row in rows)


LRM = "\u200e"
RLM = "\u200f"
_PAIRS = {"(": ")", "[": "]", "{": "}"}


def _side(char: str) -> str:
    """L, R, or nothing for a character without a direction."""
    return {"L": "L", "R": "R", "AL": "R"}.get(unicodedata.bidirectional(char), "")


def mark(text: str) -> str:
    """The mark of the first letter that has a direction; nothing where all of it runs left to
    right.
    """
    sides = [side for c in text if (side := _side(c))]
    if "R" not in sides:
        return ""
    return LRM if sides[0] == "L" else RLM


def visual_order(texts: Sequence[str], base: str) -> list[int]:
    """Stretches of one direction each, from left to right (UAX #9, rules N1, N2 and L2 for whole
    stretches). `base` is the mark of the text that they are a line of.
    """
    outer = "R" if base == RLM else "L"
    kinds = []
    strong = outer
    for text in texts:
        own = next((side for c in text if (side := _side(c))), "")
        strong = own or strong
        number = any(unicodedata.bidirectional(c) in ("EN", "AN") for c in text)
        kinds.append(own or (strong and number and {"R": "N"}.get(strong, "L")) or "")
    levels = []
    for i, kind in enumerate(kinds):
        before = next((k for k in reversed(kinds[:i]) if k), outer)
        after = next((k for k in kinds[i + 1 :] if k), outer)
        around = {"L" if k == "L" else "R" for k in (before, after)}
        kind = kind or (around.pop() if len(around) == 1 else outer)
        levels.append({"R": 1, "N": 2, "L": 2 if outer == "R" else 0}[kind])
    order = [*range(len(levels))]
    for level in range(max(levels, default=0), 0, -1):
        start = 0
        while start < len(order):
            end = start
            while end < len(order) and levels[order[end]] >= level:
                end += 1
            order[start:end] = order[start:end][::-1]
            start = end + 1
    return order


def bracketed(text: str) -> str:
    """Text in which both brackets of a pair run the same way, however they are surrounded."""
    base = {"": "", LRM: "L", RLM: "R"}[mark(text)]
    if not base:
        return text
    marks = dict.fromkeys((i for pair in _pairs(text) for i in pair), "")
    for start, end in _pairs(text):
        inside = {side for c in text[start + 1 : end] if (side := _side(c))}
        before = next((side for c in reversed(text[:start]) if (side := _side(c))), base)
        own = (
            base
            if base in inside or not inside
            else next(iter(inside))
            if before in inside
            else base
        )
        marks[start] = marks[end] = LRM if own == "L" else RLM
    return "".join(f"{marks[i]}{c}{marks[i]}" if i in marks else c for i, c in enumerate(text))


def _pairs(text: str) -> list[tuple[int, int]]:
    """Positions of the brackets that belong together."""
    pairs: list[tuple[int, int]] = []
    waiting: list[int] = []
    for i, char in enumerate(text):
        if char in _PAIRS:
            waiting.append(i)
        elif waiting and _PAIRS[text[waiting[-1]]] == char:
            pairs.append((waiting.pop(), i))
    return pairs
