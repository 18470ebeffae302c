"""Replicate without fear: whatever goes wrong is one line, and the ledger is the bill."""

from __future__ import annotations

import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.checks import examine
from lotus.checks.registry import CHECKS
from lotus.errors import BudgetExceeded, Cancelled, ClipFailed
from lotus.money.budgets import set_budget
from lotus.pipeline.job import read_job
from lotus.pipeline.payment import cancel_job
from lotus.workspace import Workspace
from tests.driving import inside
from tests.paying import (
    balanced,
    line_of,
    make_clips,
    open_rows,
    planned,
    sums,
    video_of,
    workspace_for,
)
from tests.replicate_account import Outcome
from tests.replicate_server import Fault, Replicate

REFUSAL = (
    "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
)
ONE = video_of(1)  # a clip of a second: two cents


# --- the main path
# ---------------------------------------------------------------------------------------


def test_a_clip_costs_what_was_estimated_and_is_not_paid_for_again(
    server: Replicate, workspace: Workspace
) -> None:
    [plan] = planned(workspace, ONE)
    job = make_clips(workspace, ONE)
    assert server.created == 1
    assert (
        sums(workspace)["estimated"]
        == sums(workspace)["settled"]
        == plan.amount_usd
        == Decimal("0.02")
    )
    assert balanced(workspace, server)
    again = make_clips(workspace, ONE)
    assert server.created == 1
    assert read_job(workspace, job).cost.actual_usd == Decimal("0.02")
    assert read_job(workspace, again).cost.saved_usd == Decimal("0.02")


def test_what_a_model_made_is_fitted_anew_without_paying_for_it(
    server: Replicate, workspace: Workspace
) -> None:
    make_clips(workspace, video_of(1, seconds=1.0, fps="4"))
    for other in (video_of(1, seconds=1.0, fps="5"), video_of(1, seconds=0.5, fps="4")):
        [plan] = planned(workspace, other)
        assert (plan.cached, plan.amount_usd, plan.saved_usd) == (False, 0, Decimal("0.02"))
        make_clips(workspace, other)
    assert server.created == 1
    assert sums(workspace)["saved"] == Decimal("0.04")
    assert balanced(workspace, server)


def test_scenes_that_ask_for_the_same_share_one_prediction(
    server: Replicate, workspace: Workspace
) -> None:
    twice = ONE.model_copy(update={"scenes": ONE.scenes * 2})
    assert [plan.amount_usd for plan in planned(workspace, twice)] == [Decimal("0.02"), 0]
    make_clips(workspace, twice)
    assert server.created == 1
    assert balanced(workspace, server)


def test_every_kind_of_price_adds_up_to_the_bill(server: Replicate, workspace: Workspace) -> None:
    for model in ("p-video", "kling-v2.6"):
        make_clips(workspace, video_of(2, seconds=2.5), model=model)
    wide = video_of(1, seconds=2.5)
    brief = wide.brief.model_copy(update={"aspect_ratio": "16:9"})
    make_clips(workspace, wide.model_copy(update={"brief": brief}), model="wan-2.2-t2v-fast")
    assert server.account.bill == Decimal("0.12") + Decimal("0.70") + Decimal("0.10")
    assert balanced(workspace, server)


@pytest.mark.parametrize(("seconds", "settled"), [(0.05, "0.000076"), (0.4, "0.000610")])
def test_seconds_of_hardware_are_settled_as_measured(
    seconds: float, settled: str, server: Replicate, home: Path, by_hardware: Path
) -> None:
    """A pinned version of a community model, from a catalogue of one's own: the estimate is a
    guess.
    """
    workspace = workspace_for(server, home, LOTUS_MODELS=by_hardware)
    server.account.run_seconds = seconds
    square = ONE.model_copy(update={"brief": ONE.brief.model_copy(update={"aspect_ratio": "16:9"})})
    make_clips(workspace, square, model="mine")
    assert sums(workspace)["estimated"] == Decimal("0.0305")
    assert sums(workspace)["settled"] == Decimal(settled)
    assert balanced(workspace, server)


def test_what_a_model_used_before_it_failed_is_paid(
    server: Replicate, home: Path, by_hardware: Path
) -> None:
    server.account.run_seconds = 0.2
    server.account.outcomes = [Outcome("failed", error=REFUSAL)]
    said = line_of(workspace_for(server, home, LOTUS_MODELS=by_hardware), ONE, model="mine")
    assert "($0.000305 was spent)" in said
    assert balanced(workspace_for(server, home), server)


