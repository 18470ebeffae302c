"""Whose generations and assets are: what one token made or uploaded, another sees only with a scope
for it; and the limits of a token.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.records import OPEN_STATUSES
from lotus.errors import BudgetExceeded
from lotus.money.ledger import money
from lotus.pipeline.pipeline import Admit
from lotus.server.refusals import Refusal
from lotus.server.tokens import Token

__all__ = ["admission", "check_sees", "owned_assets", "sees", "visible"]

WAIT_SECONDS = 30
_j = t.generation_jobs.c


def sees(token: Token | None) -> bool:
    """Whether a caller sees what others made."""
    return token is None or token.allows("see")


def visible(token: Token | None) -> sa.ColumnElement[bool]:
    """Generations that a caller may see; without tokens everybody sees all."""
    return sa.true() if token is None or sees(token) else _j.token == token.id


def owned_assets(token: Token) -> sa.Select[Any]:
    """Ids of the assets that a token uploaded."""
    return sa.select(t.asset_owners.c.asset_id).where(t.asset_owners.c.token == token.id)


def check_sees(token: Token | None) -> None:
    """Raise Refusal for a token that sees only what it made."""
    if not sees(token):
        remedy = "use one of scope read or all"
        raise Refusal(status=403, reason="this token may see only its own jobs", remedy=remedy)


def admission(token: Token | None) -> Admit | None:
    """The check of a token's limits, for the transaction that queues a job.

    It is called with the estimate and the requested budget, and returns the budget of the job: of a
    token with a budget, a job may spend what it asks for or else its estimate.
    """
    if token is None or (token.budget_usd is None and token.most_jobs is None):
        return None

    def admit(
        connection: sa.Connection, estimate_usd: Decimal, requested_usd: Decimal | None
    ) -> Decimal | None:
        lock = sa.select(t.tokens.c.id).where(t.tokens.c.id == token.id).with_for_update()
        connection.execute(lock).one()
        mine = _j.token == token.id
        under_way = mine & _j.status.in_(OPEN_STATUSES)
        _check_count(token, connection.scalar(sa.select(sa.func.count()).where(under_way)) or 0)
        if token.budget_usd is None:
            return requested_usd
        expenses = sa.select(sa.func.sum(_j.spent_usd)).where(mine, _j.status.not_in(OPEN_STATUSES))
        b = t.budgets.c
        jobs = sa.select(_j.id).where(under_way)
        reservations = sa.select(sa.func.sum(b.limit_usd)).where(
            b.scope == "job", b.subject.in_(jobs)
        )
        commitment = sum(
            connection.scalar(query) or Decimal(0) for query in (expenses, reservations)
        )
        budget_usd = estimate_usd if requested_usd is None else requested_usd
        _check_budget(token.budget_usd, Decimal(commitment), budget_usd)
        return budget_usd

    return admit


def _check_count(token: Token, count: int) -> None:
    if token.most_jobs is not None and count >= token.most_jobs:
        reason = f"this token has {count} queued and running jobs, which is its limit"
        remedy = "wait for one of them, or cancel it"
        raise Refusal(status=429, reason=reason, remedy=remedy, retry_after_seconds=WAIT_SECONDS)


def _check_budget(limit_usd: Decimal, committed_usd: Decimal, needed_usd: Decimal) -> None:
    rest = max(Decimal(0), limit_usd - committed_usd)
    if needed_usd > rest:
        raise BudgetExceeded(
            budget="this token",
            what="the job",
            limit_usd=money(limit_usd),
            left_usd=money(rest),
            needed_usd=money(needed_usd),
            missing_usd=money(needed_usd - rest),
            remedy="name a smaller budget_usd, or ask for a larger budget of the token",
        )
