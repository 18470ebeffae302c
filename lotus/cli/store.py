"""lotus store: how much is kept, and removing what has expired."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import JSON, print_json, removed, reporting, table, workspace

__all__ = ["app"]

app = typer.Typer(help="The store: du, clean.", no_args_is_help=True)
Json = Annotated[bool, JSON]


@app.command()
def du(json: Json = False) -> None:
    """How much each prefix holds, and for how many days."""
    with reporting(json):
        from lotus.reports import store_usage

        rows = store_usage(workspace())
        if json:
            print_json({"prefixes": rows, "size_bytes": sum(row["size_bytes"] for row in rows)})
            return
        shown = [
            [r["prefix"], r["objects"], f"{r['size_bytes'] / 1e6:.1f}", r["kept_days"] or "for ever"]
            for r in rows
        ]
        table(["prefix", "objects", "MB", "days kept"], shown, right=("objects", "MB", "days kept"))


@app.command()
def clean(
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this nothing is removed.")] = False,
    json: Json = False,
) -> None:
    """Remove what is older than its prefix is kept; shows first what would go."""
    with reporting(json):
        from lotus.reports import clean_store

        done = clean_store(workspace(), dry_run=not yes)
        removed(done, json)
