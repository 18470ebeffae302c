"""Where the money goes: by day, model, campaign, brand, kind; estimates, budgets, days that stand
out.
"""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from statistics import median
from typing import Any, NamedTuple

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.rollups import BRAND, UtcDay, entries_by_day
from lotus.errors import InvalidInput, UnknownName
from lotus.money.budgets import committed_by_day, list_budgets
from lotus.money.ledger import AWS, STORAGE, money
from lotus.workspace import Workspace

__all__ = [
    "BY",
    "DEVIATIONS",
    "burn_down",
    "day_range",
    "month_end",
    "period",
    "spending",
    "standing_out",
    "unit_costs",
]

Row = dict[str, Any]
NONE = "none"  # the name of the costs that belong to no campaign or brand
BY = ("model", "campaign", "provider", "brand", "kind")
KINDS = ("provider", "compute", "storage")  # of costs; each is named also where it cost nothing
DEVIATIONS = 3.0  # robust standard deviations above the median
TO_ROBUST = 1.4826  # a median absolute deviation in standard deviations of a normal distribution
FEWEST_DAYS = 7  # with fewer, no day stands out
MOST_DAYS = 3660
_j = t.generation_jobs.c


class _Sum(NamedTuple):
    """Entries of one day, id (of what they are grouped by) and kind."""

    day: str
    id: str
    kind: str
    amount: Decimal


