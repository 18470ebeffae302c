"""Days on which answers, files, clocks and numbers are not what the documentation says.

Whatever happens: each clip is paid once, nothing that is paid is thrown away, no run ends in a
traceback, and in the end the ledger is the account's bill.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.db.tables import now
from lotus.errors import ClipFailed, LotusError
from lotus.generation.predictions import patience
from lotus.generation.reconcile import reconcile
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
from tests.replicate_account import Made, Outcome
from tests.replicate_server import Fault, Replicate

ONE = video_of(1)
PAGE = b"<html><h1>Sign in to the guest network</h1></html>"
Rewrite = Callable[[Any], Any]


@dataclass(frozen=True)
class Day:
    """What goes wrong, in how many runs, and how many predictions there are in the end."""

    faults: Mapping[str, tuple[Fault, ...]] = field(default_factory=dict)
    rewrites: Mapping[str, tuple[Rewrite, ...]] = field(default_factory=dict)
    outcome: Outcome = field(default_factory=Outcome)
    runs: int = 1
    created: int = 1
    prepare: Callable[[Replicate], None] = lambda server: None
    settings: Mapping[str, Any] = field(default_factory=dict)


def other(**changes: Any) -> Rewrite:
    """The answer with other fields."""
    return lambda document: {**document, **changes}


def without(*names: str) -> Rewrite:
    """The answer without some fields."""
    return lambda document: {name: document[name] for name in document if name not in names}


def says(answer: Any) -> Rewrite:
    """Another answer altogether."""
    return lambda document: answer


def metrics(**values: Any) -> Day:
    """The end of a prediction comes with these metrics, each time that it is looked at."""

    def rewritten(document: Any) -> Any:
        return {**document, "metrics": values} if document["metrics"] else document

    return Day(rewrites={"get": (rewritten,) * 20})


def clock(seconds: float) -> Day:
    """The server's clock differs, and an answer is lost."""

    def prepare(server: Replicate) -> None:
        server.account.clock_ahead = seconds

    return Day(faults={"create": (Fault(500, after=True),)}, prepare=prepare)


def in_pages(rewrite: Rewrite) -> Day:
    """An answer is lost, and the list in which it is looked for is strange."""
    return Day(faults={"create": (Fault(500, after=True),)}, rewrites={"list": (rewrite,)})


def with_strange_neighbours(document: Any) -> Any:
    odd: list[Any] = [None, "text", {}, {"id": 7, "status": "failed", "input": {}}, {"id": "x"}]
    odd += [{"id": "odd", "status": ["failed"], "input": 3, "metrics": [1], "urls": [2]}]
    return {**document, "results": [*odd, *document["results"]]}


def as_data(document: Any) -> Any:
    """The clip itself instead of its address."""
    import base64

    from tests.replicate_videos import video

    if not document["output"]:
        return document
    data = base64.b64encode(video(1.0, "1:1")).decode()
    return {**document, "output": f"data:video/mp4;base64,{data}"}


def elsewhere(document: Any) -> Any:
    """An address that is no longer good; the next look gives another."""
    if not document["output"]:
        return document
    return {**document, "output": document["output"].replace("/output/", "/expired/")}


def twice(server: Replicate) -> None:
    """A gateway repeats the order: two predictions are made of it."""

    def again(made: Made) -> None:
        server.on_created = lambda made: None
        server.account.create(made.model, made.version, made.input, None)

    server.on_created = again


ODD_TEXT = "CUDA \x00 error \ud83d \u202e \U0001f4a5 " + "ö" * 9000
PORTAL = Fault(200, how="page")

