"""Jobs that wait for any service: small functions over one connection; the caller holds the
transaction. Who works on a job is a matter of its lease, see leases.py.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from lotus.db import leases
from lotus.db import tables as t
from lotus.db.records import OPEN_STATUSES, Row, add_event

__all__ = [
    "Waits",
    "acquire_job",
    "acquire_next",
    "count_unfinished",
    "percents",
    "release",
    "update_held",
    "waiting",
    "waits",
]

LOOK_AT = 50  # rows a look: more than one machine works on at a time
ATTEMPTS = 3  # a job that ends its processes so often is not tried again
_j = t.generation_jobs.c


def acquire_job(connection: sa.Connection, /, row: Row, owner: str, **values: Any) -> bool:
    """Take a job that nobody holds; False if somebody was faster."""
    return leases.acquire(connection, t.generation_jobs, row, owner, **values)


def acquire_next(connection: sa.Connection, owner: str, job_id: str | None = None) -> Row | None:
    """Take the job that has waited longest (or this one) and begin to plan it; None if none waits.

    One whose processes died too often fails instead.
    """
    for row in waiting(connection, job_id):
        if leases.is_exhausted(row, ATTEMPTS):
            _fail(connection, row)
            continue
        attempt = row["attempts"] + 1
        if acquire_job(connection, row, owner, status="planning", attempts=attempt):
            add_event(connection, row["id"], "stage", {"stage": "planning", "attempt": attempt})
            return {**row, **leases.terms(owner), "status": "planning", "attempts": attempt}
    return None


def waiting(connection: sa.Connection, job_id: str | None = None) -> list[Row]:
    """Jobs (or this one) that nobody works on, the one that has waited longest first;
    at most 50.
    """
    free = leases.maybe_free(t.generation_jobs)
    query = sa.select(t.generation_jobs).where(
        _j.queued_at.is_not(None), _j.status.in_(OPEN_STATUSES), free
    )
    if job_id is not None:
        query = query.where(_j.id == job_id)
    oldest = connection.execute(query.order_by(_j.queued_at, _j.id).limit(LOOK_AT)).mappings()
    return [dict(row) for row in oldest if not leases.is_held(row)]


@dataclass(frozen=True)
class Waits:
    """How many jobs wait for a service, and how long the first of them has."""

    jobs: int
    seconds: float


def count_unfinished(connection: sa.Connection) -> int:
    """Jobs of services that wait or are under way."""
    query = sa.select(sa.func.count()).where(
        _j.queued_at.is_not(None), _j.status.in_(OPEN_STATUSES)
    )
    return int(connection.scalar(query) or 0)


def waits(connection: sa.Connection) -> Waits:
    """Jobs that nobody works on, of the 50 that have waited longest."""
    rows = waiting(connection)
    since = min((row["queued_at"] for row in rows), default=t.now())
    return Waits(len(rows), max(0.0, (t.now() - since).total_seconds()))


def _fail(connection: sa.Connection, row: Row) -> None:
    error = {
        "code": "work_failed",
        "message": f"the worker crashed {row['attempts']} times without an error message",
        "remedy": "see the service's log and the machine's memory, then `lotus jobs resume`",
        "details": {},
    }
    over = {"status": "failed", "error": error, "finished_at": t.now()}
    if leases.give_up(connection, t.generation_jobs, row, **over):
        add_event(connection, row["id"], "failed", {"error": error})


def update_held(connection: sa.Connection, job_id: str, owner: str, /, **values: Any) -> bool:
    """Change columns of a job that the owner holds; False if it does not hold it any more."""
    return leases.update(connection, t.generation_jobs, job_id, owner, **values)


def release(connection: sa.Connection, job_id: str, owner: str) -> bool:
    """Let another have it, at once, as if this owner had never taken it."""
    back: Row = {"status": "queued", "attempts": _j.attempts - 1}
    if not leases.release(connection, t.generation_jobs, job_id, owner, **back):
        return False
    add_event(connection, job_id, "queued", {"reason": "its service is shutting down"})
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
