"""Captions: text to ASS, to fonts, to lines, to subtitle files."""

from __future__ import annotations

import importlib
import math
import pkgutil
import re
import struct
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont
from hypothesis import example, given, settings
from hypothesis import strategies as st

import lotus
from lotus.composition.captions.captions import LAYOUTS, PlacedCaption, ass_document
from lotus.composition.captions.stage import spans
from lotus.composition.captions.styles import STYLES, caption_style, safe_area
from lotus.composition.captions.subtitles import srt, webvtt
from lotus.composition.text import ass, unicode
from lotus.composition.text.contrast import contrast, scheme
from lotus.composition.text.emoji import artwork, artwork_facts
from lotus.composition.text.fonts import FAMILIES, FontBook, default_fonts, read_face
from lotus.composition.text.typeset import Setting, setting_facts, typeset
from lotus.composition.text.unicode import LRM, RLM, clusters, visual_order
from lotus.documents.timeline import Theme
from lotus.errors import InvalidInput, UnknownName

RATE = Fraction(25)
SIZES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (720, 720)}
HOSTILE = (
    r"{\an5\p1}m 0 0 l 9 9",
    r"\N\n\h\\N\{x\}",
    "%{pts} 100%",
    "'it''s', \"q\": a;b,c=[d]",
    "a\\",
    "{",
    "}{}",
    "\x00\x1b[31m\ud800",
    "\u202egnp.exe",
    "Dialogue: 0,0:00:00.00,9:00:00.00,Base,,0,0,0,,x\n[Script Info]",
)
any_text = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="{}\\Nnhp1 %:,'\"\n", max_size=60),
    st.sampled_from(HOSTILE),
    st.text(alphabet="aאב ש(ן)[]你カしー、ส🎉👍\u200d🏽1%\n", max_size=40),
)


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> FontBook:
    return default_fonts(tmp_path_factory.mktemp("fonts"))


def caption(
    text: str, start: int = 0, end: int = 50, position: str = "bottom", style: str = "default"
):
    return PlacedCaption(text, start, end, position, style)


def document(
    *captions: PlacedCaption, fonts: FontBook, size: str = "16:9", colors: tuple[str, ...] = ()
) -> str:
    width, height = SIZES[size]
    return ass_document(
        captions, width=width, height=height, fps=RATE, theme=Theme(colors=colors), fonts=fonts
    )


def shown(body: str) -> str:
    """What libass would show of an event's text: its own reading of blocks and backslashes, on our
    side.
    """
    out = []
    i = 0
    while i < len(body):
        if body[i] == "\\" and body[i + 1 : i + 2] in ("{", "}"):
            out.append(body[i + 1])
            i += 2
        elif body[i] == "\\" and body[i + 1 : i + 2] in ("N", "n", "h"):
            raise AssertionError(f"a live escape in {body!r}")
        elif body[i] == "{":
            i = body.index("}", i) + 1
        else:
            out.append(body[i])
            i += 1
    return "".join(out)


# text is data


@given(st.text(max_size=80))
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    expected = ass.clean(text).replace("\n", " ")
    assert shown(ass.escape(text)).replace("\u2060", "") == expected.replace("\u2060", "")


@settings(max_examples=60, deadline=None)
@given(text=any_text, style=st.sampled_from(sorted(STYLES)), size=st.sampled_from(sorted(SIZES)))
def test_no_text_can_add_a_line_or_a_tag(fonts: FontBook, text: str, style: str, size: str) -> None:
    found = document(caption(text, style=style), fonts=fonts, size=size)
    found.encode("utf-8")
    allowed = re.compile(
        r"(\\(an|pos|bord|blur|fs|fsp|b|p|1c|3c|alpha|fn)[(&\-\w., ]*[)&]?)*", re.ASCII
    )
    for line in found.split("[Events]\n")[1].split("\n")[1:-1]:
        assert line.startswith("Dialogue: ")
        body = line.split(",", 9)[9]
        for block in re.findall(r"(?<!\\)\{(.*?)\}", body):
            assert allowed.fullmatch(block), block


@settings(max_examples=60, deadline=None)
@example(
    text="ab\n\u3099", style="default"
)  # a mark that begins a line is no part of the break before it
@given(text=any_text, style=st.sampled_from(["default", "cta", "lower_third"]))
def test_the_folder_of_fonts_has_every_font_that_the_document_names(
    fonts: FontBook, text: str, style: str
) -> None:
    found = document(caption(text, style=style), fonts=fonts)
    files = fonts.directory_for(found).iterdir()
    names = {read_face(path.resolve()).name for path in files}
    assert set(re.findall(r"\\fn([^\\}]*)", found)) <= names


