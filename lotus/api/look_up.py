"""What there is, to look at in Python: a job by its id, and jobs, clips and costs as DataFrames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, UnknownName
from lotus.pipeline.job import Job, read_job
from lotus.pipeline.labels import Labels
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["clips", "costs", "job", "jobs"]

MOST = 10_000  # newest jobs that are looked through for a name or a tag
SOME = 500  # ids in a query


@explained_call
def job(job_id: str, *, workspace: Workspace | None = None) -> Job:
    """Read a job as the database and the store have it now.

    Parameters
    ----------
    job_id
        The job's id; its first or last characters are enough.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    Job
        The job, in whatever state it is.

    Raises
    ------
    InvalidInput
        If there is no such job.
    """
    if not isinstance(job_id, str) or not job_id:
        remedy = "write an id of `lotus jobs list`"
        raise InvalidInput(file="", field="job", reason=f"{job_id!r} is not an id", remedy=remedy)
    return read_job(workspace or Workspace.open(), job_id)


@explained_call
def jobs(
    status: str | None = None,
    limit: int = 50,
    *,
    tag: str | None = None,
    name: str | None = None,
    workspace: Workspace | None = None,
) -> pd.DataFrame:
    """List the newest jobs with their costs; a notebook shows their posters.

    Parameters
    ----------
    status
        Only jobs of this status, such as `completed` or `failed`.
    limit
        Maximum number of jobs.
    tag
        Only jobs that `job.label` gave this tag.
    name
        Only jobs that `job.label` gave this name.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    pandas.DataFrame
        A row for each job, the newest first; dollars are float64, times are UTC.

    Raises
    ------
    InputError
        If `limit` is not above 0, or the status is unknown.
    """
    from lotus import reports
    from lotus.display.frames import with_pictures

    columns = ["job_id", "name", "tags", "status", "kind", "prompt", "provider", "created_at"]
    columns += ["finished_at", "estimated_usd", "actual_usd", "saved_usd", "note"]
    workspace = workspace or Workspace.open()
    count = _positive(limit)
    most = count if tag is None and name is None else MOST
    rows = reports.jobs(workspace, status=status, limit=most)
    labels = _labels(workspace, [row["job_id"] for row in rows])
    labelled_rows = [
        {**row, "name": own.name, "tags": ", ".join(own.tags), "note": own.note}
        for row in rows
        if (own := labels[row["job_id"]])
        if (tag is None or tag in own.tags) and (name is None or name == own.name)
    ]
    return with_pictures(reports.frame(labelled_rows[:count], columns), workspace)


def _labels(workspace: Workspace, ids: list[str]) -> dict[str, Labels]:
    job = t.generation_jobs.c
    labels: dict[str, Labels] = {}
    with workspace.db.read() as connection:
        for some in (ids[i : i + SOME] for i in range(0, len(ids), SOME)):
            query = sa.select(job.id, job.labels).where(job.id.in_(some))
            labels |= {row.id: Labels.of(row.labels) for row in connection.execute(query)}
    return labels


@explained_call
def clips(
    provider: str | None = None, limit: int = 200, *, workspace: Workspace | None = None
) -> pd.DataFrame:
    """List the newest clips with their size, use and cost; a notebook shows their first frames.

    Parameters
    ----------
    provider
        Only clips of this provider.
    limit
        Maximum number of clips.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    pandas.DataFrame
        A row for each clip, the newest first; dollars are float64.

    Raises
    ------
    InvalidInput
        If `limit` is not above 0.
    """
    from lotus import reports
    from lotus.display.frames import with_pictures

    names = ("key", "provider", "model", "frames", "size_bytes", "seconds", "cost_usd", "hits")
    columns = [t.clips.c[name] for name in (*names, "created_at")]
    query = sa.select(*columns).order_by(t.clips.c.created_at.desc()).limit(_positive(limit))
    if provider is not None:
        query = query.where(t.clips.c.provider == provider)
    workspace = workspace or Workspace.open()
    with workspace.db.read() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return with_pictures(
        reports.frame([_row(row) for row in rows], [*names, "created_at"]), workspace
    )


@explained_call
def costs(by: str = "model", *, workspace: Workspace | None = None) -> pd.DataFrame:
    """Sum up the ledger.

    Parameters
    ----------
    by
        Group by `model`, `day`, `campaign`, `job`, `scene` or `provider`.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    pandas.DataFrame
        A row for each group with its estimated, actual, saved and lost US dollars as float64.

    Raises
    ------
    UnknownName
        If there is no such grouping.
    """
    from lotus import reports
    from lotus.display.frames import with_pictures
    from lotus.reports.cost_groups import GROUPINGS

    if by not in GROUPINGS:
        raise UnknownName("grouping", str(by), GROUPINGS)
    workspace = workspace or Workspace.open()
    return with_pictures(reports.costs(workspace, by=by), workspace)


def _row(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "created_at": row["created_at"].isoformat()}


def _positive(limit: int) -> int:
    if not isinstance(limit, int) or limit < 1:
        remedy = "write a number of rows, such as 50"
        raise InvalidInput(file="", field="limit", reason=f"is {limit}", remedy=remedy)
    return limit
