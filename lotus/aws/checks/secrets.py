"""The secrets that ECS injects: there, and filled in? Their values are never asked for."""

from __future__ import annotations

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Found, verdict
from lotus.checks.base import Cause, Finding

__all__ = ["SECRETS"]

MISSING = Cause(
    "no secret",
    "a secret of Terraform's output is not in Secrets Manager",
    "no task can start without it",
    "terraform -chdir=terraform apply -target=module.secrets",
)
DELETED = Cause(
    "deleted secret",
    "a secret is marked to be deleted",
    "tasks that start now fail; those that run go on",
    "aws secretsmanager restore-secret --secret-id {secret}",
)
EMPTY = Cause(
    "empty secret",
    "a secret has no current version",
    "Terraform makes the place, and leaves the value to you",
    "aws secretsmanager put-secret-value --secret-id {secret} --secret-string "
    '"$REPLICATE_API_TOKEN"',
)


def look(account: Account) -> Finding:
    """Each secret of the environment."""
    found = Found()
    for arn in account.environment.secrets:
        name = arn.rpartition(":secret:")[2]
        secret = account.find("secretsmanager", "describe_secret", SecretId=arn)
        if secret is None:
            found.append(MISSING.found(f"{name} is not there"))
        elif secret.get("DeletedDate"):
            found.append(DELETED.found(f"{secret['Name']} is being deleted", secret=secret["Name"]))
        elif not any(
            "AWSCURRENT" in stages for stages in secret.get("VersionIdsToStages", {}).values()
        ):
            found.append(EMPTY.found(f"{secret['Name']} has no value", secret=secret["Name"]))
    return verdict(found, f"{len(account.environment.secrets)} secrets are there and filled in")


SECRETS = AwsCheck(
    "whether the secrets that tasks are given are there", look, (MISSING, DELETED, EMPTY)
)
