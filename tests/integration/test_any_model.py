"""Models that are not in the catalogue: read from their schema, reviewed, and used."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.errors import InvalidInput
from lotus.models.catalog import read_catalog
from lotus.models.facts import Facts
from lotus.models.schema import compare
from tests.driving import inside
from tests.paying import balanced, make_clips, planned, video_of, workspace_for
from tests.replicate_server import Replicate

VERSION = "a" * 64


def page(required: tuple[str, ...] = ("prompt",), **inputs: Any) -> dict[str, Any]:
    """A model's page as Replicate gives it, enums apart as Cog writes them."""
    properties: dict[str, Any] = {
        "prompt": {"type": "string", "title": "Prompt"},
        "negative_prompt": {"type": "string"},
        "image": {"type": "string", "format": "uri"},
        "end_image": {"type": "string", "format": "uri"},
        "reference_images": {"type": "array", "items": {"type": "string", "format": "uri"}},
        "duration": {"allOf": [{"$ref": "#/components/schemas/duration"}], "default": 5},
        "resolution": {"allOf": [{"$ref": "#/components/schemas/resolution"}]},
        "aspect_ratio": {"allOf": [{"$ref": "#/components/schemas/aspect_ratio"}]},
        "seed": {"type": "integer"},
        "generate_audio": {"type": "boolean", "default": True},
        "guidance": {"type": "number", "minimum": 0, "maximum": 10, "default": 3},
        **inputs,
    }
    schemas = {
        "Input": {"type": "object", "properties": properties, "required": list(required)},
        "duration": {"type": "integer", "enum": [5, 10]},
        "resolution": {"type": "string", "enum": ["480p", "720p"]},
        "aspect_ratio": {"type": "string", "enum": ["16:9", "1:1", "21:9"]},
    }
    openapi = {"components": {"schemas": schemas}}
    return {
        "url": "https://replicate.com/somebody/new-video",
        "owner": "somebody",
        "name": "new-video",
        "description": "Moves  things",
        "is_official": False,
        "latest_version": {"id": VERSION, "openapi_schema": openapi},
    }


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A catalogue file of one's own, which is not there yet."""
    path = tmp_path / "models.toml"
    monkeypatch.delenv("LOTUS_MODELS", raising=False)
    return path


def test_a_model_is_added_from_its_schema(replicate: Replicate, own: Path) -> None:
    replicate.schemas["somebody/new-video"] = page()
    price = "--price=video_output_duration_seconds=0.05"
    said = inside("models", "add", "somebody/new-video", price, "--file", str(own))
    assert said.code == 0, said.error
    model = read_catalog(own).model("somebody/new-video")
    assert model.version == VERSION
    assert model.tasks == ("text-to-video",)
    assert model.lengths == (5, 10)
    assert model.aspect_ratios == ("16:9", "1:1")
    assert not model.sources.confirmed
    facts = Facts(
        prompt="tea",
        seconds=3,  # type: ignore[arg-type]
        aspect_ratio="1:1",
        resolution="1080p",
        seed=7,
        first_frame="https://x/a.png",
        reference_images=("https://x/b.png",),
    )
    assert model.inputs(facts) == {
        "prompt": "tea",
        "image": "https://x/a.png",
        "reference_images": ["https://x/b.png"],
        "duration": 5,
        "resolution": "720p",
        "aspect_ratio": "1:1",
        "seed": 7,
        "generate_audio": False,
    }
    assert model.price(facts) == Decimal("0.25")


def test_nothing_is_written_twice_or_without_a_price(replicate: Replicate, own: Path) -> None:
    replicate.schemas["somebody/new-video"] = page()
    add = ("models", "add", "somebody/new-video", "--file", str(own))
    said = inside(*add)
    assert said.code == 2
    assert "--price METRIC=USD" in said.error
    assert not own.exists()
    assert inside(*add, "--price", "video_output_count=0.3").code == 0
    text = own.read_text()
    again = inside(*add, "--price", "video_output_count=0.3")
    assert again.code == 2
    assert "is in the catalogue already" in again.error
    assert own.read_text() == text


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--price", "video=0.3"), "'video=0.3' is not a price"),
        (("--price", "video_output_count=much"), "is not a price"),
    ],
)
def test_a_price_that_is_none_is_refused(
    args: tuple[str, ...], said: str, replicate: Replicate, own: Path
) -> None:
    result = inside("models", "add", "somebody/new-video", "--file", str(own), *args)
    assert (result.code, said in result.error) == (2, True)


