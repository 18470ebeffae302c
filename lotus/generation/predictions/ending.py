"""How a prediction ends: what it made is kept, what it cost is settled, and a failure is told."""

from __future__ import annotations

import itertools
import time
from contextlib import suppress
from decimal import Decimal

from lotus.db import tables as t
from lotus.db.records import Row
from lotus.errors import Cancelled, ClipFailed, LotusError, MediaError, ProviderError
from lotus.generation.predictions import patience
from lotus.generation.predictions.decide import wish
from lotus.generation.predictions.leases import PredictionContext, kept_object
from lotus.money.ledger import money
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Prediction, fault

__all__ = ["finish", "settle_as_lost", "spending_text"]

FETCHES = 3


def finish(work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction) -> None:
    """Keep and settle a prediction that has ended; raises ClipFailed if nothing came of it."""
    cost = work.hosted.billed(request, prediction)
    if prediction.status == "succeeded":
        _keep(work, row, request, prediction, cost)
        work.settle(row, request, "succeeded", cost, prediction)
        return
    work.settle(row, request, prediction.status, cost, prediction)
    raise _failure(work, row, prediction)


def settle_as_lost(
    work: PredictionContext, row: Row, request: ClipRequest, cost: Decimal, why: str
) -> ClipFailed:
    """It was paid, and cannot be had: written down, and to be said."""
    work.settle(row, request, "lost", cost, error=why)
    return ClipFailed(
        scene="-", provider=work.provider, reason=why, remedy="run again to make a new one"
    )


def spending_text(row: Row, paid_usd: Decimal) -> str:
    """What was paid, for a row and for tries before it, and what may still be, as
    people are told.
    """
    spending = f"${money(paid_usd)} was spent" if paid_usd else "nothing was spent"
    if row.get("settled_usd") is not None:
        return spending
    reservation = f"${money(row['reserved_usd'])} stays reserved for it"
    return f"{reservation}, {spending}" if paid_usd else reservation


def _keep(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction, cost: Decimal
) -> None:
    """Fetch what was made into the store, before anybody says that it is over."""
    if not work.is_kept(request):
        if prediction.removed or not prediction.output:
            message = (
                "the output no longer exists" if prediction.removed else "the model made nothing"
            )
            raise settle_as_lost(work, row, request, cost, message)
        target = work.folder / f"{row['id']}{work.hosted.suffix}"
        _fetch(work, row, request, prediction, cost)
        work.on_step("fetched", row)
        work.store.put(target, kept_object(request, work.hosted))
        target.unlink(missing_ok=True)
    work.on_step("kept", row)


def _fetch(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction, cost: Decimal
) -> None:
    """Fetch it, and again if it breaks; a 404 is believed when it has lasted for some seconds."""
    target = work.folder / f"{row['id']}{work.hosted.suffix}"
    until = time.monotonic() + patience.SETTLING_SECONDS
    for nth in itertools.count(1):
        try:
            work.hosted.fetch(request, prediction, target, work.calls)
            return
        except MediaError as error:
            if nth >= FETCHES:
                why = f"the output {error.facts['reason']}"
                raise settle_as_lost(work, row, request, cost, why) from error
        except ProviderError as error:
            is_gone = fault(error) == "gone"
            if is_gone and time.monotonic() >= until:
                why = f"the output cannot be downloaded: {error.facts['reason']}"
                raise settle_as_lost(work, row, request, cost, why) from error
            if not is_gone and nth >= FETCHES:
                raise _not_fetched(work.provider, error) from error
        work.rest(min(2.0, patience.AGAIN_SECONDS * 2**nth))
        work.calls.check()
        prediction = _asked_again(work, prediction)


def _asked_again(work: PredictionContext, prediction: Prediction) -> Prediction:
    """The prediction with the addresses that it has now; they may be signed for a short time."""
    with suppress(ProviderError):
        now = work.hosted.get(prediction.id, work.calls)
        if now.output:
            return now
    return prediction


def _not_fetched(provider: str, error: ProviderError) -> ClipFailed:
    return ClipFailed(
        scene="-",
        provider=provider,
        reason=f"it was made and paid for, but cannot be downloaded: {error.facts['reason']}",
        remedy="run again within the hour to fetch it; it is deleted after that",
    )


def _failure(work: PredictionContext, row: Row, prediction: Prediction) -> LotusError:
    if wish(work.stop) == "cancel":
        return Cancelled(reason=work.stop.root.reason, remedy="continue with `lotus jobs resume`")
    if prediction.status == "failed":
        return _model_failure(work, prediction)
    limit = work.hosted.timeout_seconds
    late = (t.now() - row["posted_at"]).total_seconds() >= limit
    reason = (
        f"timed out after {limit:g} s"
        if late
        else f"was {prediction.status} on the provider's side"
    )
    return ClipFailed(
        scene="-",
        provider=work.provider,
        reason=f"the prediction {reason}",
        remedy="raise REPLICATE_TIMEOUT_SECONDS, or use a faster model" if late else "run again",
    )


def _model_failure(work: PredictionContext, prediction: Prediction) -> ClipFailed:
    """`again` says that another try may help: the model broke down, and has not said no."""
    no = work.hosted.refuses(prediction)
    message = prediction.error or "it gives no reason"
    return ClipFailed(
        scene="-",
        provider=work.provider,
        reason=f"the model {'refused' if no else 'failed'}: {message}",
        remedy="change the scene's description" if no else "run again, or use another model",
        again=not no,
    )
