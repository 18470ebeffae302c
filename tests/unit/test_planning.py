"""The template planner: whole frames, lengths kept, captions that can be read, the user's own
words.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lotus.composition.assemble import clip_frames
from lotus.documents.brief import LIMITS, Brief, SceneRequest
from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, UnknownName
from lotus.planning.planners import plan

COFFEE = (
    "A small coffee roaster opens at dawn in a harbour town. Steam, warm light, hands pouring the "
    "first cup, "
    "a regular smiling. End on the bag with the logo."
)
WORDS = st.sampled_from(
    [
        "café",
        "夜明けの港",
        "コーヒー",
        "قهوة الصباح",
        "dawn.",
        "Hände,",
        "☕",
        "река;",
        "서울",
        "light",
        "धूप।",
    ]
)
PROMPTS = (
    st.lists(WORDS, min_size=4, max_size=60).map(" ".join).filter(lambda text: len(text) >= 10)
)
RATES = st.sampled_from(["24", "25", "30", "30000/1001"])
CARELESS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@CARELESS
@given(
    prompt=PROMPTS,
    seconds=st.integers(5, 60),
    rate=RATES,
    seed=st.integers(0, 99),
    cta=st.booleans(),
)
def test_an_ad_has_the_length_that_was_asked_for_in_whole_frames(
    prompt: str, seconds: int, rate: str, seed: int, cta: bool
) -> None:
    brief = Brief.model_validate(
        {
            "prompt": prompt,
            "duration_seconds": seconds,
            "fps": rate,
            "seed": seed,
            "cta": "Now" if cta else None,
        }
    )
    storyboard = plan(brief)
    frames = [scene.duration_seconds * brief.fps for scene in storyboard.scenes]
    assert all(abs(count - round(count)) < 1e-6 for count in frames)
    assert sum(round(count) for count in frames) == round(Fraction(seconds) * brief.fps)
    limits = LIMITS["ad"]
    assert limits.min_scenes <= len(storyboard.scenes) <= limits.max_scenes
    assert storyboard.scenes[0].role == "opening"
    assert storyboard.scenes[-1].role == "closing"
    for scene, after in zip(storyboard.scenes, storyboard.scenes[1:], strict=False):
        overlap = scene.transition.duration_seconds
        assert overlap < scene.duration_seconds / 2 + 1e-6
        assert overlap < after.duration_seconds / 2 + 1e-6


@CARELESS
@given(prompt=PROMPTS, seconds=st.integers(5, 60), seed=st.integers(0, 99))
def test_the_same_brief_gives_the_same_storyboard(prompt: str, seconds: int, seed: int) -> None:
    brief = Brief(prompt=prompt, duration_seconds=seconds, seed=seed)
    assert plan(brief) == plan(brief)


@CARELESS
@given(seconds=st.integers(5, 60), seed=st.integers(0, 99))
def test_a_latin_caption_can_be_read_at_twenty_characters_a_second(seconds: int, seed: int) -> None:
    storyboard = plan(Brief(prompt=COFFEE, duration_seconds=seconds, seed=seed))
    for scene in storyboard.scenes:
        if scene.caption:
            assert len(scene.caption) / scene.duration_seconds <= 20


def test_another_seed_makes_another_variation() -> None:
    plans = {
        plan(Brief(prompt=COFFEE, seed=seed)).model_dump_json(exclude={"brief", "look"})
        for seed in range(8)
    }
    assert len(plans) > 1


def test_directions_for_the_end_are_not_shown_on_screen() -> None:
    storyboard = plan(
        Brief.model_validate({"prompt": COFFEE, "brand": {"name": "Aurora"}, "cta": "Order now"})
    )
    assert "End on" not in " ".join(scene.caption or "" for scene in storyboard.scenes)
    assert "bag" in storyboard.scenes[-1].description
    assert storyboard.scenes[-1].caption is None


def test_the_users_scenes_keep_their_order_and_what_they_say() -> None:
    own = (
        SceneRequest(description="Riders set off", duration_seconds=4),
        SceneRequest(description="A map", caption="12 km of quiet paths", camera="zoom_in"),
        SceneRequest(description="Ice cream by the lock"),
    )
    scenes = plan(
        Brief(prompt="Weekend bike tours along the canal", duration_seconds=20, scenes=own)
    ).scenes
    assert [scene.description for scene in scenes[:3]] == [scene.description for scene in own]
    assert scenes[0].duration_seconds == 4
    assert (scenes[1].caption, scenes[1].camera) == ("12 km of quiet paths", "zoom_in")
    assert scenes[0].caption is None


@pytest.mark.parametrize("seconds", [30.0, 61.3, 180.0])
def test_a_music_video_is_cut_over_the_length_of_its_track(seconds: float) -> None:
    brief = Brief(kind="music_video", prompt="Night drive through a neon city", audio="track.wav")
    scenes = plan(brief, audio_seconds=seconds).scenes
    assert sum(round(scene.duration_seconds * 24) for scene in scenes) == round(seconds * 24)
    assert 6 <= len(scenes) <= 40
    assert {scene.transition.kind for scene in scenes} == {"cut"}


def test_a_track_that_is_too_short_is_refused() -> None:
    brief = Brief(kind="music_video", prompt="Night drive through a neon city", audio="track.wav")
    with pytest.raises(InvalidInput, match="audio"):
        plan(brief, audio_seconds=12)


def test_an_unknown_planner_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownName, match="template"):
        plan(Brief(prompt=COFFEE), planner="templat")


MODELS = st.sampled_from([[5, 10], [4, 6, 8], list(range(1, 11)), [5.0625, 7.5625], [10], [20]])


def clip_seconds(storyboard: Storyboard) -> list[float]:
    """What each clip has to last: its scene, and the overlap with the next."""
    return [float(frames / storyboard.brief.fps) for frames in clip_frames(storyboard)]


@CARELESS
@given(
    prompt=PROMPTS, seconds=st.integers(5, 60), rate=RATES, seed=st.integers(0, 9), lengths=MODELS
)
def test_no_scene_is_planned_longer_than_the_model_makes(
    prompt: str, seconds: int, rate: str, seed: int, lengths: list[float]
) -> None:
    brief = Brief.model_validate(
        {"prompt": prompt, "duration_seconds": seconds, "fps": rate, "seed": seed}
    )
    storyboard = plan(brief, lengths=[Fraction(length) for length in lengths])
    assert max(clip_seconds(storyboard)) <= max(lengths)
    assert sum(round(s.duration_seconds * brief.fps) for s in storyboard.scenes) == round(
        seconds * brief.fps
    )


@pytest.mark.parametrize("lengths", [[5, 10], [4, 6, 8]])
def test_a_music_video_is_cut_to_the_model_too(lengths: list[int]) -> None:
    brief = Brief(kind="music_video", prompt="Night drive through a neon city", audio="track.wav")
    storyboard = plan(brief, audio_seconds=180, lengths=[Fraction(length) for length in lengths])
    assert max(clip_seconds(storyboard)) <= max(lengths)


def test_scenes_are_kept_below_a_length_that_costs_twice() -> None:
    brief = Brief(prompt=COFFEE, duration_seconds=15)
    storyboard = plan(brief, lengths=[Fraction(5), Fraction(10)])
    assert max(clip_seconds(storyboard)) <= 5


def test_without_a_model_a_plan_is_as_it_was() -> None:
    brief = Brief(prompt=COFFEE, duration_seconds=60)
    assert plan(brief, lengths=()) == plan(brief)
    assert plan(brief, lengths=[Fraction(60)]) == plan(brief)


def test_scenes_of_the_users_leave_room_for_more_of_what_the_model_makes() -> None:
    own = (
        SceneRequest(description="Riders set off", duration_seconds=4),
        SceneRequest(description="A map"),
    )
    brief = Brief(prompt="Weekend bike tours along the canal", duration_seconds=30, scenes=own)
    storyboard = plan(brief, lengths=[Fraction(5)])
    assert max(clip_seconds(storyboard)) <= 5
    assert sum(scene.duration_seconds for scene in storyboard.scenes) == pytest.approx(30)


def test_a_scene_of_the_users_that_the_model_cannot_make_is_refused() -> None:
    own = (SceneRequest(description="Riders set off", duration_seconds=12),)
    brief = Brief(prompt="Weekend bike tours along the canal", duration_seconds=20, scenes=own)
    with pytest.raises(
        InvalidInput, match=r"scenes\[0\].duration_seconds: 12 s is more than the 9.38 s"
    ):
        plan(brief, lengths=[Fraction(10)])
    footage = brief.model_copy(update={"scenes": (own[0].model_copy(update={"source": "a.mp4"}),)})
    assert (
        plan(footage, lengths=[Fraction(10)], source_seconds=[30.0]).scenes[0].duration_seconds
        == 12
    )


def test_a_video_that_no_number_of_clips_can_fill_is_refused() -> None:
    with pytest.raises(InvalidInput, match="duration_seconds: is more than 10 scenes of the 2"):
        plan(Brief(prompt=COFFEE, duration_seconds=60), lengths=[Fraction(3)])
