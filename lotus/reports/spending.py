"""Where the money goes: by day, model, campaign, brand; estimates, budgets, days that stand out."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any

import sqlalchemy as sa

from lotus.budgets import list_budgets
from lotus.db import tables as t
from lotus.db.rollups import UtcDay, entries_by_day
from lotus.errors import InvalidInput, UnknownName
from lotus.ledger import money
from lotus.reports.videos import BRAND
from lotus.workspace import Workspace

__all__ = ["BY", "DEVIATIONS", "burn_down", "month_end", "spending", "standing_out", "unit_costs"]

Row = dict[str, Any]
BY = ("model", "campaign", "provider", "brand", "kind")
DEVIATIONS = 3.0  # robust standard deviations above the median
TO_ROBUST = 1.4826  # a median absolute deviation in standard deviations of a normal distribution
FEWEST_DAYS = 7  # with fewer, no day stands out
MOST_DAYS = 3660
_j, _c = t.generation_jobs.c, t.cost_entries.c


def spending(workspace: Workspace, *, days: int = 30, by: str = "model", now: datetime | None = None) -> Row:
    """The last `days` days (UTC, today included): `rows` by name, `days` by day and name, `total`, budgets.

    Amounts are text: estimated, reserved and open, actual, saved. Raises UnknownName, InvalidInput.
    """
    if by not in BY:
        raise UnknownName("grouping", by, BY)
    if not 1 <= days <= MOST_DAYS:
        reason = f"{days} is outside 1 to {MOST_DAYS}"
        raise InvalidInput(file="", field="days", reason=reason, remedy="write 30")
    moment = now or t.now()
    today = moment.date()
    since = today - timedelta(days=days - 1)
    with workspace.db.read() as connection:
        found = connection.execute(_sums(connection, by, since.isoformat())).all()
        campaigns = {
            row[0]: row[1] for row in connection.execute(sa.select(t.campaigns.c.id, t.campaigns.c.name))
        }
        budgets = [budget.to_json() for budget in list_budgets(connection, moment)]
        month = _since(connection, today.replace(day=1).isoformat())
    limits = [budget["limit_usd"] for budget in budgets if budget["scope"] == "month"]
    named = campaigns if by == "campaign" else {}
    sums = [(day, named.get(name, name) or "none", kind, amount) for day, name, kind, amount in found]
    per_day = _filled(_grouped(sums, lambda s: s[0]), since, today)
    return {
        "by": by,
        "since": since.isoformat(),
        "total": _amounts(_total(sums)),
        "rows": _rows(_grouped(sums, lambda s: s[1])),
        "series": [{"day": d, "name": n, "actual_usd": money(a)} for (d, n), a in _settled(sums).items()],
        "days": [{"day": day, **_amounts(kinds)} for day, kinds in per_day.items()],
        "standing_out": standing_out({day: kinds["settled"] for day, kinds in per_day.items()}),
        "budgets": [{**b, "name": campaigns.get(b["subject"], b["subject"])} for b in budgets],
        "month": month_end(month, today),
        "burn_down": burn_down(Decimal(limits[0]), month, today) if limits else [],
    }


def _sums(connection: sa.Connection, by: str, since: str) -> sa.Select[Any]:
    """Day, name, kind and amount: of days that are rolled up where that is enough."""
    if by in ("brand", "kind"):
        day = UtcDay(_c.created_at)
        name = BRAND if by == "brand" else _j.kind
        joined = t.cost_entries.outerjoin(t.generation_jobs, _j.id == _c.job_id)
        moment = datetime.fromisoformat(f"{since}T00:00:00+00:00")
        query = sa.select(day, name, _c.kind, sa.func.sum(_c.amount_usd)).select_from(joined)
        return query.where(_c.created_at >= moment).group_by(day, name, _c.kind)
    c: Any = entries_by_day(connection).c
    query = sa.select(c.day, c[by], c.kind, sa.func.sum(c.amount_usd)).where(c.day >= since)
    return query.group_by(c.day, c[by], c.kind)


def _since(connection: sa.Connection, day: str) -> dict[str, Decimal]:
    c = entries_by_day(connection).c
    query = sa.select(c.day, sa.func.sum(c.amount_usd)).where(c.day >= day, c.kind == "settled")
    return {row[0]: row[1] for row in connection.execute(query.group_by(c.day))}


def _grouped(sums: Sequence[Any], name: Any) -> dict[str, dict[str, Decimal]]:
    found: dict[str, dict[str, Decimal]] = {}
    for entry in sums:
        kinds = found.setdefault(name(entry), dict.fromkeys(t.COST_KINDS, Decimal(0)))
        kinds[entry[2]] += entry[3]
    return found


def _total(sums: Sequence[Any]) -> dict[str, Decimal]:
    return _grouped(sums, lambda s: "").get("", dict.fromkeys(t.COST_KINDS, Decimal(0)))


def _settled(sums: Sequence[Any]) -> dict[tuple[str, str], Decimal]:
    found: dict[tuple[str, str], Decimal] = {}
    for day, name, kind, amount in sums:
        if kind == "settled":
            found[day, name] = found.get((day, name), Decimal(0)) + amount
    return dict(sorted(found.items()))


def _rows(groups: Mapping[str, dict[str, Decimal]]) -> list[Row]:
    dearest = sorted(groups.items(), key=lambda item: (-item[1]["settled"], item[0]))
    return [{"name": name, **_amounts(kinds)} for name, kinds in dearest]


def _filled(per_day: Mapping[str, Any], since: date, until: date) -> dict[str, dict[str, Decimal]]:
    """Every day from `since` to `until`, also those on which nothing was spent."""
    every = [(since + timedelta(days=n)).isoformat() for n in range((until - since).days + 1)]
    return {day: per_day.get(day) or dict.fromkeys(t.COST_KINDS, Decimal(0)) for day in every}


def _amounts(kinds: Mapping[str, Decimal]) -> dict[str, str]:
    open_usd = max(Decimal(0), kinds["reserved"] - kinds["refunded"] - kinds["settled"])
    return {
        "estimated_usd": money(kinds["estimated"]),
        "reserved_usd": money(open_usd),
        "actual_usd": money(kinds["settled"]),
        "saved_usd": money(kinds["saved"]),
    }


def standing_out(spent: Mapping[str, Decimal]) -> list[Row]:
    """Days above the median of days with spending by more than DEVIATIONS robust deviations.

    The deviation is the median absolute deviation; where more than half of the days are alike and it is
    nothing, a tenth of the median stands in for it. (Leys et al. 2013, doi:10.1016/j.jesp.2013.03.013.)
    """
    amounts = [float(amount) for amount in spent.values() if amount > 0]
    if len(amounts) < FEWEST_DAYS:
        return []
    usual = median(amounts)
    spread = TO_ROBUST * median(abs(amount - usual) for amount in amounts) or usual / 10
    limit = usual + DEVIATIONS * spread
    return [
        {"day": day, "actual_usd": money(amount), "times": round(float(amount) / usual, 1)}
        for day, amount in spent.items()
        if float(amount) > limit
    ]


def burn_down(limit_usd: Decimal, spent: Mapping[str, Decimal], today: date) -> list[Row]:
    """What is left of a month's budget after each day, and what will be if it goes on as `month_end` says."""
    last = calendar.monthrange(today.year, today.month)[1]
    daily, left, rows = _daily(spent, today), limit_usd, []
    for day in (today.replace(day=n) for n in range(1, last + 1)):
        left -= spent.get(day.isoformat(), Decimal(0)) if day <= today else daily
        row = {"day": day.isoformat(), "left_usd": money(left.quantize(Decimal("0.01")))}
        rows += [{**row, "kind": kind} for kind in ("left", "projected") if _drawn(kind, day, today)]
    return rows


