"""Who may ask: where a request comes from, whose token it shows, how often its caller has asked."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Container
from typing import Literal
from urllib.parse import urlsplit

from lotus.server.refusals import Refusal
from lotus.server.tokens import Token

__all__ = ["CallerLimiter", "bearer", "check_origin", "check_rate", "is_loopback"]

CALLERS = 10_000  # remembered; the one who was silent longest is forgotten first
BURST_SECONDS = 4.0  # of the rate may come at once


class CallerLimiter:
    """A bucket of requests for each caller; belongs to the event loop.

    It refuses what is too much. The pacer of `lotus.providers.replicate` does the opposite on the
    other side: it makes our own calls wait, and learns from refusals how fast it may go.
    """

    def __init__(self, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = per_second
        self._most = max(1.0, per_second * BURST_SECONDS)
        self._clock = clock
        # requests left, and when that was
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, caller: str, cost: float = 1.0) -> float:
        """Take `cost` requests of the caller's; how long to wait if there are not as
        many, else 0.
        """
        now = self._clock()
        tokens, since = self._left.pop(caller, (self._most, now))
        tokens = min(self._most, tokens + (now - since) * self._rate)
        enough = tokens >= cost
        self._left[caller] = (tokens - cost if enough else tokens, now)
        if len(self._left) > CALLERS:
            self._left.popitem(last=False)
        return 0.0 if enough else (cost - tokens) / self._rate


def is_loopback(host: str) -> bool:
    """Whether an address or name is of this machine alone."""
    name = host.strip("[]").lower()
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def check_origin(
    host: str, origin: str | None, *, alone: bool, origins: Container[str] = ()
) -> None:
    """Raise Refusal for a request of another site's page, unless its origin is one of `origins`.

    Where the service stands `alone` and asks for no token, names that only lead here are refused
    too.
    """
    if origin is not None and _netloc(origin) != host.lower() and origin not in origins:
        raise Refusal(status=403, reason="the request comes from another site's page")
    if alone and not is_loopback(_name(host)):
        remedy = "use localhost or 127.0.0.1, or serve with tokens"
        raise Refusal(status=403, reason=f"'{host[:80]}' is not this machine", remedy=remedy)


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


async def bearer(
    find_token: Callable[[str], Awaitable[Token | None]],
    failures: CallerLimiter,
    secret: str,
    action: Literal["read", "write"],
    address: str,
) -> Token:
    """The token with this secret, if it allows so much; raises Refusal.

    An address that tries wrong secrets is soon told to wait: `failures` counts them.
    """
    token = await find_token(secret) if secret else None
    if token is None:
        wait = failures.wait_seconds(address) if secret else 0.0
        if wait:
            raise _too_many(wait)
        remedy = "send a token of `lotus tokens create` as Authorization: Bearer"
        raise Refusal(status=401, reason="no token, or one that is not valid", remedy=remedy)
    if not token.allows(action):
        raise Refusal(status=403, reason="this token is read-only", remedy="use one of scope write")
    return token


def check_rate(limiter: CallerLimiter, caller: str) -> None:
    """Count a request; raises Refusal for one too many."""
    wait = limiter.wait_seconds(caller)
    if wait:
        raise _too_many(wait)


def _too_many(wait: float) -> Refusal:
    return Refusal(
        status=429,
        reason="too many requests",
        remedy="send fewer requests",
        retry_after_seconds=round(wait, 3),
    )
