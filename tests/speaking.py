"""Speech for tests: one short sentence, spoken once and heard once a worker."""

from __future__ import annotations

import wave
from functools import cache
from pathlib import Path

import numpy as np

from lotus.documents.speech import SpokenWord
from lotus.speech.recognition import Transcript, transcribe_file
from lotus.speech.voices import Utterance, voice_named

__all__ = ["SENTENCE", "heard", "spoken", "starts", "write_wav"]

SENTENCE = "Every morning begins here. A cup of coffee, made by hand."


@cache
def spoken() -> Utterance:
    """The sentence by the voice `english`."""
    return voice_named("english").speak(SENTENCE)


def write_wav(path: Path, samples: object, rate: int) -> Path:
    """Mono samples from -1 to 1 as a file of 16 bits."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.asarray(samples) * 32767).astype("<i2").tobytes())
    return path


@cache
def heard(path: Path) -> Transcript:
    """What the recogniser hears in a file."""
    return transcribe_file(path)


def starts(words: tuple[SpokenWord, ...]) -> list[float]:
    """Seconds at which each word begins."""
    return [word.start_seconds for word in words]