def test_an_unknown_model_says_how_to_add_it() -> None:
    said = inside("estimate", "a harbour at dawn", "--model", "somebody/new-video")
    assert said.code == 2
    assert "`lotus models add somebody/new-video`" in said.error


def test_a_deployment_is_named_and_used(
    replicate: Replicate, server: Replicate, home: Path, own: Path
) -> None:
    name = "prunaai/p-video"
    server.schemas[name] = page(aspect_ratio={"type": "string", "enum": ["1:1", "16:9"]})
    server.deployments["me/fast"] = (name, VERSION)
    said = inside(
        "models",
        "add",
        "me/fast",
        "--price",
        "video_output_duration_seconds=0.02",
        "--file",
        str(own),
    )
    assert said.code == 0, said.error
    workspace = workspace_for(server, home, LOTUS_MODELS=own)
    make_clips(workspace, video_of(1), model="fast")
    assert server.calls["deployment_create"] == 1
    assert server.created == 1
    [plan] = planned(workspace, video_of(1), "fast")
    assert plan.cached


def test_a_field_of_the_scene_may_be_any_fact(server: Replicate, home: Path, own: Path) -> None:
    own.write_text(
        """
[models.moves]
like = "p-video"
takes.camera_move = { type = "string", fact = "camera", as = { static = "locked" } }
"""
    )
    workspace = workspace_for(server, home, LOTUS_MODELS=own)
    [plan] = planned(workspace, video_of(1), "moves")
    assert plan.request.inputs["camera_move"] == "locked"
    make_clips(workspace, video_of(1), model="moves")
    [made] = server.account.made.values()
    assert made.input["camera_move"] == "locked"
    assert balanced(workspace, server)


def test_a_fact_that_no_scene_has_is_refused(own: Path) -> None:
    own.write_text(
        """
[models.moves]
like = "p-video"
takes.camera_move = { type = "string", fact = "kamera" }
"""
    )
    with pytest.raises(InvalidInput, match="no scene has a fact 'kamera'; did you mean 'camera'"):
        read_catalog(own)


# --- what has changed since
# ------------------------------------------------------------------------


TODAY = date(2026, 11, 28)


def drifted(**inputs: Any) -> list[str]:
    """What is said of p-video when its schema has become this."""
    model = read_catalog().model("p-video")
    own = {
        name: {"type": "string", "format": "uri"}
        if take.type == "uri"
        else {"type": take.type, **({"enum": list(take.enum)} if take.enum else {})}
        for name, take in model.takes.items()
    }
    schema = page(**{**own, **inputs})["latest_version"]["openapi_schema"]
    for name in [name for name, one in inputs.items() if one is None]:
        del schema["components"]["schemas"]["Input"]["properties"][name]
    return compare(model, schema, TODAY)


def test_a_schema_that_is_as_it_was_is_not_named() -> None:
    assert drifted() == []


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        ({"draft": None}, "the input draft is gone"),
        ({"seed": {"type": "string"}}, "seed is of type string, not integer"),
        ({"resolution": {"type": "string", "enum": ["720p"]}}, "resolution no longer takes 1080p"),
        (
            {"duration": {"type": "integer", "maximum": 8}},
            "duration takes nothing above 8 (here 20)",
        ),
    ],
)
def test_what_changed_is_said_in_a_line(inputs: dict[str, Any], line: str) -> None:
    assert drifted(**inputs) == [line]


def test_an_old_price_is_named() -> None:
    model = read_catalog().model("p-video")
    assert model.sources.checked is not None
    later = model.sources.checked + timedelta(days=91)
    schema = page()["latest_version"]["openapi_schema"]
    assert "its price was read 91 days ago" in compare(model, schema, later)


def test_the_command_compares_every_model(replicate: Replicate) -> None:
    replicate.schemas["prunaai/p-video"] = page()
    said = inside("models", "check", "p-video")
    assert said.code == 0
    assert "the input prompt_upsampling is gone" in said.out
    document = inside("models", "check", "kling-v2.6", "--json").json
    assert list(document["models"]) == ["kling-v2.6"]
    assert document["models"]["kling-v2.6"][0].startswith("not compared: ")
