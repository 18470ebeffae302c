"""What may go, and what must not go without a backup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from lotus.aws import tasks
from lotus.aws.account import Account
from lotus.aws.begin import own_secrets
from lotus.aws.environment import Environment
from lotus.aws.images import newest_tags, tag_of
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.errors import InvalidInput

__all__ = ["backup", "cleanup", "destroy", "leftovers", "untagged_images", "unused_revisions"]

KEPT_REVISIONS = 5  # as many as images: a revision without its image cannot be returned to
Facts = dict[str, Any]


def untagged_images(account: Account) -> list[Facts]:
    """Images that no tag names: {imageDigest: ...}."""
    query = {"repositoryName": account.environment.repository, "filter": {"tagStatus": "UNTAGGED"}}
    images = account.pages("ecr", "list_images", "imageIds", **query)
    return [{"imageDigest": one["imageDigest"]} for one in images if "imageTag" not in one]


def unused_revisions(
    account: Account, revisions: Mapping[str, Sequence[Facts]], current: str | None
) -> list[Facts]:
    """Images that no active revision names, but for the newest: {imageDigest: ...}."""
    tags_in_use = {
        tag_of(one) for family_revisions in revisions.values() for one in family_revisions
    } | {current}
    newest = set(newest_tags(account, KEPT_REVISIONS))
    query = {"repositoryName": account.environment.repository, "filter": {"tagStatus": "TAGGED"}}
    images = account.pages("ecr", "describe_images", "imageDetails", **query)
    return [
        {"imageDigest": one["imageDigest"]}
        for one in images
        if not (tags_in_use | newest) & set(one.get("imageTags", ()))
    ]


def cleanup(
    env: Environment,
    images: Sequence[Facts],
    revisions: Mapping[str, Sequence[Facts]],
    current: str,
) -> OperationPlan:
    """Old revisions, images without a tag; by a task inside the network old jobs and expired
    objects.

    `used` is the definition that the service runs.
    """
    steps = []
    for family_revisions in revisions.values():
        for one in family_revisions[KEPT_REVISIONS:]:
            arn = one["taskDefinitionArn"]
            if arn != current:
                arguments = {"taskDefinition": arn}
                steps.append(
                    OperationStep(
                        f"forget {tasks.short(arn)}", "ecs", "deregister_task_definition", arguments
                    )
                )
    if images:
        what = {"repositoryName": env.repository, "imageIds": list(images)}
        steps.append(
            OperationStep(
                f"remove {len(images)} images that nothing names", "ecr", "batch_delete_image", what
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


def leftovers(account: Account) -> dict[str, list[OperationStep]]:
    """What `terraform destroy` would stop at or leave behind, by what people call it: each is asked
    about by itself.
    """
    parts = {
        "images": _all_images(account),
        "secrets": _all_secrets(account),
        "snapshots": _all_snapshots(account),
        "protection": _unprotected(account),
    }
    return {name: steps for name, steps in parts.items() if steps}


def _all_images(account: Account) -> list[OperationStep]:
    """Every image of the repository, removed in one call."""
    name = account.environment.repository
    request = {"repositoryName": name}
    if account.find("ecr", "describe_repositories", repositoryNames=[name]) is None:
        return []
    images = account.pages("ecr", "list_images", "imageIds", **request)
    digests = [{"imageDigest": digest} for digest in {one["imageDigest"] for one in images}]
    if not digests:
        return []
    says = f"remove all {len(digests)} images of {name}"
    return [OperationStep(says, "ecr", "batch_delete_image", {**request, "imageIds": digests})]


def _all_secrets(account: Account) -> list[OperationStep]:
    """Each secret whose value people wrote, removed for good."""
    return [
        OperationStep(
            f"remove the secret {name}, for good",
            "secretsmanager",
            "delete_secret",
            {"SecretId": name, "ForceDeleteWithoutRecovery": True},
        )
        for name in own_secrets(account.environment).values()
        if account.find("secretsmanager", "describe_secret", SecretId=name) is not None
    ]


def _all_snapshots(account: Account) -> list[OperationStep]:
    """Each snapshot that somebody made, removed for good."""
    which = {"DBInstanceIdentifier": account.environment.database, "SnapshotType": "manual"}
    snapshots = account.pages("rds", "describe_db_snapshots", "DBSnapshots", **which)
    names = [one["DBSnapshotIdentifier"] for one in snapshots]
    return [
        OperationStep(
            f"remove the snapshot {name}, for good",
            "rds",
            "delete_db_snapshot",
            {"DBSnapshotIdentifier": name},
        )
        for name in names
    ]


def _unprotected(account: Account) -> list[OperationStep]:
    """What keeps the database from being deleted, taken off."""
    env = account.environment
    response = account.find("rds", "describe_db_instances", DBInstanceIdentifier=env.database)
    if response is None or not response["DBInstances"][0].get("DeletionProtection"):
        return []
    arguments = {"DBInstanceIdentifier": env.database, "DeletionProtection": False}
    return [OperationStep(f"let {env.database} be deleted", "rds", "modify_db_instance", arguments)]


def destroy(
    env: Environment, now: datetime, *, prod: bool, chosen_steps: Sequence[OperationStep] = ()
) -> OperationPlan:
    """A snapshot, the end of all tasks, and the leftovers that were agreed to; `terraform destroy`
    does the rest. Raises InvalidInput.
    """
    if env.prod and not prod:
        raise InvalidInput(
            file="", field="", reason=f"{env.cluster} is prod", remedy="add --prod if you mean it"
        )
    end = {"cluster": env.cluster, "service": env.service, "desiredCount": 0}
    steps = (
        *backup(env, now).steps,
        OperationStep(f"end all tasks of {env.service}", "ecs", "update_service", end),
        *chosen_steps,
    )
    return OperationPlan(
        "destroy", steps, "then `terraform destroy` removes everything but the new snapshot"
    )
