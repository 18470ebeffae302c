"""Spoken words as captions: where they break, and how long they stay."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from lotus.documents.speech import SpokenWord
from lotus.planning.phrases import MOST_SECONDS, phrases_of
from lotus.planning.reading import fits_lines, reading_seconds


def said(text: str, pace: float = 0.3, pauses: dict[str, float] | None = None) -> list[SpokenWord]:
    """Words, each `pace` seconds long, with a pause after some."""
    at = 0.0
    words = []
    for word in text.split():
        words.append(SpokenWord(word, round(at, 3), round(at + pace, 3)))
        at += pace + (pauses or {}).get(word, 0.0)
    return words


def test_sentences_are_captions_of_their_own() -> None:
    cues = phrases_of(said("We open at six. Come in and stay a while.", pauses={"six.": 0.4}))
    assert [cue.text for cue in cues] == ["We open at six.", "Come in and stay a while."]


def test_a_long_sentence_breaks_where_the_speaker_breathes() -> None:
    text = (
        "the harbour wakes before the sun and the boats go out one after another while "
        "somebody on the quay pours the first coffee of the day"
    )
    cues = phrases_of(said(text, pauses={"another": 0.35}))
    assert [cue.text.split()[-1] for cue in cues] == ["another", "day"]
    assert all(fits_lines(cue.text) for cue in cues)


def test_a_comma_is_a_better_place_than_the_middle_of_a_clause() -> None:
    text = (
        "when the first guests come in from the cold street, they hang their coats beside "
        "the oven and wait for bread"
    )
    first, second = phrases_of(said(text))
    assert first.text.endswith("street,")
    assert second.text.startswith("they")


def test_a_caption_stays_into_the_pause_until_it_can_be_read() -> None:
    words = said("Unquestionably extraordinary.", pace=0.2)
    [cue] = phrases_of(words)
    assert words[-1].end_seconds == 0.4
    assert 1.39 < cue.end_seconds <= 1.41
    assert phrases_of(words, 0.9)[0].end_seconds == 0.9


def test_words_keep_their_times_from_the_start_of_their_caption() -> None:
    cues = phrases_of(said("Yes. We do open early.", pauses={"Yes.": 1.0}))
    assert [cue.word_seconds for cue in cues] == [(0.0,), (0.0, 0.3, 0.6, 0.9)]
    assert cues[1].start_seconds == 1.3


def test_writing_without_spaces_is_joined_without() -> None:
    words = [SpokenWord(char, i * 0.2, i * 0.2 + 0.2) for i, char in enumerate("朝の港")]
    [cue] = phrases_of(words)
    assert cue.text == "朝の港"


WORDS = st.lists(
    st.tuples(
        st.text("abcdefghij", min_size=1, max_size=12),
        st.sampled_from(["", "", "", ",", "."]),
        st.floats(0.15, 0.6),
        st.sampled_from([0.0, 0.0, 0.05, 0.3, 2.5]),
    ),
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(WORDS)
def test_any_words_are_shown_once_in_order_and_never_two_captions_at_a_time(
    parts: list[tuple[str, str, float, float]],
) -> None:
    at = 0.0
    words = []
    for text, stop, length, pause in parts:
        words.append(SpokenWord(text + stop, at, at + length))
        at += length + pause
    cues = phrases_of(words)
    assert " ".join(cue.text for cue in cues).split() == [word.text for word in words]
    for cue, after in pairwise(cues):
        assert cue.end_seconds <= after.start_seconds
    for cue in cues:
        assert fits_lines(cue.text)
        assert 0 < cue.end_seconds - cue.start_seconds <= MOST_SECONDS + 1
        assert list(cue.word_seconds) == sorted(cue.word_seconds)


def test_speech_at_its_usual_pace_can_be_read() -> None:
    text = "A small roaster opens at dawn. The beans are warm, and the first guest is waiting."
    for cue in phrases_of(said(text, pace=0.36, pauses={"dawn.": 0.4})):
        assert reading_seconds(cue.text) <= cue.end_seconds - cue.start_seconds + 0.05
