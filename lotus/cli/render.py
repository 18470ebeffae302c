"""render, plan, estimate, schema: from a request to a video."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table, warn

__all__ = ["register"]

Request = Annotated[
    str,
    typer.Argument(
        metavar="BRIEF", help="A brief or storyboard (YAML, JSON), or the prompt itself."
    ),
]
Duration = Annotated[float | None, typer.Option(help="Length in seconds.")]
Aspect = Annotated[str | None, typer.Option(help="16:9, 9:16 or 1:1.")]
Resolution = Annotated[str | None, typer.Option(help="720p or 1080p.")]
Style = Annotated[str | None, typer.Option(help="How it looks: cinematic, watercolor, ...")]
Music = Annotated[str | None, typer.Option(help="calm, bright, driving, none, or an audio file.")]
Seed = Annotated[int | None, typer.Option(help="Another seed makes another variation.")]
ProviderName = Annotated[
    str | None,
    typer.Option("--provider", help="Who makes the clips: animatic, or replicate with a --model."),
]
ModelName = Annotated[
    str | None, typer.Option("--model", help="A hosted model, of `lotus models`.")
]
Final = Annotated[
    str | None,
    typer.Option("--final", metavar="MODEL", help="The model that makes the approved scenes."),
]
PlannerName = Annotated[
    str, typer.Option("--planner", help="template (offline, free) or llm (hosted).")
]
LlmName = Annotated[
    str | None, typer.Option("--llm", help="Who plans: a language model of `lotus models`.")
]
Budget = Annotated[
    str | None, typer.Option("--budget", metavar="USD", help="Spend no more than this, in dollars.")
]
Out = Annotated[Path | None, typer.Option("--out", "-o", help="Write the video to this file.")]
Json = Annotated[bool, JSON]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress, no summary.")]


def register(root: typer.Typer) -> None:
    """Add the commands to `lotus`."""
    for command in (render, plan, estimate, schema):
        root.command()(command)


def _load(request: str, **overrides: Any) -> Any:
    from lotus.documents.reading import load_request

    return load_request(request, **overrides)


def render(
    request: Request,
    out_path: Out = None,
    duration: Duration = None,
    aspect: Aspect = None,
    resolution: Resolution = None,
    style: Style = None,
    music: Music = None,
    seed: Seed = None,
    provider: ProviderName = None,
    model: ModelName = None,
    final: Final = None,
    planner: PlannerName = "template",
    llm: LlmName = None,
    budget: Budget = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Render a brief, a storyboard or a prompt to a finished video."""
    with reporting(json):
        from lotus.api import videos as api
        from lotus.display.progress import TerminalProgress

        asked = _load(
            request,
            duration_seconds=duration,
            aspect_ratio=aspect,
            resolution=resolution,
            style=style,
            music=music,
            seed=seed,
        )
        with TerminalProgress(quiet=quiet or json) as progress:
            job = api.render(
                asked,
                provider=provider,
                model=model,
                final=final,
                planner=planner,
                llm=llm,
                budget_usd=budget,
                out=out_path,
                listener=progress,
                warn=warn,
            )
        _report(job, out_path, json, quiet)


def _report(job: Any, out_path: Path | None, json: bool, quiet: bool) -> None:
    """The summary of a finished job."""
    video = out_path.expanduser().absolute() if out_path is not None else job.output
    if json:
        print_json({**job.to_json(), "output": str(video)})
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


def plan(
    request: Request,
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the storyboard here.")
    ] = None,
    duration: Duration = None,
    aspect: Aspect = None,
    style: Style = None,
    seed: Seed = None,
    model: ModelName = None,
    planner: PlannerName = "template",
    llm: LlmName = None,
    budget: Budget = None,
    json: Json = False,
) -> None:
    """Plan a brief: a storyboard to read, edit and render."""
    with reporting(json):
        from lotus.api import videos as api
        from lotus.system.files import write_aside

        asked = _load(
            request, duration_seconds=duration, aspect_ratio=aspect, style=style, seed=seed
        )
        storyboard = api.plan(
            asked, model=model, planner=planner, llm=llm, budget_usd=budget, warn=warn
        )
        if out_path is not None:
            write_aside(storyboard.model_dump_json(indent=2) + "\n", out_path)
        if json:
            print_json(storyboard.model_dump(mode="json"))
        else:
            _show_plan(storyboard, out_path)


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


def estimate(
    request: Request,
    duration: Duration = None,
    aspect: Aspect = None,
    resolution: Resolution = None,
    style: Style = None,
    seed: Seed = None,
    provider: ProviderName = None,
    model: ModelName = None,
    final: Final = None,
    planner: PlannerName = "template",
    llm: LlmName = None,
    budget: Budget = None,
    json: Json = False,
) -> None:
    """What rendering will cost, scene by scene; makes nothing."""
    with reporting(json):
        from lotus.api import videos as api

        asked = _load(
            request,
            duration_seconds=duration,
            aspect_ratio=aspect,
            resolution=resolution,
            style=style,
            seed=seed,
        )
        found = api.estimate(
            asked,
            provider=provider,
            model=model,
            final=final,
            planner=planner,
            llm=llm,
            budget_usd=budget,
            warn=warn,
        )
        if json:
            print_json(found.to_json())
        else:
            _show_estimate(found)


def _show_estimate(found: Any) -> None:
    from lotus.money.ledger import money

    rows = [
        [
            s.index + 1,
            f"{s.provider}/{s.model}",
            "cached" if s.cached else "to make",
            f"${money(s.amount_usd)}",
        ]
        for s in found.scenes
    ]
    table(["scene", "provider", "clip", "cost"], rows, right=("cost",))
    out(f"\ntotal ${money(found.total_usd)}")


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
