"""Sign-in by OpenID Connect: the authorization code flow with PKCE, state and nonce.

Sources: OpenID Connect Core 1.0 (3.1), RFC 7636 (PKCE), RFC 9700 (what to do against which attack).
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from lotus.errors import WorkError
from lotus.server.identity import PeopleRules
from lotus.settings import Settings

__all__ = ["SignInAttempt", "SignInFailed", "SingleSignOn"]

ALGORITHMS = (
    "RS256",
    "PS256",
    "ES256",
    "EdDSA",
)  # signed by a key pair: never none, never a secret
LEEWAY_SECONDS = 60  # between clocks
FRESH_SECONDS = 3600.0  # that the provider's addresses and keys are believed
ANSWER_SECONDS = 10.0


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
        auth = self._credentials(metadata, form)
        answer = await self._ask("POST", str(metadata["token_endpoint"]), data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInFailed(reason="the provider sent no id_token")
        return await self._verify(token, attempt.nonce)

    def _credentials(
        self, metadata: Mapping[str, Any], form: dict[str, str]
    ) -> tuple[str, str] | None:
        """The client's secret, in the way that the provider takes: in the form, or by HTTP Basic
        (RFC 6749, 2.3.1), which holds where it names none (OpenID Connect Discovery 1.0, 3).
        """
        if not self.client_secret:
            return None
        if "client_secret_post" in metadata.get("token_endpoint_auth_methods_supported", ()):
            form["client_secret"] = self.client_secret
            return None
        return quote(self.client_id, safe=""), quote(self.client_secret, safe="")

    async def _verify(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of a token that is signed by the provider, for us, now, and for this attempt
        (OpenID Connect Core 1.0, 3.1.3.7).
        """
        issuer = str((await self._settings())["issuer"])  # with its last slash, if it has one
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer},
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
            raise SignInFailed(reason="its token is for another application")
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
            keys: Any = await self._ask("GET", str(metadata["jwks_uri"]))
            self._keys = KeySet.import_key_set(keys)
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
