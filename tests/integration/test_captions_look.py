"""Captions as ffmpeg draws them: the right frames, the right place, the right colours, whatever the
text.
"""

from __future__ import annotations

import io
import os
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import numpy.typing as npt
import pytest
import resvg_py
from PIL import Image

from lotus.composition.captions.captions import PlacedCaption, ass_document
from lotus.composition.captions.stage import PICTURE_SIDE
from lotus.composition.captions.styles import STYLES, safe_area
from lotus.composition.captions.word_times import spoken_words, word_frames
from lotus.composition.text.contrast import contrast
from lotus.composition.text.emoji import artwork
from lotus.composition.text.fonts import FontBook, default_fonts
from lotus.documents.timeline import Theme

Picture = npt.NDArray[np.uint8]
SIZES = {"16:9": (1280, 720), "9:16": (720, 1280), "1:1": (720, 720)}
HOSTILE = (
    r"{\an7\pos(0,0)}%{pts} \N\h\{x\} 'it''s' "
    r'"q": a;b,c=[d] C:\new } {\p1}m 0 0 l 500 0 500 500{\p0}'
)


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> FontBook:
    return default_fonts(tmp_path_factory.mktemp("fonts"))


class Screen:
    """Renders captions over one colour and keeps what ffmpeg complained of."""

    def __init__(self, folder: Path, fonts: FontBook) -> None:
        self.folder = folder
        self.fonts = fonts
        self.complaints = ""

    def __call__(
        self,
        *captions: PlacedCaption,
        frames: int,
        size: tuple[int, int] = (320, 180),
        rate: Fraction = Fraction(25),
        background: str = "black",
        colors: tuple[str, ...] = (),
    ) -> Picture:
        """Frames as an array of frames x height x width x 3, RGB."""
        width, height = size
        text = ass_document(
            captions,
            width=width,
            height=height,
            fps=rate,
            theme=Theme(colors=colors),
            fonts=self.fonts,
        )
        (self.folder / "t.ass").write_text(text, encoding="utf-8")
        fontsdir = self.fonts.directory_for(text)
        filters = (
            "scale=out_color_matrix=bt709:out_range=tv,format=yuv420p,"
            "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709:range=tv,"
            f"ass=filename=t.ass:fontsdir={fontsdir}:shaping=complex,"
            "scale=in_color_matrix=bt709:flags=accurate_rnd,format=rgb24"
        )
        source = f"color=c={background}:s={width}x{height}:r={rate}"
        command = [
            imageio_ffmpeg.get_ffmpeg_exe(),
            "-v",
            "warning",
            "-f",
            "lavfi",
            "-i",
            source,
            "-vf",
            filters,
        ]
        command += ["-frames:v", str(frames), "-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
        done = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **self.fonts.environment()},
            capture_output=True,
            check=False,
        )
        self.complaints = done.stderr.decode()
        assert done.returncode == 0, self.complaints
        return np.frombuffer(done.stdout, np.uint8).reshape(frames, height, width, 3)


@pytest.fixture
def screen(tmp_path: Path, fonts: FontBook) -> Screen:
    return Screen(tmp_path, fonts)


def caption(
    text: str, start: int = 0, end: int = 50, position: str = "bottom", style: str = "default"
):
    """In style karaoke its words follow each other."""
    placed = PlacedCaption(text, start, end, position, style)
    if style != "karaoke":
        return placed
    return replace(placed, words=word_frames(spoken_words(text), end - start, Fraction(25), ()))


def still(text: str, position: str = "bottom", style: str = "default") -> PlacedCaption:
    """A caption that has come in long ago."""
    return caption(text, -50, 50, position, style)


def luma(picture: Picture) -> npt.NDArray[np.float64]:
    return np.asarray(picture @ np.array([0.2126, 0.7152, 0.0722]))


