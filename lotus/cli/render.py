"""render, plan, estimate, schema: from a request to a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, note, out, print_json, reporting, table, warn
from lotus.cli.options import BRIEF, RENDERING, Group, option_groups

__all__ = ["register"]

Request = Annotated[
    str,
    typer.Argument(
        metavar="BRIEF", help="A brief or storyboard (YAML, JSON), or the prompt itself."
    ),
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write the video to this file.")]
Json = Annotated[bool, JSON]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]


def _only(group: Group, *names: str) -> Group:
    return {name: group[name] for name in names}


def register(root: typer.Typer) -> None:
    """Add the commands to `lotus`."""
    for command in (render, plan, estimate, schema):
        root.command()(command)


def _load(request: str, **overrides: Any) -> Any:
    from lotus.documents.reading import load_request

    return load_request(request, **overrides)


@option_groups(brief=BRIEF, options=RENDERING)
def render(
    *,
    request: Request,
    out_path: Out = None,
    brief: dict[str, Any],
    options: dict[str, Any],
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Render a brief, a storyboard or a prompt to a finished video."""
    with reporting(json, request):
        from lotus.api import videos as api
        from lotus.display.progress import TerminalProgress
        from lotus.settings import Settings

        home = Settings.read().home
        first = not home.exists()
        source = _load(request, **brief)
        with TerminalProgress(quiet=quiet or json) as progress:
            job = api.render(source, **options, out=out_path, listener=progress, warn=warn)
        _report(job, out_path, json, quiet)
        if first and not (json or quiet):
            note(f"clips, videos and costs are kept in {home}; read on: `lotus docs`")


def _report(job: Any, out_path: Path | None, json: bool, quiet: bool) -> None:
    """The summary of a finished job."""
    video = out_path.expanduser().absolute() if out_path is not None else job.output
    if json:
        from lotus.pipeline.job import RESULT

        print_json({**job.model_dump(mode="json", include=RESULT), "output": str(video)})
    elif quiet:
        typer.echo(str(video))
    else:
        from lotus.display.progress import job_table
        from lotus.money.ledger import money

        out(job_table(job))
        pieces = job.segments
        out(
            f"\n{job.duration_seconds:g} s, {job.width}x{job.height} at {job.fps} fps, "
            f"{job.frames} frames; "
            f"{pieces['rendered']} of {pieces['total']} segments rendered, {pieces['reused']} "
            "reused"
        )
        cost = f"cost ${money(job.cost.actual_usd)}, saved ${money(job.cost.saved_usd)}"
        out(f"{cost}; {job.elapsed_seconds:.1f} s in all")
        typer.echo(str(video))


@option_groups(
    brief=_only(BRIEF, "duration_seconds", "aspect_ratio", "style", "seed"),
    options=_only(RENDERING, "model", "planner", "llm", "candidates", "budget_usd"),
)
def plan(
    *,
    request: Request,
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the storyboard here.")
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show which words of the prompt became what.")
    ] = False,
    brief: dict[str, Any],
    options: dict[str, Any],
    json: Json = False,
) -> None:
    """Plan a brief: a storyboard to read, edit and render."""
    with reporting(json, request):
        from lotus.api import videos as api
        from lotus.system.files import write_aside

        source = _load(request, **brief)
        if explain:
            _explain(source, json)
            return
        storyboard = api.plan(source, **options, warn=warn)
        if out_path is not None:
            write_aside(storyboard.model_dump_json(indent=2) + "\n", out_path)
        if json:
            print_json(storyboard.model_dump(mode="json"))
        else:
            _show_plan(storyboard, out_path)


def _explain(source: Any, json: bool) -> None:
    """Which words of a prompt became a field, an exclusion, a form, a picture or a line."""
    from lotus.documents.reading import as_request
    from lotus.documents.storyboard import Storyboard
    from lotus.planning.understanding import understand

    request = as_request(source)
    brief = request.brief if isinstance(request, Storyboard) else request
    rows = understand(brief.prompt).rows()
    if json:
        print_json([{"part": part, "words": words, "value": value} for part, words, value in rows])
    else:
        table(["part", "words of the prompt", "becomes"], [list(row) for row in rows])


def _show_plan(storyboard: Any, out_path: Path | None) -> None:
    rows = [
        [
            i + 1,
            f"{s.duration_seconds:.2f}",
            s.role,
            s.camera,
            s.description,
            s.caption or "",
            s.transition.kind,
        ]
        for i, s in enumerate(storyboard.scenes)
    ]
    table(
        ["scene", "seconds", "role", "camera", "description", "caption", "then"],
        rows,
        right=("seconds",),
    )
    out(f"\nlook: {storyboard.look.words}")
    if out_path is not None:
        typer.echo(str(out_path))


@option_groups(
    brief=_only(BRIEF, "duration_seconds", "aspect_ratio", "resolution", "style", "seed"),
    options=RENDERING,
)
def estimate(
    *, request: Request, brief: dict[str, Any], options: dict[str, Any], json: Json = False
) -> None:
    """Estimate the cost of a render, scene by scene, without making anything."""
    with reporting(json, request):
        from lotus.api import videos as api

        cost = api.estimate(_load(request, **brief), **options, warn=warn)
        if json:
            print_json(cost.model_dump(mode="json"))
        else:
            _show_estimate(cost)


def _show_estimate(estimate: Any) -> None:
    from lotus.money.ledger import money

    rows = [
        [
            s.index + 1,
            f"{s.provider}/{s.model}",
            "cached" if s.cached else "to make",
            f"${money(s.amount_usd)}" if s.price_known else "unknown",
        ]
        for s in estimate.scenes
    ]
    table(["scene", "provider", "clip", "cost"], rows, right=("cost",))
    for s in estimate.scenes:
        for line in s.untaken:
            out(f"scene {s.index + 1}: {s.model} does not take {line}")
    for speech in estimate.narration:
        where = "the video" if speech.scene is None else f"scene {speech.scene + 1}"
        price = f"${money(speech.amount_usd)}" if speech.price_known else "an unknown price"
        out(f"narration of {where}: {speech.voice}, about {speech.seconds:.1f} s, {price}")
    unpriced = sum(not s.price_known for s in (*estimate.scenes, *estimate.narration))
    more = f", and {unpriced} parts of unknown price (they need --budget)" if unpriced else ""
    above = estimate.above_budget_usd
    over = f", ${money(above)} above the budget of ${money(estimate.budget_usd)}" if above else ""
    out(f"\ntotal ${money(estimate.total_usd)}{over}{more}")
    seconds = sum(s.bought_seconds for s in estimate.scenes)
    if seconds:
        used_seconds = sum(s.used_seconds for s in estimate.scenes if s.bought_seconds)
        out(f"bought {seconds:g} s of video, of which the scenes show {used_seconds:g} s")


def schema(
    name: Annotated[str, typer.Argument(metavar="NAME", help="brief, storyboard or timeline.")],
) -> None:
    """Print the JSON Schema of a brief, a storyboard or a timeline."""
    with reporting():
        from lotus.documents.brief import Brief
        from lotus.documents.storyboard import Storyboard
        from lotus.documents.timeline import Timeline
        from lotus.errors import UnknownName

        models: dict[str, Any] = {"brief": Brief, "storyboard": Storyboard, "timeline": Timeline}
        if name not in models:
            raise UnknownName("schema", name, models)
        print_json(models[name].model_json_schema())
