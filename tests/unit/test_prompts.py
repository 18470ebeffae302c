"""The golden set of prompts: what may be seen and said, and what may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

import lotus
from lotus.documents.storyboard import Storyboard
from lotus.planning.negatives import copy_words, excluded, picture_words
from lotus.planning.sentences import NOTHING
from lotus.providers.animatic.subjects import subject_of

CASES = yaml.safe_load(
    (Path(__file__).parents[1] / "data" / "prompts.yaml").read_text(encoding="utf-8")
)


def _plan(prompt: str) -> Storyboard:
    return lotus.plan(lotus.Brief(prompt=prompt, duration_seconds=20))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["prompt"][:40])
def test_only_what_is_meant_is_seen_and_said(case: dict[str, Any]) -> None:
    board = _plan(case["prompt"])
    seen = "\n".join([board.look.words, board.look.subject, *(s.description for s in board.scenes)])
    said = "\n".join(scene.caption or "" for scene in board.scenes)
    seen, said = seen.casefold(), said.casefold()
    for words in (*case.get("hidden", ()), *case.get("unseen", ())):
        assert words.casefold() not in seen, words
    for words in (*case.get("hidden", ()), *case.get("unsaid", ())):
        assert words.casefold() not in said, words
    for words in case.get("seen", ()):
        assert words.casefold() in seen, words
    for words in case.get("said", ()):
        assert words.casefold() in said, words


@pytest.mark.parametrize(
    "text",
    [
        "A gym that never closes",
        "No matter what",
        "Instead of $14.99",
        "no other app does this",
        "without limits",
        "Steam, warm light, the first cup",
        "Nothing tastes like home",
    ],
)
def test_a_text_that_denies_nothing_stays_as_it_is(text: str) -> None:
    assert picture_words(text) == copy_words(text) == text
    assert excluded(text) == ()


def test_a_scene_of_the_users_own_shows_nothing_that_it_denies() -> None:
    scenes = [{"description": "A beach, no people, waves"}, {"description": "No boats"}]
    board = lotus.plan(lotus.Brief(prompt="A beach at sunrise, empty", scenes=scenes))
    assert board.scenes[0].description == "A beach, waves"
    assert "boat" not in board.scenes[1].description


def test_boards_show_nothing_of_what_is_to_be_left_out() -> None:
    avoid = ("No people, no text", "Do not show any boats")
    assert "person-surfing" in subject_of("Waves, surfing", "", 0).names
    assert "person-surfing" not in subject_of("Waves, surfing", "", 0, avoid).names
    assert "sailboat" not in subject_of("A sailing boat on a lake", "", 0, avoid).names
    assert "dolphin" in subject_of("A dolphin jumps", "", 0, avoid).names
    board = _plan("An empty beach at sunrise. No people. Waves roll in. Do not show any boats.")
    assert set(board.look.avoid) == {"No people", "Do not show any boats"}
    assert "avoid" not in _plan("An empty beach at sunrise, waves").look.model_dump()


def test_a_prompt_of_negatives_alone_shows_an_empty_scene() -> None:
    board = _plan("No people, no text, no logos.")
    assert {scene.description.split(",")[0] for scene in board.scenes} == {NOTHING}
    assert not any("no " in (scene.caption or "").casefold() for scene in board.scenes)