DAYS = {
    # --- the answer to the order
    "the order is answered by a page": Day({"create": (Fault(200, after=True, how="page"),)}),
    "the order is refused by a page of a gateway that had passed it on": Day(
        {"create": (Fault(403, after=True, how="page"),)}
    ),
    "the order is answered by a 404 page after it was passed on": Day(
        {"create": (Fault(404, after=True, how="page"),)}
    ),
    "the answer has no name": Day(rewrites={"create": (without("id"),)}),
    "the answer's name is null": Day(rewrites={"create": (other(id=None),)}),
    "the answer's name is a path": Day(rewrites={"create": (other(id="../account"),)}),
    "the answer is a list": Day(rewrites={"create": (says([]),)}),
    "the answer is text": Day(rewrites={"create": (says("created"),)}),
    "the answer is null": Day(rewrites={"create": (says(None),)}),
    "the answer is an object of another kind": Day(rewrites={"create": (says({"ok": True}),)}),
    "fields of the answer have other types": Day(
        rewrites={"create": (other(metrics=[1], urls=["x"], error={"a": 1}, logs=7, input=[]),)}
    ),
    "the answer has no time": Day(rewrites={"create": (other(created_at=None),)}),
    "the answer's time is none": Day(rewrites={"create": (other(created_at="soon"),)}),
    "the answer's time has no zone": Day(
        rewrites={"create": (other(created_at="2026-11-28T10:00:00"),)}
    ),
    "the order is repeated on the way": Day(
        {"create": (Fault(504, "Gateway Timeout", after=True),)}, created=2, prepare=twice
    ),
    # --- looks
    "looks are answered by pages for a while": Day({"get": (PORTAL, PORTAL)}),
    "looks are answered by 404 pages for the whole run": Day(
        {"get": (Fault(404, how="page"),) * 3}, runs=2
    ),
    "looks are answered by 403 pages for the whole run": Day(
        {"get": (Fault(403, how="page"),) * 3}, runs=2
    ),
    "looks are answered with another prediction": Day(
        rewrites={"get": (other(id="somebody0elses"),) * 2}
    ),
    "the status is null": Day(rewrites={"get": (other(status=None),)}),
    "the status is a list": Day(rewrites={"get": (other(status=["succeeded"]),)}),
    "the answer breaks off in the middle of JSON": Day({"get": (Fault(how="reset"),)}),
    # --- what is counted
    "a metric is not a number": metrics(video_output_duration_seconds=float("nan")),
    "a metric is infinite": metrics(video_output_duration_seconds=float("inf")),
    "a metric is negative": metrics(video_output_duration_seconds=-5),
    "a metric is enormous": metrics(video_output_duration_seconds=1e300, total_time=1e300),
    "a metric is text": metrics(video_output_duration_seconds="one", total_time="long"),
    "there are no metrics": metrics(),
    "a metric has a strange name": metrics(**{"a\0b\ud83d": 1}),
    # --- the file
    "the file is not there at first": Day({"output": (Fault(404, "Not found."),) * 2}),
    "a page comes instead of the file, in a whole run": Day({"output": (PORTAL,) * 3}, runs=2),
    "an empty file comes, in a whole run": Day({"output": (Fault(how="empty"),) * 3}, runs=2),
    "the file breaks off without a word": Day({"output": (Fault(how="cut"),)}),
    "the file is forbidden for a while": Day({"output": (Fault(403, "Expired"),) * 2}),
    "the file asks for a token, in a whole run": Day({"output": (Fault(401, "No"),) * 3}, runs=2),
    "the file moves in a circle, in a whole run": Day(
        {"output": (Fault(how="moved"),) * 99}, runs=2
    ),
    "the address has expired and the next one is good": Day(rewrites={"get": (elsewhere,)}),
    "the file comes as data": Day(rewrites={"get": (as_data,) * 9}),
    # --- clocks and lists
    "the server's clock is an hour behind": clock(-3600.0),
    "the server's clock is a day ahead": clock(86400.0),
    "the list has strange entries": in_pages(with_strange_neighbours),
    "the list has no entries at first": in_pages(other(results=None)),
    "the list is a page": in_pages(says(PAGE)),
    "the list goes in a circle": in_pages(
        lambda document: {**document, "next": "/v1/predictions?cursor=0"}
    ),
}


IN_SHORT = (  # one of each kind is not slow
    "the answer's name is a path",
    "looks are answered by 404 pages for the whole run",
    "a metric is not a number",
    "the file is not there at first",
    "an empty file comes, in a whole run",
    "the file breaks off without a word",
    "the server's clock is an hour behind",
    "the list has strange entries",
)


