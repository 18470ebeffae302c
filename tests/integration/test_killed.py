"""A process that is killed at any step of paying: the next one pays for nothing twice and loses
nothing.
"""

from __future__ import annotations

import os
import random
import signal
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.generation.predictions.leases import STEPS
from tests.killing import Kill, audit, run
from tests.paying import balanced, open_rows, planned, sums, video_of, workspace_for
from tests.replicate_account import Made, Outcome
from tests.replicate_server import Fault, Replicate

SCENES = 2


@pytest.fixture
def server(server: Replicate) -> Replicate:
    server.account.run_seconds = 0.3
    return server


def whole(server: Replicate, home: Path, scenes: int = SCENES) -> None:
    """All clips are there, each was paid once, and the ledger is the bill."""
    workspace = workspace_for(server, home)
    assert all(plan.cached for plan in planned(workspace, video_of(scenes)))
    assert server.created == scenes
    assert sums(workspace)["settled"] == Decimal("0.02") * scenes
    assert balanced(workspace, server)


EVERY = [*STEPS, "fitted"]
AT = [  # each second on the servers, each third also as one has it at home; the rest are slow
    pytest.param(
        step, place, marks=pytest.mark.slow if i % (3 if place == "defaults" else 2) else ()
    )
    for place in ("defaults", "servers")
    for i, step in enumerate(EVERY)
]


@pytest.mark.parametrize(("step", "place"), AT, indirect=["place"])
def test_killed_at_a_step_and_run_again(
    step: str, place: str, server: Replicate, home: Path
) -> None:
    assert run(home, server.environment(), SCENES, [Kill(step)]) == -signal.SIGKILL
    workspace = workspace_for(server, home)
    reserved = sum((row["reserved_usd"] for row in open_rows(workspace)), Decimal(0))
    # nothing is forgotten meanwhile
    assert reserved + sums(workspace)["settled"] >= server.account.bill
    assert run(home, server.environment(), SCENES) == 0
    whole(server, home)


def test_killed_while_the_answer_is_on_its_way(server: Replicate, home: Path) -> None:
    """The server has created it, and the process dies before it hears of it."""

    def kill(made: Made) -> None:
        server.on_created = lambda made: None
        os.kill(int(made.headers["X-Process"]), signal.SIGKILL)

    server.on_created = kill
    environment = {**server.environment(), "REPLICATE_MAX_RETRIES": "2"}
    assert _run_naming_itself(home, environment) == -signal.SIGKILL
    assert server.created >= 1
    assert run(home, server.environment(), SCENES) == 0
    whole(server, home)


def _run_naming_itself(home: Path, environment: dict[str, str]) -> int:
    """Run with a header that names the process."""
    from tests import killing

    child = killing._SPAWN.Process(target=_named, args=(home, killing.surroundings(environment)))
    child.start()
    child.join(killing.DEADLINE_SECONDS)
    assert child.exitcode is not None
    return child.exitcode


def _named(home: Path, environment: dict[str, str]) -> None:
    from lotus.providers.replicate import transport
    from tests import killing

    send = transport.NormalizingTransport.handle_request

    def named(self: Any, request: Any) -> Any:
        request.headers["X-Process"] = str(os.getpid())
        return send(self, request)

    transport.NormalizingTransport.handle_request = named  # type: ignore[method-assign]
    killing._make(home, environment, SCENES, (), 0)


@pytest.mark.slow
def test_killed_twice_and_then_another_job_comes_first(server: Replicate, home: Path) -> None:
    """What two dead processes left is collected by a job that wants other clips."""
    assert run(home, server.environment(), SCENES, [Kill("named")]) == -signal.SIGKILL
    assert run(home, server.environment(), SCENES, [Kill("ended")]) == -signal.SIGKILL
    assert run(home, server.environment(), 1, seed=9) == 0
    workspace = workspace_for(server, home)
    assert balanced(workspace, server)
    assert server.created <= SCENES + 1


def test_killed_while_a_new_seed_is_tried(server: Replicate, home: Path) -> None:
    """The next process goes on with it, and does not try the seed that failed again."""
    environment = {**server.environment(), "REPLICATE_NEW_SEEDS": "1"}
    server.account.outcomes = [Outcome("failed", error="CUDA error")]
    assert run(home, environment, 1, [Kill("created", 2)]) == -signal.SIGKILL
    assert run(home, environment, 1) == 0
    assert server.created == 2
    assert balanced(workspace_for(server, home), server)


def test_an_hour_after_being_killed_the_cost_of_what_was_lost_is_known(
    server: Replicate, home: Path
) -> None:
    assert run(home, server.environment(), 1, [Kill("created")]) == -signal.SIGKILL
    for made in server.account.made.values():
        server.account.run_seconds = 0.0
        made.run_seconds = 0.0
        server.account.forget(made)
    # it says that the clip is lost, and what it cost
    assert run(home, server.environment(), 1) == 3
    assert balanced(workspace_for(server, home), server)
    assert run(home, server.environment(), 1) == 0
    assert server.created == 2
    assert balanced(workspace_for(server, home), server)


