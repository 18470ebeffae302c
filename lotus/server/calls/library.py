"""What there is: models, costs, campaigns."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import Field

from lotus.db import tables as t
from lotus.db.records import Row
from lotus.models import table as listing
from lotus.models.catalog import read_catalog
from lotus.money.ledger import Cost
from lotus.reports.cost_groups import costs_by
from lotus.server.answers import CampaignAnswer, Costs, ModelEntry, Page
from lotus.server.calls.owners import check_sees, sees
from lotus.server.calls.paging import page_of, page_query
from lotus.server.refusals import Refusal
from lotus.server.requests import RequestModel
from lotus.server.routes import ApiRequest

__all__ = ["By", "TaskQuery", "campaign", "campaigns", "costs", "models"]

_c = t.campaigns.c
_r = t.runs.c
_e = t.cost_entries.c
MOST_ROWS = 10_000  # of costs: a hundred thousand would keep others waiting for seconds


class By(RequestModel):
    """How costs are grouped, and of which days."""

    by: Literal["model", "provider", "day", "campaign", "job", "scene"] = "model"
    since: date | None = Field(default=None, description="the first day (UTC)")
    until: date | None = Field(default=None, description="the last day (UTC)")


class TaskQuery(RequestModel):
    """Which models."""

    task: str | None = Field(
        default=None, pattern=r"^[a-z-]{1,40}$", description="such as text-to-video"
    )


def costs(ask: ApiRequest) -> Costs:
    """The ledger."""
    check_sees(ask.token)
    query: By = ask.query
    days = {"since": query.since, "until": query.until}
    sums = costs_by(ask.service.workspace, query.by, **days, most=MOST_ROWS)
    return Costs.model_validate(sums)


def models(ask: ApiRequest) -> Page[ModelEntry]:
    """The catalogue."""
    catalog = read_catalog(ask.service.workspace.settings.models)
    entries = [
        ModelEntry(
            name=model.name,
            tasks=tuple(model.tasks),
            prices=tuple(listing.prices(model)),
            seconds=listing.lengths(model),
            shapes=listing.shapes(model),
            about=model.about,
        )
        for model in catalog.models.values()
        if ask.query.task in (None, *model.tasks)
    ]
    return Page[ModelEntry](items=tuple(entries))


def campaigns(ask: ApiRequest) -> Page[CampaignAnswer]:
    """The newest first."""
    check_sees(ask.token)
    query = page_query(sa.select(t.campaigns), _c.id, ask.query)
    with ask.service.workspace.db.read() as connection:
        rows: list[Row] = [dict(row) for row in connection.execute(query).mappings()]
        return page_of(rows, ask.query, lambda some: _campaign_views(connection, some))


def campaign(ask: ApiRequest) -> CampaignAnswer:
    """One."""
    with ask.service.workspace.db.read() as connection:
        query = sa.select(t.campaigns).where(_c.id == ask.path["id"])
        row = connection.execute(query).mappings().first()
        if row is None or not sees(ask.token):
            remedy = "GET /api/v1/campaigns lists them"
            raise Refusal(status=404, reason=f"no campaign {ask.path['id']}", remedy=remedy)
        return _campaign_views(connection, [dict(row)])[0]


def _campaign_views(connection: sa.Connection, rows: Sequence[Row]) -> list[CampaignAnswer]:
    ids = [row["id"] for row in rows]
    counts = sa.select(_r.campaign_id, _r.status, sa.func.count()).where(_r.campaign_id.in_(ids))
    runs: dict[str, dict[str, int]] = {}
    for campaign_id, status, count in connection.execute(
        counts.group_by(_r.campaign_id, _r.status)
    ):
        runs.setdefault(campaign_id, dict.fromkeys(t.RUN_STATUSES, 0))[status] = count
    entries = sa.select(_e.campaign, _e.kind, sa.func.sum(_e.amount_usd)).where(
        _e.campaign.in_(ids)
    )
    amounts: dict[str, dict[str, Any]] = {}
    for campaign_id, kind, amount in connection.execute(entries.group_by(_e.campaign, _e.kind)):
        amounts.setdefault(campaign_id, {})[kind] = amount
    return [_campaign(row, runs.get(row["id"], {}), amounts.get(row["id"], {})) for row in rows]


def _campaign(row: Row, runs: dict[str, int], amounts: dict[str, Decimal]) -> CampaignAnswer:
    counts = dict.fromkeys(t.RUN_STATUSES, 0) | runs
    return CampaignAnswer(
        id=row["id"],
        name=row["name"],
        notebook=row["notebook"].rsplit("/", 1)[-1],
        status=row["status"],
        runs={"total": sum(counts.values()), **counts},
        cost=Cost.of(amounts),
        created_at=row["created_at"],
        finished_at=row["finished_at"],
    )
