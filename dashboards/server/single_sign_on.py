"""Sign-in by OpenID Connect: the authorization code flow with PKCE, state and nonce.

Sources: OpenID Connect Core 1.0 (3.1), RFC 7636 (PKCE), RFC 9700 (what to do against which attack).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from dashboards.server.viewer import PageHandler, Viewer, safe_target
from lotus.display.kit import empty
from lotus.errors import WorkError
from lotus.server.identity import PeopleRules, caller_of_claims
from lotus.settings import Settings

__all__ = ["SignInAttempt", "SignInCallback", "SignInFailed", "SingleSignOn", "StartSignIn"]

ALGORITHMS = (
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
)  # signed by a key pair: never none, never a secret
LEEWAY_SECONDS = 60  # between clocks
FRESH_SECONDS = 3600.0  # that the provider's addresses and keys are believed
ATTEMPT_DAYS = 10 / (24 * 60)  # ten minutes to sign in
ANSWER_SECONDS = 10.0
COOKIE = "lotus-sign-in"


class SignInFailed(WorkError):
    """A sign-in that is not believed; the reason is for the log, not for whoever tried it."""

    code = "sign_in_failed"


@dataclass(frozen=True)
class SignInAttempt:
    """What only the browser that began it knows."""

    state: str
    nonce: str
    verifier: str
    target: str

    @classmethod
    def new(cls, target: str) -> SignInAttempt:
        """One that cannot be guessed."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(state, nonce, verifier, target)

    @property
    def challenge(self) -> str:
        """The verifier's hash, which the provider is told first (RFC 7636, 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@dataclass
class SingleSignOn:
    """One provider; its addresses and keys are asked for when somebody signs in."""

    issuer: str
    client_id: str
    client_secret: str
    rules: PeopleRules
    _metadata: dict[str, Any] = field(default_factory=dict)
    _keys: KeySet | None = None
    _asked_at: float = 0.0

    @classmethod
    def of(cls, settings: Settings) -> SingleSignOn | None:
        """The provider that the settings name, if they do; raises SettingsError."""
        if not settings.oidc_issuer:
            return None
        secret = settings.oidc_client_secret
        return cls(
            settings.oidc_issuer.rstrip("/"),
            settings.oidc_client_id,
            secret.get_secret_value() if secret is not None else "",
            PeopleRules.read(settings.people),
        )

    async def address(self, attempt: SignInAttempt, redirect_uri: str) -> str:
        """Where the browser goes to sign in."""
        metadata = await self._settings()
        query = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "state": attempt.state,
            "nonce": attempt.nonce,
            "code_challenge": attempt.challenge,
            "code_challenge_method": "S256",
        }
        endpoint = str(metadata["authorization_endpoint"])
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def claims(self, code: str, attempt: SignInAttempt, redirect_uri: str) -> dict[str, Any]:
        """What the provider says of who signed in; raises SignInFailed."""
        metadata = await self._settings()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": attempt.verifier,
            "client_id": self.client_id,
        }
        if self.client_secret:
            form["client_secret"] = self.client_secret
        answer = await self._ask("POST", str(metadata["token_endpoint"]), data=form)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInFailed(reason="the provider sent no id_token")
        return await self._verify(token, attempt.nonce)

    async def _verify(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of a token that is signed by the provider, for us, now, and for this attempt
        (OpenID Connect Core 1.0, 3.1.3.7).
        """
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self.client_id},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": nonce},
        )
        for again in (False, True):
            try:
                claims_set = jwt.decode(token, await self._key_set(), algorithms=list(ALGORITHMS))
                registry.validate(claims_set.claims)
                break
            except (JoseError, ValueError) as exc:
                if again:
                    raise SignInFailed(reason=f"its token is not valid: {exc}") from exc
                self._asked_at = 0.0  # it may have new keys
        claims = dict(claims_set.claims)
        if claims.get("azp", self.client_id) != self.client_id:
            raise SignInFailed(reason="its token is for somebody else")
        return claims

    async def _settings(self) -> Mapping[str, Any]:
        if time.monotonic() - self._asked_at > FRESH_SECONDS or not self._metadata:
            address = f"{self.issuer}/.well-known/openid-configuration"
            metadata = await self._ask("GET", address)
            if str(metadata.get("issuer", "")).rstrip("/") != self.issuer:
                raise SignInFailed(reason="the provider is not the issuer that the settings name")
            self._metadata, self._keys, self._asked_at = metadata, None, time.monotonic()
        return self._metadata

    async def _key_set(self) -> KeySet:
        metadata = await self._settings()
        if self._keys is None:
            self._keys = KeySet.import_key_set(await self._ask("GET", str(metadata["jwks_uri"])))  # type: ignore[arg-type]
        return self._keys

    async def _ask(self, method: str, url: str, **how: Any) -> dict[str, Any]:
        try:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
                answer = await client.request(method, url, **how)
            document = answer.json() if answer.is_success else None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
            raise SignInFailed(reason=f"the provider did not answer: {type(exc).__name__}") from exc
        if not isinstance(document, dict):
            raise SignInFailed(reason=f"the provider answered {answer.status_code}")
        return document


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
                raise SignInFailed(reason="this browser did not begin it")
            attempt = SignInAttempt(**json.loads(cookie))
            state = self.get_query_argument("state", "")
            if not hmac.compare_digest(attempt.state.encode(), state.encode()):
                raise SignInFailed(reason="the state is another")
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
