"""Who signed in at a load balancer of AWS, by the header that it signs.

docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html: claims
in three parts, in base64url with its padding (which JSON Web Tokens have not), signed with ES256
over these parts as they stand; the key is at an address of the region, under the name that the
header gives. Any load balancer of any account can sign such a header, so that only one that names
ours as its signer counts.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from dashboards.server.single_sign_on import SignInFailed
from lotus.server.identity import Caller, PeopleRules, caller_of_claims
from lotus.server.logs import log
from lotus.settings import Settings

__all__ = ["HEADER", "BalancerSignIn"]

HEADER = "x-amzn-oidc-data"
ALGORITHM = "ES256"
LEEWAY_SECONDS = 60  # between clocks
ANSWER_SECONDS = 5.0
ASK_AGAIN_SECONDS = 5.0  # for a key that is not known: forged headers make few requests
MOST_KEYS = 8
MOST_BYTES = 16_384  # all headers of a request together, to a load balancer, are no larger
PART = re.compile(r"[A-Za-z0-9_-]+={0,2}")
KEY_NAME = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
PLACES = {  # of keys, by partition
    "aws": "https://public-keys.auth.elb.{region}.amazonaws.com/",
    "aws-cn": "https://public-keys.auth.elb.{region}.amazonaws.com.cn/",
    "aws-us-gov": "https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}/",
}


@dataclass
class BalancerSignIn:
    """One load balancer, whose signature counts."""

    arn: str
    rules: PeopleRules
    keys_url: str
    _keys: dict[str, Any] = field(default_factory=dict)
    _asked_at: float = float("-inf")

    @classmethod
    def of(cls, settings: Settings) -> BalancerSignIn | None:
        """The load balancer that the settings name, if they do; raises SettingsError."""
        if not settings.load_balancer:
            return None
        _, partition, _, region, *_ = settings.load_balancer.split(":")
        place = PLACES.get(partition, PLACES["aws"]).format(region=region)
        return cls(settings.load_balancer, PeopleRules.read(settings.people), place)

    async def caller(self, header: str) -> Caller | None:
        """Who signed in, if they are believed and a rule names them."""
        try:
            return caller_of_claims(await self.claims(header), self.rules)
        except SignInFailed as error:
            log("sign_in", by="load balancer", refused=error.facts["reason"])
            return None

    async def claims(self, header: str) -> dict[str, Any]:
        """The claims of a header that our load balancer signed, and that counts now; raises
        SignInFailed.
        """
        parts = header.split(".")
        if len(header) > MOST_BYTES or len(parts) != 3 or not all(map(PART.fullmatch, parts)):
            raise SignInFailed(reason="the header is not a signed token")
        head, payload = _document(parts[0]), _document(parts[1])
        if head.get("alg") != ALGORITHM:
            raise SignInFailed(reason=f"the header is not signed with {ALGORITHM}")
        if head.get("signer") != self.arn:
            raise SignInFailed(reason="another load balancer signed the header")
        expires = head.get("exp")
        if not isinstance(expires, int) or expires < time.time() - LEEWAY_SECONDS:
            raise SignInFailed(reason="the header has expired")
        key = await self._key(str(head.get("kid", "")))
        if not _is_signed(f"{parts[0]}.{parts[1]}".encode(), _decode(parts[2]), key):
            raise SignInFailed(reason="the signature is not of the load balancer")
        return payload

    async def _key(self, name: str) -> Any:
        """The public key of that name; raises SignInFailed."""
        if name in self._keys:
            return self._keys[name]
        if KEY_NAME.fullmatch(name) is None:
            raise SignInFailed(reason="the header has no valid key id")
        if time.monotonic() - self._asked_at < ASK_AGAIN_SECONDS:
            raise SignInFailed(reason="the key is unknown, and was looked up a moment ago")
        self._asked_at = time.monotonic()
        key = _import(await self._fetch(name))
        while len(self._keys) >= MOST_KEYS:
            self._keys.pop(next(iter(self._keys)))  # the oldest
        self._keys[name] = key
        self._asked_at = float("-inf")  # a right one; the next may be asked for at once
        return key

    async def _fetch(self, name: str) -> bytes:
        try:
            async with httpx.AsyncClient(timeout=ANSWER_SECONDS, trust_env=False) as client:
                answer = await client.get(f"{self.keys_url}{name}")
        except httpx.HTTPError as exc:
            kind = type(exc).__name__
            raise SignInFailed(reason=f"the keys of the region did not answer: {kind}") from exc
        if not answer.is_success:
            raise SignInFailed(reason=f"there is no key of that name: {answer.status_code}")
        return answer.content


def _decode(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError) as exc:
        raise SignInFailed(reason="the header is not base64") from exc


def _document(part: str) -> dict[str, Any]:
    try:
        document = json.loads(_decode(part))
    except (ValueError, RecursionError) as exc:
        raise SignInFailed(reason="the header is not JSON") from exc
    if not isinstance(document, dict):
        raise SignInFailed(reason="the header is not a JSON object")
    return document


def _import(pem: bytes) -> Any:
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey

    try:
        return ECKey.import_key(pem)
    except (JoseError, ValueError, TypeError) as exc:
        raise SignInFailed(reason="the key of that name is not usable") from exc


def _is_signed(message: bytes, signature: bytes, key: Any) -> bool:
    """Whether the key signed the message. Parts that are padded are no JSON Web Token for joserfc,
    so that only its algorithm is taken.
    """
    from joserfc.errors import JoseError
    from joserfc.jws import JWSRegistry

    try:
        return bool(JWSRegistry.algorithms[ALGORITHM].verify(message, signature, key))
    except (JoseError, ValueError):
        return False
