"""lotus ops build, secrets and tokens: what a new environment needs before it can run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.aws_change import Json, Wait, Yes, do, here
from lotus.cli.common import Commands, out, print_json, reporting, table

__all__ = ["add_beginning"]

secrets = typer.Typer(
    cls=Commands, help="Secrets that the tasks on AWS read: set, list.", no_args_is_help=True
)
tokens = typer.Typer(cls=Commands, help="Tokens of the service on AWS.", no_args_is_help=True)


def add_beginning(app: typer.Typer) -> None:
    """Add the commands to `lotus ops`."""
    app.command()(build)
    app.add_typer(secrets, name="secrets")
    app.add_typer(tokens, name="tokens")


def build(
    tag: Annotated[str, typer.Option(help="The image's tag; default: the commit.")] = "",
    source: Annotated[Path, typer.Option(help="A clone of lotus.")] = Path(),
    yes: Yes = False,
    wait: Wait = 1800,
    json: Json = False,
) -> None:
    """Build the committed source into an image in the account's registry, without Docker here."""
    with reporting(json):
        from lotus.aws import begin
        from lotus.aws.images import pushed_tags
        from lotus.aws.plan import OperationPlan

        account = here()
        tag = tag or begin.source_tag(source)
        if pushed_tags(account, [tag]):
            plan = OperationPlan(f"build {tag}", (), f"there is an image {tag} already")
            do(account, plan, yes, json)
            return

        def outcome_of(answers: Any) -> dict[str, Any]:
            return _build_outcome(account, str(answers[-1]["build"]["id"]), tag, wait)

        do(
            account,
            begin.build(account.environment, tag, begin.source(source)),
            yes,
            json,
            outcome_of,
        )
        if not json:
            out(f"now: lotus ops deploy {tag}")


def _build_outcome(account: Any, build_id: str, tag: str, wait: int) -> dict[str, Any]:
    from lotus.aws.begin import wait_for_build

    state = wait_for_build(account, build_id, wait)
    facts = {"tag": tag, "build": build_id, "status": state["status"]}
    if state["status"] == "IN_PROGRESS":
        late = (
            f"not built after {wait} s: its log is the group /{account.environment.cluster}/build"
        )
        return {**facts, **({"failed": late} if wait else {"started": f"started {build_id}"})}
    if state["status"] != "SUCCEEDED":
        return {**facts, "failed": f"build {state['status'].lower()}: {state['why']}"}
    return facts


@secrets.command("set")
def set_(
    name: Annotated[
        str,
        typer.Argument(help="Such as replicate or LOTUS_SMTP_URL: see `lotus ops secrets list`."),
    ],
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Write a secret; type it when asked (it is not shown), or pass it on standard input."""
    with reporting(json):
        from lotus.aws.begin import secret_name, set_secret

        account = here()
        name = secret_name(account.environment, name)  # before somebody types the value
        terminal = sys.stdin.isatty()
        value = typer.prompt(name, hide_input=True) if terminal else sys.stdin.read()
        # who gives the value has agreed; a document of --json is for programs, which say --yes
        do(account, set_secret(account.environment, name, value), yes or not json, json)


@secrets.command("list")
def list_(json: Json = False) -> None:
    """List the secrets and whether each has a value; values are never shown."""
    with reporting(json):
        from lotus.aws.begin import own_secrets

        account = here()
        rows = []
        for name, full in own_secrets(account.environment).items():
            response = account.find("secretsmanager", "describe_secret", SecretId=full) or {}
            stages = response.get("VersionIdsToStages", {}).values()
            rows.append([name, "yes" if any("AWSCURRENT" in one for one in stages) else "no"])
        if json:
            print_json({"secrets": [{"name": name, "set": has == "yes"} for name, has in rows]})
        else:
            table(["secret", "has a value"], rows)


@tokens.command("create")
def create(
    name: Annotated[str, typer.Argument(help="A name for its user, such as 'nightly batch'.")],
    scope: Annotated[
        str, typer.Option(help="read, review, write or all: see `lotus tokens create`.")
    ] = "write",
    yes: Yes = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Create a token of the service and print it once; only its hash is sent to AWS."""
    from lotus.aws.begin import new_secret
    from lotus.cli.aws_tasks import one_off

    secret, digest = new_secret()
    command = ["lotus", "tokens", "create", name, "--scope", scope, "--digest", digest]
    output = one_off(command, "tokens create", "migrate", yes, wait, json, secret)
    if output and not json:
        typer.echo(secret)
