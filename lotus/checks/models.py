"""The catalogue of models: it can be read, with the user's own file, and its facts are not old."""

from __future__ import annotations

from datetime import date

from lotus.checks.base import Finding
from lotus.models.catalog import Catalog, read_catalog
from lotus.models.schema import STALE_DAYS
from lotus.settings import Settings

__all__ = ["catalogue", "stale"]


def catalogue(settings: Settings) -> Finding:
    """The number of models, whose they are, and how old their prices are."""
    catalog = read_catalog(settings.models)
    days = sorted(
        model.sources.checked for model in catalog.models.values() if model.sources.checked
    )
    more = len(set(catalog.models) - set(read_catalog().models))
    own = f", {more} of them from {settings.models}" if settings.models is not None else ""
    detail = f"{len(catalog.models)} models{own}; prices read {days[0]} to {days[-1]}"
    old = stale(catalog, date.today())
    if not old:
        return Finding("ok", detail)
    return Finding(
        "warn",
        f"{detail}; {len(old)} more than {STALE_DAYS} days ago or on an unknown day: "
        f"{', '.join(old)}",
        "compare them with `lotus models check`, and correct prices in a catalogue of your own "
        "(LOTUS_MODELS)",
        "estimates and budgets use these prices",
    )


def stale(catalog: Catalog, today: date) -> list[str]:
    """The models whose facts were read long ago, or on a day that nobody knows."""
    return [
        model.name
        for model in catalog.models.values()
        if model.sources.checked is None or (today - model.sources.checked).days > STALE_DAYS
    ]
