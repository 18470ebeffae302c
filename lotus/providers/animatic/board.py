"""What one board is made from: plain data, and the seeded randomness that belongs to it."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Container, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

__all__ = ["UNSPACED", "Board", "fold", "guess_language", "random_for", "tokens"]

# Marks that only spell in Latin, Greek, Cyrillic, Hebrew and Arabic; vowel signs of other scripts
# stay.
MARKS = re.compile(
    "[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0640\ufe00-\ufe0f\u200b-\u200f\u202a-\u202e]"
)
LETTERS = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)
ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ى": "ي", "ة": "ه", "ی": "ي", "ک": "ك"})
WORD = re.compile("[^\\W\\d_](?:[^\\W_]|[\u0900-\u0903\u093a-\u094f\u0e31\u0e34-\u0e4e])*")

SCRIPTS = (
    ("ja", re.compile("[\u3041-\u30ff]")),
    ("ko", re.compile("[\uac00-\ud7a3]")),
    ("zh", re.compile("[\u4e00-\u9fff]")),
    ("th", re.compile("[\u0e01-\u0e4e]")),
    ("hi", re.compile("[\u0900-\u097f]")),
    ("he", re.compile("[\u05d0-\u05ea]")),
    ("fa", re.compile("[پچژگ]")),
    ("ar", re.compile("[\u0621-\u064a]")),
    ("el", re.compile("[\u03b1-\u03c9]")),
    ("uk", re.compile("[іїєґ]")),
    ("ru", re.compile("[\u0430-\u044f]")),
)
UNSPACED = frozenset({"ja", "zh", "th"})  # written without spaces between words


def fold(text: str) -> str:
    """Lower case without accents, so that 'Café' and 'CAFE' are one word."""
    plain = MARKS.sub("", unicodedata.normalize("NFKD", text.casefold()))
    plain = unicodedata.normalize("NFC", plain).translate(LETTERS).translate(ARABIC)
    return plain.replace("'", " ").replace("’", " ").strip()


def tokens(folded: str) -> list[str]:
    """The words of a folded text, in order, without digits and punctuation."""
    return WORD.findall(folded)


def guess_language(
    folded: str, stop_words: Mapping[str, frozenset[str]], vocabulary: Mapping[str, Container[str]]
) -> str:
    """The likeliest language code: by script, or for Latin letters by stop words and
    known words.
    """
    for code, script in SCRIPTS:
        if script.search(folded):
            return code
    words = tokens(folded)
    by_script = {code for code, _ in SCRIPTS}

    def score(code: str) -> float:
        stops = sum(word in stop_words.get(code, frozenset()) for word in words)
        return (
            1.5 * stops
            + sum(word in vocabulary[code] for word in words)
            + (0.3 if code == "en" else 0.0)
        )

    return max((code for code in vocabulary if code not in by_script), key=score, default="en")


@dataclass(frozen=True)
class Board:
    """One scene to draw: what it shows, its look, shape (pixels), length (frames) and place.

    `names` are pictograms, the leading one first; `word` is set in type where there are none.
    `end`: a call to action will be laid over its middle.
    """

    names: tuple[str, ...]
    word: str
    camera: str
    palette: tuple[str, ...]
    style: str
    width: int
    height: int
    fps: Fraction
    frames: int
    seed: int
    index: int
    end: bool = False
    light: str = ""  # that the words speak of: bright, night, autumn
    mood: str = ""
    lifted: bool = False  # everything stands above the captions
    upright: bool = False  # signs that mean something else in a mirror are not mirrored
    headline: bool = False  # type stands large in its middle
    staged: bool = False  # who leads says where it plays; what belongs outdoors stays out of houses
    shot: str = ""  # of what is shown again: detail, row, far
    by_day: bool = False  # night is where the light says so; people keep the colour of their skin


def random_for(*parts: object) -> np.random.Generator:
    """A random generator that depends on `parts` alone, on every machine."""
    import numpy as np  # words are read where nothing is drawn

    digest = hashlib.sha256(
        "\x1f".join(map(repr, parts)).encode("utf-8", "backslashreplace")
    ).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))
