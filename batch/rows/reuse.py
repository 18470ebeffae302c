"""Rows that need not run: an earlier campaign has completed the same."""

from __future__ import annotations

import sqlalchemy as sa

from batch.rows.runs import PAGE, Row
from lotus.db import tables as t

__all__ = ["take_over"]

_r = t.runs.c


def take_over(connection: sa.Connection, campaign_id: str, name: str) -> int:
    """Complete rows whose key a completed row of an earlier campaign of this name has; how many.

    They keep its notebook, its times and its records; nothing is paid for them again.
    """
    old = t.runs.alias()
    campaigns = t.campaigns.alias()
    query = (
        sa.select(_r.id, sa.func.max(old.c.id))
        .join_from(t.runs, old, old.c.key == _r.key)
        .join(campaigns, campaigns.c.id == old.c.campaign_id)
        .where(_r.campaign_id == campaign_id, _r.status == "queued")
        .where(old.c.campaign_id != campaign_id, old.c.status == "completed")
        .where(campaigns.c.name == name)
        .group_by(_r.id)
    )
    pairs = [(new, source) for new, source in connection.execute(query)]
    columns = ("status", "notebook", "seconds", "cpu_seconds", "peak_bytes", "finished_at")
    for start in range(0, len(pairs), PAGE):
        some = dict(pairs[start : start + PAGE])
        sources = {
            row["id"]: dict(row)
            for row in connection.execute(
                sa.select(t.runs).where(_r.id.in_(some.values()))
            ).mappings()
        }
        connection.execute(
            t.runs.update().where(_r.id == sa.bindparam("run")),
            [
                {
                    "run": new,
                    "taken_from": sources[source]["taken_from"] or source,
                    **{name: sources[source][name] for name in columns},
                }
                for new, source in some.items()
            ],
        )
        _copy_records(connection, campaign_id, some)
    return len(pairs)


def _copy_records(connection: sa.Connection, campaign_id: str, pairs: dict[str, str]) -> None:
    c = t.run_records.c
    by_source: dict[str, list[Row]] = {}
    query = sa.select(t.run_records).where(c.run_id.in_(pairs.values()))
    for record in connection.execute(query).mappings():
        by_source.setdefault(record["run_id"], []).append(dict(record))
    copies = [
        {**record, "run_id": new, "campaign_id": campaign_id}
        for new, source in pairs.items()
        for record in by_source.get(source, ())
    ]
    if copies:
        connection.execute(t.run_records.insert(), copies)
