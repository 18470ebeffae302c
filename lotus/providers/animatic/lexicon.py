"""The data files: keywords in many languages, what briefs mean by words, and the pictograms
themselves.
"""

from __future__ import annotations

import gzip
import re
import threading
import tomllib
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from lotus.providers.animatic.board import fold, tokens

__all__ = [
    "Lexicon",
    "Table",
    "data",
    "everyday",
    "lexicon",
    "name_heads",
    "pictogram_svg",
    "pictograms",
]

# what parts the tables of a data file, their rows and their cells
SECTION = "\x1e"
ROW = "\n"
CELL = "\t"
_LOCK = threading.Lock()
ROMANCE = frozenset({"fr", "es", "pt", "it", "ro"})


def data(name: str) -> bytes:
    """A data file's bytes."""
    return Path(__file__).with_name("data").joinpath(name).read_bytes()


@dataclass(frozen=True)
class Table:
    """Rows of a word and its value as they lie in the file, sorted by the words: finding one
    is faster than parsing all.
    """

    text: str

    @cached_property
    def _starts(self) -> array[int]:
        """Where the rows begin."""
        return array("I", (match.end() for match in re.finditer(ROW, self.text)))[:-1]

    def _word(self, start: int) -> str:
        return self.text[start : self.text.index(CELL, start)]

    def get(self, word: str) -> str | None:
        """The value of a word; None if it is not there."""
        at = bisect_left(self._starts, word, key=self._word)
        if at == len(self._starts) or self._word(self._starts[at]) != word:
            return None
        start = self._starts[at] + len(word) + 1
        return self.text[start : self.text.index(ROW, start)]

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str) and self.get(word) is not None

    @property
    def words(self) -> list[str]:
        """All words, sorted."""
        return [row.partition(CELL)[0] for row in self.text.split(ROW) if row]


@dataclass(frozen=True)
class Lexicon:
    """All that is known of words, folded."""

    names: tuple[str, ...]
    groups: tuple[int, ...]
    keywords: Mapping[str, Table]
    links: Mapping[str, Mapping[str, tuple[str, ...]]]
    stops: Mapping[str, frozenset[str]]

    def codes(self, language: str, word: str) -> list[int]:
        """The pictograms of a keyword: number * 4 + strength (3 its name, 2 within its name, 1 a
        keyword).
        """
        value = self.keywords[language].get(word) if language in self.keywords else None
        return [int(code) for code in value.split()] if value else []

    def heads(self, language: str) -> frozenset[str]:
        """The words that pictograms' names in a language are about: of `nuvola grande` the cloud.

        It is the first of a name in Romance languages, the last in others.
        """
        first = language in ROMANCE
        names = (
            row.partition(CELL)[0].split()
            for row in self.keywords[language].text.split(ROW)
            if any(code.isdigit() and int(code) & 3 == 3 for code in row.partition(CELL)[2].split())
        )
        return frozenset(words[0] if first else words[-1] for words in names if words)


def lexicon() -> Lexicon:
    """The lexicon, read once a process, by one thread."""
    with _LOCK:
        return _lexicon()


@cache
def _lexicon() -> Lexicon:
    head, *tables = gzip.decompress(data("keywords.txt.gz")).decode().split(SECTION)
    languages, names = (line.split() for line in head.split(ROW))
    pairs = [entry.rpartition(":") for entry in names]
    notes: dict[str, dict[str, str]] = tomllib.loads(data("associations.toml").decode())
    stops = {code: frozenset(tokens(fold(text))) for code, text in notes.pop("stop").items()}
    return Lexicon(
        names=tuple(name for name, _, _ in pairs),
        groups=tuple(int(group) for _, _, group in pairs),
        keywords=dict(zip(languages, map(Table, tables), strict=True)),
        links={
            code: {fold(k): tuple(v.split()) for k, v in table.items()}
            for code, table in notes.items()
        },
        stops=stops,
    )


@cache
def name_heads(language: str) -> frozenset[str]:
    """`Lexicon.heads`, read once a process."""
    return lexicon().heads(language)


@cache
def everyday(language: str) -> Mapping[str, tuple[str, ...]]:
    """What everyday words of a language draw, whatever keywords say; () is nothing."""
    table = tomllib.loads(data("everyday.toml").decode()).get(language, {})
    return {fold(w): tuple(names.split()) for names, words in table.items() for w in words.split()}


@cache
def pictograms() -> Table:
    """Pictogram name -> SVG body in a 32 x 32 box."""
    return Table(gzip.decompress(data("pictograms.txt.gz")).decode())


SHOULDERS = "M1.5 32C1.5 25 7 22.6 12 22.3h8c5 .3 10.5 2.7 10.5 9.7z"
NECK = "M12.3 19h7.4v3.4c0 2-1.6 3.3-3.7 3.3s-3.7-1.3-3.7-3.3z"


# A body below the shoulders, where a face has to stay above a caption.
BODY = "M5.56 22.9h20.88V32H5.56z"


def pictogram_svg(name: str, clothes: str | None = None, *, body: bool = False) -> str:
    """The SVG document of one pictogram; a face is given shoulders in `clothes`, a colour as
    #rrggbb, and with `body` a body below them.
    """
    svg = pictograms().get(name)
    assert svg is not None, name
    if clothes is not None:
        shoulders = f'<path fill="{clothes}" d="{SHOULDERS}"/><path fill="#d98f1e" d="{NECK}"/>'
        svg = f'{shoulders}<g transform="translate(4.48 0) scale(.72)">{svg}</g>'
        if body:
            torso = f'<path fill="{clothes}" d="{BODY}"/>'
            svg = f'{torso}<g transform="translate(4.48 0) scale(.72)">{svg}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">{svg}</svg>'
