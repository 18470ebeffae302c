"""A job that failed or was cancelled is queued again: what is made of it is not made again."""

from __future__ import annotations

from decimal import Decimal

import sqlalchemy as sa

from lotus.db import records
from lotus.db import tables as t
from lotus.errors import InvalidInput
from lotus.money.budgets import set_budget
from lotus.pipeline.pipeline import Admit, prepared_again
from lotus.workspace import Workspace

__all__ = ["requeue_job"]

FINAL = ("failed", "cancelled")
_j = t.generation_jobs.c


def requeue_job(job_id: str, workspace: Workspace, *, admit: Admit | None = None) -> str:
    """Queue a job again for any service; returns its id.

    All that can be refused is refused now. `admit` is called in the transaction with the cost of
    what is left to make, and returns a budget for that, to which what the job has spent is added.

    Raises InputError for a job that has not failed and was not cancelled.
    """
    row = workspace.db.ask(records.get_job, job_id)
    _check(row)
    _, clips = prepared_again(row, workspace)
    estimate = sum((clip.amount_usd for clip in clips if not clip.cached), Decimal(0))

    def write(connection: sa.Connection) -> None:
        budget = admit(connection, estimate, None) if admit is not None else None
        if budget is not None:
            set_budget(connection, "job", row["id"], row["spent_usd"] + budget)
        values = {"status": "queued", "queued_at": t.now(), "attempts": 0, "error": None}
        values |= {"finished_at": None, "cancel_requested": False}
        over = (_j.id == row["id"]) & _j.status.in_(FINAL)
        change = t.generation_jobs.update().where(over).values(**values)
        if not connection.execute(change).rowcount:
            _check(records.get_job(connection, row["id"]))
        records.add_event(
            connection, row["id"], "queued", {"reason": "another process is retrying it"}
        )

    workspace.db.run(write)
    return str(row["id"])


def _check(row: records.Row) -> None:
    if row["status"] not in FINAL:
        reason = f"is {row['status']}"
        remedy = "only failed or cancelled jobs can be retried"
        raise InvalidInput(file="", field="job", reason=reason, remedy=remedy)
