"""How a prediction comes to be: asked for once, and found again when the answer was lost."""

from __future__ import annotations

import random

import sqlalchemy as sa

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.errors import LotusError, ProviderError
from lotus.generation.predictions import patience
from lotus.generation.predictions.leases import NOTHING, PredictionContext, ordered_alike
from lotus.money.ledger import Ledger
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Prediction, fault
from lotus.system.stop import Stop

__all__ = ["create_or_find", "look_up"]


def create_or_find(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction:
    """The prediction of a row that has no name yet: one that was created without our hearing of it,
    or new.

    Raises ProviderError and InvalidToken with the reservation given back, if nothing was created.
    """
    if row["posted_at"] is not None:
        prediction = look_up(work, row, request)
        if prediction is not None:
            return prediction
    tries = 0
    while isinstance(result := _try(work, row, request), ProviderError):
        tries += 1
        if tries > work.hosted.max_retries:
            work.settle(row, request, "refused", NOTHING, error=result.message)
            raise result
        work.rest(_pause(result, tries))
    return result


def _pause(error: ProviderError, tries: int) -> float:
    """Seconds before the next try: those that were asked for, else longer each time."""
    retry_after: float | None = error.facts.get("retry_after_seconds")
    if retry_after is not None:
        return retry_after
    return random.uniform(0.1, min(patience.LONGEST_WAIT_SECONDS, 2.0**tries))


def _try(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction | ProviderError:
    """The prediction, or why there is surely none yet."""
    if not work.claims.note(row, posted_at=t.now()):
        raise _takeover_error(work.provider)
    work.on_step("posting", row)
    try:
        work.stop.check()
        prediction = work.hosted.create(request, work.stop)
    except LotusError as error:
        if not isinstance(error, ProviderError) or fault(error) in ("refused", "gone"):
            work.settle(row, request, "refused", NOTHING, error=error.message)
            raise
        existing = look_up(work, row, request) if fault(error) == "unclear" else None
        if existing is None:
            work.claims.note(row, posted_at=None)
        return existing or error
    work.on_step("created", row)
    if not work.name(row, prediction):
        _end_stray(work, row, request, prediction)
        raise _takeover_error(work.provider)
    return prediction


def _end_stray(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction
) -> None:
    """We slept through our lease and made one too many: it is ended, and what it cost is written
    down.
    """
    prediction_end = work.hosted.cancel(prediction.id, Stop())
    cost = (
        work.hosted.billed(request, prediction_end) if prediction_end.ended else row["reserved_usd"]
    )
    row_id = t.new_id()
    scene = row["scene"]
    stray = ordered_alike(row) | {"account": row["account"]}
    status = "lost" if prediction_end.status == "succeeded" else prediction_end.status
    stray |= {"id": row_id, "prediction_id": prediction.id, "status": status, "settled_at": t.now()}
    stray |= {"reserved_usd": cost, "settled_usd": cost}

    def write(connection: sa.Connection) -> None:
        if rows.add_prediction(connection, stray):
            ledger = Ledger(connection, row["job_id"], row["campaign"])
            ledger.add("reserved", scene, request, cost, row_id)
            ledger.close(scene, request, row_id, reserved_usd=cost, cost_usd=cost, lost=True)

    work.claims.db.run(write)


def look_up(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction | None:
    """The prediction that a request of ours created, if one did; seen in the list a little later,
    perhaps.
    """
    since = row["posted_at"] - patience.CLOCKS_APART
    for seconds in patience.LOOK_AFTER_SECONDS:
        work.rest(seconds)
        candidates = work.hosted.find(request, since, work.calls)
        ids = work.claims.db.ask(rows.known_predictions, [one.id for one in candidates])
        for one in candidates:
            if one.id not in ids and _may_be(one, row) and work.name(row, one):
                return one
    return None


def _may_be(one: Prediction, row: Row) -> bool:
    """Whether a prediction that cannot be compared, its inputs deleted, is of the row's time."""
    soon = row["posted_at"] + patience.APPEARS_WITHIN
    return not one.removed or one.created_at is None or one.created_at <= soon


def _takeover_error(provider: str) -> ProviderError:
    return ProviderError(
        provider=provider,
        reason="another process took the prediction over, because this one made no "
        "progress for a minute",
        remedy="run again to use its result",
        kind="unclear",
    )
