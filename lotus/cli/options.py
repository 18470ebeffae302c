"""Groups of options that several commands share: what a brief says, and how it is rendered."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Annotated, Any

import typer

__all__ = ["BRIEF", "RENDERING", "Group", "option_groups"]

Group = dict[str, tuple[Any, Any]]  # by name: the annotation and the default

BRIEF: Group = {  # fields of a brief
    "duration_seconds": (
        Annotated[float | None, typer.Option("--duration", help="Length in seconds.")],
        None,
    ),
    "aspect_ratio": (
        Annotated[
            str | None, typer.Option("--aspect", help="Shape of the video: 16:9, 9:16 or 1:1.")
        ],
        None,
    ),
    "resolution": (Annotated[str | None, typer.Option(help="Resolution: 720p or 1080p.")], None),
    "style": (
        Annotated[str | None, typer.Option(help="Visual style: cinematic, watercolor, ...")],
        None,
    ),
    "music": (
        Annotated[
            str | None,
            typer.Option(help="Music: a mood (calm, warm, night, ...), none, or an audio file."),
        ],
        None,
    ),
    "seed": (
        Annotated[
            int | None,
            typer.Option(help="Seed of the random choices: another seed, another variation."),
        ],
        None,
    ),
}
RENDERING: Group = {  # fields of RenderOptions
    "provider": (
        Annotated[
            str | None,
            typer.Option(help="Provider of the clips: animatic (free), or replicate with --model."),
        ],
        None,
    ),
    "model": (
        Annotated[str | None, typer.Option(help="A hosted model; `lotus models` lists them.")],
        None,
    ),
    "final": (
        Annotated[
            str | None,
            typer.Option(
                metavar="MODEL",
                help="The model that makes the approved scenes again, in full quality.",
            ),
        ],
        None,
    ),
    "planner": (
        Annotated[str, typer.Option(help="Planner: template (offline, free) or llm (hosted).")],
        "template",
    ),
    "llm": (
        Annotated[
            str | None,
            typer.Option(help="The language model that plans; `lotus models` lists them."),
        ],
        None,
    ),
    "candidates": (
        Annotated[
            int,
            typer.Option(
                metavar="N",
                help="Storyboards that the language model writes; the best one is used.",
            ),
        ],
        1,
    ),
    "budget_usd": (
        Annotated[
            str | None,
            typer.Option(
                "--budget",
                metavar="USD",
                help="Maximum cost in dollars; the job stops before it spends more.",
            ),
        ],
        None,
    ),
}


def option_groups(**groups: Group) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Replace parameters of a command by the options of their groups.

    The command is called with one dict for each group; the options stand where its parameter does.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        parameters: list[inspect.Parameter] = []
        for name, parameter in signature.parameters.items():
            options = groups.get(name)
            parameters += [parameter] if options is None else _parameters(options)

        @wraps(command)
        def call(**values: Any) -> None:
            for name, options in groups.items():
                values[name] = {option: values.pop(option) for option in options}
            command(**values)

        own = signature.replace(parameters=parameters)
        call.__signature__ = own  # type: ignore[attr-defined]
        call.__annotations__ = {p.name: p.annotation for p in parameters}
        return call

    return decorate


def _parameters(options: Group) -> list[inspect.Parameter]:
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, kind, default=default, annotation=annotation)
        for name, (annotation, default) in options.items()
    ]
