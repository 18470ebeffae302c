"""Every dollar, append-only: estimated, reserved before spending, settled after, saved by the
cache. What was settled and brought nothing is entered as lost besides.

What was reserved is settled (spent) or refunded (not needed after all), so for each prediction that
is over, reserved = settled + refunded; what is committed against a budget is reserved - refunded at
any moment, also after a crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Protocol

import sqlalchemy as sa
from pydantic import PlainSerializer

from lotus.db import records
from lotus.documents.base import ReadOnlyResult

__all__ = ["AWS", "MICROS", "STORAGE", "Cost", "Ledger", "Purchase", "Usd", "money", "pay_aws"]

MICROS = Decimal("0.000001")
AWS = "aws"  # the provider of what is no clip: seconds of a task, objects, traffic
STORAGE = "s3"  # of these, what a bucket charges


def money(amount: Decimal) -> str:
    """An amount as text with a decimal point, to the cent at least: `0.00`, `0.123456`."""
    cents = amount.quantize(Decimal("0.01"))
    return str(cents if cents == amount else amount.quantize(MICROS).normalize())


Usd = Annotated[Decimal, PlainSerializer(money, str, when_used="json")]  # text in JSON


def pay_aws(
    connection: sa.Connection,
    job_id: str,
    campaign: str | None,
    amounts_usd: Mapping[str, Decimal],
    task: str | None = None,
) -> None:
    """What AWS charges for a job (or, without one, a row or a campaign), by what it is charged for.

    It is known only afterwards, so it is reserved and settled at once; `task` is the task on ECS
    that ran.
    """
    rows: list[records.Row] = []
    for what, amount in amounts_usd.items():
        usd = amount.quantize(MICROS, ROUND_HALF_UP)
        row: records.Row = {
            "job_id": job_id,
            "campaign": campaign,
            "prediction": task,
            "amount_usd": usd,
        }
        row |= {"provider": AWS, "model": what, "scene": None, "clip_key": None}
        rows += [{**row, "kind": kind} for kind in ("reserved", "settled") if usd > 0]
    records.add_costs(connection, rows)


class Cost(ReadOnlyResult, frozen=True):
    """Expected cost, actual cost, and the amount that the cache saved; in US dollars."""

    estimated_usd: Usd
    actual_usd: Usd
    saved_usd: Usd

    @classmethod
    def of(cls, sums: Mapping[str, Decimal]) -> Cost:
        """Sums of the ledger by kind of entry; a kind without entries is 0."""
        zero = Decimal(0)
        return cls(
            estimated_usd=sums.get("estimated", zero),
            actual_usd=sums.get("settled", zero),
            saved_usd=sums.get("saved", zero),
        )


class Purchase(Protocol):
    """The thing an entry is for: who made it, with which model, and its content key."""

    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def key(self) -> str: ...


class Ledger:
    """The entries of one job, written on the caller's transaction."""

    def __init__(self, connection: sa.Connection, job_id: str, campaign: str | None = None) -> None:
        self._connection = connection
        self._job_id = job_id
        self._campaign = campaign

    def add(
        self,
        kind: str,
        scene: int | None,
        request: Purchase,
        amount_usd: Decimal,
        prediction: str | None = None,
    ) -> None:
        """One more entry; `prediction` is the row that it is for."""
        self._write([(kind, scene, request, amount_usd, prediction)])

    def add_all(self, entries: Iterable[tuple[str, int, Purchase, Decimal]]) -> None:
        """More entries at once: kind, scene, request and amount."""
        self._write((*entry, None) for entry in entries)

    def _write(
        self, entries: Iterable[tuple[str, int | None, Purchase, Decimal, str | None]]
    ) -> None:
        payer = {"job_id": self._job_id, "campaign": self._campaign}
        rows: list[records.Row] = [
            {
                **payer,
                "scene": scene,
                "clip_key": request.key,
                "kind": kind,
                "provider": request.provider,
                "model": request.model,
                "amount_usd": amount_usd,
                "prediction": prediction,
            }
            for kind, scene, request, amount_usd, prediction in entries
        ]
        records.add_costs(self._connection, rows)

    def close(
        self,
        scene: int | None,
        request: Purchase,
        prediction: str,
        *,
        reserved_usd: Decimal,
        cost_usd: Decimal,
        lost: bool = False,
    ) -> None:
        """Settle a reservation: what was spent, and what is given back; a bill above it is reserved
        first. `lost` if nothing came of it.
        """
        cost = cost_usd.quantize(MICROS, ROUND_HALF_UP)
        refund = reserved_usd - cost_usd
        if refund < 0:
            self.add("reserved", scene, request, -refund, prediction)
        self.add("settled", scene, request, cost, prediction)
        if refund > 0:
            self.add("refunded", scene, request, refund, prediction)
        if lost and cost > 0:
            self.add("lost", scene, request, cost, prediction)

    def agree(
        self,
        scene: int | None,
        request: Purchase,
        prediction: str,
        *,
        cost_usd: Decimal,
        lost_usd: Decimal,
    ) -> bool:
        """Add what is missing until the entries for a prediction say what it cost, and what of that
        was lost; whether anything was missing. Entries are never changed.
        """
        sums = records.costs_of_prediction(self._connection, prediction)
        commitment = sums["reserved"] - sums["refunded"]
        missing = {
            "reserved": max(Decimal(0), cost_usd - commitment),
            "refunded": max(Decimal(0), commitment - cost_usd),
            "settled": cost_usd - sums["settled"],
            "lost": lost_usd - sums["lost"],
        }
        for kind, amount in missing.items():
            if amount:
                self.add(kind, scene, request, amount, prediction)
        return any(missing.values())

    def cost(self) -> Cost:
        """The sums so far."""
        return Cost.of(records.costs_of(self._connection, self._job_id))
