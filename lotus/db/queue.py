"""Jobs that wait, and who has which: small functions over one connection; the caller holds the
transaction.

A job is taken by naming its owner before: of two who want it at once, one changes the row. Its
owner renews
the lease while it works; a job whose owner is dead, or silent for longer than that, may be taken by
anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.records import UNFINISHED, Row, add_event
from lotus.system.owner import LEASE, held, this_machine

__all__ = ["acquire_job", "acquire_next", "hold", "percents", "release", "update_held", "waiting"]

LOOK_AT = 50  # rows a look: more than one machine works on at a time
AGAIN = 3  # how often a job is taken; one that ends its processes so often is not tried again
_j = t.generation_jobs.c


def hold(owner: str) -> Row:
    """What the row of a job says while an owner works on it."""
    return {"owner": owner, "lease_until": t.now() + LEASE}


def acquire_job(connection: sa.Connection, /, row: Row, owner: str, **values: Any) -> bool:
    """Take a job that nobody holds; False if somebody was faster."""
    before = _j.owner.is_(None) if row["owner"] is None else _j.owner == row["owner"]
    mine = (_j.id == row["id"]) & (_j.status == row["status"]) & before
    done = connection.execute(
        t.generation_jobs.update().where(mine).values(**hold(owner), **values)
    )
    return bool(done.rowcount == 1)


def acquire_next(connection: sa.Connection, owner: str, job_id: str | None = None) -> Row | None:
    """The job that has waited longest (or this one), ours from now on and being planned; None if
    none waits.

    One whose processes died too often is over instead.
    """
    for row in waiting(connection, job_id):
        if row["attempts"] >= AGAIN:
            _give_up(connection, row, owner)
            continue
        if acquire_job(connection, row, owner, status="planning", attempts=row["attempts"] + 1):
            add_event(
                connection,
                row["id"],
                "stage",
                {"stage": "planning", "attempt": row["attempts"] + 1},
            )
            return {**row, **hold(owner), "status": "planning", "attempts": row["attempts"] + 1}
    return None


def waiting(connection: sa.Connection, job_id: str | None = None) -> list[Row]:
    """Jobs (or this one) that nobody works on, the one that has waited longest first; at most
    50.
    """
    lapsed = (_j.lease_until < t.now()) | _j.owner.startswith(this_machine(), autoescape=True)
    query = sa.select(t.generation_jobs).where(
        _j.queued_at.is_not(None), _j.status.in_(UNFINISHED), _j.owner.is_(None) | lapsed
    )
    if job_id is not None:
        query = query.where(_j.id == job_id)
    found = connection.execute(query.order_by(_j.queued_at, _j.id).limit(LOOK_AT)).mappings()
    rows = [dict(row) for row in found]
    return [row for row in rows if not held(row, t.now())]


def _give_up(connection: sa.Connection, row: Row, owner: str) -> None:
    error = {
        "code": "work_failed",
        "message": f"the processes that worked on it ended {row['attempts']} times without a word",
        "remedy": "see the service's log and the machine's memory, then `lotus jobs resume`",
        "details": {},
    }
    over = {"status": "failed", "error": error, "finished_at": t.now()}
    if acquire_job(connection, row, owner, **over):
        connection.execute(
            t.generation_jobs.update()
            .where(_j.id == row["id"])
            .values(owner=None, lease_until=None)
        )
        add_event(connection, row["id"], "failed", {"error": error})


def update_held(connection: sa.Connection, job_id: str, owner: str, /, **values: Any) -> bool:
    """Change columns of a job that the owner holds; False if it does not hold it any more."""
    mine = (_j.id == job_id) & (_j.owner == owner)
    return bool(
        connection.execute(t.generation_jobs.update().where(mine).values(**values)).rowcount == 1
    )


def release(connection: sa.Connection, job_id: str, owner: str) -> bool:
    """Let another have it, at once, as if this owner had never taken it."""
    back = {"status": "queued", "owner": None, "lease_until": None, "attempts": _j.attempts - 1}
    if not update_held(connection, job_id, owner, **back):
        return False
    add_event(connection, job_id, "queued", {"reason": "the service that had it is ending"})
    return True


def percents(connection: sa.Connection, job_ids: Sequence[str]) -> dict[str, float]:
    """How far jobs have come, of those that wrote it down."""
    e = t.events.c
    newest = (
        sa.select(sa.func.max(e.id))
        .where(e.job_id.in_(job_ids), e.kind == "progress")
        .group_by(e.job_id)
    )
    query = sa.select(e.job_id, e.data).where(e.id.in_(newest))
    return {job_id: float(data["percent"]) for job_id, data in connection.execute(query)}
