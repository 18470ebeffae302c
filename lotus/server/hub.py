"""Who waits for events of which job: one look at the database for all of them, a few times a second.

Events are read from the database by each listener itself, from the one that it has sent last: nothing is kept
for those who are slow, nothing is lost to those who come back, and any process may run the job.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import LotusError
from lotus.server.logs import say

__all__ = ["Hub", "Watch"]

LOOK_SECONDS = 0.25


class Watch:
    """One listener's place in a job's events."""

    def __init__(self, job_id: str) -> None:
        self.job_id = job_id
        self._news = asyncio.Event()

    def wake(self) -> None:
        """There are events that were not there before."""
        self._news.set()

    async def news(self, seconds: float) -> bool:
        """Wait for events; False if none came in time."""
        try:
            await asyncio.wait_for(self._news.wait(), seconds)
        except TimeoutError:
            return False
        self._news.clear()
        return True


class Hub:
    """Belongs to one event loop."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._watches: dict[str, set[Watch]] = {}
        self._last: dict[str, int] = {}
        self._over = False

    @property
    def size(self) -> int:
        """How many listen."""
        return sum(len(watches) for watches in self._watches.values())

    @contextmanager
    def watching(self, job_id: str) -> Iterator[Watch]:
        """Listen to a job meanwhile."""
        watch = Watch(job_id)
        self._watches.setdefault(job_id, set()).add(watch)
        try:
            yield watch
        finally:
            self._watches[job_id].discard(watch)
            if not self._watches[job_id]:
                del self._watches[job_id]
                self._last.pop(job_id, None)

    async def run(self) -> None:
        """Look until it is stopped."""
        while not self._over:
            await asyncio.sleep(LOOK_SECONDS)
            if self._watches:
                try:
                    found = await asyncio.to_thread(self._newest, list(self._watches))
                except LotusError as error:
                    say("events", error=str(error))
                    continue
                self._wake(found)

    def stop(self) -> None:
        """Look no more; whoever listens is woken to see it."""
        self._over = True
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._over

    def _newest(self, jobs: list[str]) -> dict[str, int]:
        e = t.events.c
        query = sa.select(e.job_id, sa.func.max(e.id)).where(e.job_id.in_(jobs)).group_by(e.job_id)
        with self.db.read() as connection:
            return {job: newest for job, newest in connection.execute(query)}  # noqa: C416

    def _wake(self, found: dict[str, int]) -> None:
        for job_id, newest in found.items():
            if self._last.get(job_id) != newest:
                self._last[job_id] = newest
                for watch in self._watches.get(job_id, ()):
                    watch.wake()
