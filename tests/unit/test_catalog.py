"""The catalogue: every scene that a model can make becomes inputs that it takes, at a price that is
exact.
"""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lotus.checks.models import catalogue, stale
from lotus.errors import InputError, InvalidInput, UnknownName
from lotus.models.catalog import TASKS, Catalog, Facts, Model, Task, read_catalog
from lotus.models.facts import FACTS
from lotus.settings import Settings

CATALOG = read_catalog()
MODELS = list(CATALOG.models.values())
PICTURE = "https://example.com/first.png"
KINDS: dict[str, Any] = {"string": str, "uri": str, "uris": list, "boolean": bool, "integer": int}


def scenes(model: Model, task: Task) -> list[Facts]:
    """Every combination of facts inside the model's limits, lengths at and between those it can
    make.
    """
    lengths = model.lengths if len(model.lengths) < 12 else model.lengths[:2] + model.lengths[-2:]
    between = [length - Fraction(1, 24) for length in lengths]
    start = [PICTURE] if task in ("image-to-video", "upscale") else [None, PICTURE]
    choices: dict[str, list[Any]] = {
        "prompt": ["a cup of coffee", "x" * (model.prompt_chars or 2000)],
        "system": [None, "answer in JSON"],
        "max_tokens": [1, 4000],
        "voice": [None, "Calm_Woman"],
        "seconds": [Fraction(1, 24), *between, *lengths],
        "fps": [Fraction(24), Fraction(30000, 1001)],
        "seed": [0, 2**31 - 1],
        "aspect_ratio": list(model.aspect_ratios),
        "resolution": ["720p", "1080p"],
        "first_frame": start,
        "reference_images": [(), (PICTURE, PICTURE)],
        "scale": [Fraction(2), Fraction(3, 2)],
        "video": [PICTURE],
        "audio": [PICTURE],
    }
    names = FACTS[task]
    return [
        Facts(**dict(zip(names, values, strict=True)))
        for values in itertools.product(*(choices[name] for name in names))
    ]


def fits(model: Model, inputs: dict[str, Any]) -> None:
    """What Replicate checks against a model's schema."""
    for name, spec in model.takes.items():
        assert name in inputs or not spec.required, f"{name} is missing"
    for name, value in inputs.items():
        spec = model.takes[name]
        assert isinstance(value, KINDS.get(spec.type, (int, float))), (name, value)
        assert spec.type == "boolean" or not isinstance(value, bool)
        assert not spec.enum or value in spec.enum
        assert spec.minimum is None or value >= spec.minimum
        assert spec.maximum is None or value <= spec.maximum
        assert spec.unless not in inputs


@pytest.mark.parametrize(
    ("model", "task"),
    [(m, t) for m in MODELS for t in m.tasks],
    ids=lambda x: getattr(x, "name", x),
)
def test_every_scene_inside_its_limits_becomes_inputs_that_fit_and_has_one_price(
    model: Model, task: Task
) -> None:
    for facts in scenes(model, task):
        inputs = model.inputs(facts)
        fits(model, inputs)
        if not model.prices:
            assert not model.knows_price(facts)
            continue
        applied = Counter(price.metric for price in model.prices if price.applies(inputs))
        assert applied, inputs
        assert set(applied.values()) == {1}
        assert model.price(facts) >= 0


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_no_fact_is_lost_without_saying_so(model: Model) -> None:
    mapped = {taken.fact for taken in model.takes.values()}
    for task in model.tasks:
        for fact in FACTS[task]:
            assert fact in mapped or fact in model.ignores
    assert mapped.isdisjoint(model.ignores)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_a_model_says_where_its_facts_are_from_and_what_is_not_confirmed(model: Model) -> None:
    for address in (model.sources.inputs, model.sources.price):
        assert address.startswith(
            ("https://replicate.com/" + model.replicate, "https://replicate.com/pricing")
        )
    assert model.sources.confirmed or model.sources.note
    assert not model.sources.confirmed or model.sources.checked
    assert model.licence
    assert model.about


def test_there_are_models_for_every_task_and_each_default_is_one_of_them() -> None:
    wanted = {"text-to-video": 2, "image-to-video": 2, "text-to-image": 2}
    for task in TASKS:
        assert len(CATALOG.of(task)) >= wanted.get(task, 1)
        assert task in CATALOG.default(task).tasks
    assert len([m for m in MODELS if m.tasks[0] == "image-to-video"]) >= 2


def test_the_default_model_makes_every_shape_and_is_cheap() -> None:
    model = CATALOG.default("text-to-video")
    assert set(model.aspect_ratios) == {"16:9", "9:16", "1:1"}
    assert model.price(facts(5)) <= Decimal("0.10")