def test_control_characters_and_overrides_of_direction_are_dropped() -> None:
    assert ass.clean("a\x00b\x1b\u202ec\r\nd\u2028e\tf") == "abc\nd\ne f"


# time


@pytest.mark.parametrize("rate", [24, 25, 30, 50, 60, Fraction(24000, 1001), Fraction(30000, 1001)])
def test_a_boundary_lies_between_a_frame_and_the_one_before(rate: Fraction) -> None:
    for frame in (*range(1, 400), 107_892, 359_999):
        hours, minutes, rest = ass.boundary(frame, Fraction(rate)).split(":")
        at = (int(hours) * 3600 + int(minutes) * 60) * 1000 + round(float(rest) * 1000)
        assert Fraction((frame - 1) * 1000) / rate < at <= math.floor(Fraction(frame * 1000) / rate)


@given(st.integers(1, 200), st.integers(0, 150), st.floats(0, 1), st.floats(0, 1))
def test_a_piece_moves_as_the_whole_does(length: int, cut: int, enter: float, leave: float) -> None:
    whole = caption("x", 3, 3 + length)
    part = replace(whole, start_frame=3 - cut, end_frame=3 + length - cut)

    def frames(c: PlacedCaption, shift: int) -> dict[int, tuple[float, float]]:
        each = spans(c, RATE, enter, leave, 0.1)
        return {
            f + shift: (s.enter, s.leave) for s in each for f in range(s.start_frame, s.end_frame)
        }

    expected = {f: state for f, state in frames(whole, 0).items() if f >= cut}
    assert frames(part, cut) == expected


def test_a_caption_is_on_screen_from_its_first_to_its_last_frame() -> None:
    seen = [
        f
        for s in spans(caption("x", 5, 60), RATE, 0.3, 0.2)
        for f in range(s.start_frame, s.end_frame)
    ]
    assert seen == list(range(5, 60))


# fonts


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("Žluťoučký kůň", "Source Sans 3"),
        ("Привет, мир", "Source Sans 3"),
        ("你好，世界", "Kurinto Sans SC"),
        ("繁體中文們", "Kurinto Sans TC"),
        ("안녕하세요", "Kurinto Sans KR"),
        ("مرحبا بالعالم", "Kurinto Sans"),
        ("שלום", "Noto Sans Hebrew"),
        ("สวัสดี", "Noto Sans Thai"),
        ("नमस्ते", "Noto Sans Devanagari"),
        ("👍🏽👨\u200d👩\u200d👧🇫🇷❤\ufe0f", "Noto Emoji"),
    ],
)
def test_a_text_gets_a_font_that_has_its_characters(
    fonts: FontBook, text: str, family: str
) -> None:
    assert fonts.runs(text) == ((family, text),)
    assert not fonts.missing(text)


def test_japanese_takes_japanese_shapes_and_bold_kana(fonts: FontBook) -> None:
    assert fonts.runs("世界へ") == (("Kurinto Sans JP", "世界"), ("Kana", "へ"))


@pytest.mark.parametrize("inks", [(), ("#101010", "#202020", "#303030")])
def test_kana_are_as_heavy_after_other_letters_as_before_them(
    fonts: FontBook, inks: tuple[str, ...]
) -> None:
    (line,) = typeset("ご来店ください", Setting(50, 600, 600, 200, 2), fonts).lines
    body = line.body(50, "#101010", "\\bord0", inks)
    assert re.findall(r"\\bord([\d.]+)", body) == ["1", "0", "1"]
    assert setting_facts(["ご来店ください"])
    assert not setting_facts(["来店", "Come in"])


def test_characters_that_no_font_has_are_named(fonts: FontBook) -> None:
    assert fonts.missing("Hi 𓀀𓀀!\n") == "𓀀"


@pytest.mark.parametrize(
    ("text", "pictures"),
    [
        ("plain text, 12 # * © ™ ❤ ☝", 0),
        ("\U0001f600\ufe0e as text", 0),
        ("1\ufe0f\u20e3#\ufe0f\u20e3*\u20e3", 3),
        ("©\ufe0f ❤\ufe0f ☝\U0001f3fd", 3),
        ("\U0001f1eb\U0001f1f7\U0001f1e9\U0001f1ea", 2),
        ("\U0001f642\u200d\u2194\ufe0f\U0001f469\U0001f3fd\u200d\U0001f680", 2),
    ],
)
def test_emoji_alone_are_pictures_in_colour(text: str, pictures: int) -> None:
    assert sum(artwork(cluster) is not None for cluster in clusters(text)) == pictures
    assert bool(artwork_facts([text])) is bool(pictures)


