"""lotus doctor: is this installation well, and if not, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting

__all__ = ["register"]

MARKS = {"ok": "✓", "warn": "!", "fail": "✗", "skip": "-"}


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(doctor)


def doctor(
    aws: Annotated[
        bool, typer.Option("--aws", help="Check the environment on AWS that LOTUS_AWS names.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain", help="Print the playbook: each check, cause and remedy (Markdown)."
        ),
    ] = False,
    only: Annotated[
        list[str] | None, typer.Option(help="Run only the check of this name; repeat for more.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Check the installation and print a remedy for each problem; exit code 1 if there is one."""
    with reporting(json):
        if explain:
            from lotus.aws.checks import AWS_CHECKS
            from lotus.aws.explain import KINDS
            from lotus.checks.playbook import playbook

            typer.echo(playbook(AWS_CHECKS, _commands(), KINDS))
            return
        results = _examine(aws, only)
        ok = all(result.status != "fail" for result in results)
        if json:
            print_json({"ok": ok, "checks": [result.model_dump(mode="json") for result in results]})
        else:
            for result in results:
                for part in result.parts or (result,):  # a cause and its remedy stand together
                    _print(result.name, part)
        if not ok:
            raise typer.Exit(1)


def _commands() -> dict[str, str]:
    """The commands of `lotus ops` by name, with the first sentence of their help."""
    import typer.main

    from lotus.cli.ops import app

    commands: dict[str, str] = {}
    todo: list[tuple[str, Any]] = [("lotus ops", typer.main.get_command(app))]
    while todo:
        name, command = todo.pop(0)
        children = getattr(command, "commands", {})
        todo += [(f"{name} {child}", value) for child, value in children.items()]
        if not children:
            commands[name] = " ".join(str(command.help or "").split())
    return dict(sorted(commands.items()))


def _print(name: str, part: Any) -> None:
    out(f"{MARKS[part.status]} {name:<12} {part.detail}")
    if part.why:
        out(f"  because {part.why}")
    if part.remedy:
        out(f"  -> {part.remedy}")


def _examine(aws: bool, only: list[str] | None) -> list[Any]:
    """What the checks of this machine, or those of AWS, have found. Raises UnknownName,
    SettingsError.
    """
    from lotus.settings import Settings

    settings = Settings.read()
    if aws:
        from lotus.aws.account import open_account
        from lotus.aws.checks import AWS_CHECKS, examine_aws

        account = open_account(settings)
        return examine_aws(account, _choose(AWS_CHECKS, only))
    from lotus.checks import CHECKS, examine

    return examine(settings, _choose(CHECKS, only))


def _choose(checks: Mapping[str, Any], only: list[str] | None) -> dict[str, Any]:
    from lotus.errors import UnknownName

    for name in only or ():
        if name not in checks:
            raise UnknownName("check", name, checks)
    return {name: check for name, check in checks.items() if not only or name in only}
