"""Campaigns on ECS: moto takes the calls, processes of this machine are the tasks."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from batch import Campaign
from batch.cluster.ecs import write_costs
from batch.cluster.fleet import (
    AT_ONCE,
    MOST_EARLY_ENDS,
    Fleet,
    FleetStatus,
    provider_after,
    spent_usd,
    to_start,
)
from batch.cluster.worker import command
from batch.rows import totals as tallies
from lotus.aws.tasks import DRIVER, EXPIRES, short, tags_of, tasks
from lotus.db import tables as t
from lotus.errors import AwsError, InvalidInput
from lotus.money.ledger import MICROS
from lotus.workspace import Workspace
from tests import servers
from tests.aws import NAME, Cloud, Told
from tests.driving import eventually, inside, start
from tests.ecs_tasks import Tasks, tasks_as_processes
from tests.integration.test_campaigns import Table


@pytest.mark.parametrize(
    ("alive", "unfinished", "most", "more"),
    [
        (0, 1, 8, 2),
        (2, 4, 8, 6),
        (2, 4, 5, 3),
        (8, 16, 8, 0),
        (4, 1, 8, -3),
        (4, 4, 8, 4),
        (0, 0, 8, 0),
    ],
)
def test_there_are_as_many_workers_as_there_is_work_for(
    alive: int, unfinished: int, most: int, more: int
) -> None:
    assert to_start(alive, unfinished, most) == more


def test_where_spot_has_no_room_workers_are_started_on_demand() -> None:
    assert provider_after("FARGATE_SPOT", []) == "FARGATE_SPOT"
    assert provider_after("FARGATE_SPOT", ["Your Spot Task was interrupted."]) == "FARGATE_SPOT"
    assert provider_after("FARGATE_SPOT", ["Capacity is unavailable at this time."]) == "FARGATE"
    assert provider_after("FARGATE_SPOT", ["RESOURCE:CPU"]) == "FARGATE"


def _fleet(cloud: Cloud, unfinished: int, **more: Any) -> Fleet:
    seen = more.pop("seen", lambda: FleetStatus(unfinished))
    return Fleet(
        cloud.account,
        25,
        ("python", "-m", "batch.cluster.worker", "tls://x", "k"),
        "campaign-1",
        "host:1",
        seen,
        **more,
    )


def test_a_fleet_starts_tags_and_stops_its_workers(cloud: Cloud) -> None:
    fleet = _fleet(cloud, 50)
    fleet.step()
    running = tasks(cloud.account)
    assert len(running) == 25 > AT_ONCE
    tags = tags_of(running[0])
    assert tags[DRIVER] == "host:1"
    assert datetime.fromisoformat(tags[EXPIRES]) > datetime.now(UTC) + timedelta(hours=11)
    assert {task["startedBy"] for task in running} == {"campaign-1"}
    fleet.step()
    assert len(tasks(cloud.account)) == 25, "as many as there may be, and no more"
    other = cloud.run("service")
    fleet.close()
    assert [task["taskArn"] for task in tasks(cloud.account)] == [other]


def test_a_worker_that_was_taken_away_is_replaced(cloud: Cloud) -> None:
    fleet = _fleet(cloud, 1)
    fleet.step()
    lost = tasks(cloud.account)[0]["taskArn"]
    cloud.client("ecs").stop_task(cluster=NAME, task=lost, reason="Your Spot Task was interrupted.")
    fleet.step()
    assert len(tasks(cloud.account)) == 2
    assert lost not in fleet.alive
    assert fleet.fault is None


def test_workers_with_nothing_to_do_are_told_to_end(cloud: Cloud) -> None:
    retired: list[str] = []
    looks = iter([FleetStatus(2), FleetStatus(1, frozenset(), ("tls://a", "tls://b", "tls://c"))])
    fleet = _fleet(cloud, 0, seen=lambda: next(looks), retire=retired.extend)
    fleet.step()
    fleet.step()
    assert retired == ["tls://a", "tls://b", "tls://c"]


def test_workers_that_are_there_before_the_rows_wait_for_them(cloud: Cloud) -> None:
    retired: list[str] = []
    early = FleetStatus(0, frozenset(), ("tls://a", "tls://b"))
    looks = iter(
        [
            FleetStatus(0),
            early,
            early,
            FleetStatus(1),
            FleetStatus(0, frozenset(), ("tls://a", "tls://b")),
        ]
    )
    fleet = _fleet(cloud, 0, seen=lambda: next(looks), retire=retired.extend)
    for _ in range(4):
        fleet.step()
    assert (len(tasks(cloud.account)), retired) == (2, [])
    fleet.step()
    assert retired == ["tls://a"]


def test_workers_that_end_before_they_call_are_not_started_for_ever(cloud: Cloud) -> None:
    fleet = _fleet(cloud, 1)
    for _ in range(MOST_EARLY_ENDS):
        fleet.step()
        for task in tasks(cloud.account):
            cloud.client("ecs").stop_task(
                cluster=NAME, task=task["taskArn"], reason="CannotPullContainerError: x"
            )
    fleet.step()
    assert tasks(cloud.account) == []
    assert fleet.hopeless
    assert "CannotPullContainerError" in str(fleet.fault)
    assert "lotus doctor --aws --only stopped" in str(fleet.fault)


def test_a_start_that_ecs_refuses_in_part_is_tried_again_on_demand(cloud: Cloud) -> None:
    answer = {"tasks": [], "failures": [{"reason": "Capacity is unavailable at this time."}]}
    real = cloud.account.client("ecs")
    told = Told("ecs", {"run_task": answer})
    fleet = _fleet(cloud, 1)
    fleet.account._clients["ecs"] = told
    fleet.step()
    assert fleet.provider == "FARGATE"
    fleet.account._clients["ecs"] = real
    fleet.step()
    assert len(tasks(cloud.account)) == 2


def test_a_clean_up_that_fails_half_way_goes_on(cloud: Cloud) -> None:
    fleet = _fleet(cloud, 2)
    fleet.step()
    fleet.alive["arn:aws:ecs:us-east-2:123456789012:task/lotus-dev/nobody"] = {}
    fleet.close()
    assert tasks(cloud.account) == []
    assert isinstance(fleet.fault, AwsError)


def test_a_worker_costs_from_the_pull_of_its_image_to_its_end() -> None:
    begun = datetime(2026, 11, 24, 12, tzinfo=UTC)
    task = {
        "pullStartedAt": begun,
        "stoppedAt": begun + timedelta(hours=1),
        "cpu": "2048",
        "memory": "4096",
    }
    on_demand = spent_usd(task, begun, public_address=False)
    short = {**task, "stoppedAt": begun + timedelta(seconds=1)}
    assert spent_usd(short, begun, public_address=False) == on_demand / 60, (
        "a minute is billed at least"
    )
    assert on_demand == Decimal("2") * Decimal("0.04048") + 4 * Decimal("0.004445")
    spot = spent_usd({**task, "capacityProviderName": "FARGATE_SPOT"}, begun, public_address=False)
    assert spot < on_demand / 2


def test_what_workers_cost_is_in_the_ledger() -> None:
    workspace = Workspace.open()
    tasks = {"a": ("fargate-spot", Decimal("0.0123456789")), "b": ("fargate", Decimal("0.01"))}
    for _ in range(2):  # again, nothing is added
        write_costs(workspace.db, "c1", tasks)
    with workspace.db.read() as connection:
        rows = connection.execute(sa.select(t.cost_entries)).mappings().all()
    assert {(row["kind"], row["provider"]) for row in rows} == {
        ("reserved", "aws"),
        ("settled", "aws"),
    }
    assert sum(row["amount_usd"] for row in rows if row["kind"] == "settled") == Decimal("0.022346")
    (line,) = inside("costs", "--by", "campaign", "--json").json["rows"]
    assert Decimal(line["actual_usd"]) == Decimal("0.022346")


def test_a_worker_is_one_row_at_a_time_under_tls(tmp_path: Path) -> None:
    words = command("tls://10.0.0.1:8786", "task-1", tmp_path)
    assert words[3:5] == ["worker", "tls://10.0.0.1:8786"]
    assert "--no-nanny" in words
    assert words[words.index("--nthreads") + 1] == "1"
    assert words[words.index("--tls-key") + 1] == str(tmp_path / "key.pem")


def test_workers_elsewhere_need_a_store_and_a_database_that_they_reach(
    cloud: Cloud, tmp_path: Path
) -> None:
    table = Table(tmp_path)
    campaign = Campaign.from_csv(table.manifest("fine"), table.notebook)
    with pytest.raises(InvalidInput, match="see neither this machine's folder nor its SQLite"):
        campaign.run("ecs")


@pytest.fixture
def reached(
    cloud: Cloud, migrated: servers.Migrated, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cloud]:
    """The environment that a driver on ECS has: moto's bucket, a PostgreSQL."""
    monkeypatch.setenv("LOTUS_STORE", f"s3://{cloud.names['bucket']}")
    with migrated.lent() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        yield cloud


