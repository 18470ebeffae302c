"""`lotus costs`: the ledger, grouped, exact to the millionth, as a table, JSON, CSV and a
DataFrame.
"""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
import sqlalchemy as sa

from lotus import reports
from lotus.db import Database, records
from lotus.errors import UnknownName
from lotus.reports.cost_groups import GROUPINGS, costs_by, costs_csv
from lotus.workspace import Workspace
from tests.driving import inside

ENTRIES = [  # job, campaign, scene, kind, model, dollars
    ("j1", None, 0, "estimated", "p-video", "0.08"),
    ("j1", None, 0, "reserved", "p-video", "0.08"),
    ("j1", None, 0, "settled", "p-video", "0.060001"),
    ("j1", None, 0, "refunded", "p-video", "0.019999"),
    ("j1", None, 1, "saved", "kling-v2.6", "0.35"),
    ("j2", "spring", 0, "estimated", "kling-v2.6", "0.35"),
    ("j2", "spring", 0, "settled", "kling-v2.6", "0.35"),
    ("j2", "spring", None, "settled", "gpt-5-mini", "0.001483"),
]


@pytest.fixture
def workspace() -> Workspace:
    return _written(Workspace.open())


def _written(made: Workspace) -> Workspace:
    with made.db.begin() as connection:
        for job, campaign, scene, kind, model, amount in ENTRIES:
            facts = {
                "job_id": job,
                "campaign": campaign,
                "scene": scene,
                "kind": kind,
                "model": model,
            }
            row = {**facts, "provider": "replicate", "amount_usd": Decimal(amount)}
            records.add_costs(connection, [row])
    return made


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        (
            "model",
            [
                ("gpt-5-mini", "0.00", "0.001483", "0.00"),
                ("kling-v2.6", "0.35", "0.35", "0.35"),
                ("p-video", "0.08", "0.060001", "0.00"),
            ],
        ),
        ("campaign", [("", "0.08", "0.060001", "0.35"), ("spring", "0.35", "0.351483", "0.00")]),
        ("job", [("j1", "0.08", "0.060001", "0.35"), ("j2", "0.35", "0.351483", "0.00")]),
        (
            "scene",
            [
                ("j1", 1, "0.08", "0.060001", "0.00"),
                ("j1", 2, "0.00", "0.00", "0.35"),
                ("j2", "", "0.00", "0.001483", "0.00"),
                ("j2", 1, "0.35", "0.35", "0.00"),
            ],
        ),
        ("provider", [("replicate", "0.43", "0.411484", "0.35")]),
    ],
)
def test_costs_are_grouped(workspace: Workspace, by: str, rows: list[tuple[object, ...]]) -> None:
    found = costs_by(workspace, by)
    assert [tuple(row.values()) for row in found["rows"]] == [(*row, "0.00") for row in rows]
    assert found["total_usd"] == "0.411484"


def test_days_bound_the_sums_everywhere(workspace: Workspace) -> None:
    """A heading that looks filtered over sums of all time would be a wrong bill."""
    gone = {"since": "2020-01-01", "until": "2020-12-31"}
    words = [word for name, day in gone.items() for word in (f"--{name}", day)]
    assert inside("costs", *words, "--json").json["total_usd"] == "0.00"
    assert inside("costs", "--since", "2020-01-01", "--json").json["total_usd"] == "0.411484"
    assert reports.costs(workspace, "model", **gone).empty
    for wrong in (
        "--since yesterday",
        "--until 2020-13-01",
        "--since 2021-01-02 --until 2020-01-01",
    ):
        said = inside("costs", *wrong.split())
        assert (said.code, said.out) == (2, "")


@pytest.mark.parametrize("by", GROUPINGS)
def test_every_grouping_adds_up_in_every_form(workspace: Workspace, by: str) -> None:
    found = costs_by(workspace, by)
    assert inside("costs", "--by", by, "--json").json == found
    printed = list(csv.DictReader(io.StringIO(inside("costs", "--by", by, "--csv").out)))
    assert printed == [{name: str(value) for name, value in row.items()} for row in found["rows"]]
    for name, total in (
        ("estimated_usd", "0.43"),
        ("actual_usd", "0.411484"),
        ("saved_usd", "0.35"),
        ("lost_usd", "0.00"),
    ):
        assert sum(Decimal(row[name]) for row in printed) == Decimal(total)
    frame = reports.costs(workspace, by)
    assert float(frame["actual_usd"].sum()) == pytest.approx(0.411484)
    assert "total $0.411484" in inside("costs", "--by", by).out


