"""Briefs, storyboards and timelines: what they are by default, what they refuse, and how they
travel.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from lotus.documents.brief import CAMERAS, LIMITS, Brand, Brief, SceneRequest, frame_size
from lotus.documents.scene import Look, Scene, Transition
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Caption, Overlay, Timeline, TimelineClip
from lotus.errors import InvalidInput

PROMPT = "A small coffee roaster opens at dawn"
CLIPS = (TimelineClip(source="a.mp4", duration_seconds=2),)
texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=10, max_size=80
)


def _brief(**changes: Any) -> Brief:
    return Brief(**{"prompt": PROMPT, **changes})


def _scene(seconds: float = 2.0, **changes: Any) -> Scene:
    return Scene(description="A cup", duration_seconds=seconds, **changes)


def _board(*scenes: Scene) -> Storyboard:
    return Storyboard(brief=_brief(), look=Look(style="cinematic"), scenes=scenes)


def test_a_prompt_is_enough_for_a_brief() -> None:
    brief = _brief()
    assert (brief.kind, brief.aspect_ratio, brief.size) == ("ad", "16:9", (1280, 720))
    assert brief.fps == 24
    assert (brief.soundtrack, brief.seed, brief.style) == ("calm", 0, "cinematic")


@pytest.mark.parametrize(
    ("aspect", "resolution", "size"),
    [
        ("16:9", "720p", (1280, 720)),
        ("16:9", "1080p", (1920, 1080)),
        ("9:16", "720p", (720, 1280)),
        ("9:16", "1080p", (1080, 1920)),
        ("1:1", "720p", (720, 720)),
        ("1:1", "1080p", (1080, 1080)),
    ],
)
def test_the_short_side_is_what_the_resolution_says(
    aspect: Any, resolution: Any, size: tuple[int, int]
) -> None:
    assert frame_size(aspect, resolution) == size


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        (24, 24),
        ("25", 25),
        (29.97, Fraction(29.97).limit_denominator(1001)),
        ("30000/1001", Fraction(30000, 1001)),
    ],
)
def test_frame_rates_are_fractions(written: Any, rate: Fraction) -> None:
    assert _brief(fps=written).fps == rate


@pytest.mark.parametrize("written", [0, 0.5, 121, -24, "fast", "24/0", "nan", float("inf")])
def test_impossible_frame_rates_are_refused(written: Any) -> None:
    with pytest.raises(InvalidInput):
        _brief(fps=written)


@pytest.mark.parametrize(
    "wrong",
    [
        {"prompt": "short"},
        {"prompt": "x" * 2001},
        {"prompt": PROMPT + "\x00"},
        {"prompt": PROMPT + "\x1b[31m"},
        {"duration_seconds": 4.9},
        {"duration_seconds": 60.1},
        {"duration_seconds": float("nan")},
        {"aspect_ratio": "4:3"},
        {"style": "s" * 61},
        {"seed": -1},
        {"seed": 2**31},
        {"cta": "c" * 81},
        {"brand": {"name": ""}},
        {"brand": {"name": "B", "colors": ["red"]}},
        {"brand": {"name": "B", "colors": ["#000000"] * 6}},
        {"audio": "track.wav"},
        {"kind": "music_video"},
        {"kind": "music_video", "audio": "a.wav", "music": "calm"},
        {"scenes": [{"description": "a", "duration_seconds": 20}]},
        {"scenes": [{"description": "a"}] * 11},
        {"scenes": [{"description": "a", "start_seconds": 1}]},
        {"durration_seconds": 10},
    ],
    ids=lambda wrong: ",".join(wrong),
)
def test_a_brief_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Brief.model_validate({"prompt": PROMPT, **wrong})


@pytest.mark.parametrize("kind", LIMITS)
def test_the_limits_of_a_kind_are_allowed_themselves(kind: Any) -> None:
    more = {"audio": "a.wav"} if kind == "music_video" else {}
    for seconds in (LIMITS[kind].min_seconds, LIMITS[kind].max_seconds):
        assert _brief(kind=kind, duration_seconds=seconds, **more).duration_seconds == seconds


def test_scenes_may_fill_the_length_exactly() -> None:
    scenes = [SceneRequest(description="a", duration_seconds=5)] * 3
    assert len(_brief(duration_seconds=15, scenes=scenes).scenes) == 3


def test_silence_can_be_asked_for() -> None:
    assert _brief(music="none").soundtrack is None
    assert _brief(kind="music_video", audio="a.wav").soundtrack == "a.wav"


@pytest.mark.parametrize(
    "model",
    [_brief(), Brand(name="B"), _scene(), CLIPS[0], Caption(text="t", end_seconds=1)],
    ids=type,
)
def test_data_does_not_change(model: BaseModel) -> None:
    name = next(iter(type(model).model_fields))
    with pytest.raises(InvalidInput, match="cannot be changed"):
        setattr(model, name, None)


@given(prompt=texts, style=st.sampled_from(["noir", "cinematic"]), seed=st.integers(0, 2**31 - 1))
def test_a_brief_is_the_same_after_json(prompt: str, style: str, seed: int) -> None:
    try:
        brief = Brief(prompt=prompt, style=style, seed=seed, fps=Fraction(30000, 1001))
    except InvalidInput:
        assert len(prompt.strip()) < 10
        return
    assert Brief.model_validate_json(brief.model_dump_json()) == brief


def test_a_storyboard_and_a_timeline_are_the_same_after_json() -> None:
    board = _board(_scene(transition=Transition(kind="dissolve", duration_seconds=0.5)), _scene())
    assert Storyboard.model_validate_json(board.model_dump_json()) == board
    timeline = Timeline(fps=Fraction(24000, 1001), clips=CLIPS)
    assert Timeline.model_validate_json(timeline.model_dump_json()) == timeline


@pytest.mark.parametrize("model", [Brief, Storyboard, Timeline])
def test_the_schema_is_json_and_closed(model: type[BaseModel]) -> None:
    schema = json.loads(json.dumps(model.model_json_schema()))
    assert schema["additionalProperties"] is False


def test_a_storyboards_length_is_the_sum_of_its_scenes() -> None:
    fade = Transition(kind="dissolve", duration_seconds=1)
    assert _board(_scene(2, transition=fade), _scene(3)).duration_seconds == 5


def test_a_transition_longer_than_the_next_scene_is_refused() -> None:
    fade = Transition(kind="dissolve", duration_seconds=2.5)
    with pytest.raises(InvalidInput, match=r"scenes\[0\]\.transition: 2\.5 s is longer than"):
        _board(_scene(3, transition=fade), _scene(2))


def test_a_storyboard_of_another_version_is_refused() -> None:
    document = {**_board(_scene()).model_dump(mode="json"), "version": 3}
    with pytest.raises(InvalidInput):
        Storyboard.model_validate(document)


@pytest.mark.parametrize("camera", CAMERAS)
def test_every_camera_is_one_of_a_scene_a_request_and_a_clip(camera: Any) -> None:
    assert _scene(camera=camera).camera == camera
    assert SceneRequest(description="a", camera=camera).camera == camera
    assert TimelineClip(source="a", camera=camera).camera == camera


@pytest.mark.parametrize(
    "wrong",
    [
        {"end_seconds": 1.0, "duration_seconds": 1.0},
        {"start_seconds": 2.0, "end_seconds": 2.0},
        {"start_seconds": -1.0},
        {"speed": 0.0},
        {"speed": 11.0},
        {"volume": -0.1},
        {"volume": float("inf")},
        {"duration_seconds": 0.0},
    ],
    ids=str,
)
def test_a_clip_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput):
        TimelineClip.model_validate({"source": "a.mp4", **wrong})


@pytest.mark.parametrize("kind", [Caption, Overlay])
def test_what_lies_over_the_picture_ends_after_it_starts(kind: type[BaseModel]) -> None:
    document = {"text": "t"} if kind is Caption else {"source": "a.png"}
    with pytest.raises(InvalidInput, match=r"end_seconds: 1 is not after start_seconds 1"):
        kind.model_validate({**document, "start_seconds": 1, "end_seconds": 1})


@pytest.mark.parametrize(
    "wrong",
    [{"width": 641}, {"height": 0}, {"clips": ()}, {"background": "black"}, {"fps": 0}],
    ids=str,
)
def test_a_timeline_that_cannot_be_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        Timeline.model_validate({"fps": 24, "clips": CLIPS, **wrong})
