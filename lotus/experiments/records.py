"""Rows of experiments in the database; the caller holds the transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.records import Row, insert_new
from lotus.errors import InvalidInput
from lotus.experiments.design import Design

__all__ = [
    "add_judgements",
    "add_ratings",
    "cells_of",
    "find_design",
    "find_experiment",
    "find_rater",
    "job_facts",
    "judgements_of",
    "measured",
    "ratings_of",
    "replace_job",
    "reserve_job",
    "save_design",
    "save_measurements",
    "scores_of",
    "spent_usd",
    "update_cell",
]

_c = t.experiment_cells.c
FEW = 500  # keys in one query
JOB_COLUMNS = ("id", "status", "spent_usd", "error", "campaign", "owner", "lease_until")


def find_experiment(connection: sa.Connection, name: str) -> Row:
    """The experiment of a name or an id; raises InvalidInput."""
    e = t.experiments.c
    query = sa.select(t.experiments).where((e.name == name) | (e.id == name))
    row = connection.execute(query).mappings().first()
    if row is None:
        raise InvalidInput(
            file="",
            field="experiment",
            reason=f"'{name[:60]}' was never run here",
            remedy="run it first",
        )
    return dict(row)


def save_design(
    connection: sa.Connection, name: str, design: Mapping[str, Any], cells: Iterable[Row]
) -> str:
    """Write a design down, with the cells that are new; returns the experiment's id."""
    e = t.experiments.c
    row = {"id": t.new_id(), "name": name, "design": design, "created_at": t.now()}
    insert_new(connection, t.experiments, [{**row, "updated_at": row["created_at"]}])
    experiment_id = str(connection.scalar(sa.select(e.id).where(e.name == name)))
    values = {"design": design, "updated_at": t.now()}
    connection.execute(t.experiments.update().where(e.id == experiment_id).values(values))
    columns = {"experiment_id": experiment_id, "created_at": t.now()}
    new = [{**columns, **cell} for cell in cells]
    for start in range(0, len(new), FEW):
        insert_new(connection, t.experiment_cells, new[start : start + FEW])
    return experiment_id


def cells_of(connection: sa.Connection, experiment_id: str) -> dict[str, Row]:
    """The rows of an experiment's cells by key, those of earlier designs too."""
    query = sa.select(t.experiment_cells).where(_c.experiment_id == experiment_id)
    return {row["key"]: dict(row) for row in connection.execute(query).mappings()}


def reserve_job(connection: sa.Connection, experiment_id: str, key: str) -> str:
    """The id of the job that makes a cell, the same for all who ask: it is written down before the
    job begins.
    """
    mine = (_c.experiment_id == experiment_id) & (_c.key == key)
    free = t.experiment_cells.update().where(mine & _c.job_id.is_(None))
    connection.execute(free.values(job_id=t.new_id()))
    return str(connection.scalar(sa.select(_c.job_id).where(mine)))


def replace_job(connection: sa.Connection, experiment_id: str, key: str, job_id: str) -> str:
    """The id of another job for a cell whose video is gone; the same for all who ask at once."""
    mine = (_c.experiment_id == experiment_id) & (_c.key == key)
    same = t.experiment_cells.update().where(mine & (_c.job_id == job_id))
    connection.execute(same.values(job_id=t.new_id()))
    return str(connection.scalar(sa.select(_c.job_id).where(mine)))


def update_cell(connection: sa.Connection, experiment_id: str, key: str, **values: Any) -> None:
    """Change columns of a cell."""
    mine = (_c.experiment_id == experiment_id) & (_c.key == key)
    connection.execute(t.experiment_cells.update().where(mine).values(values))


