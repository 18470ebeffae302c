"""The image that the next task would run."""

from __future__ import annotations

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Found, verdict
from lotus.checks.base import Cause, Finding

__all__ = ["IMAGE"]

NO_REPOSITORY = Cause(
    "no repository",
    "the repository of Terraform's output is not in ECR",
    "it was deleted, or another region is looked at",
    "terraform -chdir=terraform apply -target=module.registry",
)
NO_IMAGE = Cause(
    "no image",
    "a task definition names a tag that is not in the repository",
    "it was never pushed, or has expired: the next task will not start",
    "docker push {image}, or `lotus ops deploy TAG` with one that is there",
)
SEVERAL = Cause(
    "different images",
    "task definitions name different images",
    "a deployment broke off half-way: workers run other code than the service",
    "lotus ops deploy {tag}",
    status="warn",
)


def look(account: Account) -> Finding:
    """Each family's newest revision, and whether its image is there."""
    env = account.environment
    found = Found()
    if account.find("ecr", "describe_repositories", repositoryNames=[env.repository]) is None:
        return verdict(
            [NO_REPOSITORY.found(f"there is no repository {env.repository} in {env.region}")], ""
        )
    tags = {}
    for family in env.families.values():
        told = account.find("ecs", "describe_task_definition", taskDefinition=family)
        if told is not None:
            tags[family] = told["taskDefinition"]["containerDefinitions"][0]["image"].rpartition(
                ":"
            )[2]
    for tag in sorted(set(tags.values())):
        asked = {"repositoryName": env.repository, "imageIds": [{"imageTag": tag}]}
        if account.find("ecr", "describe_images", **asked) is None:
            found.append(
                NO_IMAGE.found(f"{env.repository}:{tag} is not there", image=f"{env.image}:{tag}")
            )
    if len(set(tags.values())) > 1:
        named = tags.get(env.families["service"], "TAG")
        found.append(
            SEVERAL.found(", ".join(f"{family} {tag}" for family, tag in tags.items()), tag=named)
        )
    return verdict(found, f"{env.repository}:{', '.join(sorted(set(tags.values())))}")


IMAGE = AwsCheck(
    "whether the images that tasks would run are there", look, (NO_REPOSITORY, NO_IMAGE, SEVERAL)
)
