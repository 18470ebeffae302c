"""Providers by name. Others register under the entry-point group `lotus.providers`, or in a cell by
`@lotus.provider`.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, cast

from lotus.errors import InvalidInput, UnknownName

if TYPE_CHECKING:
    from collections.abc import Callable

    from lotus.db import Database
    from lotus.providers.base import Provider
    from lotus.settings import Settings

__all__ = ["PROVIDERS", "Providers"]

PROVIDERS: Mapping[str, str] = {
    "animatic": "lotus.providers.animatic.provider:Animatic",
    "footage": "lotus.providers.footage:Footage",
    "replicate": "lotus.providers.replicate",
}


class Providers:
    """The providers of a process, each made once; thread-safe."""

    def __init__(self, settings: Settings, database: Callable[[], Database] | None = None) -> None:
        self._settings = settings
        self._database = database
        self._made: dict[tuple[str, str | None], tuple[Any, Provider]] = {}
        self._shared: dict[str, Any] = {}
        self._lock = threading.RLock()

    def get(self, name: str, model: str | None = None) -> Provider:
        """The provider of this name; raises UnknownName with the choices, or InvalidInput for a
        model.
        """
        from lotus.providers.functions import registered

        function = registered(name)
        if function is not None:
            if model is not None:
                raise _has_no_models(name)
            return function
        with self._lock:
            factory = _factory(name)
            entry = self._made.get((name, model))
            if entry is None or entry[0] is not factory:  # a class may be defined again in a cell
                entry = self._made[name, model] = (factory, self._make(name, model, factory))
            return entry[1]

    def _make(self, name: str, model: str | None, factory: Any) -> Provider:
        from lotus.providers.base import ProviderOptions

        configure = getattr(factory, "configured", None)
        if configure is not None:
            return cast(
                "Provider",
                configure(ProviderOptions(model, self._settings, self._shared, self._database)),
            )
        if model is not None:
            raise _has_no_models(name)
        return cast("Provider", factory())


def _has_no_models(name: str) -> InvalidInput:
    return InvalidInput(
        file="",
        field="model",
        reason=f"the provider {name} has no models to choose from",
        remedy="add --provider replicate, or remove --model",
    )


def _factory(name: str) -> Any:
    module, _, attribute = _home(name).partition(":")
    factory: Any = import_module(module)
    return getattr(factory, attribute) if attribute else factory


def _home(name: str) -> str:
    home = PROVIDERS.get(name)
    if home is None:  # the metadata of everything installed is read only when it has to be
        from importlib.metadata import entry_points

        others = {entry.name: entry.value for entry in entry_points(group="lotus.providers")}
        if name not in others:
            raise UnknownName("provider", name, {*others, *PROVIDERS})
        home = others[name]
    return home
