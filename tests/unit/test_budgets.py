"""Ledger and budgets: what is committed is known at every moment, and nobody overruns a limit."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
import sqlalchemy as sa

from lotus.db import Database, predictions, records
from lotus.db import tables as t
from lotus.errors import BudgetExceeded, InvalidInput
from lotus.money.budgets import check_budgets, dollars, list_budgets, set_budget
from lotus.money.ledger import Ledger
from lotus.providers.base import ClipRequest
from tests.driving import inside

REQUEST = ClipRequest("replicate", "m", "1", {"prompt": "a"}, 16, 16, Fraction(24), 24, 0)


def intend(connection: sa.Connection, amount: str, *, job: str = "j", **more: object) -> str:
    """An open row that reserves an amount."""
    row_id = t.new_id()
    row = {"id": row_id, "key": row_id, "job_id": job, "provider": "p", "model": "m", "request": {}}
    assert predictions.add_prediction(connection, {**row, "reserved_usd": Decimal(amount), **more})
    return row_id


def test_what_is_reserved_and_what_was_spent_count_against_a_budget(db: Database) -> None:
    with db.begin() as connection:
        set_budget(connection, "job", "j", Decimal("1.00"))
        row = intend(connection, "0.60")
        with pytest.raises(
            BudgetExceeded, match=r"\$0\.40 left; scene 2 needs \$0\.50, which is \$0\.10 too much"
        ):
            check_budgets(connection, "j", None, Decimal("0.50"), "scene 2")
        assert predictions.settle_prediction(
            connection, row, status="failed", settled_usd=Decimal("0.20")
        )
        check_budgets(connection, "j", None, Decimal("0.80"), "scene 2")


@pytest.mark.parametrize("scope", ["day", "month", "campaign"])
def test_wider_budgets_count_other_jobs_too(db: Database, scope: str) -> None:
    with db.begin() as connection:
        subject = "c" if scope == "campaign" else ""
        set_budget(connection, scope, subject, Decimal(1))
        intend(connection, "0.90", job="other", campaign="c")
        with pytest.raises(BudgetExceeded, match=f"lotus budgets set {scope} USD"):
            check_budgets(connection, "j", "c", Decimal("0.2"), "scene 1")
        check_budgets(connection, "j", "c", Decimal("0.1"), "scene 1")


def test_yesterday_and_last_month_do_not_count(db: Database) -> None:
    with db.begin() as connection:
        for scope in ("day", "month"):
            set_budget(connection, scope, "", Decimal(1))
        intend(connection, "0.90", created_at=t.now() - timedelta(days=32))
        check_budgets(connection, "j", None, Decimal(1), "scene 1")
        assert {b.scope: b.committed_usd for b in list_budgets(connection, t.now())} == {
            "day": 0,
            "month": 0,
        }


def test_a_budget_is_replaced_and_lifted(db: Database) -> None:
    with db.begin() as connection:
        for limit in ("1", "2"):
            set_budget(connection, "day", "", Decimal(limit))
        assert [b.limit_usd for b in list_budgets(connection, t.now())] == [2]
        set_budget(connection, "day", "", None)
        assert list_budgets(connection, t.now()) == []


def test_what_costs_nothing_is_never_over_budget(db: Database) -> None:
    with db.begin() as connection:
        set_budget(connection, "job", "j", Decimal(0))
        check_budgets(connection, "j", None, Decimal(0), "scene 1")


def test_sixteen_workers_cannot_overrun_a_budget_together(db: Database) -> None:
    with db.begin() as connection:
        set_budget(connection, "day", "", Decimal("1.00"))
    together = threading.Barrier(16)
    refused = []

    def reserve() -> None:
        together.wait()
        try:
            with db.begin() as connection:
                check_budgets(connection, "j", None, Decimal("0.30"), "scene 1")
                intend(connection, "0.30")
        except BudgetExceeded as error:
            refused.append(error)

    workers = [threading.Thread(target=reserve) for _ in range(16)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    with db.begin() as connection:
        [budget] = list_budgets(connection, t.now())
    assert budget.committed_usd == Decimal("0.90")
    assert len(refused) == 13


@pytest.mark.parametrize("cost", ["0", "0.123456", "0.50", "0.75"])
def test_a_closed_reservation_adds_up(db: Database, cost: str) -> None:
    with db.begin() as connection:
        ledger = Ledger(connection, "j")
        ledger.add("reserved", 0, REQUEST, Decimal("0.50"), "row")
        ledger.close(0, REQUEST, "row", reserved_usd=Decimal("0.50"), cost_usd=Decimal(cost))
        sums = records.costs_of(connection, "j")
    assert sums["reserved"] == sums["settled"] + sums["refunded"]
    assert sums["settled"] == Decimal(cost)
    assert all(amount >= 0 for amount in sums.values())


def test_only_one_open_row_a_key_and_one_row_a_prediction(db: Database) -> None:
    with db.begin() as connection:
        first = intend(connection, "1")
        second = intend(connection, "1")
        assert not predictions.add_prediction(
            connection,
            {
                "key": first,
                "job_id": "k",
                "provider": "p",
                "model": "m",
                "request": {},
                "reserved_usd": 1,
            },
        )
        assert predictions.name_prediction(connection, first, "p1", status="starting")
        assert not predictions.name_prediction(connection, second, "p1", status="starting")
        assert not predictions.name_prediction(connection, first, "p2", status="starting")
        assert predictions.known_predictions(connection, ["p1", "p2"]) == {"p1"}


def test_a_row_is_settled_once_and_then_makes_way(db: Database) -> None:
    with db.begin() as connection:
        row = intend(connection, "1")
        assert predictions.settle_prediction(connection, row, status="lost", settled_usd=Decimal(1))
        assert not predictions.settle_prediction(
            connection, row, status="lost", settled_usd=Decimal(1)
        )
        again = {
            "key": row,
            "job_id": "k",
            "provider": "p",
            "model": "m",
            "request": {},
            "reserved_usd": 1,
        }
        assert predictions.add_prediction(connection, again)


def test_a_lease_is_taken_over_by_one(db: Database) -> None:
    with db.begin() as connection:
        row_id = intend(connection, "1", owner="a:1:x", lease_until=t.now())
        [row] = predictions.open_predictions(connection)
        assert row["id"] == row_id
        assert predictions.take_over(connection, row, "b:2:y")
        assert not predictions.take_over(connection, row, "c:3:z")
        assert not predictions.note_prediction(connection, row_id, "a:1:x", status="starting")
        assert predictions.note_prediction(connection, row_id, "b:2:y", status="starting")


def test_amounts_are_as_exact_as_they_are_written() -> None:
    assert dollars("$2.50") == dollars(2.5) == Decimal("2.5")
    assert dollars(0.1) == Decimal("0.1")
    for wrong in ("", "much", "inf", "nan"):
        with pytest.raises(InvalidInput, match="is not an amount; write dollars"):
            dollars(wrong)


def test_budgets_are_set_listed_and_lifted_by_command(home: Path) -> None:
    assert inside("budgets", "list").out.startswith("no budgets")
    assert not home.exists()
    said = inside("budgets", "set", "day", "20", "--json").json
    amounts = {"limit_usd": "20.00", "committed_usd": "0.00", "left_usd": "20.00"}
    assert said == {"currency": "USD", "budgets": [{"scope": "day", "subject": "", **amounts}]}
    assert "$5.50" in inside("budgets", "set", "campaign", "5.50", "spring").out
    assert "campaign spring" in inside("budgets", "list").out
    assert [
        row["scope"]
        for row in inside("budgets", "lift", "campaign", "spring", "--json").json["budgets"]
    ] == ["day"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("set", "week", "5"), "no budget 'week'"),
        (("set", "job", "5"), "use --budget for a job"),
        (("set", "campaign", "5"), "campaign: needs the campaign's id"),
        (("set", "day", "5", "spring"), "day: applies to every day, not to a campaign"),
        (("set", "day", "lots"), "budget: 'lots' is not an amount"),
        (("set", "month", "-5"), "budget: '-5' is below 0; a budget is 0 or more"),
    ],
)
def test_a_budget_that_is_none_is_refused_in_one_line(
    args: tuple[str, ...], said: str, home: Path
) -> None:
    refused = inside("budgets", *args)
    assert refused.code == 2
    assert said in refused.error
    assert not home.exists()