def test_an_emoji_stays_one_picture_and_its_line_breaks_as_text_does(fonts: FontBook) -> None:
    block = typeset("Hi \U0001f44b\U0001f3fd there", Setting(40, 600, 500, 200, 2), fonts)
    (line,) = block.lines
    ((path, left),) = line.pictures()
    assert path.stem == "1f44b-1f3fd"
    assert left == pytest.approx(line.pieces[0].width)
    assert line.width == pytest.approx(sum(piece.width for piece in line.pieces))


@pytest.mark.parametrize(
    ("texts", "base", "order"),
    [
        (["a ", "שלום", " b"], LRM, [0, 1, 2]),
        (["שלום", " ", "*", " ", "עולם"], RLM, [4, 3, 2, 1, 0]),
        (["a", " ", "שלום", "*", "עולם", " ", "b"], LRM, [0, 1, 4, 3, 2, 5, 6]),
        (
            ["שלום", " ", "12", " ", "*", "a", " ", "*", " ", "b"],
            RLM,
            [5, 6, 7, 8, 9, 4, 3, 2, 1, 0],
        ),
    ],
)
def test_stretches_stand_in_the_order_of_their_direction(
    texts: list[str], base: str, order: list[int]
) -> None:
    assert visual_order(texts, base) == order


@given(any_text)
def test_runs_are_the_text(text: str) -> None:
    fonts = default_fonts(Path("unused"))
    assert "".join(run for _, run in fonts.runs(text)) == text


def test_every_family_is_installed(fonts: FontBook) -> None:
    assert {family for family, _, _ in fonts.files} == set(FAMILIES)


def test_the_brands_font_comes_first_and_changes_the_fingerprint(
    fonts: FontBook, tmp_path: Path
) -> None:
    own = default_fonts(fonts.cache, fonts.face("Noto Sans Thai", 400).path)
    assert own.runs("สวัสดี ok")[0] == ("Brand", "สวัสดี ")
    assert own.fingerprint() != fonts.fingerprint() == default_fonts(tmp_path).fingerprint()


@settings(max_examples=40)
@given(st.one_of(st.binary(max_size=300), st.integers(0, 3000)))
def test_a_broken_font_is_refused_in_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes | int
) -> None:
    good = default_fonts(Path("unused")).face("Noto Sans Thai", 400).path.read_bytes()
    path = tmp_path_factory.mktemp("broken") / "brand.ttf"
    path.write_bytes(good[:data] if isinstance(data, int) else b"\0\1\0\0" + data)
    with pytest.raises(InvalidInput, match=r"brand\.ttf: is not a readable font"):
        read_face(path)


def test_a_font_whose_name_is_made_of_tags_is_refused(fonts: FontBook, tmp_path: Path) -> None:
    data = fonts.face("Noto Sans Thai", 400).path.read_bytes()
    path = tmp_path / "evil.ttf"
    path.write_bytes(
        data.replace("Noto Sans Thai".encode("utf-16-be"), "No}\\p1 ns Thai".encode("utf-16-be"))
    )
    with pytest.raises(InvalidInput, match="punctuation"):
        read_face(path)


def test_a_font_that_claims_more_characters_than_there_are_is_read_in_their_bounds(
    fonts: FontBook, tmp_path: Path
) -> None:
    good = fonts.face("Noto Emoji", 400).path
    with TTFont(good, lazy=True) as font:
        table = font.reader.tables["cmap"].offset
        groups = next(part.nGroups for part in font["cmap"].tables if part.format == 12)
    data = bytearray(good.read_bytes())
    last = data.index(struct.pack(">HH", 12, 0), table) + 16 + 12 * (groups - 1)
    data[last + 4 : last + 8] = b"\xff" * 4  # its last character: 4 billion of them
    path = tmp_path / "greedy.ttf"
    path.write_bytes(data)
    face = read_face(path)
    assert (face.has("☀"), face.has("א"), face.has("\U0010ffff")) == (True, False, True)


# lines


def lines(text: str, fonts: FontBook, width: float = 800, count: int = 2) -> list[str]:
    block = typeset(text, Setting(40, 600, width, 500, count), fonts)
    return ["".join(piece.text for piece in line.pieces) for line in block.lines]


def test_a_long_caption_breaks_into_even_lines(fonts: FontBook) -> None:
    assert lines("The quick brown fox jumps over the lazy dog and runs on", fonts) == [
        "The quick brown fox jumps",
        "over the lazy dog and runs on",
    ]


def test_a_hyphen_holds_a_word_together(fonts: FontBook) -> None:
    assert lines("A bright three-room flat", fonts, 260) == ["A bright", "three-room flat"]
    assert setting_facts(["three-room"])
    assert not setting_facts(["three rooms - and a garden"])


def test_a_newline_is_a_line_break(fonts: FontBook) -> None:
    assert lines("one\n\n two ", fonts) == ["one", "two"]


