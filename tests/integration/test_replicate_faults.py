"""Replicate's bad days: one line (what happened, what was spent, what to do), and the ledger is the
bill.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.errors import ClipFailed, InvalidToken, LotusError
from lotus.generation.predictions import patience
from lotus.workspace import Workspace
from tests.driving import inside
from tests.paying import balanced, line_of, make_clips, open_rows, sums, video_of, workspace_for
from tests.replicate_account import Outcome
from tests.replicate_server import Fault, Replicate

ONE = video_of(1)  # a clip of a second: two cents
NOTHING = "nothing was spent"
PAID = "$0.02 was spent"
OPEN = "$0.02 stays reserved for it"
REFUSAL = (
    "The input or output was flagged as sensitive. Please try again with different inputs. (E005)"
)
BUSY = "Request was throttled."
LATER = "try again; what was created is found again"
ANEW = "run again to make a new one"


FINE = Outcome()


@dataclass(frozen=True)
class Bad:
    """A fault that stays: what the user is told, and how many predictions there are then, and in
    the end.
    """

    happened: str  # a regular expression
    spent: str
    remedy: str
    created: int = 1
    at_last: int = 1
    calls: Mapping[str, Fault] = field(default_factory=dict)
    outcome: Outcome = FINE
    settings: Mapping[str, Any] = field(default_factory=dict)
    error: type[LotusError] = ClipFailed


def refused(status: int, detail: str, happened: str, remedy: str, **more: Any) -> Bad:
    """Nothing is created."""
    said = f"{happened} \\({status}: {re.escape(detail)}\\)"
    return Bad(said, NOTHING, remedy, created=0, calls={"create": Fault(status, detail)}, **more)


def unclear(happened: str, fault: Fault, *, listing: Fault) -> Bad:
    """It is created, but the answer is lost, and it cannot be looked up either."""
    return Bad(happened, OPEN, LATER, calls={"create": fault, "list": listing})


def unusable(output: str, happened: str) -> Bad:
    """What was made is of no use."""
    return Bad(happened, PAID, ANEW, at_last=2, outcome=Outcome(output=output))


def ended(outcome: Outcome, happened: str, remedy: str, created: int = 1, **settings: Any) -> Bad:
    """The model makes nothing."""
    return Bad(happened, NOTHING, remedy, created, created + 1, outcome=outcome, settings=settings)


FAULT = "has an internal error \\(500: Internal server error\\)"
RESET = Fault(how="reset", after=True)
SLOWER = "raise REPLICATE_TIMEOUT_SECONDS, or use a faster model"
LATE = "the prediction timed out after 0.6 s"
WITHIN = "run again within the hour to fetch it; it is deleted after that"
UNFETCHED = "it was made and paid for, but cannot be downloaded: did not answer: "
TOKEN = "copy it again from https://replicate.com/account/api-tokens into .env"
OTHER = "use another model: `lotus models`"

FAULTS = {
    "the token is withdrawn": refused(
        401, "Unauthenticated", "Replicate does not accept it", TOKEN, error=InvalidToken
    ),
    "no credit": refused(
        402,
        "Insufficient credit",
        "the account has no credit",
        "add some at https://replicate.com/account/billing",
    ),
    "not for this account": refused(
        403,
        "Forbidden",
        "this account may not use it",
        f"see https://replicate.com/account, or {OTHER}",
    ),
    "no such model": refused(
        404,
        "Not found.",
        "there is no such model",
        "correct the model in the catalogue, or use another: `lotus models`",
    ),
    "inputs that it does not take": refused(
        422,
        "- input.duration: wrong",
        "does not take these inputs",
        f"change the scene, or {OTHER}",
    ),
    "busy, with a time to wait": Bad(
        f"too many requests \\(429: {BUSY}\\)",
        NOTHING,
        "wait, or lower LOTUS_MAX_CONCURRENT_CLIPS",
        created=0,
        calls={"create": Fault(429, BUSY, retry_after="0.05")},
    ),
    "busy, without one": refused(
        429, BUSY, "too many requests", "wait, or lower LOTUS_MAX_CONCURRENT_CLIPS"
    ),
    "an error before it is created": refused(
        500, "Internal server error", "has an internal error", LATER
    ),
    "an error after it is created": unclear(FAULT, Fault(500, after=True), listing=Fault(500)),
    "a reset in the answer": unclear("did not answer: .+", RESET, listing=Fault(how="reset")),
    "an answer that never comes": unclear(
        "did not answer: it took too long",
        Fault(how="silence", after=True),
        listing=Fault(how="silence"),
    ),
    "an answer that never ends": unclear(
        "did not answer: it took too long", Fault(how="slow", after=True), listing=Fault(how="slow")
    ),
    "looking does not work": Bad(FAULT, OPEN, LATER, calls={"get": Fault(500)}),
    "it stays in starting": ended(Outcome("starting"), LATE, SLOWER, REPLICATE_TIMEOUT_SECONDS=0.6),
    "it never ends": ended(Outcome("processing"), LATE, SLOWER, REPLICATE_TIMEOUT_SECONDS=0.6),
    "it refuses": ended(
        Outcome("failed", error=REFUSAL),
        f"the model refused: {re.escape(REFUSAL)}",
        "change the scene's description",
    ),
    "it is canceled from outside": ended(
        Outcome("canceled"), "the prediction was canceled on the provider's side", "run again"
    ),
    "it is aborted from outside": ended(
        Outcome("aborted"), "the prediction was aborted on the provider's side", "run again"
    ),
    "not a video": unusable(
        "text", "the output is not a video, picture or sound that can be read, or is damaged"
    ),
    "gone": unusable("gone", r"the output cannot be downloaded: it is not there \(404\)"),
    "enormous": unusable(
        "enormous", r"the output cannot be downloaded: the output has 4\.3 GB, more than 2\.1"
    ),
    "nothing": unusable("none", "the model made nothing"),
    "a download that breaks": Bad(
        f"{UNFETCHED}.+", OPEN, WITHIN, calls={"output": Fault(how="reset")}
    ),
    "a download that stalls": Bad(
        f"{UNFETCHED}it took too long", OPEN, WITHIN, calls={"output": Fault(how="silence")}
    ),
    "a download that never ends": Bad(
        f"{UNFETCHED}it took too long",
        OPEN,
        WITHIN,
        calls={"output": Fault(how="slow")},
        settings={"REPLICATE_TIMEOUT_SECONDS": 1.0},
    ),
    "unknown any more": Bad(
        "replicate no longer knows the prediction",
        PAID,
        ANEW,
        at_last=2,
        calls={"get": Fault(404, "Not found.")},
    ),
}


LONG = ("busy, without one", "a download that never ends")  # they wait for seconds


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(bad, id=name, marks=pytest.mark.slow if name in LONG else ())
        for name, bad in FAULTS.items()
    ],
)
def test_a_fault_is_one_line_and_the_ledger_is_the_bill(
    bad: Bad, server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home, **{"REPLICATE_MAX_RETRIES": 1, **bad.settings})
    for call, fault in bad.calls.items():
        server.misbehave(call, *[fault] * 9)
    server.account.outcomes = [bad.outcome]
    said = line_of(workspace, ONE, bad.error)
    who = "Invalid REPLICATE_API_TOKEN: " if bad.error is InvalidToken else "scene 1 (replicate): "
    end = f" ({bad.spent}); {bad.remedy}"
    assert said.startswith(who)
    assert said.endswith(end)
    assert re.fullmatch(bad.happened, said.removeprefix(who).removesuffix(end)), said
    assert server.created == bad.created
    assert [row["reserved_usd"] for row in open_rows(workspace)] == [Decimal("0.02")] * (
        bad.spent == OPEN
    )
    assert bad.spent == OPEN or balanced(workspace, server)
    server.faults.clear()
    make_clips(workspace_for(server, home), ONE)
    assert server.created == bad.at_last
    assert balanced(workspace, server)


def test_a_command_says_the_same_line_and_what_was_spent_as_a_fact(
    replicate: Replicate, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("board.json").write_text(ONE.model_dump_json())
    replicate.account.outcomes = [Outcome(output="none")]
    monkeypatch.setattr(patience, "SETTLING_SECONDS", 0.0)
    said = inside("render", "board.json", "--provider", "replicate", "--json")
    line = f"scene 1 (replicate): the model made nothing ({PAID}); {ANEW}"
    assert (said.code, said.error) == (1, line)
    assert said.json["error"]["details"]["spent_usd"] == "0.02"


# --- before any work
# ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("token", ["r8_" + "Wrong" * 8, "", "no token at all"])
def test_a_token_that_is_none_is_named_before_any_work(
    server: Replicate, home: Path, token: str
) -> None:
    workspace = workspace_for(server, home, REPLICATE_API_TOKEN=token)
    said = line_of(workspace, ONE, InvalidToken)
    assert said.startswith("Invalid " if token else "REPLICATE_API_TOKEN: is not set; hosted")
    assert server.created == 0
    with workspace.db.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM generation_jobs").scalar() == 0


def test_a_server_that_is_not_there_costs_nothing(server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home, REPLICATE_MAX_RETRIES=0)
    server.stop()
    said = line_of(workspace, ONE, LotusError)
    assert "cannot be reached" in said
    with workspace.db.begin() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM predictions").scalar() == 0


# --- what passes
# -----------------------------------------------------------------------------------------

PASSING = {
    "busy, with a time to wait": Fault(429, "Request was throttled.", retry_after="0.2"),
    "busy, without one": Fault(429, "Request was throttled. Your rate limit resets in ~0.2s."),
    "an error before it was created": Fault(500),
    "a gateway that gave up": Fault(503, "Service unavailable", retry_after="0.1"),
    "an error after it was created": Fault(500, after=True),
    "a reset after it was created": Fault(how="reset", after=True),
    "an answer that never comes": Fault(how="silence", after=True),
    "an answer that never ends": Fault(how="slow", after=True),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", PASSING.values(), ids=PASSING)
def test_a_fault_that_passes_is_got_over_and_paid_once(
    fault: Fault, server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("create", fault)
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


def test_what_was_created_is_found_beyond_the_first_page(
    server: Replicate, workspace: Workspace
) -> None:
    server.page_size = 2
    server.misbehave("create", Fault(500, after=True))
    others = [
        server.account.create("prunaai/p-video", "hidden", {"prompt": f"other {n}"}, None)
        for n in range(5)
    ]
    others[0].outcome = Outcome(status="aborted")  # a page with such a one in it can be read too
    server.on_created = lambda made: [
        server.account.create("prunaai/p-video", "hidden", {"prompt": f"later {n}"}, None)
        for n in range(5)
    ]
    make_clips(workspace, ONE)
    mine = [made for made in server.account.made.values() if "Pattern" in made.input["prompt"]]
    assert len(mine) == 1
    assert sums(workspace)["settled"] == Decimal("0.02")


def test_faults_of_looking_are_got_over(server: Replicate, workspace: Workspace) -> None:
    server.misbehave("get", Fault(500), Fault(how="reset"))
    make_clips(workspace, ONE)
    assert server.created == 1
    assert balanced(workspace, server)


@pytest.mark.parametrize("fault", [Fault(500), Fault(how="reset"), Fault(429, retry_after="0.1")])
def test_a_download_that_breaks_is_tried_again(
    fault: Fault, server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("output", fault)
    make_clips(workspace, ONE)
    assert (server.created, server.calls["output"]) == (1, 2)
    assert balanced(workspace, server)


def test_a_model_that_breaks_down_is_tried_once_more(
    server: Replicate, workspace: Workspace
) -> None:
    server.account.outcomes = [Outcome("failed", error="CUDA out of memory")]
    make_clips(workspace, ONE)
    assert server.created == 2
    assert balanced(workspace, server)


def test_a_model_that_keeps_breaking_down_is_given_up_with_the_cost_of_both_tries(
    server: Replicate, home: Path, by_hardware: Path
) -> None:
    server.account.run_seconds = 0.2
    server.account.outcomes = [Outcome("failed", error="CUDA out of memory")] * 5
    workspace = workspace_for(server, home, LOTUS_MODELS=by_hardware)
    said = line_of(workspace, ONE, model="mine")
    assert (
        "the model failed: CUDA out of memory ($0.00061 was spent); run again, or use another"
        in said
    )
    assert server.created == 2
    assert balanced(workspace, server)


def test_what_cannot_be_cancelled_stays_reserved_until_it_can(
    server: Replicate, home: Path
) -> None:
    settings = {"REPLICATE_TIMEOUT_SECONDS": 0.6, "REPLICATE_MAX_RETRIES": 0}
    server.account.outcomes = [Outcome("processing")]
    server.misbehave("cancel", Fault(500))
    said = line_of(workspace_for(server, home, **settings), ONE)
    assert said.endswith(f"has an internal error (500: Internal server error) ({OPEN}); {LATER}")
    assert "the prediction timed out" in line_of(workspace_for(server, home, **settings), ONE)
    assert server.created == 1
    assert balanced(workspace_for(server, home), server)


def test_an_hour_later_the_output_is_lost_but_its_cost_is_known(
    server: Replicate, workspace: Workspace
) -> None:
    server.misbehave("output", *[Fault(how="reset")] * 3)
    line_of(workspace, ONE)
    for made in server.account.made.values():
        server.account.forget(made)
    said = line_of(workspace, ONE)
    assert "the output no longer exists ($0.02 was spent)" in said
    assert balanced(workspace, server)
