"""The service and the clock: how many tasks, which image, when. Pure functions from
facts to plans.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from typing import Any

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.images import image_of, tag_of, write_tag
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.errors import InvalidInput

__all__ = [
    "all_schedules",
    "definition",
    "definitions",
    "deploy",
    "pause",
    "restart",
    "resume",
    "rollback",
    "scale",
    "stable",
    "take_back",
]

COPY_FIELDS = (  # of a task definition: what is the same in its next revision
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
    "tags",  # by which the budget knows whose task it is
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
    schedules = account.pages("scheduler", "list_schedules", "Schedules", GroupName=group)
    return [
        account.call("scheduler", "get_schedule", GroupName=group, Name=one["Name"])
        for one in schedules
    ]


def definitions(account: Account, family: str) -> list[Facts]:
    """The active revisions of a family, newest first."""
    arns = account.pages(
        "ecs", "list_task_definitions", "taskDefinitionArns", familyPrefix=family, status="ACTIVE"
    )
    newest = sorted(arns, key=_number, reverse=True)
    return [definition(account, arn) for arn in newest]


def definition(account: Account, name: str) -> Facts:
    """A revision, or a family's newest, with its tags. Raises AwsError."""
    response = account.call(
        "ecs", "describe_task_definition", taskDefinition=name, include=["TAGS"]
    )
    return {**response["taskDefinition"], "tags": response.get("tags", [])}


def _update(env: Environment, says: str, **what: Any) -> OperationStep:
    return OperationStep(
        says, "ecs", "update_service", {"cluster": env.cluster, "service": env.service, **what}
    )


def _schedule(schedule: Facts, on: bool) -> OperationStep:
    arguments = {name: schedule[name] for name in OF_SCHEDULE if name in schedule}
    verb = "start" if on else "stop"
    return OperationStep(
        f"{verb} the schedule {schedule['Name']} ({schedule['ScheduleExpression']})",
        "scheduler",
        "update_schedule",
        {**arguments, "State": "ENABLED" if on else "DISABLED"},
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
    steps = [*_scaling(env, on=False), *steps]  # first: or waiting jobs would start tasks again
    return OperationPlan(
        "pause",
        tuple(steps),
        "running rows return to the queue; `lotus batch resume ID` continues them",
    )


def resume(env: Environment, schedules: Sequence[Facts]) -> OperationPlan:
    """As before the pause: as many tasks as Terraform says, at least one, and every schedule."""
    count = max(1, env.desired_count)
    steps = [
        _update(env, f"start {count} task{'s' * (count > 1)} of {env.service}", desiredCount=count)
    ]
    return OperationPlan(
        "resume",
        (
            *steps,
            *(_schedule(one, on=True) for one in schedules if one["State"] != "ENABLED"),
            *_scaling(env, on=True),
        ),
    )


def _scaling(env: Environment, *, on: bool) -> list[OperationStep]:
    """The step that lets the queue start and end tasks, or suspends that; none without scaling."""
    if env.most is None:
        return []
    directions = ("DynamicScalingInSuspended", "DynamicScalingOutSuspended")
    arguments = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/{env.cluster}/{env.service}",
        "ScalableDimension": "ecs:service:DesiredCount",
        "SuspendedState": dict.fromkeys((*directions, "ScheduledScalingSuspended"), not on),
    }
    says = f"{'resume' if on else 'suspend'} the scaling of {env.service} by its queue"
    return [OperationStep(says, "application-autoscaling", "register_scalable_target", arguments)]


def restart(env: Environment, running: Facts, revisions: Sequence[Facts]) -> OperationPlan:
    """New tasks of the newest revision with the image that runs, such as one with more memory; the
    old ones end when the new ones answer.

    `running` is the service's definition, `revisions` the active ones of its family, newest first.
    """
    same = [one for one in revisions if image_of(one) == image_of(running)]
    arn = (same or [running])[0]["taskDefinitionArn"]
    says = f"replace all tasks of {env.service} by {_short(arn)}"
    return OperationPlan(
        "restart", (_update(env, says, taskDefinition=arn, forceNewDeployment=True),)
    )


def scale(env: Environment, count: int) -> OperationPlan:
    """So many tasks. Raises InvalidInput."""
    if not 0 <= count <= 10:
        remedy = "write a number that terraform/variables.tf allows"
        raise InvalidInput(file="", field="count", reason=f"{count} is not 0 to 10", remedy=remedy)
    return OperationPlan(
        "scale", (_update(env, f"run {count} tasks of {env.service}", desiredCount=count),)
    )


def deploy(env: Environment, tag: str, newest: Sequence[Facts]) -> OperationPlan:
    """That image for Terraform and for every task definition, and the service on it.

    The parameter comes first: who dies after it, or runs the same again, ends with one image.
    """
    image = f"{env.image}:{tag}"
    steps = [write_tag(env, tag), *(_next_revision(one, image) for one in newest)]
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
    arguments = {name: definition[name] for name in COPY_FIELDS if definition.get(name)}
    arguments["containerDefinitions"] = [
        {**one, "image": image} for one in definition["containerDefinitions"]
    ]
    return OperationStep(
        f"define {definition['family']} with {image}", "ecs", "register_task_definition", arguments
    )


def rollback(
    env: Environment, running: Facts, revisions: Mapping[str, Sequence[Facts]], tags: Container[str]
) -> OperationPlan:
    """The image before the one that runs, if the repository still has it, everywhere. Raises
    InvalidInput.

    `running` is the service's definition, `revisions` the active ones of each family, newest first,
    `pushed` the tags of the repository.
    """
    own = revisions[env.families["service"]]
    number = _number(running["taskDefinitionArn"])
    older = [one for one in own if _number(one["taskDefinitionArn"]) < number]
    other = [one for one in older if image_of(one) != image_of(running)]
    back = next((one for one in other if tag_of(one) in tags), None)
    if back is None:
        reason = f"{_short(running['taskDefinitionArn'])} is the oldest revision"
        if other:
            missing = ", ".join(dict.fromkeys(tag_of(one) for one in other))
            reason = f"{env.repository} has no image {missing} any more"
        remedy = "deploy another image: `lotus ops images` lists them, `lotus ops deploy TAG`"
        raise InvalidInput(file="", field="", reason=reason, remedy=remedy)
    arn = back["taskDefinitionArn"]
    steps = [
        write_tag(env, tag_of(back)),
        _update(env, f"return {env.service} to {_short(arn)}", taskDefinition=arn),
        *forget_image(revisions, image_of(running)),
    ]
    return OperationPlan("rollback", tuple(steps))


def take_back(
    env: Environment, tag: str, before: str, revisions: Mapping[str, Sequence[Facts]]
) -> OperationPlan:
    """After a deployment that ECS took back: Terraform, campaigns and schedules stay with the image
    from before.
    """
    forget_steps = forget_image(revisions, f"{env.image}:{tag}")
    return OperationPlan(f"take back {tag}", (write_tag(env, before), *forget_steps))


def forget_image(revisions: Mapping[str, Sequence[Facts]], image: str) -> list[OperationStep]:
    """Deregister the revisions with that image, but never a family's last one."""
    steps: list[OperationStep] = []
    for family_revisions in revisions.values():
        if any(image_of(one) != image for one in family_revisions):
            steps += [
                _forget(one["taskDefinitionArn"])
                for one in family_revisions
                if image_of(one) == image
            ]
    return steps


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