def _drawn(kind: str, day: date, today: date) -> bool:
    return day <= today if kind == "left" else day >= today  # the lines meet today


def month_end(spent: Mapping[str, Decimal], today: date) -> Row:
    """What this month costs by its end if it goes on like its last seven full days (or like today)."""
    total = sum(spent.values(), Decimal(0))
    left = calendar.monthrange(today.year, today.month)[1] - today.day
    projected = (total + _daily(spent, today) * left).quantize(Decimal("0.01"))
    return {"spent_usd": money(total), "projected_usd": money(projected), "days_left": left}


def _daily(spent: Mapping[str, Decimal], today: date) -> Decimal:
    over = [today - timedelta(days=n) for n in range(1, min(7, today.day - 1) + 1)] or [today]
    return sum((spent.get(day.isoformat(), Decimal(0)) for day in over), Decimal(0)) / len(over)


def unit_costs(workspace: Workspace, *, days: int = 30, now: datetime | None = None) -> Row:
    """What a finished video costs, and a second of it: of jobs of the last `days` days."""
    since = (now or t.now()) - timedelta(days=days)
    done = (_j.status == "completed") & (_j.created_at >= since)  # as the index is
    lengths = sa.select(t.compositions.c.fps, sa.func.count(), sa.func.sum(t.compositions.c.frames))
    joined = t.compositions.join(t.generation_jobs, _j.id == t.compositions.c.job_id)
    spent = sa.select(sa.func.sum(_c.amount_usd)).join(t.generation_jobs, _j.id == _c.job_id)
    with workspace.db.read() as connection:
        grouped = lengths.select_from(joined).where(done).group_by(t.compositions.c.fps)
        found = connection.execute(grouped).all()
        amount = connection.scalar(spent.where(done, _c.kind == "settled")) or Decimal(0)
    videos = sum(row[1] for row in found)
    seconds = float(sum((row[2] / Fraction(row[0]) for row in found), Fraction(0)))
    return {
        "videos": videos,
        "seconds": round(seconds, 1),
        "usd_per_video": money((amount / videos).quantize(Decimal("0.0001"))) if videos else None,
        "usd_per_second": money((amount / Decimal(seconds)).quantize(Decimal("0.0001"))) if seconds else None,
    }
