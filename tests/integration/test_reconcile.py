"""The account and the ledger, compared: every planted difference shows, once, and to the cent."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.records import Row
from lotus.generation.audit import OUTSIDE, Reconciliation
from lotus.generation.plan import ClipPlan
from lotus.generation.predictions import patience
from lotus.generation.predictions.leases import PredictionLeases, PredictionRequest, kept_object
from lotus.generation.reconcile import reconcile
from lotus.workspace import Workspace
from tests.driving import inside
from tests.paying import balanced, make_clips, planned, sums, video_of, workspace_for
from tests.replicate_account import Made, Outcome
from tests.replicate_server import Replicate

VIDEO = "prunaai/p-video"
MADE = 9  # clips of the job whose rows are tampered with
MORE = 8  # clips that the job only plans


@dataclass
class Scene:
    """A database and an account that agree, to be set at odds."""

    server: Replicate
    workspace: Workspace
    plans: tuple[ClipPlan, ...]
    job: str
    rows: list[Row]
    expected: dict[str, str] = field(default_factory=dict)  # prediction or row -> kind

    def made(self, row: Row) -> Made:
        return self.server.account.made[row["prediction_id"]]

    def run(self, statement: Any) -> None:
        with self.workspace.db.begin() as connection:
            connection.execute(statement)

    def set(self, row: Row, **values: Any) -> None:
        self.run(t.predictions.update().where(t.predictions.c.id == row["id"]).values(**values))

    def entries(self, row: Row, kind: str) -> Any:
        c = t.cost_entries.c
        return (c.prediction == row["id"]) & (c.kind == kind)

    def drop_clip(self, row: Row) -> None:
        plan = self.plan_of(row)
        self.workspace.store.delete(kept_object(plan.request, plan.maker))  # type: ignore[arg-type]

    def plan_of(self, row: Row) -> ClipPlan:
        return next(plan for plan in self.plans if plan.request.prediction_key == row["key"])

    def open_row(self, nth: int, account: str = "tester", **values: Any) -> Row:
        """A row that a dead process left."""
        plan = self.plans[MADE + nth]
        claims = PredictionLeases(self.workspace.db)
        request = PredictionRequest(self.job, None, plan.index, plan.request, Decimal("0.02"))
        row, mine = claims.claim(request, account)
        assert mine
        self.set(row, owner=None, lease_until=None, **values)
        return row

    def create(self, inputs: dict[str, Any], model: str = VIDEO, **more: Any) -> Made:
        one = self.server.account.create(model, "hidden", inputs, None)
        one.run_seconds = 0.0
        for name, value in more.items():
            setattr(one, name, value)
        return one


def expect(scene: Scene, name: str, kind: str) -> None:
    """One more difference that is to be found."""
    assert name not in scene.expected
    scene.expected[name] = kind


# --- what may differ: each plants one difference
# -----------------------------------------------------


def a_row_has_too_little(scene: Scene) -> None:
    row = scene.rows[0]
    scene.set(row, settled_usd=Decimal("0.01"))
    expect(scene, row["prediction_id"], "cost corrected")


def the_bill_grew(scene: Scene) -> None:
    scene.made(scene.rows[1]).bonus_seconds = 1.0
    expect(scene, scene.rows[1]["prediction_id"], "cost corrected")


def the_bill_shrank(scene: Scene) -> None:
    scene.made(scene.rows[2]).bonus_seconds = -0.5
    expect(scene, scene.rows[2]["prediction_id"], "cost corrected")


def the_ledger_forgot_what_was_spent(scene: Scene) -> None:
    row = scene.rows[3]
    scene.run(t.cost_entries.delete().where(scene.entries(row, "settled")))
    expect(scene, row["prediction_id"], "entries corrected")


def the_ledger_has_it_twice(scene: Scene) -> None:
    row = scene.rows[4]
    with scene.workspace.db.begin() as connection:
        query = sa.select(t.cost_entries).where(scene.entries(row, "settled"))
        entry = dict(connection.execute(query).mappings().one())
        connection.execute(t.cost_entries.insert().values(**{**entry, "id": t.new_id()}))
    expect(scene, row["prediction_id"], "entries corrected")


def the_ledger_forgot_the_reservation(scene: Scene) -> None:
    row = scene.rows[5]
    scene.run(t.cost_entries.delete().where(scene.entries(row, "reserved")))
    expect(scene, row["prediction_id"], "entries corrected")


def it_had_succeeded_after_all(scene: Scene) -> None:
    row = scene.rows[6]
    scene.set(row, status="failed", settled_usd=Decimal(0))
    scene.drop_clip(row)
    expect(scene, row["prediction_id"], "end corrected")


def it_had_failed_after_all(scene: Scene) -> None:
    scene.made(scene.rows[7]).outcome = Outcome("failed", error="CUDA error")
    expect(scene, scene.rows[7]["prediction_id"], "end corrected")


def it_was_lost_and_is_there(scene: Scene) -> None:
    row = scene.rows[8]
    scene.set(row, status="lost")
    scene.drop_clip(row)
    expect(scene, row["prediction_id"], "found again")


def an_open_row_has_ended(scene: Scene) -> None:
    row = scene.open_row(0, posted_at=now())
    one = scene.create(scene.plans[MADE].request.inputs)
    scene.set(row, prediction_id=one.id)
    expect(scene, one.id, "collected")


def an_open_row_has_failed(scene: Scene) -> None:
    row = scene.open_row(1, posted_at=now())
    one = scene.create(scene.plans[MADE + 1].request.inputs, outcome=Outcome("failed", error="x"))
    scene.set(row, prediction_id=one.id)
    expect(scene, one.id, "collected")


def an_answer_was_lost(scene: Scene) -> None:
    scene.open_row(2, posted_at=now())
    one = scene.create(scene.plans[MADE + 2].request.inputs)
    expect(scene, one.id, "collected")


def nothing_was_created(scene: Scene) -> None:
    row = scene.open_row(3, posted_at=now() - timedelta(hours=1))
    expect(scene, row["id"], "never created")


def nothing_was_sent(scene: Scene) -> None:
    row = scene.open_row(4)
    expect(scene, row["id"], "never created")


def an_open_row_runs(scene: Scene) -> None:
    row = scene.open_row(5, posted_at=now())
    one = scene.create(scene.plans[MADE + 5].request.inputs, outcome=Outcome("processing"))
    scene.set(row, prediction_id=one.id)
    expect(scene, one.id, "still running")


def an_open_row_is_somebody_elses(scene: Scene) -> None:
    row = scene.open_row(6, "somebody-else", posted_at=now())
    expect(scene, row["id"], "of another account")


def a_refused_row_was_created_late(scene: Scene) -> None:
    row = scene.open_row(7, posted_at=now())
    claims = PredictionLeases(scene.workspace.db)
    scene.set(
        row, status="refused", settled_usd=Decimal(0), settled_at=now(), reserved_usd=Decimal(0)
    )
    scene.run(t.cost_entries.delete().where(scene.entries(row, "reserved")))
    assert not claims.is_open(row["key"])
    one = scene.create(scene.plans[MADE + 7].request.inputs)
    expect(scene, one.id, "adopted")


def it_was_paid_twice(scene: Scene) -> None:
    one = scene.create(scene.plan_of(scene.rows[0]).request.inputs)
    expect(scene, one.id, "stray of a job")


def it_was_paid_twice_and_its_inputs_are_deleted(scene: Scene) -> None:
    one = scene.create(scene.plan_of(scene.rows[1]).request.inputs, removed=True)
    expect(scene, one.id, "stray of a job")


def somebody_else_has_the_token(scene: Scene) -> None:
    inputs = {"prompt": "ours is another", "duration": 3, "resolution": "720p"}
    expect(scene, scene.create(inputs).id, "stray from outside")


def somebody_tried_it_by_hand(scene: Scene) -> None:
    inputs = {"prompt": "by hand", "duration": 2, "resolution": "720p"}
    expect(scene, scene.create(inputs, source="web").id, "stray from outside")


def a_stray_was_canceled(scene: Scene) -> None:
    inputs = {"prompt": "canceled", "duration": 2, "resolution": "720p"}
    one = scene.create(inputs, outcome=Outcome("canceled"))
    expect(scene, one.id, "stray from outside")


def a_stray_has_no_price(scene: Scene) -> None:
    one = scene.create({"prompt": "unlisted"}, "somebody/unlisted")
    expect(scene, one.id, "stray without a price")


def a_stray_runs(scene: Scene) -> None:
    one = scene.create({"prompt": "it runs"}, outcome=Outcome("processing"))
    expect(scene, one.id, "still running")


PLANTS: tuple[Callable[[Scene], None], ...] = (
    a_row_has_too_little,
    the_bill_grew,
    the_bill_shrank,
    the_ledger_forgot_what_was_spent,
    the_ledger_has_it_twice,
    the_ledger_forgot_the_reservation,
    it_had_succeeded_after_all,
    it_had_failed_after_all,
    it_was_lost_and_is_there,
    an_open_row_has_ended,
    an_open_row_has_failed,
    an_answer_was_lost,
    nothing_was_created,
    nothing_was_sent,
    an_open_row_runs,
    an_open_row_is_somebody_elses,
    a_refused_row_was_created_late,
    it_was_paid_twice,
    it_was_paid_twice_and_its_inputs_are_deleted,
    somebody_else_has_the_token,
    somebody_tried_it_by_hand,
    a_stray_was_canceled,
    a_stray_has_no_price,
    a_stray_runs,
)
STAYS = ("still running", "of another account", "stray without a price")


def now() -> datetime:
    return datetime.now(UTC)


def set_up(server: Replicate, workspace: Workspace) -> Scene:
    """A job that has made some of its clips; its ledger is the bill."""
    job = make_clips(workspace, video_of(MADE))
    assert balanced(workspace, server)
    with workspace.db.begin() as connection:
        query = sa.select(t.predictions).order_by(t.predictions.c.scene)
        rows = [dict(row) for row in connection.execute(query).mappings()]
    return Scene(server, workspace, planned(workspace, video_of(MADE + MORE)), job, rows)


def compared(workspace: Workspace, **more: Any) -> Reconciliation:
    return reconcile(workspace, now() - timedelta(days=1), **more)


def found(result: Reconciliation, scene: Scene) -> dict[str, str]:
    """The differences by prediction, or by the row of what has no name."""
    with scene.workspace.db.begin() as connection:
        c = t.predictions.c
        query = sa.select(c.id, c.scene).where(c.prediction_id.is_(None))
        unnamed = {row.scene + 1: row.id for row in connection.execute(query)}
    return {one.prediction or unnamed[one.scene or 0]: one.kind for one in result.discrepancies}


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks once for what will not come."""
    monkeypatch.setattr(patience, "LOOK_AFTER_SECONDS", (0.0,))
    monkeypatch.setattr(patience, "SETTLING_SECONDS", 0.0)


