"""Tasks that stopped: ECS's reason; where that only says that the program ended, what it said last.

And what those say that go on, and cannot work.

Reasons: docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from __future__ import annotations

import re
import time
from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Found, match_cause, verdict
from lotus.aws.logs import is_error, last_lines, read_logs
from lotus.aws.tasks import short, tasks
from lotus.checks.base import Cause, Finding

__all__ = ["LOGS", "STOPPED"]

HEARD_SECONDS = 900

SAID = (  # what a program says before it ends, in its log
    Cause(
        "no database address",
        "the log says: DATABASE_URL is required, or: DATABASE_URL: is not ...",
        "the task has no address of a database, or a wrong one",
        "terraform -chdir=terraform apply, then `lotus ops restart`",
        r"DATABASE_URL(:| is required)",  # remedies of other errors of a database name it too
    ),
    Cause(
        "token refused",
        "the log says: Invalid REPLICATE_API_TOKEN",
        "Replicate does not know the token that the secret holds",
        "aws secretsmanager put-secret-value --secret-id {cluster}/replicate, then `lotus ops "
        "restart`",
        r"Invalid REPLICATE_API_TOKEN",
    ),
    Cause(
        "Replicate not reached",
        "the log says: replicate: cannot be reached",
        "outbound HTTPS is blocked, or names are not resolved",
        "see the check `network`",
        r"replicate: cannot be reached",
    ),
    Cause(
        "password refused",
        "the log says: password authentication failed",
        "the password was changed after the task began: ECS injects it only at the start",
        "lotus ops restart",
        r"password authentication failed",
    ),
    Cause(
        "database not reached",
        "the log says: Cannot connect to database, or that the connection timed out",
        "the database is down, or the network does not let the task there",
        "see the checks `database` and `network`",
        r"cannot connect to database|database \S+: .*(refused|time.?out|timed "
        r"out|failed|resolve|name or)",
    ),
    Cause(
        "no connection left",
        "the log says: too many clients already, or: remaining connection slots are reserved",
        "pools x tasks are more than the server allows",
        "see the check `connections`",
        r"too many (clients|connections)|connection slots",
    ),
    Cause(
        "old tables",
        "the log says: this lotus needs revision ...",
        "the image is newer than the tables",
        "lotus ops migrate",
        r"lotus db migrate|needs (revision )?\d{4}",
    ),
    Cause(
        "bucket refused",
        "the log says: access is denied: s3:... is missing",
        "the task's role may not do that in the bucket",
        "terraform -chdir=terraform apply: modules/iam names the permissions",
        r"access is denied: s3:|AccessDenied",
    ),
    Cause(
        "unknown command",
        "the log says: No such command, or that a module is missing",
        "the image is older than the task definition, or was built without an extra",
        "build it again and `lotus ops deploy TAG`",
        r"No such command|No such option|ModuleNotFoundError|executable file not found",
    ),
)
CAUSES = (
    Cause(
        "no repository",
        "CannotPullContainerError: repository not found",
        "the task definition names a repository that is not there",
        "terraform -chdir=terraform apply -target=module.registry, then push an image",
        r"CannotPull\w*Error.*(repository .*(not (be )?found|does not exist)|name unknown)",
    ),
    Cause(
        "no image",
        "CannotPullContainerError: ...: not found, or manifest unknown",
        "the repository is there, the tag is not: it was never pushed, or has expired",
        "push it, or `lotus ops deploy TAG` with one that is there",
        r"CannotPull\w*Error.*(not found|manifest unknown)",
    ),
    Cause(
        "pull denied",
        "CannotPullContainerError: 403 or denied",
        "the execution role may not pull from the repository",
        "terraform -chdir=terraform apply: module.iam gives it ecr:BatchGetImage",
        r"CannotPull\w*Error.*(403|denied|no basic auth|not authorized)",
    ),
    Cause(
        "no way to the registry",
        "CannotPullContainerError: i/o timeout, or dial tcp",
        "the subnet has no route to the internet: no address of its own, no NAT, no endpoint",
        'set outbound = "public_address" or "nat" and apply; see the check `network`',
        r"CannotPull\w*Error",
    ),
    Cause(
        "out of memory",
        "OutOfMemoryError, or exit code 137",
        "the container took more than the memory of its task",
        "raise worker.memory or service.memory in the .tfvars and apply, then `lotus ops restart`",
        r"OutOfMemory|exit code 137",
    ),
    Cause(
        "secret not read",
        "ResourceInitializationError: unable to pull secrets",
        "a secret is missing, empty, or the execution role may not read it, or cannot reach it",
        "see the checks `secrets` and `network`",
        r"ResourceInitializationError.*(secret|ssm|asm)",
    ),
    Cause(
        "no log group",
        "ResourceInitializationError: failed to validate logger args",
        "the log group is missing, or the execution role may not write to it",
        "terraform -chdir=terraform apply -target=module.observability -target=module.iam",
        r"ResourceInitializationError.*(logger|log group|logs)",
    ),
    Cause(
        "no network interface",
        "ResourceInitializationError: network interface, or: has insufficient free addresses",
        "the subnet has no free address, or the security group is gone",
        "terraform -chdir=terraform apply; a larger vpc_cidr has more addresses",
        r"ResourceInitializationError|network interface|insufficient free addresses",
    ),
    Cause(
        "taken away",
        "Your Spot Task was interrupted",
        "AWS needed the machine: Spot is cheap because it may; rows in hand were given back",
        "nothing, if campaigns go on; set service.spot = false for a service that must stay",
        r"Spot Task was interrupted|SpotInterruption",
        "warn",
    ),
    Cause(
        "no capacity",
        "Capacity is unavailable at this time",
        "AWS has no machine of that kind in these zones just now",
        "wait, or set service.spot = false; campaigns fall back from Spot by themselves",
        r"capacity is unavailable|insufficient capacity|RESOURCE:",
    ),
    Cause(
        "health check failed",
        "Task failed container health checks, or ELB health checks",
        "it ran, but did not answer /health in time",
        "read `lotus ops logs --task service --errors`; see the check `health`",
        r"health checks?",
    ),
    *SAID,
    Cause(
        "ended by itself",
        "Essential container in task exited",
        "the program ended with an error; its last lines say which",
        "read `lotus ops logs --errors --since 1h`",
        r"Essential container",
    ),
)
BY_US = r"lotus ops|Scaling activity|UserInitiated|campaign is over|campaign that started it"


def look(account: Account) -> Finding:
    """Those that stopped within the hour, grouped by cause."""
    found = []
    for task in tasks(account, stopped=True):
        why = _reason(task)
        if re.search(BY_US, why) or why == "exit code 0":
            continue
        found.append(_explained(account, task, why))
    return verdict(_counted(found), "no task stopped for a fault within the hour")


def _counted(found: Found) -> Found:
    """One for all that have the same remedy, the most frequent first."""
    counted: dict[str, Found] = {}
    for one in found:
        counted.setdefault(one.remedy + one.status, []).append(one)
    return [
        Finding(some[0].status, f"{len(some)} x {some[0].detail}", some[0].remedy, some[0].why)
        for some in sorted(counted.values(), key=len, reverse=True)
    ]


def listen(account: Account) -> Finding:
    """What running tasks wrote within the last quarter of an hour, where its cause is known."""
    env = account.environment
    gone = {short(one["taskArn"]) for one in tasks(account, stopped=True)}
    found = []
    for line in read_logs(account, since=time.time() - HEARD_SECONDS, only=tuple(env.families)):
        cause = match_cause(line.text, SAID)
        if cause is not None and short(line.stream) not in gone:
            detail = f"{env.families[line.task]}: {line.text}"[:300]
            found.append(cause.found(detail, cluster=env.cluster))
    return verdict(_counted(found), "running tasks complain of nothing that is known")


def _reason(task: dict[str, Any]) -> str:
    """What ECS says; the exit code where it says only that the program ended."""
    containers = task.get("containers", ())
    reasons = [task.get("stoppedReason", ""), *(one.get("reason", "") for one in containers)]
    codes = [one["exitCode"] for one in containers if one.get("exitCode") is not None]
    said = " ".join(dict.fromkeys(reason for reason in reasons if reason))
    if "Essential container" in said and codes:
        return f"{said} (exit code {codes[0]})" if codes[0] else "exit code 0"
    return said


def _explained(account: Account, task: dict[str, Any], why: str) -> Finding:
    family = task.get("group", "").partition(":")[2]
    names = {value: name for name, value in account.environment.families.items()}
    cause = match_cause(why, CAUSES)
    line = ""
    if cause is None or cause.name == "ended by itself":
        lines = (
            last_lines(account, names[family], short(task["taskArn"])) if family in names else []
        )
        line = next((one for one in reversed(lines) if is_error(one) or match_cause(one, SAID)), "")
        cause = match_cause(line, SAID) or cause
    detail = f"{family}: {line or why}"[:300]
    if cause is None:
        return Finding(
            "fail", detail, "read `lotus ops logs --errors`", "a reason that is not known here"
        )
    return cause.found(detail, cluster=account.environment.cluster)


STOPPED = AwsCheck("tasks that stopped within the last hour", look, CAUSES)
LOGS = AwsCheck("what running tasks say that they cannot do", listen, SAID)
