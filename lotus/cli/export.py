"""lotus export: a cut for Premiere, Resolve or Final Cut."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting
from lotus.system.quantities import quantity

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(export)


def export(
    what: Annotated[
        str, typer.Argument(metavar="JOB|FILE", help="A finished job's id, or a timeline's file.")
    ],
    out_path: Annotated[
        Path,
        typer.Option(
            "--out", "-o", help="The cut: .otio, .edl, .fcpxml or .xml (Final Cut Pro 7)."
        ),
    ],
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write a cut for an editing suite, with its media in a folder beside it."""
    with reporting(json):
        from lotus.api import interchange

        export = interchange.export(what, out_path)
        if json:
            print_json(export.model_dump(mode="json"))
            return
        files = quantity(export.files, "file")
        out(f"{quantity(export.frames, 'frame')} at {export.fps} fps, {files} in {export.media}")
        for line in export.not_held:
            out(f"- {line}")
        typer.echo(str(export.output))
