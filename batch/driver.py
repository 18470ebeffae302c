"""Hands out rows: a window of them at a time, so that neither the scheduler nor this process holds many."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from distributed import Client, Future, wait

from batch import runs
from batch.cluster import run_here
from lotus.db import Database
from lotus.db import tables as t

__all__ = ["drive"]

AHEAD = 2  # rows in the scheduler for each that can run
LOOK_SECONDS = 1.0
ROUNDS = 5  # rows that were given back are handed out again so often


def drive(
    db: Database,
    campaign_id: str,
    client: Client,
    *,
    limit: int | None = None,
    task: Callable[[str], str] = run_here,
    tick: Callable[[], None] = lambda: None,
) -> None:
    """Run all rows that wait, or `limit` of them; `tick` is called about every second."""
    left = limit
    for _ in range(ROUNDS):
        handed = _Round(db, client, task, tick).run(_waiting(db, campaign_id), left)
        left = None if left is None else left - handed
        if not handed or left == 0:
            return


def _waiting(db: Database, campaign_id: str) -> Iterator[str]:
    """Ids of rows to hand out, until none is left or the campaign stops."""
    after = -1
    while True:
        with db.begin() as connection:
            page = runs.pending(connection, campaign_id, after)
        for row in page:
            if runs.is_free(row):
                yield row["id"]
        if not page:
            return
        after = page[-1]["position"]


class _Round:
    """One pass over the rows that wait."""

    def __init__(
        self, db: Database, client: Client, task: Callable[[str], str], tick: Callable[[], None]
    ) -> None:
        self._db, self._client, self._task, self._tick = db, client, task, tick
        self._flying: dict[Future[str], str] = {}
        self._looked = 0.0
        self._window = AHEAD

    def run(self, waiting: Iterator[str], limit: int | None) -> int:
        """Hand out rows until none is left; how many were."""
        handed, more = 0, True
        try:
            while more or self._flying:
                self._look()
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
            self._tick()
            self._looked = time.monotonic()

    def _hand(self, run_id: str) -> None:
        key = f"{run_id}-{t.new_id()[-8:]}"
        self._flying[self._client.submit(self._task, run_id, key=key, pure=False)] = run_id

    def _collect(self) -> None:
        if not self._flying:
            return
        try:
            done = wait(list(self._flying), timeout=LOOK_SECONDS, return_when="FIRST_COMPLETED").done
        except TimeoutError:
            return
        for future in done:
            run_id = self._flying.pop(future)
            if future.status == "error":
                self._lost(run_id, future.exception())

    def _lost(self, run_id: str, error: BaseException | None) -> None:
        """The task itself failed: its workers died again and again, or what it stands on is not there."""
        reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
        with self._db.begin() as connection:
            runs.fail(connection, run_id, reason)
