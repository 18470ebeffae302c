"""lotus tokens: who may use the service."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import JSON, Commands, open_workspace, out, print_json, reporting, table

__all__ = ["app"]

app = typer.Typer(
    cls=Commands, help="Tokens of the service: create, list, revoke.", no_args_is_help=True
)
Json = Annotated[bool, JSON]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="A name for its user, such as 'nightly batch'.")],
    scope: Annotated[
        str,
        typer.Option(
            help="read: see everything; review: also approve and reject; write: make videos and "
            "see those; all: everything."
        ),
    ] = "write",
    budget: Annotated[
        str | None,
        typer.Option(metavar="USD", help="Limit, in dollars, for all jobs of the token together."),
    ] = None,
    most_jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, help="Maximum number of queued and running jobs.")
    ] = None,
    digest: Annotated[
        str, typer.Option(help="SHA-256 of a token made elsewhere; no secret is printed.")
    ] = "",
    json: Json = False,
) -> None:
    """Create a token and print its secret, which is shown only once."""
    with reporting(json):
        from lotus.money.budgets import dollars
        from lotus.server.tokens import create_token

        budget_usd = dollars(budget) if budget is not None else None
        token, secret = create_token(
            open_workspace().db,
            name,
            scope,
            budget_usd=budget_usd,
            most_jobs=most_jobs,
            digest=digest,
        )
        if digest:
            if json:
                print_json(token.model_dump(mode="json"))
            else:
                out(f"{token.id}: {token.name}, may {token.scope}")
        elif json:
            print_json({**token.model_dump(mode="json"), "secret": secret})
        else:
            typer.echo(secret)


@app.command("list")
def list_(json: Json = False) -> None:
    """List tokens, newest first, without their secrets."""
    with reporting(json):
        from lotus.server.tokens import list_tokens

        tokens = list_tokens(open_workspace().db)
        if json:
            print_json({"tokens": [token.model_dump(mode="json") for token in tokens]})
            return
        rows = [
            [
                k.id,
                k.name,
                k.scope,
                f"{k.created_at:%Y-%m-%d}",
                f"{k.revoked_at:%Y-%m-%d}" if k.revoked_at else "",
            ]
            for k in tokens
        ]
        table(["token", "name", "scope", "created (UTC)", "revoked"], rows)


@app.command()
def revoke(
    token: Annotated[
        str,
        typer.Argument(metavar="ID", help="A token's id; its first or last characters are enough."),
    ],
    json: Json = False,
) -> None:
    """Revoke a token; a running service refuses it within seconds."""
    with reporting(json):
        from lotus.server.tokens import revoke_token

        token_record = revoke_token(open_workspace().db, token)
        if json:
            print_json(token_record.model_dump(mode="json"))
        else:
            out(f"{token_record.id}: revoked")
