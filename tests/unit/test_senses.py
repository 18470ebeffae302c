"""What boards show: the right sense of a word, in 310 phrases; light and mood of the words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.composition.assemble import assemble, clip_frames
from lotus.documents.storyboard import Storyboard
from lotus.providers.animatic.lexicon import lexicon
from lotus.providers.animatic.light import light_for, light_of
from lotus.providers.animatic.provider import Animatic
from lotus.providers.animatic.senses import senses
from lotus.providers.animatic.subjects import BoardSubject, shot_of, subject_of

DATA = Path(__file__).parents[1] / "data"


def rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split(" | ") for line in lines if line and line[0] != "#"]


# a phrase, what the video is about, and the pictograms of which any may lead
PHRASES = {
    "alone": [(phrase, "", names.split()) for phrase, names in rows("phrases.txt")],
    "by their subject": [(p, about, n.split()) for p, about, n in rows("phrases_of_subjects.txt")],
}
WRONG, NOTHING = 0.03, 0.10  # at most, of the phrases


@pytest.mark.parametrize(("kind", "least"), [("alone", 200), ("by their subject", 60)])
def test_words_are_read_by_the_company_they_keep(
    kind: str, least: int, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong, nothing = [], []
    for phrase, about, names in PHRASES[kind]:
        lead = (subject_of(phrase, about, 0, sensed=True).names or ("",))[0]
        if not lead:
            nothing += [phrase] if names != ["-"] else []
        elif lead not in names:
            wrong.append(f"{phrase}: {lead}")
    count = len(PHRASES[kind])
    with capsys.disabled():
        shares = f"{len(wrong) / count:.1%} wrong, {len(nothing) / count:.1%} nothing"
        print(f"\n{count} phrases {kind}: {shares}")
    assert count >= least
    assert len(wrong) < WRONG * count, wrong
    assert len(nothing) < NOTHING * count, nothing


def test_a_phrase_of_little_words_shows_nothing() -> None:
    assert subject_of("d'un", "", 0, sensed=True).names == ()
    assert subject_of("ready", "", 0, sensed=True).names == ()


def test_every_sense_names_pictograms_that_there_are() -> None:
    known = set(lexicon().names)
    named = {name for group in senses().values() for sense in group for name in sense.names}
    assert named - known == set()


def requests(storyboard: Storyboard) -> list[dict[str, Any]]:
    frames = clip_frames(storyboard)
    return [
        Animatic().request(scene, storyboard, count, lambda path: "").inputs
        for scene, count in zip(storyboard.scenes, frames, strict=True)
    ]


def test_only_scenes_that_mean_something_else_have_other_keys() -> None:
    board = lotus.plan(lotus.Brief(prompt="A river, a boat, a bridge. A trainer counts down."))
    *others, first = requests(board)
    assert first["shows"]["names"][0] == "person-lifting-weights"
    assert all("shows" not in inputs for inputs in others[:2])
    old = board.model_copy(update={"look": board.look.model_copy(update={"reads": 1})})
    assert all("shows" not in inputs for inputs in requests(old))


@pytest.mark.parametrize(
    ("words", "light"),
    [
        ("A bright flat", "bright"),
        ("A bright flat at night", "night"),
        ("A balcony in the evening sun", ""),
        ("Herbst im Park", "autumn"),
        ("夜の街", "night"),
        ("A dog", ""),
    ],
)
def test_light_follows_the_words(words: str, light: str) -> None:
    assert light_of(words) == light


@pytest.mark.parametrize(
    ("words", "subject", "mood", "style", "light"),
    [
        ("A dog", "A school", "", "cinematic", "bright"),
        ("A dog", "A school", "playful", "cinematic", "bright"),
        ("A dog at midnight", "A sunny school", "", "cinematic", "night"),
        ("A dog at dusk", "A sunny school", "", "cinematic", ""),
        ("A hand", "A perfume", "elegant", "cinematic", ""),
        ("A dog", "A school", "", "noir", ""),
        ("A dog", "Ein Hof im Herbst", "", "cinematic", "autumn"),
    ],
)
def test_boards_play_by_day_unless_something_is_dark(
    words: str, subject: str, mood: str, style: str, light: str
) -> None:
    assert light_for(words, subject, mood, style) == light


def test_the_subject_leads_the_first_scene_and_not_all() -> None:
    words = "A teacher plays the violin"
    leads = [subject_of(words, "A teacher", n, sensed=True).names[0] for n in (0, 1)]
    assert leads == ["teacher", "violin"]


def test_briefs_without_a_mood_are_told_in_more_than_one_way() -> None:
    prompts = ("A river, a boat, a bridge", "A desk, a lamp, a chair", "Bread, cheese and a table")
    plans = [lotus.plan(lotus.Brief(prompt=prompt)) for prompt in prompts]
    cuts = {tuple((s.camera, s.transition.kind) for s in plan.scenes) for plan in plans}
    assert len(cuts) == 3
    assert {plan.look.mood for plan in plans} == {""}


def test_choreography_transitions_and_music_vary_with_the_brief() -> None:
    briefs = (
        "A gym at full speed. Sweat, weights, a sprint, jumping ropes.",
        "Children laugh, balloons and a puppy in a colourful garden.",
        "A perfume in silk and gold. A hand, a glass bottle, a mirror.",
        "A river, a boat, a bridge. The water is still, a heron waits.",
    )
    plans = [lotus.plan(lotus.Brief(prompt=prompt)) for prompt in briefs]
    assert [plan.look.mood for plan in plans] == ["energetic", "playful", "elegant", ""]
    assert [plan.brief.music for plan in plans] == ["driving", "bright", None, None]
    told = {tuple((scene.camera, scene.transition.kind) for scene in plan.scenes) for plan in plans}
    assert len(told) == 4
    asked = lotus.plan(lotus.Brief(prompt=briefs[0], music="calm"))
    assert asked.brief.music == "calm"


def test_an_ad_about_one_thing_varies_its_shots_and_shows_its_offer_large() -> None:
    brief = lotus.Brief(
        prompt="A watch built to last. 214 parts. Nine months. Only 900 euros. A small workshop.",
        cta="Visit us",
    )
    board = lotus.plan(brief)
    inputs = requests(board)
    large = [scene.caption for scene in board.scenes if scene.headline]
    assert large == ["Only 900 euros"]
    assert [one["shows"]["names"][0] for one in inputs if one.get("headline")] == ["watch"]
    watches = [one for one in inputs if one["shows"]["names"][0] == "watch"]
    shots = [one.get("shot") for one in watches if not (one["closing"] or one.get("headline"))]
    assert len({*shots}) == len(shots) > 1
    line = assemble(board, ["a.mp4"] * len(board.scenes))
    styles = {caption.text: (caption.style, caption.position) for caption in line.captions}
    assert styles["Only 900 euros"] == ("title", "center")


@pytest.mark.parametrize(
    ("lead", "shots"), [("bicycle", ["detail", "row", "far"]), ("man", ["close", "far", "third"])]
)
def test_what_leads_again_is_shown_otherwise(lead: str, shots: list[str]) -> None:
    scene = BoardSubject((lead,), "")
    assert [shot_of(scene, f"A {lead}", turn) for turn in range(1, len(shots) + 1)] == shots
    assert shot_of(scene, "A dog", 1) == ""


def test_the_cast_and_the_size_of_a_shot_steer_a_board() -> None:
    board = lotus.plan(lotus.Brief(prompt="A bakery opens at dawn. Mia bakes. A bicycle waits."))
    cast = [{"name": "Mia", "description": "a red-haired baker"}]
    fields = board.model_dump(mode="json") | {"cast": cast, "version": 2}
    fields["scenes"][1] |= {"cast": ["Mia"], "shots": [{"size": "extreme_close_up"}]}
    inputs = requests(Storyboard.model_validate(fields))
    assert "person-red-hair" not in str(requests(board))
    assert inputs[1]["shows"]["names"][0] == "person-red-hair"
    assert inputs[1]["shot"] == "close"  # a person is not cut
    assert [one for i, one in enumerate(inputs) if i != 1] == [
        one for i, one in enumerate(requests(board)) if i != 1
    ]


def test_boards_say_what_of_a_direction_they_do_not_draw() -> None:
    cast = [{"name": "Mia", "description": "a baker"}, {"name": "Tim", "references": ["tim.png"]}]
    scene = {"description": "A shop", "duration_seconds": 3, "cast": ["Mia"], "sound": "rain"}
    scenes = [scene | {"shots": [{"size": "wide"}]}, scene | {"cast": ["Tim"], "sound": None}]
    brief = {"prompt": "A small shop", "duration_seconds": 6}
    look = {"style": "", "reads": 4}
    board = Storyboard.model_validate(
        {"version": 2, "brief": brief, "look": look, "cast": cast, "scenes": scenes}
    )
    lines = [Animatic().untaken(one, board) for one in board.scenes]
    assert [line.split(":")[0] for (line,) in lines] == ["sound", "cast"]
