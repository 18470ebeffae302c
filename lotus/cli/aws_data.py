"""lotus ops restore, drill, sql, open and drift: the data, a look inside, and what has drifted."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from lotus.cli.aws_change import Json, Wait, Yes, do, here
from lotus.cli.common import out, print_json, reporting

__all__ = ["add_data"]


def add_data(app: typer.Typer) -> None:
    """Add the commands to `lotus ops`."""
    for command in (restore, drill, sql, drift):
        app.command()(command)
    app.command("open")(open_)


def restore(
    to: Annotated[str, typer.Option(help="Name of the new database server.")],
    at: Annotated[
        datetime | None,
        typer.Option(
            metavar="TIME",
            help="The moment to restore (UTC), such as 2026-11-28T08:00:00; default: the latest.",
        ),
    ] = None,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Restore the database as a second server, from a moment in time or the newest snapshot."""
    with reporting(json):
        from lotus.aws import restore as restoring

        account = here()
        env = account.environment
        snapshots = list(
            account.pages(
                "rds", "describe_db_snapshots", "DBSnapshots", DBInstanceIdentifier=env.database
            )
        )
        source = restoring.server(account, env.database)
        do(account, restoring.restore(env, source, snapshots, to, at), yes, json)


def drill(yes: Yes = False, wait: Wait = 3600, json: Json = False) -> None:
    """Rehearse a restore: make a second server, run lotus doctor against it, remove it."""
    with reporting(json):
        from lotus.aws import restore as restoring
        from lotus.aws.plan import carry_out, join_plans

        account = here()
        env = account.environment
        name = f"{env.database}-{restoring.DRILL}"
        source = restoring.server(account, env.database)
        left = restoring.server(account, name) is not None  # a rehearsal that died
        instances = [] if left else [restoring.restore(env, source, [], name, None)]
        plan = join_plans("drill", instances, f"{name} is removed again at the end")
        if left:
            plan = join_plans(
                "drill", [restoring.remove(name)], f"{name} was left over: run it again"
            )
            do(account, plan, yes, json)
            return

        def rehearse(answers: Any) -> dict[str, Any]:
            from lotus.cli.aws_tasks import task_outcome

            try:
                instance = restoring.wait_until_available(account, name, wait)
                (answer,) = carry_out(account, restoring.drill_check(env, instance))
                show = None if json else lambda line: out(f"  | {line}")
                return task_outcome(account, "migrate", answer["tasks"][0]["taskArn"], wait, show)
            finally:
                carry_out(account, restoring.remove(name))

        do(account, plan, yes, json, rehearse)


def sql(
    query: Annotated[str, typer.Argument(help="One SELECT.")],
    yes: Yes = False,
    wait: Wait = 600,
    json: Json = False,
) -> None:
    """Run one SELECT in a task inside the network, with a read-only role."""
    from lotus.cli.aws_tasks import one_off

    command = ["python", "-m", "lotus.aws.read_sql", query]
    one_off(command, "sql", "migrate", yes, wait, json)


def open_(
    what: Annotated[str, typer.Argument(help="dashboards or api.")] = "dashboards",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="The port on this machine.")] = 8000,
) -> None:
    """Open the service: print its address, or without a load balancer forward a local port until
    Ctrl-C.
    """
    with reporting():
        from lotus.aws.shell import open_port
        from lotus.aws.tasks import tasks
        from lotus.errors import InvalidInput, UnknownName

        paths = {"dashboards": "/dashboards/", "api": "/api"}
        if what not in paths:
            raise UnknownName("page", what, paths)
        account = here()
        env = account.environment
        if env.address:
            out(f"https://{env.address}{paths[what]}")
            return
        running = tasks(account, family=env.families["service"])
        if not running:
            remedy = "start one: `lotus ops resume`"
            raise InvalidInput(
                file="", field="", reason="no task of the service is running", remedy=remedy
            )
        out(f"http://127.0.0.1:{port}{paths[what]} (a token: `lotus ops tokens create NAME`)")
        raise typer.Exit(open_port(account, running[0]["taskArn"], "service", port))


def drift(json: Json = False) -> None:
    """Compare the account with Terraform's configuration; exit code 1 if they differ. Changes
    nothing.
    """
    with reporting(json):
        from lotus.aws.terraform_plan import planned_changes

        env = here().environment
        changes = planned_changes(env)
        if json:
            print_json({"changes": changes})
        for change in changes if not json else ():
            out(f"  {change['action']} {change['address']}")
        if not json:
            out(f"{len(changes)} differences" if changes else "no difference")
        if changes:
            raise typer.Exit(1)
