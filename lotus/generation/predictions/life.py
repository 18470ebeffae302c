"""The life of a prediction: intent, created, named, followed to its end, kept, settled.

Every step is in the database before the next begins, so that whoever comes after a crash, at any point, knows
what is paid for.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.errors import Cancelled, ClipFailed, InvalidToken, ProviderError, WorkError
from lotus.generation.predictions.claims import Wanted
from lotus.generation.predictions.creation import NOTHING, created
from lotus.generation.predictions.decide import Age, next_action, poll_seconds, wish
from lotus.generation.predictions.ending import finish, lost, spent
from lotus.generation.predictions.work import Work
from lotus.money.ledger import money
from lotus.providers.base import ClipRequest
from lotus.providers.hosted import Prediction, fault
from lotus.system.owner import held
from lotus.system.stop import Stop

__all__ = ["follow", "obtain"]

MODEL_TRIES = 2  # of one prediction, when a model breaks down without saying no
ENDING_SECONDS = 60.0  # a prediction that was cancelled has ended by then


def obtain(work: Work, *wanted: Wanted) -> ClipRequest:
    """Have what is wanted in the store: made before, by somebody else meanwhile, or now; returns what is.

    Of several, which differ in their seeds, the first that works; one alone is tried again with the same.
    Raises BudgetExceeded, ClipFailed with what was spent, ProviderError, Cancelled.
    """
    tries = wanted if len(wanted) > 1 else wanted * MODEL_TRIES
    begun, paid = _begun(work, wanted) if len(wanted) > 1 else 0, NOTHING
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


def _begun(work: Work, wanted: Sequence[Wanted]) -> int:
    """Which of them is there, or was begun by a process that died: no other is to be begun before it."""
    for nth, one in enumerate(wanted):
        if work.is_kept(one.request):
            return nth
    return next((nth for nth, one in enumerate(wanted) if work.claims.is_open(one.key)), 0)


def _have(work: Work, wanted: Wanted, paid_usd: Decimal) -> None:
    while not work.is_kept(wanted.request):
        work.stop.check()
        row, mine = work.claims.claim(wanted)
        if not mine:
            _wait_for_another(work, row)
            continue
        work.on_step("claimed", row)
        follow(work, row, paid_usd)
    if (left := work.claims.adopt(wanted.key)) is not None:
        follow(work, left)  # it was kept, and who kept it died before it was settled


def follow(work: Work, row: Row, before_usd: Decimal = NOTHING) -> None:
    """Bring a row that is ours to its end, from wherever it is; others may follow it afterwards.

    What it raises says what was spent, with `before_usd` on earlier tries.
    """
    try:
        request = ClipRequest.from_json(row["request"])
        if row["posted_at"] is None and work.is_kept(request):
            work.settle(row, request, "refused", NOTHING)  # somebody made it just before it was claimed
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


def _ended(work: Work, row: Row, request: ClipRequest, prediction: Prediction) -> Prediction:
    """The prediction at its end; raises Cancelled and leaves it to run on when somebody interrupts."""
    cancelled, limit = False, work.hosted.timeout_seconds
    while True:
        age = (t.now() - row["posted_at"]).total_seconds()
        action = next_action(prediction, Age(age, limit, cancelled), wish(work.stop))
        if action in ("keep", "settle"):
            work.durations.note(prediction.seconds)
            work.on_step("ended", row)
            return prediction
        if action == "leave":
            work.stop.root.check()
        if action == "cancel":
            prediction, cancelled = work.hosted.cancel(prediction.id, Stop()), True
        elif cancelled and age > limit + ENDING_SECONDS:
            raise _still_there(work.provider, row)
        else:
            work.rest(poll_seconds(age, work.durations.quickest_seconds))
            prediction = _get(work, row, request)
        if prediction.status != row["status"]:
            work.claims.note(row, status=prediction.status)
        work.on_step("polled", row)


def _get(work: Work, row: Row, request: ClipRequest) -> Prediction:
    try:
        return work.hosted.get(row["prediction_id"], work.calls)
    except ProviderError as error:
        if fault(error) != "gone":
            raise
        why = f"{work.provider} does not know the prediction any more"
        raise lost(work, row, request, row["reserved_usd"], why) from error


def _wait_for_another(work: Work, row: Row) -> None:
    """Until the row of somebody else is over, or nobody follows it any more."""
    seconds = 0.1
    while True:
        work.stop.check()
        work.rest(seconds)
        seconds = min(2.0, seconds * 1.5)
        now = work.claims.db.ask(rows.open_prediction, row["key"])
        if now is None or not held(now, t.now()):
            return


def _still_there(provider: str, row: Row) -> ClipFailed:
    return ClipFailed(
        scene="-",
        provider=provider,
        reason=f"the prediction {row['prediction_id']} was cancelled but does not end",
        remedy="run again to look for it",
    )
