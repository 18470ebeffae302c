"""The queue: a job is had by one process at a time, and is never lost with it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lotus.db import Database, queue, records
from lotus.db import tables as t
from lotus.server.service import Service
from lotus.system.owner import LEASE, this_machine, this_process
from lotus.workspace import Workspace

ROOT = Path(__file__).parents[2]
ELSEWHERE = "another-machine:1:00000000"
DEAD = f"{this_machine()}99999999:00000000"  # no process of Linux has such a number


def queued(db: Database, **values: Any) -> str:
    row = {"kind": "ad", "prompt": "p", "provider": "animatic", "planner": "template", "brief": {}}
    with db.begin() as connection:
        return records.create_job(connection, **{**row, "queued_at": t.now(), **values})


def taken(db: Database, owner: str = "") -> records.Row | None:
    return db.run(lambda connection: queue.acquire_next(connection, owner or this_process()))


def row(db: Database, job_id: str) -> records.Row:
    with db.read() as connection:
        return records.get_job(connection, job_id)


def change(db: Database, job_id: str, **values: Any) -> None:
    with db.begin() as connection:
        records.update_job(connection, job_id, **values)


def kinds(db: Database, job_id: str) -> list[str]:
    with db.read() as connection:
        return [event["kind"] for event in records.events_of(connection, job_id)]


def test_the_job_that_waited_longest_is_taken_first(db: Database) -> None:
    first = queued(db)
    second = queued(db)
    assert [found["id"] for found in (taken(db), taken(db)) if found] == [first, second]
    assert taken(db) is None
    assert row(db, first)["status"] == "planning"
    assert row(db, first)["owner"] == this_process()


def test_a_job_is_taken_by_one_of_many_who_want_it(db: Database) -> None:
    jobs = {queued(db) for _ in range(6)}
    with ThreadPoolExecutor(6) as pool:
        owners = [f"another-machine:{n}:00000000" for n in range(6)]
        found = [got["id"] for got in pool.map(lambda owner: taken(db, owner), owners) if got]
    assert len(found) == len(set(found))
    while (got := taken(db)) is not None:
        found.append(got["id"])
    assert sorted(found) == sorted(jobs)


def test_a_job_that_its_own_process_runs_is_not_in_the_queue(db: Database) -> None:
    queued(db, queued_at=None)
    assert taken(db) is None
    with db.read() as connection:
        assert queue.waiting(connection) == []


def test_a_service_counts_what_waits_and_what_is_not_over(db: Database) -> None:
    workspace = Workspace.open()
    vars(workspace)["db"] = db
    service = Service.of(workspace, with_tokens=False)
    assert service.queue_length() == (0, 0)
    queued(db, queued_at=None)  # of a notebook, which runs it itself
    queued(db)
    queued(db)
    assert service.queue_length() == (2, 2)
    got = taken(db)
    assert got is not None
    assert service.queue_length() == (1, 2)
    change(db, got["id"], status="completed")
    assert service.queue_length() == (1, 1)
    text = (ROOT / "terraform/modules/service/main.tf").read_text()
    assert '$.event = \\"queue_length\\"' in text, "by this line AWS starts more services"
    assert 'queue   = { waiting = "JobsWaiting", unfinished = "JobsUnfinished" }' in text


def test_a_job_of_a_dead_process_is_taken_again_at_once(db: Database) -> None:
    job_id = queued(db)
    change(db, job_id, status="composing", owner=DEAD, lease_until=t.now() + LEASE, attempts=1)
    with db.read() as connection:
        assert len(queue.waiting(connection)) == 1
    found = taken(db)
    assert found is not None
    assert (found["id"], found["attempts"]) == (job_id, 2)


def test_a_job_of_another_machine_is_taken_when_its_lease_has_passed(db: Database) -> None:
    job_id = queued(db)
    assert taken(db, ELSEWHERE) is not None
    assert taken(db) is None
    change(db, job_id, lease_until=t.now() - timedelta(seconds=1))
    again = taken(db)
    assert again is not None
    assert again["id"] == job_id


def test_who_lost_a_job_changes_it_no_more(db: Database) -> None:
    job_id = queued(db)
    taken(db, ELSEWHERE)
    change(db, job_id, lease_until=t.now() - timedelta(seconds=1))
    taken(db)
    with db.begin() as connection:
        assert not queue.update_held(connection, job_id, ELSEWHERE, status="completed")
        assert not queue.release(connection, job_id, ELSEWHERE)
    assert row(db, job_id)["status"] == "planning"


def test_a_job_that_is_given_back_waits_as_if_it_had_never_been_taken(db: Database) -> None:
    job_id = queued(db)
    taken(db)
    with db.begin() as connection:
        assert queue.release(connection, job_id, this_process())
    found = row(db, job_id)
    assert (found["status"], found["owner"], found["attempts"]) == ("queued", None, 0)
    assert kinds(db, job_id) == ["stage", "queued"]
    assert taken(db) is not None


def test_a_job_that_ends_its_processes_is_not_tried_for_ever(db: Database) -> None:
    job_id = queued(db)
    for _ in range(queue.ATTEMPTS):
        assert taken(db) is not None
        change(db, job_id, owner=DEAD)
    assert taken(db) is None
    found = row(db, job_id)
    assert (found["status"], found["owner"]) == ("failed", None)
    assert "crashed 3 times" in found["error"]["message"]
    assert kinds(db, job_id)[-1] == "failed"


@pytest.fixture
def two(db: Database) -> tuple[str, str]:
    return queued(db), queued(db)


def test_the_numbers_of_a_jobs_events_rise_as_others_see_them(
    db: Database, two: tuple[str, str]
) -> None:
    job_id, other = two

    def write(n: int) -> None:
        with db.begin() as connection:
            records.add_event(connection, job_id if n % 2 else other, "progress", {"n": n})

    with ThreadPoolExecutor(4) as pool:
        writing = [pool.submit(write, n) for n in range(40)]
        seen: list[int] = []
        while not all(done.done() for done in writing) or not seen:
            with db.read() as connection:
                after = seen[-1] if seen else 0
                seen += [event["id"] for event in records.events_of(connection, job_id, after)]
    with db.read() as connection:
        everything = [event["id"] for event in records.events_of(connection, job_id)]
        rest = [event["id"] for event in records.events_of(connection, job_id, seen[-1])]
    assert seen + rest == everything
    assert len(everything) == 20
