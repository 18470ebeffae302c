"""How a campaign says how it stands, and what to do next."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from batch.report.state import CampaignState, duration

COUNTS = dict.fromkeys(
    ("total", "queued", "running", "completed", "failed", "cancelled", "reused", "waiting"), 0
)
COSTS = {"settled": Decimal("3.9"), "saved": Decimal("0.10"), "estimated": Decimal(4)}


def state(
    status: str = "failed", stopping: str | None = None, seconds: float = 60, **counts: int
) -> CampaignState:
    facts: dict[str, Any] = {
        "id": "c1",
        "name": "spring.csv",
        "notebook": "render.ipynb",
        "stages": {},
    }
    facts |= {"budget_usd": Decimal(25), "costs": COSTS, "elapsed_seconds": seconds, "failures": ()}
    return CampaignState(status=status, stopping=stopping, counts={**COUNTS, **counts}, **facts)


def test_it_says_how_many_rows_are_how() -> None:
    shown = state(total=9, completed=5, reused=3, failed=1, queued=3, waiting=2)
    assert str(shown) == (
        "campaign c1 (spring.csv): failed; 1 queued, 5 completed (3 before), 1 failed, 2 waiting "
        "for approval"
    )
    assert shown.spent == "spent $3.90 of $25.00, saved $0.10"


@pytest.mark.parametrize(
    ("stands", "commands"),
    [
        (state("completed", completed=3), []),
        (state("running", queued=3, failed=1), []),
        (state("failed", completed=2, failed=1), ["retry c1 --failed"]),
        (state("queued", queued=2), ["resume c1"]),
        (state("queued", queued=2, waiting=2), ["report c1", "approve c1 [ROW]..., or --all"]),
        (state("cancelled", "budget", completed=1, cancelled=2), ["resume c1 --budget USD"]),
    ],
)
def test_it_says_what_to_do_next(stands: CampaignState, commands: list[str]) -> None:
    assert [command for _, command in stands.advice] == [
        f"lotus batch {command}" for command in commands
    ]


def test_the_rest_takes_as_long_as_what_was_done() -> None:
    assert state(total=10, completed=4, reused=2, queued=6).eta_seconds == 180
    assert state(total=10, completed=4, reused=4, queued=6).eta_seconds is None
    assert [duration(seconds) for seconds in (44.6, 125, 12_000)] == [
        "45 s",
        "2 min 5 s",
        "3 h 20 min",
    ]
