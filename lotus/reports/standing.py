"""How things stand now: what waits and runs, what failed and why, campaigns, cache, database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import queue as jobs_queue
from lotus.db import tables as t
from lotus.db.records import OPEN_STATUSES
from lotus.db.upkeep import stats
from lotus.money.ledger import money
from lotus.reports.videos import MODEL
from lotus.workspace import Workspace

__all__ = ["campaign_count", "campaigns", "causes", "failures", "queue", "storage_totals"]

Row = dict[str, Any]
MOST_ROWS = 50  # jobs and campaigns in a table
LOOKED_AT = 5000  # failed jobs that are grouped by cause
_j = t.generation_jobs.c
_r = t.runs.c


def queue(workspace: Workspace, *, now: datetime | None = None) -> Row:
    """Jobs by status in the last day, those that are not finished, and the processes that work on
    them.
    """
    moment = now or t.now()
    count_query = sa.select(_j.status, sa.func.count()).group_by(_j.status)
    recent = (_j.created_at >= moment - timedelta(days=1)) & _j.status.not_in(OPEN_STATUSES)
    names = ("id", "status", "prompt", "owner", "created_at", "updated_at")
    under_way = sa.select(*(_j[name] for name in names), MODEL.label("model"))
    under_way = (
        under_way.where(_j.status.in_(OPEN_STATUSES)).order_by(_j.id.desc()).limit(MOST_ROWS)
    )
    with workspace.db.read() as connection:
        counts = {
            row[0]: row[1]
            for row in connection.execute(count_query.where(_j.status.in_(OPEN_STATUSES)))
        }
        counts |= {row[0]: row[1] for row in connection.execute(count_query.where(recent))}
        rows = connection.execute(under_way).mappings().all()
        ids = [row["id"] for row in rows]
        stages = _stages(connection, ids)
        percents = jobs_queue.percents(connection, ids)
    jobs = [
        _running(row, stages.get(row["id"], {}), percents.get(row["id"], 0.0), moment)
        for row in rows
    ]
    workers = sorted({row["owner"].split(":")[0] for row in rows if row["owner"]})
    return {
        "counts": {s: counts.get(s, 0) for s in t.JOB_STATUSES},
        "jobs": jobs,
        "workers": workers,
    }


def _stages(connection: sa.Connection, job_ids: list[str]) -> dict[str, Row]:
    """The newest stage that each job wrote down."""
    e = t.events.c
    query = (
        sa.select(e.job_id, e.data).where(e.job_id.in_(job_ids), e.kind == "stage").order_by(e.id)
    )
    return {row.job_id: row.data for row in connection.execute(query)}


def _running(row: Any, stage: Row, percent: float, now: datetime) -> Row:
    to_do = stage.get("to_make", stage.get("to_render"))
    of = stage.get("clips", stage.get("segments"))
    return {
        "job_id": row["id"],
        "status": row["status"],
        "prompt": " ".join(row["prompt"].split()),
        "model": row["model"],
        "percent": percent,
        "note": f"{to_do} of {of} to make" if of is not None else "",
        "worker": row["owner"] or "",
        "created_at": row["created_at"].isoformat(),
        "seconds": max(0.0, (now - row["created_at"]).total_seconds()),
        "silent_seconds": max(0.0, (now - row["updated_at"]).total_seconds()),
    }


def failures(workspace: Workspace, *, hours: int = 24, now: datetime | None = None) -> list[Row]:
    """Jobs that failed in the last `hours`, grouped by cause, most frequent first, with
    the remedy.
    """
    since = (now or t.now()) - timedelta(hours=hours)
    query = sa.select(_j.id, _j.error, _j.spent_usd).where(
        _j.status == "failed", _j.created_at >= since
    )
    with workspace.db.read() as connection:
        rows = connection.execute(query.order_by(_j.id.desc()).limit(LOOKED_AT)).all()
    return causes((row.id, row.error or {}, row.spent_usd) for row in rows)


def causes(failures_of: Iterable[tuple[str, Mapping[str, Any], Decimal]]) -> list[Row]:
    """Failures, newest first, by what they have in common: the code of the error and
    its provider.
    """
    groups: dict[tuple[str, str], Row] = {}
    for job_id, error, costs in failures_of:
        code = str(error.get("code") or "error")
        place = str((error.get("details") or {}).get("provider") or "")
        group = groups.setdefault((code, place), {"jobs": 0, "spent": Decimal(0), "newest": job_id})
        group["jobs"] += 1
        group["spent"] += costs
        group.setdefault("message", error.get("message") or "it did not say why")
        group.setdefault("remedy", error.get("remedy") or "")
    return [
        {
            "cause": f"{code.replace('_', ' ')}{f' ({place})' if place else ''}",
            **{name: group[name] for name in ("jobs", "message", "remedy", "newest")},
            "actual_usd": money(group["spent"]),
        }
        for (code, place), group in sorted(groups.items(), key=lambda item: -item[1]["jobs"])
    ]


def campaign_count(workspace: Workspace) -> int:
    """The number of all campaigns; `campaigns` lists the newest of them."""
    with workspace.db.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).select_from(t.campaigns)) or 0


def campaigns(workspace: Workspace, *, now: datetime | None = None) -> list[Row]:
    """The newest campaigns: rows by status, rows a minute and how long the rest takes, money and
    budget.
    """
    moment = now or t.now()
    c = t.campaigns.c
    b = t.budgets.c
    names = ("id", "name", "status", "stopping", "created_at", "started_at", "finished_at")
    newest = sa.select(*(c[name] for name in names)).order_by(c.id.desc()).limit(MOST_ROWS)
    with workspace.db.read() as connection:
        rows = connection.execute(newest).mappings().all()
        ids = [row["id"] for row in rows]
        count_query = sa.select(_r.campaign_id, _r.status, sa.func.count()).where(
            _r.campaign_id.in_(ids)
        )
        counts: dict[str, dict[str, int]] = {}
        for campaign, status, count in connection.execute(
            count_query.group_by(_r.campaign_id, _r.status)
        ):
            counts.setdefault(campaign, {})[status] = count
        e = t.cost_entries.c
        sums = sa.select(e.campaign, sa.func.sum(e.amount_usd)).where(
            e.campaign.in_(ids), e.kind == "settled"
        )
        amounts = {row[0]: row[1] for row in connection.execute(sums.group_by(e.campaign))}
        limits = sa.select(b.subject, b.limit_usd).where(b.scope == "campaign", b.subject.in_(ids))
        budgets = {row[0]: row[1] for row in connection.execute(limits)}
    return [_campaign(row, counts.get(row["id"], {}), amounts, budgets, moment) for row in rows]


def _campaign(row: Any, counts: Mapping[str, int], amount: Any, budgets: Any, now: datetime) -> Row:
    over = counts.get("completed", 0) + counts.get("failed", 0) + counts.get("cancelled", 0)
    rows_to_go = counts.get("queued", 0) + counts.get("running", 0)
    seconds = (
        ((row["finished_at"] or now) - row["started_at"]).total_seconds()
        if row["started_at"]
        else 0.0
    )
    runs = row["status"] == "running" and over and seconds > 0
    budget = budgets.get(row["id"])
    return {
        "campaign_id": row["id"],
        **{name: row[name] for name in ("name", "status", "stopping")},
        "created_at": row["created_at"].isoformat(),
        "runs": {status: counts.get(status, 0) for status in t.RUN_STATUSES},
        "total": over + rows_to_go,
        "over": over,
        "rows_per_minute": round(over / seconds * 60, 2) if runs else None,
        "eta_seconds": round(seconds / over * rows_to_go) if runs else None,
        "actual_usd": money(amount.get(row["id"], Decimal(0))),
        "budget_usd": money(budget) if budget is not None else None,
    }


def storage_totals(workspace: Workspace) -> Row:
    """Cache and database by their own counts (the store is not listed): hits, bytes,
    connections.
    """
    clips = t.clips.c
    segments = t.segments.c
    compositions = t.compositions.c
    sums = {
        "clips": sa.select(
            sa.func.count(), sa.func.sum(clips.hits), sa.func.sum(clips.size_bytes)
        ).where(clips.expired_at.is_(None)),
        "segments": sa.select(
            sa.func.count(), sa.func.sum(segments.hits), sa.func.sum(segments.size_bytes)
        ),
        "videos": sa.select(sa.func.count(), sa.literal(0), sa.func.sum(compositions.size_bytes)),
    }
    with workspace.db.read() as connection:
        totals = {name: connection.execute(query).one() for name, query in sums.items()}
    misses = totals["clips"][0] + totals["segments"][0]
    hits = int(totals["clips"][1] or 0) + int(totals["segments"][1] or 0)
    database = stats(workspace.db)
    return {
        "hits": hits,
        "misses": misses,
        "hit_rate": round(hits / (hits + misses), 4) if hits + misses else None,
        "objects": {
            name: {"count": row[0], "size_bytes": int(row[2] or 0)} for name, row in totals.items()
        },
        "database": {name: database[name] for name in ("dialect", "size_bytes", "connections")},
    }