def _days() -> list[Any]:
    slow = pytest.mark.slow
    return [
        pytest.param(day, id=name, marks=() if name in IN_SHORT else slow)
        for name, day in DAYS.items()
    ]


@pytest.fixture
def brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    """As patient as in earnest, in a tenth of the time."""
    from lotus.providers.replicate import client

    for module in (patience, client):
        monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.1)
    monkeypatch.setattr(patience, "AGAIN_SECONDS", 0.02)
    monkeypatch.setattr(patience, "LOOK_AFTER_SECONDS", (0.0, 0.1))
    monkeypatch.setattr(patience, "SETTLING_SECONDS", 1.0)


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("day", _days())
def test_a_clip_is_paid_once_and_kept(day: Day, server: Replicate, home: Path) -> None:
    workspace = workspace_for(server, home, **day.settings)
    day.prepare(server)
    server.account.outcomes = [day.outcome]
    for call, faults in day.faults.items():
        server.misbehave(call, *faults)
    for call, rewrites in day.rewrites.items():
        server.rewrite(call, *rewrites)
    for _ in range(day.runs - 1):
        with pytest.raises(LotusError):
            make_clips(workspace, ONE)
        assert len(open_rows(workspace)) == 1  # it is remembered
        server.faults.clear()
    make_clips(workspace, ONE)
    assert all(plan.cached for plan in planned(workspace, ONE))
    assert server.created == day.created
    if day.created > 1:
        server.account.run_seconds = 0.0
        reconcile(workspace, now() - timedelta(days=1))
    assert balanced(workspace, server)


# --- texts and numbers that a database refuses


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize("place", ["defaults", "servers"], indirect=True)
def test_odd_texts_of_a_failure_are_settled_on_every_database(
    place: str, server: Replicate, home: Path
) -> None:
    server.account.outcomes = [Outcome("failed", error=ODD_TEXT)] * 2
    odd = {"a\0b": "\ud83d", "predict_time": float("nan")}
    server.rewrite(
        "get",
        *[lambda document: {**document, "metrics": odd} if document["error"] else document] * 9,
    )
    workspace = workspace_for(server, home)
    said = line_of(workspace, ONE)
    assert "the model failed: CUDA \ufffd error \ufffd" in said
    assert "nothing was spent" in said
    assert balanced(workspace, server)
    make_clips(workspace, ONE)
    assert server.created == 3


def test_a_file_that_comes_as_data_does_not_fill_the_database(
    server: Replicate, workspace: Workspace
) -> None:
    server.rewrite("get", *[as_data] * 9)
    make_clips(workspace, ONE)
    with workspace.db.begin() as connection:
        [output] = connection.exec_driver_sql("SELECT output FROM predictions").scalars()
    assert len(output) < 3000


def test_time_on_hardware_is_counted_from_its_beginning_and_end_where_no_metric_says_it(
    server: Replicate, home: Path, by_hardware: Path
) -> None:
    server.account.run_seconds = 0.4
    server.rewrite("get", *[other(metrics=None)] * 9)
    workspace = workspace_for(server, home, LOTUS_MODELS=by_hardware)
    make_clips(workspace, ONE, model="mine")
    assert balanced(workspace, server)


# --- ends that cross


@pytest.mark.usefixtures("brisk")
@pytest.mark.parametrize(
    "fault", [Fault(404, "Not found."), Fault(422, "Prediction has already ended")]
)
def test_what_ends_while_it_is_cancelled_is_kept(
    fault: Fault, server: Replicate, home: Path
) -> None:
    server.account.run_seconds = 0.9
    server.misbehave("cancel", fault)
    workspace = workspace_for(server, home, REPLICATE_TIMEOUT_SECONDS=0.5)
    make_clips(workspace, ONE)
    assert server.calls["cancel"] == 1
    assert server.created == 1
    assert balanced(workspace, server)


def test_what_is_canceled_while_it_runs_costs_the_time_that_it_ran(
    server: Replicate, home: Path, by_hardware: Path
) -> None:
    server.account.run_seconds = 30.0
    workspace = workspace_for(server, home, LOTUS_MODELS=by_hardware, REPLICATE_TIMEOUT_SECONDS=0.5)
    said = line_of(workspace, ONE, model="mine")
    assert "timed out after 0.5 s" in said
    assert sums(workspace)["settled"] > 0
    assert balanced(workspace, server)


