"""The roles of tasks: there, trusted by ECS, and allowed what lotus calls. Their own policies are
read, not those of whoever asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.environment import Environment
from lotus.aws.policies import Decision, Policy, decide
from lotus.aws.service import all_schedules, definition
from lotus.checks.base import Cause, Finding
from lotus.store.objects import PREFIXES

__all__ = ["ROLES", "Need", "needs", "role_policies"]

GONE = Cause(
    "no role",
    "IAM has no role of that name",
    "it was deleted: no task that has it can start",
    "terraform -chdir=terraform apply -target=module.iam",
)
UNTRUSTED = Cause(
    "role not trusted",
    "the role's trust policy does not let ECS take it",
    "ECS cannot assume the role: no task starts",
    "terraform -chdir=terraform apply -target=module.iam",
)
LACKS = Cause(
    "role without permission",
    "no statement of the role's policies allows what lotus calls",
    "its policy was removed or changed: those calls are answered with AccessDenied",
    "terraform -chdir=terraform apply -target=module.iam",
)
DENIED = Cause(
    "role denied",
    "a statement of the role's policies denies what lotus calls",
    "a Deny beats every permission",
    "`aws iam list-role-policies --role-name {role}` and "
    "`aws iam list-attached-role-policies --role-name {role}` list its policies: remove the one "
    "with the statement; `terraform -chdir=terraform apply -target=module.iam` puts back those of "
    "lotus",
)
LIMITED = Cause(
    "role limited",
    "the role's permissions boundary does not allow what lotus calls",
    "what a boundary does not allow is refused, whatever the role's policies say",
    "`aws iam get-role --role-name {role}` names the boundary; "
    "`aws iam delete-role-permissions-boundary --role-name {role}` takes it off, where your "
    "organization lets you",
)
OBJECTS = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject")
APP = "lotus_app"  # as whom tasks sign in to the database
KINDS = {"campaign": "driver", "migrate": "owner"}  # of tasks; the others' is task
SHOWN = 3


@dataclass(frozen=True)
class Need:
    """One thing that a role must be allowed to do."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def needs(env: Environment, partition: str, owner: str, role: str, roles: set[str]) -> list[Need]:
    """What a role of this environment must be allowed: `role` is execution, task, owner,
    driver or schedule, `roles` are those that it lends to tasks.
    """
    ecs = f"arn:{partition}:ecs:{env.region}:{owner}"
    cluster = {"ecs:cluster": f"{ecs}:cluster/{env.cluster}"}
    bucket = f"arn:{partition}:s3:::{env.bucket}"
    lend = [
        Need("iam:PassRole", arn, {"iam:PassedToService": "ecs-tasks.amazonaws.com"})
        for arn in sorted(roles)
    ]
    bytes_ = [Need(action, f"{bucket}/{prefix}/x") for prefix in PREFIXES for action in OBJECTS]
    bytes_.append(Need("s3:ListBucket", bucket))
    bytes_ += _sign_in(env, f"arn:{partition}:rds-db:{env.region}:{owner}:dbuser", role)
    if role == "execution":
        return _to_start_tasks(env, partition, owner)
    if role in ("task", "owner"):
        return bytes_
    run = Need(
        "ecs:RunTask",
        f"{ecs}:task-definition/{env.families['worker' if role == 'driver' else 'campaign']}:1",
        cluster,
    )
    if role == "schedule":
        return [run, *lend]
    return [
        *bytes_,
        Need("s3:GetObject", f"{bucket}/aws.json"),
        run,
        Need("ecs:StopTask", f"{ecs}:task/{env.cluster}/x", cluster),
        Need("ecs:DescribeTasks", f"{ecs}:task/{env.cluster}/x", cluster),
        *lend,
    ]


def _sign_in(env: Environment, users: str, role: str) -> list[Need]:
    """To sign in to the database, and to the proxy before it: the owner goes round that."""
    if role == "owner":
        return [Need("rds-db:connect", f"{users}:{env.database_id}/lotus")] * bool(env.database_id)
    ids = [one for one in (env.proxy_id or env.database_id,) if one]
    return [Need("rds-db:connect", f"{users}:{one}/{APP}") for one in ids]


def _to_start_tasks(env: Environment, partition: str, owner: str) -> list[Need]:
    """What ECS itself needs: the image, the logs, the secrets."""
    repository = f"arn:{partition}:ecr:{env.region}:{owner}:repository/{env.repository}"
    groups = [
        f"arn:{partition}:logs:{env.region}:{owner}:log-group:{name}:log-stream:x"
        for task, name in env.log_groups.items()
        if task != "operations"
    ]
    return [
        Need("ecr:GetAuthorizationToken", "*"),
        Need("ecr:BatchGetImage", repository),
        Need("ecr:GetDownloadUrlForLayer", repository),
        *(
            Need(action, group)
            for group in groups
            for action in ("logs:CreateLogStream", "logs:PutLogEvents")
        ),
        *(Need("secretsmanager:GetSecretValue", arn) for arn in env.secrets),
    ]


def role_policies(account: Account, name: str) -> list[Policy]:
    """All policies of a role: its own and those attached. Raises AwsError."""
    own = [
        _document(
            account.call("iam", "get_role_policy", RoleName=name, PolicyName=policy)[
                "PolicyDocument"
            ]
        )
        for policy in account.pages("iam", "list_role_policies", "PolicyNames", RoleName=name)
    ]
    attachments = account.pages(
        "iam", "list_attached_role_policies", "AttachedPolicies", RoleName=name
    )
    return [*own, *(_managed_policy(account, one["PolicyArn"]) for one in attachments)]


