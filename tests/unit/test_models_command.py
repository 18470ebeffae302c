"""`lotus models`: the catalogue as a table, one model in full, and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lotus import reports
from lotus.models.catalog import read_catalog
from lotus.workspace import Workspace
from tests.driving import inside


def document(*args: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = inside("models", *args, "--json").json["models"]
    return found


def test_the_table_names_every_model_with_price_and_limits() -> None:
    shown = inside("models").out
    for name in read_catalog().models:
        assert name in shown
    for said in (
        "$0.02-0.04/s",
        "$0.05-0.10/video",
        "$2.00/1M tokens out",
        "5.06-7.56",
        "4, 6, 8",
        "any",
    ):
        assert said in shown


def test_it_is_a_frame_in_python() -> None:
    frame = reports.models(Workspace.open(), "text-to-image")
    assert list(frame["model"]) == ["flux-schnell", "flux-1.1-pro"]
    assert list(frame["price"]) == ["$0.003/picture", "$0.04/picture"]


def test_a_task_chooses_the_models_for_it() -> None:
    names = [model["name"] for model in document("--task", "text-to-image")]
    assert names == ["flux-schnell", "flux-1.1-pro"]
    assert "no task 'pictures'" in inside("models", "--task", "pictures").error


def test_one_model_is_shown_in_full() -> None:
    shown = inside("models", "kling-v2.1").out
    for said in (
        "$0.09/s if mode is pro",
        "start_image: the first_frame",
        "#pricing (read 2026-10-05)",
    ):
        assert said in shown


def test_the_document_has_numbers_to_work_with() -> None:
    (model,) = document("p-video")
    assert model["lengths_seconds"] == [float(n) for n in range(1, 11)]
    assert model["default_for"] == ["text-to-video", "image-to-video"]
    assert model["prices"][0] == {
        "metric": "video_output_duration_seconds",
        "usd": "0.02",
        "when": {"resolution": "720p"},
    }


def test_a_model_of_ones_own_is_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mine.toml").write_text("[models.dream]\nlike = 'p-video'\nreplicate = 'me/dream'\n")
    monkeypatch.setenv("LOTUS_MODELS", "mine.toml")
    assert document("dream")[0]["replicate"] == "me/dream"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["p-vidoe"], "no model 'p-vidoe'; did you mean 'p-video'?"),
        (
            ["p-video", "--task", "music"],
            "p-video is for text-to-video, image-to-video, not for music",
        ),
    ],
)
def test_what_is_not_there_is_said_in_one_line(args: list[str], said: str) -> None:
    refused = inside("models", *args)
    assert refused.code == 2
    assert said in refused.error


def test_a_plan_for_a_model_has_no_scene_longer_than_its_clips() -> None:
    args = (
        "plan",
        "A small coffee roaster opens at dawn in a harbour town",
        "--duration",
        60,
        "--json",
    )
    scenes = inside(*args, "--model", "veo-3-fast").json["scenes"]
    assert (
        max(scene["duration_seconds"] + scene["transition"]["duration_seconds"] for scene in scenes)
        <= 8
    )
    assert "no model 'veo'" in inside(*args, "--model", "veo").err


def test_a_price_that_nobody_knows_is_said_and_never_made_up() -> None:
    (model,) = document("ltx-2.3-fast")
    assert model["prices"] == []
    assert "unknown" in inside("models", "ltx-2.3-fast").out
    assert "unknown" in inside("models", "--task", "transcription").out


def test_a_task_that_lotus_does_not_run_says_so() -> None:
    asked = inside("make", "lip-sync", "-o", "a.mp4")
    assert asked.code == 2
    assert "lotus lists models for lip-sync, and does not run them" in asked.error


def test_a_retired_model_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    own = Path("own.toml")
    own.write_text('[models."kling-v2.1"]\nretired = "since 2026-11-01; use kling-v2.6"\n')
    monkeypatch.setenv("LOTUS_MODELS", str(own))
    assert "(retired)" in inside("models", "--task", "image-to-video").out
    assert "since 2026-11-01; use kling-v2.6" in inside("models", "kling-v2.1").out
