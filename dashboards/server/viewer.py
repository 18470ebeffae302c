"""Handlers that answer viewers, and how viewers sign in."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.auth.login import LoginFormHandler
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from dashboards.errors import public_error
from dashboards.server.state import ServerState
from lotus.display.kit import empty, trouble
from lotus.errors import InputError, LotusError
from lotus.server.admission import CallerLimiter
from lotus.server.identity import PERSON, Caller
from lotus.server.logs import loggable

__all__ = [
    "NotThere",
    "PageHandler",
    "SignIn",
    "SignOut",
    "Viewer",
    "ViewerIdentity",
    "safe_target",
]

POLICY = (
    "default-src 'self'; script-src 'self'{scripts}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: {media}; media-src 'self' {media}; connect-src 'self'{sockets}; "
    "font-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'self'"
)
VOILA = {  # Voilà and Vega build functions from text; its kernels are reached by sockets
    "scripts": " 'unsafe-inline' 'unsafe-eval'",
    "sockets": " ws: wss:",
}
PLAIN = {"scripts": "", "sockets": ""}
SESSION_DAYS = 0.5  # that a sign-in by a provider lasts
WRONG_PER_SECOND = 0.5  # tokens that are none, of one address
NOT_VALID = "This token is not valid, or may not see pages. Ask the operator of lotus for one."
TOO_MANY = "Too many wrong tokens came from here. Wait a moment."


def safe_target(url: str, base: str) -> str:
    """The address to go on to after a sign-in: of a page below `base`, else `base` itself.

    Browsers read `\\` as `/` and leave tabs and line ends out, so none of them may be in it.
    """
    is_plain = url.isprintable() and not {"\\", " "} & set(url)
    try:
        parts = urlsplit(url)
    except ValueError:
        return base
    is_own = not parts.scheme and not parts.netloc and f"{parts.path}/".startswith(base)
    return url if is_plain and is_own and not url.startswith("//") else base


@dataclass
class Viewer(User):
    """A person who looks and is known by a token or a sign-in of their own."""

    caller: Caller | None = None

    @classmethod
    def of(cls, caller: Caller | None) -> Viewer | None:
        """Whoever may see what others made, since pages show all of it."""
        if caller is None or not caller.allows("see"):
            return None
        return cls(username=caller.id, name=caller.name, caller=caller)


class PageHandler(JupyterHandler):
    """A handler of pages."""

    @property
    def state(self) -> ServerState:
        """What all handlers share."""
        state: ServerState = self.settings["state"]
        return state

    @property
    def caller(self) -> Caller | None:
        """Who looks; None where all viewers share a token, or need none."""
        user = self.current_user
        return user.caller if isinstance(user, Viewer) else None

    def may(self, action: str) -> bool:
        """Whether this viewer may `review` or `write`, on a server where that can be done."""
        place = self.state.reviews if action == "review" else self.state.managed
        return place is not None and (self.caller is None or self.caller.allows(action))

    def forget_token(self) -> bool:
        """The token is in a cookie now: take it out of the address, so that it is not passed on."""
        if "token" not in self.request.query_arguments:
            return False
        self.redirect(self.own_address("token"))
        return True

    @property
    def own_origin(self) -> str:
        """The server as this viewer reaches it."""
        return f"{self.request.protocol}://{self.request.host}"

    @property
    def is_encrypted(self) -> bool:
        """Whether the viewer came by https, to this process or to a proxy before it."""
        host = self.request.host
        by_proxy = self.state.workspace.settings.public_url == f"https://{host}"
        return self.request.protocol == "https" or by_proxy

    def check_xsrf_cookie(self) -> None:
        """Refuse forms of other sites' pages, also of a neighbour below the same domain, which
        could set the cookie that a form is compared with (www.w3.org/TR/fetch-metadata).
        """
        elsewhere = self.request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
        if elsewhere and self.request.method not in ("GET", "HEAD"):
            raise HTTPError(403)
        super().check_xsrf_cookie()

    def set_cookie(self, name: str, value: str | bytes, *args: Any, **options: Any) -> None:
        """A cookie that no other site's page makes a browser send, and that is never sent in
        the clear where pages come by https.
        """
        options = {"samesite": "Lax", "secure": self.is_encrypted} | options
        super().set_cookie(name, value, *args, **options)

    def own_address(self, *without: str) -> str:
        """The address of this request, without some of its values."""
        pairs = self.request.query_arguments.items()
        values = [(n, v) for n, vs in pairs if n not in without for v in vs]
        return f"{self.request.path}?{urlencode(values)}" if values else self.request.path

    @property
    def values(self) -> dict[str, str]:
        """The values of the address, the last of each name."""
        return {name: self.get_query_argument(name) for name in self.request.query_arguments}

    def decode_argument(self, value: bytes, name: str | None = None) -> str:
        """A value of the address or of a form; databases take no U+0000."""
        return str(super().decode_argument(value, name)).replace("\0", "\ufffd")

    @allow_unauthenticated
    def head(self, *args: Any, **kwargs: Any) -> Any:
        """The same as `get`, which asks who it is; the framework leaves the body away."""
        return self.get(*args, **kwargs)

    def _request_summary(self) -> str:
        """The request as Tornado's log names it."""
        path = loggable(self.request.path)
        return f"{self.request.method} {path} ({self.request.remote_ip})"

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log a fault, without what the address holds."""
        if value is None or isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)
            return
        self.log.error("fault: %s", self._request_summary(), exc_info=(typ, value, tb))

    def policy(self, **how: str) -> None:
        """Tell the browser what the page may do."""
        self.set_header(
            "Content-Security-Policy", POLICY.format(media=self.state.media_origin, **how)
        )

    def show(self, title: str, body: Any, *, template: str = "page.html.j2", **facts: Any) -> None:
        """End with a page."""
        self.policy(**PLAIN)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        facts |= {"body": body, "manages": self.may("write")}
        self.finish(self.state.page(self.base_url, template, title, **facts))

    def refuse(self, title: str, error: LotusError, status: int = 404, **facts: Any) -> None:
        """End with an error: `status` if it is the viewer's, otherwise the fault is ours."""
        self.set_status(status if isinstance(error, InputError) else 500)
        if not isinstance(error, InputError):
            self.log.error("%s: %s", title, error)
        self.show(title, trouble(public_error(error)), **facts)

    def write_error(self, status_code: int, **facts: Any) -> None:
        """One plain page, whatever went wrong."""
        words = {404: "This page does not exist.", 403: "You may not see this page."}
        words[429] = TOO_MANY
        hint = "Open the results, and go on from there."
        self.set_status(status_code)
        title = {404: "Not found", 403: "Not allowed"}.get(status_code, "Something went wrong")
        self.show(title, empty(words.get(status_code, "Something went wrong."), hint))


