"""The outbox: what people are to be told is written in the transaction in which it happens, so that
no process that dies afterwards takes it with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.inserts import insert_new

__all__ = ["ANY", "ENDS", "enqueue", "job_ended", "listens"]

Row = dict[str, Any]
ANY = "*"  # campaigns of a rule
ENDS = {"completed": "job.completed", "failed": "job.failed"}  # events of jobs -> what is told
JOB_FACTS = ("id", "prompt", "kind", "campaign", "external_id", "labels")  # columns of a job
_r = t.notification_rules.c
_j = t.generation_jobs.c


def enqueue(
    connection: sa.Connection,
    rules: Iterable[Mapping[str, Any]],
    event: str,
    occasion: str,
    data: Mapping[str, Any],
) -> None:
    """Write a message for each rule, unless it has one of this occasion."""
    now = t.now()
    facts = {"event": event, "occasion": occasion, "data": dict(data)}
    rows = [
        {"id": t.new_id(), "rule_id": rule["id"], **facts, "created_at": now, "next_at": now}
        for rule in rules
    ]
    if rows:
        insert_new(connection, t.notifications, [{**row, "attempts": 0} for row in rows])


def listens(connection: sa.Connection, *events: str) -> list[Row]:
    """Rules that are not paused and name one of these events."""
    query = sa.select(t.notification_rules).where(_r.paused_at.is_(None))
    rows = connection.execute(query).mappings()
    return [dict(row) for row in rows if not set(events).isdisjoint(row["events"])]


def job_ended(connection: sa.Connection, job_id: str, kind: str, data: Mapping[str, Any]) -> None:
    """A job is completed or failed: tell whoever is to be told of this job."""
    rules = listens(connection, ENDS[kind])
    if not rules:
        return
    columns = [_j[name] for name in (*JOB_FACTS, "token")]
    row = dict(connection.execute(sa.select(*columns).where(_j.id == job_id)).mappings().one())
    mine = [rule for rule in rules if _is_meant(rule, row)]
    facts = {name: row[name] for name in JOB_FACTS}
    facts = {**facts, "prompt": row["prompt"][:500], "cost": data.get("cost")}
    facts |= {"error": data["error"]} if "error" in data else {}
    enqueue(connection, mine, ENDS[kind], f"{kind}:{job_id}:{t.new_id()}", facts)


def _is_meant(rule: Mapping[str, Any], job: Mapping[str, Any]) -> bool:
    """Whether a rule is about a job: of campaigns, only those that it names."""
    if rule["token"] is not None and rule["token"] != job["token"]:
        return False
    return rule["campaign"] == job["campaign"] or (
        rule["campaign"] == ANY and job["campaign"] is not None
    )
