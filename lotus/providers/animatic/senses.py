"""Which sense a word has in a text, by the company that it keeps."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lotus.providers.animatic.board import fold, tokens
from lotus.providers.animatic.lexicon import data

__all__ = ["LONGEST", "Sense", "has_senses", "senses", "senses_in"]

LONGEST = 4  # words of a phrase that has a sense


@dataclass(frozen=True)
class Sense:
    """A meaning: the words that may have it, the company that it needs, and its pictograms."""

    words: tuple[str, ...]
    company: tuple[str, ...]
    names: tuple[str, ...]

    def fits(self, others: frozenset[str]) -> bool:
        """Whether one word of its company is there; a sense without company always fits."""
        if not self.company:
            return True
        return any(
            any(word.startswith(one[:-1]) for word in others)
            if one.endswith("*")
            else one in others
            for one in self.company
        )


@cache
def senses() -> Mapping[str, tuple[Sense, ...]]:
    """The senses of each word and phrase, in the order of the data file; read once a process."""
    raw = tomllib.loads(data("senses.toml").decode())["sense"]
    table: dict[str, tuple[Sense, ...]] = {}
    for row in raw:
        words = tuple(fold(word.replace("_", " ")) for word in row["word"].split())
        company = tuple(fold(word) for word in row.get("with", "").split())
        sense = Sense(words, company, tuple(row["names"].split()))
        for word in words:
            table[word] = (*table.get(word, ()), sense)
    return table


def has_senses(text: str) -> bool:
    """Whether a text has a word whose sense its company tells."""
    return bool(senses_in(tokens(fold(text))))


def senses_in(words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """The pictograms of each word and phrase of a text that has a sense in it; () is none."""
    table = senses()
    phrases: dict[str, tuple[str, ...]] = {}
    for size in range(1, LONGEST + 1):
        for start in range(len(words) - size + 1):
            phrase = " ".join(words[start : start + size])
            if phrase not in table:
                continue
            others = frozenset([*words[:start], *words[start + size :]])
            sense = next((one for one in table[phrase] if one.fits(others)), None)
            if sense is not None:
                phrases[phrase] = sense.names
    return phrases