def job_facts(connection: sa.Connection, job_ids: Sequence[str]) -> dict[str, Row]:
    """Status, cost, what its clips cost when they were made, and the content key of the first clip
    and of the composition, by job.
    """
    jobs = t.generation_jobs
    clips_of_job = sa.select(t.scenes.c.job_id, t.scenes.c.clip_key).distinct().subquery()
    creation_cost = (
        sa.select(sa.func.sum(t.clips.c.cost_usd))
        .join(clips_of_job, clips_of_job.c.clip_key == t.clips.c.key)
        .where(clips_of_job.c.job_id == jobs.c.id)
        .correlate(jobs)
        .scalar_subquery()
    )
    clip = sa.and_(t.scenes.c.job_id == jobs.c.id, t.scenes.c.position == 0)
    query = (
        sa.select(
            *(jobs.c[name] for name in JOB_COLUMNS),
            t.scenes.c.clip_key,
            t.scenes.c.provider.label("clip_provider"),
            t.scenes.c.model.label("clip_model"),
            sa.type_coerce(creation_cost, t.clips.c.cost_usd.type).label("made_usd"),
            t.compositions.c.key.label("composition_key"),
            t.compositions.c.object_key,
        )
        .outerjoin(t.scenes, clip)
        .outerjoin(t.compositions, t.compositions.c.job_id == jobs.c.id)
    )
    facts: dict[str, Row] = {}
    for start in range(0, len(job_ids), FEW):
        few = query.where(jobs.c.id.in_(job_ids[start : start + FEW]))
        facts |= {row["id"]: dict(row) for row in connection.execute(few).mappings()}
    return facts


def save_measurements(
    connection: sa.Connection,
    subject: str,
    values: Mapping[str, float | None],
    versions: Mapping[str, int],
) -> None:
    """Keep what was measured; what is there already stays."""
    rows = [
        {
            "subject": subject,
            "metric": metric,
            "version": versions[metric],
            "value": value,
            "created_at": t.now(),
        }
        for metric, value in values.items()
    ]
    if rows:
        insert_new(connection, t.measurements, rows)


def measured(
    connection: sa.Connection, subjects: Sequence[str], versions: Mapping[str, int]
) -> dict[str, dict[str, float | None]]:
    """Values by subject and metric, of these versions of metrics."""
    m = t.measurements.c
    measurements: dict[str, dict[str, float | None]] = {}
    for start in range(0, len(subjects), FEW):
        few = m.subject.in_(subjects[start : start + FEW])
        for row in connection.execute(sa.select(t.measurements).where(few)).mappings():
            if versions.get(row["metric"]) == row["version"]:
                measurements.setdefault(row["subject"], {})[row["metric"]] = row["value"]
    return measurements


def find_design(connection: sa.Connection, name: str) -> Design:
    """The design of the experiment of a name or an id; raises InvalidInput."""
    return Design.model_validate(find_experiment(connection, name)["design"])


def _answers_of(connection: sa.Connection, table: sa.Table, experiment_id: str) -> list[Row]:
    """Rows of a table of answers, in the order of time."""
    query = sa.select(table).where(table.c.experiment_id == experiment_id).order_by(table.c.id)
    return [dict(row) for row in connection.execute(query).mappings()]


def ratings_of(connection: sa.Connection, experiment_id: str) -> list[Row]:
    """All answers of an experiment's raters, in the order of time."""
    return _answers_of(connection, t.ratings, experiment_id)


def judgements_of(connection: sa.Connection, experiment_id: str) -> list[Row]:
    """All answers of judging models, in the order of time."""
    return _answers_of(connection, t.judgements, experiment_id)


def add_judgements(connection: sa.Connection, rows: list[Row]) -> None:
    """Keep answers of judging models, each once."""
    insert_new(connection, t.judgements, rows)


def scores_of(connection: sa.Connection, experiment_id: str) -> list[Row]:
    """All ratings on scales, in the order of time."""
    return _answers_of(connection, t.scores, experiment_id)


def add_ratings(connection: sa.Connection, rows: list[Row]) -> int:
    """Keep answers; one that is there already stays. Returns how many are new."""
    everything = sa.select(sa.func.count()).select_from(t.ratings)
    before = connection.scalar(everything) or 0
    for start in range(0, len(rows), FEW):
        insert_new(connection, t.ratings, rows[start : start + FEW])
    return (connection.scalar(everything) or 0) - before


def spent_usd(connection: sa.Connection, experiment_id: str) -> Decimal:
    """What an experiment has paid so far, by the ledger: all takes, and all answers of judges."""
    c = t.cost_entries.c
    query = sa.select(sa.func.sum(c.amount_usd)).where(
        c.campaign == experiment_id, c.kind == "settled"
    )
    return connection.scalar(query) or Decimal(0)


def find_rater(connection: sa.Connection, digest: str) -> Row | None:
    """The rater whose link has this digest; None if nobody's, or if it was revoked."""
    r = t.raters.c
    mine = (r.digest == digest) & r.revoked_at.is_(None)
    row = connection.execute(sa.select(t.raters).where(mine)).mappings().first()
    return None if row is None else dict(row)
