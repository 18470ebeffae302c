"""The service: does it run, and does it answer?"""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, match_cause, verdict
from lotus.aws.checks.suspects import LINKED_ROLE
from lotus.aws.logs import read_logs
from lotus.aws.status import metric, service_facts
from lotus.aws.tasks import short, tasks
from lotus.checks.base import Cause, Finding, Suspect, several

__all__ = ["EVENTS_OF_SERVICE", "HEALTH", "SERVICE"]

LONG_MINUTES = 10  # an image is pulled and a task started in two
MANY_PERCENT = 1  # of requests that end with 5xx within the hour
GRACE_SECONDS = 60  # lotus serve answers within this, also on a quarter of a processor
HEARTBEAT_SECONDS = 60  # a connection on which nothing is said for longer may be cut
EVENTS = 10
HEARD_SECONDS = 900  # of the log, where no load balancer counts answers
SHOWN = 200  # characters of an event

ROLLED_BACK = Cause(
    "deployment failed",
    "the rollout state of a deployment is FAILED",
    "the new tasks never answered, and ECS returned to the old image",
    "`lotus doctor --aws --only stopped` says why they ended, then `lotus ops deploy TAG` again",
)
FAILING = Cause(
    "deployment fails",
    "a deployment under way has failed tasks",
    "new tasks end as fast as ECS starts them; the old ones keep running until ECS gives up",
    "`lotus doctor --aws --only stopped --only logs` says why they end; `lotus ops rollback`",
)
IMPAIRED = Cause(
    "tasks do not start",
    "an event says: is unable to consistently start tasks successfully",
    "ECS starts tasks less and less often, because they keep ending",
    "`lotus doctor --aws --only stopped --only image --only secrets` says why they end",
    r"unable to (consistently )?start tasks|unable to successfully start|"
    r"SERVICE_TASK_START_IMPAIRED",
)
FEWER = Cause(
    "too few tasks",
    "fewer tasks run than are wanted",
    "tasks end as fast as they begin, or cannot be placed",
    "`lotus doctor --aws --only stopped`; wait for a deployment with `lotus ops status`",
)
PAUSED = Cause(
    "paused",
    "no task is wanted",
    "the service was paused: nothing answers, and nothing costs",
    "lotus ops resume",
    status="warn",
)
QUOTA = Cause(
    "quota reached",
    "an event says: You've reached the limit on the number of tasks, or of vCPUs",
    "the account may run no more on Fargate at once",
    "`lotus ops usage` says what runs; "
    "`aws service-quotas get-service-quota --service-code fargate --quota-code L-3032A538 "
    "--region {region}` says how many vCPUs are allowed (L-36FBB829: on Spot)",
    r"reached the limit on the number of (\w+ )?(tasks|vCPU)|vCPU limit|"
    r"configuration is above your limit",
)
BLOCKED = Cause(
    "account blocked",
    "an event or RunTask says: Your AWS account is currently blocked",
    "AWS lets this account start nothing: it is new and not verified yet, or a bill is open",
    "open a case at https://console.aws.amazon.com/support (account and billing); "
    "`lotus ops status` shows whether tasks start again",
    r"account (is|was) (currently )?blocked|\bBlockedException\b",
)
NOT_PLACED = several(
    "not placed",
    "an event says: was unable to place a task",
    r"unable to place|SERVICE_TASK_PLACEMENT_FAILURE",
    Suspect(
        "AWS has no capacity at the moment: try later, or set service.spot = false",
        "`lotus ops status` (events)",
    ),
    Suspect("a subnet is gone or has no free address", "`lotus doctor --aws --only network`"),
    Suspect("the account's quota is used up", "`lotus ops usage`"),
)
ROLE_REFUSED = Cause(
    "role not taken",
    "an event says: ECS was unable to assume the role",
    "the task definition names a role that is gone, or that does not trust ECS",
    "`lotus doctor --aws --only roles`; `terraform -chdir=terraform apply -target=module.iam`",
    r"unable to assume (the )?role",
)
FOUND_ILL = Cause(
    "task unhealthy",
    "an event says: is unhealthy in (target-group ...) due to (reason ...)",
    "the load balancer's check fails, so that ECS ends the task and starts another",
    "`lotus doctor --aws --only health`; `lotus ops logs --task service --errors`",
    r"is unhealthy in|failed (container|ELB|EC2) health checks",
)
GIVEN_UP = Cause(
    "deployment given up",
    "an event says: deployment failed: tasks failed to start",
    "the new tasks never ran, and ECS returned to what ran before",
    "`lotus doctor --aws --only stopped --only image` says why they ended, then "
    "`lotus ops deploy TAG` again",
    r"deployment failed(?!: alarm)|circuit breaker|SERVICE_DEPLOYMENT_FAILED",
)
NOT_REGISTERED = several(
    "targets not registered",
    "an event says: failed to register targets in (target-group ...)",
    r"failed to (de)?register targets",
    Suspect("the target group or its load balancer is gone", "`lotus ops drift`"),
    LINKED_ROLE,
    Suspect("AWS limits the number of requests: try again later", "`lotus ops status` (events)"),
)
THROTTLED = Cause(
    "ECS throttled",
    "an event says: operations are being throttled on ...",
    "AWS limits the requests of ECS itself; it tries again by itself",
    "nothing, unless it persists: `lotus ops status` (events)",
    r"operations are being throttled",
    status="warn",
)
SHARES = Cause(
    "deployment stands still",
    "an event says: unable to stop or start tasks during a deployment because of the service "
    "deployment configuration",
    "the service's minimum and maximum percent leave no task to end and none to start",
    "terraform -chdir=terraform apply -target=module.service",
    r"because of the service deployment configuration",
)
PENDING = Cause(
    "pending",
    "a task is provisioning or pending for more than ten minutes",
    "its image, its secrets or its log group cannot be reached, or there is no capacity",
    "`lotus doctor --aws --only network --only image --only secrets --only roles`; "
    "`lotus ops stop-task {task}` ends it",
    status="warn",
)
ERRORS = Cause(
    "answers with errors",
    "more than one in a hundred requests got a 5xx from the service within the hour",
    "requests fail inside the service: its log says why",
    "`lotus ops logs --task service --errors`; `lotus ops rollback` if it began with an image",
)
SHORT_GRACE = Cause(
    "grace too short",
    "the grace period of health checks is below a minute",
    "a task is judged before it has begun to answer, and ended again",
    "`terraform -chdir=terraform apply -target=module.service` gives it 120 s",
)
UNHEALTHY = Cause(
    "not answering",
    "the load balancer finds targets unhealthy",
    "the service answers not, answer too late, or not with 200: it may not reach its database",
    "`lotus ops logs --task service --errors`; `lotus doctor --aws --only database --only network`",
)
ILL = Cause(
    "container unhealthy",
    "the health check of a running container fails: UNHEALTHY",
    "it does not answer /health/live: ECS ends it and starts another",
    "`lotus ops logs --task service --errors`; `lotus ops restart`",
)
WRONG_CHECK = Cause(
    "wrong health check",
    "the load balancer asks another port, or takes another answer than 200 for well",
    "a task that is well counts as unhealthy, or one that is ill as well",
    "terraform -chdir=terraform apply -target=module.service",
)
WRONG_PATH = Cause(
    "wrong path",
    "the load balancer asks for another path than /health/ready",
    "an answer of 404 counts as unhealthy",
    "terraform -chdir=terraform apply -target=module.service",
)
SHORT_IDLE = Cause(
    "idle time-out",
    "the load balancer cuts connections that are idle for less than the heartbeat",
    "live progress (WebSocket) is cut again and again",
    "`terraform -chdir=terraform apply -target=module.service` sets idle_timeout = 300",
)


