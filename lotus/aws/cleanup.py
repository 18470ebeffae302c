"""What may go, and what must not go without a backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lotus.aws import tasks
from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.errors import InvalidInput

__all__ = ["backup", "cleanup", "destroy", "untagged"]

KEPT_REVISIONS = 5  # as many as images: a revision without its image cannot be returned to
Facts = dict[str, Any]


def untagged(account: Account) -> list[Facts]:
    """Images that no tag names: {imageDigest: ...}."""
    asked = {"repositoryName": account.environment.repository, "filter": {"tagStatus": "UNTAGGED"}}
    found = account.pages("ecr", "list_images", "imageIds", **asked)
    return [{"imageDigest": one["imageDigest"]} for one in found if "imageTag" not in one]


def cleanup(
    env: Environment, images: Sequence[Facts], revisions: Mapping[str, Sequence[Facts]], used: str
) -> OperationPlan:
    """Old revisions, images without a tag; by a task inside the network old jobs and expired
    objects.

    `used` is the definition that the service runs.
    """
    steps = []
    for known in revisions.values():
        for one in known[KEPT_REVISIONS:]:
            arn = one["taskDefinitionArn"]
            if arn != used:
                told = {"taskDefinition": arn}
                steps.append(
                    OperationStep(
                        f"forget {tasks.short(arn)}", "ecs", "deregister_task_definition", told
                    )
                )
    if images:
        what = {"repositoryName": env.repository, "imageIds": list(images)}
        steps.append(
            OperationStep(
                f"remove {len(images)} images without a tag", "ecr", "batch_delete_image", what
            )
        )
    for command in ("lotus db prune --yes", "lotus store clean --orphans --yes"):
        steps += tasks.run_once(env, "migrate", command.split(), "").steps
    return OperationPlan("cleanup", tuple(steps))


def backup(env: Environment, now: datetime) -> OperationPlan:
    """A snapshot of the database, kept until somebody deletes it."""
    name = f"{env.database}-{now:%Y%m%d-%H%M%S}"
    what = {"DBInstanceIdentifier": env.database, "DBSnapshotIdentifier": name}
    return OperationPlan(
        "backup",
        (
            OperationStep(
                f"keep {env.database} as the snapshot {name}", "rds", "create_db_snapshot", what
            ),
        ),
    )


def destroy(env: Environment, now: datetime, *, prod: bool) -> OperationPlan:
    """A snapshot, and the end of all tasks; `terraform destroy` does the rest. Raises
    InvalidInput.
    """
    if env.prod and not prod:
        raise InvalidInput(
            file="", field="", reason=f"{env.cluster} is prod", remedy="add --prod if you mean it"
        )
    end = {"cluster": env.cluster, "service": env.service, "desiredCount": 0}
    steps = (
        *backup(env, now).steps,
        OperationStep(f"end all tasks of {env.service}", "ecs", "update_service", end),
    )
    return OperationPlan(
        "destroy", steps, "then `terraform destroy` removes everything but the snapshot"
    )