def test_japanese_lines_keep_punctuation_and_foreign_words_together(fonts: FontBook) -> None:
    found = lines("今朝焙煎したばかりのコーヒーを、お昼までにあなたの食卓へ。", fonts, 400, 4)
    assert len(found) > 1
    assert not any(line[0] in "、。ー" for line in found)
    assert any("コーヒー" in line for line in found)


@settings(max_examples=80, deadline=None)
@given(text=any_text, count=st.integers(1, 3))
def test_every_text_fits(text: str, count: int) -> None:
    block = typeset(text, Setting(40, 600, 420, 200, count), default_fonts(Path("unused")))
    assert block.width_px <= 420.5
    assert block.height_px <= 200
    assert block.em_px <= 40


def test_five_hundred_characters_stay_readable(fonts: FontBook) -> None:
    block = typeset("lorem ipsum dolor " * 27, Setting(38, 600, 920, 580, 2), fonts)
    assert block.em_px >= 18
    assert block.width_px <= 920


def test_wrapping_does_not_turn_a_right_to_left_line(fonts: FontBook) -> None:
    block = typeset("שלום לכולם aurora coffee", Setting(40, 600, 260, 400, 3), fonts)
    assert len(block.lines) > 1
    assert all(line.mark == unicode.RLM for line in block.lines)


L = unicode.LRM
R = unicode.RLM


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("a (b)", "a (b)"),
        ("א (ב) end", f"א {R}({R}ב{R}){R} end"),
        ("a (א) b", f"a {L}({L}א{L}){L} b"),
        ("א a (b)", f"א a {L}({L}b{L}){L}"),
        ("א (b", "א (b"),
    ],
)
def test_both_brackets_of_a_pair_run_the_same_way(text: str, marked: str) -> None:
    assert unicode.bracketed(text) == marked


# look


def test_every_layout_has_a_style_and_every_style_a_layout() -> None:
    assert {style.layout for style in STYLES.values()} == set(LAYOUTS)


def test_an_unknown_style_names_the_choices() -> None:
    with pytest.raises(UnknownName, match=r"no caption style 'titel'; did you mean 'title'\?"):
        caption_style("titel")


@pytest.mark.parametrize("size", SIZES)
def test_text_stays_out_of_the_margins(size: str) -> None:
    width, height = SIZES[size]
    safe = safe_area(width, height)
    assert safe.left >= 0.05 * width
    assert safe.right <= 0.95 * width
    assert safe.bottom <= (0.8 if size == "9:16" else 0.95) * height


@given(st.lists(st.from_regex(r"#[0-9a-f]{6}", fullmatch=True), max_size=5))
def test_the_button_can_be_read_and_seen(colors: list[str]) -> None:
    found = scheme(colors)
    assert contrast(found.accent, found.scrim) >= 3
    assert contrast(found.accent, found.on_accent) >= 4.5
    assert contrast("#ffffff", found.scrim) >= 7


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_the_button_has_the_brands_colour(fonts: FontBook) -> None:
    found = document(
        caption("Aurora\nOrder", style="cta"), fonts=fonts, colors=("#1b3a4b", "#e08e45")
    )
    assert r"\1c&H458EE0&" in found


def test_the_same_captions_make_the_same_document(fonts: FontBook, tmp_path: Path) -> None:
    card = caption("Aurora\nOrder 你好", style="cta")
    assert document(card, fonts=fonts) == document(card, fonts=default_fonts(tmp_path))


# subtitle files

CUES = (
    caption("Second\n\nline <b>&", 30, 60),
    caption("First --> now", -5, 24),
    caption(" \n ", 0, 9),
)


def test_subrip_has_numbered_cues_in_order_of_time() -> None:
    assert srt(CUES, Fraction(30000, 1001)) == (
        "1\n00:00:00,000 --> 00:00:00,801\nFirst --\u2060> now\n\n"
        "2\n00:00:01,001 --> 00:00:02,002\nSecond\nline <\u2060b>&\n\n"
    )


def test_webvtt_escapes_its_markup() -> None:
    assert webvtt(CUES, Fraction(24)) == (
        "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nFirst --&gt; now\n\n"
        "00:00:01.250 --> 00:00:02.500\nSecond\nline &lt;b&gt;&amp;\n\n"
    )


MODULES = sorted(
    f"{folder}.{module.name}"
    for folder in ("text", "captions")
    for module in pkgutil.iter_modules([str(Path(lotus.__file__).parent / "composition" / folder)])
)


@pytest.mark.parametrize("name", MODULES)
def test_public_names_exist_and_are_documented(name: str) -> None:
    module = importlib.import_module(f"lotus.composition.{name}")
    assert module.__doc__
    for public in module.__all__:
        thing = getattr(module, public)
        assert thing.__doc__ or public == "Shape"
