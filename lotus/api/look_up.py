"""What there is, to look at in Python: a job by its id, and jobs, clips and costs as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, UnknownName
from lotus.pipeline.job import Job, read_job
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["clips", "costs", "job", "jobs"]


@explained_call
def job(job_id: str, *, workspace: Workspace | None = None) -> Job:
    """A job as the database and the store have it now; raises InvalidInput if there is none."""
    if not isinstance(job_id, str) or not job_id:
        remedy = "write an id of `lotus jobs list`"
        raise InvalidInput(file="", field="job", reason=f"{job_id!r} is no id", remedy=remedy)
    return read_job(workspace or Workspace.open(), job_id)


@explained_call
def jobs(
    status: str | None = None, limit: int = 50, *, workspace: Workspace | None = None
) -> pd.DataFrame:
    """The newest jobs with their costs: dollars are numbers, times are times of UTC."""
    from lotus import reports

    columns = ["job_id", "status", "kind", "prompt", "provider", "created_at", "finished_at"]
    columns += ["estimated_usd", "actual_usd", "saved_usd"]
    rows = reports.jobs(workspace or Workspace.open(), status=status, limit=_positive(limit))
    return reports.frame(rows, columns)


@explained_call
def clips(
    provider: str | None = None, limit: int = 200, *, workspace: Workspace | None = None
) -> pd.DataFrame:
    """The newest clips: who made them, how large and how often used, what they cost."""
    from lotus import reports

    names = ("key", "provider", "model", "frames", "size_bytes", "seconds", "cost_usd", "hits")
    columns = [t.clips.c[name] for name in (*names, "created_at")]
    query = sa.select(*columns).order_by(t.clips.c.created_at.desc()).limit(_positive(limit))
    if provider is not None:
        query = query.where(t.clips.c.provider == provider)
    with (workspace or Workspace.open()).db.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return reports.frame([_row(row) for row in rows], [*names, "created_at"])


@explained_call
def costs(by: str = "model", *, workspace: Workspace | None = None) -> pd.DataFrame:
    """The ledger in sums by model, day, campaign, job or scene; dollars are numbers."""
    from lotus import reports
    from lotus.reports.cost_groups import GROUPINGS

    if by not in GROUPINGS:
        raise UnknownName("grouping", by, GROUPINGS)
    return reports.costs(workspace or Workspace.open(), by=by)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "created_at": row["created_at"].isoformat()}


def _positive(limit: int) -> int:
    if not isinstance(limit, int) or limit < 1:
        remedy = "write a number of rows, such as 50"
        raise InvalidInput(file="", field="limit", reason=f"is {limit}", remedy=remedy)
    return limit
