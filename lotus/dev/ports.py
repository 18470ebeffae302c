"""Ports of this machine, kept from the look whether they are free until a server listens there."""

from __future__ import annotations

import random
import socket

__all__ = ["Ports", "free_port"]

PORTS = range(20_000, 22_700)
ABOVE = 10_000  # weed listens there too; both stay below what outgoing connections use


class Ports:
    """Ports that are ours as long as this object lives.

    A server listens by TCP. Until it does, and while it restarts, the UDP port of the same number
    says to all others who take theirs here that this one is taken; the system gives it back however
    we end.
    """

    def __init__(self) -> None:
        self._held: list[socket.socket] = []

    def acquire(self) -> int:
        """A port that nobody has or is about to have, and whose neighbour `ABOVE` it is
        free too.
        """
        while True:
            port = random.SystemRandom().choice(PORTS)
            datagram = _bound(port, socket.SOCK_DGRAM)
            if datagram is None:
                continue
            if _is_free(port) and _is_free(port + ABOVE):
                self._held.append(datagram)
                return port
            datagram.close()


def free_port() -> int:
    """A port that is free now; whoever needs it for long takes it from `Ports`."""
    return Ports().acquire()


def _bound(port: int, kind: socket.SocketKind) -> socket.socket | None:
    listener = socket.socket(socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:  # servers listen on what another has just left
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except OSError:
        listener.close()
        return None
    return listener


def _is_free(port: int) -> bool:
    stream = _bound(port, socket.SOCK_STREAM)
    if stream is not None:
        stream.close()
    return stream is not None