# of a service; the first that fits is taken
EVENTS_OF_SERVICE = (
    QUOTA,
    BLOCKED,
    ROLE_REFUSED,
    NOT_REGISTERED,
    THROTTLED,
    SHARES,
    NOT_PLACED,
    FOUND_ILL,
    GIVEN_UP,
    IMPAIRED,
)


def look(account: Account) -> Finding:
    """How many run, of how many, and how the last deployment ended."""
    service = service_facts(account)
    findings = Findings()
    desired_count = service["desiredCount"]
    running = service["runningCount"]
    if any(one.get("rolloutState") == "FAILED" for one in service["deployments"]):
        reason = next(
            one.get("rolloutStateReason", "")
            for one in service["deployments"]
            if one["rolloutState"] == "FAILED"
        )
        findings.append(ROLLED_BACK.finding(reason or "a deployment failed"))
    for one in service["deployments"]:
        if one.get("failedTasks") and one.get("rolloutState") == "IN_PROGRESS":
            name = short(one["taskDefinition"])
            findings.append(FAILING.finding(f"{one['failedTasks']} tasks of {name} have failed"))
    findings += _events(service)
    if not desired_count:
        findings.append(PAUSED.finding(f"{service['serviceName']} is paused"))
    elif running < desired_count:
        findings.append(FEWER.finding(f"{running} of {desired_count} tasks run"))
    return verdict([*findings, *_pending(account)], f"{running} of {desired_count} tasks run")


def _events(service: dict[str, Any]) -> Findings:
    """What the newest events say, until the last one that says that all was well."""
    findings: dict[str, Finding] = {}
    for event in service.get("events", ())[:EVENTS]:
        message = str(event["message"])
        if "has reached a steady state" in message:
            break
        cause = match_cause(message, EVENTS_OF_SERVICE)
        if cause is not None:
            findings.setdefault(cause.name, cause.finding(message[:SHOWN]))
    return list(findings.values())


