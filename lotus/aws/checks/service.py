"""The service: does it run, and does it answer?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Found, verdict
from lotus.aws.status import metric, service_facts
from lotus.aws.tasks import short, tasks
from lotus.checks.base import Cause, Finding

__all__ = ["HEALTH", "SERVICE"]

LONG_MINUTES = 10  # an image is pulled and a task started in two
MANY_PERCENT = 1  # of requests that end with 5xx within the hour
GRACE_SECONDS = 60  # lotus serve answers within this, also on a quarter of a processor
HEARTBEAT_SECONDS = 60  # a connection on which nothing is said for longer may be cut
EVENTS = 10

ROLLED_BACK = Cause(
    "deployment failed",
    "the rollout state of a deployment is FAILED",
    "the new tasks never answered, and ECS returned to the old image",
    "see the check `stopped` for why they ended, then `lotus ops deploy` again",
)
FEWER = Cause(
    "too few tasks",
    "fewer tasks run than are wanted",
    "tasks end as fast as they begin, or cannot be placed",
    "see the check `stopped`; wait for a deployment with `lotus ops status`",
)
PAUSED = Cause(
    "paused",
    "no task is wanted",
    "the service was paused: nothing answers, and nothing costs",
    "lotus ops resume",
    status="warn",
)
NOT_PLACED = Cause(
    "not placed",
    "an event says: was unable to place a task",
    "there was no capacity or no free address",
    "wait a little; set service.spot = false if it stays",
    r"unable to place",
)
PENDING = Cause(
    "pending",
    "a task is provisioning or pending for more than ten minutes",
    "its image, its secrets or its log group cannot be reached, or there is no capacity",
    "see the checks `network`, `image` and `secrets`; `lotus ops stop-task` ends it",
    status="warn",
)
ERRORS = Cause(
    "answers with errors",
    "more than one in a hundred requests got a 5xx from the service within the hour",
    "requests fail inside the service: its log says why",
    "lotus ops logs --task service --errors; `lotus ops rollback` if it began with an image",
)
SHORT_GRACE = Cause(
    "grace too short",
    "the grace period of health checks is below a minute",
    "a task is judged before it has begun to answer, and ended again",
    "terraform -chdir=terraform apply: module.service gives it 120 s",
)
UNHEALTHY = Cause(
    "not answering",
    "the load balancer finds targets unhealthy",
    "the service answers not, too late, or not with 200: it may not reach its database",
    "curl the path in a task: `lotus ops exec`; see the check `database`",
)
WRONG_PATH = Cause(
    "wrong path",
    "the load balancer asks for another path than /health/ready",
    "an answer of 404 counts as ill",
    "terraform -chdir=terraform apply -target=module.service",
)
SHORT_IDLE = Cause(
    "idle time-out",
    "the load balancer cuts connections that are idle for less than the heartbeat",
    "live progress (WebSocket) is cut again and again",
    "terraform -chdir=terraform apply: module.service sets idle_timeout = 300",
)


def look(account: Account) -> Finding:
    """How many run, of how many, and how the last deployment ended."""
    service = service_facts(account)
    found = Found()
    wanted = service["desiredCount"]
    running = service["runningCount"]
    if any(one.get("rolloutState") == "FAILED" for one in service["deployments"]):
        reason = next(
            one.get("rolloutStateReason", "")
            for one in service["deployments"]
            if one["rolloutState"] == "FAILED"
        )
        found.append(ROLLED_BACK.found(reason or "a deployment failed"))
    said = " ".join(event["message"] for event in service.get("events", ())[:EVENTS])
    if "unable to place" in said:
        found.append(NOT_PLACED.found(f"{service['serviceName']} was unable to place a task"))
    if not wanted:
        found.append(PAUSED.found(f"{service['serviceName']} is paused"))
    elif running < wanted:
        found.append(FEWER.found(f"{running} of {wanted} tasks run"))
    return verdict([*found, *_pending(account)], f"{running} of {wanted} tasks run")


def _pending(account: Account) -> Found:
    """Tasks of any family that do not get to run."""
    limit = datetime.now(UTC) - timedelta(minutes=LONG_MINUTES)
    waiting = [one for one in tasks(account) if one["lastStatus"] in ("PROVISIONING", "PENDING")]
    late = [one for one in waiting if one.get("createdAt", limit) < limit]
    names = ", ".join(f"{short(one['taskArn'])} of {one.get('group', '')}" for one in late)
    return [PENDING.found(f"{names} waits to begin")] if late else []


def health(account: Account) -> Finding:
    """What the load balancer thinks of the tasks, and how it asks."""
    if account.environment.target_group is None:
        return Finding("skip", "there is no load balancer")
    found = Found()
    service = service_facts(account)
    grace = service.get("healthCheckGracePeriodSeconds") or 0
    if grace < GRACE_SECONDS:
        found.append(SHORT_GRACE.found(f"{grace} s of grace"))
    group = account.environment.target_group
    (target,) = account.call("elbv2", "describe_target_groups", TargetGroupArns=[group])[
        "TargetGroups"
    ]
    if target.get("HealthCheckPath") != "/health/ready":
        found.append(WRONG_PATH.found(f"it asks for {target.get('HealthCheckPath')}"))
    found += _targets(account, group) + _idle(account, target) + _errors(account, target)
    return verdict(found, "all targets are well")


def _targets(account: Account, group: str) -> Found:
    states = account.call("elbv2", "describe_target_health", TargetGroupArn=group)[
        "TargetHealthDescriptions"
    ]
    ill = [
        one["TargetHealth"]
        for one in states
        if one["TargetHealth"]["State"] in ("unhealthy", "unavailable")
    ]
    if not ill:
        return []
    why = ", ".join(sorted({one.get("Reason", one["State"]) for one in ill}))
    return [UNHEALTHY.found(f"{len(ill)} of {len(states)} targets are ill: {why}")]


def _idle(account: Account, target: dict[str, Any]) -> Found:
    found = Found()
    for balancer in target.get("LoadBalancerArns", ()):
        told = account.call("elbv2", "describe_load_balancer_attributes", LoadBalancerArn=balancer)[
            "Attributes"
        ]
        seconds = next(
            (int(one["Value"]) for one in told if one["Key"] == "idle_timeout.timeout_seconds"), 60
        )
        if seconds <= HEARTBEAT_SECONDS:
            found.append(SHORT_IDLE.found(f"cut after {seconds} s"))
    return found


def _errors(account: Account, target: dict[str, Any]) -> Found:
    """The share of requests that the service answered with 5xx."""
    found = Found()
    for balancer in target.get("LoadBalancerArns", ()):
        of = {"LoadBalancer": balancer.partition(":loadbalancer/")[2]}
        bad, every = (
            sum(
                value
                for _, value in metric(account, "AWS/ApplicationELB", name, of, statistic="Sum")
            )
            for name in ("HTTPCode_Target_5XX_Count", "RequestCount")
        )
        if bad * 100 > every * MANY_PERCENT:
            found.append(ERRORS.found(f"{bad:.0f} of {every:.0f} requests failed within the hour"))
    return found


SERVICE = AwsCheck(
    "whether as many tasks of the service run as are wanted",
    look,
    (ROLLED_BACK, FEWER, PAUSED, NOT_PLACED, PENDING),
)
HEALTH = AwsCheck(
    "what the load balancer thinks of the service",
    health,
    (SHORT_GRACE, UNHEALTHY, WRONG_PATH, SHORT_IDLE, ERRORS),
)
