"""Replicate without fear: whatever goes wrong is one line, and the ledger is the bill."""

from __future__ import annotations

import json
import pickle
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.budgets import set_budget
from lotus.checks import examine
from lotus.checks.registry import CHECKS
from lotus.cli import app
from lotus.errors import BudgetExceeded, Cancelled, ClipFailed, InvalidToken, LotusError
from lotus.job import read_job
from lotus.payment import cancel_job
from lotus.workspace import Workspace
from tests.paying import balanced, make_clips, open_rows, planned, sums, video_of, workspace_for
from tests.replicate_account import VERSIONS, Outcome
from tests.replicate_server import Fault, Replicate, serving


@pytest.fixture
def server() -> Iterator[Replicate]:
    with serving() as running:
        yield running


@pytest.fixture
def workspace(server: Replicate, home: Path) -> Workspace:
    return workspace_for(server, home)


REFUSAL = "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
ONE = video_of(1)  # a clip of a second: two cents


def failed(workspace: Workspace, error: type[LotusError] = ClipFailed, **more: Any) -> str:
    """The one line that making a clip ends with."""
    with pytest.raises(error) as raised:
        make_clips(workspace, ONE, **more)
    assert len(str(raised.value).splitlines()) == 1
    assert raised.value.remedy
    assert str(pickle.loads(pickle.dumps(raised.value))) == str(raised.value)
    return str(raised.value)


# --- the main path ---------------------------------------------------------------------------------------


def test_a_clip_costs_what_was_estimated_and_is_not_paid_for_again(
    server: Replicate, workspace: Workspace
) -> None:
    [plan] = planned(workspace, ONE)
    job = make_clips(workspace, ONE)
    assert server.created == 1
    assert sums(workspace)["estimated"] == sums(workspace)["settled"] == plan.amount_usd == Decimal("0.02")
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


def test_scenes_that_ask_for_the_same_share_one_prediction(server: Replicate, workspace: Workspace) -> None:
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


HARDWARE = """
[models.mine]
replicate = "somebody/by-hardware"
version = "{version}"
tasks = ["text-to-video"]
seconds = {{ from = 1, to = 10, step = 1 }}
ignores = ["fps", "seed", "aspect_ratio", "resolution", "first_frame", "reference_images"]
prices = [{{ metric = "predict_time", usd = "0.001525" }}]
typical_seconds = 20
takes.prompt = {{ type = "string", fact = "prompt", required = true }}
takes.duration = {{ type = "integer", fact = "seconds" }}
"""


@pytest.mark.parametrize(("seconds", "settled"), [(0.05, "0.000076"), (0.4, "0.000610")])
def test_seconds_of_hardware_are_settled_as_measured(
    seconds: float, settled: str, server: Replicate, home: Path, tmp_path: Path
) -> None:
    """A pinned version of a community model, from a catalogue of one's own: the estimate is a guess."""
    mine = tmp_path / "mine.toml"
    mine.write_text(HARDWARE.format(version=next(iter(VERSIONS))))
    workspace = workspace_for(server, home, LOTUS_MODELS=mine)
    server.account.run_seconds = seconds
    square = ONE.model_copy(update={"brief": ONE.brief.model_copy(update={"aspect_ratio": "16:9"})})
    make_clips(workspace, square, model="mine")
    assert sums(workspace)["estimated"] == Decimal("0.0305")
    assert sums(workspace)["settled"] == Decimal(settled)
    assert balanced(workspace, server)