def test_a_frame_has_numbers_times_and_categories(workspace: Workspace) -> None:
    rows = [
        {"status": "completed", "cost_usd": "0.035", "created_at": "2026-11-24T10:00:00+00:00"},
        {"status": "failed", "cost_usd": None, "created_at": "2026-11-24T10:00:00.5+02:00"},
    ]
    data = reports.frame([{**row, "finished_at": None, "name": "a"} for row in rows])
    assert data["cost_usd"].sum() == 0.035
    assert data["cost_usd"].isna().tolist() == [False, True]
    times = [str(data[name].dt.tz) for name in ("created_at", "finished_at")]
    assert times == ["UTC", "UTC"]
    apart = data["created_at"][0] - data["created_at"][1]
    assert apart == timedelta(hours=2, seconds=-0.5)
    assert str(data["status"].dtype) == "category"
    assert (data["status"] == "failed").tolist() == [False, True]
    assert data["name"].tolist() == ["a", "a"]


def test_frames_of_costs_and_jobs_add_up_and_have_their_days(workspace: Workspace) -> None:
    days = reports.costs(workspace, "day")
    assert str(days["day"].dt.tz) == "UTC"
    assert days.set_index("day")["actual_usd"].sum() == pytest.approx(0.411484)
    empty = reports.frame([], ["status", "cost_usd", "created_at"])
    assert empty["cost_usd"].sum() == 0
    assert str(empty["created_at"].dt.tz) == "UTC"
    assert str(reports.frame([{"at": "2026-11-24T10:00:00+00:00"}])["at"].dt.tz) == "UTC"
    assert reports.frame([{"day": "Monday"}])["day"].tolist() == ["Monday"], "no day of ours"


def test_every_database_groups_alike(db: Database) -> None:
    workspace = Workspace.open()
    here = _written(Workspace.open())
    workspace.db = db
    _written(workspace)
    for by in GROUPINGS:
        assert costs_by(workspace, by) == costs_by(here, by)


def test_a_day_is_a_day_of_utc(db: Database) -> None:
    late = datetime(2026, 11, 24, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    with db.begin() as connection:
        if db.dialect == "postgresql":
            connection.exec_driver_sql("SET TIME ZONE 'America/New_York'")
        facts = {
            "job_id": "j",
            "kind": "settled",
            "provider": "p",
            "model": "m",
            "created_at": late,
        }
        records.add_costs(connection, [{**facts, "amount_usd": Decimal("0.01")}])
        day = GROUPINGS["day"]["day"]
        assert connection.scalars(sa.select(day)).all() == ["2026-11-25"]


def test_a_name_with_commas_stays_one_field(workspace: Workspace) -> None:
    found = {"by": "model", "rows": [{"model": 'a,"b"', **dict.fromkeys(("estimated_usd",), "1")}]}
    found["rows"][0] |= {"actual_usd": "2", "saved_usd": "3", "lost_usd": "4"}
    assert list(csv.reader(io.StringIO(costs_csv(found))))[1] == ['a,"b"', "1", "2", "3", "4"]


def test_nothing_spent_is_an_empty_table_and_frame() -> None:
    workspace = Workspace.open()
    assert costs_by(workspace, "model") == {
        "by": "model",
        "currency": "USD",
        "rows": [],
        "total_usd": "0.00",
    }
    assert list(reports.costs(workspace).columns) == [
        "model",
        "estimated_usd",
        "actual_usd",
        "saved_usd",
        "lost_usd",
    ]


def test_an_unknown_grouping_is_refused_with_the_choices() -> None:
    with pytest.raises(UnknownName, match="did you mean 'scene'"):
        costs_by(Workspace.open(), "scenes")
