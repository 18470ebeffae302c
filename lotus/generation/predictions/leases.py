"""What the steps of a prediction's life have in common: who works, for whom, and how it is written
down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import predictions as rows
from lotus.db import tables as t
from lotus.db.leases import is_held, terms
from lotus.db.records import Row
from lotus.errors import DatabaseError
from lotus.generation.predictions.decide import Durations, wish
from lotus.money.budgets import check_budgets
from lotus.money.ledger import Ledger
from lotus.providers.base import ClipRequest
from lotus.providers.prediction import Prediction, PredictionProvider
from lotus.store import Store, object_key
from lotus.system.owner import LEASE, this_process
from lotus.system.parallel import meanwhile
from lotus.system.stop import Stop

__all__ = [
    "NOTHING",
    "STEPS",
    "OnStep",
    "PredictionContext",
    "PredictionLeases",
    "PredictionRequest",
    "kept_object",
    "ordered_alike",
    "told_by",
]

STEPS = ("claimed", "posting", "created", "named", "polled", "ended", "fetched", "kept", "settled")
NOTHING = Decimal(0)
LONGEST_OUTPUT = 2000  # characters of an output that its row keeps
MOST_OUTPUTS = 1000
LOOK_SECONDS = 0.2  # how soon it is noticed that somebody wishes something else

OnStep = Callable[[str, Row], None]


def _unheard(step: str, row: Row) -> None:
    return None


def ordered_alike(row: Row) -> Row:
    """The fields that all rows of one request have in common."""
    alike = ("key", "job_id", "campaign", "scene", "provider", "model", "request", "posted_at")
    return {name: row[name] for name in alike}


def told_by(prediction: Prediction) -> Row:
    """What a prediction says of itself, for its row; data within it is cut short."""
    output = [text[:LONGEST_OUTPUT] for text in prediction.output[:MOST_OUTPUTS]]
    return {"metrics": dict(prediction.metrics), "output": output}


def kept_object(request: ClipRequest, maker: PredictionProvider) -> str:
    """Where what a model made is kept in the store, as it made it."""
    return object_key("clips", request.prediction_key, maker.suffix)


@dataclass(frozen=True)
class PredictionContext:
    """Predictions of one provider, made for one job; shared by its threads.

    `on_step` hears each of STEPS by name, with the row, when it is durable.
    """

    claims: PredictionLeases
    store: Store
    hosted: PredictionProvider
    folder: Path
    stop: Stop
    on_step: OnStep = _unheard
    durations: Durations = field(default_factory=Durations)

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.hosted.name

    def is_ours(self, row: Row) -> bool:
        """Whether a row is on the account that this process uses, or on one that is not known."""
        return row["account"] is None or row["account"] == self.hosted.account()

    @property
    def calls(self) -> Stop:
        """What ends a call under way: for what is paid only an interruption, and nothing when it is
        ended.
        """
        return Stop() if wish(self.stop) == "cancel" else self.stop.root

    def rest(self, seconds: float) -> None:
        """Wait, unless what is wished changes meanwhile."""
        until = time.monotonic() + seconds
        before = wish(self.stop)
        while (remaining := until - time.monotonic()) > 0 and wish(self.stop) == before:
            time.sleep(min(remaining, LOOK_SECONDS))

    def is_kept(self, request: ClipRequest) -> bool:
        """Whether what it asks for is in the store."""
        return self.store.exists(kept_object(request, self.hosted))

    def name(self, row: Row, prediction: Prediction) -> bool:
        """Write down what the provider calls it; False if it belongs to another row.

        Its time runs from its own start: waiting for leave to create it does not count.
        """
        now = t.now()
        began = min(now, max(row["posted_at"] or now, prediction.created_at or now))
        values = {"status": prediction.status, "posted_at": began}
        is_named = self.claims.db.run(rows.name_prediction, row["id"], prediction.id, **values)
        if is_named:
            row.update(prediction_id=prediction.id, **values)
            self.on_step("named", row)
        return is_named

    def reserve_bill(self, row: Row, request: ClipRequest, cost: Decimal) -> None:
        """Reserve what a bill is above the reservation, before anybody claims on the same budget.

        Once: the reservation is the bill afterwards.
        """
        before = row["reserved_usd"]
        if cost <= before:
            return

        def raise_reservation(connection: sa.Connection) -> bool:
            if not rows.raise_reservation(connection, row["id"], before, cost):
                return False
            ledger = Ledger(connection, row["job_id"], row["campaign"])
            ledger.add("reserved", row["scene"], request, cost - before, row["id"])
            return True

        if self.claims.db.run(raise_reservation):
            row["reserved_usd"] = cost
            self.on_step("dearer", {**row, "estimated_usd": before})

    def settle(
        self,
        row: Row,
        request: ClipRequest,
        status: str,
        cost: Decimal,
        prediction: Prediction | None = None,
        error: str = "",
    ) -> None:
        """The end of a row and of its reservation, in one transaction, once."""
        values: Row = {"status": status, "settled_usd": cost, "error": error or None}
        if prediction is not None:
            values |= told_by(prediction)
            values["error"] = prediction.error or None

        def close(connection: sa.Connection) -> None:
            if rows.settle_prediction(connection, row["id"], **values):
                Ledger(connection, row["job_id"], row["campaign"]).close(
                    row["scene"],
                    request,
                    row["id"],
                    reserved_usd=row["reserved_usd"],
                    cost_usd=cost,
                    lost=status != "succeeded",
                )

        self.claims.db.run(close)
        row.update(values)
        self.on_step("settled", row)


@dataclass(frozen=True)
class PredictionRequest:
    """What a job wants to be made: who pays for it, and what it should cost."""

    job_id: str
    campaign: str | None
    scene: int | None
    request: ClipRequest
    amount_usd: Decimal
    name: str = ""  # of what belongs to no scene, as people call it
    priced: bool = True  # False: the amount is 0 because nobody knows it

    @property
    def key(self) -> str:
        """One prediction a key."""
        return self.request.prediction_key

    @property
    def what(self) -> str:
        """As people call it."""
        return f"scene {self.scene + 1}" if self.scene is not None else self.name


class PredictionLeases:
    """This process' claims, as one database keeps them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.me = this_process()

    def claim(self, order: PredictionRequest, account: str = "") -> tuple[Row, bool]:
        """The open row for what is wanted, and whether it is ours to follow.

        Without one, an intent is written on this account and its price reserved, in one transaction
        with the look at the budgets: raises BudgetExceeded.
        """
        return self.db.run(self._claim, order, account or None)

    def _claim(
        self, connection: sa.Connection, order: PredictionRequest, account: str | None
    ) -> tuple[Row, bool]:
        row = rows.open_prediction(connection, order.key)
        if row is not None:
            mine = self._take_over(connection, row)
            return {**row, "owner": self.me} if mine else row, mine
        payer = (order.job_id, order.campaign)
        unpriced = not order.priced
        check_budgets(connection, *payer, order.amount_usd, order.what, unpriced=unpriced)
        intent = self._intent(order, account)
        if not rows.add_prediction(connection, intent):  # somebody was faster
            return rows.open_prediction(connection, order.key) or intent, False
        ledger = Ledger(connection, order.job_id, order.campaign)
        ledger.add("reserved", order.scene, order.request, order.amount_usd, intent["id"])
        return intent, True

    def _take_over(self, connection: sa.Connection, row: Row) -> bool:
        """Whether a row that nobody follows is ours from now on."""
        return not is_held(row) and rows.take_over(connection, row, self.me)

    def _intent(self, order: PredictionRequest, account: str | None) -> Row:
        return {
            "id": t.new_id(),
            "key": order.key,
            "job_id": order.job_id,
            "campaign": order.campaign,
            "scene": order.scene,
            "provider": order.request.provider,
            "model": order.request.model,
            "request": order.request.model_dump(),
            "status": "intended",
            "prediction_id": None,
            "posted_at": None,
            "account": account,
            "reserved_usd": order.amount_usd,
            **terms(self.me),
            "created_at": t.now(),
        }

    def is_open(self, key: str) -> bool:
        """Whether there is an open row for a key."""
        with self.db.read() as connection:
            return rows.open_prediction(connection, key) is not None

    def adopt(self, key: str) -> Row | None:
        """The open row of a key, if nobody follows it: ours from now on."""

        def take_over(connection: sa.Connection) -> Row | None:
            row = rows.open_prediction(connection, key)
            mine = row is not None and self._take_over(connection, row)
            return {**row, "owner": self.me} if row is not None and mine else None

        return self.db.run(take_over)

    def orphans(
        self, provider: str | None = None, *, job_id: str | None = None, but: Collection[str] = ()
    ) -> list[Row]:
        """Open rows that nobody follows, ours from now on: of a provider or a job, but not of these
        keys.
        """

        def take_over(connection: sa.Connection) -> list[Row]:
            candidates = rows.open_predictions(connection, provider, job_id)
            mine = [
                row
                for row in candidates
                if row["key"] not in but and self._take_over(connection, row)
            ]
            return [{**row, "owner": self.me} for row in mine]

        return self.db.run(take_over)

    def note(self, row: Row, **values: object) -> bool:
        """Write down what became of a row; False if it is not ours any more."""
        mine = self.db.run(rows.note_prediction, row["id"], self.me, **values)
        row.update(values)
        return mine

    def release(self, row: Row) -> None:
        """Let others follow it, at once; a settled row stays as it is."""
        with suppress(DatabaseError):
            self.db.run(rows.release_prediction, row["id"], self.me)

    @contextmanager
    def kept_alive(self) -> Iterator[None]:
        """Renew the leases while the block runs, in a thread."""

        def renew(over: threading.Event) -> None:
            while not over.wait(LEASE.total_seconds() / 3):
                with suppress(DatabaseError):
                    self.db.run(rows.renew_leases, self.me)

        with meanwhile(renew, "leases"):
            yield
