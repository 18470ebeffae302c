"""What an environment costs while nothing runs."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lotus.money.aws_prices import fargate_usd, prices

__all__ = ["HOURS_A_MONTH", "IMAGE_GB", "BillLine", "idle_cost"]

HOURS_A_MONTH = 730
# modules/registry keeps so many; no layer shared, at the dearest
IMAGES = 5
IMAGE_GB = Decimal("0.5")
# what an idle environment holds
KEPT_GB = Decimal(10)
LOGS_GB = Decimal("0.1")
# clean-up and reconciling, daily, and reaper: terraform/main.tf
CLOCK_RUNS = 6 * HOURS_A_MONTH // 24
CLOCK_SECONDS = 90
CLOCK_CPU_UNITS = 512
CLOCK_MEMORY_MIB = 2048


@dataclass(frozen=True)
class BillLine:
    """One line of a bill: so much of something, for so many dollars a month."""

    what: str
    quantity: str
    month_usd: Decimal
    source: str


def idle_cost(variables: dict[str, Any]) -> list[BillLine]:
    """The monthly bill of an environment (the variables of its .tfvars) in which no
    campaign runs.
    """
    return [
        *_database(variables["database"]),
        *_tasks(variables),
        *_clock(variables),
        *_network(variables),
        *_storage_lines(_alarms(variables), _secrets(variables)),
        *_metrics(variables),
    ]


def _database(database: dict[str, Any]) -> list[BillLine]:
    price = prices()["database"]
    servers = 2 if database["multi_az"] else 1
    hour = Decimal(price["class_hour_usd"][database["class"]])
    disk = database["storage_gb"]
    disk_usd = disk * servers * Decimal(price["disk_gb_month_usd"])
    proxy = 2 * Decimal(price["proxy_vcpu_hour_usd"]) * HOURS_A_MONTH
    proxies = [BillLine("its proxy", "2 vCPU", proxy, price["source"])] * database.get("proxy", 0)
    return [
        *proxies,
        BillLine(
            "PostgreSQL",
            f"{servers} x {database['class']}",
            servers * hour * HOURS_A_MONTH,
            price["source"],
        ),
        BillLine("its disk, gp3", f"{servers} x {disk} GB", disk_usd, price["source"]),
    ]


def _tasks(variables: dict[str, Any]) -> list[BillLine]:
    service = variables["service"]
    if not service["count"]:
        return []
    usd = service["count"] * fargate_usd(
        HOURS_A_MONTH * 3600,
        cpu_units=service["cpu"],
        memory_mib=service["memory"],
        spot=service["spot"],
        public_address=variables["outbound"] == "public_address",
    )
    size = f"{service['count']} x {service['cpu'] / 1024:g} vCPU, {service['memory'] / 1024:g} GB"
    return [BillLine("the service on Fargate", size, usd, prices()["fargate"]["source"])]


def _clock(variables: dict[str, Any]) -> list[BillLine]:
    usd = CLOCK_RUNS * fargate_usd(
        CLOCK_SECONDS,
        cpu_units=CLOCK_CPU_UNITS,
        memory_mib=CLOCK_MEMORY_MIB,
        public_address=variables["outbound"] == "public_address",
    )
    return [
        BillLine(
            "clean-up, reconciling and reaper by the clock",
            f"{CLOCK_RUNS} runs",
            usd,
            prices()["fargate"]["source"],
        )
    ]


def _network(variables: dict[str, Any]) -> list[BillLine]:
    network = prices()["network"]
    balancer = prices()["load_balancer"]
    lines = []
    address = Decimal(network["address_hour_usd"]) * HOURS_A_MONTH
    if variables["outbound"] == "nat":
        nat = Decimal(network["nat_hour_usd"]) * HOURS_A_MONTH
        lines.append(BillLine("NAT gateway, its address", "1", nat + address, network["source"]))
    if variables.get("certificate_arn"):
        hour = Decimal(balancer["hour_usd"]) + Decimal(balancer["unit_hour_usd"])
        usd = hour * HOURS_A_MONTH + 2 * address
        lines.append(BillLine("load balancer, 1 unit, its addresses", "1", usd, balancer["source"]))
    return lines


def _alarms(variables: dict[str, Any]) -> int:
    """How many alarms terraform/modules/observability makes; the first ten of an account would cost
    nothing, which other environments may have used up.
    """
    balanced = bool(variables.get("certificate_arn"))
    full = 3 if variables["environment"] == "prod" else 0
    scaling = 2 if variables["service"].get("most") else 0
    return 4 + full + 3 * balanced + scaling + int(variables["service"]["count"] > 0)


def _metrics(variables: dict[str, Any]) -> list[BillLine]:
    """What the scaling by queue looks at."""
    if not variables["service"].get("most"):
        return []
    usd = 2 * Decimal(prices()["logs"]["metric_month_usd"])
    return [BillLine("metrics of the queue", "2", usd, prices()["logs"]["source"])]


def _secrets(variables: dict[str, Any]) -> int:
    """How many Terraform makes: of the database, of Replicate, and one for each other setting."""
    return 2 + len(set(variables.get("secrets", ())) - {"REPLICATE_API_TOKEN"})


def _storage_lines(alarms: int, secret_count: int) -> list[BillLine]:
    secrets, registry, logs, store = (
        prices()[name] for name in ("secrets", "registry", "logs", "store")
    )
    logs_usd = LOGS_GB * (Decimal(logs["gb_in_usd"]) + Decimal(logs["gb_month_usd"]))
    images = IMAGES * IMAGE_GB * Decimal(registry["gb_month_usd"])
    return [
        BillLine(
            "secrets",
            str(secret_count),
            secret_count * Decimal(secrets["secret_month_usd"]),
            secrets["source"],
        ),
        BillLine(
            "images, no layer shared", f"{IMAGES} x {IMAGE_GB} GB", images, registry["source"]
        ),
        BillLine(
            "bucket", f"{KEPT_GB} GB", KEPT_GB * Decimal(store["gb_month_usd"]), store["source"]
        ),
        BillLine("logs", f"{LOGS_GB} GB", logs_usd, logs["source"]),
        BillLine("alarms", str(alarms), alarms * Decimal(logs["alarm_month_usd"]), logs["source"]),
    ]
