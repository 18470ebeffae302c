"""Every dollar, append-only: estimated, reserved before spending, settled after, saved by the cache."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from lotus.db import records
from lotus.providers.base import ClipRequest

__all__ = ["Cost", "Ledger", "money"]


def money(amount: Decimal) -> str:
    """An amount as text with a decimal point, to the cent at least: `0.00`, `0.123456`."""
    cents = amount.quantize(Decimal("0.01"))
    return str(cents if cents == amount else amount.quantize(Decimal("0.000001")).normalize())


@dataclass(frozen=True)
class Cost:
    """What a job was expected to cost, what it cost, and what the cache saved; in US dollars."""

    estimated_usd: Decimal
    actual_usd: Decimal
    saved_usd: Decimal

    def to_json(self) -> dict[str, str]:
        """Amounts as strings."""
        return {
            "estimated_usd": money(self.estimated_usd),
            "actual_usd": money(self.actual_usd),
            "saved_usd": money(self.saved_usd),
        }


class Ledger:
    """The entries of one job, written on the caller's transaction."""

    def __init__(self, connection: sa.Connection, job_id: str) -> None:
        self._connection, self._job_id = connection, job_id

    def add(self, kind: str, scene: int, request: ClipRequest, amount_usd: Decimal) -> None:
        """One more entry."""
        records.add_cost(
            self._connection,
            job_id=self._job_id,
            scene=scene,
            clip_key=request.key,
            kind=kind,
            provider=request.provider,
            model=request.model,
            amount_usd=amount_usd,
        )

    def cost(self) -> Cost:
        """The sums so far."""
        sums = records.costs_of(self._connection, self._job_id)
        return Cost(sums["estimated"], sums["settled"] - sums["refunded"], sums["saved"])
