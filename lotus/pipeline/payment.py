"""Before and after a job that pays: can it, may it, and what of it still runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction

import sqlalchemy as sa

from lotus.db import predictions, records
from lotus.db import tables as t
from lotus.db.leases import FREE
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import Cancelled, LotusError
from lotus.generation.plan import ClipPlan
from lotus.generation.predictions.decide import CANCELLED
from lotus.generation.predictions.leases import PredictionContext, PredictionLeases
from lotus.generation.predictions.life import follow
from lotus.money.budgets import Budget, check_budgets
from lotus.pipeline.job import worked_on
from lotus.pipeline.narration import SpeechPlan
from lotus.providers.base import Provider
from lotus.providers.prediction import PredictionProvider, SupportsLengthPrices, SupportsOrderCheck
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["cancel_job", "check_payment", "clip_prices", "running_on"]


def clip_prices(maker: Provider, request: Brief | Storyboard) -> Mapping[Fraction, Decimal]:
    """What a clip of each length costs that a provider's model makes, by seconds; none are any.

    Where a provider does not tell, a second costs as much as any other.
    """
    if not isinstance(maker, PredictionProvider) or isinstance(request, Storyboard):
        return {}
    if isinstance(maker, SupportsLengthPrices):
        return maker.length_prices(request)
    return {length: Decimal(length.numerator) / length.denominator for length in maker.lengths}


def check_payment(
    workspace: Workspace,
    plans: Sequence[ClipPlan],
    budget_usd: Decimal | None,
    campaign: str | None,
    job_id: str = "",
    speech: Sequence[SpeechPlan] = (),
) -> None:
    """Raise before any work: BudgetExceeded for all that is missing, InvalidToken or ProviderError.

    The account is looked at only if something is to be paid.
    """
    narration_usd = sum((plan.amount_usd for plan in speech), Decimal(0))
    total = sum((plan.amount_usd for plan in plans), narration_usd)
    if budget_usd is not None:
        budget = Budget(scope="job", subject="", limit_usd=budget_usd, committed_usd=Decimal(0))
        budget.check(total, "the video")
    clips = [plan for plan in plans if not plan.cached and (plan.amount_usd or not plan.priced)]
    voices = [plan for plan in speech if plan.speech is None]
    makers: list[Provider] = [plan.maker for plan in clips]
    makers += [plan.maker for plan in voices if plan.maker is not None]
    by_id = {id(maker): maker for maker in makers}
    if not by_id:
        return
    for maker in by_id.values():
        if isinstance(maker, SupportsOrderCheck):
            maker.check_orderable()
    priced = all(plan.priced for plan in clips) and all(plan.priced for plan in voices)
    unpriced = not priced and not budget_usd

    def check(connection: sa.Connection) -> None:
        open_orders = {row["key"] for row in predictions.open_predictions(connection)}
        new = [plan for plan in plans if plan.prediction_keys.isdisjoint(open_orders)]
        open_keys = {plan.request.prediction_key for plan in voices if plan.request} & open_orders
        hosted_amounts = (
            plan.amount_usd
            for plan in voices
            if plan.request is None or plan.request.prediction_key not in open_keys
        )
        amount = sum((plan.amount_usd for plan in new), sum(hosted_amounts, Decimal(0)))
        check_budgets(connection, job_id, campaign, amount, "the video", unpriced=unpriced)

    workspace.db.run(check)
    for maker in by_id.values():
        if isinstance(maker, PredictionProvider):
            maker.ready()


def running_on(workspace: Workspace, job_id: str) -> str:
    """What of a job that was stopped is still being made, as the end of a sentence."""
    count = len(workspace.db.ask(predictions.open_predictions, job_id=job_id))
    if not count:
        return ""
    ours = "the prediction that is" if count == 1 else f"the {count} predictions that are"
    return f", which collects {ours} under way (`lotus jobs cancel {job_id}` ends them)"


def cancel_job(job_id: str, *, workspace: Workspace) -> dict[str, str | int]:
    """Ask a job to stop, and end what it pays for.

    The process that works on it does so within seconds; without one it is over now, and what still
    runs for it elsewhere is ended and settled here.
    """
    job, status = workspace.db.run(_mark_cancelled, job_id)
    count = 0 if status == "cancelling" else _end_predictions(workspace, job)
    return {"job_id": job, "status": status} | ({"predictions_ended": count} if count else {})


def _mark_cancelled(connection: sa.Connection, job_id: str) -> tuple[str, str]:
    """A job's id, and its status now; `cancelling` if a process is at it, which has been told."""
    row = records.get_job(connection, job_id)
    if worked_on(row):
        records.update_job(connection, row["id"], cancel_requested=True)
        return row["id"], "cancelling"
    if row["status"] in ("completed", "failed", "cancelled"):
        return row["id"], row["status"]
    over = {**FREE, "status": "cancelled", "finished_at": t.now()}
    records.update_job(connection, row["id"], **over)
    records.add_event(connection, row["id"], "cancelled", {})
    return row["id"], "cancelled"


def _end_predictions(workspace: Workspace, job_id: str) -> int:
    """Cancel and settle what is open for a job; those that cannot be reached stay open, and it says
    so.
    """
    claims = PredictionLeases(workspace.db)
    stop = Stop()
    stop.set(CANCELLED)
    count = 0
    failure = None
    with workspace.folder() as folder:
        for row in claims.orphans(job_id=job_id):
            try:
                maker = workspace.providers.get(row["provider"], row["model"])
                assert isinstance(maker, PredictionProvider)
                follow(PredictionContext(claims, workspace.store, maker, folder, stop), row)
            except Cancelled:
                pass
            except LotusError as error:
                failure = error
            finally:
                claims.release(row)
            count += 1
    if failure is not None:
        raise failure
    return count
