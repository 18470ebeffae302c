"""Rounds of handing out rows, whoever runs them: threads of this process or Dask's workers."""

from __future__ import annotations

import time
from collections.abc import Callable

from batch.rows import runs
from lotus.db import Database

__all__ = ["LOOK_SECONDS", "in_rounds"]

LOOK_SECONDS = 1.0
ROUNDS = 5  # in which every row is given back, until it is believed that none can be kept


def in_rounds(
    db: Database,
    campaign_id: str,
    hand_out: Callable[[int | None], int],
    *,
    limit: int | None,
    tick: Callable[[], None],
) -> None:
    """Call `hand_out` until no row is left, or `limit` of them were begun; those that others run
    are waited for.

    `hand_out` takes how many rows it may begin (None: all), and returns how many it began.
    """
    remaining = limit
    fruitless = 0
    while remaining != 0 and fruitless < ROUNDS and (before := _remaining(db, campaign_id)):
        count = hand_out(remaining)
        remaining = None if remaining is None else remaining - count
        if count:
            fruitless = fruitless + 1 if _remaining(db, campaign_id) >= before else 0
        else:  # all that are left are under way elsewhere
            time.sleep(LOOK_SECONDS)
            tick()


def _remaining(db: Database, campaign_id: str) -> int:
    """How many rows are to be run, or are under way, if the campaign goes on."""
    stopping = db.ask(runs.get_campaign, campaign_id)["stopping"]
    return 0 if stopping else db.ask(runs.remaining, campaign_id)
