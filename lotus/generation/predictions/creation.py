"""From an intent to a prediction with a name: asked for once, and looked up before it is asked for again."""

from __future__ import annotations

import random
from datetime import timedelta
from decimal import Decimal

import sqlalchemy as sa

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.errors import LotusError, ProviderError
from lotus.generation.predictions.work import Work
from lotus.money.ledger import Ledger
from lotus.providers.base import ClipRequest
from lotus.providers.hosted import Prediction, fault
from lotus.system.stop import Stop

__all__ = ["created"]

LOOK_AFTER_SECONDS = (0.0, 0.5, 2.0)  # an answer that was lost may be on its way to the list
LONGEST_WAIT_SECONDS = 30.0  # between two tries
CLOCKS_APART = timedelta(seconds=60)
NOTHING = Decimal(0)


def created(work: Work, row: Row, request: ClipRequest) -> Prediction:
    """The prediction of a row that has no name yet: one that was created without our hearing of it, or new.

    Raises ProviderError and InvalidToken with the reservation given back, if nothing was created.
    """
    if row["posted_at"] is not None:
        found = _look_up(work, row, request)
        if found is not None:
            return found
    tries = 0
    while isinstance(made := _try(work, row, request), ProviderError):
        tries += 1
        if tries > work.hosted.max_retries:
            work.settle(row, request, "refused", NOTHING, error=made.message)
            raise made
        asked = made.facts.get("retry_after_seconds") or 0.0
        work.rest(max(asked, random.uniform(0.1, min(LONGEST_WAIT_SECONDS, 2.0**tries))))
    return made


def _try(work: Work, row: Row, request: ClipRequest) -> Prediction | ProviderError:
    """The prediction, or why there is surely none yet."""
    if not work.claims.note(row, posted_at=t.now()):
        raise _taken(work.provider)
    work.on_step("posting", row)
    try:
        work.stop.check()
        made = work.hosted.create(request, work.stop)
    except LotusError as error:
        if not isinstance(error, ProviderError) or fault(error) in ("refused", "gone"):
            work.settle(row, request, "refused", NOTHING, error=error.message)
            raise
        found = _look_up(work, row, request) if fault(error) == "unclear" else None
        if found is None:
            work.claims.note(row, posted_at=None)
        return found or error
    work.on_step("created", row)
    if not work.name(row, made):
        _end_stray(work, row, request, made)
        raise _taken(work.provider)
    return made


def _end_stray(work: Work, row: Row, request: ClipRequest, made: Prediction) -> None:
    """We slept through our lease and made one too many: it is ended, and what it cost is written down."""
    ended = work.hosted.cancel(made.id, Stop())
    cost = work.hosted.billed(request, ended) if ended.ended else row["reserved_usd"]
    row_id, scene = t.new_id(), row["scene"]
    same = ("key", "job_id", "campaign", "scene", "provider", "model", "request", "posted_at")
    stray: Row = {name: row[name] for name in same}
    stray |= {"id": row_id, "prediction_id": made.id, "status": ended.status, "settled_at": t.now()}
    stray |= {"reserved_usd": cost, "settled_usd": cost}

    def written(connection: sa.Connection) -> None:
        if rows.add_prediction(connection, stray):
            ledger = Ledger(connection, row["job_id"], row["campaign"])
            ledger.add("reserved", scene, request, cost, row_id)
            ledger.close(scene, request, row_id, reserved_usd=cost, cost_usd=cost)

    work.claims.db.run(written)


def _look_up(work: Work, row: Row, request: ClipRequest) -> Prediction | None:
    """The prediction that a request of ours created, if one did; seen in the list a little later, perhaps."""
    since = row["posted_at"] - CLOCKS_APART
    for seconds in LOOK_AFTER_SECONDS:
        work.rest(seconds)
        found = work.hosted.find(request, since, work.calls)
        known = work.claims.db.ask(rows.known_predictions, [one.id for one in found])
        for one in found:
            if one.id not in known and work.name(row, one):
                return one
    return None


def _taken(provider: str) -> ProviderError:
    return ProviderError(
        provider=provider,
        reason="another process took the prediction over, since this one did not move for a minute",
        remedy="run again to use what it makes",
        kind="unclear",
    )