def test_the_official_client_is_used_as_documented(server: Replicate, workspace: Workspace) -> None:
    make_clips(workspace, ONE)
    [made] = server.account.made.values()
    assert made.headers["User-Agent"].startswith("replicate-python/1.")
    assert made.headers["Cancel-After"] == "600s"
    assert "Prefer" not in made.headers
    assert server.authorized_outputs == 0  # the token is for the API, not for where files lie


def test_one_command_estimates_and_renders_within_a_budget(
    replicate: Replicate, tmp_path: Path
) -> None:
    board = tmp_path / "board.json"
    board.write_text(video_of(3).model_dump_json())
    options = (board, "--provider", "replicate", "--model", "p-video", "--budget", "0.06", "--json")
    estimated = inside("estimate", *options).json
    assert (estimated["total_usd"], estimated["budget_usd"]) == ("0.06", "0.06")
    assert (
        inside("estimate", board, "--model", "p-video", "--json").json["scenes"]
        == estimated["scenes"]
    )
    rendered = inside("render", *options).json
    assert rendered["cost"] == {"estimated_usd": "0.06", "actual_usd": "0.06", "saved_usd": "0.00"}
    assert [scene["cost_usd"] for scene in rendered["scenes"]] == ["0.02"] * 3
    assert {(scene["provider"], scene["model"]) for scene in rendered["scenes"]} == {
        ("replicate", "p-video")
    }
    again = inside("render", *options).json
    assert again["cost"]["actual_usd"] == "0.00"
    assert replicate.account.bill == Decimal("0.06")


# --- new seeds
# -------------------------------------------------------------------------------------------

BROKEN = Outcome("failed", error="CUDA out of memory")


def test_where_it_is_allowed_a_model_that_breaks_down_is_tried_with_new_seeds(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home, REPLICATE_NEW_SEEDS=2)
    server.account.outcomes = [BROKEN] * 2
    make_clips(workspace, ONE)
    assert len({made.input["seed"] for made in server.account.made.values()}) == server.created == 3
    assert balanced(workspace, server)
    [plan] = planned(workspace, ONE)
    assert plan.cached
    make_clips(workspace, ONE)
    assert server.created == 3


def test_what_a_new_seed_made_is_fitted_anew_without_paying_for_it(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home, REPLICATE_NEW_SEEDS=1)
    server.account.outcomes = [BROKEN]
    make_clips(workspace, ONE)
    shorter = video_of(1, seconds=0.5)
    [plan] = planned(workspace, shorter)
    assert (plan.cached, plan.amount_usd, plan.saved_usd) == (False, 0, Decimal("0.02"))
    make_clips(workspace, shorter)
    assert server.created == 2
    assert balanced(workspace, server)


def test_new_seeds_are_bounded_and_are_no_answer_to_a_refusal(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home, REPLICATE_NEW_SEEDS=1)
    server.account.outcomes = [BROKEN] * 2 + [Outcome("failed", error=REFUSAL)]
    assert "the model failed: CUDA out of memory" in line_of(workspace, ONE)
    assert server.created == 2
    assert "the model refused" in line_of(workspace, ONE)
    assert server.created == 3
    assert balanced(workspace, server)


def test_whether_new_seeds_are_allowed_is_part_of_a_clips_key(
    server: Replicate, home: Path
) -> None:
    keys = [
        planned(workspace_for(server, home, REPLICATE_NEW_SEEDS=n), ONE)[0].key for n in (0, 1, 2)
    ]
    assert len(set(keys)) == 3


# --- budgets
# ---------------------------------------------------------------------------------------------


def test_a_budget_that_is_too_small_is_said_before_any_work(
    server: Replicate, workspace: Workspace
) -> None:
    said = line_of(workspace, ONE, BudgetExceeded, budget_usd=Decimal("0.015"))
    assert (
        "is $0.015 and has $0.015 left; the video needs $0.02, which is $0.005 too much; "
        "raise --budget" in said
    )
    assert server.calls == {}


def test_a_budget_holds_while_others_spend_it(server: Replicate, workspace: Workspace) -> None:
    """Four clips want a day's budget of two: what is over is not begun, what was made is kept."""
    with workspace.db.begin() as connection:
        set_budget(connection, "day", "", Decimal("0.04"))
    with pytest.raises(
        BudgetExceeded, match=r"the budget of today is .* `lotus budgets set day USD`"
    ):
        make_clips(workspace, video_of(4), look_first=False)
    assert 1 <= server.created <= 2
    assert balanced(workspace, server)
    with workspace.db.begin() as connection:
        set_budget(connection, "day", "", None)
    make_clips(workspace, video_of(4))
    assert server.created == 4
    assert balanced(workspace, server)