@pytest.mark.usefixtures("quick_looks")
def test_every_planted_difference_is_found_and_a_second_run_changes_nothing(
    server: Replicate, home: Path
) -> None:
    workspace = workspace_for(server, home)
    scene = set_up(server, workspace)
    assert compared(workspace).discrepancies == ()
    for plant in PLANTS:
        plant(scene)
    assert len(PLANTS) >= 20
    created = server.created
    result = compared(workspace)
    assert found(result, scene) == scene.expected
    assert result.changed
    after = sums(workspace)
    unlisted = Decimal("0.33")
    assert result.ledger_usd == result.account_usd == server.account.bill - unlisted
    assert after["settled"] == result.ledger_usd
    again = compared(workspace)
    assert not again.changed
    assert {one.kind for one in again.discrepancies} == set(STAYS)
    assert sums(workspace) == after
    assert server.created == created  # it never pays
    adopted = scene.plans[MADE + 7]
    assert workspace.store.exists(kept_object(adopted.request, adopted.maker))  # type: ignore[arg-type]


@pytest.mark.usefixtures("quick_looks")
@pytest.mark.parametrize(
    "seed", [0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (1, 2))]
)
def test_a_run_that_dies_leaves_the_rest_to_the_next(
    seed: int, server: Replicate, home: Path
) -> None:
    """Whatever step it dies at: the next run ends where one run would have."""
    rng = random.Random(seed)
    workspace = workspace_for(server, home)
    scene = set_up(server, workspace)
    for plant in PLANTS:
        plant(scene)

    class Killed(BaseException):
        pass

    for _ in range(3):
        left = rng.randint(1, 12)

        def die(step: str, row: Any) -> None:
            nonlocal left
            left -= 1
            if left == 0:
                raise Killed

        with pytest.raises(Killed):
            compared(workspace, on_step=die)
    compared(workspace)
    result = compared(workspace)
    assert not result.changed
    assert sums(workspace)["settled"] == server.account.bill - Decimal("0.33")


