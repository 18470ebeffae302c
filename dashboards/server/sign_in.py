"""The way to an OpenID provider and back, in the viewer's browser."""

from __future__ import annotations

import hmac
import json
from dataclasses import asdict

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from dashboards.server.single_sign_on import SignInAttempt, SignInFailed, SingleSignOn
from dashboards.server.viewer import PageHandler, Viewer, safe_target
from lotus.display.kit import empty
from lotus.server.identity import caller_of_claims

__all__ = ["SignInCallback", "StartSignIn"]

ATTEMPT_DAYS = 10 / (24 * 60)  # ten minutes to sign in
COOKIE = "lotus-sign-in"


class _SignInHandler(PageHandler):
    """A step of a sign-in."""

    @property
    def provider(self) -> SingleSignOn:
        """Who knows people here."""
        provider = self.state.sign_on
        if provider is None:
            raise HTTPError(404)
        return provider

    @property
    def callback(self) -> str:
        """Where the provider sends the browser back to, as it was told in advance."""
        site = self.state.workspace.settings.public_url or self.own_origin
        return f"{site}{self.base_url}login/callback"

    def fail(self, status: int, title: str, hint: str) -> None:
        """End with a page that tells who failed, and nothing of why."""
        self.clear_cookie(COOKIE, path=self.base_url)
        self.set_status(status)
        self.show("Sign in", empty(title, hint), template="shared.html.j2")


class StartSignIn(_SignInHandler):
    """The way to the provider."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Lead there, and remember the attempt in the browser."""
        attempt = SignInAttempt.new(self.get_argument("next", default=self.base_url)[:500])
        try:
            address = await self.provider.address(attempt, self.callback)
        except SignInFailed as error:
            self.log.error("sign-in: %s", error.facts["reason"])
            self.fail(503, "The sign-in does not answer.", "Try again, or use a token.")
            return
        self.set_signed_cookie(
            COOKIE,
            json.dumps(asdict(attempt)),
            expires_days=ATTEMPT_DAYS,
            path=self.base_url,
            httponly=True,
        )
        self.redirect(address)


class SignInCallback(_SignInHandler):
    """The way back from the provider."""

    @allow_unauthenticated
    async def get(self) -> None:
        """Begin a session of who signed in, if they may see pages."""
        provider = self.provider
        cookie = self.get_signed_cookie(COOKIE, max_age_days=ATTEMPT_DAYS)
        try:
            if cookie is None:
                raise SignInFailed(reason="this browser did not start the sign-in")
            attempt = SignInAttempt(**json.loads(cookie))
            state = self.get_query_argument("state", "")
            if not hmac.compare_digest(attempt.state.encode(), state.encode()):
                raise SignInFailed(reason="the state does not match")
            code = self.get_query_argument("code", "")
            claims = await provider.claims(code, attempt, self.callback)
        except SignInFailed as error:
            self.log.error("sign-in: %s", error.facts["reason"])
            self.fail(401, "The sign-in did not work.", "Try it again from the start.")
            return
        viewer = Viewer.of(caller_of_claims(claims, provider.rules))
        if viewer is None:
            self.fail(403, "You may not see these pages.", "Ask the operator of lotus to add you.")
            return
        self.clear_cookie(COOKIE, path=self.base_url)
        self.current_user = viewer
        self.identity_provider.set_login_cookie(self, viewer)
        self.redirect(safe_target(attempt.target, self.base_url))
