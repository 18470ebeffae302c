"""How surely a clause speaks to the maker of the film, by a linear classifier. Pure.

Rules know the forms of talk that people have; words that no rule knows are judged by their words,
their letters and what the rules say of them. `data/build.py` learns the weights.
"""

from __future__ import annotations

import gzip
import re
import zlib
from functools import cache, lru_cache
from math import sqrt
from pathlib import Path

from lotus.planning.facts import has_fact
from lotus.planning.scripts import UNSPACED
from lotus.planning.talk import PIECE, is_talk, may_be_talk
from lotus.planning.words import SHOT_LEAD

__all__ = ["BUCKETS", "DOUBTED", "DROPPED", "SCALE", "buckets", "clauses_of", "talk_score"]

BUCKETS = 1 << 14  # of hashed features
SCALE = 24  # weights are stored as bytes, so many times their value
# Logits, chosen where hardly any words of the cases are lost: above the first a clause is talk and
# shown nowhere, above the second it is never written on the screen.
DROPPED, DOUBTED = 0.6, -0.6
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_MOST_WORDS = 9
_AROUND = " .,;:!?()[]\"'“”„«»「」。、"


_COLON = re.compile(r"(?<=\w[:：])\s+(?=\S)|(?<=[\u3040-\u9fff][：:])")


def clauses_of(sentence: str) -> list[str]:
    """The clauses of a sentence as they stand there: parted by commas, brackets, dashes, colons."""
    pieces = (part for piece in PIECE.findall(sentence) for part in _COLON.split(piece))
    return [piece for piece in pieces if re.search(r"\w", piece)]


@cache
def _weights() -> memoryview:
    path = Path(__file__).with_name("data") / "clauses.gz"
    return memoryview(gzip.decompress(path.read_bytes())).cast("b")


@lru_cache(maxsize=512)
def talk_score(clause: str) -> float:
    """The logit of a clause being talk: above 0 it more likely is."""
    weights = _weights()
    shot = SHOT_LEAD.match(clause.strip())
    places = buckets(clause.strip()[shot.end() :] if shot else clause)
    return sum(weights[place] for place in places) / SCALE / sqrt(len(places))


def buckets(clause: str) -> list[int]:
    """The places of a clause's features among the weights."""
    return sorted({zlib.crc32(name.encode()) % BUCKETS for name in _features(clause)})


def _features(clause: str) -> list[str]:
    text = clause.strip(_AROUND).casefold().replace("’", "'")
    words = ["0" if word.isdigit() else word for word in _WORD.findall(text)]
    names = ["bias", f"length {min(len(words), _MOST_WORDS)}"]
    if _UNSPACED.search(text):
        letters = f"<{re.sub(r'[0-9]+', '0', ''.join(text.split()))}>"
        names += [f"c{part}" for n in (1, 2, 3) for part in _runs(letters, n)]
    else:
        ends = ["<", *words, ">"]
        names += [f"w{word}" for word in words]
        names += [f"p{' '.join(ends[i : i + 2])}" for i in range(len(ends) - 1)]
        names += [f"t{' '.join(ends[i : i + 3])}" for i in range(len(ends) - 2)]
        names += [f"c{part}" for word in words for n in (4, 5) for part in _runs(f"<{word}>", n)]
    signs = {
        "talk": is_talk(clause),
        "doubt": may_be_talk(clause),
        "fact": has_fact(clause),
        "digit": any(char.isdigit() for char in clause),
        "asks": clause.rstrip().endswith("?"),
        "calls": clause.rstrip().endswith("!"),
        "name": any(word[:1].isupper() for word in clause.split()[1:]),
    }
    return names + [f"{name} {value}" for name, value in signs.items()]


def _runs(letters: str, length: int) -> list[str]:
    return [letters[i : i + length] for i in range(len(letters) - length + 1)]
