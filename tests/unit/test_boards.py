"""Boards: what the drawing engine of the animatic provider promises."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from lotus.providers import animatic as boards
from lotus.providers.animatic.board import Board
from lotus.providers.animatic.composition import plan_of
from lotus.providers.animatic.draw import draw, frames
from lotus.providers.animatic.layers import MOVES, BoardCanvas, overshoot, pose
from lotus.providers.animatic.lettering import word_image
from lotus.providers.animatic.lexicon import lexicon, pictograms
from lotus.providers.animatic.palette import from_hex, mix, to_hex
from lotus.providers.animatic.pictograms import pictograms_for
from lotus.providers.animatic.raster import graded
from lotus.providers.animatic.scene import scene_of
from lotus.providers.animatic.scenery import SETTINGS
from lotus.providers.animatic.subjects import BoardSubject, roles, subject_of
from lotus.providers.animatic.treatments import TREATMENTS, look_of, treatment_of

COFFEE_TEXT = "A small coffee roaster opens at dawn in a harbour town"
COFFEE = Board(
    ("hot-beverage", "fire", "anchor"),
    "",
    "zoom_in",
    ("#5b3a29", "#e8a15b"),
    "cinematic",
    320,
    180,
    Fraction(24),
    12,
    7,
    0,
)


def drawn(board: Board) -> list[bytes]:
    """All frames, copied: the canvas is drawn over."""
    return [bytes(frame) for frame in frames(board)]


def luma(board: Board, number: int = -1) -> np.ndarray:
    """One frame's luma plane, as floats."""
    raw = drawn(board)[number]
    return (
        np.frombuffer(raw, np.uint8, board.width * board.height)
        .reshape(board.height, -1)
        .astype(float)
    )


def digest(board: Board) -> str:
    return hashlib.sha256(b"".join(drawn(board))).hexdigest()


def test_a_face_is_never_behind_the_end_card() -> None:
    end = replace(COFFEE, names=("woman", "man"), end=True)
    for width, height in ((320, 180), (180, 320), (180, 180)):
        board = replace(end, width=width, height=height, by_day=True)
        sizes = [place.size for place in plan_of(board).places]
        assert max(sizes) < 0.5, sizes
        assert plan_of(replace(board, by_day=False)).places[0].size > 0.9  # boards of yesterday


def test_night_is_where_the_light_says_so() -> None:
    bridge = replace(COFFEE, names=("bridge-at-night",), light="bright")
    assert plan_of(bridge).night
    assert not plan_of(replace(bridge, by_day=True)).night
    assert plan_of(replace(bridge, by_day=True, light="night")).night


def test_people_keep_the_colour_of_their_skin() -> None:
    skin = np.full((8, 8, 3), (250, 190, 60), np.uint8)
    look = look_of(replace(COFFEE, palette=("#0077b6", "#90e0ef")), False, False)
    far, near = (
        np.abs(graded(skin, look, skin=s).astype(int) - skin).mean() for s in (False, True)
    )
    assert near < far / 2


def test_things_stand_above_two_lines_in_a_square() -> None:
    square = replace(COFFEE, width=180, height=180, lifted=True, by_day=True)
    assert max(place.y for place in plan_of(square).places if place.stands) <= 0.77


def test_the_same_board_gives_the_same_bytes() -> None:
    assert digest(COFFEE) == digest(replace(COFFEE))


def test_another_seed_gives_another_picture() -> None:
    assert digest(COFFEE) != digest(replace(COFFEE, seed=8))


