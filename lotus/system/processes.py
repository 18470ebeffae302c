"""How processes are started: whatever ends lotus, nothing that it started goes on."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from functools import partial
from typing import Any

__all__ = ["child_options", "die_with_parent"]

PR_SET_PDEATHSIG = 1  # prctl(2)
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int | None = None) -> None:
    """This process is killed by the kernel when the thread that started it ends; on Linux.

    `parent` is the process that started it, which may have ended before the kernel was told.
    """
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def child_options() -> dict[str, Any]:
    """How every child process is started: a group of its own, ended by the kernel when lotus dies.

    Ctrl-C reaches lotus alone, which then stops its children in order. It is no session of its own:
    Linux
    shares processors out among sessions first (sched(7), autogroup), and niceness would be worth
    nothing.
    """
    return {"process_group": 0, "preexec_fn": partial(die_with_parent, os.getpid())}
