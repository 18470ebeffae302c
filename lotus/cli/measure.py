"""lotus measure: the metrics of videos."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

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
        list[str] | None, typer.Option(help="Measure only this metric; repeat for more.")
    ] = None,
    accept: Annotated[
        str, typer.Option(help="Fail unless limits are kept, such as 'frozen<0.02, black<0.01'.")
    ] = "",
    palette: Annotated[
        list[str] | None, typer.Option(help="A brand colour, as #1b3a4b; repeat for more.")
    ] = None,
    reference: Annotated[
        Path | None, typer.Option(help="Compare frames with this video: SSIM and VMAF.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="List the metrics, and what each gets wrong.")
    ] = False,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Measure videos: black and frozen frames, cuts, flicker, motion, sharpness, sound.

    Exit code 1 if a video breaks a limit.
    """
    with reporting(json):
        if explain:
            _explain()
            return
        is_broken = _measure(videos or (), metric, accept, palette or (), reference, json)
        if is_broken:
            raise typer.Exit(1)


def _explain() -> None:
    from lotus.experiments.metrics import METRICS

    rows = [[m.name, m.unit, m.better, m.about, m.fails_for] for m in METRICS.values()]
    table(["metric", "unit", "better", "description", "why"], rows)


def _measure(
    videos: Iterable[Path],
    metrics: Iterable[str] | None,
    accept: str,
    palette: Iterable[str],
    reference: Path | None,
    as_json: bool,
) -> bool:
    """Print the values; returns whether a video does not keep a limit."""
    from lotus.errors import InvalidInput
    from lotus.experiments.measure import measure as measure_video
    from lotus.experiments.measure import parse_limits
    from lotus.experiments.metrics import default_metrics
    from lotus.experiments.similarity import similarity

    limits = parse_limits(accept)
    paths = list(videos)
    if not paths:
        raise InvalidInput(
            file="", field="VIDEO", reason="is missing", remedy="name one: lotus measure video.mp4"
        )
    for path in paths:
        if not path.is_file():
            raise InvalidInput(
                file=str(path), field="", reason="is not there", remedy="check the path"
            )
    names = [*(metrics or default_metrics()), *(limit.metric for limit in limits)]
    results = [measure_video(path, names, palette=tuple(palette)) for path in paths]
    alike = [similarity(path, reference) for path in paths] if reference is not None else []
    failures = {result.file: result.broken(limits) for result in results}
    if as_json:
        _print_json(results, failures, alike)
    else:
        _print_table(results, failures, alike)
    return any(failures.values())


def _print_json(results: list[Any], failures: Mapping[str, Any], alike: list[Any]) -> None:
    documents = [
        {
            **result.model_dump(mode="json"),
            "broken": [str(limit) for limit in failures[result.file]],
        }
        for result in results
    ]
    for document, one in zip(documents, alike, strict=False):
        document["similarity"] = one.model_dump(mode="json")
    print_json({"videos": documents})


def _print_table(results: list[Any], failures: Mapping[str, Any], alike: list[Any]) -> None:
    rows = [
        [name, *(_cell(result.values[name]) for result in results)] for name in results[0].values
    ]
    names = ("ssim", "vmaf") if alike else ()
    rows += [[name, *(_cell(getattr(one, name)) for one in alike)] for name in names]
    files = [Path(result.file).name for result in results]
    table(["metric", *files], rows, right=tuple(files))
    for file, limits in failures.items():
        for limit in limits:
            out(f"{file}: breaks {limit}")


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
