"""What the steps of a prediction's life have in common: who works, for whom, and how it is written down."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from lotus.db import predictions as rows
from lotus.db.records import Row
from lotus.generation.predictions.claims import Claims
from lotus.generation.predictions.decide import Durations, wish
from lotus.money.ledger import Ledger
from lotus.providers.base import ClipRequest
from lotus.providers.hosted import Hosted, Prediction
from lotus.store import Store, object_key
from lotus.system.stop import Stop

__all__ = ["STEPS", "OnStep", "Work", "kept_object"]

STEPS = ("claimed", "posting", "created", "named", "polled", "ended", "fetched", "kept", "settled")
LOOK_SECONDS = 0.2  # how soon it is noticed that somebody wishes something else

OnStep = Callable[[str, Row], None]


def _unheard(step: str, row: Row) -> None:
    return None


def kept_object(request: ClipRequest, hosted: Hosted) -> str:
    """Where what a model made is kept in the store, as it made it."""
    return object_key("clips", request.prediction_key, hosted.suffix)


@dataclass(frozen=True)
class Work:
    """Predictions of one provider, made for one job; shared by its threads.

    `on_step` hears each of STEPS by name, with the row, when it is durable.
    """

    claims: Claims
    store: Store
    hosted: Hosted
    folder: Path
    stop: Stop
    on_step: OnStep = _unheard
    durations: Durations = field(default_factory=Durations)

    @property
    def provider(self) -> str:
        """The provider's name."""
        return self.hosted.name

    @property
    def calls(self) -> Stop:
        """What ends a call under way: for what is paid only an interruption, and nothing when it is ended."""
        return Stop() if wish(self.stop) == "cancel" else self.stop.root

    def rest(self, seconds: float) -> None:
        """Wait, unless what is wished changes meanwhile."""
        until, before = time.monotonic() + seconds, wish(self.stop)
        while (left := until - time.monotonic()) > 0 and wish(self.stop) == before:
            time.sleep(min(left, LOOK_SECONDS))

    def is_kept(self, request: ClipRequest) -> bool:
        """Whether what it asks for is in the store."""
        return self.store.exists(kept_object(request, self.hosted))

    def name(self, row: Row, made: Prediction) -> bool:
        """Write down what the provider calls it; False if it belongs to another row."""
        named = self.claims.db.run(rows.name_prediction, row["id"], made.id, status=made.status)
        if named:
            row.update(prediction_id=made.id, status=made.status)
            self.on_step("named", row)
        return named

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
            values |= {"metrics": dict(prediction.metrics), "output": list(prediction.output)}
            values["error"] = prediction.error or None

        def settled(connection: sa.Connection) -> None:
            if rows.settle_prediction(connection, row["id"], **values):
                Ledger(connection, row["job_id"], row["campaign"]).close(
                    row["scene"], request, row["id"], reserved_usd=row["reserved_usd"], cost_usd=cost
                )

        self.claims.db.run(settled)
        row.update(values)
        self.on_step("settled", row)
