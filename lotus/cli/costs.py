"""lotus costs: what was spent and what the cache saved."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(costs)


def costs(
    by: Annotated[str, typer.Option(help="model, day, job or provider.")] = "day",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Estimated, actual and saved, grouped."""
    with reporting(json):
        from lotus.reports import costs_by
        from lotus.workspace import Workspace

        found = costs_by(Workspace.open(), by)
        if json:
            print_json(found)
            return
        rows = [
            [r[by], *(f"${r[n]}" for n in ("estimated_usd", "actual_usd", "saved_usd"))]
            for r in found["rows"]
        ]
        table([by, "estimated", "actual", "saved"], rows, right=("estimated", "actual", "saved"))
        out(f"\ntotal ${found['total_usd']}")