def facts(seconds: float, **changes: Any) -> Facts:
    base: dict[str, Any] = {
        "prompt": "a cup of coffee",
        "seconds": Fraction(seconds),
        "seed": 7,
        "aspect_ratio": "16:9",
        "resolution": "720p",
    }
    return Facts(**{**base, **changes})


@pytest.mark.parametrize(
    ("name", "asked", "price"),
    [
        ("p-video", facts(3.2), "0.080000"),  # 4 s at $0.02
        ("p-video", facts(5, resolution="1080p"), "0.200000"),
        ("p-video-draft", facts(5), "0.025000"),
        ("wan-2.2-t2v-fast", facts(3), "0.100000"),  # by the video, whatever its length
        ("kling-v2.6", facts(5.5), "0.700000"),  # 10 s at $0.07
        ("kling-v2.1", facts(5, first_frame=PICTURE, resolution="1080p"), "0.450000"),
        ("veo-3-fast", facts(4.5), "0.600000"),  # 6 s at $0.10
        ("flux-schnell", Facts(prompt="tea", aspect_ratio="1:1"), "0.003000"),
        ("speech-02-turbo", Facts(prompt="x" * 1000), "0.060000"),
        ("gpt-5-mini", Facts(prompt="x" * 4000, max_tokens=1000), "0.002500"),
    ],
)
def test_a_price_is_exact_to_six_places(name: str, asked: Facts, price: str) -> None:
    assert str(CATALOG.model(name).price(asked)) == price


@pytest.mark.parametrize(
    ("name", "seconds", "sent"),
    [("p-video", 3.01, 4), ("p-video", 4, 4), ("kling-v2.6", 5.01, 10), ("veo-3-fast", 0.5, 4)],
)
def test_the_smallest_length_that_is_long_enough_is_asked_for(
    name: str, seconds: float, sent: int
) -> None:
    assert CATALOG.model(name).inputs(facts(seconds))["duration"] == sent


def test_a_length_can_be_told_as_a_number_of_frames() -> None:
    model = CATALOG.model("wan-2.2-t2v-fast")
    assert [model.inputs(facts(s))["num_frames"] for s in (1, 5.1, 7.5625)] == [81, 85, 121]
    assert all(round(length * 16) % 4 == 1 for length in model.lengths)


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        (
            "p-video",
            facts(10.5),
            "model p-video: duration_seconds: 10.5 s is more than the 10 s it makes",
        ),
        ("veo-3-fast", facts(4, aspect_ratio="1:1"), "aspect_ratio: 1:1 is not one of 16:9, 9:16"),
        (
            "kling-v2.1",
            facts(5),
            "first_frame: the model needs one; give the brief a reference picture",
        ),
        (
            "speech-02-turbo",
            Facts(prompt="x" * 5001),
            "prompt: 5001 characters are more than the 5000",
        ),
        (
            "real-esrgan",
            Facts(first_frame=PICTURE, scale=Fraction(11)),
            "model real-esrgan: scale: 11 is more than 10",
        ),
    ],
)
def test_what_a_model_cannot_make_is_refused_in_one_line(
    name: str, asked: Facts, said: str
) -> None:
    with pytest.raises(InvalidInput, match="model " + name) as caught:
        CATALOG.model(name).inputs(asked)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_bill_goes_by_what_the_prediction_counted() -> None:
    video = CATALOG.model("p-video")
    words = CATALOG.model("gpt-5-mini")
    asked = Facts(prompt="x" * 4000, max_tokens=1000)
    assert video.billed(
        {"video_output_duration_seconds": 5.0, "predict_time": 9.1}, facts(5)
    ) == Decimal("0.1")
    assert video.billed({"predict_time": 9.1}, facts(5)) == video.price(facts(5))
    counted = {"token_input_count": 812, "token_output_count": 640, "video_output_count": True}
    assert words.billed(counted, asked) == Decimal("0.001483")
    esrgan = CATALOG.model("real-esrgan")
    # 5625 up
    assert esrgan.billed({"predict_time": 2.5}, Facts(first_frame=PICTURE)) == Decimal("0.000563")


def test_a_misspelt_model_is_named_with_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean 'p-video'"):
        CATALOG.model("p-vidoe")
    assert CATALOG.model("prunaai/p-video").name == "p-video"
    with pytest.raises(InvalidInput, match="is for text-to-image, not for text-to-video; use one"):
        CATALOG.model("flux-schnell", "text-to-video")


def own(text: str, name: str = "mine.toml") -> Catalog:
    Path(name).write_text(text)
    return read_catalog(Path(name))


