"""Is what runs what Terraform's outputs say?"""

from __future__ import annotations

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.checks.base import Cause, Finding

__all__ = ["DRIFT"]

NO_CLUSTER = Cause(
    "no cluster",
    "ECS has no active cluster of that name",
    "the environment was destroyed, or LOTUS_AWS names another account or region",
    "`terraform -chdir=terraform apply`; `terraform -chdir=terraform output -json` makes LOTUS_AWS "
    "anew",
)
NO_SERVICE = Cause(
    "no service",
    "the cluster has no active service of that name",
    "it was deleted by hand",
    "terraform -chdir=terraform apply -target=module.service",
)
NO_FAMILY = Cause(
    "no task definition",
    "a family of task definitions has no active revision",
    "all its revisions were deregistered",
    "terraform -chdir=terraform apply -target=module.cluster",
)
NO_LOGS = Cause(
    "no log group",
    "a log group is not there",
    "tasks that log there cannot start",
    "terraform -chdir=terraform apply -target=module.observability",
)
OTHER_NETWORK = Cause(
    "another network",
    "the service runs in other subnets or groups than Terraform says",
    "it was changed by hand: the network checks look at the wrong subnets",
    "terraform -chdir=terraform apply -target=module.service",
    status="warn",
)


def look(account: Account) -> Finding:
    """The cluster, the service and its network, families, log groups."""
    env = account.environment
    findings = Findings()
    clusters = account.call("ecs", "describe_clusters", clusters=[env.cluster])["clusters"]
    if not clusters or clusters[0]["status"] != "ACTIVE":
        return verdict(
            [NO_CLUSTER.finding(f"there is no cluster {env.cluster} in {env.region}")], ""
        )
    services = account.call(
        "ecs", "describe_services", cluster=env.cluster, services=[env.service]
    )["services"]
    if not services or services[0]["status"] != "ACTIVE":
        findings.append(NO_SERVICE.finding(f"there is no service {env.service}"))
    else:
        network = services[0].get("networkConfiguration", {}).get("awsvpcConfiguration", {})
        others = set(network.get("subnets", env.subnets)) ^ set(env.subnets)
        others |= set(network.get("securityGroups", [env.security_group])) ^ {env.security_group}
        if others:
            findings.append(OTHER_NETWORK.finding(f"{env.service}: {', '.join(sorted(others))}"))
    for family in env.families.values():
        if not _defined(account, family):
            findings.append(NO_FAMILY.finding(f"there is no {family}"))
    groups = {
        one["logGroupName"] for one in account.pages("logs", "describe_log_groups", "logGroups")
    }
    if missing := sorted(set(env.log_groups.values()) - groups):
        findings.append(NO_LOGS.finding(f"there is no {', '.join(missing)}"))
    return verdict(findings, f"{env.cluster} is as Terraform made it")


def _defined(account: Account, family: str) -> bool:
    query = {"familyPrefix": family, "status": "ACTIVE"}
    return any(account.pages("ecs", "list_task_definitions", "taskDefinitionArns", **query))


DRIFT = AwsCheck(
    "the running resources match Terraform's outputs",
    look,
    (NO_CLUSTER, NO_SERVICE, NO_FAMILY, NO_LOGS, OTHER_NETWORK),
)
