"""lotus cache: what is kept, why a scene is or is not in it, and how to clear it."""

from __future__ import annotations

from typing import Annotated

import typer

from lotus.cli.common import (
    JSON,
    Commands,
    open_workspace,
    print_json,
    print_removal,
    reporting,
    table,
)

__all__ = ["app"]

app = typer.Typer(cls=Commands, help="The cache of clips and segments.", no_args_is_help=True)
Json = Annotated[bool, JSON]


@app.command()
def stats(json: Json = False) -> None:
    """Show the cache's size, its hits, and the money it saved."""
    with reporting(json):
        from lotus.reports import cache_stats

        totals = cache_stats(open_workspace())
        if json:
            print_json(totals)
            return
        table(["what", ""], [[name.replace("_", " "), value] for name, value in totals.items()])


@app.command()
def explain(
    request: Annotated[
        str, typer.Argument(metavar="BRIEF", help="A brief, a storyboard, or a prompt.")
    ],
    provider: Annotated[
        str | None, typer.Option(help="The provider of the clips: animatic or replicate.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A hosted model; `lotus models` lists them.")
    ] = None,
    final: Annotated[
        str | None,
        typer.Option(help="The model that makes the approved scenes again, in full quality."),
    ] = None,
    json: Json = False,
) -> None:
    """Show for each scene whether its clip is cached, or which field changed."""
    with reporting(json):
        from lotus.documents.reading import load_request
        from lotus.generation.plan import explain as explain_plans
        from lotus.pipeline.options import RenderOptions
        from lotus.pipeline.pipeline import prepare

        workspace = open_workspace()
        options = RenderOptions.by_default(workspace.settings, provider, model, final)
        preparation = prepare(load_request(request), options, workspace)
        scenes = explain_plans(preparation.clips, workspace.db)
        if json:
            print_json({"scenes": [{**s.__dict__, "changed": list(s.changed)} for s in scenes]})
            return
        rows = [
            [s.index + 1, s.clip_key[:12], "hit" if s.hit else "miss", s.reason] for s in scenes
        ]
        table(["scene", "clip", "", "why"], rows)


@app.command()
def clear(
    clips: Annotated[
        bool, typer.Option("--clips", help="Remove clips, which may have cost money.")
    ] = False,
    segments: Annotated[bool, typer.Option("--segments", help="Remove rendered segments.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Remove them; without it, only list them.")
    ] = False,
    json: Json = False,
) -> None:
    """Remove clips and segments (both, unless one is named); without --yes, list them only."""
    with reporting(json):
        from lotus.reports import clear_cache

        both = not clips and not segments
        prefixes = [
            p
            for p, is_included in (("clips", clips or both), ("segments", segments or both))
            if is_included
        ]
        removal = clear_cache(open_workspace(), prefixes, dry_run=not yes)
        print_removal(removal, json)
