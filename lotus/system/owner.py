"""Who works on a row: this process, as other processes and machines know it, and whether it still
lives.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

__all__ = ["LEASE", "alive", "has_living_owner", "this_machine", "this_process"]

# a process of another machine that is silent for so long is believed dead
LEASE = timedelta(seconds=60)


@cache
def _token(pid: int) -> str:
    """Tells this process from a later one with the same number, on this machine or in another
    container.
    """
    return os.urandom(4).hex()


def this_machine() -> str:
    """What the owners of this machine begin with."""
    return f"{socket.gethostname()}:"


def this_process() -> str:
    """`host:pid:token`."""
    pid = os.getpid()
    return f"{this_machine()}{pid}:{_token(pid)}"


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


def has_living_owner(row: Mapping[str, Any], now: datetime) -> bool:
    """Whether somebody who lives works on a row: its `owner` runs, and its `lease_until` has not
    passed.

    A row without a lease is believed as long as its owner is.
    """
    until = row["lease_until"]
    return alive(row["owner"]) and (until is None or until > now)
