"""Voices that speak on this machine, by name. Others register under the entry-point group
`lotus.voices`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from lotus.documents.speech import SpokenWord
from lotus.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["VOICES", "NarrationVoice", "Utterance", "check_script", "local_voices", "voice_named"]

VOICES: Mapping[str, str] = {
    "english": "lotus.speech.english:English",
    "japanese": "lotus.speech.japanese:Japanese",
}
JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True)
class Utterance:
    """Speech as mono samples from -1 to 1, and when each written word is heard."""

    samples: NDArray[np.float32]
    rate: int
    words: tuple[SpokenWord, ...]


class NarrationVoice(Protocol):
    """Speaks one language, offline, the same way each time."""

    name: str
    version: str  # of all that makes the sound: a part of the key under which speech is kept

    def unsayable(self, text: str) -> str:
        """The first word that the voice has no sounds for; empty if it can say all."""
        ...

    def speak(self, text: str) -> Utterance:
        """Say a text."""
        ...


@cache
def local_voices() -> Mapping[str, str]:
    """Where each voice of this machine is."""
    from importlib.metadata import entry_points

    others = {entry.name: entry.value for entry in entry_points(group="lotus.voices")}
    return {**others, **VOICES}


@cache
def voice_named(name: str) -> NarrationVoice:
    """The voice of this name; raises UnknownName with the choices, or InvalidInput with the command
    that installs it.
    """
    homes = local_voices()
    if name not in homes:
        raise UnknownName("voice", name, homes)
    module, _, attribute = homes[name].partition(":")
    instance: NarrationVoice = getattr(import_module(module), attribute)()
    return instance


def _other_voice(voice: NarrationVoice, word: str) -> str:
    hint = "a hosted voice that speaks the language, such as voice: speech-02-turbo"
    own = "voice: japanese, or " if JAPANESE.search(word) and voice.name != "japanese" else ""
    return f"choose {own}{hint}"


def check_script(voice: NarrationVoice, text: str, field: str) -> None:
    """Raise InvalidInput for a text that the voice cannot say."""
    if not any(char.isalnum() for char in text):
        reason = f"'{text[:40]}' has no words to say"
        raise InvalidInput(file="", field=field, reason=reason, remedy="write words, or remove it")
    word = voice.unsayable(text)
    if word:
        raise InvalidInput(
            file="",
            field=field,
            reason=f"the voice {voice.name} cannot say '{word[:40]}', which is in another script",
            remedy=_other_voice(voice, word),
        )
