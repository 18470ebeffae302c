"""A comparison of an account with the ledger: what differs, and what its steps have in common."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import sqlalchemy as sa
from pydantic import BaseModel

from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.errors import LotusError
from lotus.generation.predictions.leases import (
    NOTHING,
    OnStep,
    PredictionContext,
    PredictionLeases,
    kept_object,
)
from lotus.money.ledger import Ledger, Usd
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Prediction, PredictionProvider
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["OUTSIDE", "Audit", "Discrepancy", "Kind", "Reconciliation", "enter", "ledger_amount"]

OUTSIDE = "outside"  # the job of predictions that no job of this database has asked for
CLOCKS_APART = timedelta(seconds=60)

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


@dataclass
class Audit:
    """One comparison on its way."""

    w: Workspace
    hosted: PredictionProvider
    provider: str
    since: datetime
    folder: Path
    on_step: OnStep

    def __post_init__(self) -> None:
        self.claims = PredictionLeases(self.w.db)
        self.account = self.hosted.account()
        self.stop = Stop(self.w.stop)
        self.differences: list[Discrepancy] = []

    def rows(self) -> list[Row]:
        """The provider's rows of the time that is compared."""
        return self.w.db.ask(rows.predictions_since, self.provider, self.since - 2 * CLOCKS_APART)

    def note(
        self, kind: Kind, row: Row, before: Decimal | None, after: Decimal | None, note: str = ""
    ) -> None:
        """One more difference."""
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

    def context(self, model: str) -> PredictionContext | None:
        """The means to follow rows of a model; None if the catalogue does not have it any more."""
        with suppress(LotusError):
            maker = self.w.providers.get(self.provider, model)
            if isinstance(maker, PredictionProvider):
                return PredictionContext(
                    self.claims, self.w.store, maker, self.folder, self.stop, self.on_step
                )
        return None

    def fetch(self, work: PredictionContext, request: ClipRequest, one: Prediction) -> bool:
        """Keep what a prediction made, if it is still there."""
        target = self.folder / f"{one.id}{work.hosted.suffix}"
        try:
            work.hosted.fetch(request, one, target, self.stop.root)
            self.w.store.put(target, kept_object(request, work.hosted))
        except LotusError:
            return False
        return True


def enter(connection: sa.Connection, row: Row, request: ClipRequest) -> bool:
    """Make the entries of a settled row say what it says; whether they did not."""
    cost = row["settled_usd"]
    useful = row["status"] == "succeeded" or row["job_id"] == OUTSIDE
    ledger = Ledger(connection, row["job_id"], row["campaign"])
    loss = NOTHING if useful else cost
    return ledger.agree(row["scene"], request, row["id"], cost_usd=cost, lost_usd=loss)


def ledger_amount(connection: sa.Connection, row_id: str) -> Decimal:
    """What the ledger says that a row cost."""
    c = t.cost_entries.c
    query = sa.select(sa.func.sum(c.amount_usd)).where(c.prediction == row_id, c.kind == "settled")
    return connection.scalar(query) or NOTHING
