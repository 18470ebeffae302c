"""Files of subtitles: read, written, converted, and refused in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from lotus.planning.phrases import SubtitleCue
from lotus.subtitles.files import read_subtitles, subtitle_text, write_subtitles
from tests.driving import inside

CUES = (
    SubtitleCue("Every morning begins here.", 0.5, 2.25, (0.0, 0.4, 0.9, 1.3)),
    SubtitleCue("A cup of coffee,\nmade by hand & heart", 2.25, 4.0, ()),
)
SRT = "1\n00:00:01,000 --> 00:00:02,000\nOne\n\n2\n00:00:02,000 --> 00:00:03,000\nTwo\n\n"


@pytest.mark.parametrize("suffix", [".srt", ".vtt", ".ass", ".ssa"])
def test_what_is_written_is_read_again(suffix: str) -> None:
    path = write_subtitles(CUES, Path(f"a{suffix}"))
    again = read_subtitles(path)
    assert [(c.start_seconds, c.end_seconds) for c in again] == [(0.5, 2.25), (2.25, 4.0)]
    assert [" ".join(c.text.split()) for c in again] == [" ".join(c.text.split()) for c in CUES]


def test_ass_keeps_when_each_word_is_said() -> None:
    path = write_subtitles(CUES, Path("a.ass"))
    assert r"{\k40}Every {\k50}morning {\k40}begins {\k45}here." in path.read_text()
    assert [cue.word_seconds for cue in read_subtitles(path)] == [(0.0, 0.4, 0.9, 1.3), ()]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<i>Soft</i> light", "Soft light"),
        (r"{\an8}Above", "Above"),
        ("Two\nrows", "Two rows"),
        ("\u2060Zero", "\u2060Zero"),
    ],
)
def test_markup_of_others_is_left_out(text: str, said: str) -> None:
    Path("a.srt").write_text(f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n\n")
    assert " ".join(read_subtitles(Path("a.srt"))[0].text.split()) == said


def test_windows_line_ends_a_mark_at_the_start_and_another_order_go_in() -> None:
    second, first = SRT.split("\n\n")[1::-1]
    Path("a.srt").write_bytes(
        b"\xef\xbb\xbf" + f"{second}\n\n{first}\n".replace("\n", "\r\n").encode()
    )
    assert [cue.text for cue in read_subtitles(Path("a.srt"))] == ["One", "Two"]


WEBVTT = """WEBVTT - of a player
Kind: captions

NOTE a remark with --> in it

STYLE
::cue { color: lime }

REGION
id:low

intro
00:01.000 --> 00:02.500 region:low align:left position:10%,line-left
<v Fred>Hi, I'm <c.loud>Fred</c> &amp; co

00:03.000 --> 00:04.000 line:-1
and<00:03.200><c> word</c><00:03.600><c> by</c>
<ruby>word<rt>text</rt></ruby> &lt;3

