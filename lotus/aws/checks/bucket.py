"""The bucket: there, in the right region, closed to the world, and forgetting what it should."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from lotus.aws.account import DENIED, MISSING, Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.policies import decide, statements
from lotus.checks.base import Cause, Finding, Suspect, several
from lotus.errors import AwsError
from lotus.store.lifecycle import differing, wanted_rules

__all__ = ["BUCKET"]

NO_BUCKET = Cause(
    "no bucket",
    "S3 has no bucket of that name",
    "it was deleted, or the name in LOTUS_AWS is of another account",
    "terraform -chdir=terraform apply -target=module.storage",
)
OTHER_REGION = Cause(
    "another region",
    "the bucket is in another region than the tasks",
    "every clip crosses regions, which is slow and paid by the gigabyte",
    "`terraform -chdir=terraform output -json` makes LOTUS_AWS anew; a bucket cannot move: "
    "`lotus migrate-store s3://{bucket} s3://ANOTHER` copies it",
)
DENIED_THERE = Cause(
    "permission missing",
    "S3 answers 403 and names the permission",
    "your role may not do that, or the bucket's policy forbids it",
    "`aws sts get-caller-identity --region {region}` says who you are: add {permission} to that "
    "role, or take the operator's (operator_role of `terraform -chdir=terraform output`)",
)
NO_RULES = Cause(
    "lifecycle",
    "a prefix has no lifecycle rule, or differs from that of lotus",
    "expired objects are kept and paid for, or needed ones are removed too early",
    "terraform -chdir=terraform apply -target=module.storage",
    status="warn",
)
OPEN = Cause(
    "public",
    "public access is not blocked",
    "a single policy or ACL could make everything public",
    "terraform -chdir=terraform apply -target=module.storage",
)
SHUT = Cause(
    "access denied by the bucket",
    "the bucket's policy denies what tasks do with objects",
    "a Deny beats every permission of a role: in every task that fails",
    "terraform -chdir=terraform apply -target=module.storage",
)
PLAIN = Cause(
    "plain HTTP allowed",
    "the bucket's policy does not deny requests without TLS",
    "requests by plain HTTP can be read on the way",
    "terraform -chdir=terraform apply -target=module.storage",
    status="warn",
)
NO_FILE = Cause(
    "no aws.json",
    "the bucket has no aws.json, or one of another environment",
    "campaigns read it to start workers: with --cluster ecs they end at once",
    "terraform -chdir=terraform apply -target=aws_s3_object.environment",
)
OTHER_FILE = several(
    "aws.json differs",
    "the bucket's aws.json names other subnets, groups or families than the one that you use",
    "",
    Suspect(
        "yours is from before the last apply: lotus ops looks at what is no more",
        "`terraform -chdir=terraform output -json`, written to aws.json",
    ),
    Suspect(
        "the bucket's is older, as after an apply of one module: campaigns start workers wrongly",
        "`terraform -chdir=terraform apply -target=aws_s3_object.environment`",
    ),
)
POLICY = Cause(
    "policy conflict",
    "the bucket's policy denies something that is not plain HTTP",
    "a Deny beats every permission of a role",
    "`aws s3api get-bucket-policy --bucket {bucket} --region {region}` shows it; "
    "`terraform -chdir=terraform apply -target=module.storage` puts back the one of lotus",
    status="warn",
)
OF_WORKERS = ("families", "public_address", "region", "security_group", "subnets")  # to start them
BLOCKS = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")


def look(account: Account) -> Finding:
    """Each in turn; what may not be asked names the permission that is missing."""
    env = account.environment
    findings = Findings()
    denials = Findings()

    def ask(operation: str, permission: str) -> dict[str, Any] | None:
        try:
            return account.call("s3", operation, Bucket=env.bucket)
        except AwsError as error:
            code = error.facts["code"]
            if code in DENIED:
                denials.append(
                    DENIED_THERE.finding(
                        f"{env.bucket}: {permission} is refused", permission=permission
                    )
                )
            elif code not in MISSING and not code.startswith("NoSuch"):
                raise
            return {} if code in DENIED else None

    place = ask("get_bucket_location", "s3:GetBucketLocation")
    if place is None:
        return verdict([NO_BUCKET.finding(f"there is no bucket {env.bucket}")], "")
    region = place.get("LocationConstraint", env.region) or "us-east-1"
    if region != env.region:
        findings.append(OTHER_REGION.finding(f"{env.bucket} is in {region}, tasks in {env.region}"))
    rules = ask("get_bucket_lifecycle_configuration", "s3:GetLifecycleConfiguration")
    if rules != {} and (lacking := differing(wanted_rules(""), (rules or {}).get("Rules", ()))):
        findings.append(
            NO_RULES.finding(
                "no right rule for "
                + ", ".join(rule.prefix or "parts of uploads" for rule in lacking)
            )
        )
    findings += _doors(env.bucket, env.cluster, ask) + _file(account)
    return verdict(
        [*findings, *denials],
        f"{env.bucket} in {region}, private, with {len(wanted_rules(''))} rules",
    )


def _doors(bucket: str, cluster: str, ask: Callable[[str, str], dict[str, Any] | None]) -> Findings:
    """Whether the world may get in, or lotus may not."""
    findings = Findings()
    block = ask("get_public_access_block", "s3:GetBucketPublicAccessBlock")
    if block is None or (
        block and not all(block["PublicAccessBlockConfiguration"].get(name) for name in BLOCKS)
    ):
        findings.append(OPEN.finding(f"{bucket} does not block public access"))
    policy = ask("get_bucket_policy", "s3:GetBucketPolicy")
    if policy == {}:  # which was not to be had: a permission is missing
        return findings
    document = json.loads(policy["Policy"]) if policy else {"Statement": []}
    of_tasks = [one for one in statements(document) if _names_roles_of(cluster, one)]
    if shut := _denials(bucket, of_tasks):
        findings.append(SHUT.finding(f"{bucket}: its policy denies {shut}"))
    elif sids := _other_denials(of_tasks):
        findings.append(POLICY.finding(f"{bucket}: its policy denies by {', '.join(sids)}"))
    if not any(_only_over_tls(one) for one in statements(document)):
        findings.append(PLAIN.finding(f"{bucket} may be asked without TLS"))
    return findings


def _names_roles_of(cluster: str, statement: dict[str, Any]) -> bool:
    """Whether a statement is about roles of this environment: about everybody, the account, or one
    of them by name.
    """
    if "NotPrincipal" in statement:
        return True
    principal = statement.get("Principal", "*")
    if principal == "*":
        return True
    names = principal.get("AWS", ())
    names = [names] if isinstance(names, str) else names
    return any(
        name == "*" or name.endswith(":root") or name.isdigit() or f"role/{cluster}-" in name
        for name in names
    )


def _denials(bucket: str, some: list[dict[str, Any]]) -> str:
    """What is denied to tasks, also over TLS, of what they do with an object. A condition on what
    is not known here, such as the endpoint by which they come, is no evidence.
    """
    context = {"aws:SecureTransport": "true"}
    policy = {"Statement": [one for one in some if _is_certain(one)]}
    refusals = [
        (action, decision.statement)
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
        if (
            decision := decide([policy], action, f"arn:aws:s3:::{bucket}/clips/00/x.mp4", context)
        ).effect
        == "deny"
    ]
    return ", ".join(f"{action} by {statement}" for action, statement in refusals)


def _is_certain(statement: dict[str, Any]) -> bool:
    """Whether all that a statement's conditions ask of a request of lotus is known: TLS, and
    headers of S3, of which it sends none.
    """
    keys = [key.lower() for one in statement.get("Condition", {}).values() for key in one]
    return all(key == "aws:securetransport" or key.startswith("s3:x-amz-") for key in keys)


def _only_over_tls(statement: dict[str, Any]) -> bool:
    plain_http = {"Bool": {"aws:SecureTransport": "false"}}
    return bool(statement["Effect"] == "Deny") and bool(
        _plain(statement.get("Condition")) == plain_http
    )


def _plain(condition: Any) -> Any:
    """A condition whose single values do not stand in lists."""
    if isinstance(condition, dict):
        return {key: _plain(value) for key, value in condition.items()}
    if isinstance(condition, list) and len(condition) == 1:
        return condition[0]
    return str(condition).lower() if isinstance(condition, bool) else condition


def _file(account: Account) -> Findings:
    """Whether the bucket holds the outputs of this environment, which drivers read."""
    env = account.environment
    try:
        answer = account.find("s3", "get_object", Bucket=env.bucket, Key="aws.json")
    except AwsError as error:
        if error.facts["code"] in DENIED:
            return []  # only drivers and operators may read it
        if error.facts["code"] != "NoSuchKey":
            raise
        answer = None
    if answer is None:
        return [NO_FILE.finding(f"{env.bucket} has no aws.json")]
    try:
        state = json.loads(answer["Body"].read())["lotus"]["value"]
        cluster = state["cluster"]
    except (ValueError, KeyError, TypeError):
        return [NO_FILE.finding(f"{env.bucket}: its aws.json is no output of terraform/")]
    if cluster != env.cluster:
        return [NO_FILE.finding(f"{env.bucket}: its aws.json is {cluster}'s, not {env.cluster}'s")]
    mine = env.model_dump(mode="json")
    other = [name for name in OF_WORKERS if state.get(name) != mine[name]]
    if not other:
        return []
    return [
        OTHER_FILE.finding(f"{env.bucket}: its aws.json has other {', '.join(other)} than yours")
    ]


def _other_denials(some: list[dict[str, Any]]) -> list[str]:
    """Names of statements that deny more than what comes without TLS."""
    denials = [one for one in some if one["Effect"] == "Deny" and not _only_over_tls(one)]
    return [str(one.get("Sid", "a statement without a name")) for one in denials]


BUCKET = AwsCheck(
    "the bucket exists, is private, is in the same region, and has its lifecycle rules",
    look,
    (
        NO_BUCKET,
        OTHER_REGION,
        DENIED_THERE,
        NO_RULES,
        OPEN,
        SHUT,
        POLICY,
        PLAIN,
        NO_FILE,
        OTHER_FILE,
    ),
)
