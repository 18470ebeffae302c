"""Wrong options and commands in one line, as all other errors; click writes four."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import typer

__all__ = ["usage_in_one_line", "usage_line"]

UsageError: Any = typer.BadParameter.__base__  # click's, wherever typer keeps it


@contextmanager
def usage_in_one_line() -> Iterator[None]:
    """Let an error of usage show itself as one line."""
    try:
        yield
    except UsageError as exc:
        if type(exc).show is UsageError.show:  # a group without a command shows its help instead
            exc.show = partial(_show, exc)
        raise


def _show(exc: Any, file: Any = None) -> None:
    path = exc.ctx.command_path if exc.ctx is not None else ""
    print(usage_line(exc.format_message(), path), file=file or sys.stderr)


def usage_line(message: str, command: str) -> str:
    """click's sentence as an error of ours, with the command whose help says more."""
    text = re.sub(r"\(Possible options: (.*)\)", r"Did you mean \1?", " ".join(message.split()))
    start, asks, guess = text.partition("Did you mean ")
    what = start.rstrip(" .")
    reason = what[:1].lower() + what[1:]
    if asks:
        return f"error: {reason}; did you mean {guess}"
    return f"error: {reason}; see `{command} --help`" if command else f"error: {reason}"
