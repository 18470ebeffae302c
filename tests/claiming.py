"""Processes that claim the same rows at the same time, as those do who follow predictions."""

from __future__ import annotations

import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from decimal import Decimal
from functools import partial
from multiprocessing.synchronize import Barrier

import sqlalchemy as sa

from lotus.db import Database, predictions
from lotus.db import tables as t
from lotus.db.connections import Connecting
from lotus.db.records import Row
from lotus.system.owner import this_process
from tests.bulk import load

__all__ = ["claim_all", "free_rows"]

AT_ONCE = 100  # rows that a process tries before it looks again which are free
LEASE = timedelta(hours=1)
START_SECONDS = 120.0
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["tests.claiming"])
_together: list[Barrier] = []  # in a child: where all wait for the last


def free_rows(db: Database, count: int) -> None:
    """Predictions that nobody follows."""
    facts = {
        "job_id": "j",
        "provider": "p",
        "model": "m",
        "request": {},
        "reserved_usd": Decimal(0),
    }
    facts |= {"status": "intended", "created_at": t.now(), "updated_at": t.now()}
    with db.begin() as connection:
        load(
            connection,
            t.predictions,
            [{**facts, "id": t.new_id(), "key": f"k{n}"} for n in range(count)],
        )


def claim_all(url: str, processes: int) -> tuple[list[list[str]], float]:
    """What each of so many processes claimed until nothing was free, and the seconds from start to
    last.
    """
    barrier = _CONTEXT.Barrier(processes)
    with ProcessPoolExecutor(processes, _CONTEXT, _meet, (barrier,)) as pool:
        found = list(pool.map(partial(_claim, url, processes), range(processes)))
    began = min(one[1] for one in found)
    ended = max(one[2] for one in found)
    return [one[0] for one in found], ended - began


def _meet(barrier: Barrier) -> None:
    _together.append(barrier)


def _claim(url: str, processes: int, number: int) -> tuple[list[str], float, float]:
    db = Database(url, Connecting(pool_size=1, max_overflow=0))
    owner = this_process()
    mine = []
    db.ask(_free)
    _together[0].wait(START_SECONDS)
    began = time.monotonic()
    while free := db.ask(_free):
        at = len(free) * number // processes
        for row in [*free[at:], *free[:at]][:AT_ONCE]:
            if db.run(predictions.take_over, row, owner, LEASE):
                mine.append(row["id"])
    ended = time.monotonic()
    db.close()
    return mine, began, ended


def _free(connection: sa.Connection) -> list[Row]:
    return [row for row in predictions.open_predictions(connection) if row["owner"] is None]
