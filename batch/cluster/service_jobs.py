"""Jobs of the service on a Dask scheduler: a task a job, on whichever worker is free."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, cast

from distributed import Client, Future, WorkerPlugin, get_worker

from batch.cluster.connect import POOL, on_sigterm
from lotus.db import Database, queue, records
from lotus.db import tables as t
from lotus.errors import LotusError
from lotus.pipeline.lease import RELEASE_REASON
from lotus.server.logs import log
from lotus.server.worker import work_on
from lotus.settings import Settings
from lotus.system.owner import this_process
from lotus.workspace import Workspace

__all__ = ["DaskWorkers", "Jobs", "work_here"]

LOOK_SECONDS = 1.0
AGAIN_SECONDS = 5.0  # after something went wrong with the scheduler or a worker
GRACE_SECONDS = 20.0  # for jobs of a worker that ends to stop and be given back


class Jobs(WorkerPlugin):
    """What a worker is at, so that one that ends gives it back at once, and nobody waits for its
    lease.
    """

    name = "lotus-jobs"
    idempotent = True  # a second service changes nothing under the jobs of the first

    def setup(self, worker: Any) -> None:
        """Called in the worker's event loop."""
        self._running: list[Workspace] = []
        self._over = False
        self._changed = threading.Condition()
        if threading.current_thread() is threading.main_thread():
            on_sigterm(worker, self.end)

    def end(self) -> None:
        """What runs stops and goes back to the queue, and so does what begins after this."""
        with self._changed:
            self._over = True
            for workspace in self._running:
                workspace.stop.set(RELEASE_REASON)

    @contextmanager
    def running(self, workspace: Workspace) -> Iterator[None]:
        """A job runs with this workspace while the block lasts: `teardown` waits for it."""
        with self._changed:
            self._running.append(workspace)
            if self._over:
                workspace.stop.set(RELEASE_REASON)
        try:
            yield
        finally:
            with self._changed:
                self._running.remove(workspace)
                self._changed.notify_all()

    def teardown(self, worker: Any) -> None:
        """The worker closes, for whatever reason."""
        self.end()
        with self._changed:
            self._changed.wait_for(lambda: not self._running, GRACE_SECONDS)


def work_here(job_id: str) -> str:
    """The Dask task: take the job, if it still waits, and run it; how it ended."""
    workspace = Workspace.open(Settings.read(**POOL))
    jobs = cast(Jobs, get_worker().plugins[Jobs.name])
    try:
        row = workspace.db.run(queue.acquire_next, this_process(), job_id)
        if row is not None:
            with jobs.running(workspace):
                return work_on(row, workspace)
        workspace.db.ask(records.get_job, job_id)  # raises for a worker that has another database
        return "another process was faster"
    finally:
        workspace.db.close()


class DaskWorkers:
    """At most `most` jobs of one service at a scheduler; other services of the database may take
    the rest.
    """

    def __init__(self, db: Database, most: int, address: str) -> None:
        self.db = db
        self.most = most
        self.address = address
        self._draining = False
        self._poked = asyncio.Event()
        self._flying: dict[str, Future[str]] = {}

    def poke(self) -> None:
        """A job was queued."""
        self._poked.set()

    async def run(self) -> None:
        """Hand out jobs until told to drain; a scheduler that went away is looked for again."""
        while not self._draining:
            try:
                async with Client(self.address, asynchronous=True) as client:
                    await client.register_plugin(Jobs())
                    while not self._draining and client.status == "running":
                        await self._hand_out(client)
            except (
                OSError,
                RuntimeError,
                ValueError,
                ImportError,
            ) as error:  # also Dask's own, and a worker's
                log("cluster", error=f"{type(error).__name__}: {error}")
            self._flying.clear()
            await self._rest(AGAIN_SECONDS)

    async def drain(self, seconds: float) -> None:
        """Hand out no more. What workers are at, they finish: it is not in this process."""
        self._draining = True
        self._poked.set()

    async def _hand_out(self, client: Client) -> None:
        failures = await self._collect()
        for job_id in await asyncio.to_thread(self._waiting):
            if len(self._flying) < self.most and job_id not in self._flying:
                key = f"{job_id}-{t.new_id()[-8:]}"
                self._flying[job_id] = client.submit(work_here, job_id, key=key, pure=False)
        await self._rest(AGAIN_SECONDS if failures else LOOK_SECONDS)

    async def _collect(self) -> bool:
        """Forget what is over; whether a task failed: a worker died, or has another database."""
        over = {job_id: future for job_id, future in self._flying.items() if future.done()}
        for job_id, future in over.items():
            del self._flying[job_id]
            if future.status != "finished":
                error = await future.exception() if future.status == "error" else future.status
                log(
                    "cluster",
                    job_id=job_id,
                    error=f"{error} (has the worker the service's DATABASE_URL?)",
                )
        return any(future.status != "finished" for future in over.values())

    def _waiting(self) -> list[str]:
        try:
            return [row["id"] for row in self.db.ask(queue.waiting)]
        except LotusError as error:
            log("queue", error=str(error))
            return []

    async def _rest(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._poked.wait(), seconds)
        self._poked.clear()