# --- several who want the same
# ---------------------------------------------------------------------------


def test_jobs_that_want_the_same_clip_share_one_prediction(server: Replicate, home: Path) -> None:
    server.account.run_seconds = 0.3
    failures: list[BaseException] = []

    def make() -> None:
        try:
            make_clips(workspace_for(server, home), video_of(2))
        except BaseException as error:
            failures.append(error)

    workspace_for(server, home).db.ready()
    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert server.created == 2
    assert balanced(workspace_for(server, home), server)


def test_when_one_clip_fails_those_that_are_paid_for_are_kept(
    server: Replicate, home: Path
) -> None:
    server.account.run_seconds = 0.4
    server.account.outcomes = [Outcome("failed", error=REFUSAL)]
    workspace = workspace_for(server, home, LOTUS_MAX_CONCURRENT_CLIPS=3)
    with pytest.raises(ClipFailed, match="refused"):
        make_clips(workspace, video_of(3))
    kept = len(list(workspace.store.list("clips/")))
    assert kept >= server.created - 1
    assert balanced(workspace, server)
    make_clips(workspace, video_of(3))
    assert server.created == 4
    assert balanced(workspace, server)


# --- being stopped
# ---------------------------------------------------------------------------------------


def test_cancelling_ends_what_runs_and_settles_it(server: Replicate, workspace: Workspace) -> None:
    server.account.outcomes = [Outcome("processing")] * 2

    def cancel(step: str, row: Any) -> None:
        if step == "polled":
            workspace.stop.set("cancelled")

    with pytest.raises(Cancelled, match="cancelled"):
        make_clips(workspace, video_of(2), on_step=cancel)
    assert {made.state(0, 0)[0] for made in server.account.made.values()} <= {"canceled", "aborted"}
    assert balanced(workspace, server)


def test_an_interrupted_job_leaves_what_runs_to_the_next(
    server: Replicate, workspace: Workspace, home: Path
) -> None:
    server.account.run_seconds = 1.0

    def interrupt(step: str, row: Any) -> None:
        if step == "named":
            workspace.stop.set("interrupted")

    with pytest.raises(Cancelled, match="interrupted"):
        make_clips(workspace, ONE, on_step=interrupt)
    assert [row["status"] for row in open_rows(workspace)] != []
    make_clips(workspace_for(server, home), ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_what_a_stopped_job_still_runs_is_ended_by_cancelling_it(
    server: Replicate, workspace: Workspace, home: Path
) -> None:
    server.account.outcomes = [Outcome("processing")]
    job: list[str] = []

    def interrupt(step: str, row: Any) -> None:
        if step == "named":
            job.append(row["job_id"])
            workspace.stop.set("interrupted")

    with pytest.raises(Cancelled):
        make_clips(workspace, ONE, on_step=interrupt)
    said = cancel_job(job[0], workspace=workspace_for(server, home))
    assert said["predictions_ended"] == 1
    assert server.calls["cancel"] == 1
    assert balanced(workspace, server)


def test_what_another_job_left_behind_is_collected_along_the_way(
    server: Replicate, workspace: Workspace, home: Path
) -> None:
    def interrupt(step: str, row: Any) -> None:
        if step == "named":
            workspace.stop.set("interrupted")

    with pytest.raises(Cancelled):
        make_clips(workspace, ONE, on_step=interrupt)
    other = workspace_for(server, home)
    make_clips(other, video_of(1, seed=5))
    assert server.created == 2
    assert balanced(other, server)
    [plan] = planned(other, ONE)
    assert plan.amount_usd == 0  # it only has to be fitted


def test_the_doctor_tries_the_token(server: Replicate, home: Path) -> None:
    def found(token: str = server.account.token) -> Any:
        settings = workspace_for(server, home, REPLICATE_API_TOKEN=token).settings
        return examine(settings, {"replicate": CHECKS["replicate"]})[0]

    assert (found().status, found().detail) == (
        "ok",
        "REPLICATE_API_TOKEN is that of the account tester",
    )
    assert found("").status == "skip"
    assert found("hunter2").status == found("r8_" + "Wrong" * 8).status == "fail"
    server.misbehave("account", Fault(503))
    assert found().status == "warn"