def nightly() -> list[str]:
    """What the clock of Terraform runs each night."""
    text = (Path(__file__).parents[2] / "terraform" / "main.tf").read_text()
    [line] = [line for line in text.splitlines() if line.strip().startswith("reconcile =")]
    command: list[str] = json.loads(line.partition("command = ")[2].rpartition("]")[0] + "]")
    return command


def test_what_the_clock_runs_each_night_works_with_and_without_an_account(
    server: Replicate, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert nightly()[0] == "lotus"
    idle = inside(*nightly()[1:])
    assert (idle.code, idle.out.strip()) == (
        0,
        "nothing was ever ordered of replicate: there is nothing to compare",
    )
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    make_clips(workspace_for(server, home), video_of(1))
    night = inside(*nightly()[1:])
    assert night.code == 0
    assert "the account says $0.02, the ledger $0.02" in night.out
    assert inside(*nightly()[1:], "--json").json["discrepancies"] == []


def test_the_command_prints_one_table_and_a_document(replicate: Replicate) -> None:
    workspace = Workspace.open()
    make_clips(workspace, video_of(1))
    inputs = {"prompt": "ours is another", "duration": 3, "resolution": "720p"}
    replicate.account.create(VIDEO, "hidden", inputs, None).run_seconds = 0.0
    said = inside("costs", "reconcile", "--days", "2")
    assert said.code == 0
    assert "stray from outside" in said.out
    assert "2 predictions of tester" in said.out
    assert "the account says $0.08, the ledger $0.08" in said.out
    document = inside("costs", "reconcile", "--json").json
    assert document["discrepancies"] == []
    assert (document["account_usd"], document["ledger_usd"]) == ("0.08", "0.08")
    by_job = inside("costs", "--by", "job", "--json").json["rows"]
    assert {row["job"]: row["actual_usd"] for row in by_job}[OUTSIDE] == "0.06"


def test_an_output_that_shows_a_little_later_is_collected_and_not_lost(
    server: Replicate, workspace: Workspace
) -> None:
    """A process died while its prediction ran, and reconciling looks at it just as it ends."""
    scene = set_up(server, workspace)
    row = scene.open_row(0, posted_at=now())
    one = scene.create(scene.plans[MADE].request.inputs, outcome=Outcome(output="late"))
    scene.set(row, prediction_id=one.id)
    [difference] = compared(workspace).discrepancies
    assert (difference.kind, difference.note) == ("collected", "")
    assert sums(workspace)["lost"] == 0
