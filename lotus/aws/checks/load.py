"""Processors and memory of the service and the database over the last hours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.status import metric
from lotus.checks.base import Cause, Finding

__all__ = ["LOAD", "rise"]

PINNED_PERCENT = 90
NEAR_PERCENT = 85
LEAK_PERCENT_AN_HOUR = 2.0
LEAK_HOURS = 3.0
CREEP_PERCENT_AN_HOUR = 0.5
DAY_HOURS = 24.0
Points = Sequence[tuple[datetime, float]]

PINNED = Cause(
    "processors pinned",
    "the processors were above 90 % for most of the hour",
    "requests and renders wait for each other",
    "`lotus ops scale 2`, or raise service.cpu (or database.class) in the .tfvars, then "
    "`terraform -chdir=terraform apply` and `lotus ops restart`",
    status="warn",
)
NEAR = Cause(
    "memory near its limit",
    "memory is above 85 %",
    "the next large video may end the task (exit code 137)",
    "raise service.memory in the .tfvars, then `terraform -chdir=terraform apply`, then "
    "`lotus ops restart`",
    status="warn",
)
LEAK = Cause(
    "memory rises",
    "memory has risen by more than 2 % an hour for three hours",
    "memory is leaking: the task will run out of it",
    "`lotus ops restart` now; `lotus ops report` for the developers of lotus",
    status="warn",
)


SLOW_LEAK = Cause(
    "memory creeps up",
    "memory has risen by more than half a percent an hour for most of a day",
    "memory is leaking: the task will run out of it within days",
    "`lotus ops restart` now; `lotus ops report` for the developers of lotus",
    status="warn",
)


def rise(points: Points) -> float:
    """Percent an hour: the slope of the line that fits best (least squares)."""
    if len(points) < 3:
        return 0.0
    hours = [(at - points[0][0]).total_seconds() / 3600 for at, _ in points]
    middle = sum(hours) / len(hours)
    mean = sum(value for _, value in points) / len(points)
    spread = sum((hour - middle) ** 2 for hour in hours)
    return (
        sum(
            (hour - middle) * (value - mean) for hour, (_, value) in zip(hours, points, strict=True)
        )
        / spread
    )


def look(account: Account) -> Finding:
    """What CloudWatch has; a paused service has nothing."""
    env = account.environment
    findings = Findings()
    of_service = {"ClusterName": env.cluster, "ServiceName": env.service}
    places = {
        "the service": ("AWS/ECS", of_service),
        "the database": ("AWS/RDS", {"DBInstanceIdentifier": env.database}),
    }
    for place, (namespace, dimensions) in places.items():
        cpu = metric(account, namespace, "CPUUtilization", dimensions)
        high = [value for _, value in cpu if value > PINNED_PERCENT]
        if cpu and len(high) * 2 > len(cpu):
            findings.append(PINNED.finding(f"{place}: processors at {max(high):.0f} %"))
    memory = metric(account, "AWS/ECS", "MemoryUtilization", of_service, hours=LEAK_HOURS)
    slope = rise(memory)
    if memory and memory[-1][1] > NEAR_PERCENT:
        findings.append(NEAR.finding(f"the service: memory at {memory[-1][1]:.0f} %"))
    if memory and _hours(memory) > LEAK_HOURS * 0.8 and slope > LEAK_PERCENT_AN_HOUR:
        findings.append(
            LEAK.finding(
                f"the service: memory rises by {slope:.1f} % an hour, now {memory[-1][1]:.0f} %"
            )
        )
    elif (creep := _creeps(account, of_service)) is not None:
        findings.append(SLOW_LEAK.finding(creep))
    return verdict(
        findings, "processors and memory have room" if memory else "no data: nothing ran"
    )


def _creeps(account: Account, of_service: dict[str, str]) -> str | None:
    """How memory has risen within a day, if it did slowly and steadily."""
    day = metric(account, "AWS/ECS", "MemoryUtilization", of_service, hours=DAY_HOURS)
    if not day or _hours(day) < DAY_HOURS / 2:
        return None
    slope = rise(day)
    half = len(day) // 2
    halves = (rise(day[:half]), rise(day[half:]))  # a step, as of a new image, is no creeping
    if slope < CREEP_PERCENT_AN_HOUR or min(halves) < slope / 3:
        return None
    return f"the service: memory rises by {slope:.1f} % an hour for {_hours(day):.0f} hours"


def _hours(points: Points) -> float:
    return (points[-1][0] - points[0][0]).total_seconds() / 3600


LOAD = AwsCheck("processors and memory over the last hours", look, (PINNED, NEAR, LEAK, SLOW_LEAK))
