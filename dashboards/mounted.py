"""The dashboards as pages of the service, on its port: `lotus serve --pages`."""

from __future__ import annotations

import os
import secrets
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.identity import PasswordIdentityProvider, User
from tornado.web import Application, RequestHandler

from dashboards.access import read_workspace, review_database
from dashboards.backstage import Backstage
from dashboards.server import Dashboards, Serving, config_of
from dashboards.source import SECRET, SERVER
from lotus.server.logs import log
from lotus.server.service import Service
from lotus.settings import Settings

__all__ = ["mounted"]

VIEWERS = 20
WARM = 1
IDLE_SECONDS = 3600


class Pages(Dashboards):
    """The application without a port of its own."""

    def listen(self) -> None:
        """The service listens."""


def mounted(service: Service, base: str) -> Application:
    """What serves the dashboards under `base`; they end with the service.

    Where the service asks for tokens, viewers show one of those, in `?token=` the first time: a
    cookie says
    later that they did.
    """
    port = urlsplit(service.address).port or 0
    token = (
        secrets.token_urlsafe(24) if service.with_tokens else ""
    )  # nobody's: it only closes the door
    how = Serving("127.0.0.1", port, token, VIEWERS, WARM, IDLE_SECONDS, base)
    reviews = review_database(Settings.read()) if service.reviews else None
    host = "" if service.with_tokens else how.host
    backstage = Backstage(read_workspace(), viewers=how.viewers, host=host, reviews=reviews)
    os.environ |= {SERVER: service.address + base, SECRET: backstage.secret}
    config = config_of(how, backstage)
    if service.with_tokens:
        config.Voila.identity_provider_class = _identity(service)
    pages = Pages(config=config)
    pages.backstage = backstage
    pages.initialize([])
    pages.start()
    service.closing.append(pages.stop)
    pages.app.settings["log_function"] = _logged
    return pages.app  # type: ignore[no-any-return]


def _logged(handler: RequestHandler) -> None:
    """One line a request, as the service writes it: without the query, which may hold a token."""
    asked = handler.request
    facts = {"method": asked.method, "path": asked.path, "status": handler.get_status()}
    log("page", **facts, ms=round(1000 * asked.request_time(), 1), caller=asked.remote_ip)


def _identity(service: Service) -> type[PasswordIdentityProvider]:
    """Viewers are who shows a token of the service."""

    class OfTokens(PasswordIdentityProvider):  # type: ignore[misc]
        async def get_user_token(self, handler: Any) -> User | None:
            secret = self.get_token(handler)
            token = await service.token(secret) if secret else None
            return User(username=token.id, name=token.name) if token is not None else None

    return OfTokens
