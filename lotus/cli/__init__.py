"""`lotus ...`: a thin skin over the library, a file a group of commands."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from typing import ClassVar

import typer

from lotus.cli.common import Commands
from lotus.cli.streams import open_streams, reported_output

__all__ = ["MODULES", "app", "main"]

PLUGINS = "lotus.commands"  # entry-point group by which `batch` and others join
MODULES = {  # where a command is; a module with an `app` is a group of that name
    **dict.fromkeys(("render", "plan", "estimate", "schema"), "render"),
    "edit": "edit",
    "compose": "compose",
    "deliver": "deliver",
    "export": "export",
    "probe": "probe",
    "show": "show",
    "subtitles": "subtitles",
    "models": "models",
    "experiment": "experiment",
    "make": "make",
    "measure": "measure",
    "costs": "costs",
    "docs": "docs",
    "doctor": "doctor",
    "migrate-store": "migrate_store",
    "jobs": "jobs",
    "budgets": "budgets",
    "cache": "cache",
    "db": "db",
    "store": "store",
    "dev": "dev",
    "serve": "serve",
    "tokens": "tokens",
    "notify": "notify",
    "ops": "ops",
}


class _Root(Commands):
    """All commands, by what people want to do."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "Make videos": ("render", "plan", "estimate", "edit", "compose", "subtitles", "make"),
        "Look and deliver": ("jobs", "show", "probe", "measure", "deliver", "export"),
        "Many videos": ("batch", "experiment"),
        "Models and money": ("models", "costs", "budgets"),
        "Share": ("dashboards", "report", "serve", "tokens", "notify"),
        "Keep": ("store", "migrate-store", "cache", "db"),
        "Help and operations": ("docs", "doctor", "schema", "dev", "ops"),
    }


def app(first: str = "") -> typer.Typer:
    """All commands, or only those beside `first` if it is one of lotus' own: the others are not
    loaded.
    """
    root = typer.Typer(
        cls=_Root,
        name="lotus",
        help="From a sentence to a finished video.",
        epilog="Begin with: lotus render 'A small coffee roaster opens at dawn' --out ad.mp4. "
        "Read on with: lotus docs.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        # help as plain text: what draws boxes takes longer to load than all of lotus
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    )
    root.callback(invoke_without_command=True)(_root)
    for name in [MODULES[first]] if first in MODULES else dict.fromkeys(MODULES.values()):
        module = import_module(f"lotus.cli.{name}")
        if hasattr(module, "app"):
            root.add_typer(module.app, name=name)
        else:
            module.register(root)
    if first not in MODULES:
        _add_plugins(root)
    return root


def _add_plugins(root: typer.Typer) -> None:
    from importlib.metadata import entry_points

    for entry in entry_points(group=PLUGINS):
        root.add_typer(entry.load(), name=entry.name)


def _root(
    version: bool = typer.Option(
        False, "--version", help="Print the version and exit.", is_eager=True
    ),
) -> None:
    if version:
        from lotus import __version__

        typer.echo(f"lotus {__version__}")
        raise typer.Exit


def _example(word: str) -> str:
    """The installed file for `lotus/examples/ad.yaml` of the pages, where there is no clone."""
    folder, name = os.path.split(word)
    if folder != "lotus/examples" or os.path.exists(word):
        return word
    installed = os.path.join(os.path.dirname(os.path.dirname(__file__)), "examples", name)
    return installed if os.path.isfile(installed) else word


def main() -> None:
    """The program `lotus`."""
    if sys.platform == "win32":
        from lotus.system.platforms import NOT_ON_WINDOWS

        print(f"error: {NOT_ON_WINDOWS}", file=sys.stderr)
        sys.exit(2)
    open_streams()
    # a prompt may begin with a bullet: with a space before it, it is not taken for an option
    sys.argv[1:] = [f" {word}" if word[:2] in ("- ", "-\n") else word for word in sys.argv[1:]]
    sys.argv[1:] = [_example(word) for word in sys.argv[1:]]
    first = sys.argv[1] if len(sys.argv) > 1 else ""
    gc.set_threshold(100_000, 20, 20)  # loading makes much and drops nothing
    atexit.register(gc.freeze)  # nor is it worth a fifth of a second to look through it at the end
    # they need no plug-ins of pydantic, which it would look for in every package
    if first in MODULES:
        os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with reported_output():
        app(first)()
