"""The catalogue as people read it: prices, lengths and shapes in a few characters."""

from __future__ import annotations

from decimal import Decimal

from lotus.documents.brief import ASPECT_RATIOS
from lotus.models.catalog import Catalog, Model
from lotus.models.pricing import METRICS
from lotus.money.ledger import money

__all__ = ["defaults", "lengths", "prices", "rates", "shapes"]


def defaults(model: Model, catalog: Catalog) -> list[str]:
    """The tasks that it is taken for when no model is named."""
    return [task for task in model.tasks if catalog.defaults.get(task) == model.name]


def prices(model: Model) -> list[str]:
    """Each price with its condition: `$0.02/s if resolution is 720p`."""
    return ["unknown"] * (not model.prices) + [
        _rate(price.metric, [price.usd])
        + (
            " if " + " and ".join(f"{k} is {v}".lower() for k, v in price.when.items())
            if price.when
            else ""
        )
        for price in model.prices
    ]


def rates(model: Model) -> list[str]:
    """The span of each metric's prices: `$0.02-0.04/s`."""
    spans: dict[str, list[Decimal]] = {}
    for price in model.prices:
        spans.setdefault(price.metric, []).append(price.usd)
    return [_rate(metric, amounts) for metric, amounts in spans.items()] or ["unknown"]


def _rate(metric: str, amounts: list[Decimal]) -> str:
    unit_of = METRICS[metric]
    span = "-".join(money(amount * unit_of.many) for amount in sorted(set(amounts)))
    return f"${span}/{unit_of.unit}"


def lengths(model: Model) -> str:
    """The seconds of its clips: `1-10`, `5, 10`, or nothing."""
    seconds = [float(length) for length in model.lengths]
    if len(seconds) <= 4:
        return ", ".join(f"{length:g}" for length in seconds)
    return f"{seconds[0]:.3g}-{seconds[-1]:.3g}"


def shapes(model: Model) -> str:
    """The aspect ratios that it makes: `any`, `16:9 9:16`, or nothing."""
    every = set(ASPECT_RATIOS) <= set(model.aspect_ratios)
    return "any" if every else " ".join(model.aspect_ratios)
