"""lotus models: what Replicate can make for us, for how much, within which limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lotus.cli.common import JSON, Commands, out, print_json, reporting, table
from lotus.system.quantities import quantity

if TYPE_CHECKING:
    from lotus.models.catalog import Catalog, Model

__all__ = ["app"]


class _Models(Commands):
    """A group of which `lotus models` and `lotus models NAME` are commands too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take what names no command for the list's own arguments."""
        own = not args or args[0] not in (*self.commands, "-h", "--help")
        return super().parse_args(ctx, ["show", *args] if own else args)


app = typer.Typer(
    cls=_Models,
    invoke_without_command=True,
    no_args_is_help=False,
    help="List hosted models; `lotus models NAME` shows one in full, "
    "`lotus models --task image-to-video` those of a task; all take --json.",
)


@app.command("show", hidden=True)
def models(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Show this model in full.")
    ] = None,
    task: Annotated[
        str | None,
        typer.Option(help="Show models of this task: text-to-video, image-to-video, music, ..."),
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Show hosted models: task, price, limits, speed, licence. LOTUS_MODELS adds your own."""
    with reporting(json):
        from lotus.errors import UnknownName
        from lotus.models.catalog import TASKS, read_catalog
        from lotus.settings import Settings

        if task is not None and task not in TASKS:
            raise UnknownName("task", task, TASKS)
        catalog = read_catalog(Settings.read().models)
        if name is not None:
            entries = [catalog.model(name, task)]
        else:
            entries = [model for model in catalog.models.values() if task in (None, *model.tasks)]
        if json:
            print_json({"models": [_document(model, catalog) for model in entries]})
        elif name is not None:
            _show(entries[0], catalog)
        else:
            _list(entries, catalog)


@app.command()
def add(
    name: Annotated[
        str, typer.Argument(metavar="OWNER/NAME[:VERSION]", help="The model, or a deployment.")
    ],
    price: Annotated[
        list[str] | None, typer.Option(help="METRIC=USD, as on the model's page; several add up.")
    ] = None,
    file: Annotated[
        str | None,
        typer.Option(help="Your catalogue file; default: the one that LOTUS_MODELS names."),
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Read a model's schema and write a table for it into your own catalogue, for review."""
    with reporting(json):
        from datetime import date
        from pathlib import Path

        from lotus.errors import InvalidInput
        from lotus.models.adding import add_model, read_prices
        from lotus.settings import Settings

        settings = Settings.read()
        target = Path(file) if file is not None else settings.models
        if target is None:
            raise InvalidInput(
                file="",
                field="LOTUS_MODELS",
                reason="has no catalogue file",
                remedy="write LOTUS_MODELS=models.toml into .env, or add --file models.toml",
            )
        prices = read_prices(price or _ask_for_price(json))
        model, text = add_model(_account(), name, target, prices, date.today())
        if json:
            print_json({"file": str(target), "model": model.model_dump(mode="json", by_alias=True)})
        else:
            out(f"{text}\nadded to {target}: look at it, then use --model {model.name}")


def _ask_for_price(json: bool) -> list[str]:
    """The price, if somebody is there to be asked."""
    import sys

    if json or not sys.stdin.isatty():
        return []
    from lotus.models.pricing import METRICS

    out(f"What does one unit cost, in US dollars? Metrics: {', '.join(METRICS)}")
    return [typer.prompt("METRIC=USD")]


@app.command()
def check(
    name: Annotated[
        str | None, typer.Argument(metavar="NAME", help="Check only this model.")
    ] = None,
    json: Annotated[bool, JSON] = False,
) -> None:
    """Compare the catalogue with the models' own schemas; say which prices are old."""
    with reporting(json):
        from datetime import date

        from lotus.errors import InvalidInput, ProviderError
        from lotus.models.adding import check_model
        from lotus.models.catalog import read_catalog
        from lotus.settings import Settings

        catalog = read_catalog(Settings.read().models)
        entries = [catalog.model(name)] if name is not None else list(catalog.models.values())
        account = _account()
        changes: dict[str, list[str]] = {}
        for model in entries:
            try:
                changes[model.name] = check_model(account, model, date.today())
            except (InvalidInput, ProviderError) as error:
                changes[model.name] = [f"not compared: {error.message}"]
        if json:
            print_json({"models": changes})
            return
        rows = [[model, line] for model, lines in changes.items() for line in lines]
        if rows:
            table(["model", "difference"], rows)
        differ = len({name for name, _ in rows})
        out(f"\n{quantity(len(changes), 'model')} compared; with differences: {differ}")


def _account() -> Any:
    from lotus.cli.common import open_workspace

    provider: Any = open_workspace().providers.get("replicate")
    return provider.client


def _document(model: Model, catalog: Catalog) -> dict[str, Any]:
    """A model as JSON: as the catalogue has it, its lengths counted out."""
    from lotus.models import table as listing

    document = model.model_dump(mode="json", by_alias=True, exclude={"seconds"})
    lengths = [float(length) for length in model.lengths]
    return {**document, "lengths_seconds": lengths, "default_for": listing.defaults(model, catalog)}


def _list(entries: list[Model], catalog: Catalog) -> None:
    from lotus.models import table as listing

    rows = [
        [
            model.name + "\n(retired)" * bool(model.retired),
            "\n".join(
                task + "*" * (task in listing.defaults(model, catalog)) for task in model.tasks
            ),
            "\n".join(listing.rates(model)),
            listing.lengths(model),
            listing.shapes(model),
            model.speed,
            model.licence,
        ]
        for model in entries
    ]
    table(["model", "task", "price", "seconds", "shapes", "speed", "licence"], rows)
    out("\n* taken when no model is named; `lotus models NAME` shows one in full")


def _show(model: Model, catalog: Catalog) -> None:
    from lotus.models import table as listing

    sources = model.sources
    age = f"read {sources.checked}" if sources.checked else "its date is unknown"
    confirmation = "yes" if sources.confirmed else "no"
    lines = {
        "model": f"{model.name}: {model.about}",
        "on Replicate": model.replicate + (f":{model.version}" if model.version else " (official)"),
        "retired": model.retired or "no",
        "task": ", ".join(model.tasks),
        "default for": ", ".join(listing.defaults(model, catalog)) or "-",
        "price": "\n".join(listing.prices(model)),
        "seconds": listing.lengths(model) or "-",
        "shapes": listing.shapes(model) or "-",
        "frames a second": f"{model.fps:g}" if model.fps else "unknown",
        "takes": "\n".join(f"{name}: {_origin(spec)}" for name, spec in model.takes.items()),
        "cannot be told": ", ".join(model.ignores) or "-",
        "speed": model.speed or "unknown",
        "licence": model.licence,
        "inputs from": sources.inputs,
        "price from": f"{sources.price} ({age})",
        "confirmed": f"{confirmation}; {sources.note}" if sources.note else confirmation,
    }
    table(["", "why"], [[name, value] for name, value in lines.items()])


def _origin(spec: Any) -> str:
    unless = f", unless there is {spec.unless}" if spec.unless else ""
    return (f"always {spec.value}".lower() if spec.fact is None else f"the {spec.fact}") + unless
