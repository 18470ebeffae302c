"""This process's task on ECS: what it is called, how it is reached, and what a second
of it costs.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from batch.rows.totals import FARGATE
from lotus.money.aws_prices import fargate_usd

__all__ = ["HOW", "SPOT", "EcsTask", "this_task"]

METADATA = "ECS_CONTAINER_METADATA_URI_V4"
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-endpoint-v4-fargate-response.html
# what a task is not told of itself: its capacity provider, and its way to the internet
HOW = "LOTUS_FARGATE"
SPOT = "FARGATE_SPOT"


@dataclass
class EcsTask:
    """`spot` and `nat` are how it was started; its seconds are in the ledger up to `paid_until`."""

    arn: str
    address: str
    vcpus: float
    memory_mib: int
    disk_gb: int
    begun: datetime  # the pull of its image
    spot: bool = False
    nat: bool = False
    paid_until: datetime | None = None
    shared_by: int = 1  # processes that bill it, each its part
    _paying: threading.Lock = field(default_factory=threading.Lock, repr=False)

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def kind(self) -> str:
        """What the ledger calls its seconds."""
        return FARGATE[self.spot]

    def bill(self, now: datetime) -> Decimal:
        """What it has cost since the last bill; the first time, since it began."""
        with self._paying:
            since = self.paid_until or self.begun
            self.paid_until = now
        return self.cost(now, since)

    def cost(self, now: datetime, since: datetime | None = None) -> Decimal:
        """What it has cost since then, or since it began."""
        seconds = (now - (since or self.begun)).total_seconds()
        size = {
            "cpu_units": round(self.vcpus * 1024),
            "memory_mib": self.memory_mib,
            "disk_gb": self.disk_gb,
        }
        whole = fargate_usd(max(0.0, seconds), **size, spot=self.spot, public_address=not self.nat)
        return whole / self.shared_by


def this_task(shared_by: int = 1) -> EcsTask | None:
    """From the metadata that ECS gives each task; None elsewhere."""
    place = os.environ.get(METADATA)
    if place is None:
        return None
    import httpx

    provider, _, outbound = os.environ.get(HOW, "").partition(",")
    task = _read(httpx.get(f"{place}/task", timeout=5).json())
    task.spot = provider == SPOT
    task.nat = outbound == "nat"
    task.shared_by = shared_by
    return task


def _read(metadata: Mapping[str, Any]) -> EcsTask:
    start = metadata.get("PullStartedAt")
    disk_mib = metadata.get("EphemeralStorageMetrics", {}).get("Reserved", 0)
    return EcsTask(
        arn=metadata["TaskARN"],
        address=metadata["Containers"][0]["Networks"][0]["IPv4Addresses"][0],
        vcpus=metadata["Limits"]["CPU"],
        memory_mib=metadata["Limits"]["Memory"],
        disk_gb=disk_mib // 1024,
        begun=datetime.fromisoformat(start) if start else datetime.now(UTC),
    )
