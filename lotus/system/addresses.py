"""Addresses that strangers name: public ones only, resolved once.

The address that was checked is the one that is connected to, so that a name cannot lead elsewhere
between the two (OWASP, Server-Side Request Forgery Prevention).
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

__all__ = ["PORTS", "AddressRefused", "PinnedUrl", "is_public", "pin", "resolve"]

PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.ip_network("64:ff9b::/96")
# of no host on the internet, although older Pythons or their tables call them global
# (IANA special-purpose address registries; fec0::/10: RFC 3879)
SPECIAL = tuple(
    map(ipaddress.ip_network, ("192.0.0.0/24", "192.88.99.0/24", "3fff::/20", "fec0::/10"))
)


class AddressRefused(ValueError):
    """An address that is not to be asked; its text says why."""


def is_public(address: str) -> bool:
    """Whether an IP address is of the open internet, also the one that another carries inside."""
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    is_special = ip.is_multicast or ip.is_reserved or any(ip in network for network in SPECIAL)
    return ip.is_global and not is_special


def resolve(host: str, port: int) -> list[str]:
    """The IP addresses of a host; raises OSError."""
    entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(entry[4][0]) for entry in entries]


@dataclass(frozen=True)
class PinnedUrl:
    """A URL whose host is an IP address, and the host that the server is told it is."""

    url: str
    host: str  # with the port, as the header Host has it
    name: str

    @property
    def headers(self) -> dict[str, str]:
        """Headers of a request to it."""
        return {"Host": self.host}

    @property
    def extensions(self) -> dict[str, Any]:
        """Extensions of httpx: the name whose certificate is expected."""
        return {"sni_hostname": self.name}


def pin(
    url: str,
    *,
    resolve: Callable[[str, int], Sequence[str]] = resolve,
    is_allowed: Callable[[str], bool] = is_public,
    ports: Container[int] | None = frozenset(PORTS.values()),
) -> PinnedUrl:
    """The URL at the address that its host has now; raises AddressRefused.

    All addresses of the host must be allowed; `ports` None allows every port.
    """
    parts = _parts(url, ports)
    port = parts.port or PORTS[parts.scheme]
    name = str(parts.hostname)
    try:
        addresses = resolve(name, port)
    except (OSError, ValueError) as exc:
        raise AddressRefused("has no such host") from exc
    if not addresses or not all(map(is_allowed, addresses)):
        raise AddressRefused("is not on the public internet")
    host = f"[{addresses[0]}]" if ":" in addresses[0] else addresses[0]
    query = f"?{parts.query}" if parts.query else ""
    return PinnedUrl(
        f"{parts.scheme}://{host}:{port}{parts.path or '/'}{query}", parts.netloc, name
    )


def _parts(url: str, ports: Container[int] | None) -> SplitResult:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError as exc:
        raise AddressRefused("is not an address") from exc
    if parts.scheme not in PORTS or not parts.hostname:
        raise AddressRefused("is not an http or https address")
    if parts.username is not None or (ports is not None and port not in ports):
        raise AddressRefused("has a user or a port, which are not allowed")
    return parts
