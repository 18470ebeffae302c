"""Speech in the store: one sound at one level, and beside it when each word is heard.

It is kept where clips are, under the hash of all that makes it, and is made once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from lotus.documents.speech import Speech, SpokenWord
from lotus.media.ffmpeg import FFmpeg
from lotus.media.sound import read_mono
from lotus.rendering.sources import STORE_PREFIX
from lotus.speech.voices import NarrationVoice
from lotus.store import Store, object_key
from lotus.system.keys import key_of
from lotus.workspace import Workspace

__all__ = ["find_speech", "keep_speech", "speak", "speech_key", "speech_object"]

SPEECH_LUFS = -20.0  # of every piece of speech, so that scenes and voices are equally loud
PEAK = 0.89  # of full scale: -1 dB
RATE = 48_000
VERSION = 1  # raise when the same words would be kept otherwise
MOST_SECONDS = 600.0


def speech_key(voice: str, version: str, text: str) -> str:
    """The address of a text that a voice says."""
    facts = {"voice": voice, "version": version, "text": text, "level": VERSION}
    return key_of("speech", facts)


def speech_object(key: str, suffix: str = ".flac") -> str:
    """Where speech is kept, or with `.json` its words."""
    return object_key("clips", key, suffix)


def find_speech(store: Store, key: str) -> Speech | None:
    """Speech that is there, both the sound and its words."""
    names = [speech_object(key), speech_object(key, ".json")]
    if len(store.present(names)) < len(names):
        return None
    try:
        document = json.loads(store.read(names[1]))
        rows = ((str(text), float(start), float(end)) for text, start, end in document["words"])
        words = tuple(SpokenWord(*row) for row in rows)
        return Speech(STORE_PREFIX + names[0], float(document["seconds"]), words)
    except (ValueError, TypeError, KeyError):  # of a stranger's bundle: it is not speech
        return None


def speak(workspace: Workspace, voice: NarrationVoice, text: str) -> Speech:
    """What a voice says, made now unless it was made before."""
    key = speech_key(voice.name, voice.version, text)
    speech = find_speech(workspace.store, key)
    if speech is not None:
        return speech
    utterance = voice.speak(text)
    with workspace.folder() as folder:
        raw = folder / "speech.f32"
        raw.write_bytes(utterance.samples.astype("<f4").tobytes())
        source = ["-f", "f32le", "-ar", str(utterance.rate), "-ac", "1", "-i", f"file:{raw}"]
        return keep_speech(workspace, key, source, lambda sound: utterance.words, folder)


def keep_speech(
    workspace: Workspace,
    key: str,
    source: Sequence[str],
    words_of: Callable[[Any], Sequence[SpokenWord]],
    folder: Path,
) -> Speech:
    """Bring a sound (ffmpeg's input) to the level of speech, and keep it with its words.

    `words_of` is given the sound as mono samples at 48 kHz. The words are kept first: speech is
    there when its sound is.
    """
    target = folder / "speech.flac"
    _level(workspace.ffmpeg, source, target)
    sound = read_mono(target, RATE, MOST_SECONDS)
    words = words_of(sound)
    seconds = max((word.end_seconds for word in words), default=len(sound) / RATE)
    rows = [[word.text, word.start_seconds, word.end_seconds] for word in words]
    notes = folder / "speech.json"
    notes.write_text(json.dumps({"seconds": seconds, "words": rows}), encoding="utf-8")
    workspace.store.put(notes, speech_object(key, ".json"))
    workspace.store.put(target, speech_object(key))
    return Speech(STORE_PREFIX + speech_object(key), seconds, tuple(words))


def _level(ffmpeg: FFmpeg, source: Sequence[str], target: Path) -> None:
    """Write the source with the loudness of speech (ITU-R BS.1770); peaks are limited."""
    measure = ["-af", "ebur128=framelog=quiet", "-f", "null", "-"]
    log = ffmpeg.run([*source, *measure], what="loudness of speech")
    readings = re.findall(r"I:\s+(-?[\d.]+) LUFS", log)
    gain = SPEECH_LUFS - float(readings[-1]) if readings else 0.0
    filters = f"volume={gain:.3f}dB,aresample={RATE},alimiter=limit={PEAK}:level=0:latency=1"
    options = ["-ac", "1", "-c:a", "flac", "-sample_fmt", "s16", "-fflags", "+bitexact"]
    tags = ["-flags:a", "+bitexact", "-map_metadata", "-1"]
    ffmpeg.run([*source, "-af", filters, *options, *tags, f"file:{target}"], what="speech")
