"""Versions of a video: the jobs that are edits of one another."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t

__all__ = ["version_ids"]

MOST_VERSIONS = 50
DEEPEST = 200  # edits of edits
_j = t.generation_jobs.c


def version_ids(connection: sa.Connection, job_id: str) -> list[str]:
    """Ids of a job's versions in the order in which they were asked for, itself among them; the
    newest 50.
    """
    steps = sa.literal(0).label("steps")
    up = sa.select(_j.id, _j.parent, steps).where(_j.id == job_id).cte("up", recursive=True)
    older = sa.select(_j.id, _j.parent, up.c.steps + 1).join(up, _j.id == up.c.parent)
    up = up.union_all(older.where(up.c.steps < DEEPEST))
    first = connection.scalar(sa.select(up.c.id).order_by(up.c.steps.desc()).limit(1))
    down = sa.select(_j.id, steps).where(_j.id == first).cte("down", recursive=True)
    newer = sa.select(_j.id, down.c.steps + 1).join(down, _j.parent == down.c.id)
    down = down.union_all(newer.where(down.c.steps < DEEPEST))
    query: sa.Select[Any] = sa.select(down.c.id).order_by(down.c.id.desc()).limit(MOST_VERSIONS)
    return sorted(connection.scalars(query))
