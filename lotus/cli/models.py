"""lotus models: what Replicate can make for us, for how much, within which limits."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotus.cli.common import JSON, out, print_json, reporting, table

if TYPE_CHECKING:
    from lotus.catalog import Catalog, Model

__all__ = ["register"]


def register(root: typer.Typer) -> None:
    """Add the command to `lotus`."""
    root.command()(models)


def models(
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="Show this model in full.")] = None,
    task: Annotated[str | None, typer.Option(help="text-to-video, image-to-video, music, ...")] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Models of Replicate: task, price, limits, speed, licence. LOTUS_MODELS adds your own."""
    with reporting(json):
        from lotus.catalog import TASKS, read_catalog
        from lotus.errors import UnknownName
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
    document = model.model_dump(mode="json", by_alias=True, exclude={"seconds"})
    lengths = [float(length) for length in model.lengths]
    return {**document, "lengths_seconds": lengths, "default_for": _defaults(model, catalog)}


def _defaults(model: Model, catalog: Catalog) -> list[str]:
    """The tasks that it is taken for when no model is named."""
    return [task for task in model.tasks if catalog.defaults.get(task) == model.name]


def _list(chosen: list[Model], catalog: Catalog) -> None:
    rows = [
        [
            model.name,
            "\n".join(task + "*" * (task in _defaults(model, catalog)) for task in model.tasks),
            "\n".join(_rates(model)),
            _lengths(model),
            _shapes(model),
            model.speed,
            model.licence,
        ]
        for model in chosen
    ]
    table(["model", "task", "price", "seconds", "shapes", "speed", "licence"], rows)
    out("\n* taken when no model is named; `lotus models NAME` shows one in full")


def _show(model: Model, catalog: Catalog) -> None:
    sources = model.sources
    read = f"read {sources.checked}" if sources.checked else "the day it was read is not known"
    confirmed = "yes" if sources.confirmed else "no"
    lines = {
        "model": f"{model.name}: {model.about}",
        "on Replicate": model.replicate + (f":{model.version}" if model.version else " (official)"),
        "task": ", ".join(model.tasks),
        "default for": ", ".join(_defaults(model, catalog)) or "-",
        "price": "\n".join(_prices(model)),
        "seconds": _lengths(model) or "-",
        "shapes": _shapes(model) or "-",
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
    return f"always {taken.value}".lower() if taken.fact is None else f"the {taken.fact}"


def _prices(model: Model) -> list[str]:
    """Each price with its condition: `$0.02/s if resolution is 720p`."""
    return [
        _rate(price.metric, [price.usd])
        + (" if " + " and ".join(f"{k} is {v}".lower() for k, v in price.when.items()) if price.when else "")
        for price in model.prices
    ]


def _rates(model: Model) -> list[str]:
    """The span of each metric's prices: `$0.02-0.04/s`."""
    spans: dict[str, list[Decimal]] = {}
    for price in model.prices:
        spans.setdefault(price.metric, []).append(price.usd)
    return [_rate(metric, amounts) for metric, amounts in spans.items()]


def _rate(metric: str, amounts: list[Decimal]) -> str:
    from lotus.ledger import money
    from lotus.model import METRICS

    counted = METRICS[metric]
    span = "-".join(money(amount * counted.many) for amount in sorted(set(amounts)))
    return f"${span}/{counted.unit}"


def _lengths(model: Model) -> str:
    lengths = model.lengths
    if len(lengths) <= 4:
        return ", ".join(f"{float(length):g}" for length in lengths)
    return f"{float(lengths[0]):.3g}-{float(lengths[-1]):.3g}"


def _shapes(model: Model) -> str:
    from lotus.brief import ASPECT_RATIOS

    every = set(ASPECT_RATIOS) <= set(model.aspect_ratios)
    return "any" if every else " ".join(model.aspect_ratios)
