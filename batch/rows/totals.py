"""What the rows of a campaign come to: counts, costs, videos."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from batch.rows.runs import WAITS, Row
from lotus.db import tables as t

__all__ = [
    "FARGATE",
    "bytes_fetched",
    "costs_of",
    "count_drafts",
    "counts",
    "job_of",
    "paid_for_tasks",
    "videos_of",
]

FARGATE = ("fargate", "fargate-spot")  # what the ledger calls seconds of tasks
_r = t.runs.c


def counts(
    connection: sa.Connection, campaign_id: str, started_at: datetime | None
) -> dict[str, int]:
    """Rows by status; `reused` were complete before the campaign was started last, `waiting` (for
    approval) are some of the queued.
    """
    earlier = _r.finished_at < started_at if started_at is not None else sa.false()
    is_reused = (_r.status == "completed") & earlier
    waits = (_r.status == "queued") & WAITS
    query = sa.select(
        _r.status, sa.func.count(), sa.func.count().filter(is_reused), sa.func.count().filter(waits)
    )
    rows = connection.execute(query.where(_r.campaign_id == campaign_id).group_by(_r.status)).all()
    by_status = dict.fromkeys(t.RUN_STATUSES, 0) | {row[0]: row[1] for row in rows}
    more = {"reused": sum(row[2] for row in rows), "waiting": sum(row[3] for row in rows)}
    return {"total": sum(by_status.values()), **by_status, **more}


def count_drafts(connection: sa.Connection, campaign_id: str, since: datetime | None) -> int:
    """Rows that wait for approval whose drafts were made since then."""
    mine = (_r.campaign_id == campaign_id) & (_r.status == "queued") & WAITS
    later = mine & (_r.finished_at >= since) if since is not None else mine
    return connection.scalar(sa.select(sa.func.count()).where(later)) or 0


def costs_of(connection: sa.Connection, campaign_id: str) -> dict[str, Decimal]:
    """The campaign's sums by kind of entry."""
    sums = dict.fromkeys(t.COST_KINDS, Decimal(0))
    return sums | {row[0]: row[1] for row in connection.execute(_sums(campaign_id))}


def _sums(campaign_id: str) -> sa.Select[Any]:
    c = t.cost_entries.c
    return (
        sa.select(c.kind, sa.func.sum(c.amount_usd))
        .where(c.campaign == campaign_id)
        .group_by(c.kind)
    )


def job_of(connection: sa.Connection, run_id: str) -> str | None:
    """The newest job of a row, if its notebook had one."""
    j = t.generation_jobs.c
    return connection.scalar(sa.select(j.id).where(j.run == run_id).order_by(j.id.desc()).limit(1))


def bytes_fetched(connection: sa.Connection, job_id: str) -> int:
    """The size of the clips that a hosted model made for a job, and that it downloaded."""
    s = t.scenes.c
    c = t.clips.c
    is_paid = (s.job_id == job_id) & s.cached.is_(False) & (c.cost_usd > 0)
    clips = (
        sa.select(c.key, c.size_bytes)
        .join_from(t.scenes, t.clips, c.key == s.clip_key)
        .where(is_paid)
    )
    return int(
        connection.scalar(sa.select(sa.func.sum(clips.distinct().subquery().c.size_bytes))) or 0
    )


def paid_for_tasks(connection: sa.Connection, campaign_id: str) -> dict[str, Decimal]:
    """What the ledger has of the seconds of a campaign's tasks on ECS, by their ids."""
    c = t.cost_entries.c
    seconds = (c.campaign == campaign_id) & (c.kind == "settled") & c.model.in_(FARGATE)
    query = sa.select(c.prediction, sa.func.sum(c.amount_usd)).where(seconds).group_by(c.prediction)
    return {task: amount for task, amount in connection.execute(query)}  # noqa: C416


def videos_of(connection: sa.Connection, campaign_id: str) -> dict[str, Row]:
    """By run: what it cost, and the object of its newest video."""
    j = t.generation_jobs.c
    c = t.cost_entries.c
    m = t.compositions.c
    # of a notebook without a job the entries name the row itself
    run = sa.func.coalesce(j.run, c.job_id)
    query = sa.select(run, sa.func.sum(c.amount_usd)).outerjoin_from(
        t.cost_entries, t.generation_jobs, c.job_id == j.id
    )
    query = query.where(c.campaign == campaign_id, c.kind == "settled").group_by(run)
    by_run: dict[str, Row] = {}
    for name, amount in connection.execute(query):
        by_run.setdefault(name, {})["cost_usd"] = amount
    own = sa.select(j.run, j.id, m.object_key).join_from(
        t.generation_jobs, t.compositions, m.job_id == j.id
    )
    for name, job, key in connection.execute(own.where(j.campaign == campaign_id).order_by(j.id)):
        by_run.setdefault(name, {}).update(job_id=job, video=key)
    of_earlier_runs = (
        sa.select(_r.id, j.id, m.object_key)
        .join_from(t.runs, t.generation_jobs, j.run == _r.taken_from)
        .join(t.compositions, m.job_id == j.id)
        .where(_r.campaign_id == campaign_id, _r.taken_from.is_not(None))
    )
    for name, job, key in connection.execute(of_earlier_runs.order_by(j.id)):
        by_run.setdefault(name, {}).update(job_id=job, video=key)
    return by_run
