"""The processes that work on jobs: started when jobs wait, replaced when they die, drained at the
end.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from contextlib import suppress

from lotus.db import Database, queue
from lotus.errors import LotusError
from lotus.server.logs import log

__all__ = ["WorkerPool"]

LOOK_SECONDS = 1.0  # how soon a job that another service could not take is seen
POKE_SECONDS = 0.2  # a worker that is free has taken a job by then
TERM_SECONDS = 10.0  # to write down that a job is given back


class WorkerPool:
    """At most `most` workers of one service, `nice` to all else. Belongs to one event loop, in the
    thread that lives longest.
    """

    def __init__(self, db: Database, most: int, nice: int = 0) -> None:
        self.db = db
        self.most = most
        self.nice = nice
        self.draining = False
        self._workers: list[subprocess.Popen[bytes]] = []
        self._poked = asyncio.Event()

    @property
    def size(self) -> int:
        """How many workers there are."""
        return len(self._workers)

    def poke(self) -> None:
        """A job was queued."""
        self._publish()
        self._poked.set()

    async def run(self) -> None:
        """Look after the workers until the pool is drained."""
        while not self.draining:
            self._reap()
            waiting = await asyncio.to_thread(self._waiting)
            if waiting:
                self._publish()
            if waiting and not self.draining:
                await asyncio.sleep(POKE_SECONDS)
                waiting = await asyncio.to_thread(self._waiting)
                for _ in range(min(waiting, self.most - self.size)):
                    self._start()
                    await asyncio.sleep(0)  # each takes milliseconds, in which nobody is answered
            with suppress(TimeoutError):
                await asyncio.wait_for(self._poked.wait(), LOOK_SECONDS)
            self._poked.clear()

    async def drain(self, seconds: float) -> None:
        """Take no more jobs; what is under way has so long to finish, and is then given back to the
        queue.
        """
        self.draining = True
        self._poked.set()
        for worker in self._workers:
            if worker.stdin is not None:
                with suppress(OSError):
                    worker.stdin.close()
        await self._wait_for_end(seconds)
        for worker in self._workers:
            worker.terminate()
        await self._wait_for_end(TERM_SECONDS)
        for worker in self._workers:
            worker.kill()
            worker.wait()

    async def _wait_for_end(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while self._workers and time.monotonic() < until:
            self._reap()
            await asyncio.sleep(0.05)

    def _waiting(self) -> int:
        try:
            return len(self.db.ask(queue.waiting))
        except LotusError as error:
            log("queue", error=str(error))
            return 0

    def _start(self) -> None:
        if self.draining:
            return
        command = [sys.executable, "-m", "lotus.server.worker_process", str(self.nice)]
        # Nothing is to be done between fork and exec: Python then need not copy its memory's tables
        # (vfork)
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, process_group=0)
        assert worker.stdin is not None
        # who is busy for a day is told once, not for a day
        os.set_blocking(worker.stdin.fileno(), False)
        self._workers.append(worker)

    def _publish(self) -> None:
        for worker in self._workers:
            if worker.stdin is not None:
                with suppress(OSError):  # it has just ended
                    worker.stdin.write(b"\n")

    def _reap(self) -> None:
        for worker in [one for one in self._workers if one.poll() is not None]:
            self._workers.remove(worker)
            if worker.returncode:
                log("worker", pid=worker.pid, code=worker.returncode)
