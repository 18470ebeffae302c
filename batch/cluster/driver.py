"""Hands out rows: a window of them at a time, so that neither the scheduler nor this process holds
many.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from distributed import CancelledError, Client, Future, wait
from distributed.client import ClosedClientError

from batch.cluster.connect import run_here
from batch.rows import runs
from lotus.db import Database
from lotus.db import tables as t
from lotus.errors import WorkError

__all__ = ["drive"]

AHEAD = 2  # rows in the scheduler for each that can run
LOOK_SECONDS = 1.0
TICK_SHARE = 0.05  # of the time may go into ticks: a look at a million rows takes its time
ROUNDS = 5  # in which every row is given back, until it is believed that no worker can keep one

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
    left = limit
    fruitless = 0
    while left != 0 and fruitless < ROUNDS and (before := _remaining(db, campaign_id)):
        try:
            handed = _Round(db, campaign_id, client, task, tick).run(left)
        except (CancelledError, ClosedClientError, OSError) as exc:
            remedy = f"see to the scheduler, then `lotus batch resume {campaign_id}`"
            raise WorkError(
                reason="the connection to the Dask scheduler was lost", remedy=remedy
            ) from exc
        left = None if left is None else left - handed
        if handed:
            fruitless = fruitless + 1 if _remaining(db, campaign_id) >= before else 0
        else:  # all that are left are under way elsewhere
            time.sleep(LOOK_SECONDS)
            tick()


def _remaining(db: Database, campaign_id: str) -> int:
    """How many rows are to be run, or are under way, if the campaign goes on."""
    stopping = db.ask(runs.get_campaign, campaign_id)["stopping"]
    return 0 if stopping else db.ask(runs.remaining, campaign_id)


def _waiting(db: Database, campaign_id: str) -> Iterator[str]:
    """Ids of rows to hand out, until none is left."""
    after = -1
    while True:
        page = db.ask(runs.pending, campaign_id, after)
        for row in page:
            if runs.is_free(row):
                yield row["id"]
        if not page:
            return
        after = page[-1]["position"]


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
        self._flying: dict[Future[str], str] = {}
        self._looked = 0.0
        self._window = AHEAD
        self._stopping = False
        self._next_tick = 0.0

    def run(self, limit: int | None) -> int:
        """Hand out rows until none is left, or the campaign stops; how many were."""
        waiting = _waiting(self._db, self._campaign_id)
        handed = 0
        more = True
        try:
            while more or self._flying:
                self._look()
                more = more and not self._stopping
                while more and len(self._flying) < self._window:
                    run_id = next(waiting, None) if limit is None or handed < limit else None
                    if run_id is None:
                        more = False
                    else:
                        self._hand(run_id)
                        handed += 1
                self._collect()
        finally:
            for future in self._flying:
                future.cancel()
        return handed

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

    def _collect(self) -> None:
        if not self._flying:
            return
        try:
            done = wait(
                list(self._flying), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED"
            ).done
        except TimeoutError:
            return
        for future in done:
            run_id = self._flying.pop(future)
            if future.status == "error":
                self._lost(run_id, future.exception())

    def _lost(self, run_id: str, error: BaseException | None) -> None:
        """The task itself failed: its workers died again and again, or what it stands on is not
        there.
        """
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        self._db.run(runs.fail, run_id, reason)
