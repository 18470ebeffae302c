"""One lease for jobs, predictions and rows of campaigns: held by one, lost with its owner."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from batch.rows import runs
from lotus.db import Database, leases, records
from lotus.db import tables as t
from lotus.system.owner import LEASE, this_machine, this_process

HERE = this_process()
ELSEWHERE = "another-machine:1:00000000"
THIRD = "a-third-machine:1:00000000"
DEAD = f"{this_machine()}99999999:00000000"  # no process of Linux has such a number
FACTS = {"provider": "p", "model": "m"}


def _job(connection: sa.Connection) -> str:
    row = {"kind": "ad", "prompt": "p", "provider": "p", "planner": "template", "brief": {}}
    return records.create_job(connection, **row)


def _prediction(connection: sa.Connection) -> str:
    row = {"id": t.new_id(), "key": "k", "job_id": "j", "request": {}, "reserved_usd": 1, **FACTS}
    connection.execute(t.predictions.insert().values(**row))
    return str(row["id"])


def _run(connection: sa.Connection) -> str:
    campaign = {"id": "c", "name": "n", "manifest": "m", "notebook": "n", "source": "s"}
    connection.execute(t.campaigns.insert().values(**campaign, parameters={}, options={}))
    runs.add_runs(connection, "c", [{"id": "r", "position": 0, "name": "a", "parameters": {}}])
    return "r"


KINDS: dict[str, tuple[sa.Table, Callable[[sa.Connection], str]]] = {
    "job": (t.generation_jobs, _job),
    "prediction": (t.predictions, _prediction),
    "row": (t.runs, _run),
}


class Leased:
    """A row of one of the tables, new and free."""

    def __init__(self, db: Database, kind: str) -> None:
        self.db = db
        self.table, create = KINDS[kind]
        self.id = db.run(create)

    def read(self) -> dict[str, Any]:
        query = sa.select(self.table).where(self.table.c.id == self.id)
        with self.db.read() as connection:
            return dict(connection.execute(query).mappings().one())

    def do(self, step: Callable[..., Any], *args: Any, **values: Any) -> Any:
        return self.db.run(lambda connection: step(connection, self.table, *args, **values))

    def lapse(self) -> None:
        self.db.run(
            lambda connection: connection.execute(
                self.table.update().values(lease_until=t.now() - timedelta(seconds=1))
            )
        )


@pytest.fixture(params=KINDS)
def row(request: pytest.FixtureRequest, db: Database) -> Leased:
    return Leased(db, request.param)


def test_of_two_that_read_a_free_row_one_gets_it(row: Leased) -> None:
    free = row.read()
    assert not leases.is_held(free)
    assert row.do(leases.acquire, free, ELSEWHERE)
    assert not row.do(leases.acquire, free, HERE)
    held = row.read()
    assert held["owner"] == ELSEWHERE
    assert leases.is_held(held)
    assert timedelta(0) < held["lease_until"] - t.now() <= LEASE


def test_a_row_whose_lease_has_passed_is_taken_and_its_owner_can_change_it_no_more(
    row: Leased,
) -> None:
    row.do(leases.acquire, row.read(), ELSEWHERE)
    row.lapse()
    lapsed = row.read()
    assert not leases.is_held(lapsed)
    assert row.do(leases.acquire, lapsed, THIRD)
    assert not row.do(leases.update, row.id, ELSEWHERE, status=lapsed["status"])
    assert not row.do(leases.release, row.id, ELSEWHERE)
    assert row.do(leases.renew, ELSEWHERE, row.id) == 0
    assert row.read()["owner"] == THIRD


def test_an_owner_that_comes_back_in_time_keeps_the_row(row: Leased) -> None:
    row.do(leases.acquire, row.read(), ELSEWHERE)
    row.lapse()
    lapsed = row.read()  # as another process saw it, a moment before it is renewed
    assert row.do(leases.renew, ELSEWHERE, row.id) == 1
    assert not row.do(leases.acquire, lapsed, THIRD)
    assert not row.do(leases.give_up, lapsed)
    assert row.read()["owner"] == ELSEWHERE


def test_a_row_of_a_dead_process_is_free_at_once(row: Leased) -> None:
    row.do(leases.acquire, row.read(), DEAD)
    assert not leases.is_held(row.read())
    with row.db.read() as connection:
        free = sa.select(row.table.c.id).where(leases.maybe_free(row.table))
        assert connection.scalars(free).all() == [row.id]
    assert row.do(leases.acquire, row.read(), HERE)


def test_a_change_renews_the_lease_and_a_release_ends_it(row: Leased) -> None:
    row.do(leases.acquire, row.read(), HERE)
    row.lapse()
    assert row.do(leases.update, row.id, HERE)
    assert row.read()["lease_until"] > t.now()
    assert row.do(leases.release, row.id, HERE)
    assert (row.read()["owner"], row.read()["lease_until"]) == (None, None)
    assert row.do(leases.acquire, row.read(), ELSEWHERE)


def test_a_condition_holds_for_every_step(row: Leased) -> None:
    row.do(leases.acquire, row.read(), DEAD)
    free = row.read()
    assert not row.do(leases.acquire, free, HERE, sa.false())
    assert row.do(leases.renew, DEAD, where=sa.false()) == 0
    assert not row.do(leases.update, row.id, DEAD, sa.false())
    assert not row.do(leases.release, row.id, DEAD, sa.false())
    assert row.read() == free


def test_attempts_are_counted_up_to_their_number() -> None:
    assert [leases.is_exhausted({"attempts": n}, 3) for n in range(5)] == [False] * 3 + [True] * 2
