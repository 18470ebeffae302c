"""Where lines break: between which characters they may, and which breaks make them evenly long. Pure.

The rules are the common part of Unicode's line breaking (UAX #14) and of kinsoku for Chinese and Japanese.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

__all__ = ["balanced", "may_break"]

_NO_START = frozenset("、。，．・：；？！ー々〜～ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮะาำๅๆ")
_NO_END = frozenset("เแโใไ")


def may_break(before: str, after: str) -> bool:
    """Whether a line may end between these two clusters: after spaces, hyphens, and inside Han and kana."""
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
    return before in "-–—" and after.isalpha()


def _ideographic(cluster: str) -> bool:
    """Scripts that break between any two characters: Han, kana, full-width punctuation; not Hangul."""
    return (
        "\u2e80" <= cluster[0] <= "\u9fff" or "\uff01" <= cluster[0] <= "\uff9f" or cluster[0] >= "\U00020000"
    )


def balanced(widths: Sequence[float], spaces: Sequence[float], limit: float) -> list[list[int]]:
    """As few rows as fit in `limit`, then the narrowest measure that needs no more rows."""
    rows = _greedy(widths, spaces, limit)
    low, high = sum(widths) / max(1, len(rows)) * 0.9, limit
    for _ in range(10 if len(rows) > 1 else 0):
        middle = (low + high) / 2
        narrower = _greedy(widths, spaces, middle)
        if len(narrower) == len(rows) and _widest(narrower, widths, spaces) <= limit:
            rows, high = narrower, middle
        else:
            low = middle
    return rows


def _greedy(widths: Sequence[float], spaces: Sequence[float], limit: float) -> list[list[int]]:
    rows: list[list[int]] = []
    used = 0.0
    for i, width in enumerate(widths):
        if not rows or used + width - spaces[i] > limit:
            rows.append([])
            used = 0.0
        rows[-1].append(i)
        used += width
    return rows


def _widest(rows: Sequence[Sequence[int]], widths: Sequence[float], spaces: Sequence[float]) -> float:
    return max(sum(widths[i] for i in row) - spaces[row[-1]] for row in rows)
