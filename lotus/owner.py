"""Who works on a row: this process, as other processes and machines know it, and whether it still lives."""

from __future__ import annotations

import os
import socket
from functools import cache

__all__ = ["alive", "this_process"]


@cache
def _token(pid: int) -> str:
    """Tells this process from a later one with the same number, on this machine or in another container."""
    return os.urandom(4).hex()


def this_process() -> str:
    """`host:pid:token`."""
    pid = os.getpid()
    return f"{socket.gethostname()}:{pid}:{_token(pid)}"


def alive(owner: str | None) -> bool:
    """Whether an owner still runs; of another machine nothing is known, so it is believed."""
    if owner is None:
        return False
    host, pid, token = owner.rsplit(":", 2)
    if host != socket.gethostname():
        return True
    if int(pid) == os.getpid():
        return token == _token(int(pid))
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