@pytest.mark.parametrize(
    ("width", "height", "fps", "count"),
    [
        (320, 180, Fraction(24), 3),
        (180, 320, Fraction(30000, 1001), 2),
        (180, 180, Fraction(25), 1),
        (322, 182, Fraction(7, 3), 4),
    ],
)
def test_frames_have_the_size_and_number_asked_for(
    width: int, height: int, fps: Fraction, count: int
) -> None:
    made = drawn(replace(COFFEE, width=width, height=height, fps=fps, frames=count))
    assert [len(frame) for frame in made] == [width * height * 3 // 2] * count


def test_levels_stay_within_the_limited_range() -> None:
    for style in ("minimal", "noir"):
        plane = luma(replace(COFFEE, style=style, frames=2))
        assert plane.min() >= 15
        assert plane.max() <= 235


def test_scenes_of_one_storyboard_differ_visibly() -> None:
    pictures = [luma(replace(COFFEE, index=index, frames=2)) for index in range(4)]
    gaps = [np.abs(a - b).mean() for i, a in enumerate(pictures) for b in pictures[:i]]
    assert min(gaps) > 5


def covered(board: Board) -> bool:
    """Whether every pixel is painted at both ends of every camera move, whatever was
    there before.
    """
    scene = scene_of(board)  # zooms, so its plates are not scaled for one move
    for camera in MOVES:
        for progress in (0.0, 1.0):
            seconds = progress * float(board.frames / board.fps)
            left = []
            for before in (0, 255):
                canvas = BoardCanvas.of(board.width, board.height)
                canvas.buffer[:] = before
                draw(canvas, scene, pose(camera, progress, seconds), seconds)
                left.append(canvas.buffer)
            if not np.array_equal(*left):
                return False
    return True


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize(("width", "height"), [(160, 90), (90, 160), (90, 90)])
def test_every_setting_covers_the_frame_wherever_the_camera_looks(
    setting: str, width: int, height: int
) -> None:
    name = min(roles().settings[setting]) if setting in roles().settings else "blorft"
    names = (name,) if name in pictograms() else ()
    for index in range(5):
        board = replace(COFFEE, names=names, width=width, height=height, frames=72, index=index)
        assert names == () or plan_of(board).setting == setting
        assert covered(board), plan_of(board).framing


@pytest.mark.parametrize("camera", sorted(MOVES))
def test_every_camera_moves_and_even_static_breathes(camera: str) -> None:
    board = replace(COFFEE, camera=camera, frames=36)
    assert np.abs(luma(board, 35) - luma(board, 23)).mean() > (0.15 if camera == "static" else 0.4)


def test_movement_is_smooth_from_frame_to_frame() -> None:
    board = replace(COFFEE, camera="pan_left", frames=48)
    planes = [np.frombuffer(f, np.uint8, 320 * 180).astype(float) for f in drawn(board)][24:40]
    steps = [np.abs(b - a).mean() for a, b in pairwise(planes)]
    assert max(steps) < 2.0 * min(steps)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "A small coffee roaster opens at dawn in a harbour town",
            {"hot-beverage", "sunrise", "anchor"},
        ),
        (
            "Night drive through a neon city, rain on the windscreen",
            {"night-with-stars", "automobile", "cityscape"},
        ),
        ("a lone dancer on a roof", {"woman-dancing"}),
        ("Weekend bike tours along the canal", {"bicycle", "canoe"}),
        ("Eine kleine Kaffeerösterei öffnet im Morgengrauen", {"hot-beverage", "sunrise"}),
        ("Un café au bord de la mer et un vélo", {"hot-beverage", "bicycle"}),
        (
            "Una pequeña panadería en la montaña, pan recién hecho",
            {"croissant", "snow-capped-mountain"},
        ),
        ("Маленькая кофейня у моря, корабли и рассвет", {"sunrise", "ship"}),
        ("東京の小さなラーメン屋、夜の街に赤い提灯", {"steaming-bowl", "red-paper-lantern"}),
        ("小咖啡店在黎明的港口开门，自行车经过", {"hot-beverage", "bicycle"}),
        ("작은 커피 가게, 새벽 항구", {"hot-beverage", "sunrise", "anchor"}),
        ("مقهى صغير يفتح عند الفجر في الميناء", {"sunrise", "anchor"}),
        ("Mała kawiarnia, rower i deszcz", {"bicycle"}),
        ("Küçük bir kahve, deniz kenarında gemiler", {"ship", "hot-beverage"}),
    ],
)
def test_pictograms_are_found_from_words_of_many_languages(text: str, wanted: set[str]) -> None:
    assert wanted <= set(pictograms_for(text, 5))


@pytest.mark.parametrize(
    "text", ["", "  ", "blorft zindle quaxomatic", "the and of", "12345", "!?!", "\x00\x07"]
)
def test_nothing_is_shown_when_nothing_fits(text: str) -> None:
    assert pictograms_for(text) == ()


def test_at_most_as_many_pictograms_as_asked_for() -> None:
    text = "coffee, dawn, harbour, bicycle, rain, dancer, rocket"
    assert len(pictograms_for(text, 2)) == 2
    assert pictograms_for(text, 2) == pictograms_for(text, 4)[:2]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "😀👩‍👩‍👧🏳️‍🌈",
        "مرحبا \u202eabc\u202c שלום",
        "\x00\x1b[31m\r\n\t",
        "a" * 2000,
        "<svg>&\"'</svg>",
        "\ud800",
    ],
)
def test_hostile_text_is_drawn_all_the_same(text: str) -> None:
    found = subject_of(text, text, 0)
    board = replace(COFFEE, names=found.names, word=found.word, style=text, camera=text or "static")
    board = replace(board, palette=("red", "#12"), frames=1)
    assert len(drawn(board)[0]) == 320 * 180 * 3 // 2


def test_a_scene_borrows_from_the_subject_where_its_own_words_show_nothing() -> None:
    assert subject_of("", COFFEE_TEXT, 0).names[0] == "hot-beverage"
    assert subject_of("A regular smiling", COFFEE_TEXT, 0).names[0] == "man"
    smile = subject_of("A confident smile", COFFEE_TEXT, 0).names
    assert smile[0] not in roles().extras
    assert "smiling-face-with-smiling-eyes" in smile


def test_scenes_that_borrow_take_turns() -> None:
    assert (
        subject_of("blorft", COFFEE_TEXT, 0).names[0]
        != subject_of("blorft", COFFEE_TEXT, 1).names[0]
    )


def test_how_a_scene_is_framed_is_not_what_it_shows() -> None:
    assert subject_of("Night drive, low angle", "", 1) == subject_of("Night drive", "", 1)


