"""Who waits for events of which job: PostgreSQL says when there are any, elsewhere one look serves
all.

Events are read from the database by each listener itself, from the one that it has sent last:
nothing is kept for those who are slow, nothing is lost to those who come back, and any process may
run the job.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from lotus.db import Database
from lotus.db import tables as t
from lotus.db.records import CHANNEL
from lotus.errors import LotusError
from lotus.server.logs import log

__all__ = ["Hub", "Notices", "Subscription"]

STEP_SECONDS = 1.0  # how soon it notices that it is to end
AGAIN_SECONDS = 2.0  # between tries to listen again


class Notices:
    """Listens in a thread, on a connection of its own; SQLite and PgBouncer cannot tell."""

    def __init__(self, db: Database, tell: Callable[[str], None]) -> None:
        """`tell` hears in that thread which job has news."""
        self.db = db
        self._dispatch = tell
        self.listening = False  # while it is not, somebody has to look
        self._over = threading.Event()

    def start(self) -> None:
        """Begin, where the database can tell."""
        if self.db.dialect == "postgresql" and not self.db.how.pgbouncer:
            threading.Thread(target=self._run, name="notices", daemon=True).start()

    def stop(self) -> None:
        """End soon."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                self._listen()
            except (exc.SQLAlchemyError, LotusError, OSError):
                pass  # the hub looks meanwhile
            finally:
                self.listening = False
            self._over.wait(AGAIN_SECONDS)

    def _listen(self) -> None:
        link = self.db.engine.raw_connection()
        link.detach()  # from the pool: nobody else is to have a connection that listens
        driver: Any = link.dbapi_connection
        try:
            driver.autocommit = True
            driver.execute(f"LISTEN {CHANNEL}")
            self.listening = True
            while not self._over.is_set():
                for notice in driver.notifies(timeout=STEP_SECONDS):
                    self._dispatch(notice.payload)
        except driver.Error as error:
            raise OSError(str(error)) from error
        finally:
            link.close()


LOOK_SECONDS = 0.25  # where the database does not tell by itself
ANYWAY_SECONDS = 5.0  # and where it does


class Subscription:
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
        self.notices = Notices(db, self._on_notice)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._watches: dict[str, set[Subscription]] = {}
        self._last: dict[str, int] = {}
        self._over = False

    @property
    def size(self) -> int:
        """How many listen."""
        return sum(len(watches) for watches in self._watches.values())

    @contextmanager
    def watching(self, job_id: str) -> Iterator[Subscription]:
        """Listen to a job meanwhile."""
        watch = Subscription(job_id)
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
        self._loop = asyncio.get_running_loop()
        last_look = 0.0
        self.notices.start()
        while not self._over:
            await asyncio.sleep(LOOK_SECONDS)
            now = time.monotonic()
            if self._watches and (not self.notices.listening or now - last_look > ANYWAY_SECONDS):
                last_look = now
                try:
                    newest = await asyncio.to_thread(self._newest, list(self._watches))
                except LotusError as error:
                    log("events", error=str(error))
                    continue
                self._wake(newest)

    def stop(self) -> None:
        """Look no more; whoever listens is woken to see it."""
        self._over = True
        self.notices.stop()
        for watches in self._watches.values():
            for watch in watches:
                watch.wake()

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self._over

    def _on_notice(self, job_id: str) -> None:
        """In the thread that listens."""
        if self._loop is not None and not self._over:
            self._loop.call_soon_threadsafe(self._wake_job, job_id)

    def _wake_job(self, job_id: str) -> None:
        for watch in self._watches.get(job_id, ()):
            watch.wake()

    def _newest(self, jobs: list[str]) -> dict[str, int]:
        e = t.events.c
        query = sa.select(e.job_id, sa.func.max(e.id)).where(e.job_id.in_(jobs)).group_by(e.job_id)
        with self.db.read() as connection:
            return {job: newest for job, newest in connection.execute(query)}  # noqa: C416

    def _wake(self, newest_ids: dict[str, int]) -> None:
        for job_id, newest in newest_ids.items():
            if self._last.get(job_id) != newest:
                self._last[job_id] = newest
                self._wake_job(job_id)
