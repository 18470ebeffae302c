"""Providers by name. Others register under the entry-point group `lotus.providers`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import entry_points
from typing import cast

from lotus.errors import UnknownName
from lotus.providers.base import ClipRequest, Provider, Tools

__all__ = ["PROVIDERS", "ClipRequest", "Provider", "Tools", "provider"]

PROVIDERS: Mapping[str, str] = {
    "animatic": "lotus.providers.animatic:Animatic",
    "footage": "lotus.providers.footage:Footage",
}


def provider(name: str) -> Provider:
    """The provider of this name; raises UnknownName with the choices."""
    others = {entry.name: entry.value for entry in entry_points(group="lotus.providers")}
    known = {**others, **PROVIDERS}
    if name not in known:
        raise UnknownName("provider", name, known)
    module, _, attribute = known[name].partition(":")
    return cast(Provider, getattr(import_module(module), attribute)())
