"""Rows of `campaigns` and `runs`: small functions over one connection; the caller holds the
transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from batch.rows.limits import GroupFull, ParallelLimits
from lotus.db import leases, records
from lotus.db import tables as t
from lotus.errors import InvalidInput, not_one

__all__ = [
    "UNFINISHED",
    "WAITS",
    "a_run",
    "abandon",
    "add_runs",
    "approve",
    "cancel_queued",
    "claim",
    "count_failed",
    "fail",
    "find_campaign",
    "finish",
    "get_campaign",
    "has_run",
    "is_draft",
    "is_free",
    "list_campaigns",
    "list_runs",
    "named_run",
    "pending",
    "remaining",
    "renew",
    "requeue",
    "running_rows",
    "show_progress",
    "under_way",
    "update_campaign",
    "use_notebook",
    "waits",
]

Row = dict[str, Any]
SEE_IDS = "see the ids with `lotus batch list`"
UNFINISHED = ("queued", "running")
PAGE = 500
_c = t.campaigns.c
_r = t.runs.c
_RUNNING = _r.status == "running"
# its draft is made, and nobody has approved it yet
WAITS = _r.approved.is_(False) & _r.draft.is_not(None)


def get_campaign(connection: sa.Connection, campaign_id: str) -> Row:
    """The campaign with just this id; raises InvalidInput if it is gone."""
    row = connection.execute(sa.select(t.campaigns).where(_c.id == campaign_id)).mappings().first()
    if row is None:
        raise not_one("campaign", campaign_id, 0, SEE_IDS)
    return dict(row)


def a_run(connection: sa.Connection, campaign_id: str) -> str | None:
    """The id of any of its rows: unlike the campaign's own, no other database has it."""
    return connection.scalar(sa.select(_r.id).where(_r.campaign_id == campaign_id).limit(1))


def has_run(connection: sa.Connection, run_id: str | None) -> bool:
    """Whether there is a row with this id."""
    return bool(connection.scalar(sa.select(sa.func.count()).where(_r.id == run_id)))


def find_campaign(connection: sa.Connection, name: str) -> Row:
    """The campaign with this id, or else the one whose id begins or ends so.

    Raises InvalidInput if there is not just one; an empty name is nobody's.
    """
    campaigns = sa.select(t.campaigns)
    rows = connection.execute(campaigns.where(_c.id == name)).mappings().all()
    if not rows and name:
        alike = _c.id.startswith(name, autoescape=True) | _c.id.endswith(name, autoescape=True)
        rows = connection.execute(campaigns.where(alike).limit(PAGE)).mappings().all()
    if len(rows) != 1:
        raise not_one("campaign", name, len(rows), SEE_IDS)
    return dict(rows[0])


def update_campaign(connection: sa.Connection, campaign_id: str, **values: Any) -> None:
    """Change columns of a campaign."""
    connection.execute(t.campaigns.update().where(_c.id == campaign_id).values(**values))


def use_notebook(connection: sa.Connection, campaign_id: str, values: Row) -> None:
    """Another notebook for rows that are yet to run; what they would do has no key any more."""
    update_campaign(connection, campaign_id, **values)
    mine = (_r.campaign_id == campaign_id) & (_r.status != "completed")
    connection.execute(t.runs.update().where(mine).values(key=None))


def add_runs(connection: sa.Connection, campaign_id: str, rows: Iterable[Row]) -> int:
    """New rows, many at a time; how many."""
    total = 0
    batch = []
    for row in rows:
        batch.append({"campaign_id": campaign_id, **row})
        if len(batch) == PAGE:
            connection.execute(t.runs.insert(), batch)
            total = total + len(batch)
            batch = []
    if batch:
        connection.execute(t.runs.insert(), batch)
    return total + len(batch)


