"""Which image runs: one parameter holds its tag, which `lotus ops` writes and Terraform reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.plan import OperationStep

__all__ = ["NONE", "current_tag", "image_of", "newest_tags", "pushed_tags", "tag_of", "write_tag"]

NONE = "none"  # what Terraform writes at first, before any image is deployed
Facts = dict[str, Any]


def current_tag(account: Account) -> str | None:
    """The tag that is to run; None before the first deployment."""
    name = account.environment.image_parameter
    response = account.find("ssm", "get_parameter", Name=name)
    tag = str(response["Parameter"]["Value"]) if response else NONE
    return None if tag == NONE else tag


def write_tag(env: Environment, tag: str) -> OperationStep:
    """The step after which Terraform, campaigns and schedules take that image."""
    arguments = {"Name": env.image_parameter, "Value": tag, "Type": "String", "Overwrite": True}
    return OperationStep(
        f"write {tag} into {env.image_parameter}", "ssm", "put_parameter", arguments
    )


def image_of(definition: Facts) -> str:
    """The image that a task definition names."""
    return str(definition["containerDefinitions"][0]["image"])


def tag_of(definition: Facts) -> str:
    """Its tag."""
    return image_of(definition).rpartition(":")[2]


def pushed_tags(account: Account, tags: Sequence[str]) -> set[str]:
    """Those of the tags that are in the repository."""
    name = account.environment.repository
    return {
        tag
        for tag in tags
        if account.find("ecr", "describe_images", repositoryName=name, imageIds=[{"imageTag": tag}])
    }


def newest_tags(account: Account, count: int = 5) -> list[str]:
    """Tags of the repository, the newest first; none if there is no repository."""
    query = {"repositoryName": account.environment.repository, "filter": {"tagStatus": "TAGGED"}}
    if account.find("ecr", "describe_images", **query) is None:
        return []
    images = list(account.pages("ecr", "describe_images", "imageDetails", **query))
    newest = sorted(images, key=lambda one: str(one.get("imagePushedAt", "")))[::-1]
    return [tag for one in newest for tag in one.get("imageTags", ())][:count]
