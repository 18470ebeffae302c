"""lotus show: what made a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command."""
    root.command()(show)


def show(
    file: Annotated[Path, typer.Argument(help="A video that lotus made, or a bundle (.zip).")],
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show what made a video: programs, prompts, seeds, models and their versions."""
    with reporting(json):
        from lotus.api.provenance import provenance

        origin = provenance(file)
        if json:
            print_json(origin.model_dump(mode="json"))
            return
        out(f"made by lotus {origin.lotus}, {origin.ffmpeg}, av {origin.av}")
        if origin.storyboard is None:
            out("of a timeline")
            return
        brief = origin.storyboard["brief"]
        out(f"prompt: {origin.prompt}\nseed: {brief.get('seed', 0)}\n")
        rows: list[list[Any]] = [
            [clip.scene, scene["description"], clip.provider, clip.model, clip.version, clip.seed]
            for clip, scene in zip(origin.clips, origin.storyboard["scenes"], strict=False)
        ]
        table(["scene", "description", "provider", "model", "version", "seed"], rows)
        for licence in dict.fromkeys(clip.licence for clip in origin.clips if clip.licence):
            out(f"terms of a model: {licence}")
        for name in origin.files:
            out(f"file: sha256 {name}")
