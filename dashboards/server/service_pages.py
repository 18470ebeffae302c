"""The dashboards as pages of the service, on its port: `lotus serve --pages`."""

from __future__ import annotations

import os
import secrets
from functools import partial
from urllib.parse import urlsplit

from jupyter_server.auth.identity import User
from tornado.web import Application, RequestHandler

from dashboards.dashboard import SECRET, SERVER
from dashboards.server.access import read_workspace, review_database
from dashboards.server.app import Dashboards, Serving, config_of
from dashboards.server.balancer import HEADER, BalancerSignIn
from dashboards.server.single_sign_on import SingleSignOn
from dashboards.server.state import Management, ServerState
from dashboards.server.viewer import Viewer, ViewerIdentity
from lotus.server.identity import PERSON, Caller, caller_of_token
from lotus.server.logs import log, loggable
from lotus.server.service import Service
from lotus.server.tokens import list_tokens
from lotus.settings import Settings

__all__ = ["pages"]

VIEWERS = 20
WARM = 1
IDLE_SECONDS = 3600
FRESH_SECONDS = 3.0  # a token that was revoked ends its sessions after so long


class ServiceDashboards(Dashboards):
    """The application without a port of its own."""

    def listen(self) -> None:
        """The service listens."""


def pages(service: Service, base: str) -> Application:
    """The dashboards under `base`, as an application; they end with the service.

    Where the service asks for tokens, viewers show one of those on the page to sign in, or in
    `?token=` the first time; their session lasts as long as the token.
    """
    port = urlsplit(service.address).port or 0
    # nobody's: it only closes the door
    token = secrets.token_urlsafe(24) if service.with_tokens else ""
    how = Serving("127.0.0.1", port, token, VIEWERS, WARM, IDLE_SECONDS, base)
    state = ServerState(
        read_workspace(),
        viewers=how.viewers,
        host="" if service.with_tokens else how.host,
        reviews=review_database(Settings.read()) if service.reviews else None,
        signs_in=service.with_tokens,
        managed=Management(service.workspace, service.wake),
        sign_on=SingleSignOn.of(service.workspace.settings) if service.with_tokens else None,
    )
    os.environ |= {SERVER: service.address + base, SECRET: state.secret}
    config = config_of(how, state)
    if service.with_tokens:
        config.Voila.identity_provider_class = _identity(service, state)
    app = ServiceDashboards(config=config)
    app.state = state
    app.initialize([])
    for handler in list(app.log.handlers):  # the service writes one line for each record
        app.log.removeHandler(handler)
    app.log.propagate = True
    app.start()
    service.closing += [app.stop, state.close]
    app.app.settings["log_function"] = _logged
    return app.app  # type: ignore[no-any-return]


def _logged(handler: RequestHandler) -> None:
    """One line a request, as the service writes it: without the query, which may hold a token."""
    request = handler.request
    facts = {"path": loggable(request.path), "status": handler.get_status()}
    ms = round(1000 * request.request_time(), 1)
    log("page", method=request.method, **facts, ms=ms, caller=request.remote_ip)


def _person(state: ServerState, user: User) -> Caller | None:
    """Who signed in by the provider, as long as a rule names them."""
    if state.sign_on is None:
        return None
    return state.sign_on.rules.caller(user.username.removeprefix(PERSON), user.name)


def _identity(service: Service, state: ServerState) -> type[ViewerIdentity]:
    """Viewers are who shows a token of the service, or signed in at the load balancer; a session
    ends with its token.
    """
    balancer = BalancerSignIn.of(service.workspace.settings)

    def valid() -> dict[str, Caller]:
        tokens = (one for one in list_tokens(service.workspace.db) if one.revoked_at is None)
        return {token.id: caller_of_token(token) for token in tokens}

    async def of_secret(secret: str) -> User | None:
        token = await service.token(secret)
        return Viewer.of(caller_of_token(token) if token is not None else None)

    async def of_id(user: User) -> User | None:
        if user.username.startswith(PERSON):
            return Viewer.of(_person(state, user))
        work = partial(service.away, valid)
        callers = await state.answers.answer("valid tokens", FRESH_SECONDS, work)
        return Viewer.of(callers.get(user.username))

    class TokenIdentity(ViewerIdentity):
        # Not `get_user_token`: a browser sends what is in this header without being asked, as it
        # does a cookie, so that what changes something must show that it comes from a page.
        async def get_user_cookie(self, handler: RequestHandler) -> User | None:
            """Who signed in at the load balancer, or whose session it is."""
            header = handler.request.headers.get(HEADER)
            caller = await balancer.caller(header) if balancer and header else None
            return Viewer.of(caller) or await super().get_user_cookie(handler)

    TokenIdentity.of_secret = staticmethod(of_secret)
    TokenIdentity.of_id = staticmethod(of_id)
    return TokenIdentity
