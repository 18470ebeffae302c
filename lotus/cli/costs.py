"""lotus costs: what was spent and what the cache saved; compared with the provider's account."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotus.cli.common import JSON, Commands, open_workspace, out, print_json, reporting, table

if TYPE_CHECKING:
    from lotus.generation.audit import Reconciliation

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    help="Show what was estimated, paid (actual), saved by the cache, and lost (paid for nothing).",
)


@app.callback(invoke_without_command=True)
def costs(
    ctx: typer.Context,
    by: Annotated[
        str, typer.Option(help="Group by model, day, campaign, job, scene or provider.")
    ] = "day",
    csv: Annotated[
        bool, typer.Option("--csv", help="Print CSV: a heading, then one line per row.")
    ] = False,
    lines: Annotated[
        bool, typer.Option("--lines", help="Print each entry of the ledger as CSV instead of sums.")
    ] = False,
    since: Annotated[
        str,
        typer.Option(
            help="First day (UTC), as 2026-01-31. Default: all days; with --lines, the last 30."
        ),
    ] = "",
    until: Annotated[str, typer.Option(help="Last day (UTC). Default: today.")] = "",
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show estimated, actual, saved and lost dollars, grouped."""
    if ctx.invoked_subcommand is not None:
        return
    with reporting(json):
        if lines:
            _print_lines(since, until)
            return
        from lotus.reports.cost_groups import costs_by, costs_csv
        from lotus.reports.spending import day_range

        first, last = day_range(since, until)
        document = costs_by(open_workspace(), by, since=first, until=last)
        if json:
            print_json(document)
        elif csv:
            sys.stdout.write(costs_csv(document))
        else:
            _show(document)


def _print_lines(since: str, until: str) -> None:
    """Each entry of the ledger, of the last 30 days unless they are given (UTC)."""
    from lotus.db.tables import now
    from lotus.reports.ledger_lines import ledger_csv
    from lotus.reports.spending import period

    for line in ledger_csv(open_workspace(), *period(now().date(), since=since, until=until)):
        sys.stdout.write(line)


def _show(document: dict[str, Any]) -> None:
    from lotus.reports.cost_groups import AMOUNTS, GROUPINGS

    names = list(GROUPINGS[document["by"]])
    rows = [
        [*(row[n] for n in names), *(f"${row[n]}" for n in AMOUNTS)] for row in document["rows"]
    ]
    headings = [name.removesuffix("_usd") for name in AMOUNTS]
    if document["by"] == "model":
        headings.append("drift")
        rows = [[*cells, _drift(row)] for cells, row in zip(rows, document["rows"], strict=True)]
    table([*names, *headings], rows, right=tuple(headings))
    out(f"\ntotal ${document['total_usd']}")
    if document["rows"]:
        out(
            "Actual is what the provider counted at the prices of the catalogue; "
            "`lotus costs reconcile` compares it with the account. Lost is the part of Actual for "
            "which nothing usable came."
        )


def _drift(row: dict[str, Any]) -> str:
    """How far the bills of a model are from its estimates."""
    estimate, bill = float(row["estimated_usd"]), float(row["actual_usd"])
    return f"{(bill / estimate - 1) * 100:+.0f} %" if estimate and bill else "-"


@app.command()
def reconcile(
    days: Annotated[int, typer.Option(min=1, help="Number of days to look back.")] = 7,
    provider: Annotated[
        str, typer.Option(help="The provider whose account is read.")
    ] = "replicate",
    if_used: Annotated[
        bool, typer.Option("--if-used", help="Do nothing if no prediction was ever ordered.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Compare the account's predictions with the ledger and correct the ledger; never pays."""
    with reporting(json):
        from datetime import timedelta

        from lotus.db.predictions import has_predictions
        from lotus.db.tables import now
        from lotus.generation.reconcile import reconcile as compare

        here = open_workspace()
        is_used = not if_used or here.db.ask(has_predictions, provider)
        result = compare(here, now() - timedelta(days=days), provider=provider) if is_used else None
        if json:
            print_json(result.model_dump(mode="json") if result is not None else {"used": False})
        elif result is None:
            out(f"nothing was ever ordered of {provider}: there is nothing to compare")
        else:
            _show_discrepancies(result)


def _show_discrepancies(result: Reconciliation) -> None:
    from lotus.money.ledger import money

    rows = [
        [
            one.kind,
            one.prediction or "-",
            one.model,
            one.job_id[-12:] + (f" scene {one.scene}" if one.scene is not None else ""),
            "-" if one.before_usd is None else f"${money(one.before_usd)}",
            "unknown" if one.after_usd is None else f"${money(one.after_usd)}",
            one.note,
        ]
        for one in result.discrepancies
    ]
    if rows:
        headings = ["what", "prediction", "model", "job", "before", "now", "note"]
        table(headings, rows, right=("before", "now"))
    out(
        f"\n{result.compared} predictions of {result.account} since {result.since:%Y-%m-%d}, "
        f"{len(rows)} differences; the account says ${money(result.account_usd)}, "
        f"the ledger ${money(result.ledger_usd)}"
    )
