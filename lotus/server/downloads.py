"""Files from addresses that callers name: public ones only, resolved once, bounded in size and
time.

See `lotus.system.addresses` for which addresses are public.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import httpx

from lotus.server.refusals import Refusal
from lotus.server.sniffing import UPLOAD_LIMITS
from lotus.system.addresses import PORTS, AddressRefused, PinnedUrl, is_public, pin, resolve
from lotus.system.requests import FAILURES, request_within

__all__ = ["Downloader", "is_public", "resolve"]

REDIRECTS = 3
SECONDS = 15.0  # for all of it: less than a request has
CONNECT_SECONDS = 5.0


@dataclass(frozen=True)
class Downloader:
    """Downloads within limits; tests put their own resolver and rule in."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    ports: frozenset[int] = frozenset(PORTS.values())
    seconds: float = SECONDS
    most_bytes: int = max(UPLOAD_LIMITS.values())

    def save(self, url: str, path: Path) -> None:
        """Write what is at the address to a file; raises Refusal with 422."""
        until = time.monotonic() + self.seconds
        for _ in range(REDIRECTS + 1):
            target = self._save(url, path, until)
            if target is None:
                return
            url = _join(url, target)
        raise _refusal("redirects too often")

    def _save(self, url: str, path: Path, until: float) -> str | None:
        """Save one answer; the address that it leads to, if it does."""
        address = self._pin(url)

        async def receive(answer: httpx.Response) -> str | None:
            if answer.has_redirect_location:
                return str(answer.headers["Location"])
            if answer.status_code != 200:
                raise _refusal(f"answers {answer.status_code}")
            await self._write(answer, path)
            return None

        try:
            return request_within(
                max(0.1, until - time.monotonic()),
                "GET",
                address,
                receive,
                connect_seconds=CONNECT_SECONDS,
                headers={"Accept-Encoding": "identity"},
            )
        except TimeoutError as exc:
            raise _refusal(f"takes longer than {self.seconds:g} s") from exc
        except FAILURES as exc:
            raise _refusal(f"cannot be downloaded ({type(exc).__name__})") from exc

    def _pin(self, url: str) -> PinnedUrl:
        try:
            return pin(url, resolve=self.resolve, is_allowed=self.is_allowed, ports=self.ports)
        except AddressRefused as exc:
            raise _refusal(str(exc)) from exc

    async def _write(self, answer: httpx.Response, path: Path) -> None:
        size = 0
        with path.open("wb") as file:
            async for chunk in answer.aiter_bytes():
                size += len(chunk)
                if size > self.most_bytes:
                    raise _refusal(f"has more than {self.most_bytes} bytes")
                file.write(chunk)


def _join(url: str, target: str) -> str:
    try:
        return urljoin(url, target)
    except ValueError as exc:
        raise _refusal("redirects to an invalid address") from exc


def _refusal(reason: str) -> Refusal:
    remedy = "name a public address of a picture, sound or video, or upload the file"
    return Refusal(status=422, field="url", reason=f"url: {reason}", remedy=remedy)
