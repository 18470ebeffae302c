"""The life of a prediction: intent, created, named, followed to its end, kept, settled.

Every step is in the database before the next begins, so that whoever comes after a crash, at any
point, knows what is paid for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Literal

import sqlalchemy as sa

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.leases import is_held
from lotus.db.records import Row
from lotus.errors import (
    Cancelled,
    ClipFailed,
    InvalidToken,
    LotusError,
    MediaError,
    ProviderError,
    WorkError,
)
from lotus.generation.predictions.decide import Age, is_empty, next_action, poll_seconds, wish
from lotus.generation.predictions.leases import PredictionContext, PredictionRequest, kept_object
from lotus.money.ledger import Ledger, money
from lotus.providers.base import ClipRequest
from lotus.providers.hosted import Prediction, fault
from lotus.system.stop import Stop

__all__ = ["Collected", "collect", "created", "finish", "follow", "lost", "obtain", "spent"]

# An answer that was lost may be on its way to the list; behind a gateway it has taken four seconds.
LOOK_AFTER_SECONDS = (0.0, 0.5, 2.0, 4.0, 6.0)
SETTLING_SECONDS = 10.0  # so long a 404, or a success without an output, may be a passing one
LONGEST_WAIT_SECONDS = 30.0  # between two tries
CLOCKS_APART = timedelta(seconds=60)
APPEARS_WITHIN = timedelta(minutes=10)  # what a request created without an answer
NOTHING = Decimal(0)

Collected = Literal["collected", "never created", "still running"]


def created(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction:
    """The prediction of a row that has no name yet: one that was created without our hearing of it,
    or new.

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
        work.rest(_pause(made, tries))
    return made


def _pause(error: ProviderError, tries: int) -> float:
    """Seconds before the next try: those that were asked for, else longer each time."""
    retry_after: float | None = error.facts.get("retry_after_seconds")
    if retry_after is not None:
        return retry_after
    return random.uniform(0.1, min(LONGEST_WAIT_SECONDS, 2.0**tries))