def _pending(account: Account) -> Findings:
    """Tasks of any family that do not get to run."""
    limit = datetime.now(UTC) - timedelta(minutes=LONG_MINUTES)
    waiting = [one for one in tasks(account) if one["lastStatus"] in ("PROVISIONING", "PENDING")]
    late = [one for one in waiting if one.get("createdAt", limit) < limit]
    names = ", ".join(f"{short(one['taskArn'])} of {one.get('group', '')}" for one in late)
    if not late:
        return []
    return [PENDING.finding(f"{names} waits to begin", task=short(late[0]["taskArn"]))]


def health(account: Account) -> Finding:
    """What the load balancer thinks of the tasks, and how it asks; without one, what ECS and the
    service's log say.
    """
    findings = _ill(account)
    if account.environment.target_group is None:
        findings += _logged_errors(account)
        return verdict(findings, "containers are healthy and answer without errors")
    service = service_facts(account)
    grace = service.get("healthCheckGracePeriodSeconds") or 0
    if grace < GRACE_SECONDS:
        findings.append(SHORT_GRACE.finding(f"{grace} s of grace"))
    group = account.environment.target_group
    (target,) = account.call("elbv2", "describe_target_groups", TargetGroupArns=[group])[
        "TargetGroups"
    ]
    if target.get("HealthCheckPath") != "/health/ready":
        findings.append(WRONG_PATH.finding(f"it asks for {target.get('HealthCheckPath')}"))
    port = target.get("HealthCheckPort", "traffic-port")
    codes = target.get("Matcher", {}).get("HttpCode", "200")
    if port not in ("traffic-port", str(target.get("Port", ""))) or codes != "200":
        findings.append(WRONG_CHECK.finding(f"it asks port {port} and takes {codes} for well"))
    findings += _targets(account, group) + _idle(account, target) + _errors(account, target)
    return verdict(findings, "all targets are healthy")


def _ill(account: Account) -> Findings:
    """Running containers whose own health check fails."""
    family = account.environment.families["service"]
    ill = [
        short(task["taskArn"])
        for task in tasks(account, family=family)
        if any(one.get("healthStatus") == "UNHEALTHY" for one in task.get("containers", ()))
    ]
    return [ILL.finding(f"{', '.join(ill)} of {family}: UNHEALTHY")] if ill else []


def _logged_errors(account: Account) -> Findings:
    """Requests that the service's log says have ended with 5xx within a quarter of an hour."""
    since = time.time() - HEARD_SECONDS
    bad = every = 0
    for line in read_logs(account, since=since, only=("service",)):
        status = _status(line.text)
        every += status is not None
        bad += status is not None and status >= 500
    if bad * 100 <= every * MANY_PERCENT:
        return []
    return [ERRORS.finding(f"{bad} of {every} requests failed within a quarter of an hour")]


def _status(text: str) -> int | None:
    """The status of a request's line in the log of the service; None for other lines."""
    if '"request"' not in text or '"/health' in text:  # that it is not ready is no fault
        return None
    try:
        facts = json.loads(text)
        return int(facts["status"]) if facts.get("event") == "request" else None
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _targets(account: Account, group: str) -> Findings:
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
    return [UNHEALTHY.finding(f"{len(ill)} of {len(states)} targets are unhealthy: {why}")]


def _idle(account: Account, target: dict[str, Any]) -> Findings:
    findings = Findings()
    for balancer in target.get("LoadBalancerArns", ()):
        response = account.call(
            "elbv2", "describe_load_balancer_attributes", LoadBalancerArn=balancer
        )["Attributes"]
        seconds = next(
            (int(one["Value"]) for one in response if one["Key"] == "idle_timeout.timeout_seconds"),
            60,
        )
        if seconds <= HEARTBEAT_SECONDS:
            findings.append(SHORT_IDLE.finding(f"cut after {seconds} s"))
    return findings


def _errors(account: Account, target: dict[str, Any]) -> Findings:
    """The share of requests that the service answered with 5xx."""
    findings = Findings()
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
            findings.append(
                ERRORS.finding(f"{bad:.0f} of {every:.0f} requests failed within the hour")
            )
    return findings


SERVICE = AwsCheck(
    "the wanted number of service tasks is running",
    look,
    (ROLLED_BACK, FAILING, FEWER, PAUSED, *EVENTS_OF_SERVICE, PENDING),
)
HEALTH = AwsCheck(
    "the service answers, by load balancer, ECS and log",
    health,
    (SHORT_GRACE, UNHEALTHY, ILL, WRONG_PATH, WRONG_CHECK, SHORT_IDLE, ERRORS),
)
