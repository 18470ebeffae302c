"""A pool of kernels that wait, forked ahead and replaced in the background."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Sequence

from batch.warm.parent import Kernel, Zygote
from lotus.errors import RenderFailed

__all__ = ["PRELOAD", "KernelPool", "supported"]

PRELOAD = (
    "pandas",
    "sqlalchemy",
    "numpy",
    "lotus.api",
    "lotus.display.html",
    "lotus.display.progress",
    "lotus.reports",
)
START_SECONDS = 120.0  # for imports on a machine that is busy
TRIES = 5  # kernels that die at their start: the next will too


def supported() -> bool:
    """Whether kernels can be forked here; otherwise they are started as anywhere."""
    return sys.platform == "linux"


class KernelPool:
    """`spare` kernels ahead of those in use: one is replaced when it ends, or when none waits.

    It starts when it is first used; use it as a context, or `close` it.
    """

    def __init__(self, *, spare: int = 2, preload: Sequence[str] = PRELOAD) -> None:
        self._spare = spare
        self._preload = preload
        self._lock = threading.Lock()
        self._waiting: deque[Kernel] = deque()
        self._zygote: Zygote | None = None

    def __enter__(self) -> KernelPool:
        self.fill()
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def pids(self) -> list[int]:
        """The zygote and its kernels."""
        zygote = self._zygote
        return (
            [zygote.process.pid, *(k.pid for k in zygote.kernels if k.pid)]
            if zygote is not None
            else []
        )

    def fill(self) -> None:
        """See to it that enough kernels wait, or are on their way."""
        with self._lock:
            if self._zygote is None or not self._zygote.alive:
                self._waiting.clear()
                self._zygote = Zygote(self._preload)
            self._waiting = deque(kernel for kernel in self._waiting if kernel.alive)
            while len(self._waiting) < self._spare:
                self._waiting.append(self._zygote.fork())

    def acquire(self) -> Kernel:
        """A kernel that listens; another takes its place. Raises RenderFailed if none comes up."""
        deadline = time.monotonic() + START_SECONDS
        for _ in range(TRIES):
            self.fill()
            with self._lock:
                kernel = self._waiting.popleft()
            kernel.ready.wait(max(0.0, deadline - time.monotonic()))
            if kernel.ready.is_set() and kernel.alive:
                if not self._waiting:
                    self.fill()
                return kernel
            kernel.end()
        raise RenderFailed(what="kernel", reason="none came up", remedy="run `lotus doctor`")

    def release(self, kernel: Kernel) -> None:
        """End a kernel, and see to the next."""
        kernel.end()
        if self._zygote is not None:
            self.fill()

    def close(self) -> None:
        """End every kernel, and the process they come from."""
        with self._lock:
            zygote = self._zygote
            self._zygote = None
            self._waiting.clear()
        if zygote is not None:
            zygote.close()
