"""lotus compose: from a timeline to a video, and why what of it is rendered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(compose)


def compose(
    timeline: Annotated[
        Path,
        typer.Argument(
            metavar="TIMELINE.json",
            help="A timeline, or an editor's cut (.otio, .edl, .fcpxml, .xml).",
        ),
    ],
    out_path: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="The video (.mp4, .mov, .mkv) or a preview of it (.gif, .webp)."
        ),
    ] = None,
    subtitles: Annotated[
        Path | None, typer.Option(help="Write the captions to this file too (.srt or .vtt).")
    ] = None,
    draft: Annotated[
        bool, typer.Option("--draft", help="Render a quick preview in half the size.")
    ] = False,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="Print what would be rendered, and why, without rendering."),
    ] = False,
    watch: Annotated[
        bool, typer.Option("--watch", help="Render again when the timeline or a source changes.")
    ] = False,
    fps: Annotated[
        str | None, typer.Option(help="Frames a second of an EDL file: 25, 29.97.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Render a timeline; only segments that changed are rendered again."""
    with reporting(json):
        from lotus.api import timelines as compositions

        _refuse_contradictions(out_path, explain, watch, json)
        source = _source(timeline, fps)

        if explain:
            _show_explanation(compositions.explain(source, draft=draft), json)
            return
        assert out_path is not None
        target = out_path

        def render() -> compositions.Composition:
            return compositions.compose(source, target, subtitles=subtitles, draft=draft)

        if watch:
            _watch(timeline, render, fps)
        elif json:
            print_json(render().model_dump(mode="json"))
        else:
            _print(render())


def _source(timeline: Path, fps: str | None) -> Any:
    from lotus.errors import InvalidInput
    from lotus.interchange.cut import CutFile, is_cut

    if fps is None:
        return timeline
    if not is_cut(timeline):
        reason = "is for EDL files only; a timeline has its own rate"
        raise InvalidInput(file="", field="--fps", reason=reason, remedy="leave it out")
    return CutFile(timeline, fps)


def _refuse_contradictions(out_path: Path | None, explain: bool, watch: bool, json: bool) -> None:
    from lotus.errors import InvalidInput

    if out_path is None and not explain:
        raise InvalidInput(
            file="", field="--out", reason="is missing", remedy="say where to write: -o out.mp4"
        )
    if watch and (explain or json):
        other = "--explain" if explain else "--json"
        raise InvalidInput(
            file="",
            field="--watch",
            reason=f"cannot be combined with {other}",
            remedy="remove one of them",
        )


def _print(composition: Any) -> None:
    pieces = composition.segments
    out(
        f"{composition.duration_seconds:g} s, "
        f"{composition.width}x{composition.height} at {composition.fps} fps, "
        f"{composition.frames} frames; "
        f"{pieces['rendered']} of {pieces['total']} segments rendered, {pieces['reused']} reused; "
        f"{composition.elapsed_seconds:.1f} s"
    )
    for warning in composition.warnings:
        typer.echo(f"warning: {warning}", err=True)
    typer.echo(str(composition.output))


def _watch(timeline: Path, render: Any, fps: str | None) -> None:
    """Until Ctrl-C; the exit code says whether the video is what the files make."""
    from lotus.api.watch import watch
    from lotus.errors import LotusError

    def emit(what: Any) -> None:
        if isinstance(what, LotusError):
            typer.echo(f"error: {what}", err=True)
        else:
            _print(what)

    if not watch(timeline, render, emit, fps=fps):
        raise typer.Exit(1)


def _show_explanation(explanation: Any, json: bool) -> None:
    document = explanation.model_dump(mode="json")
    if json:
        print_json(document)
        return
    rows = [
        [
            s["index"],
            f"{s['at_seconds']:.2f}",
            s["frames"],
            f" {s['transition']} ".join(s["clips"]),
            s["key"][:12],
            s["status"],
            s["reason"],
        ]
        for s in document["segments"]
    ]
    sound = document["sound"]
    rows.append(["", "", "", "sound", sound["key"][:12], sound["status"], sound["reason"]])
    table(
        ["segment", "at", "frames", "clips", "key", "", "why"],
        rows,
        right=("segment", "at", "frames"),
    )
    to_render = document["to_render"]
    out(
        f"\n{to_render['segments']} of {len(document['segments'])} segments to render, "
        f"{to_render['frames']} frames"
    )
