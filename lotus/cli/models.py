"""lotus models: what Replicate can make for us, for how much, within which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

if TYPE_CHECKING:
    from lotus.models.catalog import Catalog, Model

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(models)


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Show this model in full.")
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="text-to-video, image-to-video, music, ...")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Models of Replicate: task, price, limits, speed, licence. LOTUS_MODELS adds your own."""
    with reporting(json):
        from lotus.errors import UnknownName
        from lotus.models.catalog import TASKS, read_catalog
        from lotus.settings import Settings

        if task is not None and task not in TASKS:
            raise UnknownName("task", task, TASKS)
        catalog = read_catalog(Settings.read().models)
        if name is not None:
            chosen = [catalog.model(name, task)]
        else:
            chosen = [model for model in catalog.models.values() if task in (None, *model.tasks)]
        if json:
            print_json({"models": [_document(model, catalog) for model in chosen]})
        elif name is not None:
            _show(chosen[0], catalog)
        else:
            _list(chosen, catalog)


def _document(model: Model, catalog: Catalog) -> dict[str, Any]:
    """A model as JSON: as the catalogue has it, its lengths counted out."""
    from lotus.models import table as listing

    document = model.model_dump(mode="json", by_alias=True, exclude={"seconds"})
    lengths = [float(length) for length in model.lengths]
    return {**document, "lengths_seconds": lengths, "default_for": listing.defaults(model, catalog)}


def _list(chosen: list[Model], catalog: Catalog) -> None:
    from lotus.models import table as listing

    rows = [
        [
            model.name,
            "\n".join(
                task + "*" * (task in listing.defaults(model, catalog)) for task in model.tasks
            ),
            "\n".join(listing.rates(model)),
            listing.lengths(model),
            listing.shapes(model),
            model.speed,
            model.licence,
        ]
        for model in chosen
    ]
    table(["model", "task", "price", "seconds", "shapes", "speed", "licence"], rows)
    out("\n* taken when no model is named; `lotus models NAME` shows one in full")


def _show(model: Model, catalog: Catalog) -> None:
    from lotus.models import table as listing

    sources = model.sources
    read = f"read {sources.checked}" if sources.checked else "the day it was read is not known"
    confirmed = "yes" if sources.confirmed else "no"
    lines = {
        "model": f"{model.name}: {model.about}",
        "on Replicate": model.replicate + (f":{model.version}" if model.version else " (official)"),
        "task": ", ".join(model.tasks),
        "default for": ", ".join(listing.defaults(model, catalog)) or "-",
        "price": "\n".join(listing.prices(model)),
        "seconds": listing.lengths(model) or "-",
        "shapes": listing.shapes(model) or "-",
        "frames a second": f"{model.fps:g}" if model.fps else "not known",
        "takes": "\n".join(f"{name}: {_origin(taken)}" for name, taken in model.takes.items()),
        "cannot be told": ", ".join(model.ignores) or "-",
        "speed": model.speed or "not known",
        "licence": model.licence,
        "inputs from": sources.inputs,
        "price from": f"{sources.price} ({read})",
        "confirmed": f"{confirmed}; {sources.note}" if sources.note else confirmed,
    }
    table(["", "why"], [[name, value] for name, value in lines.items()])


def _origin(taken: Any) -> str:
    unless = f", unless there is {taken.unless}" if taken.unless else ""
    return (f"always {taken.value}".lower() if taken.fact is None else f"the {taken.fact}") + unless