def _managed_policy(account: Account, arn: str) -> Policy:
    version = account.call("iam", "get_policy", PolicyArn=arn)["Policy"]["DefaultVersionId"]
    answer = account.call("iam", "get_policy_version", PolicyArn=arn, VersionId=version)
    return _document(answer["PolicyVersion"]["Document"])


def _document(policy: Any) -> Policy:
    return dict(policy if isinstance(policy, dict) else json.loads(unquote(policy)))


def look(account: Account) -> Finding:
    """Each role that a task definition or a schedule names."""
    env = account.environment
    findings = Findings()
    roles = _roles(account)
    for arn, kind in roles.items():
        findings += _examined(account, arn, kind, roles)
    return verdict(findings, f"{len(roles)} roles of {env.cluster} may do what lotus calls")


def _roles(account: Account) -> dict[str, str]:
    """Role -> what it is for, from the newest task definitions and the schedules."""
    env = account.environment
    roles: dict[str, str] = {}
    for task, family in env.families.items():
        if account.find("ecs", "describe_task_definition", taskDefinition=family) is None:
            continue
        task_definition = definition(account, family)
        roles[task_definition["executionRoleArn"]] = "execution"
        roles[task_definition["taskRoleArn"]] = KINDS.get(task, "task")
    for schedule in all_schedules(account):
        roles[schedule["Target"]["RoleArn"]] = "schedule"
    return roles


def _examined(account: Account, arn: str, kind: str, roles: Mapping[str, str]) -> Findings:
    name = arn.rsplit("/", 1)[-1]
    role = account.find("iam", "get_role", RoleName=name)
    if role is None:
        return [GONE.finding(f"there is no role {name}, which is for {kind}")]
    by = "scheduler.amazonaws.com" if kind == "schedule" else "ecs-tasks.amazonaws.com"
    trust = _document(role["Role"]["AssumeRolePolicyDocument"])
    if not _trusts(trust, by, account.environment, arn):
        return [UNTRUSTED.finding(f"{name} does not trust {by}")]
    task_roles = {
        "driver": {one for one, what in roles.items() if what in ("task", "execution")},
        "schedule": {one for one, what in roles.items() if what in ("driver", "execution")},
    }.get(kind, set())
    _, partition, _, _, owner, *_ = arn.split(":")
    policies = role_policies(account, name)
    requirements = needs(account.environment, partition, owner, kind, task_roles)
    limit = role["Role"].get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    bounds = [] if limit is None else [_managed_policy(account, limit)]
    return [*_shortcomings(name, requirements, policies), *_beyond(name, requirements, bounds)]


def _beyond(name: str, requirements: list[Need], bounds: list[Policy]) -> Iterator[Finding]:
    """What the role's permissions boundary does not allow; nothing where it has none."""
    refusals = [
        need.action
        for need in requirements
        if bounds and not decide(bounds, need.action, need.resource, need.context).allowed
    ]
    if refusals:
        actions = _listing(list(dict.fromkeys(refusals)))
        yield LIMITED.finding(f"{name}: its boundary does not allow {actions}", role=name)


def _trusts(trust: Policy, service: str, env: Environment, role_arn: str) -> bool:
    _, partition, _, _, owner, *_ = role_arn.split(":")
    kind = "scheduler" if service.startswith("scheduler") else "ecs"
    source = f"arn:{partition}:{kind}:{env.region}:{owner}:cluster/{env.cluster}"
    if kind == "scheduler":
        source = (
            f"arn:{partition}:scheduler:{env.region}:{owner}:schedule-group/{env.schedule_group}"
        )
    context = {"aws:SourceAccount": owner, "aws:SourceArn": source}
    mine = {"Statement": list(_principals(trust, service))}
    return decide([mine], "sts:AssumeRole", "*", context).allowed


def _principals(trust: Policy, service: str) -> Iterator[Mapping[str, Any]]:
    from lotus.aws.policies import statements

    for statement in statements(trust):
        principal = statement.get("Principal", {})
        services = principal if isinstance(principal, str) else principal.get("Service", [])
        if services == "*" or service in ([services] if isinstance(services, str) else services):
            yield statement


def _shortcomings(name: str, requirements: list[Need], policies: list[Policy]) -> Iterator[Finding]:
    """What the role lacks, and what is denied to it, in a line each."""
    decisions = [
        (need, decide(policies, need.action, need.resource, need.context)) for need in requirements
    ]
    lacks = _actions(decisions, "none")
    if lacks:
        yield LACKS.finding(f"{name} may not {_listing(lacks)}")
    for statement in dict.fromkeys(d.statement for _, d in decisions if d.effect == "deny"):
        actions = [
            n.action for n, d in decisions if d.effect == "deny" and d.statement == statement
        ]
        yield DENIED.finding(
            f"{name}: {statement} denies {_listing(list(dict.fromkeys(actions)))}", role=name
        )


def _actions(decisions: list[tuple[Need, Decision]], effect: str) -> list[str]:
    return list(dict.fromkeys(need.action for need, one in decisions if one.effect == effect))


def _listing(actions: list[str]) -> str:
    more = f" and {len(actions) - SHOWN} more" if len(actions) > SHOWN else ""
    return ", ".join(actions[:SHOWN]) + more


ROLES = AwsCheck(
    "the roles of tasks exist and have the permissions that lotus needs",
    look,
    (GONE, UNTRUSTED, LACKS, DENIED, LIMITED),
)
