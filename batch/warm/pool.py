"""A pool of kernels that wait, forked ahead and replaced in the background."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from batch.warm.environments import environment_of
from batch.warm.parent import Kernel, Zygote
from lotus.errors import RenderFailed

__all__ = ["PRELOAD", "KernelPool", "KernelPools"]

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
AGAIN_SECONDS = 0.5


class KernelPool:
    """`spare` kernels ahead of those in use: one is replaced when it ends, or when none waits.

    It starts when it is first used; use it as a context, or `close` it.
    """

    def __init__(
        self, *, spare: int = 2, preload: Sequence[str] = PRELOAD, python: str = sys.executable
    ) -> None:
        """`python` is the interpreter of the kernels' environment: it has ipykernel 7."""
        self._spare = spare
        self._preload = preload
        self._python = python
        self._lock = threading.Lock()
        self._waiting: deque[Kernel] = deque()
        self._zygote: Zygote | None = None
        self._over = threading.Event()

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

    def serves(self, kernel_name: str) -> bool:
        """Whether a kernel of this name is one of this pool's environment."""
        environment = environment_of(kernel_name)
        return environment is not None and Path(environment.python) == Path(self._python)

    def fill(self) -> None:
        """See to it that enough kernels wait, or are on their way."""
        with self._lock:
            if self._zygote is None or not self._zygote.alive:
                self._waiting.clear()
                self._zygote = Zygote(self._preload, self._python)
            self._waiting = deque(kernel for kernel in self._waiting if kernel.alive)
            while len(self._waiting) < self._spare:
                self._waiting.append(self._zygote.fork())

    def acquire(self) -> Kernel:
        """A kernel that listens; another takes its place. Raises RenderFailed if none comes up."""
        deadline = time.monotonic() + START_SECONDS
        for attempt in range(TRIES):
            self.fill()
            with self._lock:
                kernel = self._waiting.popleft()
            kernel.ready.wait(max(0.0, deadline - time.monotonic()))
            if kernel.ready.is_set() and kernel.alive:
                if not self._waiting:
                    self.fill()
                return kernel
            kernel.end()
            self._over.wait(AGAIN_SECONDS * attempt)  # processes or memory may be free again
        raise RenderFailed(what="kernel", reason="no kernel started", remedy="run `lotus doctor`")

    def release(self, kernel: Kernel) -> None:
        """End a kernel, and see to the next."""
        kernel.end()
        if self._zygote is not None:
            self.fill()

    def close(self) -> None:
        """End every kernel, and the process they come from."""
        self._over.set()
        with self._lock:
            zygote = self._zygote
            self._zygote = None
            self._waiting.clear()
        if zygote is not None:
            zygote.close()


class KernelPools:
    """One pool for each environment, started when it is first used; the own one may be there."""

    def __init__(self, own: KernelPool | None) -> None:
        self._own = own
        self._others: dict[str, KernelPool] = {}

    def of(self, kernel_name: str) -> KernelPool | None:
        """The pool of a kernel; None where it starts cold."""
        if self._own is None:
            return None
        environment = environment_of(kernel_name)
        if environment is None or environment.ours:
            return self._own if environment is not None else None
        pool = self._others.get(environment.python)
        if pool is None:
            pool = KernelPool(preload=environment.modules, python=environment.python)
            pool = self._others.setdefault(environment.python, pool)
        return pool

    def close(self) -> None:
        """End every kernel of every environment."""
        for pool in (self._own, *self._others.values()):
            if pool is not None:
                pool.close()
