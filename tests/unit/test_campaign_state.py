"""How a campaign says how it stands, and what to do next."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import nbformat
import pytest

from batch.report.live import saved_page
from batch.report.logs import log_lines
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


def test_what_a_cell_printed_is_shown_as_a_terminal_would() -> None:
    """However it was flushed, and of a progress bar the last state alone."""
    texts = ["a", "b\n", "\r 1/3", "\r 3/3\n"]
    streams = [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]
    cell = {"cell_type": "code", "source": "", "outputs": streams, "metadata": {}}
    old = {"cell_type": "heading", "level": 1, "source": "Of long ago", "metadata": {}, "id": "a b"}
    metadata = {"kernelspec": {"display_name": "without a name"}}
    document = {"cells": [cell, old], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    notebook = nbformat.from_dict(document)  # type: ignore[no-untyped-call]
    assert list(log_lines(notebook)) == ["[1]", "ab", " 3/3"]
    page = saved_page(nbformat.writes(notebook))  # type: ignore[no-untyped-call]
    assert "<pre>ab\n 3/3\n</pre>" in page
    assert "Of long ago" in page
