"""Estimates, budgets and bills: nothing is paid that no budget knows of."""

from __future__ import annotations

import random
from decimal import Decimal
from pathlib import Path

import pytest

from lotus.api.estimates import Estimate
from lotus.errors import BudgetExceeded, ClipFailed, InvalidInput
from lotus.generation.predictions.leases import (
    PredictionContext,
    PredictionLeases,
    PredictionRequest,
)
from lotus.generation.predictions.life import obtain
from lotus.providers.prediction import PredictionProvider
from lotus.system.stop import Stop
from lotus.workspace import Workspace
from tests.paying import balanced, make_clips, open_rows, planned, sums, video_of, workspace_for
from tests.replicate_account import Made, Outcome
from tests.replicate_server import Fault, Replicate

ONE = video_of(1)


@pytest.fixture
def unpriced(by_hardware: Path) -> Path:
    """A catalogue with a model billed by the second, of which nobody knows how long it takes."""
    text = by_hardware.read_text().replace("typical_seconds = 20\n", "")
    path = by_hardware.with_name("unpriced.toml")
    path.write_text(text)
    return path


def test_an_unknown_price_needs_a_budget(server: Replicate, home: Path, unpriced: Path) -> None:
    workspace = workspace_for(server, home, LOTUS_MODELS=unpriced)
    [plan] = planned(workspace, ONE, "mine")
    assert (plan.amount_usd, plan.priced) == (0, False)
    assert not Estimate.of([plan], None).scenes[0].price_known
    with pytest.raises(InvalidInput, match=r"the cost of the video is unknown.*--budget USD"):
        make_clips(workspace, ONE, model="mine")
    assert server.created == 0
    make_clips(workspace, ONE, model="mine", budget_usd=Decimal("0.01"))
    assert server.created == 1
    assert sums(workspace)["settled"] > 0
    assert balanced(workspace, server)


def test_a_budget_that_is_used_up_refuses_an_unknown_price(
    server: Replicate, home: Path, unpriced: Path
) -> None:
    workspace = workspace_for(server, home, LOTUS_MODELS=unpriced, LOTUS_MAX_CONCURRENT_CLIPS=1)
    with pytest.raises(BudgetExceeded):
        make_clips(workspace, video_of(3), model="mine", budget_usd=Decimal("0.00001"))
    assert server.created == 1  # the first was made while something was left
    assert balanced(workspace, server)


def test_a_bill_above_the_estimate_counts_before_the_next_claim(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home, LOTUS_MAX_CONCURRENT_CLIPS=1)

    def dearer(made: Made) -> None:
        made.bonus_seconds = 1.0

    server.on_created = dearer
    warnings: list[str] = []
    with pytest.raises(BudgetExceeded):
        make_clips(workspace, video_of(4), budget_usd=Decimal("0.08"), on_warning=warnings)
    assert server.created == 2  # $0.04 each instead of $0.02
    assert warnings == ["p-video charged $0.04, more than the $0.02 of its estimate"] * 2
    assert sums(workspace)["settled"] == Decimal("0.08")
    assert balanced(workspace, server)


def test_what_was_estimated_and_never_spent_is_taken_back_by_the_next_job(
    server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("create", Fault(422, "- input.duration: wrong"))
    with pytest.raises(ClipFailed):
        make_clips(workspace, ONE)
    with workspace.db.begin() as connection:  # as the job's lease does
        connection.exec_driver_sql("UPDATE generation_jobs SET status = 'failed'")
    assert sums(workspace)["estimated"] == Decimal("0.02")
    make_clips(workspace, ONE)
    assert sums(workspace)["estimated"] == sums(workspace)["settled"] == Decimal("0.02")


def test_the_estimate_says_what_is_bought_and_what_is_shown(
    server: Replicate, workspace: Workspace
) -> None:
    plans = planned(workspace, video_of(3, seconds=3.0), "kling-v2.6")
    scenes = Estimate.of(plans, None).scenes
    assert [scene.bought_seconds for scene in scenes] == [5.0] * 3
    assert [scene.used_seconds for scene in scenes] == [3.0] * 3


def test_a_model_without_a_price_is_estimated_and_not_ordered(
    server: Replicate, workspace: Workspace
) -> None:
    board = video_of(1, seconds=5.0)
    brief = board.brief.model_copy(update={"aspect_ratio": "16:9"})
    board = board.model_copy(update={"brief": brief})
    [plan] = planned(workspace, board, "ltx-2.3-fast")
    assert not Estimate.of([plan], None).scenes[0].price_known
    said = r"its price is unknown.*write it into the file of LOTUS_MODELS"
    with pytest.raises(InvalidInput, match=said):
        make_clips(workspace, board, model="ltx-2.3-fast", budget_usd=Decimal(5))
    assert server.created == 0


def test_a_retired_model_is_not_ordered_and_its_clips_are_kept(
    server: Replicate, home: Path, tmp_path: Path
) -> None:
    make_clips(workspace_for(server, home), ONE)
    own = tmp_path / "own.toml"
    own.write_text('[models.p-video]\nretired = "since today; use kling-v2.6"\n')
    workspace = workspace_for(server, home, LOTUS_MODELS=own)
    make_clips(workspace, ONE)  # it is there
    with pytest.raises(InvalidInput, match=r"since today; use kling-v2\.6"):
        make_clips(workspace, video_of(2))
    assert server.created == 1


MODELS = {"p-video": ["1:1", "16:9"], "kling-v2.6": ["1:1"], "wan-2.2-t2v-fast": ["16:9"]}


@pytest.mark.slow
def test_estimate_ledger_and_account_agree_on_a_hundred_briefs(
    server: Replicate, home: Path
) -> None:
    """Everything but fitting the clips, which costs nothing."""
    server.account.run_seconds = 0.0
    workspace = workspace_for(server, home)
    rng = random.Random(20)
    claims = PredictionLeases(workspace.db)
    home.mkdir(exist_ok=True)
    total = Decimal(0)
    with claims.kept_alive():
        for n in range(100):
            model = rng.choice(list(MODELS))
            board = video_of(1, seconds=rng.choice([1.0, 2.0, 4.5]), seed=n)
            brief = board.brief.model_copy(update={"aspect_ratio": rng.choice(MODELS[model])})
            [plan] = planned(workspace, board.model_copy(update={"brief": brief}), model)
            if rng.random() < 0.1:
                server.account.outcomes = [Outcome("failed", error="CUDA error")]
            total += plan.amount_usd
            assert isinstance(plan.maker, PredictionProvider)
            work = PredictionContext(claims, workspace.store, plan.maker, home, Stop())
            job = f"job-{n}"
            obtain(work, PredictionRequest(job, None, 0, plan.request, plan.amount_usd))
    assert total == sums(workspace)["settled"] == server.account.bill
    assert open_rows(workspace) == []
