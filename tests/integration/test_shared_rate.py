"""One pace for all processes that share a database: what one is told, the others know."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lotus.db import Database
from lotus.providers.replicate.pacer import Pace, Pacer
from lotus.providers.replicate.shared_rate import SharedRate
from tests import killing
from tests.paying import balanced, workspace_for
from tests.replicate_server import Replicate, serving


@pytest.fixture
def server() -> Iterator[Replicate]:
    with serving() as running:
        yield running


def limiter(db: Database, clock: list[float], rate: float = 60) -> Pacer:
    """As another process would have it."""
    return Pacer(SharedRate(lambda: db, "replicate", rate, clock=lambda: clock[0]))


def test_processes_draw_from_one_pace(db: Database) -> None:
    clock = [1_700_000_000.0]
    one = limiter(db, clock)
    two = limiter(db, clock)
    first = [which.try_acquire() for which in (one, two, one, two, one, two)]
    assert first == [0.0] * 6
    assert [round(which.try_acquire(), 6) for which in (one, two, two)] == [1, 2, 3]
    clock[0] += 3
    assert round(one.try_acquire(), 6) == 1


def test_what_one_process_is_told_holds_for_the_others(db: Database) -> None:
    clock = [1_700_000_000.0]
    one = limiter(db, clock)
    two = limiter(db, clock)
    two.try_acquire()
    one.refused(7.0)
    assert two.try_acquire() == 7.0
    assert two.pace.rate == pytest.approx(60 / 7)  # the pace that the answer asked for
    one.accepted()
    assert 60 / 7 < two.pace.rate < 9


def test_a_pace_is_as_it_was_in_the_database(db: Database) -> None:
    clock = [1_700_000_000.5]
    limiter(db, clock).refused(1.25)
    pace = limiter(db, clock).pace
    assert isinstance(pace, Pace)
    assert (pace.filled_at, pace.refusals, pace.most) == (1_700_000_001.75, 1, 60)


@pytest.mark.slow
def test_processes_at_once_stay_below_what_an_account_may(server: Replicate, home: Path) -> None:
    """What one of them is told slows down all: few are refused, and nothing is paid twice."""
    server.creates_per_second = 4
    makers = [
        killing._SPAWN.Process(target=killing._make, args=(home, server.environment(), 4, (), seed))
        for seed in range(3)
    ]
    for maker in makers:
        maker.start()
    for maker in makers:
        maker.join(killing.DEADLINE_SECONDS)
    assert [maker.exitcode for maker in makers] == [0, 0, 0]
    workspace = workspace_for(server, home)
    assert server.created == 12
    assert balanced(workspace, server)
    known = Pacer(SharedRate(lambda: workspace.db, "replicate", 600)).pace
    assert known.refusals > 0
    assert known.rate < 600
    assert server.calls["create"] - server.created <= 12
