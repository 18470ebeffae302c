"""Hands out rows: a window of them at a time, so that neither the scheduler nor this process holds
many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from distributed import CancelledError, Client, Future, wait
from distributed.client import ClosedClientError

from batch.cluster.connect import run_here
from batch.cluster.rounds import LOOK_SECONDS, in_rounds
from batch.rows import runs
from batch.rows.limits import FULL, ParallelLimits, RowQueue
from batch.rows.priorities import pending_by_priority
from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import WorkError

__all__ = ["drive"]

AHEAD = 2  # rows in the scheduler for each that can run
TICK_SHARE = 0.05  # of the time may go into ticks: a look at a million rows takes its time

Task = Callable[[str], str]


def drive(
    db: Database,
    campaign_id: str,
    client: Client,
    *,
    limit: int | None = None,
    task: Task = run_here,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Run all rows that wait, or `limit` of them; those that others run are waited for, or taken
    over.

    `tick` is called about every second, or less often if it takes long. Raises WorkError if the
    scheduler goes away.
    """

    def hand_out(remaining: int | None) -> int:
        try:
            return _Round(db, campaign_id, client, task, tick).run(remaining)
        except (CancelledError, ClosedClientError, OSError) as exc:
            remedy = f"start the scheduler again, then `lotus batch resume {campaign_id}`"
            raise WorkError(
                reason="the connection to the Dask scheduler was lost", remedy=remedy
            ) from exc

    in_rounds(db, campaign_id, hand_out, limit=limit, tick=tick)


def _waiting(db: Database, campaign_id: str) -> Iterator[runs.Row]:
    """Rows to hand out, until none is left."""
    after = -1
    while page := db.ask(runs.pending, campaign_id, after):
        yield from filter(runs.is_free, page)
        after = page[-1]["position"]


def _waiting_by_priority(db: Database, campaign_id: str) -> Iterator[runs.Row]:
    """The same with their values, rows of higher priority first."""
    after = None
    while page := db.ask(pending_by_priority, campaign_id, after):
        yield from filter(runs.is_free, page)
        after = page[-1]["priority"], page[-1]["position"]


def _queue(db: Database, campaign_id: str) -> RowQueue:
    options = db.ask(runs.get_campaign, campaign_id)["options"]
    limits = ParallelLimits(options.get("at_most"))
    is_ordered = limits or options.get("priority")
    rows = (_waiting_by_priority if is_ordered else _waiting)(db, campaign_id)
    return RowQueue(rows, limits)


class _Round:
    """One pass over the rows that wait."""

    def __init__(
        self, db: Database, campaign_id: str, client: Client, task: Task, tick: Callable[[], None]
    ) -> None:
        self._db = db
        self._campaign_id = campaign_id
        self._client = client
        self._task = task
        self._tick = tick
        self._queue = _queue(db, campaign_id)
        self._flying: dict[Future[str], str] = {}
        self._looked = 0.0
        self._window = AHEAD
        self._stopping = False
        self._next_tick = 0.0

    def run(self, limit: int | None) -> int:
        """Hand out rows until none is left, or the campaign stops; how many were."""
        count = 0
        more = True
        try:
            while more or self._flying:
                self._look()
                count += self._hand_out(None if limit is None else limit - count)
                full = self._collect()
                count -= full
                more = self._queue.waits and not self._stopping and count != limit
                if full:  # other drivers run as many rows of some group as may run
                    time.sleep(LOOK_SECONDS)
        finally:
            for future in self._flying:
                future.cancel()
        return count

    def _hand_out(self, limit: int | None) -> int:
        """Fill the window; how many rows were handed out."""
        count = 0
        while not self._stopping and len(self._flying) < self._window and count != limit:
            run_id = self._queue.next()
            if run_id is None:
                break
            self._hand(run_id)
            count += 1
        return count

    def _look(self) -> None:
        if time.monotonic() - self._looked > LOOK_SECONDS:
            self._window = AHEAD * max(1, sum(self._client.nthreads().values()))
            self._stopping = bool(self._db.ask(runs.get_campaign, self._campaign_id)["stopping"])
            self._looked = began = time.monotonic()
            if began >= self._next_tick:
                self._tick()
                over = time.monotonic()
                self._next_tick = over + (over - began) / TICK_SHARE

    def _hand(self, run_id: str) -> None:
        key = f"row-{run_id}-{t.new_id()[-8:]}"  # Dask shows its tasks by the first word
        self._flying[self._client.submit(self._task, run_id, key=key, pure=False)] = run_id

    def _collect(self) -> int:
        """Wait a moment for rows that end; how many found their group full, and wait again."""
        if not self._flying:
            return 0
        try:
            futures = wait(
                list(self._flying), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED"
            ).done
        except TimeoutError:
            return 0
        total = 0
        for future in futures:
            run_id = self._flying.pop(future)
            if future.status == "error":
                self._record_lost(run_id, future.exception())
            full = self._queue.limited and future.status == "finished" and future.result() == FULL
            self._queue.over(run_id, again=full)
            total += full
        return total

    def _record_lost(self, run_id: str, error: BaseException | None) -> None:
        """The task itself failed: its workers died again and again, or what it stands on is not
        there.
        """
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        self._db.run(runs.fail, run_id, reason)
