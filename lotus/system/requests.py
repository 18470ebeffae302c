"""HTTP requests to addresses that strangers name: each is over in time, however slowly a server
answers.

httpx limits each read by itself, and a server that sends a byte of a header now and then begins
each limit anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import httpx

from lotus.system.addresses import PinnedUrl

__all__ = ["FAILURES", "request_within"]

FAILURES = (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError)  # of a request
Result = TypeVar("Result")


def request_within(
    seconds: float,
    method: str,
    target: PinnedUrl,
    receive: Callable[[httpx.Response], Awaitable[Result]],
    *,
    connect_seconds: float | None = None,
    content: bytes | None = None,
    headers: Mapping[str, str] | None = None,
) -> Result:
    """Send a request and hand its answer to `receive`, all within `seconds`.

    Called in a thread without an event loop. Redirects are not followed, the environment's proxies
    not used. Raises one of FAILURES.
    """
    connecting = min(seconds, connect_seconds or seconds)

    async def exchange() -> Result:
        async with (
            asyncio.timeout(seconds),
            httpx.AsyncClient(
                timeout=httpx.Timeout(seconds, connect=connecting), trust_env=False
            ) as client,
            client.stream(
                method,
                target.url,
                content=content,
                headers={**target.headers, **(headers or {})},
                extensions=target.extensions,
            ) as answer,
        ):
            return await receive(answer)

    return asyncio.run(exchange())