@pytest.fixture
def agent(reached: Cloud, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Tasks]:
    with tasks_as_processes(reached, tmp_path / "tasks") as running:
        monkeypatch.setenv("ECS_CONTAINER_METADATA_URI_V4", f"{running.metadata}/driver")
        yield running


def _all_is_paid(cloud: Cloud, campaign: Campaign, began: datetime) -> None:
    """Rows paid for their seconds, the campaign for the rest: together no more than tasks can have
    cost.
    """
    with campaign.workspace.db.read() as connection:
        paid = tallies.paid_for_tasks(connection, campaign.id)
    stopped = {short(task["taskArn"]): task for task in tasks(cloud.account, stopped=True)}
    driver = paid.pop("driver")
    assert driver > 0
    assert set(paid) == set(stopped)
    for name, task in stopped.items():
        least = spent_usd(task, datetime.now(UTC), public_address=True)
        most = spent_usd({**task, "startedAt": began}, datetime.now(UTC), public_address=True)
        assert least - MICROS < paid[name] < most + MICROS, "no second is paid twice"
    table = campaign.to_pandas()
    assert (table["cost_usd"].astype(float) > 0).sum() >= 3, (
        "rows that took less than a millionth pay nothing"
    )


@pytest.mark.slow
def test_a_campaign_completes_while_a_third_of_its_tasks_are_taken_away(
    reached: Cloud, agent: Tasks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(tmp_path)
    began = datetime.now(UTC)
    campaign = Campaign.from_csv(table.manifest(*["until"] * 12), table.notebook)

    monkeypatch.setattr("tests.driving.DEADLINE_SECONDS", 240.0)  # workers begin by importing much

    def take_away() -> None:
        try:
            eventually(
                lambda: len(table.ran) == len(agent.running) == 3, "three tasks have a row each"
            )
            agent.reclaim(next(iter(agent.running)))
            eventually(
                lambda: len(agent.started) == len(table.ran) == 4,
                "another has its place, and a row",
            )
        finally:
            table.go.touch()

    thread = threading.Thread(target=take_away, daemon=True)
    thread.start()
    state = campaign.run("ecs", workers=3)
    thread.join()
    assert state.status == "completed", state.failures
    assert set(table.ran) == {f"r{n}" for n in range(12)}
    assert len(table.ran) == 13, "the row that was given back ran again, and no other did"
    assert tasks(reached.account) == []
    _all_is_paid(reached, campaign, began)
    assert not list(campaign.workspace.store.list("temp/dask"))


@pytest.mark.slow
def test_cells_of_an_experiment_run_on_ecs(reached: Cloud, agent: Tasks) -> None:
    from lotus.api.experiments import Experiment

    small = {"aspect_ratio": "1:1", "fps": "4", "prompt": "A dog runs along the beach"}
    experiment = Experiment("ecs", base=small, grid={"style": ["noir", "anime"]}, seconds=1)
    outcomes: list[str] = []
    experiment.run(cluster="ecs", workers=2, on_cell=lambda cell, line: outcomes.append(line))
    assert outcomes == ["completed"] * 2
    assert [cell.status for cell in experiment.cells()] == ["completed"] * 2
    assert tasks(reached.account) == []
    assert len(agent.started) >= 1
    with experiment.workspace.db.read() as connection:
        paid = tallies.paid_for_tasks(connection, str(experiment.id))
    assert set(paid) >= {task.rpartition("/")[2] for task in agent.started}
    assert experiment.spent_usd == sum(paid.values())


@pytest.mark.slow
def test_a_driver_that_is_killed_leaves_no_task_behind(
    reached: Cloud, agent: Tasks, tmp_path: Path, home: Path
) -> None:
    table = Table(tmp_path)
    words = [
        "batch",
        "run",
        table.manifest(*["slow"] * 2),
        "--notebook",
        table.notebook,
        "--cluster",
        "ecs",
    ]
    driver = start(*words, home=home)
    eventually(lambda: table.ran, "a row runs")
    driver.send_signal(signal.SIGKILL)
    driver.wait()
    assert tasks(reached.account)
    said = inside("ops", "reap", "--yes")
    assert "the campaign that started it has ended" in said.out
    assert tasks(reached.account) == []
    assert [short(arn) for arn in agent.live()] == []
