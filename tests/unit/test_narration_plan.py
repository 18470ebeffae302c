"""Scenes are at least as long as their words, or one line says what does not fit."""

from __future__ import annotations

import re

import pytest

from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput
from lotus.planning.narration import WHOLE, check_narration, fit_narration, lengthened, narrations
from lotus.planning.planners import plan

PROMPT = "A small bakery in a harbour town opens at dawn, and the first guests are fishermen."
SCENES = [
    {"description": "A dark harbour, one window is lit", "narration": "One window is lit."},
    {"description": "A baker takes out the loaves", "narration": "A whole night of patience."},
    {"description": "Fishermen hold warm bread"},
]


def board(**fields: object) -> Storyboard:
    return plan(Brief(**{"prompt": PROMPT, "scenes": SCENES, **fields}))


def lengths(storyboard: Storyboard) -> list[float]:
    return [scene.duration_seconds for scene in storyboard.scenes]


def test_a_video_without_a_length_grows_with_its_words() -> None:
    before = board()
    after = fit_narration(before, {0: 6.0, 1: 1.0})
    assert after.scenes[0].duration_seconds == pytest.approx(6.5, abs=1 / 24)
    assert lengths(after)[1:] == lengths(before)[1:]


def test_a_video_of_a_given_length_keeps_it_and_others_give_up_time() -> None:
    before = board(duration_seconds=15)
    after = fit_narration(before, {0: 6.0, 1: 3.5})
    assert sum(lengths(after)) == pytest.approx(15)
    assert after.scenes[0].duration_seconds >= 6.5
    assert after.scenes[1].duration_seconds >= 4.0
    assert min(lengths(after)) >= 1


def test_scenes_that_are_long_enough_stay() -> None:
    before = board()
    assert fit_narration(before, {0: 0.5, 1: 0.5}) is before
    assert fit_narration(before, {}) is before


def test_a_scene_of_a_given_length_is_not_changed() -> None:
    scenes = [{**SCENES[0], "duration_seconds": 2}, *SCENES[1:]]
    with pytest.raises(InvalidInput) as refused:
        fit_narration(board(scenes=scenes), {0: 3.0, 1: 1.0})
    assert str(refused.value) == (
        "scenes[0].narration: takes 3.5 s with its pauses, and the scene lasts 2 s; "
        "write duration_seconds: 3.5, or fewer words"
    )


@pytest.mark.parametrize(
    ("fields", "seconds", "line"),
    [
        (
            {"duration_seconds": 10},
            {0: 9.0, 1: 8.0},
            "narration: takes ... s with its pauses, and the video lasts 10 s; "
            "write duration_seconds: 19, or fewer words",
        ),
        (
            {},
            {0: 70.0},
            "narration: takes ... s with its pauses, and a video of kind ad lasts 60 s at most; "
            "write fewer words",
        ),
    ],
)
def test_words_that_do_not_fit_are_one_line(
    fields: dict[str, object], seconds: dict[int, float], line: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        fit_narration(board(**fields), seconds)
    assert re.sub(r"takes [\d.]+ s", "takes ... s", str(refused.value)) == line


def test_narration_of_the_video_is_as_long_as_all_scenes() -> None:
    scenes = [{"description": scene["description"]} for scene in SCENES]
    before = board(scenes=scenes, narration="One window is lit. A night of patience.")
    assert narrations(before) == {WHOLE: "One window is lit. A night of patience."}
    assert sum(lengths(fit_narration(before, {WHOLE: 20.0}))) == pytest.approx(21, abs=1 / 24)
    assert fit_narration(before, {WHOLE: 9.0}) is before
    short = board(scenes=scenes, narration="One window is lit.", duration_seconds=10)
    with pytest.raises(InvalidInput) as refused:
        fit_narration(short, {WHOLE: 9.5})
    assert "takes 10.5 s with its pauses, and the video lasts 10 s" in str(refused.value)


def test_a_storyboard_is_not_changed_but_checked() -> None:
    storyboard = board()
    check_narration(storyboard, {0: 1.0})
    with pytest.raises(InvalidInput) as refused:
        check_narration(storyboard, {1: 30.0})
    assert str(refused.value).startswith("scenes[1].narration: takes 30.5 s")
    with pytest.raises(InvalidInput):
        check_narration(storyboard, {WHOLE: 30.0})


def test_after_a_hosted_voice_has_spoken_scenes_become_longer() -> None:
    storyboard = board()
    longer = lengthened(storyboard, {1: 30.0})
    assert longer.scenes[1].duration_seconds == pytest.approx(30.5, abs=1 / 24)
    assert lengthened(storyboard, {1: 0.5}) is storyboard
    assert sum(lengths(lengthened(storyboard, {WHOLE: 30.0}))) == pytest.approx(31, abs=1 / 24)


def test_narration_is_of_the_video_or_of_its_scenes() -> None:
    with pytest.raises(InvalidInput) as refused:
        board(narration="One window is lit.")
    assert "narration: is of the video or of its scenes; remove one of them" in str(refused.value)


def test_briefs_and_storyboards_without_a_voice_are_written_as_before() -> None:
    document = Brief(prompt=PROMPT).model_dump(mode="json")
    assert {"voice", "captions", "narration"} & set(document) == set()


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("auto", True), ("karaoke", True), ("/etc/passwd", False), ("words.srt", False)],
)
def test_a_service_opens_no_file_as_captions(value: str, allowed: bool) -> None:
    from lotus.server.calls.sources import _is_allowed
    from lotus.store.uploads import sources_in

    document = board(captions=value).model_dump(mode="json")
    assert ("brief.captions", value) in [*sources_in(document)]
    assert _is_allowed("brief.captions", value) is allowed
