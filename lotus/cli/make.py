"""lotus make: a picture, music or a voice by a hosted model, as a file to use in a brief or a
timeline.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(make)


def make(
    task: Annotated[
        str, typer.Argument(metavar="TASK", help="text-to-image, music, speech, upscale or cast.")
    ],
    out_path: Annotated[
        Path, typer.Option("--out", "-o", help="The file: .png, or .mp3 for a sound.")
    ],
    prompt: Annotated[
        str,
        typer.Argument(
            metavar="[WORDS]", help="What to draw, play or say; for cast, a storyboard."
        ),
    ] = "",
    model: Annotated[
        str | None, typer.Option(help="A model of `lotus models --task TASK`.")
    ] = None,
    seconds: Annotated[float, typer.Option(help="Length of the music in seconds.")] = 15,
    aspect: Annotated[str, typer.Option(help="Shape of the picture: 16:9, 9:16 or 1:1.")] = "16:9",
    seed: Annotated[
        int, typer.Option(help="Seed of the random choices: another seed, another variation.")
    ] = 0,
    voice: Annotated[
        str | None, typer.Option(help="The voice: a name that the model knows.")
    ] = None,
    source: Annotated[Path | None, typer.Option(help="The picture to make larger.")] = None,
    scale: Annotated[float, typer.Option(help="Enlargement factor.")] = 2,
    budget: Annotated[
        str | None, typer.Option(metavar="USD", help="Maximum cost in dollars.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Make a picture, music or a voice with a hosted model; paid once, kept, and written to a
    file.
    """
    with reporting(json):
        from lotus.api.files import make as make_and_save
        from lotus.money.ledger import money

        if task == "cast":
            _make_cast(prompt, out_path, model, budget, json)
            return
        _check_arguments(task, prompt, source)
        file = make_and_save(
            task,
            prompt,
            out=out_path,
            model=model,
            seconds=seconds,
            aspect_ratio=aspect,  # type: ignore[arg-type]  # the model refuses others
            seed=seed,
            voice=voice,
            source=source,
            scale=scale,
            budget_usd=budget,
        )
        target = str(out_path.expanduser().absolute())
        if json:
            cost: dict[str, Any] = file.cost.model_dump(mode="json")
            print_json({"output": target, "model": file.model, "cached": file.cached, "cost": cost})
            return
        how = "from the cache" if file.cached else f"made by {file.model}"
        savings = f", saved ${money(file.cost.saved_usd)}" if file.cached else ""
        out(f"{how}; cost ${money(file.cost.actual_usd)}{savings}")
        typer.echo(target)


def _check_arguments(task: str, prompt: str, source: Path | None) -> None:
    """Raise InvalidInput for what a task needs, in the words of the command line."""
    from lotus.errors import InvalidInput

    if task == "upscale" and source is None:
        remedy = "name the picture to make larger: --source a.png"
        raise InvalidInput(file="", field="--source", reason="is missing", remedy=remedy)
    if task in ("text-to-image", "music", "speech") and not prompt.strip():
        remedy = "write what to draw, play or say"
        raise InvalidInput(file="", field="WORDS", reason="is missing", remedy=remedy)


def _make_cast(
    board: str, out_path: Path, model: str | None, budget: str | None, json: bool
) -> None:
    """Reference sheets for a storyboard's cast, and the storyboard that has them."""
    from lotus.api.cast import make_cast
    from lotus.documents.reading import load_request
    from lotus.documents.storyboard import Storyboard
    from lotus.errors import InvalidInput
    from lotus.money.ledger import money
    from lotus.system.files import write_aside

    storyboard = load_request(board)
    if not isinstance(storyboard, Storyboard):
        remedy = "plan it first: lotus plan BRIEF --out board.json"
        raise InvalidInput(file=board, field="", reason="is not a storyboard", remedy=remedy)
    sheets = make_cast(storyboard, model=model, budget_usd=budget)
    write_aside(sheets.storyboard.model_dump_json(indent=2) + "\n", out_path)
    target = str(out_path.expanduser().absolute())
    if json:
        cost = str(money(sheets.cost_usd))
        print_json({"output": target, "members": sheets.members, "cost_usd": cost})
        return
    out(
        f"{len(sheets.members)} sheets: {', '.join(sheets.members)}; cost ${money(sheets.cost_usd)}"
    )
    typer.echo(target)
