"""What all commands share: errors as one line and an exit code, JSON as the only thing on standard
output.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, ClassVar

import typer
from typer.core import TyperGroup

from lotus.cli.usage import usage_in_one_line
from lotus.system.quantities import quantity

__all__ = [
    "JSON",
    "Commands",
    "note",
    "open_workspace",
    "out",
    "print_json",
    "print_removal",
    "reporting",
    "table",
    "warn",
]

LONGEST_SENTENCE = 1000  # characters
JSON: Any = typer.Option("--json", help="Print one JSON document and nothing else.")

PIPE_COLUMNS = 120
WRAP_COLUMNS = 30  # of a column of text at least: in fewer nobody reads it


class Commands(TyperGroup):
    """A group whose help has the whole sentence of each command: click cuts them at the line."""

    sections: ClassVar[Mapping[str, tuple[str, ...]]] = {}  # headings, and the commands below each

    def make_context(self, *args: Any, **extra: Any) -> Any:
        """Parse; errors are one line."""
        with usage_in_one_line():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; errors of its options are one line."""
        with usage_in_one_line():
            return super().invoke(ctx)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the commands with what they do; those of no section come last."""
        commands = {name: self.get_command(ctx, name) for name in self.list_commands(ctx)}
        rows = {
            name: command.get_short_help_str(LONGEST_SENTENCE)
            for name, command in commands.items()
            if command is not None and not command.hidden
        }
        for heading, names in self.sections.items():
            _write_section(formatter, heading, [(n, rows.pop(n)) for n in names if n in rows])
        _write_section(formatter, "More commands" if self.sections else "Commands", [*rows.items()])


def _write_section(formatter: Any, heading: str, rows: list[tuple[str, str]]) -> None:
    if rows:
        with formatter.section(heading):
            formatter.write_dl(rows)


@contextmanager
def reporting(as_json: bool = False, request: str = "") -> Iterator[None]:
    """Turn lotus' errors into lines on standard error and the exit code; SIGTERM ends like Ctrl-C.

    Errors about fields of a request, which may be a file, name it.
    """
    from lotus.errors import Cancelled, Interrupted, LotusError

    if request:
        from lotus.documents.reading import naming_file

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        try:
            with naming_file(request) if request else nullcontext():
                yield
        except Interrupted as stop:  # a command tells of it as of every other end of a job
            if "job_id" in stop.facts:
                raise Cancelled(**stop.facts) from None
            raise
        except ModuleNotFoundError as exc:
            from lotus.system.distribution import not_installed

            raise not_installed(exc) or exc from exc
    except LotusError as error:
        if as_json:
            print_json({"error": _envelope(error)})
        for line in error.lines:
            _print_error(f"error: {line}")
        for line in error.facts.get("stderr", [])[-6:]:
            _print_error(f"  ffmpeg: {line}")
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        _print_error("interrupted")
        raise typer.Exit(1) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _envelope(error: Any) -> dict[str, Any]:
    import uuid
    from datetime import UTC, datetime

    return {
        "code": error.code,
        "message": error.message,
        "details": {name: value for name, value in error.facts.items() if value not in (None, "")},
        "remedy": error.remedy,
        "timestamp": datetime.now(UTC).isoformat(),
        "request_id": str(uuid.uuid4()),
    }


def warn(message: str) -> None:
    """Say on standard error what did not go as it should, and went on."""
    _print_error(f"warning: {message}")


def note(message: str) -> None:
    """Say on standard error what is good to know and belongs to no result."""
    _print_error(message)


def _print_error(line: str) -> None:
    print(line, file=sys.stderr)


def print_json(document: Any) -> None:
    """One document on standard output."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n")


def out(renderable: Any, least: int = 0) -> None:
    """Print something of rich's, at least so many columns wide, or text as it is."""
    from rich.console import Console

    if sys.stdout.isatty():
        console = Console()
        console.width = max(console.width, least)
    else:  # a pipe has no width of its own
        console = Console(width=max(PIPE_COLUMNS, least))
    text = isinstance(renderable, str)  # lines stay whole, so that paths and commands can be copied
    console.print(renderable, highlight=False, markup=False, soft_wrap=text)


def table(columns: list[str], rows: list[list[Any]], right: tuple[str, ...] = ()) -> None:
    """Print rows under headings; text wraps, and has room for some words a line."""
    from rich.cells import cell_len
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="bold")
    least = 2 * len(columns)
    for number, name in enumerate(columns):
        wraps = name in ("description", "caption", "prompt", "why", "speed", "licence")
        longest = max((cell_len(str(row[number])) for row in rows), default=0)
        least += max(cell_len(name), min(longest, WRAP_COLUMNS) if wraps else longest)
        grid.add_column(
            name, justify="right" if name in right else "left", overflow="fold", no_wrap=not wraps
        )
    for row in rows:
        grid.add_row(*(Text(str(cell)) for cell in row))
    out(grid, least)


def open_workspace() -> Any:
    """The workspace that the environment names, with a warning for names that are nearly right."""
    from dotenv import dotenv_values

    from lotus.settings import misspelt_variables
    from lotus.workspace import Workspace

    workspace = Workspace.open()
    for name, meant in misspelt_variables({**os.environ, **dotenv_values(".env")}).items():
        warn(f"{name} is not a setting and is ignored; did you mean {meant}?")
    return workspace


def print_removal(removal: dict[str, Any], as_json: bool) -> None:
    """Print what a clean-up removed, or would remove."""
    if as_json:
        print_json(removal)
        return
    verb = "would remove" if removal["dry_run"] else "removed"
    out(f"{verb} {quantity(removal['objects'], 'object')}, {removal['size_bytes'] / 1e6:.1f} MB")
    if removal["dry_run"]:
        out("nothing was removed; add --yes to do it")