def period(today: date, days: int = 30, since: str = "", until: str = "") -> tuple[date, date]:
    """First and last day that are meant: the last `days` days, or from one day to another, both
    included.

    Days are text as 2026-01-31. Raises InvalidInput.
    """
    if not 1 <= days <= MOST_DAYS:
        reason = f"{days} is outside 1 to {MOST_DAYS}"
        raise InvalidInput(file="", field="days", reason=reason, remedy="write a number such as 30")
    last = _day("until", until) if until else today
    first = _day("since", since) if since else _days_before(last, days - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        reason = f"{last} is not 0 to {MOST_DAYS} days after {first}"
        raise InvalidInput(
            file="", field="until", reason=reason, remedy="choose a later day than the first"
        )
    return first, last


def day_range(since: str = "", until: str = "") -> tuple[date | None, date | None]:
    """First and last day as given, both included; None where there is no bound.

    Days are text as 2026-01-31. Raises InvalidInput.
    """
    first = _day("since", since) if since else None
    last = _day("until", until) if until else None
    if first and last and last < first:
        reason = f"{last} is before {first}"
        raise InvalidInput(
            file="", field="until", reason=reason, remedy="choose a later day than the first"
        )
    return first, last


def _days_before(day: date, days: int) -> date:
    return day - timedelta(days=min(days, (day - date.min).days))


def _day(field: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        reason = f"'{text}' is not a day"
        raise InvalidInput(file="", field=field, reason=reason, remedy="write 2026-01-31") from None


def spending(
    workspace: Workspace,
    *,
    days: int = 30,
    since: str = "",
    until: str = "",
    by: str = "model",
    now: datetime | None = None,
) -> Row:
    """The costs of a `period` (days of UTC): `rows` by name, `days` by day and name, `total`,
    budgets.

    Amounts are text: estimated, reserved (on these days, and still open), actual, saved;
    `reserved_now_usd` is all that is open now, of whatever day. Rows have an `id` besides their
    name: two campaigns of one name are two rows. Raises UnknownName, InvalidInput.
    """
    if by not in BY:
        raise UnknownName("grouping", by, BY)
    moment = now or t.now()
    today = moment.date()
    first, last = period(today, days, since, until)
    with workspace.db.read() as connection:
        sums = _settled_sums(connection, by, first, last)
        reservations = _open_reservations(connection, by)
        campaigns = _campaign_names(connection)
        budgets = [budget.model_dump(mode="json") for budget in list_budgets(connection, moment)]
        month = _since(connection, today.replace(day=1).isoformat())
        burning = _burning(connection, budgets, today)
    sums += [one for one in reservations if first.isoformat() <= one.day <= last.isoformat()]
    return {
        "by": by,
        "currency": "USD",
        "since": first.isoformat(),
        "until": last.isoformat(),
        "total": _amounts(_total(sums)),
        "reserved_now_usd": money(sum((one.amount for one in reservations), Decimal(0))),
        **_by_name(sums, by, campaigns),
        **_by_day(sums, first, last),
        "budgets": [{**b, "name": campaigns.get(b["subject"], b["subject"])} for b in budgets],
        "month": month_end(month, today),
        "burn_down": burning,
    }


def _settled_sums(connection: sa.Connection, by: str, first: date, last: date) -> list[_Sum]:
    rows = connection.execute(_sums(connection, by, first.isoformat(), last.isoformat()))
    return [_Sum(day, id_ or "", kind, amount) for day, id_, kind, amount in rows]


def _campaign_names(connection: sa.Connection) -> dict[str, str]:
    rows = connection.execute(sa.select(t.campaigns.c.id, t.campaigns.c.name))
    return {row.id: row.name for row in rows}


def _by_name(sums: Sequence[_Sum], by: str, campaigns: Mapping[str, str]) -> Row:
    """A row a name, and what each settled on each day."""
    fixed_names = KINDS if by == "kind" else ()
    names = _names({*fixed_names, *(one.id for one in sums)}, by, campaigns)
    series = [
        {"day": day, "id": id_, "name": names[id_], "actual_usd": money(amount)}
        for (day, id_), amount in _settled_amounts(sums).items()
    ]
    return {"rows": _rows(_group(sums, lambda one: one.id, fixed_names), names), "series": series}


def _by_day(sums: Sequence[_Sum], first: date, last: date) -> Row:
    """A row a day, and the days that stand out."""
    per_day = _every_day(_group(sums, lambda one: one.day), first, last)
    return {
        "days": [{"day": day, **_amounts(kinds)} for day, kinds in per_day.items()],
        "standing_out": standing_out({day: kinds["settled"] for day, kinds in per_day.items()}),
    }


def _sums(connection: sa.Connection, by: str, since: str, until: str) -> sa.Select[Any]:
    """Day, id, kind of entry and amount, from the sums of days."""
    c: Any = entries_by_day(connection, since, until).c
    storage = sa.case((c.model == STORAGE, "storage"), else_="compute")
    id_ = sa.case((c.provider == AWS, storage), else_="provider") if by == "kind" else c[by]
    query = sa.select(c.day, id_.label("name"), c.kind, sa.func.sum(c.amount_usd))
    # a reservation may be of another day than its settlement: what is open has its own query
    return query.where(c.kind != "reserved").group_by(c.day, id_, c.kind)


def _open_reservations(connection: sa.Connection, by: str) -> list[_Sum]:
    """The amounts of predictions that are open now, each with the day on which it began."""
    p = t.predictions.c
    ids = {
        "model": p.model,
        "campaign": sa.func.coalesce(p.campaign, ""),
        "provider": p.provider,
        "brand": sa.func.coalesce(BRAND, ""),
        "kind": sa.literal("provider"),
    }
    jobs = t.predictions.outerjoin(t.generation_jobs, _j.id == p.job_id)
    query = sa.select(UtcDay(p.created_at), ids[by], p.reserved_usd).select_from(jobs)
    rows = connection.execute(query.where(p.settled_at.is_(None)))
    return [_Sum(day, id_, "reserved", amount) for day, id_, amount in rows]


def _names(ids: Iterable[str], by: str, campaigns: Mapping[str, str]) -> dict[str, str]:
    """A name for each id, no two alike: of campaigns of one name with the end of their ids."""
    plain = {id_: campaigns.get(id_, id_) if by == "campaign" else id_ for id_ in ids}
    counts = Counter(plain.values())
    names = {}
    for id_, name in plain.items():
        unique = name if counts[name] == 1 else f"{name} ({id_[-8:]})"
        # somebody's name, not the lack of one
        names[id_] = f"“{name}”" if unique == NONE else unique
    return {**names, "": NONE}


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _since(connection: sa.Connection, day: str) -> dict[str, Decimal]:
    c = entries_by_day(connection, day).c
    query = sa.select(c.day, sa.func.sum(c.amount_usd)).where(c.kind == "settled")
    return {row[0]: row[1] for row in connection.execute(query.group_by(c.day))}


def _group(
    sums: Sequence[_Sum], key: Callable[[_Sum], str], fixed_names: Sequence[str] = ()
) -> dict[str, dict[str, Decimal]]:
    groups = {name: dict.fromkeys(t.COST_KINDS, Decimal(0)) for name in fixed_names}
    for one in sums:
        kinds = groups.setdefault(key(one), dict.fromkeys(t.COST_KINDS, Decimal(0)))
        kinds[one.kind] += one.amount
    return groups


def _total(sums: Sequence[_Sum]) -> dict[str, Decimal]:
    return _group(sums, lambda one: "").get("", dict.fromkeys(t.COST_KINDS, Decimal(0)))


def _settled_amounts(sums: Sequence[_Sum]) -> dict[tuple[str, str], Decimal]:
    amounts: dict[tuple[str, str], Decimal] = {}
    for one in sums:
        if one.kind == "settled":
            amounts[one.day, one.id] = amounts.get((one.day, one.id), Decimal(0)) + one.amount
    return dict(sorted(amounts.items()))


def _rows(groups: Mapping[str, dict[str, Decimal]], names: Mapping[str, str]) -> list[Row]:
    dearest = sorted(groups.items(), key=lambda item: (-item[1]["settled"], names[item[0]]))
    return [{"id": id_, "name": names[id_], **_amounts(kinds)} for id_, kinds in dearest]


def _every_day(
    per_day: Mapping[str, Any], since: date, until: date
) -> dict[str, dict[str, Decimal]]:
    """Every day from `since` to `until`, also those on which nothing was spent."""
    every = [(since + timedelta(days=n)).isoformat() for n in range((until - since).days + 1)]
    return {day: per_day.get(day) or dict.fromkeys(t.COST_KINDS, Decimal(0)) for day in every}


def _amounts(kinds: Mapping[str, Decimal]) -> dict[str, str]:
    return {
        "estimated_usd": money(kinds["estimated"]),
        "reserved_usd": money(kinds["reserved"]),
        "actual_usd": money(kinds["settled"]),
        "saved_usd": money(kinds["saved"]),
    }


def standing_out(sums: Mapping[str, Decimal]) -> list[Row]:
    """Days above the median of days with spending by more than DEVIATIONS robust deviations.

    The deviation is the median absolute deviation; where more than half of the days are alike and
    it is nothing, a tenth of the median stands in for it. (Leys et al. 2013,
    doi:10.1016/j.jesp.2013.03.013.)
    """
    amounts = [float(amount) for amount in sums.values() if amount > 0]
    if len(amounts) < FEWEST_DAYS:
        return []
    usual = median(amounts)
    spread = TO_ROBUST * median(abs(amount - usual) for amount in amounts) or usual / 10
    limit = usual + DEVIATIONS * spread
    return [
        {"day": day, "actual_usd": money(amount), "times": round(float(amount) / usual, 1)}
        for day, amount in sums.items()
        if float(amount) > limit
    ]


def _burning(
    connection: sa.Connection, budgets: Sequence[Mapping[str, str]], today: date
) -> list[Row]:
    """How the month's budget burns down, if there is one."""
    limits = [budget["limit_usd"] for budget in budgets if budget["scope"] == "month"]
    if not limits:
        return []
    return burn_down(
        Decimal(limits[0]), committed_by_day(connection, _midnight(today.replace(day=1))), today
    )


def burn_down(limit_usd: Decimal, amounts: Mapping[str, Decimal], today: date) -> list[Row]:
    """What is left of a month's budget after each day, and what will be if it goes on as
    `month_end` says.
    """
    last = calendar.monthrange(today.year, today.month)[1]
    daily = _daily(amounts, today)
    remaining = limit_usd
    rows = []
    for day in (today.replace(day=n) for n in range(1, last + 1)):
        remaining -= amounts.get(day.isoformat(), Decimal(0)) if day <= today else daily
        row = {"day": day.isoformat(), "left_usd": money(remaining.quantize(Decimal("0.01")))}
        rows += [
            {**row, "kind": kind} for kind in ("left", "projected") if _is_on_line(kind, day, today)
        ]
    return rows


def _is_on_line(kind: str, day: date, today: date) -> bool:
    return day <= today if kind == "left" else day >= today  # the lines meet today


def month_end(amounts: Mapping[str, Decimal], today: date) -> Row:
    """What this month costs by its end if it goes on like its last seven full days (or
    like today).
    """
    total = sum(amounts.values(), Decimal(0))
    days_to_go = calendar.monthrange(today.year, today.month)[1] - today.day
    projection = (total + _daily(amounts, today) * days_to_go).quantize(Decimal("0.01"))
    return {"spent_usd": money(total), "projected_usd": money(projection), "days_left": days_to_go}


def _daily(amounts: Mapping[str, Decimal], today: date) -> Decimal:
    over = [today - timedelta(days=n) for n in range(1, min(7, today.day - 1) + 1)] or [today]
    return sum((amounts.get(day.isoformat(), Decimal(0)) for day in over), Decimal(0)) / len(over)


def unit_costs(
    workspace: Workspace,
    *,
    days: int = 30,
    since: str = "",
    until: str = "",
    now: datetime | None = None,
) -> Row:
    """What a finished video costs, and a second of it: of jobs that began in what
    `period` means.
    """
    first, last = period((now or t.now()).date(), days, since, until)
    begun = _j.created_at >= _midnight(first)
    if last < date.max:
        begun &= _j.created_at < _midnight(last + timedelta(days=1))
    is_done = (_j.status == "completed") & begun  # as the index is
    sums = (
        t.compositions.c.fps,
        sa.func.count(),
        sa.func.sum(t.compositions.c.frames),
        sa.func.sum(_j.spent_usd),
    )
    source = t.compositions.join(t.generation_jobs, _j.id == t.compositions.c.job_id)
    query = sa.select(*sums).select_from(source).where(is_done).group_by(t.compositions.c.fps)
    with workspace.db.read() as connection:
        rows = connection.execute(query).all()
    amount = sum((row[3] for row in rows), Decimal(0))
    videos = sum(row[1] for row in rows)
    seconds = float(sum((row[2] / Fraction(row[0]) for row in rows), Fraction(0)))
    return {
        "videos": videos,
        "seconds": round(seconds, 1),
        "usd_per_video": money((amount / videos).quantize(Decimal("0.0001"))) if videos else None,
        "usd_per_second": money((amount / Decimal(seconds)).quantize(Decimal("0.0001")))
        if seconds
        else None,
    }
