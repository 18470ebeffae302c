"""A process that works on jobs of the queue, one after another; `lotus.server.worker_process`
starts it.

A line on its standard input says that a job may be waiting; when its input ends it finishes what it
is at and ends too. On SIGTERM it gives its job back to the queue, with all that is made of it.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

from lotus.db import queue
from lotus.db.records import Row
from lotus.errors import Cancelled, LotusError
from lotus.pipeline.lease import RELEASE_REASON
from lotus.pipeline.pipeline import run_taken
from lotus.server.logs import log
from lotus.system.owner import this_process
from lotus.system.processes import die_with_parent
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["Worker", "main", "work_on"]

IDLE_SECONDS = 300.0  # without a word it ends: the service starts another when there is work


class Worker:
    """Takes a job, runs it, takes the next."""

    def __init__(self, workspace: Workspace, words: int) -> None:
        """`words` is the file to be told on."""
        self.workspace = workspace
        self._words = words
        self._over = False

    def release(self) -> None:
        """End soon: what is under way goes back to the queue. Safe to call from a
        signal handler.
        """
        self._over = True
        self.workspace.stop.set(RELEASE_REASON)

    def run(self) -> None:
        """Work until told to end, or until nothing comes for a time."""
        while self._wait_for_line(0) is not None and not self._over:
            row = self._acquire()
            if row is not None:
                self._work(row)
            elif not self._wait_for_line(IDLE_SECONDS):
                return

    def _acquire(self) -> Row | None:
        try:
            return self.workspace.db.run(queue.acquire_next, this_process())
        except LotusError as error:
            log("queue", error=str(error))
            return None

    def _work(self, row: Row) -> None:
        self.workspace.stop = Stop()  # of this job
        if self._over:
            self.workspace.stop.set(RELEASE_REASON)
        work_on(row, self.workspace)

    def _wait_for_line(self, seconds: float) -> bool | None:
        """Whether words came within so long; None when there will be none any more."""
        was_told = False
        while select.select([self._words], [], [], 0 if was_told else seconds)[0]:
            if not os.read(self._words, 4096):
                return None
            was_told = True
        return was_told


def work_on(row: Row, workspace: Workspace) -> str:
    """Run a job that was taken; how it ended, which is logged too. Its row says what went wrong."""
    began = time.monotonic()
    outcome = "completed"
    try:
        run_taken(row, workspace)
    except Cancelled as stop:
        outcome = str(stop.facts["reason"])
    except Exception as error:
        outcome = f"{type(error).__name__}: {error}"
    log("job", job_id=row["id"], ended=outcome, seconds=round(time.monotonic() - began, 3))
    return outcome


def main() -> None:
    """The process: told on standard input, ended by its end, by SIGTERM, or by the end of its
    service.
    """
    die_with_parent()
    worker = Worker(Workspace.open(), sys.stdin.fileno())
    signal.signal(signal.SIGTERM, lambda number, frame: worker.release())
    worker.run()
