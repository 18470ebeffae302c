"""The catalogue of models: it can be read, with the user's own file if there is one."""

from __future__ import annotations

from lotus.checks.base import Finding
from lotus.models.catalog import read_catalog
from lotus.settings import Settings

__all__ = ["catalogue"]


def catalogue(settings: Settings) -> Finding:
    """How many models there are, whose, and how old their prices are."""
    catalog = read_catalog(settings.models)
    days = sorted(
        model.sources.checked for model in catalog.models.values() if model.sources.checked
    )
    more = len(set(catalog.models) - set(read_catalog().models))
    own = f", {more} of them from {settings.models}" if settings.models is not None else ""
    return Finding("ok", f"{len(catalog.models)} models{own}; prices read {days[0]} to {days[-1]}")