def pending(
    connection: sa.Connection, campaign_id: str, after: int, limit: int = PAGE
) -> list[Row]:
    """The next rows that are not over and wait for no approval; `is_free` says which may be had."""
    query = (
        sa.select(_r.id, _r.position, _r.status, _r.owner, _r.lease_until)
        .where(
            _r.campaign_id == campaign_id, _r.status.in_(UNFINISHED), _r.position > after, ~WAITS
        )
        .order_by(_r.position)
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def running_rows(connection: sa.Connection, campaign_id: str) -> list[Row]:
    """Rows that somebody runs, with their values."""
    columns = (_r.id, _r.status, _r.owner, _r.lease_until, _r.parameters, _r.labels)
    query = sa.select(*columns).where(_r.campaign_id == campaign_id, _RUNNING)
    rows = [dict(row) for row in connection.execute(query).mappings()]
    return [row for row in rows if not is_free(row)]


def remaining(connection: sa.Connection, campaign_id: str) -> int:
    """How many rows are not over and wait for no approval."""
    mine = (_r.campaign_id == campaign_id) & _r.status.in_(UNFINISHED) & ~WAITS
    return connection.scalar(sa.select(sa.func.count()).where(mine)) or 0


def count_failed(connection: sa.Connection, campaign: Row) -> int:
    """How many rows have failed since the campaign was started last."""
    mine = (_r.campaign_id == campaign["id"]) & (_r.status == "failed")
    if campaign["started_at"] is not None:
        mine &= _r.finished_at >= campaign["started_at"]
    return connection.scalar(sa.select(sa.func.count()).where(mine)) or 0


def show_progress(connection: sa.Connection, run_id: str, owner: str, values: Row) -> None:
    """The cell that runs now, or the notebook as it was saved last."""
    mine = (_r.id == run_id) & (_r.owner == owner) & (_r.status == "running")
    connection.execute(t.runs.update().where(mine).values(**values))


def under_way(connection: sa.Connection, campaign_id: str, limit: int) -> list[Row]:
    """Some rows that run: their names, and where they are."""
    mine = (_r.campaign_id == campaign_id) & (_r.status == "running")
    columns = (_r.name, _r.cell, _r.cells, _r.notebook)
    query = sa.select(*columns).where(mine).order_by(_r.position).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def list_campaigns(connection: sa.Connection, limit: int) -> list[Row]:
    """The newest campaigns, with their rows by status."""
    newest = sa.select(t.campaigns).order_by(_c.created_at.desc(), _c.id.desc()).limit(limit)
    campaigns = [dict(row) for row in connection.execute(newest).mappings()]
    ids = [row["id"] for row in campaigns]
    query = sa.select(_r.campaign_id, _r.status, sa.func.count()).where(_r.campaign_id.in_(ids))
    counts: dict[str, dict[str, int]] = {}
    for campaign_id, status, count in connection.execute(query.group_by(_r.campaign_id, _r.status)):
        counts.setdefault(campaign_id, {})[status] = count
    return [{**row, "counts": counts.get(row["id"], {})} for row in campaigns]


def named_run(connection: sa.Connection, campaign_id: str, name: str) -> Row:
    """The row with this id in the manifest; raises InvalidInput."""
    query = sa.select(t.runs).where(_r.campaign_id == campaign_id, _r.name == name)
    row = connection.execute(query).mappings().first()
    if row is None:
        reason = f"no row has the id '{name}'"
        remedy = "see `lotus batch results ID`"
        raise InvalidInput(file="", field="row", reason=reason, remedy=remedy)
    return dict(row)


def is_free(row: Row) -> bool:
    """Whether a row waits for somebody."""
    if row["status"] == "queued":
        return True
    return row["status"] == "running" and not leases.is_held(row)


def waits(row: Row) -> bool:
    """Whether a row's draft waits for approval."""
    return row["status"] == "queued" and is_draft(row) and row["draft"] is not None


def is_draft(row: Row) -> bool:
    """Whether what is made of a row is yet to be approved."""
    return row["approved"] is False


def claim(connection: sa.Connection, run_id: str, owner: str) -> Row | None:
    """Take a row that waits, with its campaign under `campaign`; None if it does not wait (any
    more). Raises GroupFull.
    """
    row = connection.execute(sa.select(t.runs).where(_r.id == run_id)).mappings().first()
    if row is None or waits(dict(row)) or not is_free(dict(row)):
        return None
    campaign = get_campaign(connection, row["campaign_id"])
    if campaign["stopping"]:
        over = {"status": "cancelled", "reason": campaign["stopping"], "finished_at": t.now()}
        leases.give_up(connection, t.runs, row, **over)
        return None
    _check_limits(connection, campaign, dict(row))
    values: Row = {
        "status": "running",
        "attempts": row["attempts"] + 1,
        "started_at": t.now(),
        "finished_at": None,
        "reason": None,
    }
    if not leases.acquire(connection, t.runs, row, owner, **values):
        return None
    _end_jobs(connection, run_id)
    return {**row, **values, **leases.terms(owner), "campaign": campaign}


def _check_limits(connection: sa.Connection, campaign: Row, row: Row) -> None:
    """Raise GroupFull if the row may not begin beside those that run, also those of other drivers.

    The campaign's row is locked until the claim is written: two claims at once are both counted.
    """
    limits = ParallelLimits(campaign["options"].get("at_most"))
    if not limits:
        return
    connection.execute(sa.select(_c.id).where(_c.id == campaign["id"]).with_for_update())
    if not limits.admits(row, running_rows(connection, campaign["id"])):
        raise GroupFull(row["name"])


def _end_jobs(connection: sa.Connection, run_id: str) -> None:
    """Jobs of an earlier attempt whose kernel died go on no more: this attempt has its own."""
    j = t.generation_jobs.c
    of_run = (j.run == run_id) & j.status.in_(records.OPEN_STATUSES)
    over = {**leases.FREE, "status": "cancelled", "finished_at": t.now()}
    connection.execute(t.generation_jobs.update().where(of_run).values(**over))


def renew(connection: sa.Connection, run_id: str, owner: str) -> bool:
    """Prolong the owner's lease; False if the row is not its any more."""
    return leases.renew(connection, t.runs, owner, run_id, _RUNNING) == 1


def finish(connection: sa.Connection, run_id: str, owner: str, status: str, **values: Any) -> bool:
    """How a row ended, or that it waits again; False if it was not the owner's any more."""
    over: datetime | None = None if status in UNFINISHED and "draft" not in values else t.now()
    values |= {"status": status, "finished_at": over}
    return leases.release(connection, t.runs, run_id, owner, _RUNNING, **values)


def requeue(
    connection: sa.Connection, campaign_id: str, statuses: Iterable[str], names: Iterable[str] = ()
) -> int:
    """Rows that ended so wait again, with all their attempts."""
    mine = (_r.campaign_id == campaign_id) & _r.status.in_(list(statuses))
    if names:
        mine &= _r.name.in_(list(names))
    values = {"status": "queued", "attempts": 0, "reason": None, "finished_at": None}
    return int(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def approve(connection: sa.Connection, campaign_id: str, names: Iterable[str] = ()) -> int:
    """Rows whose drafts wait (all, or those with these ids) are to be made for good; how many."""
    mine = (_r.campaign_id == campaign_id) & (_r.status == "queued") & WAITS
    if names:
        mine &= _r.name.in_(list(names))
    values = {"approved": True, "attempts": 0, "reason": None}
    return int(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def cancel_queued(connection: sa.Connection, campaign_id: str, reason: str) -> int:
    """Nothing that waits will begin."""
    mine = (_r.campaign_id == campaign_id) & (_r.status == "queued")
    values = {"status": "cancelled", "reason": reason, "finished_at": t.now()}
    return int(connection.execute(t.runs.update().where(mine).values(**values)).rowcount)


def list_runs(connection: sa.Connection, campaign_id: str, page: int = PAGE) -> Iterator[Row]:
    """All rows in order, a page at a time."""
    after = -1
    while True:
        query = sa.select(t.runs).where(_r.campaign_id == campaign_id, _r.position > after)
        rows = connection.execute(query.order_by(_r.position).limit(page)).mappings().all()
        if not rows:
            return
        yield from (dict(row) for row in rows)
        after = rows[-1]["position"]


def fail(connection: sa.Connection, run_id: str, reason: str) -> None:
    """It is over, whoever had it."""
    values = {**leases.FREE, "status": "failed", "reason": reason, "finished_at": t.now()}
    mine = (_r.id == run_id) & _r.status.in_(UNFINISHED)
    connection.execute(t.runs.update().where(mine).values(**values))


def abandon(connection: sa.Connection, campaign_id: str, reason: str) -> int:
    """Rows that are marked as running although nobody runs them are over; how many."""
    columns = (_r.id, _r.status, _r.owner, _r.lease_until)
    running = sa.select(*columns).where(_r.campaign_id == campaign_id, _RUNNING)
    rows = connection.execute(running).mappings().all()
    over = {"status": "cancelled", "reason": reason, "finished_at": t.now()}
    dead = [row for row in rows if is_free(dict(row))]
    return sum(leases.give_up(connection, t.runs, row, **over) for row in dead)
