"""Which sense a word has in a text, by the company that it keeps."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from lotus.providers.animatic.board import fold, tokens
from lotus.providers.animatic.lexicon import data

__all__ = ["LONGEST", "Sense", "has_senses", "senses", "senses_in", "unspaced_senses"]

LONGEST = 4  # words of a phrase that has a sense


@dataclass(frozen=True)
class Sense:
    """A meaning: the words that may have it, the company that it needs, its pictograms, and the
    languages that it is of, if not of all.
    """

    words: tuple[str, ...]
    company: tuple[str, ...]
    names: tuple[str, ...]
    languages: frozenset[str] = frozenset()

    def fits(self, others: frozenset[str]) -> bool:
        """Whether one word of its company is among others."""
        return any(_like(word, one) for one in self.company for word in others)


def _like(word: str, pattern: str) -> bool:
    """Whether a word is one of a company: `rad`, `rad*` and what it begins, `*rad` and what it
    ends.
    """
    if pattern.startswith("*"):
        return word.endswith(pattern[1:])
    return word.startswith(pattern[:-1]) if pattern.endswith("*") else word == pattern


@cache
def senses() -> Mapping[str, tuple[Sense, ...]]:
    """The senses of each word and phrase, in the order of the data file; read once a process."""
    raw = tomllib.loads(data("senses.toml").decode())
    companies = {f"@{name}": words.split() for name, words in raw["companies"].items()}
    table: dict[str, tuple[Sense, ...]] = {}
    for row in raw["sense"]:
        words = tuple(fold(word.replace("_", " ")) for word in row["word"].split())
        kinds = (companies.get(word, [word]) for word in row.get("with", "").split())
        company = tuple(fold(word) for kind in kinds for word in kind)
        languages = frozenset(row.get("in", "").split())
        sense = Sense(words, company, tuple(row["names"].split()), languages)
        for word in words:
            table[word] = (*table.get(word, ()), sense)
    return table


def has_senses(text: str, around: str = "") -> bool:
    """Whether a text has a word whose sense its company tells, in itself or `around` it."""
    return bool(senses_in(tokens(fold(text)), around))


def senses_in(
    words: Sequence[str], around: str = "", language: str = ""
) -> dict[str, tuple[str, ...]]:
    """The pictograms of each word and phrase of a text that has a sense in it; () is none.

    `around`: what the whole video is about. It tells a sense where the text's own words do not.
    """
    table = senses()
    outer = frozenset(tokens(fold(around)))
    phrases: dict[str, tuple[str, ...]] = {}
    for size in range(1, LONGEST + 1):
        for start in range(len(words) - size + 1):
            phrase = " ".join(words[start : start + size])
            choices = [
                s for s in table.get(phrase, ()) if not s.languages or language in s.languages
            ]
            others = frozenset([*words[:start], *words[start + size :]])
            sense = _sense(choices, others, outer)
            if sense is not None:
                phrases[phrase] = sense.names
    return phrases


def unspaced_senses(text: str, around: str = "") -> dict[str, tuple[str, ...]]:
    """`senses_in` for a folded text without spaces: company is whatever it has in it."""
    both = text + fold(around)
    meanings: dict[str, tuple[str, ...]] = {}
    for word, choices in senses().items():
        if word not in text:
            continue
        for sense in (*(s for s in choices if s.company), *(s for s in choices if not s.company)):
            if not sense.company or any(one.strip("*") in both for one in sense.company):
                meanings[word] = sense.names
                break
    return {w: n for w, n in meanings.items() if not any(w != o and w in o for o in meanings)}


def _sense(choices: Sequence[Sense], others: frozenset[str], outer: frozenset[str]) -> Sense | None:
    """The first that the words beside it tell, else the subject's words, else one that needs no
    company.
    """
    fitting = (sense for words in (others, outer) for sense in choices if sense.fits(words))
    return next(fitting, None) or next((sense for sense in choices if not sense.company), None)
