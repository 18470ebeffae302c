"""How processes are started: whatever ends lotus, nothing that it started goes on."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["StallClock", "child_options", "die_with_parent", "processor_use"]

PR_SET_PDEATHSIG = 1  # prctl(2)
_TICKS = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent(parent: int | None = None) -> None:
    """This process is killed by the kernel when the thread that started it ends; on Linux.

    `parent` is the process that started it, which may have ended before the kernel was told.
    """
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if parent is not None and os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def processor_use(pid: int) -> tuple[float, bool]:
    """Processor seconds that a process has had, and whether one of its threads wants to run now.

    Without Linux' /proc, or for a process that has ended: no seconds, and no wish.
    """
    seconds = 0.0
    runnable = False
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError, IndexError, ValueError):
            fields = (thread / "stat").read_text().rsplit(") ", 1)[1].split()
            seconds += (int(fields[11]) + int(fields[12])) / _TICKS
            runnable = runnable or fields[0] == "R"
    return seconds, runnable


class StallClock:
    """How long a process has made no progress although it could have: time in which it wanted a
    processor and got none does not count.
    """

    def __init__(
        self, use: Callable[[], tuple[float, bool]], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`use` is what `processor_use` says of the process."""
        self._use = use
        self._clock = clock
        self.moved()

    def moved(self) -> None:
        """Progress was made: begin anew."""
        self.seconds = 0.0
        self._at = self._clock()
        self._used = self._use()[0]

    def look(self) -> float:
        """Seconds without progress, up to now."""
        now = self._clock()
        usage, runnable = self._use()
        seconds = now - self._at
        self.seconds += min(seconds, usage - self._used) if runnable else seconds
        self._at = now
        self._used = usage
        return self.seconds


def child_options() -> dict[str, Any]:
    """How every child process is started: a group of its own, ended by the kernel when lotus dies.

    Ctrl-C reaches lotus alone, which then stops its children in order. It is no session of its own:
    Linux shares processors out among sessions first (sched(7), autogroup), and niceness would be
    worth nothing.
    """
    return {"process_group": 0, "preexec_fn": partial(die_with_parent, os.getpid())}
