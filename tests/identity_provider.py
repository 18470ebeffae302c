"""An OpenID Connect provider on this machine, which signs in whom a test says, or cheats."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

__all__ = ["IdentityProvider", "identity_provider"]

CLIENT = "lotus"
PASSWORD = "a secret of the client"


@dataclass
class IdentityProvider:
    """Who signs in, and what of the token is another than it should be."""

    url: str = ""
    person: dict[str, Any] = field(default_factory=dict)
    wrong: dict[str, Any] = field(default_factory=dict)  # claims
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    signs_with: Any = None  # another key
    algorithm: str = "RS256"
    slash: str = ""  # at the end of its name, as some providers have it
    methods: list[str] | None = None  # in which clients show their secret; None: it does not say
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.url + self.slash,
            "aud": CLIENT,
            "sub": "1",
            "iat": now,
            "exp": now + 300,
        }
        claims |= {"nonce": nonce, **self.person, **self.wrong}
        header = {"alg": self.algorithm, "kid": "one"}
        if self.algorithm == "HS256":  # by the public key as if it were a secret (RFC 8725, 2.1)
            signed = b".".join(_segment(json.dumps(part).encode()) for part in (header, claims))
            digest = hmac.new(self.key.as_pem(private=False), signed, hashlib.sha256).digest()
            return b".".join((signed, _segment(digest))).decode()
        return jwt.encode(header, claims, self.signs_with or self.key, algorithms=[self.algorithm])


def _segment(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """The provider, which asks nobody for a password."""
    provider = IdentityProvider()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/.well-known/openid-configuration":
                ends = {"authorization": "authorize", "token": "token"}
                document = {f"{n}_endpoint": f"{provider.url}/{e}" for n, e in ends.items()}
                if provider.methods is not None:
                    document["token_endpoint_auth_methods_supported"] = provider.methods  # type: ignore[assignment]
                issuer = provider.url + provider.slash
                self._answer({**document, "issuer": issuer, "jwks_uri": f"{provider.url}/keys"})
            elif parts.path == "/keys":
                self._answer({"keys": [provider.key.as_dict(private=False)]})
            else:
                code = secrets.token_urlsafe(8)
                provider.codes[code] = query
                back = {"code": code, "state": query["state"]}
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
                self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            begun = provider.codes.pop(form["code"], {})
            digest = hashlib.sha256(form["code_verifier"].encode()).digest()
            challenge = _segment(digest).decode()
            right = self._secret(form) == PASSWORD and form["client_id"] == CLIENT
            right &= begun.get("code_challenge") == challenge
            right &= begun.get("redirect_uri") == form["redirect_uri"]
            if right:
                self._answer({"id_token": provider.token(begun["nonce"]), "token_type": "Bearer"})
            else:
                self._answer({"error": "invalid_grant"}, 400)

        def _secret(self, form: dict[str, str]) -> str | None:
            """As it was shown in the way that the document names, which is Basic by default."""
            if provider.methods == ["client_secret_post"]:
                return form.get("client_secret")
            shown = self.headers.get("Authorization", "").removeprefix("Basic ")
            name, _, secret = base64.b64decode(shown).decode().partition(":")
            return unquote(secret) if unquote(name) == CLIENT else None

        def _answer(self, document: Any, status: int = 200) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(document).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
