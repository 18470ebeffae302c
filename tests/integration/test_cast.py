"""Cast that stays the same: sheets made once, followed in each scene, and scenes that drift."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from lotus.api.cast import make_cast
from lotus.documents.storyboard import Storyboard
from lotus.errors import BudgetExceeded, InvalidInput
from lotus.generation.plan import plan_clips
from lotus.pipeline.drift import drifting
from lotus.store.uploads import local
from lotus.workspace import Workspace
from tests.driving import inside
from tests.replicate_server import Replicate

BOARD = Storyboard.model_validate(
    {
        "brief": {"prompt": "A baker opens her shop before dawn", "duration_seconds": 8},
        "look": {"style": "cinematic"},
        "cast": [
            {"name": "Mara", "description": "a baker of sixty, grey braid"},
            {"name": "the oven", "kind": "product", "description": "brick, iron door"},
        ],
        "scenes": [
            {"description": "Mara opens the oven", "duration_seconds": 4},
            {"description": "A street at dawn", "duration_seconds": 4},
        ],
    }
)


def test_sheets_are_made_once_and_followed_where_the_cast_is(replicate: Replicate) -> None:
    Path("board.json").write_text(BOARD.model_dump_json())
    args = ("make", "cast", "board.json", "-o", "cast.json", "--json")
    assert inside(*args).json["members"] == ["Mara", "the oven"]
    assert replicate.created == 2
    assert inside(*args).json["cost_usd"] == "0.00"
    assert replicate.created == 2
    board = Storyboard.model_validate_json(Path("cast.json").read_text())
    assert [scene.cast for scene in board.scenes] == [("Mara", "the oven"), ()]
    assert all(member.references[0].startswith("asset:") for member in board.cast)
    workspace = Workspace.open()
    here = local(board, workspace.store)[0]
    plans = plan_clips(here, workspace.store, workspace.providers, "replicate", "seedance-2.0-fast")
    counts = [len(plan.request.inputs.get("reference_images", ())) for plan in plans]
    assert counts == [2, 0]
    assert inside("make", "cast", "cast.json", "-o", "again.json", "--json").json["members"] == []


def test_sheets_cost_no_more_than_their_budget(replicate: Replicate) -> None:
    with pytest.raises(BudgetExceeded):
        make_cast(BOARD, budget_usd=Decimal("0.004"))
    assert replicate.created == 1
    with pytest.raises(InvalidInput, match="cast: is empty"):
        make_cast(BOARD.model_copy(update={"cast": ()}))


def test_a_scene_of_other_colours_and_shapes_drifts() -> None:
    random = np.random.default_rng(1)

    def frame(red: int, green: int, blue: int) -> np.ndarray:
        noise = random.integers(0, 12, (90, 160, 3))
        picture = np.full((90, 160, 3), (red, green, blue)) + noise
        picture[30:60, 60:100] = (250, 240, 200)
        return np.clip(picture, 0, 255).astype(np.uint8)

    alike = [frame(40, 60, 120), frame(44, 62, 118), frame(38, 64, 124), frame(46, 58, 116)]
    assert not any(scene.drifts for scene in drifting(alike))
    other = frame(210, 60, 30)
    found = drifting([*alike[:2], other, *alike[2:]])
    assert [scene.number for scene in found if scene.drifts] == [3]
    assert not any(scene.drifts for scene in drifting([alike[0], other]))