ADDED = """
[defaults]
text-to-video = "dream"
[models.dream]
like = "p-video"
replicate = "me/dream"
official = false
version = "%s"
prices = [{ metric = "predict_time", usd = "0.001525" }]
typical_seconds = 60
[models.veo-3-fast]
prices = [{ metric = "video_output_duration_seconds", usd = "0.08" }]
takes.resolution = { type = "string", value = "1080p" }
ignores = ["fps", "reference_images", "resolution"]
""" % ("a" * 64)


def test_a_file_of_ones_own_adds_models_and_replaces_fields() -> None:
    catalog = own(ADDED)
    dream = catalog.default("text-to-video")
    assert (dream.name, dream.replicate, dream.version) == ("dream", "me/dream", "a" * 64)
    assert dream.inputs(facts(3)) == CATALOG.model("p-video").inputs(facts(3))
    assert dream.price(facts(3)) == Decimal("0.0915")
    veo = catalog.model("veo-3-fast")
    assert veo.price(facts(4)) == Decimal("0.32")
    assert veo.inputs(facts(4))["resolution"] == "1080p"
    assert set(CATALOG.models) < set(catalog.models)


def test_a_request_that_no_price_covers_is_refused_rather_than_free() -> None:
    price = "{ metric = 'video_output_count', usd = '1', when = { resolution = '4k' } }"
    model = own(f"[models.p-video]\nprices = [{price}]").model("p-video")
    with pytest.raises(InvalidInput, match="prices: none of its prices applies"):
        model.price(facts(3))


def test_a_file_of_ones_own_may_be_yaml() -> None:
    catalog = own("models:\n  tea:\n    like: flux-schnell\n    replicate: me/tea\n", "mine.yaml")
    assert catalog.model("me/tea").price(Facts(prompt="tea")) == Decimal("0.003")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[models.x]\nlike = 'p-vido'", "no model 'p-vido'; did you mean 'p-video'?"),
        (
            "[models.x]\nreplicate = 'a/b'",
            "mine.toml: models.x.tasks: field required; add the field",
        ),
        (
            "[models.p-video]\nprise = 1",
            "models.p-video.prise: is not a field; did you mean 'prices'?",
        ),
        (
            "[models.p-video.takes]\nduration = { type = 'integer', fact = 'seconds', minimun = 1 "
            "}",
            "models.p-video.takes.duration.minimun: is not a field; did you mean 'minimum'?",
        ),
        ("[models.p-video.takes]\nseed = { type = 'integer' }", "has either a fact or a value"),
        (
            "[models.p-video.takes]\nseed = { type = 'integer', fact = 'seed', unless = 'imag' }",
            "models.p-video.takes: there is no input 'imag' to replace it",
        ),
        (
            "[models.p-video]\nignores = []",
            "models.p-video.takes: no input has the fact fps; map it",
        ),
        (
            "[models.p-video]\nversion = '%s'" % ("a" * 64),
            "version: pin one, or write official = true",
        ),
        (
            "[models.p-video]\nprices = [{ metric = 'runs', usd = '1' }]",
            "no metric is called 'runs'",
        ),
        (
            "[models.p-video]\nprices = [{ metric = 'predict_time', usd = '-1' }]",
            "prices[0].usd: '-1'",
        ),
        ("[models.p-video]\nseconds = { from = 1 }", "seconds: write { from, to, step } or { only"),
        ("[p-video]\nfps = 1", "mine.toml: p-video: is not a field; write [models.p-video]"),
        ("models = 3", "mine.toml: models: has no fields; write [models]"),
        ("[models]\nx = 3", "mine.toml: models.x: has no fields; write [models.x]"),
        ("[defaults]\nmovie = 'p-video'", "no task 'movie'"),
        ("[defaults]\nmusic = 'p-video'", "defaults.music: 'p-video' does not do music; use"),
        ("[models", "mine.toml: is not TOML"),
    ],
)
def test_what_is_wrong_in_it_is_said_in_one_line(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        own(text)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_facts_that_were_read_long_ago_are_named() -> None:
    checked = CATALOG.model("p-video").sources.checked
    assert checked is not None
    assert "p-video" not in stale(CATALOG, checked + timedelta(days=90))
    assert "p-video" in stale(CATALOG, checked + timedelta(days=91))
    assert "gpt-5-mini" in stale(CATALOG, checked)  # nobody knows when its price was read


def test_the_doctor_warns_of_old_facts() -> None:
    finding = catalogue(Settings(LOTUS_MODELS=None))  # type: ignore[call-arg]
    assert finding.status == "warn"
    assert "gpt-5-mini" in finding.detail
    assert "`lotus models check`" in finding.remedy
