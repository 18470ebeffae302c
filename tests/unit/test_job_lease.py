"""A job in a process' hands: what it says of itself, and what it does when it has lost it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.db import queue, records
from lotus.db import tables as t
from lotus.errors import Cancelled, ClipFailed, DatabaseError
from lotus.pipeline import lease as holding
from lotus.pipeline.lease import RELEASE_REASON, JobLease
from lotus.pipeline.progress import JobProgress
from lotus.system.owner import this_process
from lotus.workspace import Workspace
from tests.driving import eventually


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    made = Workspace.open()
    yield made
    made.db.close()


@pytest.fixture
def hold(workspace: Workspace) -> JobLease:
    """A job that this process took from the queue."""
    row = {"kind": "ad", "prompt": "p", "provider": "animatic", "planner": "template", "brief": {}}
    with workspace.db.begin() as connection:
        job_id = records.create_job(connection, **row, queued_at=t.now())
        queue.acquire_next(connection, this_process())
    return JobLease(workspace, job_id)


def row(hold: JobLease) -> records.Row:
    with hold.w.db.read() as connection:
        return records.get_job(connection, hold.job_id)


def events(hold: JobLease) -> list[tuple[str, Any]]:
    with hold.w.db.read() as connection:
        return [
            (event["kind"], event["data"]) for event in records.events_of(connection, hold.job_id)
        ]


def test_progress_rises_and_never_falls() -> None:
    progress = JobProgress()
    seen = []
    for kind, data in (
        ("stage", {"stage": "generating", "frames": 100}),
        ("clip", {"scene": 0, "frames": 30, "of_frames": 50}),
        ("clip", {"scene": 1, "frames": 20, "of_frames": 50}),
        ("clip", {"scene": 0, "frames": 10, "of_frames": 50}),
        ("clip", {"scene": 0, "frames": 90, "of_frames": 50}),
        ("stage", {"stage": "composing"}),
        ("frames", {"frames": 5, "of_frames": 20}),
        ("frames", {"frames": 3, "of_frames": 20}),
        ("frames", {"frames": 40, "of_frames": 20}),
    ):
        progress.on_event(kind, data)
        seen.append(progress.percent)
    assert seen == sorted(seen) == [0, 15, 25, 25, 50, 50, 62.5, 62.5, 100]


def test_a_clip_is_said_once_and_of_steps_only_the_last(hold: JobLease) -> None:
    hold.stage("generating", frames=8)
    for frames in (1, 2, 4, 4):
        hold.on_event("clip", {"scene": 0, "frames": frames, "of_frames": 4})
    hold.stage("composing")
    assert [kind for kind, _ in events(hold)] == ["stage", "stage", "clip", "stage"]
    hold.finish("completed")
    kind, data = events(hold)[-1]
    assert (kind, data["cost"]["actual_usd"]) == ("completed", "0.00")
    assert (row(hold)["status"], row(hold)["owner"], row(hold)["lease_until"]) == (
        "completed",
        None,
        None,
    )


def test_what_is_spent_is_said_when_it_changes(hold: JobLease) -> None:
    entry = {"job_id": hold.job_id, "kind": "settled", "provider": "p", "model": "m"}
    with hold.w.db.begin() as connection:
        records.add_costs(
            connection, [{**entry, "amount_usd": Decimal("0.25"), "created_at": t.now()}]
        )
    for _ in range(2):
        hold.on_event("prediction", {"scene": 0, "step": "settled", "status": "succeeded"})
        hold.stage("generating")
    costs = [data["actual_usd"] for kind, data in events(hold) if kind == "cost"]
    assert costs == ["0.25"]


def test_who_has_lost_a_job_stops_and_leaves_its_row_alone(
    hold: JobLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "LISTEN_SECONDS", 0.01)
    with hold.renewed():
        with hold.w.db.begin() as connection:
            records.update_job(connection, hold.job_id, owner="another-machine:1:00000000")
        eventually(lambda: bool(hold.w.stop), "it hears of it")
    with pytest.raises(Cancelled, match="another process is working on it"), hold.ending():
        hold.stage("composing")
    assert (row(hold)["status"], row(hold)["owner"]) == ("planning", "another-machine:1:00000000")


def test_a_lease_is_renewed_and_a_cancellation_heard(
    hold: JobLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holding, "LISTEN_SECONDS", 0.01)
    monkeypatch.setattr(holding, "RENEW_LOOKS", 1)
    before = row(hold)["lease_until"]
    with hold.renewed():
        eventually(lambda: row(hold)["lease_until"] > before, "the lease is renewed")
        with hold.w.db.begin() as connection:
            records.update_job(connection, hold.job_id, cancel_requested=True)
        eventually(lambda: bool(hold.w.stop), "it hears of it")
    assert hold.w.stop.reason == "cancelled"


def test_a_job_that_is_given_back_waits_again(hold: JobLease) -> None:
    hold.w.stop.set(RELEASE_REASON)
    with pytest.raises(Cancelled, match=RELEASE_REASON), hold.ending():
        hold.w.stop.check()
    assert (row(hold)["status"], row(hold)["owner"], row(hold)["attempts"]) == ("queued", None, 0)


def test_whatever_goes_wrong_is_in_the_row(hold: JobLease) -> None:
    with pytest.raises(ClipFailed), hold.ending():
        raise ClipFailed(scene=2, provider="animatic", reason="no", remedy="try")
    error = row(hold)["error"]
    assert (row(hold)["status"], error["code"], error["details"]["scene"]) == (
        "failed",
        "clip_failed",
        2,
    )


def test_a_fault_of_ours_is_in_the_row_too(hold: JobLease) -> None:
    with pytest.raises(ZeroDivisionError), hold.ending():
        raise ZeroDivisionError("of us")
    assert row(hold)["error"]["message"] == "job: ZeroDivisionError: of us"


def test_what_could_not_be_written_is_written_later(
    hold: JobLease, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*args: object, **more: object) -> None:
        raise DatabaseError(url="x", reason="gone for a moment")

    hold.on_event("clip", {"scene": 0, "frames": 4, "of_frames": 4})
    with monkeypatch.context() as broken:
        broken.setattr(records, "add_event", fails)
        with pytest.raises(DatabaseError):
            hold.stage("composing")
    hold.stage("composing")
    assert [kind for kind, _ in events(hold)] == ["stage", "clip", "stage"]
