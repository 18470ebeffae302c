"""Questions to the database and the store, answered as plain rows (and as DataFrames by
`frame`).
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lotus.db import records
from lotus.db import tables as t
from lotus.db.rollups import entries_by_day
from lotus.errors import UnknownName
from lotus.models import table as listing
from lotus.models.catalog import read_catalog
from lotus.money.ledger import money
from lotus.reports.cost_groups import AMOUNTS, GROUPINGS, costs_by
from lotus.reports.frames import frame, with_types
from lotus.reports.spending import day_range
from lotus.reports.storage import remove
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cache_stats", "clear_cache", "costs", "frame", "jobs", "models", "with_types"]

Rows = list[dict[str, Any]]


def jobs(workspace: Workspace, *, status: str | None = None, limit: int = 50) -> Rows:
    """List the newest jobs, with what they cost.

    Parameters
    ----------
    workspace
        Database and store.
    status
        Only jobs of this status.
    limit
        Maximum number of jobs.

    Returns
    -------
    list of dict
        A row for each job; amounts are text in US dollars, times ISO 8601 in UTC.

    Raises
    ------
    UnknownName
        If there is no such status.
    """
    if status is not None and status not in t.JOB_STATUSES:
        raise UnknownName("status", status, t.JOB_STATUSES)
    with workspace.db.read() as connection:
        rows = records.list_jobs(connection, status=status, limit=limit)
        costs = records.costs_of_jobs(connection, [row["id"] for row in rows])
    return [
        {
            "job_id": row["id"],
            "status": row["status"],
            "kind": row["kind"],
            "prompt": " ".join(row["prompt"].split()),
            "provider": row["provider"],
            "created_at": row["created_at"].isoformat(),
            "finished_at": row["finished_at"].isoformat() if row["finished_at"] else None,
            "estimated_usd": money(costs[row["id"]]["estimated"]),
            "actual_usd": money(costs[row["id"]]["settled"]),
            "saved_usd": money(costs[row["id"]]["saved"]),
        }
        for row in rows
    ]


def costs(
    workspace: Workspace, by: str = "model", *, since: str = "", until: str = ""
) -> pd.DataFrame:
    """Sum the ledger, as `lotus costs` does.

    Parameters
    ----------
    workspace
        Database and store.
    by
        `model`, `day`, `campaign`, `job`, `scene` or `provider`.
    since
        First day (UTC), as `2026-01-31`; default: the first of all.
    until
        Last day (UTC); default: the last of all.

    Returns
    -------
    pandas.DataFrame
        A row for each group; amounts are float64, to plot. `lotus costs --json` has the exact ones.

    Raises
    ------
    UnknownName
        If there is no such grouping.
    InvalidInput
        If one of them is no day, or the last is before the first.
    """
    first, last = day_range(since, until)
    rows = costs_by(workspace, by, since=first, until=last)["rows"]
    return frame(rows, [*GROUPINGS[by], *AMOUNTS])


def models(workspace: Workspace, task: str | None = None) -> pd.DataFrame:
    """List the catalogue of hosted models.

    Parameters
    ----------
    workspace
        Its settings name your own catalogue.
    task
        Only models of this task.

    Returns
    -------
    pandas.DataFrame
        Model, tasks, price, seconds, shapes and a description.
    """
    catalog = read_catalog(workspace.settings.models)
    matching = [model for model in catalog.models.values() if task in (None, *model.tasks)]
    return frame(
        [
            {
                "model": model.name,
                "tasks": ", ".join(model.tasks),
                "price": ", ".join(listing.rates(model)),
                "seconds": listing.lengths(model),
                "shapes": listing.shapes(model),
                "about": model.about,
            }
            for model in matching
        ],
        ["model", "tasks", "price", "seconds", "shapes", "about"],
    )


def cache_stats(workspace: Workspace) -> dict[str, Any]:
    """Count what the cache holds, its hits, and the money that it saved.

    Parameters
    ----------
    workspace
        Database and store.

    Returns
    -------
    dict
        Numbers of `clips` and `segments`, `size_bytes`, `hits`, `misses` (each made a clip or a
        segment), `hit_rate` from 0 to 1, and `saved_usd` as text.
    """
    objects = {kind: list(workspace.store.list(f"{kind}/")) for kind in ("clips", "segments")}
    with workspace.db.read() as connection:
        counts = [
            connection.execute(
                sa.select(sa.func.count(), sa.func.coalesce(sa.func.sum(table.c.hits), 0))
            ).one()
            for table in (t.clips, t.segments)
        ]
        entries = entries_by_day(connection).c
        savings = connection.scalar(
            sa.select(sa.func.sum(entries.amount_usd)).where(entries.kind == "saved")
        )
    misses = sum(int(row[0]) for row in counts)
    hits = sum(int(row[1]) for row in counts)
    return {
        "clips": len(objects["clips"]),
        "segments": len(objects["segments"]),
        "size_bytes": sum(item.size_bytes for kind in objects.values() for item in kind),
        "hits": hits,
        "misses": misses,
        "hit_rate": round(hits / (hits + misses), 4) if hits + misses else 0.0,
        "saved_usd": money(savings or Decimal(0)),
    }


def clear_cache(workspace: Workspace, prefixes: Iterable[str], *, dry_run: bool) -> dict[str, Any]:
    """Remove all clips, all segments, or both.

    Parameters
    ----------
    workspace
        Database and store.
    prefixes
        `clips`, `segments`, or both.
    dry_run
        Only list them.

    Returns
    -------
    dict
        Number and size of the objects, and whether they were removed.
    """
    items = [item for prefix in prefixes for item in workspace.store.list(f"{prefix}/")]
    return remove(workspace.store, items, dry_run)
