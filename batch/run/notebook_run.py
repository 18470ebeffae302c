"""What a caller sees of an execution, and how it stops one."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from batch.run.place import RunPlace
from batch.warm import Kernel, KernelExit

__all__ = ["NotebookRun", "RowStopped"]


class RowStopped(Exception):
    """A row was told to stop: no further cell of it begins."""


@dataclass
class NotebookRun:
    """What a caller sees of an execution, and how it stops one: `stop` may be called from another
    thread.
    """

    pid: int = 0
    kernel: Kernel | None = None  # if it is a warm one
    reason: str = ""
    notebook: Any = None
    env: Mapping[str, str] = field(default_factory=dict)  # variables of a run without a place
    place: RunPlace | None = None
    cell: int = 0  # the one that runs, of `cells`
    cells: int = 0
    cores: Sequence[int] = ()  # the run's share; empty is all
    records: list[Any] = field(default_factory=list)  # outputs that hold some, as they came

    @property
    def where(self) -> RunPlace:
        """The run's folder, modules and variables."""
        return self.place or RunPlace(os.getcwd(), (), dict(self.env))

    @property
    def kernel_exit(self) -> KernelExit | None:
        """How the kernel ended, if that was to be learnt."""
        return self.kernel.exit if self.kernel is not None else None

    @property
    def executing(self) -> bool:
        """Whether the kernel has begun with the current cell; it ignores interrupts before."""
        cells = getattr(self.notebook, "cells", ())
        if not 0 < self.cell <= len(cells):
            return False
        return "iopub.execute_input" in cells[self.cell - 1].metadata.get("execution", {})

    def check(self) -> None:
        """Raise RowStopped once it was told to stop, whatever the notebook made of that."""
        if self.reason:
            raise RowStopped(self.reason)

    def stop(self, reason: str, number: int = signal.SIGINT) -> None:
        """Interrupt the notebook (or kill it, with SIGKILL); the first reason counts."""
        self.reason = self.reason or reason
        if self.pid:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, number)
