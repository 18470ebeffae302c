"""The bucket: there, in the right region, closed to the world, and forgetting what it should."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lotus.aws.account import DENIED, MISSING, Account
from lotus.aws.checks.base import AwsCheck, Found, verdict
from lotus.checks.base import Cause, Finding
from lotus.errors import AwsError
from lotus.store.lifecycle import differing, wanted_rules

__all__ = ["BUCKET"]

NO_BUCKET = Cause(
    "no bucket",
    "S3 knows no bucket of that name",
    "it was deleted, or the name in LOTUS_AWS is of another account",
    "terraform -chdir=terraform apply -target=module.storage",
)
OTHER_REGION = Cause(
    "another region",
    "the bucket is in another region than the tasks",
    "every clip crosses regions, which is slow and paid by the gigabyte",
    "make LOTUS_AWS anew; a bucket cannot move: `lotus migrate-store` copies it",
)
DENIED_THERE = Cause(
    "permission missing",
    "S3 answers 403 and names the permission",
    "your role may not do that, or the bucket's policy forbids it",
    "add {permission} to your role; the tasks' own are in terraform/modules/iam",
)
NO_RULES = Cause(
    "lifecycle",
    "a prefix has no lifecycle rule, or another one than lotus has",
    "what has expired is kept and paid for, or what is needed goes too early",
    "terraform -chdir=terraform apply -target=module.storage, or `lotus store lifecycle apply`",
    status="warn",
)
OPEN = Cause(
    "public",
    "public access is not blocked",
    "one policy or ACL would show everything to the world",
    "terraform -chdir=terraform apply -target=module.storage",
)
POLICY = Cause(
    "policy conflict",
    "the bucket's policy denies something that is not plain HTTP",
    "a Deny beats every permission of a role",
    "aws s3api get-bucket-policy --bucket {bucket}; "
    "terraform -chdir=terraform apply -target=module.storage puts back the one of lotus",
    status="warn",
)
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def look(account: Account) -> Finding:
    """Each in turn; what may not be asked names the permission that is missing."""
    env = account.environment
    found = Found()
    denied = Found()

    def ask(operation: str, permission: str) -> dict[str, Any] | None:
        try:
            return account.call("s3", operation, Bucket=env.bucket)
        except AwsError as error:
            code = error.facts["code"]
            if code in DENIED:
                denied.append(
                    DENIED_THERE.found(
                        f"{env.bucket}: {permission} is refused", permission=permission
                    )
                )
            elif code not in MISSING and not code.startswith("NoSuch"):
                raise
            return {} if code in DENIED else None

    place = ask("get_bucket_location", "s3:GetBucketLocation")
    if place is None:
        return verdict([NO_BUCKET.found(f"there is no bucket {env.bucket}")], "")
    region = place.get("LocationConstraint", env.region) or "us-east-1"
    if region != env.region:
        found.append(OTHER_REGION.found(f"{env.bucket} is in {region}, tasks in {env.region}"))
    rules = ask("get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration")
    if rules != {} and (lacking := differing(wanted_rules(""), (rules or {}).get("Rules", ()))):
        found.append(
            NO_RULES.found(
                "no right rule for "
                + ", ".join(rule.prefix or "parts of uploads" for rule in lacking)
            )
        )
    found += _doors(env.bucket, ask)
    return verdict(
        [*found, *denied], f"{env.bucket} in {region}, private, with {len(wanted_rules(''))} rules"
    )


def _doors(bucket: str, ask: Callable[[str, str], dict[str, Any] | None]) -> Found:
    """Whether the world may get in, or lotus may not."""
    found = Found()
    block = ask("get_public_access_block", "s3:GetBucketPublicAccessBlock")
    if block is None or (
        block and not all(block["PublicAccessBlockConfiguration"].get(name) for name in BLOCKS)
    ):
        found.append(OPEN.found(f"{bucket} does not block public access"))
    policy = ask("get_bucket_policy", "s3:GetBucketPolicy")
    if policy and (sids := _other_denials(json.loads(policy["Policy"]))):
        found.append(
            POLICY.found(f"{bucket}: its policy denies by {', '.join(sids)}", bucket=bucket)
        )
    return found


def _other_denials(policy: dict[str, Any]) -> list[str]:
    """Names of statements that deny more than what comes without TLS."""
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    denials = [
        one
        for one in policy["Statement"]
        if one["Effect"] == "Deny" and one.get("Condition") != plain
    ]
    return [str(one.get("Sid", "a statement without a name")) for one in denials]


BUCKET = AwsCheck(
    "whether the bucket is there, private, near, and forgets what it should",
    look,
    (NO_BUCKET, OTHER_REGION, DENIED_THERE, NO_RULES, OPEN, POLICY),
)
