"""The service inside a Jupyter server: the same addresses under /lotus, for those whom Jupyter
knows.

`jupyter server extension enable lotus.server.extension` adds it. lotus' own tokens are not asked
for there. Nothing here imports Jupyter: it calls these functions.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

from lotus.server.app import handlers
from lotus.server.service import Service
from lotus.server.web import Base
from lotus.workspace import Workspace

__all__ = ["identity_of"]

PREFIX = "lotus"
METHODS = ("get", "head", "post", "delete", "options")


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    return [{"module": "lotus.server.extension"}]


def _load_jupyter_server_extension(serverapp: Any) -> None:
    """Add the handlers, and begin to work when Jupyter's loop runs."""
    service = Service.of(Workspace.open(), with_tokens=False)
    service.identify = identity_of(serverapp.identity_provider)
    base = serverapp.web_app.settings["base_url"].rstrip("/")
    routes = handlers(service, f"{base}/{PREFIX}")
    for _, handler, _ in routes:
        for method in METHODS:  # each asks `identify` itself, before anything else is done
            setattr(getattr(handler, method), "__allow_unauthenticated", True)
    serverapp.web_app.add_handlers(".*$", routes)
    serverapp.io_loop.add_callback(service.start)
    serverapp.lotus_service = service


def identity_of(provider: Any) -> Any:
    """A function that says whether Jupyter's identity provider knows who asks."""

    async def identify(handler: Base) -> bool:
        asker: Any = handler  # with what providers read of Jupyter's own handlers
        asker.token = provider.token
        asker.identity_provider = provider
        asker.log = provider.log
        asker.base_url = handler.settings["base_url"]
        user = provider.get_user(asker)
        if isinstance(user, Awaitable):
            user = await user
        return user is not None

    return identify


async def _stop_jupyter_server_extension(serverapp: Any) -> None:
    """Jupyter ends: give back what is under way."""
    service: Service = serverapp.lotus_service
    await asyncio.shield(service.drain(min(3.0, service.workspace.settings.drain_seconds)))
    await service.stop()
