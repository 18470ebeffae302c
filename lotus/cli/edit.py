"""lotus edit: change a job's storyboard in words, and see what it costs before anything is made."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, open_workspace, out, print_json, reporting, warn

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(edit)


def edit(
    source: Annotated[
        str, typer.Argument(metavar="JOB|FILE", help="A job's id, or a storyboard (YAML, JSON).")
    ],
    words: Annotated[
        str, typer.Argument(metavar="WORDS", help="What to change: shorter, swap, caption, ...")
    ],
    out_path: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write the edited storyboard here.")
    ] = None,
    render: Annotated[
        bool, typer.Option("--render", help="Render the result after showing the price.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="A hosted model; `lotus models` lists them.")
    ] = None,
    llm: Annotated[
        str | None,
        typer.Option(
            help="The language model that reads the words; default: built-in rules, free."
        ),
    ] = None,
    budget: Annotated[
        str | None, typer.Option("--budget", metavar="USD", help="Maximum cost in dollars.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Edit a storyboard in words; print the operations, what was not understood, and the price.

    In a notebook: `job.edit`; there, `lotus.edit` opens a board of cards instead.
    """
    with reporting(json, source):
        from lotus.api import videos as api
        from lotus.api.files import asker
        from lotus.pipeline.edits import propose
        from lotus.pipeline.options import RenderOptions
        from lotus.system.files import write_aside

        workspace = open_workspace()
        options = RenderOptions.of(None, model, None, "template", llm, budget)
        ask = asker(workspace, llm, options.budget_usd)[0] if llm is not None else None
        proposal = propose(_storyboard(source, workspace), words, options, workspace, ask)
        _check_understood(proposal, in_part=not render)
        if out_path is not None:
            write_aside(proposal.storyboard.model_dump_json(indent=2) + "\n", out_path)
        if json:
            print_json(proposal.model_dump(mode="json"))
        else:
            out(str(proposal))
        if render and proposal.operations:
            job = api.render(
                proposal.storyboard, model=model, budget_usd=budget, workspace=workspace, warn=warn
            )
            out(f"job {job.id}")
            typer.echo(str(job.output))


def _check_understood(proposal: Any, in_part: bool) -> None:
    """Raise InvalidInput if nothing was understood, or only a part of what is to be rendered."""
    from lotus.errors import InvalidInput

    if not proposal.unknown or (in_part and proposal.operations):
        return
    remedy = "write it as `make scene 2 shorter`, leave it out, or name a model by --llm"
    missing = "; ".join(proposal.unknown)
    raise InvalidInput(file="", field="", reason=f"not understood: {missing}", remedy=remedy)


def _storyboard(source: str, workspace: Any) -> Any:
    """The storyboard of a file or of a job."""
    from lotus.documents.reading import load_request
    from lotus.documents.storyboard import Storyboard
    from lotus.errors import InvalidInput
    from lotus.pipeline.job import read_job

    if source.lower().endswith((".json", ".yaml", ".yml", ".toml")):
        board = load_request(source)
        if isinstance(board, Storyboard):
            return board
        remedy = "plan it first: lotus plan BRIEF --out board.json"
        raise InvalidInput(file=source, field="", reason="is not a storyboard", remedy=remedy)
    storyboard = read_job(workspace, source).storyboard
    if storyboard is None:
        remedy = "render its brief again"
        raise InvalidInput(
            file="",
            field="job",
            reason=f"{source} has no storyboard: planning did not finish",
            remedy=remedy,
        )
    return storyboard