def test_an_idea_that_is_shown_several_times_has_another_lead_each_time() -> None:
    text = "Learn the guitar in thirty days with a patient teacher"
    takes = [text, *(f"{text}, {framing}" for framing in ("wide view", "low angle", "from above"))]
    found = [subject_of(take, text, turn).names for turn, take in enumerate(takes)]
    assert [names[0] for names in found] == ["books", "guitar", "teacher", "books"]
    assert len({frozenset(names) for names in found}) == 1


def test_a_word_is_set_in_type_only_where_nothing_can_be_shown() -> None:
    assert subject_of("Quaxomatic zindle", "", 0) == BoardSubject((), "Quaxomatic")
    assert subject_of("Quaxomatic coffee", "", 0).word == ""
    with_word = replace(COFFEE, names=(), word="Quaxomatic", frames=1)
    assert np.abs(luma(with_word) - luma(replace(with_word, word=""))).mean() > 2


def test_an_end_scene_leaves_its_middle_free() -> None:
    for size in ((320, 180), (180, 320), (180, 180)):
        plan = plan_of(replace(COFFEE, index=3, end=True, width=size[0], height=size[1]))
        assert plan.framing == "end"
        assert all(abs(place.x - 0.5) > 0.2 or place.y > 0.8 for place in plan.places)


def test_neighbouring_scenes_are_framed_differently() -> None:
    framings = [plan_of(replace(COFFEE, index=index)).framing for index in range(9)]
    assert all(a != b for a, b in pairwise(framings))


def test_styles_are_known_by_their_words_and_unknown_ones_still_choose() -> None:
    assert treatment_of(replace(COFFEE, style="moody, Cinematic")) == TREATMENTS["cinematic"]
    assert treatment_of(replace(COFFEE, style="Aquarelle")) == TREATMENTS["watercolor"]
    unknown = treatment_of(replace(COFFEE, style="qwertyish"))
    assert unknown in TREATMENTS.values()
    assert unknown == treatment_of(replace(COFFEE, style="qwertyish", index=2))


def test_every_style_can_be_drawn_without_a_palette() -> None:
    for style in TREATMENTS:
        board = replace(COFFEE, style=style, palette=(), frames=1, width=160, height=90)
        assert len(drawn(board)[0]) == 160 * 90 * 3 // 2


def test_things_stand_on_the_ground_and_signs_float() -> None:
    places = {
        place.name: place for place in plan_of(replace(COFFEE, names=("bread", "cloud"))).places
    }
    assert places["bread"].stands
    assert places["bread"].y > 0.7
    assert not places["cloud"].stands
    assert places["cloud"].y < 0.5


def test_what_stands_is_drawn_after_the_ground_it_stands_on() -> None:
    for index in range(5):
        plan = plan_of(replace(COFFEE, index=index))
        assert all(place.order > 0.98 for place in plan.places if place.stands)


def test_a_camera_that_does_not_zoom_scales_nothing_frame_by_frame() -> None:
    plates = [
        part
        for part in scene_of(replace(COFFEE, camera="pan_left")).layers
        if hasattr(part, "zoom")
    ]
    assert plates
    assert all(part.zoom is not None for part in plates)


def test_type_is_left_out_where_no_font_has_the_script() -> None:
    assert word_image("coffee", 300, 100, (1, 1, 1)) is not None
    assert word_image("قهوة", 300, 100, (1, 1, 1)) is not None
    assert word_image("ᚠᚢᚦ", 300, 100, (1, 1, 1)) is None
    assert word_image("", 300, 100, (1, 1, 1)) is None


def test_easing_starts_and_ends_where_it_should() -> None:
    assert overshoot(0) == pytest.approx(0, abs=1e-9)
    assert overshoot(1) == 1
    assert pose("zoom_in", 1, 4).zoom > pose("zoom_in", 0, 0).zoom
    assert pose("no such move", 0.5, 1) == pose("static", 0.5, 1)


def test_colours_survive_a_round_trip_and_mix_between() -> None:
    assert to_hex(from_hex("#3a86ff")) == "#3a86ff"
    assert to_hex(mix(from_hex("#000000"), from_hex("#ffffff"), 0.0)) == "#000000"
    assert from_hex("not a colour") == (0.5, 0.5, 0.5)


def test_every_association_names_a_pictogram_that_exists() -> None:
    links = {
        name for table in lexicon().links.values() for names in table.values() for name in names
    }
    assert links <= set(pictograms().words)


def test_every_role_names_a_pictogram_that_exists() -> None:
    book = roles()
    sets = (
        book.night,
        book.warm,
        book.rain,
        book.snow,
        book.steam,
        book.extras,
        book.aloft,
        book.afloat,
    )
    named = set().union(*sets, book.people, *book.settings.values(), book.stand_ins.values())
    assert named <= set(pictograms().words)


def test_every_data_file_has_its_licence() -> None:
    names = {path.name for path in Path(boards.__file__).with_name("data").iterdir()}
    assert {"pictograms.txt.gz", "keywords.txt.gz"} <= names
    assert {"LICENSE.fluent-emoji", "LICENSE.cldr", "LICENSE.emojibase"} <= names