class NotThere(PageHandler):
    """An address that is none."""

    async def prepare(self) -> None:
        """Nothing, also for what would change something; who has not signed in learns nothing."""
        await super().prepare()
        if not self._finished:  # Jupyter leads who has not signed in to the page for that
            raise HTTPError(404)


class ViewerIdentity(IdentityProvider):
    """Viewers are known by a token, which they show once; their session is bound to it."""

    limiter = CallerLimiter(WRONG_PER_SECOND)
    # set by a service that has tokens of its own: whose secret it is, and who has an id
    of_secret: Callable[[str], Awaitable[User | None]] | None = None
    of_id: Callable[[User], Awaitable[User | None]] | None = None

    def get_handlers(self) -> list[tuple[str, object]]:
        """None: the server has the pages to sign in and out among its own, below its address."""
        return []

    @property
    def auth_enabled(self) -> bool:
        """Whether a token is needed."""
        return bool(self.token)

    async def check(self, handler: Any, secret: str) -> User | None:
        """The owner of a secret; raises 429 where too many were nobody's."""
        caller = handler.request.remote_ip
        user = await self._of_secret(secret)
        if user is None and self.limiter.wait_seconds(caller):
            raise HTTPError(429)
        return user

    async def _of_secret(self, secret: str) -> User | None:
        if self.of_secret is not None:
            return await self.of_secret(secret)
        right = secrets.compare_digest(secret.encode(), self.token.encode())
        return User(username=self._shared_id, name="viewer") if right else None

    @property
    def _shared_id(self) -> str:
        """Of the one token of all viewers; another token is another id."""
        return f"viewer-{hashlib.sha256(self.token.encode()).hexdigest()[:32]}"

    async def get_user_token(self, handler: Any) -> User | None:
        """The viewer who shows a token in the address or in a header."""
        secret = self.get_token(handler)
        return await self.check(handler, secret) if secret and self.token else None

    async def get_user_cookie(self, handler: Any) -> User | None:
        """The viewer of a session, as long as the token is valid."""
        user = super().get_user_cookie(handler)
        if not isinstance(user, User) or not self.token:
            return user if isinstance(user, User) else None
        if user.username.startswith(PERSON) and not self._is_fresh(handler):
            return None
        if self.of_id is not None:
            return await self.of_id(user)
        return user if user.username == self._shared_id else None

    def _is_fresh(self, handler: Any) -> bool:
        """Whether a sign-in is of today: the provider may have ended the account since."""
        name = self.get_cookie_name(handler)
        return handler.get_signed_cookie(name, max_age_days=SESSION_DAYS) is not None


class SignIn(LoginFormHandler, PageHandler):
    """The page on which viewers show their token."""

    def _redirect_safe(self, url: str, default: str | None = None) -> None:
        """Go on to a page of this server alone."""
        self.redirect(safe_target(url, self.base_url))

    def _render(self, message: dict[str, str] | None = None) -> None:
        target = self.get_argument("next", default=self.base_url)
        facts = {"target": target, "mark": self.xsrf_token.decode(), "message": message}
        facts["sign_on"] = self.state.sign_on is not None
        self.show("Sign in", "", template="sign_in.html.j2", alone=True, **facts)

    @allow_unauthenticated
    async def post(self) -> None:
        """Begin a session, or say that the token is none."""
        identity: ViewerIdentity = self.identity_provider
        user = await identity.check(self, self.get_body_argument("secret", ""))
        if user is None:
            self.set_status(401)
            self._render({"error": NOT_VALID})
            return
        self.current_user = user
        identity.set_login_cookie(self, user)
        self._redirect_safe(self.get_argument("next", default=""))


class SignOut(PageHandler):
    """The end of a session."""

    @allow_unauthenticated
    def get(self) -> None:
        """Forget who it is, and lead to the page on which to sign in."""
        self.identity_provider.clear_login_cookie(self)
        self.redirect(f"{self.base_url}login")