def _try(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction | ProviderError:
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


def _end_stray(work: PredictionContext, row: Row, request: ClipRequest, made: Prediction) -> None:
    """We slept through our lease and made one too many: it is ended, and what it cost is written
    down.
    """
    ended = work.hosted.cancel(made.id, Stop())
    cost = work.hosted.billed(request, ended) if ended.ended else row["reserved_usd"]
    row_id = t.new_id()
    scene = row["scene"]
    alike = ("key", "job_id", "campaign", "scene", "provider", "model", "request", "posted_at")
    stray: Row = {name: row[name] for name in (*alike, "account")}
    status = "lost" if ended.status == "succeeded" else ended.status
    stray |= {"id": row_id, "prediction_id": made.id, "status": status, "settled_at": t.now()}
    stray |= {"reserved_usd": cost, "settled_usd": cost}

    def written(connection: sa.Connection) -> None:
        if rows.add_prediction(connection, stray):
            ledger = Ledger(connection, row["job_id"], row["campaign"])
            ledger.add("reserved", scene, request, cost, row_id)
            ledger.close(scene, request, row_id, reserved_usd=cost, cost_usd=cost, lost=True)

    work.claims.db.run(written)


def _look_up(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction | None:
    """The prediction that a request of ours created, if one did; seen in the list a little later,
    perhaps.
    """
    since = row["posted_at"] - CLOCKS_APART
    for seconds in LOOK_AFTER_SECONDS:
        work.rest(seconds)
        found = work.hosted.find(request, since, work.calls)
        known = work.claims.db.ask(rows.known_predictions, [one.id for one in found])
        for one in found:
            if one.id not in known and _may_be(one, row) and work.name(row, one):
                return one
    return None


def _may_be(one: Prediction, row: Row) -> bool:
    """Whether a prediction that cannot be compared, its inputs deleted, is of the row's time."""
    soon = row["posted_at"] + APPEARS_WITHIN
    return not one.removed or one.created_at is None or one.created_at <= soon


def _taken(provider: str) -> ProviderError:
    return ProviderError(
        provider=provider,
        reason="another process took the prediction over, since this one did not move for a minute",
        remedy="run again to use what it makes",
        kind="unclear",
    )


FETCHES = 3
AGAIN_SECONDS = 0.25  # and longer each time


def finish(work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction) -> None:
    """Keep and settle a prediction that has ended; raises ClipFailed if nothing came of it."""
    cost = work.hosted.billed(request, prediction)
    if prediction.status == "succeeded":
        _keep(work, row, request, prediction, cost)
        work.settle(row, request, "succeeded", cost, prediction)
        return
    work.settle(row, request, prediction.status, cost, prediction)
    raise _failure(work, row, prediction)


def lost(
    work: PredictionContext, row: Row, request: ClipRequest, cost: Decimal, why: str
) -> ClipFailed:
    """It was paid, and cannot be had: written down, and to be said."""
    work.settle(row, request, "lost", cost, error=why)
    return ClipFailed(
        scene="-", provider=work.provider, reason=why, remedy="run again to have it made anew"
    )


def spent(row: Row, paid_usd: Decimal) -> str:
    """What was paid, for a row and for tries before it, and what may still be, as
    people are told.
    """
    paid = f"${money(paid_usd)} was spent" if paid_usd else "nothing was spent"
    if row.get("settled_usd") is not None:
        return paid
    reserved = f"${money(row['reserved_usd'])} stays reserved for it"
    return f"{reserved}, {paid}" if paid_usd else reserved


def _keep(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction, cost: Decimal
) -> None:
    """Fetch what was made into the store, before anybody says that it is over."""
    if not work.is_kept(request):
        if prediction.removed or not prediction.output:
            gone = (
                "what was made is not there any more"
                if prediction.removed
                else "the model made nothing"
            )
            raise lost(work, row, request, cost, gone)
        target = work.folder / f"{row['id']}{work.hosted.suffix}"
        _fetch(work, row, request, prediction, cost)
        work.on_step("fetched", row)
        work.store.put(target, kept_object(request, work.hosted))
        target.unlink(missing_ok=True)
    work.on_step("kept", row)


def _fetch(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction, cost: Decimal
) -> None:
    target = work.folder / f"{row['id']}{work.hosted.suffix}"
    for again in range(1, FETCHES + 1):
        try:
            work.hosted.fetch(request, prediction, target, work.calls)
            return
        except MediaError as error:
            if again == FETCHES:
                raise lost(
                    work, row, request, cost, f"what was made {error.facts['reason']}"
                ) from error
        except ProviderError as error:
            if fault(error) == "gone":
                why = f"what was made cannot be fetched: {error.facts['reason']}"
                raise lost(work, row, request, cost, why) from error
            if again == FETCHES:
                raise _not_fetched(work.provider, error) from error
        work.rest(AGAIN_SECONDS * 2**again)


def _not_fetched(provider: str, error: ProviderError) -> ClipFailed:
    return ClipFailed(
        scene="-",
        provider=provider,
        reason=f"it is made and paid for, but cannot be fetched: {error.facts['reason']}",
        remedy="run again within the hour to fetch it; it is deleted after that",
    )


def _failure(work: PredictionContext, row: Row, prediction: Prediction) -> LotusError:
    if wish(work.stop) == "cancel":
        return Cancelled(reason=work.stop.root.reason, remedy="carry on with `lotus jobs resume`")
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
    said = prediction.error or "it gives no reason"
    return ClipFailed(
        scene="-",
        provider=work.provider,
        reason=f"the model {'refused' if no else 'failed'}: {said}",
        remedy="change the scene's description" if no else "run again, or use another model",
        again=not no,
    )


MODEL_TRIES = 2  # of one prediction, when a model breaks down without saying no
ENDING_SECONDS = 60.0  # a prediction that was cancelled has ended by then


def obtain(work: PredictionContext, *wanted: PredictionRequest) -> ClipRequest:
    """Have what is wanted in the store: made before, by somebody else meanwhile, or now; returns
    what is.

    Of several, which differ in their seeds, the first that works; one alone is tried again with the
    same. Raises BudgetExceeded, ClipFailed with what was spent, ProviderError, Cancelled.
    """
    tries = wanted if len(wanted) > 1 else wanted * MODEL_TRIES
    begun = _begun(work, wanted) if len(wanted) > 1 else 0
    paid = NOTHING
    for one in tries[begun:-1]:
        try:
            _have(work, one, paid)
            return one.request
        except ClipFailed as failed:
            if not failed.facts.get("again"):
                raise
            paid = Decimal(failed.facts["spent_usd"])
    _have(work, tries[-1], paid)
    return tries[-1].request


def _begun(work: PredictionContext, wanted: Sequence[PredictionRequest]) -> int:
    """Which of them is there, or was begun by a process that died: no other is to be begun before
    it.
    """
    for nth, one in enumerate(wanted):
        if work.is_kept(one.request):
            return nth
    return next((nth for nth, one in enumerate(wanted) if work.claims.is_open(one.key)), 0)


def _have(work: PredictionContext, wanted: PredictionRequest, paid_usd: Decimal) -> None:
    while not work.is_kept(wanted.request):
        work.stop.check()
        row, mine = work.claims.claim(wanted, work.hosted.account())
        if not mine:
            _wait_for_another(work, row)
            continue
        work.on_step("claimed", row)
        follow(work, row, paid_usd)
    if (left := work.claims.adopt(wanted.key)) is not None:
        follow(work, left)  # it was kept, and who kept it died before it was settled


def follow(work: PredictionContext, row: Row, before_usd: Decimal = NOTHING) -> None:
    """Bring a row that is ours to its end, from wherever it is; others may follow it afterwards.

    What it raises says what was spent, with `before_usd` on earlier tries.
    """
    try:
        request = ClipRequest.from_json(row["request"])
        if row["posted_at"] is None and work.is_kept(request):
            # somebody made it just before it was claimed
            work.settle(row, request, "refused", NOTHING)
            return
        if not work.is_ours(row):
            _leave_to_its_account(work, row, request)
            return
        named = row["prediction_id"] is not None
        prediction = _get(work, row, request) if named else created(work, row, request)
        finish(work, row, request, _ended(work, row, request, prediction))
    except Cancelled:
        raise
    except (InvalidToken, WorkError) as error:
        paid = before_usd + (row.get("settled_usd") or NOTHING)
        raise error.adding(spent(row, paid), spent_usd=money(paid)) from error
    finally:
        work.claims.release(row)


def collect(work: PredictionContext, row: Row) -> Collected:
    """Bring a row that is ours to its end as far as that costs nothing: nothing is created.

    Returns what became of it; raises ClipFailed for a prediction of which nothing came, and
    ProviderError.
    """
    try:
        request = ClipRequest.from_json(row["request"])
        if row["prediction_id"] is None and row["posted_at"] is None:
            work.settle(row, request, "refused", NOTHING, error="it was never sent")
            return "never created"
        if row["prediction_id"] is None:
            prediction = _look_up(work, row, request)
            if prediction is None and t.now() - row["posted_at"] < APPEARS_WITHIN:
                return "still running"
            if prediction is None:
                work.settle(row, request, "refused", NOTHING, error="it was not created")
                return "never created"
        else:
            prediction = _get(work, row, request)
        if not prediction.ended:
            return "still running"
        finish(work, row, request, prediction)
        return "collected"
    finally:
        work.claims.release(row)


KEPT_BY_PROVIDERS = timedelta(hours=1)  # what a prediction made; it is deleted after that


def _leave_to_its_account(work: PredictionContext, row: Row, request: ClipRequest) -> None:
    """Raise ProviderError: only the row's own account can see it.

    When what it made is surely deleted there, the row makes way: its price counts as lost until the
    accounts are reconciled.
    """
    if t.now() - (row["posted_at"] or row["created_at"]) > KEPT_BY_PROVIDERS:
        why = f"it was made on the account {row['account']}, which was not asked for it in time"
        cost = row["reserved_usd"] if row["posted_at"] is not None else NOTHING
        work.settle(row, request, "lost" if cost else "refused", cost, error=why)
        return
    raise ProviderError(
        provider=work.provider,
        reason=f"another account, {row['account']}, is making this clip",
        remedy="run again with the token of that account within an hour, or with this one later",
        kind="refused",
    )


def _ended(
    work: PredictionContext, row: Row, request: ClipRequest, prediction: Prediction
) -> Prediction:
    """The prediction at its end; raises Cancelled and leaves it to run on when somebody
    interrupts.
    """
    cancelled = False
    empty_until: float | None = None
    heard = not work.hosted.sends_word
    limit = work.hosted.timeout_seconds
    while True:
        age = (t.now() - row["posted_at"]).total_seconds()
        if is_empty(prediction) and empty_until is None:
            empty_until = time.monotonic() + SETTLING_SECONDS
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
            prediction = work.hosted.cancel(prediction.id, Stop())
            cancelled = True
        elif cancelled and age > limit + ENDING_SECONDS:
            raise _still_there(work.provider, row)
        else:
            seconds = poll_seconds(age, work.durations.quickest_seconds)
            heard = _rest(work, row, min(seconds, 0.5) if look_again else seconds, heard)
            prediction = _get(work, row, request)
        if prediction.status != row["status"]:
            work.claims.note(row, status=prediction.status)
        work.on_step("polled", row)


WORD_SECONDS = 60.0  # so long word is waited for before it is looked after all
LISTEN_SECONDS = 0.5


def _rest(work: PredictionContext, row: Row, seconds: float, heard: bool) -> bool:
    """Wait before the next look: until word of the end comes, where it is sent, and else for some
    seconds. Returns whether word has come, or nobody should wait for it any more.
    """
    if heard:
        work.rest(seconds)
        return True
    until = time.monotonic() + max(seconds, WORD_SECONDS)
    before = wish(work.stop)
    while time.monotonic() < until and wish(work.stop) == before:
        work.rest(LISTEN_SECONDS)
        if work.claims.db.ask(rows.heard_of, row["id"]) is not None:
            return True
    return False


def _get(work: PredictionContext, row: Row, request: ClipRequest) -> Prediction:
    """The prediction as it stands; a 404 is believed when it has lasted for some seconds."""
    until = time.monotonic() + SETTLING_SECONDS
    while True:
        try:
            return work.hosted.get(row["prediction_id"], work.calls)
        except ProviderError as error:
            if fault(error) != "gone":
                raise
            if time.monotonic() >= until:
                why = f"{work.provider} does not know the prediction any more"
                raise lost(work, row, request, row["reserved_usd"], why) from error
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
