"""A campaign's state on a terminal, or as JSON."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from lotus.cli.common import out, print_json

__all__ = ["print_left_out", "show_state"]


def show_state(state: Any, json: bool) -> None:
    """Print how a campaign stands, its failures, and the commands that go on with it."""
    from batch.report.state import duration

    if json:
        print_json(state.model_dump(mode="json"))
        return
    out(str(state))
    out(f"{state.spent}; {duration(state.elapsed_seconds)}")
    for name, reason in state.failures:
        out(f"  {name}: {reason}")
    for what, command in state.advice:
        out(f"{what}: {command}")


def print_left_out(plan: Any, problems: Sequence[str]) -> None:
    """Name rows that are wrong and do not run, on standard error."""
    for problem in problems:
        print(f"left out: {plan.manifest}: {problem}", file=sys.stderr)
