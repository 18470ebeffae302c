"""The commands of lotus ops that change nothing: status, logs, usage, report, exec."""

from __future__ import annotations

import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.aws_change import VERBATIM, Json, here
from lotus.cli.common import out, print_json, reporting, table

__all__ = ["add_looking"]

SHOWN = 200  # characters of a message


def add_looking(app: typer.Typer) -> None:
    """Add the commands to `lotus ops`."""
    for command in (status, logs, explain, usage, report):
        app.command()(command)
    app.command("exec", context_settings=VERBATIM)(execute)


def status(json: Json = False) -> None:
    """Show the state of the service, its tasks, the schedules, the database and the alarms."""
    with reporting(json):
        from lotus.aws.status import status as look

        facts = look(here())
        if json:
            print_json(facts)
            return
        service = facts["service"]
        out(
            f"{service['name']} ({facts['region']}): {service['running']} of {service['desired']} "
            "tasks run, "
            f"{service['definition']}, {', '.join(service['deployments']).lower()}"
        )
        rows = [
            [one["id"][:12], one["group"], one["status"], one["definition"], one["since"] or ""]
            for one in facts["tasks"]
        ]
        if rows:
            table(["task", "family", "status", "definition", "since"], rows)
        out(f"database: {facts['database']}")
        out(
            "schedules: "
            + (", ".join(f"{name} {state}" for name, state in facts["schedules"].items()) or "none")
        )
        out("alarms: " + (", ".join(facts["alarms"]) or "none"))
        for event in facts["events"]:
            out(f"event: {(event['at'] or '')[:19]} {event['message']}")
        if (
            service["running"] < service["desired"]
            or facts["database"] != "available"
            or facts["alarms"]
        ):
            out("`lotus doctor --aws` says what is wrong, and what to do")


def logs(
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Keep printing new lines until Ctrl-C.")
    ] = False,
    errors: Annotated[
        bool, typer.Option("--errors", help="Show only lines that report an error.")
    ] = False,
    since: Annotated[str, typer.Option(help="How far back: 30m, 2h, 1d.")] = "1h",
    job: Annotated[
        str | None, typer.Option(help="Show only lines that mention this job, row or campaign.")
    ] = None,
    task: Annotated[
        list[str] | None,
        typer.Option(
            help="Show only tasks of this kind (service, worker, campaign, ...); repeat for more."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Print the logs of all tasks, merged by time; with --json --follow, one document per line."""
    with reporting(json):
        from lotus.aws import logs as reading
        from lotus.errors import UnknownName

        account = here()
        log_groups = account.environment.log_groups
        for name in task or ():
            if name not in log_groups:
                raise UnknownName("task", name, log_groups)
        which: dict[str, Any] = {"only": tuple(task or ()), "job": job, "errors": errors}
        start = time.time() - reading.seconds_of(since)
        if follow:
            _follow(account, start, which, json)
            return
        lines = reading.read_logs(account, since=start, **which)
        if json:
            print_json({"lines": [line.model_dump(mode="json") for line in lines]})
            return
        for line in lines:
            _print_line(line, False)


def _follow(account: Any, start: float, which: dict[str, Any], json: bool) -> None:
    from lotus.aws import logs as reading

    with suppress(KeyboardInterrupt):  # by which following ends
        for line in reading.follow(account, since=start, **which):
            _print_line(line, json)


def _print_line(line: Any, json: bool) -> None:
    from datetime import UTC, datetime
    from json import dumps

    if json:
        typer.echo(dumps(line.model_dump(mode="json")))
        return
    from lotus.aws.logs import is_error

    when = datetime.fromtimestamp(line.at, UTC).strftime("%H:%M:%S")
    text = f"{when} {line.task:<10} {line.text}"
    typer.secho(text, fg="red" if is_error(line.text) else None)


def explain(
    message: Annotated[
        list[str] | None, typer.Argument(help="The message, in quotes; default: standard input.")
    ] = None,
    json: Json = False,
) -> None:
    """Explain a message of ECS, RDS, a load balancer, Terraform, S3, Replicate or a log: cause and
    remedy. Works offline; exit code 1 if the message is unknown.
    """
    with reporting(json):
        from lotus.aws.explain import explain_lines
        from lotus.aws.report import redact

        lines = message or sys.stdin.read().splitlines()
        rows = explain_lines(line for text in lines for line in text.splitlines())
        if json:
            print_json({"causes": [one.model_dump(mode="json") for one in rows if one.cause]})
        for one in rows if not json else ():
            if one.cause is None:
                out("no cause is known here: `lotus doctor --aws` looks at the account itself")
                continue
            times = f"{one.count} x " if one.count > 1 else ""
            out(f"{one.cause.name}: {times}{redact(one.text)[:SHOWN]}")
            out(f"  because {one.cause.means}")
            out(f"  -> {one.remedy}")
        if all(one.cause is None for one in rows):
            raise typer.Exit(1)


def usage(json: Json = False) -> None:
    """Show the load of processors, memory and database, and the hourly cost of tasks."""
    with reporting(json):
        from lotus.aws.status import usage as look

        facts = look(here())
        if json:
            print_json(facts)
            return
        running = ", ".join(f"{count} {name}" for name, count in facts["tasks"].items()) or "none"
        out(
            f"tasks: {running}; they cost ${facts['hour_usd']} an hour, ${facts['today_usd']} "
            "today (UTC)"
        )
        for name in (
            "cpu_percent",
            "memory_percent",
            "database_cpu_percent",
            "database_connections",
        ):
            value = facts[name]
            out(f"{name.replace('_', ' ')}: " + ("no data" if value is None else f"{value:.1f}"))
        free = facts["database_free_bytes"]
        bucket_bytes = facts["bucket_bytes"]
        out("database disk: " + ("no data" if free is None else f"{free / 1e9:.1f} GB free"))
        out("bucket: " + ("no data" if bucket_bytes is None else f"{bucket_bytes / 1e9:.1f} GB"))


def report(
    out_path: Annotated[Path, typer.Option("--out", "-o", help="The ZIP file to write.")] = Path(
        "lotus-report.zip"
    ),
    json: Json = False,
) -> None:
    """Write a ZIP file for support: state, logs and checks, without secrets."""
    with reporting(json):
        from lotus.aws.report import write_report

        names = write_report(here(), out_path)
        if json:
            print_json({"output": str(out_path), "files": names})
        else:
            typer.echo(str(out_path))


def execute(
    command: Annotated[
        list[str] | None, typer.Argument(help="The command to run; default: a shell.")
    ] = None,
    task: Annotated[
        str, typer.Option(help="The kind of task: service, campaign, worker, ...")
    ] = "service",
) -> None:
    """Open a shell, or run a command, in a running task."""
    with reporting():
        from shlex import join

        from lotus.aws.shell import open_shell
        from lotus.aws.tasks import tasks
        from lotus.errors import InvalidInput, UnknownName

        account = here()
        families = account.environment.families
        if task not in families:
            raise UnknownName("task", task, families)
        running = tasks(account, family=families[task])
        if not running:
            remedy = "start one: `lotus ops resume`" if task == "service" else "wait for one"
            raise InvalidInput(
                file="", field="task", reason=f"no task of {task} runs", remedy=remedy
            )
        raise typer.Exit(
            open_shell(
                account, running[0]["taskArn"], task, join(command) if command else "/bin/bash"
            )
        )
