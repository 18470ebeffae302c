"""Rows of `campaigns` and `runs`: small functions over one connection; the caller holds the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.errors import InvalidInput
from lotus.owner import LEASE, held

__all__ = [
    "LEASE",
    "UNFINISHED",
    "abandon",
    "add_runs",
    "cancel_queued",
    "claim",
    "costs_of",
    "counts",
    "fail",
    "finish",
    "get_campaign",
    "is_free",
    "list_runs",
    "pending",
    "renew",
    "requeue",
    "update_campaign",
    "videos_of",
]

Row = dict[str, Any]
UNFINISHED = ("queued", "running")
PAGE = 500
_c, _r = t.campaigns.c, t.runs.c


def get_campaign(connection: sa.Connection, name: str) -> Row:
    """The campaign whose id begins or ends so; raises InvalidInput if there is not just one."""
    mine = _c.id.startswith(name, autoescape=True) | _c.id.endswith(name, autoescape=True)
    found = [dict(row) for row in connection.execute(sa.select(t.campaigns).where(mine)).mappings()]
    if len(found) != 1:
        reason = f"{len(found) or 'no'} campaigns have the id '{name}'"
        remedy = "`lotus batch run` and `lotus batch status` print ids"
        raise InvalidInput(file="", field="campaign", reason=reason, remedy=remedy)
    return found[0]


def update_campaign(connection: sa.Connection, campaign_id: str, **values: Any) -> None:
    """Change columns of a campaign."""
    connection.execute(t.campaigns.update().where(_c.id == campaign_id).values(**values))


def add_runs(connection: sa.Connection, campaign_id: str, rows: Iterable[Row]) -> int:
    """New rows, many at a time; how many."""
    total, batch = 0, []
    for row in rows:
        batch.append({"campaign_id": campaign_id, **row})
        if len(batch) == PAGE:
            connection.execute(t.runs.insert(), batch)
            total, batch = total + len(batch), []
    if batch:
        connection.execute(t.runs.insert(), batch)
    return total + len(batch)


def pending(connection: sa.Connection, campaign_id: str, after: int, limit: int = PAGE) -> list[Row]:
    """The next rows to hand out: queued, or running although whoever ran them is dead."""
    query = (
        sa.select(_r.id, _r.position, _r.status, _r.owner, _r.lease_until)
        .where(_r.campaign_id == campaign_id, _r.status.in_(UNFINISHED), _r.position > after)
        .order_by(_r.position)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def is_free(row: Row) -> bool:
    """Whether a row waits for somebody."""
    if row["status"] == "queued":
        return True
    return row["status"] == "running" and not held(row, t.now())


def claim(connection: sa.Connection, run_id: str, owner: str) -> Row | None:
    """Take a row that waits, with its campaign under `campaign`; None if it does not wait (any more)."""
    found = connection.execute(sa.select(t.runs).where(_r.id == run_id)).mappings().first()
    if found is None or not is_free(dict(found)):
        return None
    campaign = get_campaign(connection, found["campaign_id"])
    before = _r.owner.is_(None) if found["owner"] is None else _r.owner == found["owner"]
    values: Row = {"status": "running", "owner": owner, "lease_until": t.now() + LEASE}
    values |= {"attempts": found["attempts"] + 1, "started_at": t.now(), "finished_at": None, "reason": None}
    if campaign["stopping"]:
        values = {"status": "cancelled", "reason": campaign["stopping"], "finished_at": t.now()}
        values |= {"owner": None, "lease_until": None}
    mine = (_r.id == run_id) & (_r.status == found["status"]) & before
    done = connection.execute(t.runs.update().where(mine).values(**values))
    if done.rowcount != 1 or campaign["stopping"]:
        return None
    return {**found, **values, "campaign": campaign}


def renew(connection: sa.Connection, run_id: str, owner: str) -> bool:
    """The owner still works on it; False if the row is not its any more."""
    mine = (_r.id == run_id) & (_r.owner == owner) & (_r.status == "running")
    values = {"lease_until": t.now() + LEASE}
    return bool(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def finish(connection: sa.Connection, run_id: str, owner: str, status: str, **values: Any) -> bool:
    """How a row ended, or that it waits again; False if it was not the owner's any more."""
    over: datetime | None = None if status in UNFINISHED else t.now()
    mine = (_r.id == run_id) & (_r.owner == owner) & (_r.status == "running")
    values |= {"status": status, "owner": None, "lease_until": None, "finished_at": over}
    return bool(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def requeue(
    connection: sa.Connection, campaign_id: str, statuses: Iterable[str], names: Iterable[str] = ()
) -> int:
    """Rows that ended so wait again, with all their attempts."""
    mine = (_r.campaign_id == campaign_id) & _r.status.in_(list(statuses))
    if names:
        mine &= _r.name.in_(list(names))
    values = {"status": "queued", "attempts": 0, "reason": None, "finished_at": None}
    return int(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def cancel_queued(connection: sa.Connection, campaign_id: str, reason: str) -> int:
    """Nothing that waits will begin."""
    mine = (_r.campaign_id == campaign_id) & (_r.status == "queued")
    values = {"status": "cancelled", "reason": reason, "finished_at": t.now()}
    return int(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def counts(connection: sa.Connection, campaign_id: str, started_at: datetime | None) -> dict[str, int]:
    """Rows by status; `reused` are those that were complete before the campaign was started last."""
    query = sa.select(_r.status, sa.func.count()).where(_r.campaign_id == campaign_id).group_by(_r.status)
    found = dict.fromkeys(t.RUN_STATUSES, 0) | {row[0]: row[1] for row in connection.execute(query)}
    reused = 0
    if started_at is not None:
        earlier = (_r.campaign_id == campaign_id) & (_r.status == "completed") & (_r.finished_at < started_at)
        reused = connection.scalar(sa.select(sa.func.count()).where(earlier)) or 0
    return {"total": sum(found.values()), **found, "reused": reused}


def list_runs(connection: sa.Connection, campaign_id: str, page: int = PAGE) -> Iterator[Row]:
    """All rows in order, a page at a time."""
    after = -1
    while True:
        query = sa.select(t.runs).where(_r.campaign_id == campaign_id, _r.position > after)
        found = connection.execute(query.order_by(_r.position).limit(page)).mappings().all()
        if not found:
            return
        yield from (dict(row) for row in found)
        after = found[-1]["position"]


def costs_of(connection: sa.Connection, campaign_id: str) -> dict[str, Decimal]:
    """The campaign's sums by kind of entry."""
    c = t.cost_entries.c
    query = sa.select(c.kind, sa.func.sum(c.amount_usd)).where(c.campaign == campaign_id).group_by(c.kind)
    sums = dict.fromkeys(t.COST_KINDS, Decimal(0))
    return sums | {row[0]: row[1] for row in connection.execute(query)}


def videos_of(connection: sa.Connection, campaign_id: str) -> dict[str, Row]:
    """By run: what it cost, and the object of its newest video."""
    j, c, m = t.generation_jobs.c, t.cost_entries.c, t.compositions.c
    spent = sa.select(j.run, sa.func.sum(c.amount_usd)).join_from(
        t.generation_jobs, t.cost_entries, c.job_id == j.id
    )
    spent = spent.where(j.campaign == campaign_id, c.kind == "settled").group_by(j.run)
    found: dict[str, Row] = {}
    for run, amount in connection.execute(spent):
        found.setdefault(run, {})["cost_usd"] = amount
    made = sa.select(j.run, j.id, m.object_key).join_from(t.generation_jobs, t.compositions, m.job_id == j.id)
    for run, job, key in connection.execute(made.where(j.campaign == campaign_id).order_by(j.id)):
        found.setdefault(run, {}).update(job_id=job, video=key)
    return found


def fail(connection: sa.Connection, run_id: str, reason: str) -> None:
    """It is over, whoever had it."""
    values = {
        "status": "failed",
        "reason": reason,
        "owner": None,
        "lease_until": None,
        "finished_at": t.now(),
    }
    mine = (_r.id == run_id) & _r.status.in_(UNFINISHED)
    connection.execute(t.runs.update().where(mine).values(**values))


def abandon(connection: sa.Connection, campaign_id: str, reason: str) -> int:
    """Rows that are marked as running although nobody runs them are over."""
    mine = (_r.campaign_id == campaign_id) & (_r.status == "running")
    columns = (_r.id, _r.status, _r.owner, _r.lease_until)
    rows = [dict(row) for row in connection.execute(sa.select(*columns).where(mine)).mappings()]
    dead = [row["id"] for row in rows if is_free(row)]
    values = {"status": "cancelled", "reason": reason, "owner": None, "finished_at": t.now()}
    connection.execute(t.runs.update().where(_r.id.in_(dead)).values(**values))
    return len(dead)
