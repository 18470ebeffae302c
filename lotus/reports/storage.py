"""What the store holds and costs, and what of it may go: expired, orphaned, or never finished."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import records
from lotus.db import tables as t
from lotus.errors import UnknownName
from lotus.money.aws_prices import prices
from lotus.money.ledger import money
from lotus.store import PREFIXES, Store, StoredObject
from lotus.workspace import Workspace

__all__ = ["clean_store", "remove", "store_usage"]

DAY_SECONDS = 86_400
Rows = list[dict[str, Any]]


def store_usage(workspace: Workspace, by: str = "prefix") -> Rows:
    """Objects, bytes and dollars a month (nothing for a folder) by prefix or by campaign.

    Campaigns have compositions and runs; clips and segments belong to all, and stand under
    "shared".
    """
    groupings: dict[str, Callable[[], Callable[[str], str]]] = {
        "prefix": lambda: lambda key: key.split("/")[0],
        "campaign": lambda: _campaign_of(workspace),
    }
    if by not in groupings:
        raise UnknownName("grouping", by, groupings)
    name_of = groupings[by]()
    usage = {prefix: [0, 0] for prefix in PREFIXES} if by == "prefix" else {}
    for item in workspace.store.list():
        entry = usage.setdefault(name_of(item.key), [0, 0])
        entry[0] += 1
        entry[1] += item.size_bytes
    price = Decimal(prices()["store"]["gb_month_usd"]) if workspace.store.billed else Decimal(0)
    return [
        {
            by: name,
            "objects": count,
            "size_bytes": size,
            "monthly_usd": money(price * size / 10**9),
            **({"kept_days": PREFIXES.get(name, 0)} if by == "prefix" else {}),
        }
        for name, (count, size) in usage.items()
    ]


def _campaign_of(workspace: Workspace) -> Callable[[str], str]:
    jobs = t.generation_jobs.c
    with workspace.db.read() as connection:
        query = sa.select(jobs.id, jobs.campaign).where(jobs.campaign.is_not(None))
        rows = connection.execute(query)
        campaigns: dict[str, str] = {job: campaign for job, campaign in rows}  # noqa: C416

    def name(key: str) -> str:
        prefix, _, rest = key.partition("/")
        subject = rest.split("/")[0]
        if prefix == "compositions":
            return campaigns.get(subject, "no campaign")
        return subject if prefix == "runs" else "shared"

    return name


def clean_store(
    workspace: Workspace, *, dry_run: bool, orphans: bool = False, now: float | None = None
) -> dict[str, Any]:
    """Remove what is older than its prefix is kept, but nothing that a running job may be using.

    `orphans` also removes compositions whose job is not in this database (pruned; or of another
    database that shares the store). Uploads to a bucket that were never finished go with it.
    """
    now = time.time() if now is None else now
    live, jobs, busy = _in_use(workspace)

    def goes(item: StoredObject) -> bool:
        prefix = item.key.split("/")[0]
        name = item.key.split("/")[1:2]
        if live & set(_names(item)) or (prefix == "segments" and busy):
            return False
        age = now - item.modified
        days = PREFIXES.get(prefix, 0)
        orphan = orphans and prefix == "compositions" and age > DAY_SECONDS and not jobs & set(name)
        return bool(days and age > days * DAY_SECONDS) or orphan

    removal = remove(
        workspace.store, [item for item in workspace.store.list() if goes(item)], dry_run
    )
    return {
        **removal,
        "unfinished_uploads": workspace.store.abandoned(timedelta(days=1), dry_run=dry_run),
    }


def _in_use(workspace: Workspace) -> tuple[set[str], set[str], bool]:
    """Names that live jobs and campaigns refer to, all jobs, and whether one was at work since
    yesterday.
    """
    jobs = t.generation_jobs.c
    campaigns = t.campaigns.c
    with workspace.db.read() as connection:
        live = records.keys_in_use(connection)
        live |= set(
            connection.scalars(
                sa.select(campaigns.id).where(campaigns.status.in_(("queued", "running")))
            )
        )
        job_ids = set(connection.scalars(sa.select(jobs.id)))
        recent = jobs.status.in_(records.OPEN_STATUSES) & (
            jobs.updated_at > t.now() - timedelta(days=1)
        )
        busy = connection.scalar(sa.select(sa.func.count()).where(recent)) or 0
    return live, job_ids, busy > 0


def _names(item: StoredObject) -> list[str]:
    """The content key of a clip or segment, the job of a composition, the campaign of a run."""
    return [part.split(".")[0] for part in item.key.split("/")]


def remove(store: Store, objects: list[StoredObject], dry_run: bool) -> dict[str, Any]:
    """Remove objects, or say only what would go."""
    if not dry_run:
        for item in objects:
            store.delete(item.key)
    return {
        "dry_run": dry_run,
        "objects": len(objects),
        "size_bytes": sum(item.size_bytes for item in objects),
    }
