"""lotus costs: what was spent and what the cache saved."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table, workspace

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(costs)


def costs(
    by: Annotated[str, typer.Option(help="model, day, campaign, job, scene or provider.")] = "day",
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: a heading, then a line a row.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Estimated, actual and saved dollars, grouped."""
    with reporting(json):
        from lotus.reports.cost_groups import costs_by, costs_csv

        found = costs_by(workspace(), by)
        if json:
            print_json(found)
        elif csv:
            sys.stdout.write(costs_csv(found))
        else:
            _show(found)


def _show(found: dict[str, Any]) -> None:
    from lotus.reports.cost_groups import AMOUNTS, GROUPINGS

    names = list(GROUPINGS[found["by"]])
    rows = [[*(row[n] for n in names), *(f"${row[n]}" for n in AMOUNTS)] for row in found["rows"]]
    headings = [name.removesuffix("_usd") for name in AMOUNTS]
    table([*names, *headings], rows, right=tuple(headings))
    out(f"\ntotal ${found['total_usd']}")
