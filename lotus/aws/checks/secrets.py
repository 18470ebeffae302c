"""The secrets that ECS injects: there, and filled in? Their values are never asked for."""

from __future__ import annotations

from lotus.aws.account import Account
from lotus.aws.begin import own_secrets
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.tasks import tasks
from lotus.checks.base import Cause, Finding

__all__ = ["SECRETS"]

MISSING = Cause(
    "no secret",
    "a secret of Terraform's output is not in Secrets Manager",
    "no task can start without it",
    "`terraform -chdir=terraform apply -target=module.secrets`, then "
    "`lotus ops secrets set {name}`",
)
NO_PASSWORD = Cause(
    "no password",
    "the secret of the database's owner is not in Secrets Manager",
    "`lotus ops migrate` and `run` cannot start without it; other tasks sign in by IAM and go on",
    "`terraform -chdir=terraform apply -target=module.database` makes it anew; then "
    "`terraform -chdir=terraform output -json`, written to aws.json",
)
DELETED = Cause(
    "deleted secret",
    "a secret is marked to be deleted",
    "tasks that start now fail; those that run go on",
    "aws secretsmanager restore-secret --secret-id {secret} --region {region}",
)
EMPTY = Cause(
    "empty secret",
    "a secret has no current version",
    "Terraform makes the place, and leaves the value to you",
    "`lotus ops secrets set {name}`, then `lotus ops restart`",
)
OLD = Cause(
    "secret changed since",
    "a secret got another value after running tasks began",
    "running tasks keep the old value: their new connections are refused",
    "lotus ops restart",
)


def look(account: Account) -> Finding:
    """Each secret of the environment."""
    findings = Findings()
    own = {full: name for name, full in own_secrets(account.environment).items()}
    for arn in account.environment.secrets:
        full = _plain(arn.rpartition(":secret:")[2])
        secret = account.find("secretsmanager", "describe_secret", SecretId=arn)
        if secret is None:
            cause = MISSING if full in own else NO_PASSWORD
            findings.append(cause.finding(f"{full} is not there", name=own.get(full, full)))
        elif secret.get("DeletedDate"):
            findings.append(
                DELETED.finding(f"{secret['Name']} is being deleted", secret=secret["Name"])
            )
        elif not any(
            "AWSCURRENT" in stages for stages in secret.get("VersionIdsToStages", {}).values()
        ):
            name = secret["Name"].removeprefix(f"{account.environment.cluster}/")
            if _is_given(account, arn):  # a place that no task is given may stay empty
                findings.append(EMPTY.finding(f"{secret['Name']} has no value", name=name))
        else:
            findings += _changed_since(account, arn, secret["Name"])
    return verdict(findings, f"{len(account.environment.secrets)} secrets are there and filled in")


def _changed_since(account: Account, arn: str, name: str) -> Findings:
    """Tasks of the service that began before the secret got its current value."""
    versions = account.call("secretsmanager", "list_secret_version_ids", SecretId=arn)["Versions"]
    change_times = [
        one["CreatedDate"] for one in versions if "AWSCURRENT" in one.get("VersionStages", ())
    ]
    family = account.environment.families["service"]
    running = tasks(account, family=family) if _plain(arn) in _secret_arns(account, family) else []
    began = [one.get("startedAt") or one.get("createdAt") for one in running]
    old = [at for at in began if at is not None and change_times and at < max(change_times)]
    if not old:
        return []
    return [
        OLD.finding(
            f"{name} changed at {max(change_times):%Y-%m-%d %H:%M}: {len(old)} tasks are older"
        )
    ]


def _plain(arn: str) -> str:
    """The ARN without the six characters that AWS appends to a secret's name."""
    return arn.rpartition("-")[0]


def _is_given(account: Account, arn: str) -> bool:
    """Whether tasks of any family that start now are given the secret."""
    families = account.environment.families.values()
    return any(_plain(arn) in _secret_arns(account, family) for family in families)


def _secret_arns(account: Account, family: str) -> str:
    """The secrets that the family's tasks are given: ARNs, each with its key, in one text."""
    response = account.find("ecs", "describe_task_definition", taskDefinition=family)
    containers = response["taskDefinition"]["containerDefinitions"] if response else ()
    return " ".join(
        secret["valueFrom"] for container in containers for secret in container.get("secrets", ())
    )


SECRETS = AwsCheck(
    "the secrets of tasks exist and have values", look, (MISSING, NO_PASSWORD, DELETED, EMPTY, OLD)
)
