"""lotus probe: what lotus sees in a media file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(probe)


def probe(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A video, photo or sound.")],
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show the facts of a media file and how lotus converts it; exit code 2 if it is refused."""
    with reporting(json):
        from lotus.errors import InvalidInput
        from lotus.media.report import media_report

        report = media_report(file)
        refusal = report["refused"]
        if json:
            print_json(report)
        elif refusal:
            raise InvalidInput(file=str(file), field="", **refusal)
        else:
            _show(report)
        if refusal:
            raise typer.Exit(2)


def _show(report: dict[str, Any]) -> None:
    out(f"{report['kind']}, {report['seconds']:g} s, {report['container']}")
    if report["streams"]:
        rows = [
            [s["index"], s["kind"], s["codec"] or "", f"{s['starts_seconds']:g}", _use(s)]
            for s in report["streams"]
        ]
        table(["stream", "kind", "codec", "starts", "use"], rows, right=("stream", "starts"))
    for part in ("picture", "sound"):
        facts = report[part] or {}
        values = [f"{name} {value}" for name, value in facts.items() if value not in ("", 0, False)]
        if values:
            out(f"{part}: {', '.join(values)}")
    for line in report["treatment"]:
        out(f"- {line}")


def _use(stream: dict[str, Any]) -> str:
    return "used" if stream["used"] else "left out"
