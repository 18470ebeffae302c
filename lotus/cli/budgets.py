"""lotus budgets: how much may be spent in a day, a month or a campaign, whatever the job."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, Commands, open_workspace, out, print_json, reporting, table

__all__ = ["app"]

app = typer.Typer(
    cls=Commands,
    help="Budgets of a day, a month (UTC) or a campaign: list, set, lift.",
    no_args_is_help=True,
)
Scope = Annotated[str, typer.Argument(metavar="SCOPE", help="day, month or campaign.")]
Campaign = Annotated[str | None, typer.Argument(metavar="CAMPAIGN", help="The campaign's id.")]
Json = Annotated[bool, JSON]


@app.command("list")
def list_(json: Json = False) -> None:
    """List budgets, with what is spent or reserved of each."""
    with reporting(json):
        _show(open_workspace(), json)


@app.command("set", context_settings={"ignore_unknown_options": True})  # -5 is an amount
def set_(
    scope: Scope,
    usd: Annotated[str, typer.Argument(metavar="USD", help="The limit, in dollars.")],
    campaign: Campaign = None,
    json: Json = False,
) -> None:
    """Set a budget: no job on any machine starts a prediction that would exceed it."""
    with reporting(json):
        from lotus.money.budgets import dollars

        _change(scope, campaign, dollars(usd), json)


@app.command()
def lift(scope: Scope, campaign: Campaign = None, json: Json = False) -> None:
    """Remove a budget."""
    with reporting(json):
        _change(scope, campaign, None, json)


def _change(scope: str, campaign: str | None, limit_usd: Any, json: bool) -> None:
    from lotus.money.budgets import budget_subject, set_budget

    subject = budget_subject(scope, campaign)
    workspace = open_workspace()
    workspace.db.run(set_budget, scope, subject, limit_usd)
    _show(workspace, json)


def _show(workspace: Any, json: bool) -> None:
    from lotus.db.tables import now
    from lotus.money.budgets import list_budgets

    with workspace.db.read() as connection:
        budgets = [budget.model_dump(mode="json") for budget in list_budgets(connection, now())]
    if json:
        print_json({"currency": "USD", "budgets": budgets})
    elif budgets:
        rows = [
            [f"{row['scope']} {row['subject']}", *(f"${row[name]}" for name in _AMOUNTS)]
            for row in budgets
        ]
        headings = [name.removesuffix("_usd") for name in _AMOUNTS]
        table(["budget", *headings], rows, right=tuple(headings))
    else:
        out("no budgets; set one with `lotus budgets set day USD`")


_AMOUNTS = ("limit_usd", "committed_usd", "left_usd")
