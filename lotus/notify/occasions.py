"""Occasions that are seen by looking: campaigns that ended or wait, budgets that are nearly used
up, reports that are due.

Each has a name of its own, and the outbox takes one message a rule and name: so a look may be taken
as often as anybody likes, and by several services at once, and what one missed the next sees.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.outbox import ANY, enqueue, listens
from lotus.money.budgets import Budget, list_budgets
from lotus.notify.rules import EVENTS
from lotus.workspace import Workspace

__all__ = ["Occasion", "budget_occasions", "look", "report_periods", "waiting_campaigns"]

LOOK_BACK = timedelta(days=7)  # a service that was away for longer does not tell what it missed
SHARES = {"budget.80": Decimal("0.8"), "budget.100": Decimal(1)}
_c = t.campaigns.c
_r = t.runs.c
_j = t.generation_jobs.c
WAITS = (_r.status == "queued") & _r.approved.is_(False) & _r.draft.is_not(None)


@dataclass(frozen=True)
class Occasion:
    """Something to be told once; `since` is when it began to be so, of a campaign `campaign`."""

    event: str
    name: str
    data: dict[str, Any]
    since: datetime
    campaign: str | None = None


def look(workspace: Workspace, now: datetime) -> None:
    """Write messages for what is to be told now; nothing where no rule asks for it."""
    workspace.db.run(_look, now)


def _look(connection: sa.Connection, now: datetime) -> None:
    for event in EVENTS:
        rules = listens(connection, event) if not event.startswith("job.") else []
        if rules:
            for occasion in _occasions(connection, event, now):
                matching = [rule for rule in rules if _is_meant(rule, occasion)]
                enqueue(connection, matching, event, occasion.name, occasion.data)


def _is_meant(rule: Mapping[str, Any], occasion: Occasion) -> bool:
    """Whether a rule is about it: what began before the rule was made is not told."""
    mine = rule["campaign"] in (None, ANY, occasion.campaign) or occasion.campaign is None
    return mine and occasion.since >= rule["created_at"]


def _occasions(connection: sa.Connection, event: str, now: datetime) -> Iterator[Occasion]:
    if event == "campaign.finished":
        yield from _finished_campaigns(connection, now)
    elif event == "campaign.waiting":
        yield from waiting_campaigns(connection, now)
    elif event in SHARES:
        yield from budget_occasions(list_budgets(connection, now), event, now)
        if event == "budget.100":
            yield from _refused_jobs(connection, now)
    else:
        yield from report_periods(event, now)


def _finished_campaigns(connection: sa.Connection, now: datetime) -> Iterator[Occasion]:
    query = sa.select(_c.id, _c.name, _c.status, _c.finished_at)
    recent = _c.finished_at >= now - LOOK_BACK
    for row in connection.execute(query.where(recent)).mappings():
        counts = sa.select(_r.status, sa.func.count()).where(_r.campaign_id == row["id"])
        rows: dict[str, int] = dict(connection.execute(counts.group_by(_r.status)).all())
        if rows.get("queued") or rows.get("running"):
            continue  # it goes on, or waits for somebody
        data = {"campaign": row["id"], "name": row["name"], "status": row["status"], "rows": rows}
        name = f"finished:{row['id']}:{row['finished_at'].isoformat()}"
        yield Occasion("campaign.finished", name, data, row["finished_at"], row["id"])


def waiting_campaigns(connection: sa.Connection, now: datetime) -> Iterator[Occasion]:
    """Campaigns all of whose rows are over, or are drafts that nobody has approved."""
    busy = sa.select(_r.campaign_id).where(_r.status.in_(("queued", "running")), ~WAITS)
    newest = sa.func.max(_r.finished_at)
    query = sa.select(_r.campaign_id, sa.func.count().label("drafts"), newest.label("since"))
    query = query.where(WAITS, _r.campaign_id.not_in(busy)).group_by(_r.campaign_id)
    rows = connection.execute(query.having(newest >= now - LOOK_BACK)).mappings().all()
    for row in rows:
        name = connection.scalar(sa.select(_c.name).where(_c.id == row["campaign_id"]))
        data = {"campaign": row["campaign_id"], "name": name, "drafts": row["drafts"]}
        key = f"waiting:{row['campaign_id']}:{row['since'].isoformat()}"
        yield Occasion("campaign.waiting", key, data, row["since"], row["campaign_id"])


def budget_occasions(budgets: Sequence[Budget], event: str, now: datetime) -> Iterator[Occasion]:
    """Budgets of which so much is committed; once a period, and again where the limit changes."""
    for budget in budgets:
        if budget.limit_usd <= 0 or budget.committed_usd < SHARES[event] * budget.limit_usd:
            continue
        period = {"day": f"{now:%Y-%m-%d}", "month": f"{now:%Y-%m}"}.get(budget.scope, "")
        limit = budget.model_dump(mode="json")["limit_usd"]
        name = f"{event}:{budget.scope}:{budget.subject}:{period}:{limit}"
        of_campaign = budget.subject if budget.scope == "campaign" else None
        yield Occasion(event, name, budget.model_dump(mode="json"), now, of_campaign)


def _refused_jobs(connection: sa.Connection, now: datetime) -> Iterator[Occasion]:
    """A job that failed since a budget was used up: reservations never pass the limit, so the sums
    alone do not show it. One message a day and campaign.
    """
    since = now.replace(hour=0, minute=0, second=0, microsecond=0)
    code = _j.error["code"].as_string()
    query = sa.select(_j.id, _j.campaign, _j.error, _j.finished_at)
    query = query.where(_j.status == "failed", _j.created_at >= since - LOOK_BACK)
    query = query.where(_j.finished_at >= since, code == "budget_exceeded").order_by(_j.id)
    for row in connection.execute(query).mappings():
        data = {"scope": "refused", "job": row["id"], "message": row["error"]["message"]}
        name = f"refused:{row['campaign'] or ''}:{since:%Y-%m-%d}"
        yield Occasion("budget.100", name, data, row["finished_at"], row["campaign"])


def report_periods(event: str, now: datetime) -> Iterator[Occasion]:
    """The newest period that is over, of a report by day, week or month (UTC)."""
    first, last = _period(event, now.date())
    data = {"since": first.isoformat(), "until": last.isoformat()}
    over = now.replace(
        year=last.year, month=last.month, day=last.day, hour=0, minute=0, second=0, microsecond=0
    )
    yield Occasion(event, f"{event}:{first}", data, over + timedelta(days=1))


def _period(event: str, today: date) -> tuple[date, date]:
    if event == "report.daily":
        return today - timedelta(days=1), today - timedelta(days=1)
    if event == "report.weekly":
        monday = today - timedelta(days=today.weekday())
        return monday - timedelta(days=7), monday - timedelta(days=1)
    last = today.replace(day=1) - timedelta(days=1)
    return last.replace(day=1), last
