"""Budgets: of a job, a campaign, a day and a month (UTC). Looked at and reserved from in one
transaction.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_DOWN, Decimal, InvalidOperation

import sqlalchemy as sa
from pydantic import BaseModel, computed_field

from lotus.db import records
from lotus.db import tables as t
from lotus.db.rollups import UtcDay
from lotus.errors import BudgetExceeded, InvalidInput, UnknownName
from lotus.money.ledger import MICROS, Usd, money

__all__ = [
    "Budget",
    "budget_needed",
    "budget_subject",
    "check_budgets",
    "committed_by_day",
    "dollars",
    "list_budgets",
    "set_budget",
]

_COMMITMENT = sa.func.sum(  # what predictions cost, or what is reserved while they are open
    sa.func.coalesce(t.predictions.c.settled_usd, t.predictions.c.reserved_usd)
)
MOST_CHARS = 60  # of the text of an amount
MOST_USD = 10**9  # what columns of money hold with six places, and more than anybody has


class Budget(BaseModel, frozen=True):
    """A limit; `committed_usd` is what was spent and what is reserved under it."""

    scope: str
    subject: str
    limit_usd: Usd
    committed_usd: Usd

    @computed_field  # type: ignore[prop-decorator]
    @property
    def left_usd(self) -> Usd:
        """What may still be spent."""
        return max(Decimal(0), self.limit_usd - self.committed_usd)

    @property
    def whose(self) -> str:
        """`this job`, `campaign 12ab`, `today`, `this month`."""
        if self.scope == "campaign":
            return f"campaign {self.subject}"
        return "today" if self.scope == "day" else f"this {self.scope}"

    def check(self, amount_usd: Decimal, what: str) -> None:
        """Raise BudgetExceeded if `amount_usd` more is too much."""
        missing = self.committed_usd + amount_usd - self.limit_usd
        if missing <= 0:
            return
        raise BudgetExceeded(
            budget=self.whose,
            limit_usd=money(self.limit_usd),
            left_usd=money(self.left_usd),
            needed_usd=money(amount_usd),
            missing_usd=money(missing),
            what=what,
            remedy=_remedy(self),
        )


def _remedy(budget: Budget) -> str:
    if budget.scope == "job":
        return "raise --budget; clips that are made are kept"
    more = f" {budget.subject}" if budget.subject else ""
    return (
        f"raise it with `lotus budgets set {budget.scope} USD{more}`; clips that are made are kept"
    )


def dollars(amount: Decimal | float | str) -> Decimal:
    """An amount as exact as it is written: 0.1 is ten cents. Raises InvalidInput."""
    text = str(amount).strip().removeprefix("$")
    try:
        usd = Decimal(text if len(text) <= MOST_CHARS else "NaN")
    except InvalidOperation:
        usd = Decimal("NaN")
    if not usd.is_finite() or not 0 <= usd < MOST_USD:
        below = usd.is_finite() and usd < 0
        reason = f"'{text[:MOST_CHARS]}' is {'below 0' if below else 'not an amount'}"
        remedy = "a budget is 0 or more" if below else "write dollars: 2.50"
        raise InvalidInput(file="", field="budget", reason=reason, remedy=remedy)
    return usd.quantize(MICROS, ROUND_DOWN)


def budget_subject(scope: str, campaign: str | None) -> str:
    """What a budget of a day, a month or a campaign is about; raises UnknownName, InvalidInput."""
    if scope not in ("day", "month", "campaign"):
        raise UnknownName(
            "budget", scope, ("day", "month", "campaign"), remedy="use --budget for a job"
        )
    if (scope == "campaign") != (campaign is not None):
        reason = (
            "needs the campaign's id"
            if scope == "campaign"
            else f"applies to every {scope}, not to a campaign"
        )
        raise InvalidInput(
            file="", field=scope, reason=reason, remedy="see `lotus budgets set --help`"
        )
    return campaign or ""


def set_budget(
    connection: sa.Connection, scope: str, subject: str, limit_usd: Decimal | None
) -> None:
    """Set a budget, or lift it (None)."""
    c = t.budgets.c
    mine = (c.scope == scope) & (c.subject == subject)
    if limit_usd is None:
        connection.execute(t.budgets.delete().where(mine))
    elif not connection.execute(
        t.budgets.update().where(mine).values(limit_usd=limit_usd)
    ).rowcount:
        connection.execute(
            t.budgets.insert().values(scope=scope, subject=subject, limit_usd=limit_usd)
        )


def list_budgets(connection: sa.Connection, now: datetime) -> list[Budget]:
    """Budgets of a day, a month and campaigns, with what is committed under each."""
    c = t.budgets.c
    query = sa.select(t.budgets).where(c.scope != "job").order_by(c.scope, c.subject)
    return [_read(connection, row, now) for row in connection.execute(query).mappings().all()]


def committed_by_day(connection: sa.Connection, since: datetime) -> dict[str, Decimal]:
    """What counts against budgets, by the day (UTC) on which it was asked for; days as
    2026-01-31.
    """
    day = UtcDay(t.predictions.c.created_at).label("day")
    query = sa.select(day, _COMMITMENT).where(t.predictions.c.created_at >= since)
    return {row[0]: row[1] for row in connection.execute(query.group_by(day))}


def check_budgets(
    connection: sa.Connection,
    job_id: str,
    campaign: str | None,
    amount_usd: Decimal,
    what: str,
    *,
    unpriced: bool = False,
) -> None:
    """Raise BudgetExceeded if one of the budgets that hold for a job does not allow this amount.

    `unpriced` is for what may cost anything: it needs a budget (InvalidInput), of which something
    is left. The budgets' rows are locked until the transaction ends, so what is checked here and
    reserved there is one step for everybody (SQLite has a single writer anyway).
    """
    if amount_usd <= 0 and not unpriced:
        return
    c = t.budgets.c
    mine = c.scope.in_(("day", "month")) | ((c.scope == "job") & (c.subject == job_id))
    if campaign is not None:
        mine |= (c.scope == "campaign") & (c.subject == campaign)
    query = sa.select(t.budgets).where(mine).order_by(c.id).with_for_update()
    now = t.now()
    budgets = [_read(connection, dict(row), now) for row in connection.execute(query).mappings()]
    if unpriced and not budgets:
        raise budget_needed(what)
    for budget in budgets:
        budget.check(amount_usd, what)
        if unpriced:
            budget.check(MICROS, what)


def budget_needed(what: str) -> InvalidInput:
    """The refusal of something that may cost anything, without a budget."""
    return InvalidInput(
        file="",
        field="budget",
        reason=f"the cost of {what} is unknown: the catalogue has no price, or no "
        "typical_seconds, for its model",
        remedy="set a limit with --budget USD, or complete the model in the catalogue",
    )


def _read(connection: sa.Connection, row: records.Row | sa.RowMapping, now: datetime) -> Budget:
    """A budget with what is committed."""
    c = t.predictions.c
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    holds = {
        "job": c.job_id == row["subject"],
        "campaign": c.campaign == row["subject"],
        "day": c.created_at >= midnight,
        "month": c.created_at >= midnight.replace(day=1),
    }[row["scope"]]
    query = sa.select(_COMMITMENT).where(holds)
    return Budget(
        scope=row["scope"],
        subject=row["subject"],
        limit_usd=row["limit_usd"],
        committed_usd=connection.scalar(query) or Decimal(0),
    )
