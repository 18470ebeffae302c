"""The life of a prediction: intent, created, named, followed to its end, kept, settled.

Every step is in the database before the next begins, so that whoever comes after a crash, at any
point, knows what is paid for.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.leases import is_held
from lotus.db.records import Row
from lotus.errors import Cancelled, ClipFailed, InvalidToken, ProviderError, WorkError
from lotus.generation.predictions import patience
from lotus.generation.predictions.creation import create_or_find, look_up
from lotus.generation.predictions.decide import Age, is_empty, next_action, poll_seconds, wish
from lotus.generation.predictions.ending import finish, settle_as_lost, spending_text
from lotus.generation.predictions.leases import NOTHING, PredictionContext, PredictionRequest
from lotus.money.ledger import money
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Prediction, fault
from lotus.system.stop import Stop

__all__ = ["Collection", "collect", "follow", "obtain"]

MODEL_TRIES = 2  # of one prediction, when a model breaks down without saying no

Collection = Literal["collected", "never created", "still running"]


def obtain(work: PredictionContext, *orders: PredictionRequest) -> ClipRequest:
    """Have what is wanted in the store: made before, by somebody else meanwhile, or now; returns
    what is.

    Of several, which differ in their seeds, the first that works; one alone is tried again with the
    same. Raises BudgetExceeded, ClipFailed with what was spent, ProviderError, Cancelled.
    """
    tries = orders if len(orders) > 1 else orders * MODEL_TRIES
    count = _index_begun(work, orders) if len(orders) > 1 else 0
    spent_usd = NOTHING
    for one in tries[count:-1]:
        try:
            _have(work, one, spent_usd)
            return one.request
        except ClipFailed as failure:
            if not failure.facts.get("again"):
                raise
            spent_usd = Decimal(failure.facts["spent_usd"])
    _have(work, tries[-1], spent_usd)
    return tries[-1].request


def _index_begun(work: PredictionContext, orders: Sequence[PredictionRequest]) -> int:
    """Which of them is there, or was begun by a process that died: no other is to be begun before
    it.
    """
    for nth, one in enumerate(orders):
        if work.is_kept(one.request):
            return nth
    return next((nth for nth, one in enumerate(orders) if work.claims.is_open(one.key)), 0)


def _have(work: PredictionContext, order: PredictionRequest, paid_usd: Decimal) -> None:
    while not work.is_kept(order.request):
        work.stop.check()
        row, mine = work.claims.claim(order, work.hosted.account())
        if not mine:
            _wait_for_another(work, row)
            continue
        work.on_step("claimed", row)
        follow(work, row, paid_usd)
    if (orphan := work.claims.adopt(order.key)) is not None:
        follow(work, orphan)  # it was kept, and who kept it died before it was settled


def follow(work: PredictionContext, row: Row, before_usd: Decimal = NOTHING) -> None:
    """Bring a row that is ours to its end, from wherever it is; others may follow it afterwards.

    What it raises says what was spent, with `before_usd` on earlier tries.
    """
    try:
        request = ClipRequest.model_validate(row["request"])
        if row["posted_at"] is None and work.is_kept(request):
            # somebody made it just before it was claimed
            work.settle(row, request, "refused", NOTHING)
            return
        if not work.is_ours(row):
            _leave_to_its_account(work, row, request)
            return
        named = row["prediction_id"] is not None
        prediction = _get(work, row, request) if named else create_or_find(work, row, request)
        finish(work, row, request, _await_end(work, row, request, prediction))
    except Cancelled:
        raise
    except (InvalidToken, WorkError) as error:
        spent_usd = before_usd + (row.get("settled_usd") or NOTHING)
        raise error.adding(spending_text(row, spent_usd), spent_usd=money(spent_usd)) from error
    finally:
        work.claims.release(row)


def collect(work: PredictionContext, row: Row) -> Collection:
    """Bring a row that is ours to its end as far as that costs nothing: nothing is created.

    Returns what became of it; raises ClipFailed for a prediction of which nothing came, and
    ProviderError.
    """
    try:
        request = ClipRequest.model_validate(row["request"])
        if row["prediction_id"] is None and row["posted_at"] is None:
            work.settle(row, request, "refused", NOTHING, error="it was never sent")
            return "never created"
        if row["prediction_id"] is None:
            prediction = look_up(work, row, request)
            if prediction is None and t.now() - row["posted_at"] < patience.APPEARS_WITHIN:
                return "still running"
            if prediction is None:
                work.settle(row, request, "refused", NOTHING, error="it was not created")
                return "never created"
        else:
            prediction = _get(work, row, request)
        if not prediction.ended:
            return "still running"
        prediction = _with_output(work, row, request, prediction)
        finish(work, row, request, prediction)
        return "collected"
    finally:
        work.claims.release(row)


def _with_output(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction
) -> Prediction:
    """One that has ended, looked at again while it says that it succeeded and shows nothing."""
    until = time.monotonic() + patience.SETTLING_SECONDS
    while is_empty(prediction) and time.monotonic() < until:
        work.rest(0.5)
        work.calls.check()
        prediction = _get(work, row, request)
    return prediction


def _leave_to_its_account(work: PredictionContext, row: Row, request: ClipRequest) -> None:
    """Raise ProviderError: only the row's own account can see it.

    When what it made is surely deleted there, the row makes way: its price counts as lost until the
    accounts are reconciled.
    """
    if t.now() - (row["posted_at"] or row["created_at"]) > patience.KEPT_BY_PROVIDERS:
        why = f"it is on the account {row['account']}, and was not downloaded in time"
        cost = row["reserved_usd"] if row["posted_at"] is not None else NOTHING
        work.settle(row, request, "lost" if cost else "refused", cost, error=why)
        return
    raise ProviderError(
        provider=work.provider,
        reason=f"another account, {row['account']}, is making this clip",
        remedy="run again with the token of that account within an hour, or with this one later",
        kind="refused",
    )


def _await_end(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction
) -> Prediction:
    """The prediction at its end; raises Cancelled and leaves it to run on when somebody
    interrupts.
    """
    cancelled = False
    empty_until: float | None = None
    word = not work.hosted.sends_word
    limit = work.hosted.timeout_seconds
    while True:
        age = (t.now() - row["posted_at"]).total_seconds()
        if is_empty(prediction) and empty_until is None:
            empty_until = time.monotonic() + patience.SETTLING_SECONDS
        look_again = empty_until is not None and time.monotonic() < empty_until
        action = next_action(prediction, Age(age, limit, cancelled, look_again), wish(work.stop))
        if action in ("keep", "settle"):
            work.durations.note(prediction.seconds)
            work.reserve_bill(row, request, work.hosted.billed(request, prediction))
            work.on_step("ended", row)
            return prediction
        if action == "leave":
            work.stop.root.check()
        if action == "cancel":
            prediction = _cancel(work, row, request)
            cancelled = True
        elif cancelled and age > limit + patience.ENDING_SECONDS:
            raise _still_there(work.provider, row)
        else:
            seconds = poll_seconds(age, work.durations.quickest_seconds)
            word = _rest(work, row, min(seconds, 0.5) if look_again else seconds, word)
            prediction = _get(work, row, request)
        if prediction.status != row["status"]:
            work.claims.note(row, status=prediction.status)
        work.on_step("polled", row)


def _cancel(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction:
    """Ask for its end; where that is refused, it has ended by itself, or is to be looked at."""
    try:
        return work.hosted.cancel(row["prediction_id"], Stop())
    except ProviderError as error:
        if fault(error) not in ("refused", "gone"):
            raise
    return _get(work, row, request)


def _rest(work: PredictionContext, row: Row, seconds: float, word: bool) -> bool:
    """Wait before the next look: until word of the end comes, where it is sent, and else for some
    seconds. Returns whether word has come, or nobody should wait for it any more.
    """
    if word:
        work.rest(seconds)
        return True
    until = time.monotonic() + max(seconds, patience.WORD_SECONDS)
    before = wish(work.stop)
    while time.monotonic() < until and wish(work.stop) == before:
        work.rest(patience.LISTEN_SECONDS)
        if work.claims.db.ask(rows.heard_of, row["id"]) is not None:
            return True
    return False


def _get(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction:
    """The prediction as it stands; a 404 is believed when it has lasted for some seconds."""
    until = time.monotonic() + patience.SETTLING_SECONDS
    while True:
        try:
            return work.hosted.get(row["prediction_id"], work.calls)
        except ProviderError as error:
            if fault(error) != "gone":
                raise
            if time.monotonic() >= until:
                why = f"{work.provider} no longer knows the prediction"
                raise settle_as_lost(work, row, request, row["reserved_usd"], why) from error
        work.rest(0.5)
        work.calls.check()


def _wait_for_another(work: PredictionContext, row: Row) -> None:
    """Until the row of somebody else is over, or nobody follows it any more."""
    seconds = 0.1
    while True:
        work.stop.check()
        work.rest(seconds)
        seconds = min(2.0, seconds * 1.5)
        now = work.claims.db.ask(rows.open_prediction, row["key"])
        if now is None or not is_held(now):
            return


def _still_there(provider: str, row: Row) -> ClipFailed:
    return ClipFailed(
        scene="-",
        provider=provider,
        reason=f"the prediction {row['prediction_id']} was cancelled but does not end",
        remedy="run again to look for it",
    )