# --- models that change


def test_a_model_that_is_retired_between_two_scenes_keeps_what_is_paid(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home, LOTUS_MAX_CONCURRENT_CLIPS=1)

    def retire(made: Made) -> None:
        server.misbehave("create", *[Fault(404, "The model has been retired.")] * 9)

    server.on_created = retire
    said = line_of(workspace, video_of(3))
    assert "there is no such model" in said
    assert server.created == 1
    assert [plan.cached for plan in planned(workspace, video_of(3))].count(True) == 1
    assert balanced(workspace, server)
    server.faults.clear()
    server.on_created = lambda made: None
    make_clips(workspace, video_of(3), model="kling-v2.6")
    assert balanced(workspace, server)


@pytest.mark.usefixtures("brisk")
def test_a_model_that_left_the_catalogue_disturbs_nobody_and_is_named(
    server: Replicate, home: Path, by_hardware: Path
) -> None:
    """A row of it is open, and the catalogue in which it stood is gone."""
    server.misbehave("get", *[Fault(500)] * 9)
    with pytest.raises(ClipFailed):
        make_clips(workspace_for(server, home, LOTUS_MODELS=by_hardware), ONE, model="mine")
    server.faults.clear()
    workspace = workspace_for(server, home)
    make_clips(workspace, video_of(1, seed=9))
    assert len(open_rows(workspace)) == 1  # its money stays reserved
    [difference] = reconcile(workspace, now() - timedelta(days=1)).discrepancies
    assert difference.kind == "not compared"
    assert "no longer in the catalogue" in difference.note
    again = workspace_for(server, home, LOTUS_MODELS=by_hardware)
    make_clips(again, ONE, model="mine")
    assert balanced(again, server)


@pytest.mark.usefixtures("brisk")
def test_a_price_that_rises_while_a_prediction_runs_is_reserved_and_said(
    server: Replicate, home: Path, tmp_path: Path
) -> None:
    server.misbehave("get", *[Fault(500)] * 9)
    with pytest.raises(ClipFailed):
        make_clips(workspace_for(server, home), ONE)
    server.faults.clear()
    dearer = tmp_path / "dearer.toml"
    dearer.write_text(
        '[models.p-video]\nprices = [{ metric = "video_output_duration_seconds", usd = "0.03" }]\n'
    )
    workspace = workspace_for(server, home, LOTUS_MODELS=dearer)
    warnings: list[str] = []
    make_clips(workspace, ONE, on_warning=warnings)
    assert warnings == ["p-video charged $0.03, more than the $0.02 of its estimate"]
    assert sums(workspace)["settled"] == Decimal("0.03")
    assert server.created == 1


# --- two accounts


@pytest.mark.usefixtures("brisk")
def test_a_token_that_is_changed_on_the_way_leaves_what_runs_to_its_account(
    server: Replicate, home: Path
) -> None:
    from tests.replicate_account import Account

    other_account = Account("r8_" + "0ther" * 7, "somebody-else")
    server.accounts.append(other_account)
    server.misbehave("get", *[Fault(401, "Unauthenticated")] * 3)
    with pytest.raises(LotusError):
        make_clips(workspace_for(server, home), ONE)
    server.faults.clear()
    theirs = workspace_for(server, home, REPLICATE_API_TOKEN=other_account.token)
    with pytest.raises(LotusError, match="another account, tester, is making this clip"):
        make_clips(theirs, ONE)
    assert other_account.made == {}
    make_clips(workspace_for(server, home), ONE)
    assert server.created == 1
    assert balanced(workspace_for(server, home), server)


# --- files that are no clips


@pytest.mark.parametrize("output", ["words", "beside"])
def test_a_picture_is_found_whatever_lies_beside_it(output: str, replicate: Replicate) -> None:
    replicate.account.outcomes = [Outcome(output=output)]
    made = inside("make", "text-to-image", "Dawn", "-o", "dawn.png", "--json")
    assert made.code == 0, made.error
    assert replicate.created == 1
