"""The ledger line by line, to be laid beside a provider's invoice: as rows and as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.money.ledger import money
from lotus.reports.csv_files import csv_lines
from lotus.workspace import Workspace

__all__ = ["COLUMNS", "ledger_csv", "ledger_lines"]

COLUMNS = (
    *("day", "at", "job", "campaign", "campaign_name", "scene", "provider", "model", "kind"),
    *("prediction", "amount_usd", "currency"),
)
AT_ONCE = 1000
_c = t.cost_entries.c
_p = t.predictions.c


def ledger_lines(workspace: Workspace, first: date, last: date) -> Iterator[dict[str, Any]]:
    """The entries of the days from `first` to `last` (UTC, both included), oldest first.

    `prediction` is the provider's id, or the task's on AWS. A scene counts from 1; what belongs to
    none has none. Money is text. Read a page at a time, so that a million lines need no memory.
    """
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    end = datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)
    after: tuple[datetime, str] | None = None
    while True:
        with workspace.db.read() as connection:
            rows = connection.execute(_page(begin, end, after)).mappings().all()
        for row in rows:
            yield _line(row)
        if len(rows) < AT_ONCE:
            return
        after = (rows[-1]["created_at"], rows[-1]["id"])


def _page(begin: datetime, end: datetime, after: tuple[datetime, str] | None) -> sa.Select[Any]:
    names = ("id", "created_at", "job_id", "campaign", "scene", "provider", "model", "kind")
    columns = [_c[name] for name in names]
    prediction_id = sa.func.coalesce(_p.prediction_id, _c.prediction).label("prediction")
    source = t.cost_entries.outerjoin(t.predictions, _p.id == _c.prediction)
    source = source.outerjoin(t.campaigns, t.campaigns.c.id == _c.campaign)
    query = sa.select(
        *columns, _c.amount_usd, prediction_id, t.campaigns.c.name.label("campaign_name")
    )
    query = query.select_from(source).where(_c.created_at >= begin, _c.created_at < end)
    if after is not None:
        place = (_c.created_at == after[0]) & (_c.id > after[1])
        query = query.where((_c.created_at > after[0]) | place)
    return query.order_by(_c.created_at, _c.id).limit(AT_ONCE)


def _line(row: Any) -> dict[str, Any]:
    return {
        "day": row["created_at"].date().isoformat(),
        "at": row["created_at"].isoformat(),
        "job": row["job_id"],
        "campaign": row["campaign"] or "",
        "campaign_name": row["campaign_name"] or "",
        "scene": None if row["scene"] is None else row["scene"] + 1,
        "provider": row["provider"],
        "model": row["model"],
        "kind": row["kind"],
        "prediction": row["prediction"] or "",
        "amount_usd": money(row["amount_usd"]),
        "currency": "USD",
    }


def ledger_csv(workspace: Workspace, first: date, last: date) -> Iterator[str]:
    """The same as CSV, a piece at a time: UTF-8 with a byte order mark, as spreadsheets need it."""
    lines = ledger_lines(workspace, first, last)
    return csv_lines(COLUMNS, (tuple(line.values()) for line in lines))