NOTE
of two
lines
"""


def test_webvtt_of_players_keeps_its_words_and_their_times() -> None:
    Path("a.vtt").write_text(WEBVTT)
    first, second = read_subtitles(Path("a.vtt"))
    assert (first.text, first.start_seconds, first.end_seconds) == ("Hi, I'm Fred & co", 1, 2.5)
    assert (second.text, second.start_seconds) == ("and word by\nword <3", 3)
    assert second.word_seconds == (0, 0.2, 0.6, 0.6, 0.6)


ASS = """[Script Info]
ScriptType: v4.00+
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Comment: 0,0:00:00.00,0:00:01.00,Default,,0,0,0,,a remark
Dialogue: 0,0:00:01.00,0:00:03.00,Default,,0,0,0,,{\\K50}Ka{\\kf30}ra{\\an8\\k20}oke {\\ko20}now
Dialogue: 0,0:00:06.00,0:00:07.00,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}
Dialogue: 0,0:00:08.00,0:00:09.00,Default,,0,0,0,,One\\Ntwo\\hthree {a remark}
"""


def test_ass_of_others_has_syllables_and_drawings() -> None:
    Path("a.ass").write_text(ASS)
    song, rows = read_subtitles(Path("a.ass"))
    assert (song.text, song.word_seconds) == ("Karaoke now", (0, 1.0))
    assert (rows.text, rows.word_seconds) == ("One\ntwo three", ())


@pytest.mark.parametrize(
    "text",
    [
        SRT.replace(",000", ""),
        SRT.replace(",000", ".000"),
        SRT.replace("\n", "\r"),
        SRT.replace("1\n", "").replace("2\n", ""),
        SRT.replace("02,000\nOne", "02,020\nOne"),  # a frame into the next
        SRT.replace("One", "O\x00ne"),
        SRT.replace("02,000\nOne", "02,000  X1:100 X2:200\nOne"),
    ],
    ids=["seconds", "dots", "old Mac", "no numbers", "touching", "a null", "places"],
)
def test_subrip_in_the_habits_of_others_is_read(text: str) -> None:
    Path("a.srt").write_bytes(text.encode())
    cues = read_subtitles(Path("a.srt"))
    assert [(c.text, c.start_seconds, c.end_seconds) for c in cues] == [
        ("One", 1, 2),
        ("Two", 2, 3),
    ]


BAD = {
    "empty.srt": (b"", "holds no subtitles"),
    "words.srt": (b"just some words\n", "holds no subtitles"),
    "blank.vtt": (b"WEBVTT\n\n00:01.000 --> 00:02.000\n\n", "holds no subtitles"),
    "latin.srt": (SRT.replace("One", "Caf\u00e9").encode("latin-1"), "is not UTF-8 (line 3)"),
    "wide.srt": (SRT.encode("utf-16"), "is not UTF-8 (line 1)"),
    "overlap.srt": (
        SRT.replace("00:00:02,000 -->", "00:00:01,500 -->").encode(),
        "subtitle 2 begins at 00:00:01.500, before the previous one ends (00:00:02.000)",
    ),
    "backwards.srt": (
        SRT.replace("--> 00:00:02,000", "--> 00:00:00,500").encode(),
        "subtitle 1 ends at 00:00:00.500, not after it begins (00:00:01.000)",
    ),
    "nothing.srt": (
        SRT.replace("--> 00:00:02,000", "--> 00:00:01,000").encode(),
        "not after it begins",
    ),
    "negative.srt": (SRT.replace("00:00:01,000", "-00:00:01,000").encode(), "has a negative time"),
    "negative.vtt": (b"WEBVTT\n\n-00:01.000 --> 00:02.000\nOne\n\n", "has a negative time"),
    "endless.srt": (SRT.replace("00:00:0", "100:00:0").encode(), "has a time of 100 hours or more"),
    "clock.vtt": (b"WEBVTT\n\nintro\n01.000 --> 02.000\nOne\n", "line 4 has no time such as"),
    "negative.ass": (
        b"[Script Info]\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, "
        b"MarginV, Effect, Text\nDialogue: 0,-0:00:01.00,0:00:02.00,Default,,0,0,0,,One\n",
        "has a negative time",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_shown_as_it_says_is_refused_in_one_line(name: str) -> None:
    content, reason = BAD[name]
    Path(name).write_bytes(content)
    refused = inside("subtitles", name, "-o", "out.vtt")
    assert refused.code == 2
    assert reason in refused.error
    assert refused.error.startswith(f"{name}: subtitles: ")
    assert len(refused.error.splitlines()) == 1
    assert not Path("out.vtt").exists()


def test_a_file_is_converted_by_the_command() -> None:
    Path("a.srt").write_text(SRT)
    done = inside("subtitles", "a.srt", "-o", "a.vtt")
    assert done.code == 0
    assert Path("a.vtt").read_text() == subtitle_text(read_subtitles(Path("a.srt")), ".vtt")
    assert "00:00:01.000 --> 00:00:02.000\nOne\n" in Path("a.vtt").read_text()
