"""Who may ask: where a request comes from, whose token it shows, how often its caller has asked."""

from __future__ import annotations

import ipaddress
from typing import Literal
from urllib.parse import urlsplit

from lotus.server.refusals import Refused
from lotus.server.service import Service
from lotus.server.tokens import Token

__all__ = ["bearer", "check_origin", "check_rate", "is_loopback"]


def is_loopback(host: str) -> bool:
    """Whether an address or name is of this machine alone."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def check_origin(host: str, origin: str | None, *, alone: bool) -> None:
    """No other site's page may ask through a visitor's browser; raises Refused.

    Where the service stands `alone` and asks for no token, names that only lead here are refused too.
    """
    if origin is not None and _netloc(origin) != host.lower():
        raise Refused(status=403, reason="the request comes from another site's page")
    if alone and not is_loopback(_name(host)):
        remedy = "use localhost or 127.0.0.1, or serve with tokens"
        raise Refused(status=403, reason=f"'{host[:80]}' is not this machine", remedy=remedy)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _name(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


async def bearer(service: Service, secret: str, scope: Literal["read", "write"], address: str) -> Token:
    """The token with this secret, if it allows so much; raises Refused.

    Who tries secrets that are none is soon asked to wait.
    """
    token = await service.token(secret) if secret else None
    if token is None:
        wait = service.failures.wait_seconds(address) if secret else 0.0
        if wait:
            raise _too_many(wait)
        remedy = "send a token of `lotus tokens create` as Authorization: Bearer"
        raise Refused(status=401, reason="no token, or one that is not valid", remedy=remedy)
    if not token.allows(scope):
        raise Refused(status=403, reason="this token may only read", remedy="use one of scope write")
    return token


def check_rate(service: Service, caller: str) -> None:
    """Count a request; raises Refused for one too many."""
    wait = service.limiter.wait_seconds(caller)
    if wait:
        raise _too_many(wait)


def _too_many(wait: float) -> Refused:
    return Refused(
        status=429, reason="too many requests", remedy="ask less often", retry_after_seconds=round(wait, 3)
    )
