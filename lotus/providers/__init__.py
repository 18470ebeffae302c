"""Providers by name. Others register under the entry-point group `lotus.providers`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

from lotus.errors import UnknownName

if TYPE_CHECKING:
    from lotus.providers.base import Provider

__all__ = ["PROVIDERS", "provider"]

PROVIDERS: Mapping[str, str] = {
    "animatic": "lotus.providers.animatic:Animatic",
    "footage": "lotus.providers.footage:Footage",
}


def provider(name: str) -> Provider:
    """The provider of this name; raises UnknownName with the choices."""
    home = PROVIDERS.get(name)
    if home is None:  # the metadata of everything installed is read only when it has to be
        from importlib.metadata import entry_points

        others = {entry.name: entry.value for entry in entry_points(group="lotus.providers")}
        if name not in others:
            raise UnknownName("provider", name, {*others, *PROVIDERS})
        home = others[name]
    module, _, attribute = home.partition(":")
    return cast("Provider", getattr(import_module(module), attribute)())
