"""What lotus writes and reads: small functions over one connection; the caller holds the
transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from lotus.db import outbox
from lotus.db import tables as t
from lotus.db.inserts import dialect_insert, insert_new
from lotus.errors import InvalidInput, not_one

__all__ = [
    "CHANNEL",
    "OPEN_STATUSES",
    "add_costs",
    "add_event",
    "clip_costs",
    "composition_of",
    "costs_of",
    "costs_of_jobs",
    "costs_of_prediction",
    "create_job",
    "dialect_insert",
    "estimated_clips",
    "events_of",
    "expire_clip",
    "find_composition",
    "get_job",
    "insert_new",
    "keys_in_use",
    "list_jobs",
    "recent_requests",
    "record_clip",
    "record_segment",
    "save_composition",
    "save_scenes",
    "scenes_of",
    "spent_by_scene",
    "touch",
    "update_job",
    "withdraw_estimates",
]

Row = dict[str, Any]
CHANNEL = "lotus_events"  # on which PostgreSQL says which job has a new event
OPEN_STATUSES = ("queued", "planning", "generating", "composing")


def _upsert(connection: sa.Connection, table: sa.Table, row: Row) -> None:
    """Insert, or replace the row with the same primary key."""
    keys = [column.name for column in table.primary_key]
    changes = {name: value for name, value in row.items() if name not in keys}
    statement = dialect_insert(connection, table).values(**row)
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changes))


def create_job(connection: sa.Connection, *, job_id: str | None = None, **values: Any) -> str:
    """A new row in `generation_jobs`; returns its id, which is a new one unless one is given."""
    job_id = job_id or t.new_id()
    connection.execute(t.generation_jobs.insert().values(id=job_id, status="queued", **values))
    return job_id


def update_job(connection: sa.Connection, job_id: str, **values: Any) -> None:
    """Change columns of a job."""
    connection.execute(
        t.generation_jobs.update().where(t.generation_jobs.c.id == job_id).values(**values)
    )


def get_job(connection: sa.Connection, job_id: str) -> Row:
    """The job whose id begins or ends so; raises InvalidInput if there is not just one."""
    column = t.generation_jobs.c.id
    jobs = sa.select(t.generation_jobs)
    alike = column.startswith(job_id, autoescape=True) | column.endswith(job_id, autoescape=True)
    matches = connection.execute(jobs.where(column == job_id)).mappings().all()  # by its index
    matches = matches or connection.execute(jobs.where(alike)).mappings().all()
    rows = [dict(row) for row in matches]
    if len(rows) != 1:
        raise _no_job(job_id, len(rows))
    return rows[0]


def _no_job(name: str, count: int) -> InvalidInput:
    if "." in name:  # which no id has
        video = name.lower().endswith((".mp4", ".m4v", ".mov", ".webm", ".mkv"))
        reason = f"'{name[:120]}' is a {'video' if video else 'file'}, not a job"
        remedy = "write the id of its job; see the ids with `lotus jobs list`"
        return InvalidInput(file="", field="job", reason=reason, remedy=remedy)
    return not_one("job", name, count, "see the ids with `lotus jobs list`")


def list_jobs(
    connection: sa.Connection, *, status: str | None = None, limit: int = 50
) -> list[Row]:
    """The newest jobs first."""
    query = sa.select(t.generation_jobs).order_by(t.generation_jobs.c.id.desc()).limit(limit)
    if status is not None:
        query = query.where(t.generation_jobs.c.status == status)
    return [dict(row) for row in connection.execute(query).mappings()]


def add_event(connection: sa.Connection, job_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """Something happened to the job.

    Its row is locked first, so that the numbers of its events are in the order in which others come
    to see them: who has read up to one has missed none.
    """
    update_job(connection, job_id, updated_at=t.now())
    connection.execute(t.events.insert().values(job_id=job_id, kind=kind, data=dict(data)))
    if kind in outbox.ENDS:
        outbox.job_ended(connection, job_id, kind, data)
    # which says so to those who listen, once this is committed
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, job_id)))


def events_of(
    connection: sa.Connection, job_id: str, after: int = 0, limit: int | None = None
) -> list[Row]:
    """A job's events, oldest first; those that came after the one with a number."""
    mine = (t.events.c.job_id == job_id) & (t.events.c.id > after)
    query = sa.select(t.events).where(mine).order_by(t.events.c.id).limit(limit)
    return [dict(row) for row in connection.execute(query).mappings()]


