"""`lotus ...`: a thin skin over the library, a file a group of commands."""

from __future__ import annotations

import typer

__all__ = ["app", "main"]

COMMANDS = "lotus.commands"  # entry-point group by which `batch` and others join


def app() -> typer.Typer:
    """All commands; built when called, so that importing costs nothing."""
    from importlib.metadata import entry_points

    from lotus.cli import (
        budgets,
        cache,
        compose,
        costs,
        db,
        dev,
        doctor,
        jobs,
        make,
        migrate_store,
        models,
        render,
        store,
    )

    root = typer.Typer(
        name="lotus",
        help="From a sentence to a finished video.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    root.callback(invoke_without_command=True)(_root)
    for module in (render, compose, models, make, costs, doctor, migrate_store):
        module.register(root)
    for name, group in (
        ("jobs", jobs.app),
        ("budgets", budgets.app),
        ("cache", cache.app),
        ("db", db.app),
        ("store", store.app),
        ("dev", dev.app),
    ):
        root.add_typer(group, name=name)
    for entry in entry_points(group=COMMANDS):
        root.add_typer(entry.load(), name=entry.name)
    return root


def _root(
    version: bool = typer.Option(False, "--version", help="Print the version and end.", is_eager=True),
) -> None:
    if version:
        from lotus import __version__

        typer.echo(f"lotus {__version__}")
        raise typer.Exit


def main() -> None:
    """The program `lotus`."""
    app()()
