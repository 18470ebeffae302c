"""lotus deliver: a job for YouTube, Reels, LinkedIn, television."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(deliver)


def deliver(
    what: Annotated[
        str, typer.Argument(metavar="JOB|FILE", help="A finished job's id, or a timeline's file.")
    ],
    platforms: Annotated[
        str,
        typer.Option(
            "--for", help="Platforms: youtube, shorts, reels, tiktok, linkedin, tv; with commas."
        ),
    ],
    out_path: Annotated[
        Path, typer.Option("--out", "-o", help="The folder for the files.")
    ] = Path(),
    captions: Annotated[
        str | None,
        typer.Option(help="burned, beside (.srt) or both; default: as the platform asks."),
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only check what a platform would refuse.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Write a video for platforms: shape, loudness, bitrate, captions, thumbnail."""
    with reporting(json):
        from lotus.api.delivery import deliver as deliver_all

        options: Any = {"captions": captions, "check": check}
        deliveries = deliver_all(what, platforms, out_path, **options)
        if json:
            print_json({"deliveries": [one.model_dump(mode="json") for one in deliveries]})
        else:
            for one in deliveries:
                _show(one)
        if any(one.refused for one in deliveries):
            raise typer.Exit(1)


def _show(one: Any) -> None:
    out(f"{one.platform}: {one.seconds:g} s, {one.width}x{one.height} at {one.fps} fps")
    if one.output is not None:
        document = one.model_dump(mode="json")
        loudness = document["loudness_lufs"]
        loud = "silent" if loudness is None else f"{loudness:.1f} LUFS"
        out(f"  {one.size_bytes / 1e6:.1f} MB, {one.kbps / 1000:.1f} Mbit/s, {loud}")
    for line in one.notes:
        out(f"  - {line}")
    for line in one.refused:
        out(f"  refused: {line}")
    for path in (one.output, one.subtitles, one.thumbnail):
        if path is not None:
            typer.echo(f"  {path}")