def save_scenes(connection: sa.Connection, job_id: str, rows: Iterable[Row]) -> None:
    """A job's scenes, replacing those of an earlier try."""
    connection.execute(t.scenes.delete().where(t.scenes.c.job_id == job_id))
    connection.execute(t.scenes.insert(), [{"job_id": job_id, **row} for row in rows])


def scenes_of(connection: sa.Connection, job_id: str) -> list[Row]:
    """A job's scenes in order, each with the seconds that its clip took to make, if it is made."""
    query = (
        sa.select(t.scenes, t.clips.c.seconds)
        .outerjoin(t.clips, t.clips.c.key == t.scenes.c.clip_key)
        .where(t.scenes.c.job_id == job_id)
        .order_by(t.scenes.c.position)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def clip_costs(connection: sa.Connection, keys: Iterable[str]) -> dict[str, Decimal]:
    """What clips cost when they were made; those that were never made are not in it."""
    query = sa.select(t.clips.c.key, t.clips.c.cost_usd).where(t.clips.c.key.in_(list(keys)))
    return {key: cost for key, cost in connection.execute(query)}  # noqa: C416


def expire_clip(connection: sa.Connection, key: str) -> bool:
    """A clip is gone from the store, and its row says so; False if it never was, or
    this was known.
    """
    c = t.clips.c
    result = connection.execute(
        t.clips.update().where(c.key == key, c.expired_at.is_(None)).values(expired_at=t.now())
    )
    return bool(result.rowcount)


def record_clip(connection: sa.Connection, row: Row) -> None:
    """A clip was made, perhaps again."""
    _upsert(connection, t.clips, {**row, "used_at": t.now(), "expired_at": None})


def record_segment(connection: sa.Connection, row: Row) -> None:
    """A segment was rendered."""
    _upsert(connection, t.segments, {**row, "used_at": t.now()})


def touch(connection: sa.Connection, table: sa.Table, keys: Iterable[str]) -> None:
    """These clips or segments were used again."""
    connection.execute(
        table.update()
        .where(table.c.key.in_(list(keys)))
        .values(hits=table.c.hits + 1, used_at=t.now())
    )


def recent_requests(connection: sa.Connection, position: int, limit: int = 50) -> list[Row]:
    """What the newest clips of a scene at this position were made from, newest first."""
    query = (
        sa.select(t.clips.c.key, t.clips.c.request)
        .join(t.scenes, t.scenes.c.clip_key == t.clips.c.key)
        .where(t.scenes.c.position == position)
        .order_by(t.scenes.c.job_id.desc())
        .limit(limit)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def keys_in_use(connection: sa.Connection) -> set[str]:
    """Clips of jobs that are not finished, and those jobs themselves."""
    query = (
        sa.select(t.scenes.c.clip_key, t.scenes.c.job_id)
        .join(t.generation_jobs, t.generation_jobs.c.id == t.scenes.c.job_id)
        .where(t.generation_jobs.c.status.in_(OPEN_STATUSES))
    )
    return {name for row in connection.execute(query) for name in row}


def find_composition(connection: sa.Connection, key: str) -> Row | None:
    """An earlier composition made of the same segments and sound."""
    query = (
        sa.select(t.compositions)
        .where(t.compositions.c.key == key)
        .order_by(t.compositions.c.created_at.desc())
    )
    composition = connection.execute(query).mappings().first()
    return dict(composition) if composition is not None else None


def composition_of(connection: sa.Connection, job_id: str) -> Row | None:
    """A job's finished video, if it has one."""
    query = sa.select(t.compositions).where(t.compositions.c.job_id == job_id)
    composition = connection.execute(query).mappings().first()
    return dict(composition) if composition is not None else None


def save_composition(connection: sa.Connection, row: Row) -> None:
    """A job's finished video, and its length, by which jobs are put in order."""
    _upsert(connection, t.compositions, row)
    jobs = t.generation_jobs.c
    length = float(row["frames"] / Fraction(row["fps"]))
    same_time = {"updated_at": jobs.updated_at}  # it is a sign of life, which this is not
    update_job(connection, row["job_id"], length_seconds=length, **same_time)


def add_costs(connection: sa.Connection, rows: Sequence[Row]) -> None:
    """More lines of the ledger; lines are never changed. What is settled is added to what its job
    spent.
    """
    if rows:
        connection.execute(t.cost_entries.insert(), list(rows))
    amounts: dict[str, Decimal] = {}
    for row in rows:
        if row["kind"] == "settled":
            amounts[row["job_id"]] = amounts.get(row["job_id"], Decimal(0)) + row["amount_usd"]
    jobs = t.generation_jobs.c
    for job_id, usd in sorted(amounts.items()):  # in one order, so that nobody waits for each other
        same_time = {"updated_at": jobs.updated_at}  # it is a sign of life, which this is not
        update_job(connection, job_id, spent_usd=jobs.spent_usd + usd, **same_time)


def estimated_clips(connection: sa.Connection, job_id: str) -> set[str]:
    """The clips whose cost a job has estimated."""
    c = t.cost_entries.c
    query = sa.select(c.clip_key).where(c.job_id == job_id, c.kind == "estimated")
    return set(connection.scalars(query))


def withdraw_estimates(connection: sa.Connection, keys: Collection[str], but_job: str) -> None:
    """Take back what other jobs estimated for these clips and never spent: they are over, and
    another job is about to estimate and pay.
    """
    c = t.cost_entries.c
    jobs = t.generation_jobs.c
    purchase = t.cost_entries.alias()
    is_bought = sa.exists().where(
        purchase.c.job_id == c.job_id,
        purchase.c.scene == c.scene,
        purchase.c.kind == "settled",
        purchase.c.amount_usd > 0,
    )
    names = (c.job_id, c.campaign, c.scene, c.clip_key, c.provider, c.model)
    amount = sa.func.sum(c.amount_usd)
    query = (
        sa.select(*names, amount.label("amount_usd"))
        .join(t.generation_jobs, jobs.id == c.job_id)
        .where(c.kind == "estimated", c.clip_key.in_(list(keys)), c.job_id != but_job, ~is_bought)
        .where(jobs.status.in_(("failed", "cancelled")))
        .group_by(*names)
        .having(amount > 0)
    )
    rows = [dict(row) for row in connection.execute(query).mappings()]
    add_costs(
        connection, [{**row, "kind": "estimated", "amount_usd": -row["amount_usd"]} for row in rows]
    )


def spent_by_scene(connection: sa.Connection, job_id: str) -> dict[int, Decimal]:
    """What each scene of a job cost."""
    c = t.cost_entries.c
    query = (
        sa.select(c.scene, sa.func.sum(c.amount_usd))
        .where(c.job_id == job_id, c.kind == "settled")
        .group_by(c.scene)
    )
    return {scene: amount for scene, amount in connection.execute(query)}  # noqa: C416


def costs_of(connection: sa.Connection, job_id: str) -> dict[str, Decimal]:
    """A job's sums by kind of entry; every kind is there."""
    return costs_of_jobs(connection, [job_id])[job_id]


def costs_of_prediction(connection: sa.Connection, prediction: str) -> dict[str, Decimal]:
    """The sums of the entries for one row of `predictions`, by kind."""
    c = t.cost_entries.c
    query = sa.select(c.kind, sa.func.sum(c.amount_usd)).where(c.prediction == prediction)
    rows = connection.execute(query.group_by(c.kind)).all()
    sums = {kind: usd for kind, usd in rows}  # noqa: C416
    return dict.fromkeys(t.COST_KINDS, Decimal(0)) | sums


def costs_of_jobs(
    connection: sa.Connection, job_ids: Sequence[str]
) -> dict[str, dict[str, Decimal]]:
    """The same of several jobs, with one question."""
    c = t.cost_entries.c
    query = sa.select(c.job_id, c.kind, sa.func.sum(c.amount_usd)).where(c.job_id.in_(job_ids))
    sums = {job_id: {kind: Decimal(0) for kind in t.COST_KINDS} for job_id in job_ids}
    for job_id, kind, amount in connection.execute(query.group_by(c.job_id, c.kind)):
        sums[job_id][kind] = amount
    return sums
