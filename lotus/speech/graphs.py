"""What voices in ONNX share: a session, an output that their graph does not name, sentences in a
row, and words that end with their sound.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from lotus.documents.speech import SpokenWord, shift_words
from lotus.speech.voices import Utterance

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["in_sentences", "new_session", "one_more_output", "trimmed", "unsayable", "until_quiet"]

LEAD_SECONDS = 0.06  # of silence before the first sound
BREATH_SECONDS = 0.4  # between sentences

SpeechSamples = tuple[
    "NDArray[np.float32]", tuple[SpokenWord, ...]
]  # mono samples, and their words


def new_session(model: bytes) -> Any:
    """An inference session that says the same each time: on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def one_more_output(name: str) -> bytes:
    """A ModelProto with a graph (field 7) with an output (field 12) of that name (field 1).

    Protobuf messages merge where their bytes are joined, so it adds the output to a model.
    """
    message = name.encode()
    for field in (1, 12, 7):
        message = bytes([field << 3 | 2, len(message)]) + message
    return message


def until_quiet(
    words: Sequence[SpokenWord], regions: Sequence[tuple[float, float]]
) -> Iterator[SpokenWord]:
    """The words; one in front of a pause ends with its sound, not with the model's silence."""
    for word in words:
        ends = [b for a, b in regions if a < word.end_seconds and word.start_seconds < b]
        end = min(word.end_seconds, ends[-1]) if ends else word.end_seconds
        yield SpokenWord(word.text, word.start_seconds, max(word.start_seconds, end))


def unsayable(text: str, scripts: tuple[str, ...]) -> str:
    """The first word with a letter of other writings than these, which begin Unicode's names."""

    def is_foreign(char: str) -> bool:
        is_letter = unicodedata.category(char).startswith("L")
        return is_letter and not unicodedata.name(char, "").startswith(scripts)

    return next((word for word in text.split() if any(map(is_foreign, word))), "")


def in_sentences(
    sentences: Iterable[str], speak: Callable[[str], SpeechSamples], rate: int
) -> Utterance:
    """Sentences, spoken one by one, as one text."""
    import numpy as np

    parts: list[NDArray[np.float32]] = []
    words: list[SpokenWord] = []
    samples = 0
    for sentence in sentences:
        sound, utterance = speak(sentence)
        words += shift_words(utterance, samples / rate)
        parts.append(sound)
        samples += len(sound)
    utterance_samples = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return Utterance(utterance_samples, rate, tuple(words))


def trimmed(
    sound: NDArray[np.float32],
    rate: int,
    span: tuple[float, float] | None,
    words: Sequence[SpokenWord],
) -> SpeechSamples:
    """The sound from shortly before its first second of speech to a breath after its last, and its
    words; nothing where it has none.
    """
    import numpy as np

    if span is None or not words:
        return sound[:0], ()
    begin = max(0.0, span[0] - LEAD_SECONDS)
    end = span[1] + BREATH_SECONDS
    part = sound[round(begin * rate) : round(end * rate)]
    missing = round((end - begin) * rate) - len(part)
    return np.pad(part, (0, max(0, missing))), shift_words(words, -begin)
