"""The service and the clock: how many tasks, which image, when. Pure functions from facts to
plans.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.errors import InvalidInput

__all__ = [
    "all_schedules",
    "definitions",
    "deploy",
    "pause",
    "restart",
    "resume",
    "rollback",
    "scale",
    "stable",
]

COPIED = (  # of a task definition: what is the same in its next revision
    "family",
    "taskRoleArn",
    "executionRoleArn",
    "networkMode",
    "containerDefinitions",
    "volumes",
    "placementConstraints",
    "requiresCompatibilities",
    "cpu",
    "memory",
    "ephemeralStorage",
    "runtimePlatform",
)
OF_SCHEDULE = (  # what update_schedule wants to be told again
    "Name",
    "GroupName",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "FlexibleTimeWindow",
    "Target",
)
Facts = dict[str, Any]


def all_schedules(account: Account) -> list[Facts]:
    """The schedules of the environment, as AWS has them."""
    group = account.environment.schedule_group
    found = account.pages("scheduler", "list_schedules", "Schedules", GroupName=group)
    return [
        account.call("scheduler", "get_schedule", GroupName=group, Name=one["Name"])
        for one in found
    ]


def definitions(account: Account, family: str) -> list[Facts]:
    """The active revisions of a family, newest first."""
    arns = account.pages(
        "ecs", "list_task_definitions", "taskDefinitionArns", familyPrefix=family, status="ACTIVE"
    )
    newest = sorted(arns, key=_number, reverse=True)
    told = (account.call("ecs", "describe_task_definition", taskDefinition=arn) for arn in newest)
    return [answer["taskDefinition"] for answer in told]


def _update(env: Environment, says: str, **what: Any) -> OperationStep:
    return OperationStep(
        says, "ecs", "update_service", {"cluster": env.cluster, "service": env.service, **what}
    )


def _schedule(schedule: Facts, on: bool) -> OperationStep:
    told = {name: schedule[name] for name in OF_SCHEDULE if name in schedule}
    verb = "start" if on else "stop"
    return OperationStep(
        f"{verb} the schedule {schedule['Name']} ({schedule['ScheduleExpression']})",
        "scheduler",
        "update_schedule",
        {**told, "State": "ENABLED" if on else "DISABLED"},
    )


def pause(
    env: Environment, schedules: Sequence[Facts], campaigns: Sequence[Facts]
) -> OperationPlan:
    """Nothing runs any more: the service, the schedules, the campaigns (which can be resumed)."""
    steps = [_update(env, f"end all tasks of {env.service}", desiredCount=0)]
    steps += [
        _schedule(schedule, on=False) for schedule in schedules if schedule["State"] == "ENABLED"
    ]
    steps += [_stop(env, task, "lotus ops pause") for task in campaigns]
    return OperationPlan(
        "pause",
        tuple(steps),
        "rows that run are given back; `lotus batch resume ID` goes on with them",
    )


def resume(env: Environment, schedules: Sequence[Facts]) -> OperationPlan:
    """As before the pause: as many tasks as Terraform says, at least one, and every schedule."""
    count = max(1, env.desired_count)
    steps = [
        _update(env, f"start {count} task{'s' * (count > 1)} of {env.service}", desiredCount=count)
    ]
    return OperationPlan(
        "resume",
        (*steps, *(_schedule(one, on=True) for one in schedules if one["State"] != "ENABLED")),
    )


def restart(env: Environment) -> OperationPlan:
    """New tasks of the same revision; the old ones end when the new ones answer."""
    return OperationPlan(
        "restart", (_update(env, f"replace all tasks of {env.service}", forceNewDeployment=True),)
    )


def scale(env: Environment, count: int) -> OperationPlan:
    """So many tasks. Raises InvalidInput."""
    if not 0 <= count <= 10:
        remedy = "write a number that terraform/variables.tf allows"
        raise InvalidInput(file="", field="count", reason=f"{count} is not 0 to 10", remedy=remedy)
    return OperationPlan(
        "scale", (_update(env, f"run {count} tasks of {env.service}", desiredCount=count),)
    )


def deploy(env: Environment, image: str, newest: Sequence[Facts]) -> OperationPlan:
    """A new revision of every task definition with that image, and the service on it."""
    steps = [_next_revision(definition, image) for definition in newest]
    steps.append(
        _update(
            env,
            f"replace all tasks of {env.service} by the new revision",
            taskDefinition=env.families["service"],
        )
    )
    return OperationPlan(
        f"deploy {image}",
        tuple(steps),
        "if the new tasks do not answer, ECS returns to the old ones",
    )


def _next_revision(definition: Facts, image: str) -> OperationStep:
    told = {name: definition[name] for name in COPIED if definition.get(name)}
    told["containerDefinitions"] = [
        {**one, "image": image} for one in definition["containerDefinitions"]
    ]
    return OperationStep(
        f"define {definition['family']} with {image}", "ecs", "register_task_definition", told
    )


def rollback(
    env: Environment, running: str, revisions: Mapping[str, Sequence[Facts]]
) -> OperationPlan:
    """The service on the revision before the one that it runs; all families forget that image.

    `running` is the service's definition, `revisions` the active ones of each family, newest first.
    """
    own = revisions[env.families["service"]]
    older = [one for one in own if _number(one["taskDefinitionArn"]) < _number(running)]
    if not older:
        reason = f"{_short(running)} is the oldest revision"
        remedy = "deploy an older image: `lotus ops deploy TAG`"
        raise InvalidInput(file="", field="", reason=reason, remedy=remedy)
    back = older[0]["taskDefinitionArn"]
    steps = [_update(env, f"return {env.service} to {_short(back)}", taskDefinition=back)]
    bad = {_image(one) for one in own if one["taskDefinitionArn"] == running} - {_image(older[0])}
    for known in revisions.values():
        if any(_image(one) not in bad for one in known):
            steps += [_forget(one["taskDefinitionArn"]) for one in known if _image(one) in bad]
    return OperationPlan("rollback", tuple(steps))


def _image(definition: Facts) -> str:
    return str(definition["containerDefinitions"][0]["image"])


def _forget(arn: str) -> OperationStep:
    return OperationStep(
        f"forget {_short(arn)}", "ecs", "deregister_task_definition", {"taskDefinition": arn}
    )


def _number(arn: str) -> int:
    return int(arn.rsplit(":", 1)[1])


def _short(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


def _stop(env: Environment, task: Facts, why: str) -> OperationStep:
    arguments = {"cluster": env.cluster, "task": task["taskArn"], "reason": why}
    return OperationStep(
        f"stop the task {_short(task['taskArn'])} of {task.get('group', '')}",
        "ecs",
        "stop_task",
        arguments,
    )


def stable(service: Facts) -> bool:
    """Whether a deployment is over: one is left, and it runs what it should."""
    return len(service["deployments"]) == 1 and service["runningCount"] == service["desiredCount"]
