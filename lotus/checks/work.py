"""The work itself: jobs that stand still or failed, predictions that nobody follows, slow
statements.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lotus.checks.base import Finding
from lotus.db import Database
from lotus.db import tables as t
from lotus.db.leases import is_held
from lotus.db.upkeep import stats
from lotus.errors import DatabaseError, InputError
from lotus.settings import Settings
from lotus.system.owner import alive
from lotus.system.quantities import quantity
from lotus.workspace import open_database

__all__ = ["cache", "failures", "indexes", "jobs", "leftovers", "predictions", "statements"]

AT_WORK = ("planning", "generating", "composing")
# no stage says nothing for so long
LONG = timedelta(hours=1)
DAY = timedelta(days=1)
# with fewer scenes a rate says nothing
FEW_SCENES = 20
LOW_PERCENT = 10
SLOW_MS = 500
MANY_BYTES = 2 * 10**9
SHOWN = 3


def _ready(settings: Settings) -> Database | None:
    """The database, if it is there with the tables that this lotus needs."""
    db = open_database(settings)
    if db.absent:
        return None
    try:
        return db if db.status().up_to_date else None
    except (DatabaseError, InputError):  # the check `database` says why
        return None


def _nothing(settings: Settings) -> Finding:
    """What a check of jobs says without a database: a new folder has none yet."""
    absent = open_database(settings).absent
    where = "none yet: no job has run here" if absent else "see the check `database`"
    return Finding("skip", where)


def jobs(settings: Settings) -> Finding:
    """No job stands still in a stage: its process lives, and has said something within the hour."""
    db = _ready(settings)
    c = t.generation_jobs.c
    if db is None:
        return _nothing(settings)
    with db.read() as connection:
        query = sa.select(c.id, c.status, c.owner, c.updated_at).where(c.status.in_(AT_WORK))
        rows = connection.execute(query.order_by(c.updated_at)).mappings().all()
    stale_jobs = [
        row for row in rows if not alive(row["owner"]) or row["updated_at"] < t.now() - LONG
    ]
    if not stale_jobs:
        return Finding("ok", f"under way: {quantity(len(rows), 'job')}")
    listing = ", ".join(f"{row['id']} ({row['status']})" for row in stale_jobs[:SHOWN])
    why = "the process that worked on it has ended, or waits for something that does not come"
    return Finding(
        "warn",
        f"no progress in {quantity(len(stale_jobs), 'job')}: {listing}",
        "lotus jobs resume ID continues one",
        why,
    )


def failures(settings: Settings) -> Finding:
    """Why jobs failed since yesterday, the most frequent cause first."""
    db = _ready(settings)
    c = t.generation_jobs.c
    if db is None:
        return _nothing(settings)
    with db.read() as connection:
        recent = (c.status == "failed") & (c.finished_at > t.now() - DAY)
        errors = [error or {} for error in connection.scalars(sa.select(c.error).where(recent))]
    if not errors:
        return Finding("ok", "no job has failed since yesterday")
    causes = Counter(map(_cause, errors))
    messages = {_cause(error): str(error.get("message", "")) for error in errors}
    most = causes.most_common(SHOWN)
    listing = "; ".join(
        f"{count} x {cause[0]}: {messages[cause]}".rstrip(": ") for cause, count in most
    )
    remedies = list(dict.fromkeys(remedy for (_, remedy), _ in most if remedy))
    return Finding(
        "warn",
        f"since yesterday {quantity(len(errors), 'job')} failed: {listing}",
        "; ".join(remedies) or "lotus jobs show ID says what happened",
    )


def _cause(error: dict[str, Any]) -> tuple[str, str]:
    """What failures have in common: the kind of error, and what to do about it."""
    return str(error.get("code", "error")), str(error.get("remedy", ""))


def predictions(settings: Settings) -> Finding:
    """No prediction is open whose follower has gone, or that takes longer than it may."""
    db = _ready(settings)
    c = t.predictions.c
    if db is None:
        return _nothing(settings)
    with db.read() as connection:
        query = sa.select(c.id, c.owner, c.lease_until, c.created_at).where(c.settled_at.is_(None))
        rows = connection.execute(query).mappings().all()
    limit = t.now() - 2 * timedelta(seconds=settings.replicate_timeout_seconds)
    orphans = [row for row in rows if not is_held(row)]
    late = [row for row in rows if row["created_at"] < limit]
    if not orphans and not late:
        return Finding("ok", f"under way: {quantity(len(rows), 'prediction')}")
    detail = (
        f"{quantity(len(orphans), 'prediction')} without a process that follows, "
        f"{len(late)} longer under way than allowed"
    )
    why = (
        "they were asked for, and may have been paid: whoever resumes the job fetches what they "
        "made"
    )
    return Finding("warn", detail, "lotus jobs resume ID; lotus jobs cancel ID ends them", why)


def cache(settings: Settings) -> Finding:
    """Clips that cost money serve again: of the scenes since last week, how many were
    in the cache.
    """
    db = _ready(settings)
    s = t.scenes.c
    j = t.generation_jobs.c
    c = t.clips.c
    if db is None:
        return _nothing(settings)
    recent = (c.cost_usd > 0) & (j.created_at > t.now() - 7 * DAY)
    source = t.scenes.join(t.generation_jobs, j.id == s.job_id).join(t.clips, c.key == s.clip_key)
    query = sa.select(s.clip_key, s.cached).select_from(source).where(recent)
    with db.read() as connection:
        rows = connection.execute(query).all()
    hits = sum(row.cached for row in rows)
    generations = Counter(row.clip_key for row in rows if not row.cached)
    again = sum(count - 1 for count in generations.values())
    detail = f"in the last 7 days {hits} of {len(rows)} paid scenes came from the cache"
    if len(rows) < FEW_SCENES or hits * 100 >= len(rows) * LOW_PERCENT:
        return Finding("ok", detail)
    if again * 2 > len(rows) - hits:
        why = f"{quantity(again, 'clip')} made again: the objects went, or another store is used"
        return Finding(
            "warn", detail, "lotus store lifecycle check; give all the same LOTUS_STORE", why
        )
    why = "the requests differ each time: in a prompt, a seed, a length, or the model's version"
    return Finding("warn", detail, "lotus cache explain BRIEF names the field that differs", why)


def leftovers(settings: Settings) -> Finding:
    """Temporary files do not grow: what dead processes left is swept by the next job."""
    folder = settings.home / "temp"
    files = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    size = sum(_size(path) for path in files)
    summary = f"{len(files)} temporary files, {size / 1e6:.0f} MB"
    if size < MANY_BYTES:
        return Finding("ok", summary)
    return Finding(
        "warn", summary, f"render something, which sweeps it, or remove {folder} while nothing runs"
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:  # gone in the meantime
        return 0


def indexes(settings: Settings) -> Finding:
    """Every index that queries lean on is there: without it they read whole tables."""
    db = _ready(settings)
    if db is None:
        return _nothing(settings)
    with db.read() as connection:
        look = sa.inspect(connection)
        there = {index["name"] for name in t.metadata.tables for index in look.get_indexes(name)}
    indexes = {
        str(index.name): index for table in t.metadata.tables.values() for index in table.indexes
    }
    missing = sorted(indexes.keys() - there)
    if not missing:
        return Finding("ok", f"{len(indexes)} indexes")
    why = "they were dropped, or the tables were copied without them"
    return Finding(
        "warn",
        f"{', '.join(missing)} missing",
        "; ".join(_made_by(indexes[name]) for name in missing),
        why,
    )


def _made_by(index: sa.Index) -> str:
    """The statement that makes an index, in the words of both databases."""
    some = index.dialect_options["sqlite"]["where"]
    whole = str(sa.schema.CreateIndex(index)).strip()
    return whole if some is None else f"{whole} WHERE {some}"


def statements(settings: Settings) -> Finding:
    """No statement is slow on average (PostgreSQL, where pg_stat_statements is on)."""
    db = _ready(settings)
    rows: list[dict[str, Any]] | None = stats(db).get("slow") if db is not None else None
    if rows is None:
        server = db is not None and db.dialect == "postgresql"
        once = (
            "run once, if the server loads it: CREATE EXTENSION pg_stat_statements"
            if server
            else ""
        )
        return Finding(
            "skip", "pg_stat_statements is not installed (it exists for PostgreSQL only)", once
        )
    slow = [row for row in rows if row["mean_ms"] > SLOW_MS]
    if not slow:
        return Finding("ok", f"no statement takes more than {SLOW_MS} ms")
    summary = (
        f"{slow[0]['mean_ms']:.0f} ms x {slow[0]['calls']}: "
        f"{' '.join(slow[0]['statement'].split())[:120]}"
    )
    why = "an index is missing, the server is too small, or a table has many dead rows"
    return Finding("warn", summary, "lotus db stats; lotus db prune; a larger database.class", why)
