"""The image that the next task would run."""

from __future__ import annotations

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.images import NONE, current_tag, newest_tags, pushed_tags, tag_of
from lotus.checks.base import Cause, Finding

__all__ = ["IMAGE"]

BUILD = "`lotus ops build`, then `lotus ops deploy TAG`"

NO_REPOSITORY = Cause(
    "no repository",
    "the repository of Terraform's output is not in ECR",
    "it was deleted, or the region is wrong",
    "terraform -chdir=terraform apply -target=module.registry",
)
NO_IMAGE = Cause(
    "no image",
    "a task definition names a tag that is not in the repository",
    "it was never pushed, or has expired: the next task will not start",
    "{deploy}",
)
NEVER = Cause(
    "nothing deployed",
    "no image was deployed yet",
    "Terraform makes the place of images and leaves it empty: no task can start",
    "`lotus ops build`, then `lotus ops deploy TAG`",
    status="warn",
)
OTHER_WANTED = Cause(
    "another image wanted",
    "the service runs another image than the one that is to run",
    "a deployment broke off, or ECS took it back: Terraform and campaigns take the other one",
    "lotus ops deploy {tag}",
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
    findings = Findings()
    if account.find("ecr", "describe_repositories", repositoryNames=[env.repository]) is None:
        return verdict(
            [NO_REPOSITORY.finding(f"there is no repository {env.repository} in {env.region}")], ""
        )
    tags = {}
    for family in env.families.values():
        response = account.find("ecs", "describe_task_definition", taskDefinition=family)
        if response is not None:
            tags[family] = tag_of(response["taskDefinition"])
    target = current_tag(account)
    if set(tags.values()) == {NONE}:
        return verdict([NEVER.finding(f"{env.image_parameter} is {NONE}")], "")
    there = pushed_tags(account, sorted(set(tags.values())))
    for tag in sorted(set(tags.values()) - there):
        other = next(iter(newest_tags(account)), None)
        deploy = f"`lotus ops deploy {other}`, which is there" if other else BUILD
        findings.append(NO_IMAGE.finding(f"{env.repository}:{tag} is not there", deploy=deploy))
    runs = _running(account)
    good = [tag for tag in (runs, target, *tags.values()) if tag in there]
    if len(set(tags.values())) > 1 and good:
        listing = ", ".join(f"{family} {tag}" for family, tag in tags.items())
        findings.append(SEVERAL.finding(listing, tag=good[0]))
    elif target is not None and runs is not None and runs != target:
        detail = f"{env.service} runs {runs}, {env.image_parameter} is {target}"
        findings.append(OTHER_WANTED.finding(detail, tag=good[0] if good else target))
    return verdict(findings, f"{env.repository}:{', '.join(sorted(set(tags.values())))}")


def _running(account: Account) -> str | None:
    """The tag that the service runs; None without a service."""
    env = account.environment
    answer = account.call("ecs", "describe_services", cluster=env.cluster, services=[env.service])
    live = [one for one in answer["services"] if one["status"] == "ACTIVE"]
    if not live:
        return None
    name = live[0]["taskDefinition"]
    response = account.find("ecs", "describe_task_definition", taskDefinition=name)
    return tag_of(response["taskDefinition"]) if response else None


IMAGE = AwsCheck(
    "the images of all tasks exist", look, (NO_REPOSITORY, NO_IMAGE, NEVER, SEVERAL, OTHER_WANTED)
)
