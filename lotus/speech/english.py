"""The voice `english`: hibari, an American voice of 8 MB in a wheel (Apache-2.0).

It is a small network in ONNX: phonemes in, spectra and durations out. Its durations are no output
of the graph, so they are made one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.documents.speech import SpokenWord
from lotus.speech.graphs import in_sentences, new_session, one_more_output, trimmed, unsayable
from lotus.speech.spelling import written_words
from lotus.speech.voices import Utterance
from lotus.system.distribution import import_extra

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["English"]

DURATIONS = "/CumSum_output_0"  # of the graph: where each phoneme ends
UNIT_SECONDS = 0.025  # of its durations
PACE = 0.92  # of the model's own, which is a little fast to read along
LONGEST_CHARS = 220  # of what is said in one go
REVISION = 1  # raise when the same text would sound different
_SCRIPTS = ("LATIN", "FULLWIDTH LATIN", "MODIFIER")


class English:
    """American English."""

    name = "english"

    def __init__(self) -> None:
        for module in ("hibari", "onnxruntime"):
            import_extra(module)

    @property
    def version(self) -> str:
        """Of the wheel, and of what is done with it."""
        return f"hibari-tts {version('hibari-tts')}.{REVISION}"

    def unsayable(self, text: str) -> str:
        """The first word with a letter that is not Latin."""
        return unsayable(text, _SCRIPTS)

    def speak(self, text: str) -> Utterance:
        """Say a text, sentence by sentence."""
        return in_sentences(self._sentences(text), self._sentence, self._rate)

    @cached_property
    def _parts(self) -> dict[str, Any]:
        """What speaks, loaded once."""
        import json

        from hibari.g2p import G2P

        assets = Path(import_extra("hibari").__file__).parent / "assets"
        model = (assets / "hibari.onnx").read_bytes() + one_more_output(DURATIONS)
        vocabulary = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
        return {"session": new_session(model), "ids": vocabulary, "g2p": G2P()}

    @property
    def _rate(self) -> int:
        rate: int = import_extra("hibari.dsp").SR
        return rate

    def _sentences(self, text: str) -> Iterator[str]:
        """Sentences, long ones in parts that end at a comma or between words."""
        for sentence in import_extra("hibari").Hibari.split_sentences(text):
            yield from _in_parts(sentence)

    def _sentence(self, sentence: str) -> tuple[NDArray[np.float32], tuple[SpokenWord, ...]]:
        import numpy as np

        dsp = import_extra("hibari.dsp")
        normalize = import_extra("hibari.g2p.normalize").normalize
        g2p = self._parts["g2p"]
        text = normalize(sentence)
        ids, spans = self._phonemes(g2p.phonemize_tokens(g2p.tokenize(text)))
        feed = {"ids": np.asarray([ids], np.int64), "speed": np.asarray([PACE], np.float32)}
        *outputs, ends = self._parts["session"].run(None, feed)
        arrays = [output[0] for output in outputs]
        sound = dsp.synth(*arrays, np.random.default_rng(0))
        seconds = np.concatenate([[0.0], np.asarray(ends, np.float64) * UNIT_SECONDS])
        words_in_time = [
            SpokenWord(word, float(seconds[first]), float(seconds[last]))
            for word, first, last in spans
        ]
        words = written_words(sentence, words_in_time)
        span = (words[0].start_seconds, words[-1].end_seconds) if words else None
        return trimmed(sound, self._rate, span, words)

    def _phonemes(self, tokens: Sequence[Any]) -> tuple[list[int], list[tuple[str, int, int]]]:
        """Ids of phonemes; each spoken word with the places of its first phoneme and its end."""
        vocabulary = self._parts["ids"]
        ids = [0]
        spans: list[tuple[str, int, int]] = []
        text = ""
        first = last = 0
        for token in tokens:
            own = [vocabulary[char] for char in token.phonemes or "" if char in vocabulary]
            sounds = any(char.isalpha() for char in token.phonemes or "")
            if sounds:
                first = first or len(ids)
                last = len(ids) + len(own)
            ids += own
            text += token.text
            if token.whitespace or token is tokens[-1]:
                spans.append((text, first or len(ids), last or len(ids)))
                text, first, last = "", 0, 0
                ids += [vocabulary[" "]] if token.whitespace and token is not tokens[-1] else []
        return [*ids, 0], spans


def _in_parts(sentence: str) -> Iterator[str]:
    part = ""
    for word in sentence.split():
        full = len(part) + len(word) > LONGEST_CHARS
        if part and (full or (len(part) > LONGEST_CHARS / 2 and part[-1] in ",;:—–")):
            yield part
            part = ""
        part = f"{part} {word}" if part else word
    if part:
        yield part