def test_what_a_model_used_before_it_failed_is_paid(server: Replicate, home: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text(HARDWARE.format(version=next(iter(VERSIONS))))
    server.account.run_seconds = 0.2
    server.account.outcomes = [Outcome("failed", error=REFUSAL)]
    said = failed(workspace_for(server, home, LOTUS_MODELS=mine), model="mine")
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
    server: Replicate, home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.driving import inside

    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    board = tmp_path / "board.json"
    board.write_text(video_of(3).model_dump_json())
    options = (board, "--provider", "replicate", "--model", "p-video", "--budget", "0.06", "--json")
    estimated = inside("estimate", *options).json
    assert (estimated["total_usd"], estimated["budget_usd"]) == ("0.06", "0.06")
    rendered = inside("render", *options).json
    assert rendered["cost"] == {"estimated_usd": "0.06", "actual_usd": "0.06", "saved_usd": "0.00"}
    assert [scene["cost_usd"] for scene in rendered["scenes"]] == ["0.02"] * 3
    assert {(scene["provider"], scene["model"]) for scene in rendered["scenes"]} == {("replicate", "p-video")}
    again = inside("render", *options).json
    assert again["cost"]["actual_usd"] == "0.00"
    assert server.account.bill == Decimal("0.06")


# --- before any work -------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["r8_" + "Wrong" * 8, "", "no token at all"])
def test_a_token_that_is_none_is_named_before_any_work(server: Replicate, home: Path, token: str) -> None:
    workspace = workspace_for(server, home, REPLICATE_API_TOKEN=token)
    said = failed(workspace, InvalidToken)
    assert said.startswith("Invalid REPLICATE_API_TOKEN: ")
    assert server.created == 0
    with workspace.db.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM generation_jobs").scalar() == 0


def test_without_credit_nothing_is_spent(server: Replicate, workspace: Workspace) -> None:
    server.misbehave("create", Fault(402, "Insufficient credit"))
    said = failed(workspace)
    assert "has no credit" in said
    assert "replicate.com/account/billing" in said
    assert balanced(workspace, server)


def test_inputs_that_a_model_does_not_take_are_not_sent_twice(
    server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("create", Fault(422, "- input.duration: must be one of 5, 10"))
    said = failed(workspace)
    assert "does not take these inputs (422: - input.duration: must be one of 5, 10)" in said
    assert server.calls["create"] == 1
    assert balanced(workspace, server)


def test_a_budget_that_is_too_small_is_said_before_any_work(server: Replicate, workspace: Workspace) -> None:
    said = failed(workspace, BudgetExceeded, budget_usd=Decimal("0.015"))
    assert (
        "is $0.015 and has $0.015 left; the video needs $0.02, so $0.005 is missing; raise --budget" in said
    )
    assert server.calls == {}


def test_a_budget_holds_while_others_spend_it(server: Replicate, workspace: Workspace) -> None:
    """Four clips want a day's budget of two: what is over is not begun, what was made is kept."""
    with workspace.db.begin() as connection:
        set_budget(connection, "day", "", Decimal("0.04"))
    with pytest.raises(BudgetExceeded, match=r"the budget of today is .* `lotus budgets set day USD`"):
        make_clips(workspace, video_of(4), look_first=False)
    assert 1 <= server.created <= 2
    assert balanced(workspace, server)
    with workspace.db.begin() as connection:
        set_budget(connection, "day", "", None)
    make_clips(workspace, video_of(4))
    assert server.created == 4
    assert balanced(workspace, server)


# --- while it is created ---------------------------------------------------------------------------------

PASSING = {
    "busy, with a time to wait": Fault(429, "Request was throttled.", retry_after="0.2"),
    "busy, without one": Fault(429, "Request was throttled. Your rate limit resets in ~0.2s."),
    "an error before it was created": Fault(500),
    "a gateway that gave up": Fault(503, "Service unavailable", retry_after="0.1"),
    "an error after it was created": Fault(500, after=True),
    "a reset after it was created": Fault(how="reset", after=True),
}


@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_is_got_over_and_paid_once(
    fault: Fault, server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("create", fault)
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_an_answer_that_never_comes_is_looked_up(
    server: Replicate, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace.providers.get("replicate").client, "_answer_seconds", 0.5)
    server.misbehave("create", Fault(how="silence", after=True))
    make_clips(workspace, ONE)
    assert (server.created, server.calls["create"]) == (1, 1)
    assert balanced(workspace, server)


def test_what_was_created_is_found_beyond_the_first_page(server: Replicate, workspace: Workspace) -> None:
    server.page_size = 2
    server.misbehave("create", Fault(500, after=True))
    others = [
        server.account.create("prunaai/p-video", "hidden", {"prompt": f"other {n}"}, None) for n in range(5)
    ]
    others[0].outcome = Outcome(status="aborted")  # a page with such a one in it can be read too
    server.on_created = lambda made: [
        server.account.create("prunaai/p-video", "hidden", {"prompt": f"later {n}"}, None) for n in range(5)
    ]
    make_clips(workspace, ONE)
    mine = [made for made in server.account.made.values() if "Pattern" in made.input["prompt"]]
    assert len(mine) == 1
    assert sums(workspace)["settled"] == Decimal("0.02")


def test_a_server_that_stays_busy_is_given_up_without_spending(
    server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("create", *[Fault(429, "Request was throttled.", retry_after="0.05")] * 9)
    said = failed(workspace)
    assert "too many requests (429: Request was throttled.)" in said
    assert "LOTUS_MAX_CONCURRENT_CLIPS" in said
    assert server.calls["create"] == 3
    assert balanced(workspace, server)


def test_a_server_that_is_not_there_costs_nothing(server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home, REPLICATE_MAX_RETRIES=0)
    server.stop()
    said = failed(workspace, LotusError)
    assert "cannot be reached" in said
    with workspace.db.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar() == 0


def test_when_it_cannot_be_looked_up_either_it_stays_reserved_and_is_found_by_the_next_run(
    server: Replicate, workspace: Workspace, home: Path
) -> None:
    server.misbehave("create", Fault(how="reset", after=True))
    server.misbehave("list", *[Fault(500)] * 3)
    said = failed(workspace)
    assert "has a fault of its own (500" in said
    assert "what was created is found again" in said
    assert [row["reserved_usd"] for row in open_rows(workspace)] == [Decimal("0.02")]
    make_clips(workspace_for(server, home), ONE)
    assert server.created == 1
    assert balanced(workspace, server)


# --- while it is made ------------------------------------------------------------------------------------


def test_faults_of_looking_are_got_over(server: Replicate, workspace: Workspace) -> None:
    server.misbehave("get", Fault(500), Fault(how="reset"))
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_a_refusal_is_not_tried_again(server: Replicate, workspace: Workspace) -> None:
    server.account.outcomes = [Outcome("failed", error=REFUSAL)]
    said = failed(workspace)
    assert f"scene 1 (replicate): the model refused: {REFUSAL} ($0.00 was spent)" in said
    assert "change the scene's description" in said
    assert server.created == 1
    assert balanced(workspace, server)


def test_a_model_that_breaks_down_is_tried_once_more(server: Replicate, workspace: Workspace) -> None:
    server.account.outcomes = [Outcome("failed", error="CUDA out of memory")]
    make_clips(workspace, ONE)
    assert server.created == 2
    assert balanced(workspace, server)


def test_a_model_that_keeps_breaking_down_is_given_up(server: Replicate, workspace: Workspace) -> None:
    server.account.outcomes = [Outcome("failed", error="CUDA out of memory")] * 5
    said = failed(workspace)
    assert "the model failed: CUDA out of memory ($0.00 was spent); run again, or use another model" in said
    assert server.created == 2
    assert balanced(workspace, server)


@pytest.mark.parametrize("status", ["canceled", "aborted"])
def test_what_is_ended_from_outside_is_said(status: str, server: Replicate, workspace: Workspace) -> None:
    server.account.outcomes = [Outcome(status)]
    said = failed(workspace)
    assert f"the prediction was {status} on the provider's side ($0.00 was spent); run again" in said
    assert balanced(workspace, server)


@pytest.mark.parametrize("status", ["starting", "processing"])
def test_what_takes_too_long_is_cancelled(status: str, server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home, REPLICATE_TIMEOUT_SECONDS=0.6)
    server.account.outcomes = [Outcome(status)]
    said = failed(workspace)
    assert "the prediction timed out after 0.6 s ($0.00 was spent); raise REPLICATE_TIMEOUT_SECONDS" in said
    assert server.calls["cancel"] == 1
    assert balanced(workspace, server)


def test_a_prediction_that_is_not_known_any_more_is_settled_at_what_was_reserved(
    server: Replicate, workspace: Workspace
) -> None:
    def vanish(step: str, row: Any) -> None:
        if step == "named":
            server.account.made.clear()

    said = failed(workspace, on_step=vanish)
    assert "replicate does not know the prediction any more ($0.02 was spent)" in said
    assert sums(workspace)["settled"] == Decimal("0.02")
    assert open_rows(workspace) == []


# --- what it made ----------------------------------------------------------------------------------------

LOST = {
    "cut": ("it is ", "s long instead of 1 s"),
    "text": ("it is not a video, picture or sound", ""),
    "short": ("it is 0.25 s long instead of 1 s", ""),
    "tall": ("not of the shape that was asked for", ""),
    "gone": ("it is not there (404", ""),
    "enormous": ("the output has 4.3 GB", ""),
    "none": ("its output is not there any more", ""),
}


@pytest.mark.parametrize("output", LOST)
def test_an_output_that_cannot_be_used_is_paid_for_and_said(
    output: str, server: Replicate, workspace: Workspace
) -> None:
    server.account.outcomes = [Outcome(output=output)]
    said = failed(workspace)
    assert said.startswith("scene 1 (replicate): the clip was made, but ")
    assert all(part in said for part in LOST[output]), said
    assert said.endswith("($0.02 was spent); run again to have it made anew")
    assert balanced(workspace, server)
    make_clips(workspace, ONE)
    assert server.created == 2
    assert balanced(workspace, server)


@pytest.mark.parametrize("fault", [Fault(500), Fault(how="reset"), Fault(429, retry_after="0.1")])
def test_a_download_that_breaks_is_tried_again(fault: Fault, server: Replicate, workspace: Workspace) -> None:
    server.misbehave("output", fault)
    make_clips(workspace, ONE)
    assert (server.created, server.calls["output"]) == (1, 2)
    assert balanced(workspace, server)


def test_what_was_not_fetched_is_fetched_by_the_next_run(server: Replicate, workspace: Workspace) -> None:
    server.misbehave("output", *[Fault(how="reset")] * 3)
    said = failed(workspace)
    assert "the clip is made and paid for, but its output did not answer" in said
    assert "run again within the hour" in said
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_an_hour_later_the_output_is_lost_but_its_cost_is_known(
    server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("output", *[Fault(how="reset")] * 3)
    failed(workspace)
    for made in server.account.made.values():
        server.account.forget(made)
    said = failed(workspace)
    assert "its output is not there any more ($0.02 was spent)" in said
    assert balanced(workspace, server)


def test_when_one_clip_fails_those_that_are_paid_for_are_kept(server: Replicate, home: Path) -> None:
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


# --- several who want the same ---------------------------------------------------------------------------


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


# --- being stopped ---------------------------------------------------------------------------------------


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

    assert (found().status, found().detail) == ("ok", "REPLICATE_API_TOKEN is that of the account tester")
    assert found("").status == "skip"
    assert found("hunter2").status == found("r8_" + "Wrong" * 8).status == "fail"
    server.misbehave("account", Fault(503))
    assert found().status == "warn"


# --- secrets ---------------------------------------------------------------------------------------------


def test_the_token_is_in_no_file_no_error_and_no_repr(
    server: Replicate, workspace: Workspace, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    token = server.account.token
    server.account.outcomes = [Outcome("failed", error=REFUSAL)]
    said = failed(workspace)
    make_clips(workspace, ONE)
    workspace.db.close()
    maker: Any = workspace.providers.get("replicate")
    shown = [said, caplog.text, repr(maker), repr(maker.client), repr(workspace.settings), repr(workspace)]
    assert not [text for text in shown if token in text]
    secret = token.encode()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert [path for path in files if secret in path.read_bytes() or token in path.name] == []


def test_a_command_that_is_refused_shows_no_token(
    server: Replicate, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from typer.testing import CliRunner

    wrong = "r8_" + "Plant" * 8
    for name, value in {**server.environment(), "REPLICATE_API_TOKEN": wrong}.items():
        monkeypatch.setenv(name, value)
    board = home.parent / "board.json"
    board.write_text(ONE.model_dump_json())
    done = CliRunner().invoke(app(), ["render", str(board), "--provider", "replicate", "--json"])
    assert done.exit_code == 2
    assert json.loads(done.stdout)["error"]["code"] == "invalid_token"
    assert done.stderr.startswith("error: Invalid REPLICATE_API_TOKEN: ")
    assert wrong not in done.output
