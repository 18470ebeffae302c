"""Tasks: finding them, running one, stopping one, and stopping what outlived its campaign."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.errors import InvalidInput

__all__ = [
    "DRIVER",
    "EXPIRES",
    "reap",
    "run_once",
    "short",
    "stop",
    "stopped_task",
    "tags_of",
    "tasks",
    "wait_for_end",
]

DESCRIBED_AT_ONCE = 100  # docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html
# tags of workers: who started them, and until when at most
DRIVER = "lotus:driver"
EXPIRES = "lotus:expires"
LOOK_SECONDS = 3.0
Facts = dict[str, Any]


def short(arn: str) -> str:
    """The last part of an ARN."""
    return arn.rsplit("/", 1)[-1]


def tasks(account: Account, *, stopped: bool = False, family: str | None = None) -> list[Facts]:
    """Tasks of the cluster that run, or those that stopped within the last hour (ECS forgets older
    ones).
    """
    cluster = account.environment.cluster
    which = {"desiredStatus": "STOPPED" if stopped else "RUNNING"} | (
        {"family": family} if family else {}
    )
    arns = list(account.pages("ecs", "list_tasks", "taskArns", cluster=cluster, **which))
    descriptions: list[Facts] = []
    for start in range(0, len(arns), DESCRIBED_AT_ONCE):
        some = arns[start : start + DESCRIBED_AT_ONCE]
        descriptions += account.call(
            "ecs", "describe_tasks", cluster=cluster, tasks=some, include=["TAGS"]
        )["tasks"]
    return descriptions


def stopped_task(account: Account, arn: str) -> Facts | None:
    """The task, if it has stopped."""
    cluster = account.environment.cluster
    response = account.call("ecs", "describe_tasks", cluster=cluster, tasks=[arn])["tasks"]
    return response[0] if response and response[0]["lastStatus"] == "STOPPED" else None


def wait_for_end(
    account: Account, arn: str, seconds: float, on_look: Callable[[], None] = lambda: None
) -> Facts | None:
    """Wait until the task has stopped; None if it has not by then."""
    until = time.monotonic() + seconds
    while True:
        task = stopped_task(account, arn)
        on_look()
        if task is not None or time.monotonic() >= until:
            return task
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))


def run_once(env: Environment, task: str, command: Sequence[str], name: str) -> OperationPlan:
    """Run a command in a task of its own, with the size and the role of `task`."""
    network = {
        "subnets": list(env.subnets),
        "securityGroups": [env.security_group],
        "assignPublicIp": "ENABLED" if env.public_address else "DISABLED",
    }
    arguments = {
        "cluster": env.cluster,
        "taskDefinition": env.families[task],
        "launchType": "FARGATE",
        "networkConfiguration": {"awsvpcConfiguration": network},
        "overrides": {"containerOverrides": [{"name": task, "command": list(command)}]},
        "startedBy": "lotus-ops",
        "propagateTags": "TASK_DEFINITION",  # by which the budget knows whose task it is
        "enableExecuteCommand": True,  # `lotus ops exec`
    }
    return OperationPlan(
        name,
        (
            OperationStep(
                f"run `{' '.join(command)}` as {env.families[task]}", "ecs", "run_task", arguments
            ),
        ),
    )


def stop(
    env: Environment, running: Iterable[Facts], name: str, why: str = "lotus ops stop-task"
) -> OperationPlan:
    """Stop the one task whose id begins or ends so. Raises InvalidInput."""
    running = list(running)
    ids = [short(task["taskArn"]) for task in running]
    matches = [
        task
        for task in running
        if short(task["taskArn"]).startswith(name) or task["taskArn"].endswith(name)
    ]
    if len(matches) != 1:
        reason = f"{len(matches)} tasks are called '{name}'"
        raise InvalidInput(
            file="", field="task", reason=reason, remedy=f"one of: {', '.join(ids) or 'none runs'}"
        )
    return OperationPlan("stop-task", (stopping(env, matches[0], why),))


def stopping(env: Environment, task: Facts, why: str) -> OperationStep:
    """The step that stops a task; it gets SIGTERM, and then two minutes at most."""
    arguments = {"cluster": env.cluster, "task": task["taskArn"], "reason": why}
    return OperationStep(
        f"stop {short(task['taskArn'])} of {task.get('group', '')}: {why}",
        "ecs",
        "stop_task",
        arguments,
    )


def tags_of(task: Facts) -> dict[str, str]:
    """A task's tags by name."""
    return {tag["key"]: tag["value"] for tag in task.get("tags", ())}


def reap(env: Environment, running: Sequence[Facts], now: float) -> OperationPlan:
    """Stop workers whose driver's task has ended, or whose time is over; nothing else."""
    there = {task["taskArn"] for task in running}
    steps = []
    for task in running:
        why = _overdue(tags_of(task), there, now)
        if why and task.get("group") == f"family:{env.families['worker']}":
            steps.append(stopping(env, task, why))
    return OperationPlan(
        "reap", tuple(steps), "" if steps else "no worker has outlived its campaign"
    )


def _overdue(tags: dict[str, str], there: set[str], now: float) -> str:
    driver = tags.get(DRIVER, "")
    expires = tags.get(EXPIRES, "")
    if driver.startswith("arn:") and driver not in there:
        return "the campaign that started it has ended"
    if expires and datetime.fromisoformat(expires) < datetime.fromtimestamp(now, UTC):
        return f"it was to end by {expires}"
    return ""
