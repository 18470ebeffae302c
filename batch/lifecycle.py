"""A campaign's row in the database, from its creation to its end; the caller holds the
transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from batch.rows import priorities, runs
from batch.rows import totals as tallies
from batch.rows.manifest import RowProblem
from batch.rows.plan import CampaignPlan
from batch.rows.reuse import take_over
from batch.run.oversight import CANCEL
from batch.run.runner import BUDGET, FAILURES
from lotus.db import tables as t
from lotus.errors import InvalidInput
from lotus.money.budgets import set_budget
from lotus.system.owner import alive, this_process

__all__ = ["cancel_campaign", "change_all", "create_campaign", "end_campaign", "start_campaign"]


def create_campaign(
    connection: sa.Connection,
    plan: CampaignPlan,
    source: str,
    options: dict[str, Any],
    limit: Decimal | None,
) -> None:
    """Write the campaign and its rows, unless they are there; options and budget are those of the
    last time.
    """
    campaign_row = connection.execute(
        t.campaigns.select().where(t.campaigns.c.id == plan.id)
    ).first()
    if campaign_row is None:
        connection.execute(t.campaigns.insert().values(**_row(plan, source), options=options))
        good = (row for row in plan.rows() if not isinstance(row, RowProblem))
        runs.add_runs(connection, plan.id, good)
        plan.check_unchanged()
        if plan.takes_over:
            take_over(connection, plan.id, _row(plan, source)["name"])
    else:
        runs.update_campaign(connection, plan.id, options=options)
    if options["priority"] is not None or (campaign_row and campaign_row.options.get("priority")):
        priorities.set_priorities(connection, plan.id, options["priority"])
    if limit is not None:
        set_budget(connection, "campaign", plan.id, limit)


def _row(plan: CampaignPlan, source: str) -> dict[str, Any]:
    name = plan.scheduled or plan.manifest.name
    return {
        "id": plan.id,
        "name": name[:255],
        "manifest": plan.digest,
        "notebook": plan.notebook.name[:255],
        "source": source,
        "parameters": dict(plan.common),
    }


def start_campaign(connection: sa.Connection, campaign_id: str) -> str | None:
    """Mark it as running in this process; cancelled rows wait again. Returns one of its rows."""
    runs.requeue(connection, campaign_id, ["cancelled"])
    values = {"status": "running", "stopping": None, "owner": this_process()}
    runs.update_campaign(connection, campaign_id, **values, started_at=t.now(), finished_at=None)
    return runs.a_run(connection, campaign_id)


def end_campaign(connection: sa.Connection, campaign_id: str) -> None:
    """Mark it as no longer running; its rows decide how it ended."""
    row = runs.get_campaign(connection, campaign_id)
    if row["stopping"]:
        runs.cancel_queued(connection, campaign_id, row["stopping"])
    status = _status(tallies.counts(connection, campaign_id, None), row["stopping"])
    over = None if status in runs.UNFINISHED else t.now()
    runs.update_campaign(connection, campaign_id, status=status, owner=None, finished_at=over)


def cancel_campaign(connection: sa.Connection, campaign_id: str) -> None:
    """Let nothing more begin; if no process runs the campaign, it is over now."""
    row = runs.get_campaign(connection, campaign_id)
    runs.cancel_queued(connection, campaign_id, CANCEL)
    runs.update_campaign(connection, campaign_id, stopping=CANCEL)
    if not alive(row["owner"]):
        runs.abandon(connection, campaign_id, CANCEL)
        over = {"status": "cancelled", "finished_at": t.now(), "owner": None}
        runs.update_campaign(connection, campaign_id, **over)


def change_all(
    connection: sa.Connection,
    names: tuple[str, ...],
    what: str,
    change: Callable[..., int],
    *args: Any,
) -> int:
    """Change the rows with these names (all, if there are none); raises InvalidInput unless each
    changes.
    """
    count = change(connection, *args, names=names)
    total = len(set(names))
    if count < total:
        reason = f"only {count} of {total} {what}"
        raise InvalidInput(file="", field="row", reason=reason, remedy="see `lotus batch status`")
    return count


def _status(counts: Mapping[str, int], stopping: str | None) -> str:
    if stopping == FAILURES:
        return "failed"
    if stopping in (CANCEL, BUDGET):
        return "cancelled"
    if counts["queued"] or counts["running"]:
        return "queued"
    return "failed" if counts["failed"] else "completed"
