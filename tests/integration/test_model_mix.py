"""A mix of models in one video: a cheap draft of all scenes, then the good model for those
approved.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.documents.storyboard import Storyboard
from lotus.errors import InvalidInput, UnknownName
from lotus.generation.plan import plan_clips, with_final
from lotus.workspace import Workspace
from tests.driving import inside
from tests.paying import balanced, make_clips, planned, video_of
from tests.replicate_server import Replicate


def approving(storyboard: Storyboard, *scenes: int, **changes: Any) -> Storyboard:
    update = {"approved": True, **changes}
    made = [
        s.model_copy(update=update) if i in scenes else s for i, s in enumerate(storyboard.scenes)
    ]
    return storyboard.model_copy(update={"scenes": tuple(made)})


def models(
    workspace: Workspace, storyboard: Storyboard, final: str | None
) -> list[tuple[str, bool, Decimal]]:
    """Model, cached, dollars of each scene."""
    finished = with_final(storyboard, workspace.providers, "replicate", final)
    plans = planned(workspace, finished, model="p-video-draft")
    return [(plan.request.model, plan.cached, plan.amount_usd) for plan in plans]


def test_only_approved_scenes_are_made_by_the_final_model(
    server: Replicate, workspace: Workspace
) -> None:
    storyboard = video_of(3)
    make_clips(workspace, storyboard, model="p-video-draft")
    approved = approving(storyboard, 1)
    draft = ("p-video-draft", True, Decimal(0))
    assert models(workspace, approved, "kling-v2.6") == [
        draft,
        ("kling-v2.6", False, Decimal("0.35")),
        draft,
    ]
    assert models(workspace, approved, None) == [draft] * 3
    finished = with_final(approved, workspace.providers, "replicate", "kling-v2.6")
    make_clips(workspace, finished, model="p-video-draft")
    assert [made.model for made in server.account.made.values()].count("kwaivgi/kling-v2.6") == 1
    assert balanced(workspace, server)


def test_a_scene_may_name_its_own_model_which_an_animatic_does_not_mind(
    workspace: Workspace,
) -> None:
    storyboard = approving(video_of(2), 0, model="kling-v2.6")
    assert [plan.request.model for plan in planned(workspace, storyboard)] == [
        "kling-v2.6",
        "p-video",
    ]
    drawn = plan_clips(storyboard, workspace.store, workspace.providers)
    assert {plan.request.provider for plan in drawn} == {"animatic"}
    assert [p.key for p in drawn] == [
        p.key for p in plan_clips(video_of(2), workspace.store, workspace.providers)
    ]


@pytest.mark.parametrize(
    ("provider", "final", "error", "said"),
    [
        ("replicate", "kling-v2.6", InvalidInput, "scenes: none is approved; write approved: true"),
        ("replicate", "kling-2.6", UnknownName, "did you mean 'kling-v2.6'"),
        ("animatic", "kling-v2.6", InvalidInput, "animatic has no models"),
    ],
)
def test_a_final_model_that_cannot_be_is_refused(
    workspace: Workspace, provider: str, final: str, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
        with_final(video_of(1), workspace.providers, provider, final)


def test_what_a_model_refuses_names_the_scene(workspace: Workspace) -> None:
    long = approving(video_of(2), 1, duration_seconds=11.0)
    said = r"model p-video: scenes\[1\].duration_seconds: 11 s is more than the 10 s it makes"
    with pytest.raises(InvalidInput, match=said):
        planned(workspace, long)


def test_the_estimate_of_a_mix_is_shown_by_scene(replicate: Replicate) -> None:
    Path("board.json").write_text(approving(video_of(2), 0).model_dump_json())
    args = ("estimate", "board.json", "--provider", "replicate", "--model", "p-video-draft")
    found = inside(*args, "--final", "kling-v2.6", "--json").json
    assert [scene["model"] for scene in found["scenes"]] == ["kling-v2.6", "p-video-draft"]
    assert found["total_usd"] == "0.355"
    assert json.loads(Path("board.json").read_text())["scenes"][0]["approved"] is True
