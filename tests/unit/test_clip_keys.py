"""Keys of clips, held: a storyboard of yesterday finds its clips, whatever scenes can say today."""

from __future__ import annotations

import hashlib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from lotus.composition.assemble import clip_frames
from lotus.documents.storyboard import Storyboard
from lotus.models.catalog import Catalog, read_catalog
from lotus.providers.animatic.provider import Animatic
from lotus.providers.base import Provider
from lotus.providers.replicate.provider import Replicate

# Made by the lotus of November 2026, before storyboards had version 2. Not to be made anew: a key
# that changes makes all users pay again.
CASES = json.loads((Path(__file__).parents[1] / "data" / "clip_keys.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return read_catalog()


# of the same clips' predictions, under which paid files are kept
PREDICTION_KEYS = "30eca05f9b4fbbd6"


class Client:
    """The part of a client that making requests needs."""

    timeout_seconds = 1.0
    max_retries = 1
    webhook = None


def provider(name: str, catalog: Catalog) -> Provider:
    if name == "animatic":
        return Animatic()
    model = catalog.model(name, "text-to-video")
    return Replicate(model, Client(), 0, catalog)  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["storyboard"]["brief"]["prompt"][:20])
def test_a_storyboard_of_yesterday_has_the_keys_of_yesterday(
    case: dict[str, Any], catalog: Catalog
) -> None:
    storyboard = Storyboard.model_validate(case["storyboard"])
    assert storyboard.version == 1
    assert json.loads(storyboard.model_dump_json()) == case["storyboard"]
    frames = clip_frames(storyboard)
    keys = {
        name: [
            provider(name, catalog).request(scene, storyboard, count, lambda path: "").key
            for scene, count in zip(storyboard.scenes, frames, strict=True)
        ]
        for name in case["keys"]
    }
    assert keys == case["keys"]
    assert all(Fraction(count) > 0 for count in frames)


def test_predictions_of_yesterday_are_found_under_their_keys(catalog: Catalog) -> None:
    keys = [
        provider(name, catalog).request(scene, storyboard, count, lambda path: "").prediction_key
        for case in CASES
        for storyboard in [Storyboard.model_validate(case["storyboard"])]
        for name in case["keys"]
        for scene, count in zip(storyboard.scenes, clip_frames(storyboard), strict=True)
    ]
    assert hashlib.sha256("\n".join(keys).encode()).hexdigest()[:16] == PREDICTION_KEYS
