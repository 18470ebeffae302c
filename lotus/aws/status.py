"""How an environment stands: asked, gathered, never changed."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lotus.aws.account import Account
from lotus.aws.service import all_schedules
from lotus.aws.tasks import short, tasks
from lotus.errors import AwsError
from lotus.money.aws_prices import fargate_usd

__all__ = ["metric", "service_facts", "status", "usage"]

Facts = dict[str, Any]
EVENTS = 5


def service_facts(account: Account) -> Facts:
    """The service as ECS has it. Raises AwsError."""
    env = account.environment
    response = account.call(
        "ecs", "describe_services", cluster=env.cluster, services=[env.service]
    )["services"]
    if (
        not response or response[0].get("status") == "INACTIVE"
    ):  # ECS remembers those that were deleted
        reason = f"there is no service {env.service} in {env.cluster}"
        raise AwsError(
            service="ecs",
            operation="describe_services",
            reason=reason,
            code="MISSING",
            remedy=env.apply,
        )
    return dict(response[0])


def status(account: Account) -> Facts:
    """The service, tasks, schedules, database and alarms, JSON-able."""
    env = account.environment
    service = service_facts(account)
    running = tasks(account)
    database = account.find("rds", "describe_db_instances", DBInstanceIdentifier=env.database)
    alarms = account.pages(
        "cloudwatch",
        "describe_alarms",
        "MetricAlarms",
        AlarmNamePrefix=f"{env.cluster}-",
        StateValue="ALARM",
    )
    return {
        "environment": env.environment,
        "region": env.region,
        "service": {
            "name": env.service,
            "desired": service["desiredCount"],
            "running": service["runningCount"],
            "pending": service["pendingCount"],
            "definition": short(service["taskDefinition"]),
            "deployments": [
                one.get("rolloutState", one["status"]) for one in service["deployments"]
            ],
        },
        "tasks": [_task(one) for one in running],
        "schedules": {one["Name"]: one["State"].lower() for one in all_schedules(account)},
        "database": database["DBInstances"][0]["DBInstanceStatus"] if database else "missing",
        "alarms": [
            one["AlarmName"]
            for one in alarms
            if not str(one["AlarmName"]).startswith(env.scaling_alarms)
        ],
        "events": [_event(one) for one in service.get("events", ())[:EVENTS]],
    }


def _event(event: Facts) -> Facts:
    at = event.get("createdAt")
    return {"at": at.isoformat() if at else None, "message": str(event["message"])}


def _task(task: Facts) -> Facts:
    start = task.get("startedAt") or task.get("createdAt")
    return {
        "id": short(task["taskArn"]),
        "group": task.get("group", "").partition(":")[2],
        "status": task["lastStatus"].lower(),
        "definition": short(task["taskDefinitionArn"]),
        "started_by": task.get("startedBy", ""),
        "since": start.isoformat() if start else None,
    }


def metric(
    account: Account,
    namespace: str,
    name: str,
    dimensions: dict[str, str],
    *,
    hours: float = 1,
    statistic: str = "Average",
    period_seconds: int = 300,
) -> list[tuple[datetime, float]]:
    """Points of five minutes (or another period), oldest first."""
    end = datetime.now(UTC)
    response = account.call(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=namespace,
        MetricName=name,
        Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
        StartTime=end - timedelta(hours=hours),
        EndTime=end,
        Period=period_seconds,
        Statistics=[statistic],
    )
    return sorted((point["Timestamp"], float(point[statistic])) for point in response["Datapoints"])


def usage(account: Account) -> Facts:
    """The last hour of the service and the database, and what the running tasks cost, in USD."""
    env = account.environment
    running = tasks(account)
    of_service = {"ClusterName": env.cluster, "ServiceName": env.service}
    of_database = {"DBInstanceIdentifier": env.database}
    metrics = {
        "cpu_percent": ("AWS/ECS", "CPUUtilization", of_service),
        "memory_percent": ("AWS/ECS", "MemoryUtilization", of_service),
        "database_cpu_percent": ("AWS/RDS", "CPUUtilization", of_database),
        "database_connections": ("AWS/RDS", "DatabaseConnections", of_database),
        "database_free_bytes": ("AWS/RDS", "FreeStorageSpace", of_database),
    }
    points = {name: metric(account, *what) for name, what in metrics.items()}
    of_bucket = {"BucketName": env.bucket, "StorageType": "StandardStorage"}
    points["bucket_bytes"] = metric(  # which S3 counts once a day
        account, "AWS/S3", "BucketSizeBytes", of_bucket, hours=72, period_seconds=86_400
    )
    return {
        **{name: series[-1][1] if series else None for name, series in points.items()},
        "tasks": dict(Counter(one.get("group", "").partition(":")[2] for one in running)),
        "hour_usd": str(
            round(sum((_task_usd(account, one, 3600) for one in running), Decimal(0)), 4)
        ),
        "today_usd": str(round(sum((_task_usd(account, one) for one in running), Decimal(0)), 4)),
    }


def _task_usd(account: Account, task: Facts, seconds: float | None = None) -> Decimal:
    """What a running task costs in so many seconds, or has cost since midnight (UTC)."""
    now = time.time()
    if seconds is None:
        start = task.get("startedAt") or task.get("createdAt")
        midnight = now - now % 86_400
        seconds = now - max(midnight, start.timestamp() if start else now)
    return fargate_usd(
        seconds,
        cpu_units=int(task.get("cpu") or 256),
        memory_mib=int(task.get("memory") or 512),
        spot=task.get("capacityProviderName") == "FARGATE_SPOT",
        public_address=account.environment.public_address,
    )
