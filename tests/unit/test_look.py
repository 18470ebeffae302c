"""The look that scenes share, and how a scene is told to a model."""

from __future__ import annotations

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from lotus.documents.brief import CAMERAS, Brand, Brief
from lotus.documents.reading import load_request
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.models.catalog import read_catalog
from lotus.models.prompts import CAMERA_WORDS, scene_facts, scene_prompt
from lotus.pipeline.pipeline import make_storyboard
from lotus.planning.look import colour_name, style_words
from lotus.planning.planners import plan
from lotus.providers.animatic.provider import Animatic

BRIEF = Brief(
    prompt="A small coffee roaster opens at dawn in a harbour town. Steam, hands pouring the first "
    "cup.",
    brand=Brand(name="Aurora", colors=("#1b3a4b", "#f4a261", "#fefae0")),
    cta="Order now",
    seed=7,
)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ("#1b3a4b", "deep blue"),
        ("#f4a261", "orange"),
        ("#fefae0", "off-white"),
        ("#000000", "black"),
        ("#808080", "grey"),
        ("#5a3418", "deep brown"),
        ("#ff0000", "red"),
        ("#2a9d8f", "teal"),
        ("#ffd6e0", "pale red"),
    ],
)
def test_a_colour_is_named_as_people_say_it(colour: str, name: str) -> None:
    assert colour_name(colour) == name


def test_a_style_that_is_not_known_is_said_as_it_is() -> None:
    assert style_words("paper cut-out", ["#1b3a4b"]) == "paper cut-out style, deep blue tones"
    assert style_words("", []) == "Natural look"


def test_every_scene_is_told_with_the_same_look_and_the_setting() -> None:
    storyboard = plan(BRIEF)
    told = [scene_prompt(scene, storyboard.look) for scene in storyboard.scenes]
    for prompt, scene in zip(told, storyboard.scenes, strict=True):
        assert prompt.startswith(
            "Cinematic film look, natural light, shallow depth of field, deep blue, orange"
        )
        assert "Setting: A small coffee roaster opens at dawn in a harbour town." in prompt
        assert scene.description in prompt
        assert CAMERA_WORDS[scene.camera] in prompt
    assert set(CAMERA_WORDS) == set(CAMERAS)


def test_what_is_laid_over_a_clip_is_not_told() -> None:
    storyboard = plan(BRIEF)
    scene = storyboard.scenes[0].model_copy(update={"caption": "Only today"})
    prompt = scene_prompt(scene, storyboard.look)
    for laid_over in ("Only today", "Order now", "Aurora"):
        assert laid_over not in prompt


@pytest.mark.parametrize("name", read_catalog().models)
def test_scenes_of_a_plan_fit_every_model_that_makes_video(name: str) -> None:
    model = read_catalog().model(name)
    if not model.tasks[0].endswith("video"):
        return
    storyboard = plan(BRIEF, lengths=model.lengths)
    for scene in storyboard.scenes:
        facts = scene_facts(scene, storyboard, 60, first_frame="https://example.com/a.png")
        assert not model.knows_price(facts) or model.price(facts) > 0
        assert facts.seconds == Fraction(60) / BRIEF.fps


def test_scenes_have_seeds_of_their_own_that_the_brief_moves() -> None:
    storyboard = plan(BRIEF)
    seeds = [scene_facts(scene, storyboard, 48).seed for scene in storyboard.scenes]
    assert seeds == [7 + i for i in range(len(seeds))]


def _edited(storyboard: Storyboard, **changes: object) -> Storyboard:
    return storyboard.model_copy(update={"look": storyboard.look.model_copy(update=changes)})


def test_an_animatic_is_not_made_again_for_words_it_does_not_read(home: Path) -> None:
    def key(storyboard: Storyboard) -> str:
        no_digest: Callable[[Path], str] = str
        return Animatic().request(storyboard.scenes[0], storyboard, 48, no_digest).key

    storyboard = plan(BRIEF)
    edited = _edited(storyboard, words="Oil painting", chained=True, reference="a.png")
    assert key(edited) == key(storyboard)
    assert key(_edited(storyboard, style="noir")) != key(storyboard)


def test_a_reference_picture_is_found_beside_the_brief(tmp_path: Path) -> None:
    Image.new("RGB", (64, 36)).save(tmp_path / "mood.png")
    brief = {"prompt": BRIEF.prompt, "reference": "mood.png"}
    (tmp_path / "ad.json").write_text(json.dumps(brief))
    storyboard = make_storyboard(load_request(str(tmp_path / "ad.json")))
    assert storyboard.look.reference == str(tmp_path / "mood.png")
    (tmp_path / "board.json").write_text(storyboard.model_dump_json())
    assert make_storyboard(load_request(str(tmp_path / "board.json"))) == storyboard


@pytest.mark.parametrize(("name", "said"), [("none.png", "is not there"), ("ad.json", "ad.json")])
def test_a_reference_that_is_no_picture_is_refused(name: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "ad.json").write_text(json.dumps({"prompt": BRIEF.prompt, "reference": name}))
    with pytest.raises(InvalidInput, match=said) as caught:
        make_storyboard(load_request(str(tmp_path / "ad.json")))
    assert "reference" in str(caught.value)
