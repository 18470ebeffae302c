"""lotus batch: run a campaign, look at it, stop it, go on with it, report on it."""

from __future__ import annotations

from collections.abc import Callable

import typer

from batch.cli import inspection, outcome, run
from lotus.cli.common import Commands

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    help="Campaigns: run a notebook once for each row of a manifest.",
    no_args_is_help=True,
)
COMMANDS: dict[str, Callable[..., None]] = {
    "run": run.run,
    "status": inspection.status,
    "list": inspection.list_campaigns,
    "logs": inspection.logs,
    "watch": inspection.watch,
    "resume": run.resume,
    "cancel": inspection.cancel,
    "approve": run.approve,
    "retry": run.retry,
    "diff": inspection.diff,
    "results": outcome.results,
    "report": outcome.report,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
