"""Plans buy no more than they show, as far as a model's lengths allow it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lotus.composition.assemble import clip_frames
from lotus.documents.brief import LIMITS, Brief, SceneRequest
from lotus.documents.storyboard import Storyboard
from lotus.models.catalog import read_catalog
from lotus.models.prompts import brief_facts
from lotus.planning.planners import plan
from lotus.planning.purchase import Offer, cheapest_counts, nearest_count, offers_of
from tests.unit.test_planning import CARELESS, COFFEE, PROMPTS, RATES

CATALOG = read_catalog()
Prices = Mapping[Fraction, Decimal]


def by_second(*seconds: float, usd: str = "0.07") -> dict[Fraction, Decimal]:
    """The prices of a model that is paid by the second."""
    return {Fraction(one): Decimal(usd) * Decimal(str(one)) for one in seconds}


def planned(brief: Brief, prices: Prices, **more: Any) -> Storyboard:
    return plan(brief, lengths=tuple(prices), prices=prices, **more)


def bought(storyboard: Storyboard, prices: Prices) -> tuple[Decimal, Decimal]:
    """Dollars, and seconds that are bought."""
    lengths = [
        min(one for one in prices if one >= Fraction(frames) / storyboard.brief.fps)
        for frames in clip_frames(storyboard)
    ]
    seconds = sum(lengths, Fraction(0))
    return sum((prices[one] for one in lengths), Decimal(0)), Decimal(float(seconds))


def fewest_dollars(brief: Brief, prices: Prices, seconds: float) -> Decimal:
    """By trying all numbers of scenes and all lengths of their clips."""
    total = round(seconds * brief.fps)
    limits = LIMITS[brief.kind]
    counts = range(limits.min_scenes, min(limits.max_scenes, int(seconds)) + 1)
    return min(
        sum((prices[one] for one in clips), Decimal(0))
        for count in counts
        for clips in combinations_with_replacement(prices, count)
        if sum(int(one * brief.fps) for one in clips) >= total
    )


def test_no_more_is_bought_than_a_fifteen_second_ad_shows() -> None:
    """Where 25 s were: a model of 5 or 10 seconds."""
    prices = by_second(5, 10)
    storyboard = planned(Brief(prompt=COFFEE, duration_seconds=15), prices)
    assert bought(storyboard, prices) == (Decimal("1.05"), 15)
    assert sum(scene.duration_seconds for scene in storyboard.scenes) == 15


MODELS = st.sampled_from(
    [by_second(5, 10), by_second(4, 6, 8), by_second(4, 8, 12), by_second(6), by_second(10, 20)]
)


@CARELESS
@given(
    prompt=PROMPTS, seconds=st.integers(5, 30), rate=RATES, seed=st.integers(0, 9), prices=MODELS
)
def test_an_ad_costs_as_little_as_any_clips_of_the_model_would(
    prompt: str, seconds: int, rate: str, seed: int, prices: Prices
) -> None:
    brief = Brief.model_validate(
        {"prompt": prompt, "duration_seconds": seconds, "fps": rate, "seed": seed}
    )
    storyboard = planned(brief, prices)
    assert bought(storyboard, prices)[0] == fewest_dollars(brief, prices, seconds)
    frames = sum(round(scene.duration_seconds * brief.fps) for scene in storyboard.scenes)
    assert frames == round(seconds * brief.fps)


@pytest.mark.parametrize("model", [one.name for one in CATALOG.of("text-to-video")])
def test_no_model_of_the_catalogue_is_bought_dearer_than_before(model: str) -> None:
    for seconds in (7.5, 15, 30, 60):
        brief = Brief(prompt=COFFEE, duration_seconds=seconds, cta="Come in")
        prices = CATALOG.model(model).length_prices(brief_facts(brief))
        cheap = bought(planned(brief, prices), prices)
        paced = bought(plan(brief, lengths=tuple(prices)), prices)
        assert cheap[0] <= paced[0]


def test_a_model_that_is_paid_by_the_video_is_asked_for_few() -> None:
    prices = dict.fromkeys((Fraction(5), Fraction("7.5")), Decimal("0.10"))
    storyboard = planned(Brief(prompt=COFFEE, duration_seconds=15), prices)
    assert bought(storyboard, prices)[0] == Decimal("0.30")  # an ad has three scenes at least


def test_what_is_bought_anyway_is_used_for_dissolves() -> None:
    prices = by_second(5, 10)
    storyboard = planned(Brief(prompt=COFFEE, duration_seconds=12), prices)
    assert bought(storyboard, prices)[0] == Decimal("1.05")
    assert "dissolve" in {scene.transition.kind for scene in storyboard.scenes}


def test_lengths_that_the_user_gives_are_kept_and_the_rest_is_bought_well() -> None:
    own = (
        SceneRequest(description="Riders set off", duration_seconds=4),
        SceneRequest(description="A map"),
        SceneRequest(description="The canal"),
    )
    brief = Brief(prompt="Weekend bike tours along the canal", duration_seconds=14, scenes=own)
    prices = by_second(5, 10)
    storyboard = planned(brief, prices)
    assert [scene.duration_seconds for scene in storyboard.scenes] == [4, 5, 5]
    assert bought(storyboard, prices) == (Decimal("1.05"), 15)  # one second is of the user's making
    assert storyboard.scenes[0].transition.duration_seconds <= 1


def test_nothing_is_bought_for_the_users_own_clips(tmp_path: Any) -> None:
    own = (SceneRequest(description="Riders", source="a.mp4", duration_seconds=12),)
    brief = Brief(prompt="Weekend bike tours along the canal", duration_seconds=22, scenes=own)
    prices = by_second(5)
    storyboard = planned(brief, prices, source_seconds=[30.0])
    assert storyboard.scenes[0].transition.kind == "dissolve"
    assert [scene.duration_seconds for scene in storyboard.scenes[1:]] == [5, 5]


def test_a_music_video_without_beats_is_bought_well_too() -> None:
    brief = Brief(kind="music_video", prompt="Night drive through a neon city", audio="track.wav")
    prices = by_second(5, 10)
    assert bought(planned(brief, prices, audio_seconds=60), prices)[1] == 60


def test_counts_that_cost_the_same_are_told_apart_by_the_usual_one() -> None:
    offers = offers_of(by_second(1, 2, 3, 4), Fraction(10))
    counts = cheapest_counts(120, offers, range(3, 11))
    assert counts == (3, 4, 5, 6, 7, 8, 9, 10)
    assert nearest_count(counts, 5) == 5
    assert cheapest_counts(500, offers, range(3, 11)) == ()
    assert nearest_count((), 4) == 4


def test_a_length_that_costs_no_less_than_a_longer_one_is_no_offer() -> None:
    prices = {Fraction(4): Decimal("0.5"), Fraction(5): Decimal("0.5"), Fraction(8): Decimal(1)}
    assert offers_of(prices, Fraction(10)) == (Offer(50, Decimal("0.5")), Offer(80, Decimal(1)))


def test_seconds_stand_for_a_price_that_nobody_knows() -> None:
    model = CATALOG.model("kling-v2.6")
    unknown = model.model_copy(
        update={"prices": (model.prices[0].model_copy(update={"metric": "predict_time"}),)}
    )
    brief = Brief(prompt=COFFEE)
    assert unknown.length_prices(brief_facts(brief)) == {Fraction(5): 5, Fraction(10): 10}
    assert model.length_prices(brief_facts(brief))[Fraction(5)] == Decimal("0.35")
