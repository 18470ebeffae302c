"""Compare the predictions of an account with the ledger, and correct the ledger; never pay.

The account is the truth. Each correction is one transaction, and each row is looked at anew, so a
process that dies on the way leaves the rest to the next one, and a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

import sqlalchemy as sa

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.leases import is_held
from lotus.db.records import Row
from lotus.errors import LotusError, ProviderError, WorkError
from lotus.generation.audit import OUTSIDE, Audit, Kind, Reconciliation, enter, ledger_amount
from lotus.generation.predictions.leases import NOTHING, OnStep, told_by
from lotus.generation.predictions.life import collect
from lotus.generation.strays import write_strays
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Auditable, Prediction, PredictionProvider, fault
from lotus.workspace import Workspace

__all__ = ["reconcile"]


def _unheard(step: str, row: Row) -> None:
    return None


def reconcile(
    workspace: Workspace,
    since: datetime,
    *,
    provider: str = "replicate",
    on_step: OnStep = _unheard,
) -> Reconciliation:
    """Compare all that an account has made since a moment with the ledger, and correct that.

    Raises ProviderError or InvalidToken if the account cannot be read.
    """
    maker = workspace.providers.get(provider)
    if not isinstance(maker, PredictionProvider) or not isinstance(maker, Auditable):
        raise WorkError(
            reason=f"the provider {provider} lists no predictions",
            remedy="compare its bill by hand",
        )
    maker.ready()
    with workspace.folder() as folder:
        audit = Audit(workspace, maker, provider, since, folder, on_step)
        return _compare_all(audit, maker)


def _compare_all(audit: Audit, account: Auditable) -> Reconciliation:
    """All steps, in an order in which each can rely on the ones before."""
    with audit.claims.kept_alive():
        _collect_open(audit)
        history = account.history(audit.since, audit.stop.root)
        write_strays(audit, account, history)
        _compare(audit, {one.id: one for one in history})
    ours = [row for row in audit.rows() if row["account"] in (None, audit.account)]
    settled_rows = [row for row in ours if row["settled_usd"] is not None]
    return Reconciliation(
        account=audit.account,
        since=audit.since,
        compared=len(history),
        discrepancies=tuple(audit.differences),
        account_usd=sum((_charge(audit, account, one, settled_rows) for one in history), NOTHING),
        ledger_usd=_ledger_sum(audit, {one.id for one in history}, settled_rows),
    )


def _collect_open(audit: Audit) -> None:
    for row in [row for row in audit.rows() if row["settled_at"] is None]:
        if row["account"] not in (None, audit.account):
            note = f"it is on the account {row['account']}"
            audit.note("of another account", row, row["reserved_usd"], None, note)
        elif is_held(row):
            audit.note("still running", row, row["reserved_usd"], None, "a process follows it")
        else:
            _collect(audit, row)


def _collect(audit: Audit, row: Row) -> None:
    work = audit.context(row["model"])
    if work is None:
        note = "its model is no longer in the catalogue"
        audit.note("not compared", row, row["reserved_usd"], None, note)
        return
    mine = audit.claims.adopt(row["key"])
    if mine is None:
        return
    before = mine["reserved_usd"]
    try:
        what = collect(work, mine)
    except LotusError as error:
        if mine.get("settled_usd") is None:
            audit.note("not compared", mine, before, None, error.message)
            return
        audit.note("collected", mine, before, mine["settled_usd"], error.message)
        return
    after = mine.get("settled_usd")
    audit.note(what, mine, before, after)


def _compare(audit: Audit, history: dict[str, Prediction]) -> None:
    for row in audit.rows():
        if row["settled_at"] is None or row["account"] not in (None, audit.account):
            continue
        one = _look(audit, row, history) if row["prediction_id"] else None
        if one is not None:
            _compare_one(audit, row, one)
        _agree(audit, row)


def _look(audit: Audit, row: Row, history: dict[str, Prediction]) -> Prediction | None:
    name = row["prediction_id"]
    if name in history:
        return history[name]
    try:
        return audit.hosted.get(name, audit.stop.root)
    except ProviderError as error:
        if fault(error) != "gone":
            raise
    audit.note("not in the account", row, row["settled_usd"], row["settled_usd"])
    return None


def _compare_one(audit: Audit, row: Row, one: Prediction) -> None:
    """Correct what a settled row says of its end and its cost."""
    if row["job_id"] == OUTSIDE:
        return
    work = audit.context(row["model"])
    if work is None or not one.ended:
        return
    request = ClipRequest.model_validate(row["request"])
    before = row["settled_usd"]
    try:
        cost = work.hosted.billed(request, one)
    except LotusError as error:
        audit.note("not compared", row, before, before, error.message)
        return
    values: Row = {"settled_usd": cost, "reconciled_at": t.now()}
    kind: Kind | None = "cost corrected" if cost != before else None
    if row["status"] == "lost" and one.status == "succeeded":
        if not work.is_kept(request) and audit.fetch(work, request, one):
            kind = "found again"
            values |= {"status": "succeeded", "error": None, **told_by(one)}
    elif row["status"] != one.status and row["status"] != "lost":
        kind = "end corrected"
        values |= {"status": one.status, "error": one.error or None}
        if one.status == "succeeded" and not work.is_kept(request):
            outputs = audit.fetch(work, request, one)
            values["status"] = "succeeded" if outputs else "lost"
    row.update(values)
    in_ledger = audit.w.db.ask(ledger_amount, row["id"])
    if _correct(audit, row, request, values) and kind is None:
        kind, before = "entries corrected", in_ledger
    if kind is not None:
        audit.note(kind, row, before, cost)


def _correct(audit: Audit, row: Row, request: ClipRequest, values: Row) -> bool:
    """A row and its entries, in one transaction; whether entries were missing."""

    def write(connection: sa.Connection) -> bool:
        rows.correct_prediction(connection, row["id"], **values)
        return enter(connection, row, request)

    missing = audit.w.db.run(write)
    audit.on_step("corrected", row)
    return missing


def _agree(audit: Audit, row: Row) -> None:
    """The entries say what the row says."""
    request = ClipRequest.model_validate(row["request"])
    before = audit.w.db.ask(ledger_amount, row["id"])
    if audit.w.db.run(enter, row, request):
        audit.note("entries corrected", row, before, row["settled_usd"])


def _charge(
    audit: Audit, account: Auditable, one: Prediction, settled_rows: Sequence[Row]
) -> Decimal:
    row = next((row for row in settled_rows if row["prediction_id"] == one.id), None)
    work = audit.context(row["model"]) if row is not None else None
    if row is not None and work is not None and row["job_id"] != OUTSIDE and one.ended:
        return work.hosted.billed(ClipRequest.model_validate(row["request"]), one)
    return account.charge(one)[1] or NOTHING if one.ended else NOTHING


def _ledger_sum(audit: Audit, names: set[str], settled_rows: Sequence[Row]) -> Decimal:
    """What the ledger says of the predictions that were listed."""
    ours = [row["id"] for row in settled_rows if row["prediction_id"] in names]
    return sum((audit.w.db.ask(ledger_amount, row_id) for row_id in ours), NOTHING)
