"""Predictions of an account that no row knows: adopted by their job, or written down."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.generation.audit import OUTSIDE, Audit, Kind, enter
from lotus.generation.predictions.leases import PredictionContext, ordered_alike, told_by
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Auditable, Prediction

__all__ = ["write_strays"]

MINUTES_APART = timedelta(minutes=2)  # a stray whose inputs are deleted, and the row it is of


def write_strays(audit: Audit, account: Auditable, history: Sequence[Prediction]) -> None:
    """Give each prediction without a row one, settled, under the job that asked for it."""
    ids = audit.w.db.ask(rows.known_predictions, [one.id for one in history])
    candidates = [row for row in audit.rows() if row["settled_at"] is not None]
    for one in history:
        if one.id in ids:
            continue
        if not one.ended:
            row = {**_outside(audit.provider, one.model, one), "prediction_id": one.id}
            audit.note("still running", row, None, None, "no process follows it")
            continue
        _write_stray(audit, account, one, candidates)


def _write_stray(
    audit: Audit, account: Auditable, one: Prediction, candidates: Iterable[Row]
) -> None:
    origin = _origin(audit, one, candidates)
    model, cost = account.charge(one)
    if origin is not None and (work := audit.context(origin["model"])) is not None:
        request = ClipRequest.model_validate(origin["request"])
        _write_stray_of(audit, work, origin, request, one)
        return
    row = {**_outside(audit.provider, model, one), "account": audit.account}
    if cost is None:
        note = "made by hand" if one.source == "web" else "the catalogue has no price for it"
        row["prediction_id"] = one.id
        audit.note("stray without a price", row, None, None, note)
        return
    _add(audit, row, ClipRequest.model_validate(row["request"]), one, cost, one.status)
    note = "made by hand" if one.source == "web" else ""
    audit.note("stray from outside", row, None, cost, note)


def _origin(audit: Audit, one: Prediction, candidates: Iterable[Row]) -> Row | None:
    """The row of a job that asked for the same, and may have created this as well."""
    for row in candidates:
        posted_at = row["posted_at"] or row["created_at"]
        at = one.created_at or posted_at
        within = MINUTES_APART if one.removed else timedelta(hours=1)
        if row["job_id"] == OUTSIDE or abs(at - posted_at) > within:
            continue
        work = audit.context(row["model"])
        if work is None or not isinstance(work.hosted, Auditable):
            continue
        request = ClipRequest.model_validate(row["request"])
        if work.hosted.made_from(request, one, audit.stop.root):
            return row
    return None


def _write_stray_of(
    audit: Audit, work: PredictionContext, origin: Row, request: ClipRequest, one: Prediction
) -> None:
    cost = work.hosted.billed(request, one)
    missing = one.status == "succeeded" and not work.is_kept(request)
    outputs = missing and audit.fetch(work, request, one)
    row: Row = ordered_alike(origin) | {"account": audit.account}
    succeeded = one.status == "succeeded"
    status = "lost" if succeeded and not outputs else one.status
    _add(audit, row, request, one, cost, status)
    kind: Kind = "adopted" if outputs else "stray of a job"
    note = "its clip is kept now" if outputs else "paid twice" if succeeded else ""
    audit.note(kind, row, None, cost, note)


def _add(
    audit: Audit, row: Row, request: ClipRequest, one: Prediction, cost: Decimal, status: str
) -> None:
    """A row for a stray, settled at once, with its entries."""
    now = t.now()
    row |= {"id": t.new_id(), "prediction_id": one.id, "status": status}
    row |= {"reserved_usd": cost, "settled_usd": cost, "settled_at": now}
    row |= {**told_by(one), "reconciled_at": now}
    row |= {"created_at": one.created_at or now, "error": one.error or None}

    def write(connection: sa.Connection) -> None:
        if rows.add_prediction(connection, row):
            enter(connection, row, request)

    audit.w.db.run(write)
    audit.on_step("stray", row)


def _outside(provider: str, model: str, one: Prediction) -> Row:
    """The row of a prediction that nobody here has asked for."""
    request: dict[str, Any] = {
        "provider": provider,
        "model": model or "unknown",
        "version": "",
        "inputs": {},
        "width": 1,
        "height": 1,
        "fps": "1",
        "frames": 1,
        "seed": 0,
        "priced_by": {},
        "pictures": {},
    }
    return {
        "key": one.id.ljust(8, "-"),
        "job_id": OUTSIDE,
        "campaign": None,
        "scene": None,
        "provider": provider,
        "model": model or "unknown",
        "request": request,
        "posted_at": one.created_at,
    }
