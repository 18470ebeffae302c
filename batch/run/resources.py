"""What a worker process has: a workspace, warm kernels, and its share of the machine."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from batch.run.ecs_task import EcsTask
from batch.warm import KernelPool, KernelPools
from lotus.workspace import Workspace

__all__ = ["GRACE_SECONDS", "WorkerResources", "machine_bytes"]

GRACE_SECONDS = 15.0  # between asking a notebook to stop and killing its kernel
SAVING_SECONDS = 5.0


def machine_bytes(group: Path = Path("/sys/fs/cgroup/memory.max")) -> int | None:
    """Memory of this machine, or of its container; None where the system does not say."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return None
    try:
        return min(total, int(group.read_text()))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return total


@dataclass
class WorkerResources:
    """A worker's means, a slice of them a row: `at_once` rows share its processors and
    its memory.
    """

    workspace: Workspace
    pool: KernelPool | None
    at_once: int = 1
    memory_bytes: int | None = None  # of the whole worker; None: nobody counts it
    task: EcsTask | None = None  # on ECS, where its seconds are paid for
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._slices: queue.SimpleQueue[list[int]] = queue.SimpleQueue()
        pinned = hasattr(os, "sched_getaffinity")  # macOS has no such thing: rows share all cores
        cores = sorted(os.sched_getaffinity(0)) if pinned else []
        for number in range(self.at_once):
            self._slices.put(
                cores[number :: self.at_once] or cores[number % max(1, len(cores)) :][:1]
            )
        self.pools = KernelPools(self.pool)
        self._working = 0
        self._changed = threading.Condition()

    @property
    def share_bytes(self) -> int | None:
        """How much memory one row may take."""
        return self.memory_bytes // self.at_once if self.memory_bytes else None

    @contextmanager
    def share(self) -> Iterator[list[int]]:
        """The processors of one row: rows of one worker never want more than it has."""
        mine = self._slices.get()
        try:
            yield mine
        finally:
            self._slices.put(mine)

    @contextmanager
    def working(self) -> Iterator[None]:
        """A row is being run while the block lasts: `close` waits for it."""
        with self._changed:
            self._working += 1
        try:
            yield
        finally:
            with self._changed:
                self._working -= 1
                self._changed.notify_all()

    def close(self) -> None:
        """Rows that run are asked to stop, saved and given back; then kernels end."""
        self.stopping.set()
        with self._changed:
            self._changed.wait_for(lambda: not self._working, GRACE_SECONDS + SAVING_SECONDS)
        self.pools.close()
