"""lotus measure: the metrics of videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(measure)


def measure(
    videos: Annotated[
        list[Path] | None, typer.Argument(metavar="VIDEO...", help="The video files.")
    ] = None,
    metric: Annotated[
        list[str] | None, typer.Option(help="Measure only this metric; repeat it for more.")
    ] = None,
    accept: Annotated[
        str, typer.Option(help="Fail unless limits are kept, such as 'frozen<0.02, black<0.01'.")
    ] = "",
    explain: Annotated[
        bool, typer.Option("--explain", help="List the metrics, and what each gets wrong.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Measure videos: black and frozen frames, cuts, flicker, motion, sharpness, sound.

    The exit code is 1 if a video does not keep a limit.
    """
    with reporting(json):
        from lotus.errors import InvalidInput
        from lotus.experiments.measure import measure as measure_video
        from lotus.experiments.measure import parse_limits
        from lotus.experiments.metrics import METRICS

        if explain:
            rows = [[m.name, m.unit, m.better, m.about, m.fails_for] for m in METRICS.values()]
            table(["metric", "unit", "better", "description", "why"], rows)
            return
        limits = parse_limits(accept)
        if not videos:
            raise InvalidInput(
                file="", field="VIDEO", reason="is missing", remedy="lotus measure video.mp4"
            )
        names = dict.fromkeys([*(metric or METRICS), *(limit.metric for limit in limits)])
        results = [measure_video(video, names) for video in videos]
        failed = {result.file: result.broken(limits) for result in results}
        if json:
            documents = [
                {**r.model_dump(mode="json"), "broken": [str(limit) for limit in failed[r.file]]}
                for r in results
            ]
            print_json({"videos": documents})
        else:
            shown = [[name, *(_cell(result.values[name]) for result in results)] for name in names]
            files = [Path(r.file).name for r in results]
            table(["metric", *files], shown, right=tuple(files))
            for file, broken in failed.items():
                for limit in broken:
                    out(f"{file}: does not keep {limit}")
        if any(failed.values()):
            raise typer.Exit(1)


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
