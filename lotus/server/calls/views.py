"""Rows of generations as the API shows them: a few queries for a page, none for each row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from lotus.db import queue, records
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.money.ledger import Cost
from lotus.server.answers import Generation, GenerationLinks, Problem
from lotus.server.calls.sources import scrub
from lotus.settings import Settings
from lotus.workspace import Workspace

__all__ = ["API", "generation_view", "generation_views", "problem"]

API = "/api/v1"
PUBLIC_FACTS = ("scene", "provider", "what", "field", "returncode")  # of what is known of an error
OVER = {"completed": 100.0}


def generation_view(connection: sa.Connection, workspace: Workspace, job_id: str) -> Generation:
    """One generation, as a list of them has it."""
    [view] = generation_views(workspace, connection, [records.get_job(connection, job_id)])
    return view


def generation_views(
    workspace: Workspace, connection: sa.Connection, rows: Sequence[Row]
) -> list[Generation]:
    """Generations in the order of their rows."""
    ids = [row["id"] for row in rows]
    costs = records.costs_of_jobs(connection, ids)
    percents = queue.percents(connection, ids)
    c = t.compositions.c.job_id
    composed_jobs = set(connection.scalars(sa.select(c).where(c.in_(ids))))
    return [
        Generation(
            id=row["id"],
            status=row["status"],
            kind=row["kind"],
            prompt=row["prompt"],
            provider=row["provider"],
            model=row["model"],
            parent=row["parent"],
            percent=OVER.get(row["status"], percents.get(row["id"], 0.0)),
            cost=Cost.of(costs[row["id"]]),
            error=problem(row["error"], workspace.settings),
            external_id=row["external_id"],
            metadata=row["labels"] or {},
            campaign=row["campaign"],
            created_at=row["created_at"],
            finished_at=row["finished_at"],
            links=_links(row["id"], row["id"] in composed_jobs and row["status"] == "completed"),
        )
        for row in rows
    ]


def problem(error: dict[str, Any] | None, settings: Settings) -> Problem | None:
    """An error of a job as others may see it: without the names of files of this machine."""
    if error is None:
        return None
    details = {
        name: value for name, value in error.get("details", {}).items() if name in PUBLIC_FACTS
    }
    return Problem.model_validate(scrub({**error, "details": details}, settings))


def _links(job_id: str, is_composed: bool) -> GenerationLinks:
    here = f"{API}/generations/{job_id}"
    download = f"{API}/compositions/{job_id}/final.mp4" if is_composed else None
    return GenerationLinks(
        self=here,
        events=f"{here}/events",
        socket=f"/ws/{job_id}",
        versions=f"{here}/versions",
        download=download,
    )
