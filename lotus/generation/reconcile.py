"""Compare the predictions of an account with the ledger, and correct the ledger; never pay.

The account is the truth. Each correction is one transaction, and each row is looked at anew, so a
process that dies on the way leaves the rest to the next one, and a second run changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.leases import is_held
from lotus.db.records import Row
from lotus.errors import LotusError, ProviderError, WorkError
from lotus.generation.predictions.leases import (
    OnStep,
    PredictionContext,
    PredictionLeases,
    kept_object,
)
from lotus.generation.predictions.life import collect
from lotus.money.ledger import Ledger, Usd
from lotus.providers.base import ClipRequest
from lotus.providers.hosted import Auditable, Hosted, Prediction, fault
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["OUTSIDE", "Discrepancy", "Reconciliation", "reconcile"]

OUTSIDE = "outside"  # the job of predictions that no job of this database has asked for
CLOCKS_APART = timedelta(seconds=60)
MINUTES_APART = timedelta(minutes=2)  # a stray whose inputs are deleted, and the row it is of
NOTHING = Decimal(0)

Kind = Literal[
    "collected",  # a row that nobody followed any more: ended, kept and settled
    "never created",  # a reservation for what was not created: given back
    "still running",
    "adopted",  # a stray of a job, whose clip was missing: it is kept now
    "stray of a job",  # a stray of a job that has its clip by now
    "stray from outside",  # nobody here has asked for it
    "stray without a price",
    "found again",  # it was lost, and is kept now
    "cost corrected",
    "end corrected",  # it ended in another way than the row said
    "entries corrected",  # the ledger did not say what the row says
    "not in the account",
    "of another account",
    "not compared",
]
CHANGES: tuple[Kind, ...] = (
    "collected",
    "never created",
    "adopted",
    "stray of a job",
    "stray from outside",
    "found again",
    "cost corrected",
    "end corrected",
    "entries corrected",
)


class Discrepancy(BaseModel, frozen=True):
    """One difference between the account and the ledger, and what became of it."""

    kind: Kind
    prediction: str  # as the provider calls it; empty if it has no name
    model: str
    job_id: str
    scene: int | None  # counted from 1
    before_usd: Usd | None  # that the ledger had; None: it knew nothing of it
    after_usd: Usd | None  # that it has now; None: not known
    note: str = ""


class Reconciliation(BaseModel, frozen=True):
    """The account and the ledger, compared."""

    account: str
    since: datetime
    compared: int
    discrepancies: tuple[Discrepancy, ...]
    account_usd: Usd  # by what the account says of its predictions, and the catalogue's prices
    ledger_usd: Usd

    @property
    def changed(self) -> bool:
        """Whether anything was written."""
        return any(one.kind in CHANGES for one in self.discrepancies)


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
    audit = workspace.providers.get(provider)
    if not isinstance(audit, Hosted) or not isinstance(audit, Auditable):
        raise WorkError(
            reason=f"the provider {provider} lists no predictions",
            remedy="its bill has to be compared by hand",
        )
    audit.ready()
    with workspace.folder() as folder:
        audit_of = _Audit(workspace, audit, provider, since, folder, on_step)
        return audit_of.run(audit)


@dataclass
class _Audit:
    """One comparison on its way."""

    w: Workspace
    hosted: Hosted
    provider: str
    since: datetime
    folder: Path
    on_step: OnStep

    def __post_init__(self) -> None:
        self.claims = PredictionLeases(self.w.db)
        self.account = self.hosted.account()
        self.stop = Stop(self.w.stop)
        self.differences: list[Discrepancy] = []

    def run(self, audit: Auditable) -> Reconciliation:
        """All steps, in an order in which each can rely on the ones before."""
        with self.claims.kept_alive():
            self._collect_open()
            listed = audit.history(self.since, self.stop.root)
            self._write_strays(audit, listed)
            self._compare({one.id: one for one in listed})
        ours = [row for row in self._rows() if row["account"] in (None, self.account)]
        settled = [row for row in ours if row["settled_usd"] is not None]
        return Reconciliation(
            account=self.account,
            since=self.since,
            compared=len(listed),
            discrepancies=tuple(self.differences),
            account_usd=sum((self._charge(audit, one, settled) for one in listed), NOTHING),
            ledger_usd=self._ledger_sum({one.id for one in listed}, settled),
        )

    def _rows(self) -> list[Row]:
        return self.w.db.ask(rows.predictions_since, self.provider, self.since - 2 * CLOCKS_APART)

    def _note(
        self, kind: Kind, row: Row, before: Decimal | None, after: Decimal | None, note: str = ""
    ) -> None:
        self.differences.append(
            Discrepancy(
                kind=kind,
                prediction=row.get("prediction_id") or "",
                model=row["model"],
                job_id=row["job_id"],
                scene=None if row["scene"] is None else row["scene"] + 1,
                before_usd=before,
                after_usd=after,
                note=note,
            )
        )

    def _context(self, model: str) -> PredictionContext | None:
        """The means to follow rows of a model; None if the catalogue does not have it any more."""
        with suppress(LotusError):
            hosted = self.w.providers.get(self.provider, model)
            if isinstance(hosted, Hosted):
                return PredictionContext(
                    self.claims, self.w.store, hosted, self.folder, self.stop, self.on_step
                )
        return None

    # --- rows that are open

    def _collect_open(self) -> None:
        for row in [row for row in self._rows() if row["settled_at"] is None]:
            if row["account"] not in (None, self.account):
                note = f"it is on the account {row['account']}"
                self._note("of another account", row, row["reserved_usd"], None, note)
            elif is_held(row):
                self._note("still running", row, row["reserved_usd"], None, "a process follows it")
            else:
                self._collect(row)

    def _collect(self, row: Row) -> None:
        work = self._context(row["model"])
        if work is None:
            note = "its model is not in the catalogue any more"
            self._note("not compared", row, row["reserved_usd"], None, note)
            return
        mine = self.claims.adopt(row["key"])
        if mine is None:
            return
        before = mine["reserved_usd"]
        try:
            what = collect(work, mine)
        except LotusError as error:
            if mine.get("settled_usd") is None:
                self._note("not compared", mine, before, None, error.message)
                return
            self._note("collected", mine, before, mine["settled_usd"], error.message)
            return
        after = mine.get("settled_usd")
        self._note(what, mine, before, after)

    # --- predictions without a row

    def _write_strays(self, audit: Auditable, listed: Sequence[Prediction]) -> None:
        known = self.w.db.ask(rows.known_predictions, [one.id for one in listed])
        candidates = [row for row in self._rows() if row["settled_at"] is not None]
        for one in listed:
            if one.id in known:
                continue
            if not one.ended:
                row = {**_outside(self.provider, one.model, one), "prediction_id": one.id}
                self._note("still running", row, None, None, "nobody here follows it")
                continue
            self._write_stray(audit, one, candidates)

    def _write_stray(self, audit: Auditable, one: Prediction, candidates: Iterable[Row]) -> None:
        origin = self._origin(one, candidates)
        model, cost = audit.charge(one)
        if origin is not None and (work := self._context(origin["model"])) is not None:
            request = ClipRequest.from_json(origin["request"])
            self._write_stray_of(work, origin, request, one)
            return
        row = {**_outside(self.provider, model, one), "account": self.account}
        if cost is None:
            note = "made by hand" if one.source == "web" else "the catalogue has no price for it"
            row["prediction_id"] = one.id
            self._note("stray without a price", row, None, None, note)
            return
        self._add(row, ClipRequest.from_json(row["request"]), one, cost, one.status)
        note = "made by hand" if one.source == "web" else ""
        self._note("stray from outside", row, None, cost, note)

    def _origin(self, one: Prediction, candidates: Iterable[Row]) -> Row | None:
        """The row of a job that asked for the same, and may have created this as well."""
        for row in candidates:
            posted = row["posted_at"] or row["created_at"]
            at = one.created_at or posted
            within = MINUTES_APART if one.removed else timedelta(hours=1)
            if row["job_id"] == OUTSIDE or abs(at - posted) > within:
                continue
            work = self._context(row["model"])
            if work is None or not isinstance(work.hosted, Auditable):
                continue
            request = ClipRequest.from_json(row["request"])
            if work.hosted.made_from(request, one, self.stop.root):
                return row
        return None

    def _write_stray_of(
        self, work: PredictionContext, origin: Row, request: ClipRequest, one: Prediction
    ) -> None:
        cost = work.hosted.billed(request, one)
        missing = one.status == "succeeded" and not work.is_kept(request)
        kept = missing and self._fetch(work, request, one)
        alike = ("key", "job_id", "campaign", "scene", "provider", "model", "request", "posted_at")
        row: Row = {name: origin[name] for name in alike} | {"account": self.account}
        succeeded = one.status == "succeeded"
        status = "lost" if succeeded and not kept else one.status
        self._add(row, request, one, cost, status)
        kind: Kind = "adopted" if kept else "stray of a job"
        note = "its clip is kept now" if kept else "paid twice" if succeeded else ""
        self._note(kind, row, None, cost, note)

    def _fetch(self, work: PredictionContext, request: ClipRequest, one: Prediction) -> bool:
        """Keep what a prediction made, if it is still there."""
        target = self.folder / f"{one.id}{work.hosted.suffix}"
        try:
            work.hosted.fetch(request, one, target, self.stop.root)
            self.w.store.put(target, kept_object(request, work.hosted))
        except LotusError:
            return False
        return True

    def _add(
        self, row: Row, request: ClipRequest, one: Prediction, cost: Decimal, status: str
    ) -> None:
        """A row for a stray, settled at once, with its entries."""
        now = t.now()
        row |= {"id": t.new_id(), "prediction_id": one.id, "status": status}
        row |= {"reserved_usd": cost, "settled_usd": cost, "settled_at": now}
        row |= {"metrics": dict(one.metrics), "output": list(one.output), "reconciled_at": now}
        row |= {"created_at": one.created_at or now, "error": one.error or None}

        def written(connection: sa.Connection) -> None:
            if rows.add_prediction(connection, row):
                _enter(connection, row, request)

        self.w.db.run(written)
        self.on_step("stray", row)

    # --- rows that are settled

    def _compare(self, listed: dict[str, Prediction]) -> None:
        for row in self._rows():
            if row["settled_at"] is None or row["account"] not in (None, self.account):
                continue
            one = self._look(row, listed) if row["prediction_id"] else None
            if one is not None:
                self._compare_one(row, one)
            self._agree(row)

    def _look(self, row: Row, listed: dict[str, Prediction]) -> Prediction | None:
        name = row["prediction_id"]
        if name in listed:
            return listed[name]
        try:
            return self.hosted.get(name, self.stop.root)
        except ProviderError as error:
            if fault(error) != "gone":
                raise
        self._note("not in the account", row, row["settled_usd"], row["settled_usd"])
        return None

    def _compare_one(self, row: Row, one: Prediction) -> None:
        """Correct what a settled row says of its end and its cost."""
        if row["job_id"] == OUTSIDE:
            return
        work = self._context(row["model"])
        if work is None or not one.ended:
            return
        request = ClipRequest.from_json(row["request"])
        before = row["settled_usd"]
        try:
            cost = work.hosted.billed(request, one)
        except LotusError as error:
            self._note("not compared", row, before, before, error.message)
            return
        values: Row = {"settled_usd": cost, "reconciled_at": t.now()}
        kind: Kind | None = "cost corrected" if cost != before else None
        if row["status"] == "lost" and one.status == "succeeded":
            if not work.is_kept(request) and self._fetch(work, request, one):
                kind = "found again"
                values |= {"status": "succeeded", "error": None, "output": list(one.output)}
        elif row["status"] != one.status and row["status"] != "lost":
            kind = "end corrected"
            values |= {"status": one.status, "error": one.error or None}
            if one.status == "succeeded" and not work.is_kept(request):
                fetched = self._fetch(work, request, one)
                values["status"] = "succeeded" if fetched else "lost"
        row.update(values)
        entered = self.w.db.ask(_entered, row["id"])
        if self._correct(row, request, values) and kind is None:
            kind, before = "entries corrected", entered
        if kind is not None:
            self._note(kind, row, before, cost)

    def _correct(self, row: Row, request: ClipRequest, values: Row) -> bool:
        """A row and its entries, in one transaction; whether entries were missing."""

        def corrected(connection: sa.Connection) -> bool:
            rows.correct_prediction(connection, row["id"], **values)
            return _enter(connection, row, request)

        missing = self.w.db.run(corrected)
        self.on_step("corrected", row)
        return missing

    def _agree(self, row: Row) -> None:
        """The entries say what the row says."""
        request = ClipRequest.from_json(row["request"])
        before = self.w.db.ask(_entered, row["id"])
        if self.w.db.run(_enter, row, request):
            self._note("entries corrected", row, before, row["settled_usd"])

    # --- sums

    def _charge(self, audit: Auditable, one: Prediction, settled: Sequence[Row]) -> Decimal:
        row = next((row for row in settled if row["prediction_id"] == one.id), None)
        work = self._context(row["model"]) if row is not None else None
        if row is not None and work is not None and row["job_id"] != OUTSIDE and one.ended:
            return work.hosted.billed(ClipRequest.from_json(row["request"]), one)
        return audit.charge(one)[1] or NOTHING if one.ended else NOTHING

    def _ledger_sum(self, names: set[str], settled: Sequence[Row]) -> Decimal:
        """What the ledger says of the predictions that were listed."""
        ours = [row["id"] for row in settled if row["prediction_id"] in names]
        return sum((self.w.db.ask(_entered, row_id) for row_id in ours), NOTHING)


def _enter(connection: sa.Connection, row: Row, request: ClipRequest) -> bool:
    """Make the entries of a settled row say what it says; whether they did not."""
    cost = row["settled_usd"]
    useful = row["status"] == "succeeded" or row["job_id"] == OUTSIDE
    ledger = Ledger(connection, row["job_id"], row["campaign"])
    lost = NOTHING if useful else cost
    return ledger.agree(row["scene"], request, row["id"], cost_usd=cost, lost_usd=lost)


def _entered(connection: sa.Connection, row_id: str) -> Decimal:
    c = t.cost_entries.c
    query = sa.select(sa.func.sum(c.amount_usd)).where(c.prediction == row_id, c.kind == "settled")
    return connection.scalar(query) or NOTHING


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
