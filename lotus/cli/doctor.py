"""lotus doctor: is this installation well, and if not, what to do."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting

__all__ = ["register"]

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "-"}


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(doctor)


def doctor(json: Annotated[bool, JSON] = False) -> None:
    """Check the installation and say what to do about what is wrong; exit code 1 if something is."""
    with reporting(json):
        from lotus.checks import examine

        results = examine()
        ok = all(result.status != "fail" for result in results)
        if json:
            print_json({"ok": ok, "checks": [result.to_json() for result in results]})
        else:
            for r in results:
                out(f"{MARKS[r.status]} {r.name:<12} {r.detail}" + (f"\n  -> {r.remedy}" if r.remedy else ""))
        if not ok:
            raise typer.Exit(1)