def ink(picture: Picture) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is bright."""
    rows, columns = np.nonzero(luma(picture) > 110)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(60)])
@pytest.mark.parametrize("style", ["subtitle", "default"])
def test_exactly_the_frames_of_a_caption_show_it(
    screen: Screen, rate: Fraction, style: str
) -> None:
    found = screen(
        caption("Here", 7, 31, style=style), caption("I", 40, 41, style=style), frames=60, rate=rate
    )
    seen = [i for i, frame in enumerate(found) if frame.max() > 24]
    assert seen == [*range(7, 31), 40]


@pytest.mark.parametrize("style", sorted(STYLES))
def test_a_piece_equals_the_same_frames_of_the_whole(screen: Screen, style: str) -> None:
    texts = [
        caption("Aurora Coffee\nOrder now 你好", 2, 58, style=style),
        caption("early", 14, 26, "top"),
    ]
    whole = screen(*texts, frames=60, rate=Fraction(30000, 1001), background="0x406080")
    moved = [replace(c, start_frame=c.start_frame - 20, end_frame=c.end_frame - 20) for c in texts]
    piece = screen(*moved, frames=20, rate=Fraction(30000, 1001), background="0x406080")
    assert np.array_equal(piece, whole[20:40])
    assert not np.array_equal(whole[3], whole[30]) or style == "subtitle"


def test_hostile_text_is_shown_and_not_obeyed(screen: Screen) -> None:
    found = screen(still(HOSTILE), frames=1, size=(1280, 720))[0]
    left, top, right, bottom = ink(found)
    assert top > 500
    assert bottom <= 0.95 * 720
    assert right - left > 600
    assert not screen.complaints


@pytest.mark.parametrize(
    "text", ["Hello, world", "مرحبا (Hello) שלום", "今朝の你好 👍🏽👨\u200d👩\u200d👧 ☀\ufe0f สวัสดี"]
)
def test_ffmpeg_and_fontconfig_have_nothing_to_complain_about(screen: Screen, text: str) -> None:
    found = screen(still(text, style="title"), frames=1, size=(1280, 720))[0]
    assert found.max() > 200
    assert not screen.complaints


@pytest.mark.parametrize("aspect", SIZES)
@pytest.mark.parametrize("style", ["default", "title", "subtitle", "karaoke"])
def test_text_stays_in_the_safe_area(screen: Screen, aspect: str, style: str) -> None:
    text = "The quick brown fox jumps over the lazy dog, gjpq, " * 4
    for position in ("bottom", "top-left", "right"):
        found = screen(still(text, position=position, style=style), frames=1, size=SIZES[aspect])[0]
        left, top, right, bottom = ink(found)
        safe = safe_area(*SIZES[aspect])
        overhang = 4  # the tail of a j reaches to the left of where it stands
        assert safe.left - overhang <= left < right <= safe.right + overhang
        assert safe.top - 2 <= top < bottom <= safe.bottom + 2


@pytest.mark.parametrize("aspect", SIZES)
@pytest.mark.parametrize(
    "text", ["Aurora", "Aurora Coffee\nOrder now", "An Exceptionally Long Name Of A Brand " * 2]
)
def test_the_card_leaves_room_for_a_logo_above(screen: Screen, aspect: str, text: str) -> None:
    width, height = SIZES[aspect]
    card = still(text, style="cta", position="center")
    left, top, right, bottom = ink(screen(card, frames=1, size=(width, height))[0])
    assert 0.42 * height <= top < bottom <= 0.79 * height
    assert 0.05 * width <= left < right <= 0.95 * width
    assert abs((left + right) - width) <= 0.02 * width


def test_the_button_has_exactly_the_brands_colour(screen: Screen) -> None:
    card = still("Aurora\nOrder now", style="cta")
    found = screen(card, frames=1, size=(1280, 720), background="white", colors=("#e08e45",))[0]
    pixels = found.reshape(-1, 3).astype(int)
    near = np.abs(pixels - (0xE0, 0x8E, 0x45)).max(axis=1) <= 4
    assert near.sum() > 8000


@pytest.mark.parametrize("style", ["default", "title", "subtitle"])
def test_white_letters_can_be_read_on_white(screen: Screen, style: str) -> None:
    found = screen(
        still("Hamburgefonts", style=style), frames=1, size=(1280, 720), background="white"
    )[0]
    on_black = luma(screen(still("Hamburgefonts", style=style), frames=1, size=(1280, 720))[0])
    letters = on_black > 90
    near = _grown(letters, 3) & ~_grown(letters, 1)
    grey = round(float(luma(found)[near].mean()))
    assert contrast("#ffffff", f"#{grey:02x}{grey:02x}{grey:02x}") >= 3


def _grown(mask: npt.NDArray[np.bool_], by: int) -> npt.NDArray[np.bool_]:
    for _ in range(by):
        mask = (
            mask
            | np.roll(mask, 1, 0)
            | np.roll(mask, -1, 0)
            | np.roll(mask, 1, 1)
            | np.roll(mask, -1, 1)
        )
    return mask


def test_a_right_to_left_line_starts_at_the_right(screen: Screen) -> None:
    """The dense Latin word comes second, so it stands at the left, also behind a picture."""
    found = luma(screen(still("יייי 🎉 MMMM"), frames=1, size=(640, 360))[0])
    left, _, right, _ = ink(screen(still("יייי 🎉 MMMM"), frames=1, size=(640, 360))[0])
    middle = (left + right) // 2
    assert (found[:, left:middle] > 110).sum() > (found[:, middle:right] > 110).sum()


@pytest.mark.parametrize(
    ("text", "backwards"),
    [("Every cup begins", False), ("שלום לכולם כאן", True), ("今朝の", False)],
)
def test_the_word_that_is_spoken_has_the_brands_color(
    text: str, backwards: bool, screen: Screen
) -> None:
    """One word after the other, in the direction of reading."""
    placed = replace(caption(text, 0, 75, style="karaoke"), words=(0, 25, 50))
    found = screen(placed, frames=75, size=(640, 360), colors=("#00ff40",))
    middles = []
    for frame in (12, 37, 62):
        green = (found[frame][..., 1] > 150) & (found[frame][..., 0] < 60)
        assert 20 < green.sum() < 0.6 * (luma(found[frame]) > 110).sum()
        middles.append(float(np.nonzero(green)[1].mean()))
    assert sorted(middles, reverse=backwards) == middles
    assert len(set(middles)) == 3


def test_a_spoken_word_stands_where_it_stood_before(screen: Screen) -> None:
    """Colour alone changes: no letter moves."""
    placed = replace(
        caption("Every cup begins AV To", 0, 75, style="karaoke"), words=(0, 10, 20, 30, 40)
    )
    found = screen(placed, frames=70, size=(640, 360), colors=("#ffffff",))
    one, other = (luma(found[frame]) > 110 for frame in (15, 45))
    assert (one ^ other).sum() < 0.25 * one.sum()
    plain = screen(replace(placed, words=()), frames=46, size=(640, 360))[45]
    assert (one ^ (luma(plain) > 110)).sum() < 0.25 * one.sum()


@pytest.mark.parametrize("aspect", SIZES)
def test_a_title_card_dims_the_picture_and_stays_in_the_middle(screen: Screen, aspect: str) -> None:
    width, height = SIZES[aspect]
    card = still("The first roast\nA morning in five cups", style="title_card")
    found = screen(card, frames=1, size=(width, height), background="white", colors=("#f4a261",))[0]
    assert luma(found)[:20].mean() < 110
    bright = luma(found) > 200
    rows, columns = np.nonzero(bright)
    assert abs(columns.min() + columns.max() - width) < 0.02 * width
    accent = np.abs(found.astype(int) - (0xF4, 0xA2, 0x61)).max(axis=2) <= 24
    rule = np.nonzero(accent)[0]
    assert rows.min() < rule.min() <= rule.max() < rows.max()


def test_upper_is_where_the_end_card_leaves_room(screen: Screen) -> None:
    left, top, right, bottom = ink(
        screen(still("Aurora", position="upper"), frames=1, size=(640, 360))[0]
    )
    assert 0.2 < (top + bottom) / 2 / 360 < 0.36
    assert abs(left + right - 640) < 20


@pytest.mark.parametrize(
    "emoji",
    [
        "1\ufe0f\u20e3",  # a keycap
        "\U0001f1e9\U0001f1ea",  # a flag
        "\U0001f3f4\U000e0067\U000e0062\U000e0077\U000e006c\U000e0073\U000e007f",  # of Wales
        "\U0001f44d\U0001f3fd",  # a tone of skin
        "\u261d\U0001f3fe",  # the same of what is no emoji by itself
        "\U0001f469\U0001f3fe\u200d\U0001f680",  # joined
        "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",  # a family
        "\u2764\ufe0f",
    ],
)
def test_an_emoji_is_drawn_in_its_colours(screen: Screen, emoji: str) -> None:
    """Against the artwork as another renderer draws it."""
    shown = screen(still(emoji, style="title"), frames=1, size=(1280, 720), background="#ff00ff")
    rgb = shown[0].astype(int)
    path = artwork(emoji)
    assert path is not None
    png = resvg_py.svg_to_bytes(svg_path=str(path), width=128, height=128)
    right = np.asarray(Image.open(io.BytesIO(bytes(png))).convert("RGBA")).reshape(-1, 4)
    opaque = right[right[:, 3] == 255][:, :3]
    colors, counts = np.unique(opaque, axis=0, return_counts=True)
    side = PICTURE_SIDE * STYLES["title"].wide * 720
    for color, count in zip(colors, counts, strict=True):
        if count > 0.1 * len(right):
            near = (np.abs(rgb - color) < 20).all(axis=-1).sum() / side**2
            assert near == pytest.approx(count / len(right), rel=0.25)


def test_emoji_stand_in_the_text_where_they_are_written(screen: Screen) -> None:
    for text, backwards in (
        ("one \U0001f7e5 two \U0001f7e9", False),
        ("שלום \U0001f7e5 עולם \U0001f7e9", True),
        ("one שלום \U0001f7e5 עולם \U0001f7e9 two", None),
    ):
        rgb = screen(still(text, style="subtitle"), frames=1, size=(640, 360))[0].astype(int)
        red = np.nonzero((rgb[..., 0] > 200) & (rgb[..., 1] < 90))[1]
        green = np.nonzero((rgb[..., 1] > 160) & (rgb[..., 0] < 150) & (rgb[..., 2] < 110))[1]
        letters = np.nonzero((rgb > 200).all(axis=-1))[1]
        for square in (red, green):
            assert len(square) > 50
            within = (letters >= square.min() - 1) & (letters <= square.max() + 1)
            assert not within.any()  # nothing is drawn over it
        if backwards is not None:
            assert bool(green.mean() < red.mean()) is backwards


def test_an_emoji_comes_and_goes_with_its_caption(screen: Screen) -> None:
    shown = screen(caption("\U0001f7e5", 5, 20, style="title"), frames=25, size=(320, 180))
    red = [int(((f[..., 0] > 200) & (f[..., 1] < 90)).sum()) for f in shown.astype(int)]
    assert not any(red[:6])
    assert red[15] > 100
    assert not any(red[20:])
