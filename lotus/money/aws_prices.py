"""What AWS charges, as data with its source and date: `aws_prices.toml`."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["FREE_DISK_GB", "fargate_usd", "nat_usd", "prices", "s3_usd"]

FREE_DISK_GB = 20  # of each Fargate task
DAYS_A_MONTH = Decimal(730) / 24


@cache
def prices() -> dict[str, Any]:
    """The tables of aws_prices.toml; amounts are text."""
    return tomllib.loads(resources.files("lotus.money").joinpath("aws_prices.toml").read_text())


def fargate_usd(
    seconds: float,
    *,
    cpu_units: int,
    memory_mib: int,
    disk_gb: int = FREE_DISK_GB,
    spot: bool = False,
    public_address: bool = False,
) -> Decimal:
    """What a task of that size costs for so long."""
    price = prices()["fargate"]
    kind = "spot_" if spot else ""
    hour = Decimal(price[f"{kind}vcpu_hour_usd"]) * cpu_units / 1024
    hour += Decimal(price[f"{kind}gb_hour_usd"]) * memory_mib / 1024
    hour += Decimal(price["disk_gb_hour_usd"]) * max(0, disk_gb - FREE_DISK_GB)
    hour += Decimal(price["address_hour_usd"]) if public_address else 0
    return hour * Decimal(seconds) / 3600


def s3_usd(*, writes: int, reads: int, byte_days: int) -> Decimal:
    """What so many requests cost, and keeping so many bytes for so many days (1 GB is 10^9)."""
    price = prices()["store"]
    requests = writes * Decimal(price["puts_thousand_usd"]) + reads * Decimal(
        price["gets_thousand_usd"]
    )
    return requests / 1000 + Decimal(price["gb_month_usd"]) * byte_days / 10**9 / DAYS_A_MONTH


def nat_usd(size_bytes: int) -> Decimal:
    """What it costs to bring so many bytes in through a NAT gateway."""
    return Decimal(prices()["network"]["nat_gb_usd"]) * size_bytes / 10**9
