"""A voice speaks, a recogniser hears: the same words at the same times, and subtitles of them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import lotus
from lotus.errors import InvalidInput
from lotus.speech.alignment import align, speech_regions
from lotus.speech.graphs import until_quiet
from lotus.speech.spelling import written_words
from lotus.speech.voices import check_script, voice_named
from lotus.subtitles.files import read_subtitles
from tests.driving import inside
from tests.speaking import SENTENCE, heard, spoken, starts, write_wav


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sentence as a WAV."""
    utterance = spoken()
    path = tmp_path_factory.mktemp("speech") / "said.wav"
    return write_wav(path, utterance.samples, utterance.rate)


def plain(words: Any) -> list[str]:
    return [re.sub(r"\W", "", word.text.lower()) for word in words]


def test_what_is_spoken_is_heard_the_same_words_within_150_ms(recording: Path) -> None:
    transcript = heard(recording)
    assert transcript.language == "en"
    assert plain(transcript.words) == plain(spoken().words) == plain_text(SENTENCE)
    apart = np.abs(np.subtract(starts(transcript.words), starts(spoken().words)))
    assert apart.max() <= 0.15
    # the voice counts its silence after a sentence to the last word: its sound ends before
    regions = speech_regions(spoken().samples, spoken().rate)
    sounding = tuple(until_quiet(spoken().words, regions))
    late = np.abs(np.subtract(ends(transcript.words), ends(sounding)))
    assert np.mean(late <= 0.15) >= 0.8


def ends(words: Any) -> list[float]:
    return [word.end_seconds for word in words]


def plain_text(text: str) -> list[str]:
    return [re.sub(r"\W", "", word.lower()) for word in text.split()]


def test_the_times_of_the_voice_are_those_of_its_sound() -> None:
    utterance = spoken()
    regions = speech_regions(utterance.samples, utterance.rate)
    first = [word for word in utterance.words if word.text in ("Every", "A")]
    for word, (start, _) in zip(first, regions, strict=True):  # two sentences, a breath between
        assert word.start_seconds == pytest.approx(start, abs=0.06)
    assert utterance.words[-1].end_seconds <= len(utterance.samples) / utterance.rate


def test_a_text_is_aligned_with_its_sound_by_pauses_and_lengths() -> None:
    utterance = spoken()
    words = align(utterance.samples, utterance.rate, SENTENCE.split())
    assert [word.text for word in words] == SENTENCE.split()
    apart = np.abs(np.subtract(starts(words), starts(utterance.words)))
    assert np.median(apart) <= 0.08
    assert apart.max() <= 0.2


def test_the_same_text_is_the_same_sound() -> None:
    again = voice_named("english").speak(SENTENCE)
    assert (again.samples == spoken().samples).all()


def test_numbers_and_signs_have_the_time_of_their_words() -> None:
    said = voice_named("english").speak("It costs $4.50 at 9:30am - really!").words
    assert [word.text for word in said] == ["It", "costs", "$4.50", "at", "9:30am", "-", "really!"]
    price = next(word for word in said if word.text == "$4.50")
    assert price.end_seconds - price.start_seconds > 0.8  # four dollars and fifty cents
    assert starts(said) == sorted(starts(said))


def test_what_nobody_said_stands_where_it_would_be() -> None:
    [before, icon, after] = written_words(
        "good ☕ coffee",
        [spoken().words[0].__class__(w, i, i + 1) for i, w in enumerate(("good", "coffee"))],
    )
    assert (before.end_seconds, icon.start_seconds, icon.end_seconds) == (1, 1, 1)
    assert after.start_seconds == 1


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Доброе утро", "the voice english cannot say 'Доброе', which is in another script"),
        ("Good morning, 東京", "cannot say '東京'"),
        ("صباح الخير", "cannot say 'صباح'"),
        ("... !", "'... !' has no words to say"),
        ("☕", "has no words to say"),
    ],
)
def test_a_text_that_the_voice_cannot_say_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_script(voice_named("english"), text, "narration")
    assert reason in str(refused.value)
    assert "\n" not in str(refused.value)


def test_letters_with_accents_and_emoji_are_no_obstacle() -> None:
    check_script(voice_named("english"), "Crème brûlée in Łódź ☕ for 5 €", "narration")


def test_subtitles_of_a_recording(recording: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lotus.speech.recognition.transcribe_file", lambda path, **_: heard(path))
    said = inside("subtitles", recording, "-o", "said.srt", "--json").json
    assert said["language"] == "en"
    assert said["output"] == str(Path("said.srt").absolute())
    first, second = read_subtitles(Path("said.srt"))
    assert first.text == "Every morning begins here."
    assert second.text.lower().startswith("a cup of coffee")
    assert [cue["text"] for cue in said["subtitles"]] == [first.text, second.text]
    subtitles = lotus.transcribe(recording)
    assert all(cue.style == "karaoke" and cue.word_seconds for cue in subtitles.captions("karaoke"))
    assert inside("subtitles", recording).out == Path("said.srt").read_text()


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("silence.wav", "it contains no speech"),
        ("text.wav", "text.wav: "),
        ("none.wav", "none.wav: is not a file"),
    ],
)
def test_files_in_which_nobody_speaks_are_refused_in_a_line(name: str, reason: str) -> None:
    write_wav(Path("silence.wav"), np.zeros(24_000), 24_000)
    Path("text.wav").write_text("no sound at all")
    refused = inside("subtitles", name, "-o", "out.srt")
    assert refused.code == 2
    assert reason in refused.error
    assert len(refused.error.splitlines()) == 1
    assert not Path("out.srt").exists()


def test_a_file_of_another_kind_is_refused_before_anything_is_heard() -> None:
    refused = inside("subtitles", "clip.mp4", "-o", "out.txt")
    assert refused.code == 2
    assert "'.txt' is not a subtitle format; write a name that ends in .srt" in refused.error