FAULTS = [
    Fault(500),
    Fault(500, after=True),
    Fault(how="reset", after=True),
    Fault(429, retry_after="0.1"),
]


IN_SHORT = 1  # schedules that are not slow


def _schedules(place: str, number: int, in_short: int = 0) -> list[Any]:
    slow = pytest.mark.slow
    return [pytest.param(n, place, marks=() if n < in_short else slow) for n in range(number)]


SCHEDULES = [*_schedules("defaults", 200), *_schedules("servers", 20, IN_SHORT)]


@pytest.mark.parametrize(("seed", "place"), SCHEDULES, indirect=["place"])
def test_any_schedule_of_kills_and_faults(
    seed: int, place: str, server: Replicate, home: Path
) -> None:
    rng = random.Random(seed)
    scenes = rng.randint(1, 4)
    server.account.run_seconds = rng.choice([0.0, 0.1, 0.4])
    server.account.queue_seconds = rng.choice([0.0, 0.1])
    server.page_size = rng.choice([1, 2, 100])
    broken = [Outcome("failed", error="CUDA error")] if rng.random() < 0.2 else []
    server.account.outcomes = list(broken)
    new_seeds = str(seed % 3)
    environment = {**server.environment(), "REPLICATE_NEW_SEEDS": new_seeds}
    for _ in range(rng.randint(1, 4)):
        for call in rng.sample(["create", "get", "list", "output"], rng.randint(0, 2)):
            server.misbehave(call, rng.choice(FAULTS))
        kill = Kill(rng.choice([*STEPS, "fitted"]), rng.randint(1, scenes + 1))
        assert run(home, environment, scenes, [kill]) in (0, -signal.SIGKILL)
    assert run(home, environment, scenes) == 0
    workspace = workspace_for(server, home, REPLICATE_NEW_SEEDS=new_seeds)
    assert all(plan.cached for plan in planned(workspace, video_of(scenes)))
    assert server.created == scenes + len(broken)
    assert balanced(workspace, server)


STRANGE = [
    Outcome(output="late"),
    Outcome(output="beside"),
    Outcome(output="words"),
    Outcome(output="tall"),
    Outcome(running_status="queued"),
    Outcome(visible_after=0.6),
]
ON_THE_WAY = {  # once each, which a run gets over
    "create": [
        Fault(504, "Gateway Timeout", after=True),
        Fault(403, how="page", after=True),
        Fault(how="reset", after=True),
    ],
    "get": [Fault(200, how="page"), Fault(404, how="page"), Fault(500)],
    "output": [Fault(404), Fault(200, how="page"), Fault(how="empty"), Fault(how="cut")],
}
AUDITED = [*STEPS, "stray", "corrected"]


@pytest.mark.parametrize(("seed", "place"), _schedules("defaults", 200, 2), indirect=["place"])
def test_any_schedule_of_kills_on_strange_days_and_while_reconciling(
    seed: int, place: str, server: Replicate, home: Path
) -> None:
    """Answers in other forms, strays of the same account, and processes that die at any step of
    making and of comparing: in the end ledger and account agree.
    """
    rng = random.Random(1000 + seed)
    scenes = rng.randint(1, 3)
    server.account.run_seconds = rng.choice([0.0, 0.3])
    server.account.outcomes = [rng.choice(STRANGE) for _ in range(scenes)]
    server.account.clock_ahead = rng.choice([0.0, 0.0, 3600.0, -3600.0])
    environment = server.environment()
    for _ in range(rng.randint(1, 2)):
        for call, faults in ON_THE_WAY.items():
            if rng.random() < 0.4:
                server.misbehave(call, rng.choice(faults))
        kill = Kill(rng.choice([*STEPS, "fitted"]), rng.randint(1, scenes + 1))
        assert run(home, environment, scenes, [kill]) in (0, -signal.SIGKILL)
    outside = {"prompt": "not ours", "duration": 3, "resolution": "720p"}
    server.account.create("prunaai/p-video", "hidden", outside, None).run_seconds = 0.0
    server.faults.clear()
    for _ in range(rng.randint(1, 2)):
        kill = Kill(rng.choice(AUDITED), rng.randint(1, 2))
        assert audit(home, environment, [kill]) in (0, -signal.SIGKILL)
    assert run(home, environment, scenes) == 0
    assert audit(home, environment) == 0
    before = sums(workspace_for(server, home))
    assert audit(home, environment) == 0
    workspace = workspace_for(server, home)
    assert sums(workspace) == before
    assert all(plan.cached for plan in planned(workspace, video_of(scenes)))
    assert server.created == scenes + 1
    assert balanced(workspace, server)
