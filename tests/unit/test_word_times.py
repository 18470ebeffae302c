"""Captions that follow a voice: words, their times, and where they stand in the lines."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lotus.composition.captions.word_times import marked, spoken_at, spoken_words, word_frames
from lotus.composition.layout import lay_out
from lotus.composition.segments import place_captions, segments
from lotus.composition.text.fonts import default_fonts
from lotus.composition.text.typeset import Setting, typeset
from lotus.composition.text.unicode import clusters
from lotus.documents.timeline import Caption, Timeline, TimelineClip
from lotus.errors import InvalidInput

RATE = Fraction(24)
texts = st.one_of(
    st.text(max_size=40), st.text(alphabet="ab שא- 你カーし、ส🎉👍🏽(\n", min_size=1, max_size=30)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Every cup\n begins at dawn", ("Every", "cup", "begins", "at", "dawn")),
        ("a well-known word", ("a", "well-known", "word")),
        ("今朝の、コーヒー。", ("今", "朝", "の、", "コーヒー。")),
        ("שלום לכולם", ("שלום", "לכולם")),
        (" \n ", ()),
    ],
)
def test_words_are_what_spaces_part_and_lines_may_break_between(
    text: str, words: tuple[str, ...]
) -> None:
    assert spoken_words(text) == words


def test_longer_words_take_longer_and_all_together_the_whole_time() -> None:
    starts = word_frames(("I", "am", "extraordinarily", "here"), 96, RATE, ())
    lasts = [b - a for a, b in pairwise((*starts, 96))]
    assert starts[0] == 0
    assert sorted(range(4), key=lambda i: lasts[i]) == [0, 1, 3, 2]


def test_words_begin_when_they_are_said_to() -> None:
    assert word_frames(("a", "b", "c"), 96, RATE, (0.0, 0.52, 2)) == (0, 12, 48)


@given(
    st.lists(st.integers(0, 60), min_size=1, max_size=8).map(sorted),
    st.integers(0, 50),
    st.integers(1, 30),
)
def test_every_frame_shows_the_word_that_began_last(
    starts: list[int], first: int, count: int
) -> None:
    shown = {f: word for a, b, word in spoken_at(starts, first, first + count) for f in range(a, b)}
    assert shown == {
        f: max((i for i, start in enumerate(starts) if start <= f), default=-1)
        for f in range(first, first + count)
    }


@given(texts, st.sampled_from([120, 300, 900]))
def test_every_piece_belongs_to_the_word_whose_letters_it_has(text: str, width: int) -> None:
    # a mark after a space (a skin tone without a hand) belongs to the space, and so to no word
    assume(all(cluster.isspace() for cluster in clusters(text) if cluster[0].isspace()))
    words = spoken_words(text)
    lines = typeset(text, Setting(40, 700, width, 500, 2), default_fonts(Path("unused"))).lines
    found = [
        (owner, piece.text)
        for line, owners in marked(lines, words)
        for owner, piece in zip(owners, line.pieces, strict=True)
    ]
    assert "".join(part for _, part in found) == "".join(
        piece.text for line in lines for piece in line.pieces
    )
    for i, word in enumerate(words):
        letters = "".join(part for owner, part in found if owner == i)
        assert "".join(letters.split()).replace("\u200e", "").replace("\u200f", "") == word


def line(**caption: object) -> Timeline:
    said = Caption.model_validate(
        {"text": "One two three", "end_seconds": 4, "style": "karaoke", **caption}
    )
    clip = TimelineClip(source="a.mp4", duration_seconds=6)
    return Timeline(fps=RATE, clips=(clip,), captions=(said,))


def test_only_a_style_that_shows_words_has_their_times() -> None:
    assert place_captions(line(style="default"))[0].words == ()
    assert len(place_captions(line())[0].words) == 3


def test_words_keep_their_times_in_every_piece() -> None:
    timeline = line(word_seconds=[0, 1, 2])
    pieces = segments(timeline, lay_out(timeline, {}))
    under = [caption for piece in pieces for caption in piece.captions]
    assert len(under) > 1
    assert {caption.words for caption in under} == {(0, 24, 48)}


def test_times_that_are_not_one_a_word_are_refused() -> None:
    with pytest.raises(InvalidInput, match=r"captions\[0\]\.word_seconds: has 2 times for 3 words"):
        place_captions(line(word_seconds=[0, 1]))


def test_times_that_go_back_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a word begins before the previous one"):
        line(word_seconds=[0, 2, 1])
