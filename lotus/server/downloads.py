"""Files from addresses that callers name: public ones only, resolved once, bounded in size and
time.

The address that was checked is the one that is connected to, so that a name cannot lead elsewhere
between the two (OWASP, Server-Side Request Forgery Prevention).
"""

from __future__ import annotations

import ipaddress
import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from lotus.server.refusals import Refusal
from lotus.server.sniffing import LIMITS

__all__ = ["Downloader", "is_public", "resolve"]

PORTS = {"http": 80, "https": 443}
REDIRECTS = 3
SECONDS = 15.0  # for all of it: less than a request has
CONNECT_SECONDS = 5.0
NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address is of the open internet, also the one that another carries inside."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in found]


@dataclass(frozen=True)
class Downloader:
    """Downloads within limits; tests put their own resolver and rule in."""

    resolve: Callable[[str, int], Sequence[str]] = resolve
    is_allowed: Callable[[str], bool] = is_public
    ports: frozenset[int] = frozenset(PORTS.values())
    seconds: float = SECONDS
    most_bytes: int = max(LIMITS.values())

    def save(self, url: str, path: Path) -> None:
        """Write what is at the address to a file; raises Refusal with 422."""
        until = time.monotonic() + self.seconds
        for _ in range(REDIRECTS + 1):
            target = self._save(url, path, until)
            if target is None:
                return
            url = urljoin(url, target)
        raise _refused("leads on and on")

    def _save(self, url: str, path: Path, until: float) -> str | None:
        """Save one answer; the address that it leads to, if it does."""
        parts = self._parts(url)
        port = parts.port or PORTS[parts.scheme]
        address = self._address(str(parts.hostname), port)
        host = f"[{address}]" if ":" in address else address
        query = f"?{parts.query}" if parts.query else ""
        pinned = f"{parts.scheme}://{host}:{port}{parts.path or '/'}{query}"
        timeout = httpx.Timeout(max(0.1, until - time.monotonic()), connect=CONNECT_SECONDS)
        try:
            with (
                httpx.Client(timeout=timeout, trust_env=False) as client,
                client.stream(
                    "GET",
                    pinned,
                    headers={"Host": parts.netloc, "Accept-Encoding": "identity"},
                    extensions={"sni_hostname": str(parts.hostname)},
                ) as answer,
            ):
                if answer.is_redirect:
                    return str(answer.headers["Location"])
                if answer.status_code != 200:
                    raise _refused(f"answers {answer.status_code}")
                self._write(answer, path, until)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as exc:
            raise _refused(f"cannot be downloaded ({type(exc).__name__})") from exc
        return None

    def _parts(self, url: str) -> SplitResult:
        try:
            parts = urlsplit(url)
            port = parts.port or PORTS.get(parts.scheme, 0)
        except ValueError as exc:
            raise _refused("is not an address") from exc
        if parts.scheme not in PORTS or not parts.hostname:
            raise _refused("is not an http or https address")
        if parts.username is not None or port not in self.ports:
            raise _refused("has a user or a port, which are not allowed")
        return parts

    def _address(self, host: str, port: int) -> str:
        try:
            addresses = self.resolve(host, port)
        except (OSError, UnicodeError) as exc:
            raise _refused("has no such host") from exc
        if not addresses or not all(map(self.is_allowed, addresses)):
            raise _refused("is not on the public internet")
        return addresses[0]

    def _write(self, answer: httpx.Response, path: Path, until: float) -> None:
        size = 0
        with path.open("wb") as file:
            for chunk in answer.iter_bytes():
                size += len(chunk)
                if size > self.most_bytes:
                    raise _refused(f"has more than {self.most_bytes} bytes")
                if time.monotonic() > until:
                    raise _refused(f"takes longer than {self.seconds:g} s")
                file.write(chunk)


def _refused(reason: str) -> Refusal:
    remedy = "name a public address of a picture, sound or video, or upload the file"
    return Refusal(status=422, field="url", reason=f"url: {reason}", remedy=remedy)
