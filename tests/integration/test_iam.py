"""The roles of terraform/ may do what lotus calls, and no more than their names say: every call in
the code is tried on their policies.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from botocore import xform_name

from lotus.aws.checks.roles import needs
from lotus.aws.environment import Environment
from lotus.aws.policies import decide
from tests.terraform.running import ROOT, Made, Terraform, copied

CODE = ROOT.parent / "lotus" / "aws"
LOOKING = ("checks", "status.py", "logs.py", "report.py", "images.py")
ECS = "arn:aws:ecs:us-east-2:123456789012"
RDS = "arn:aws:rds:us-east-2:123456789012"
LOGS = "arn:aws:logs:us-east-2:123456789012:log-group:lotus:log-stream:x"
BUCKET = "arn:aws:s3:::lotus"
PREFIXES = {"elbv2": "elasticloadbalancing"}
NAMES = {"budgets:DescribeBudget": "budgets:ViewBudget"}  # AWS gives it another name in policies
FREE = {"sts:GetCallerIdentity"}  # which nobody has to be allowed
CONTEXT = {"ecs:cluster": f"{ECS}:cluster/lotus-dev"}
RESOURCES = {  # what each action is asked of, where it is not everything
    "ecs:DescribeServices": f"{ECS}:service/lotus-dev/lotus-dev-service",
    "ecs:UpdateService": f"{ECS}:service/lotus-dev/lotus-dev-service",
    "ecs:DescribeTasks": f"{ECS}:task/lotus-dev/x",
    "ecs:StopTask": f"{ECS}:task/lotus-dev/x",
    "ecs:ExecuteCommand": f"{ECS}:task/lotus-dev/x",
    "ecs:ListTasks": f"{ECS}:container-instance/lotus-dev/x",
    "ecs:DescribeClusters": f"{ECS}:cluster/lotus-dev",
    "ecs:RunTask": f"{ECS}:task-definition/lotus-dev-migrate:1",
    "ecs:RegisterTaskDefinition": f"{ECS}:task-definition/lotus-dev-migrate:2",
    "logs:FilterLogEvents": LOGS,
    "logs:GetLogEvents": LOGS,
    "logs:CreateLogStream": LOGS,
    "logs:PutLogEvents": LOGS,
    "rds:CreateDBSnapshot": f"{RDS}:db:lotus-dev",
    "rds:DeleteDBInstance": f"{RDS}:db:lotus-dev-drill",
    "rds:RestoreDBInstanceFromDBSnapshot": f"{RDS}:snapshot:lotus-dev-20261128-060000",
    "rds:RestoreDBInstanceToPointInTime": f"{RDS}:db:lotus-dev",
    "scheduler:ListSchedules": "arn:aws:scheduler:us-east-2:123456789012:schedule/lotus-dev/x",
    "scheduler:GetSchedule": "arn:aws:scheduler:us-east-2:123456789012:schedule/lotus-dev/x",
    "scheduler:UpdateSchedule": "arn:aws:scheduler:us-east-2:123456789012:schedule/lotus-dev/x",
    "ssm:GetParameter": "arn:aws:ssm:us-east-2:123456789012:parameter/lotus/image",
    "ssm:PutParameter": "arn:aws:ssm:us-east-2:123456789012:parameter/lotus/image",
    "ssm:StartSession": f"{ECS}:task/lotus-dev/x",
    "s3:GetObject": f"{BUCKET}/aws.json",
    "s3:PutObject": f"{BUCKET}/temp/source/1.zip",
    "budgets:ViewBudget": "arn:aws:budgets::123456789012:budget/lotus-dev",
    **dict.fromkeys(
        (
            f"ecr:{verb}"
            for verb in ("DescribeImages", "DescribeRepositories", "ListImages", "BatchDeleteImage")
        ),
        "arn:aws:ecr:us-east-2:123456789012:repository/lotus",
    ),
    **dict.fromkeys(
        (f"codebuild:{verb}" for verb in ("StartBuild", "BatchGetBuilds")),
        "arn:aws:codebuild:us-east-2:123456789012:project/lotus-build",
    ),
    **dict.fromkeys(
        (
            f"s3:{verb}"
            for verb in (
                "GetBucketLocation",
                "GetBucketPolicy",
                "GetBucketPublicAccessBlock",
                "GetLifecycleConfiguration",
            )
        ),
        BUCKET,
    ),
    **dict.fromkeys(
        (
            f"iam:{verb}"
            for verb in ("GetRole", "GetRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies")
        ),
        "arn:aws:iam::123456789012:role/lotus",
    ),
    **dict.fromkeys(
        (
            f"secretsmanager:{verb}"
            for verb in ("DescribeSecret", "ListSecretVersionIds", "PutSecretValue")
        ),
        "arn:aws:secretsmanager:us-east-2:123456789012:secret:lotus/replicate-1",
    ),
}
# `lotus ops destroy` is for whoever may also run `terraform destroy`.
DESTROYS = {"rds:DeleteDBSnapshot", "rds:ModifyDBInstance", "secretsmanager:DeleteSecret"}
# Only where somebody attached a managed policy to a role of lotus, which Terraform does not.
ATTACHED_ONLY = {"iam:GetPolicy", "iam:GetPolicyVersion"}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    with copied(tmp_path_factory.mktemp("terraform") / "terraform") as program:
        yield _made(program)


def _made(program: Terraform) -> Made:
    return program.made("dev")


@cache
def _operations(service: str) -> dict[str, str]:
    model = botocore.session.get_session().get_service_model(service)
    return {xform_name(name): name for name in model.operation_names}


def _called(paths: list[Path]) -> set[str]:
    """The actions of every call in the code: of accounts, and of steps that change something."""
    found = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                if node.value.startswith("s3:Get") and "Bucket" in node.value:
                    found.add(node.value)  # of which the check of the bucket says its permission
                if node.value.startswith("restore_db_instance_"):
                    found.add(_action("rds", node.value))
            if not isinstance(node, ast.Call):
                continue
            name = (
                node.func.attr
                if isinstance(node.func, ast.Attribute)
                else getattr(node.func, "id", "")
            )
            first = 1 if name == "OperationStep" else 0
            words = [
                one.value for one in node.args[first : first + 2] if isinstance(one, ast.Constant)
            ]
            if name in ("OperationStep", "call", "find", "pages") and len(words) == 2:
                found.add(_action(*map(str, words)))
    return found


def _action(service: str, operation: str) -> str:
    action = f"{PREFIXES.get(service, service)}:{_operations(service)[operation]}"
    return NAMES.get(action, action)


def _policies(made: Made, role: str) -> list[dict[str, Any]]:
    """What the role of people, or of a machine, may do."""
    name = f"lotus-dev-{role}"
    return [
        json.loads(one["policy"]) for one in made.of("aws_iam_role_policy") if one["role"] == name
    ]


def _refused(made: Made, role: str, actions: set[str]) -> list[str]:
    policies = _policies(made, role)
    assert policies, role
    return sorted(
        action
        for action in actions - FREE
        if not decide(policies, action, RESOURCES.get(action, "*"), CONTEXT).allowed
    )


def _modules(*names: str) -> list[Path]:
    chosen = [CODE / name for name in names]
    return [path for one in chosen for path in (one.rglob("*.py") if one.is_dir() else [one])]


def test_whoever_only_looks_may_ask_all_that_lotus_asks_and_change_nothing(made: Made) -> None:
    asked = _called(_modules(*LOOKING)) - ATTACHED_ONLY
    assert len(asked) > 30
    asked = {one for one in asked if ":Put" not in one}
    assert _refused(made, "reader", asked) == []
    changes = {one for one in _called(_modules("")) if one not in asked}
    assert "ecs:UpdateService" in changes
    allowed = changes - set(_refused(made, "reader", changes)) - FREE
    verbs = ("Describe", "Get", "List", "View")
    assert {one for one in allowed if not one.split(":")[1].startswith(verbs)} == set()


def test_an_operator_may_do_all_that_lotus_ops_does(made: Made) -> None:
    called = _called(_modules("")) - ATTACHED_ONLY
    assert len(called) > 60
    assert _refused(made, "operator", called) == sorted(DESTROYS), "and nothing for good"
    for forbidden in (
        "iam:PutRolePolicy",
        "ecs:DeleteCluster",
        "s3:DeleteBucket",
        "rds:ModifyDBInstance",
    ):
        assert not decide(_policies(made, "operator"), forbidden, "*", CONTEXT).allowed
    database = f"{RDS}:db:lotus-dev"
    assert not decide(_policies(made, "operator"), "rds:DeleteDBInstance", database).allowed


def test_whoever_deploys_may_build_deploy_and_migrate_and_not_read_a_secret(made: Made) -> None:
    wanted = {
        "ecs:RegisterTaskDefinition",
        "ecs:UpdateService",
        "ecs:RunTask",
        "ecs:DescribeServices",
        "ecs:DescribeTasks",
        "ssm:PutParameter",
        "codebuild:StartBuild",
        "s3:PutObject",
        "ecr:DescribeImages",
        "logs:GetLogEvents",
        "logs:PutLogEvents",
    }
    assert _refused(made, "deploy", wanted) == []
    forbidden = {"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "ecs:StopTask"}
    assert set(_refused(made, "deploy", forbidden)) == forbidden


@pytest.mark.parametrize("role", ["execution", "task", "driver", "schedule"])
def test_a_role_of_a_machine_may_do_what_the_doctor_looks_for(made: Made, role: str) -> None:
    value = made.outputs["lotus"]
    env = Environment.model_validate(
        {**value, "bucket": "lotus", "repository": "lotus", "log_groups": {"service": "lotus"}}
    )
    lent = {"arn:aws:iam::123456789012:role/lotus"} if role in ("driver", "schedule") else set()
    wanted = needs(env, "aws", "123456789012", role, lent)
    refused = [
        need
        for need in wanted
        if not decide(_policies(made, role), need.action, need.resource, need.context).allowed
    ]
    assert wanted
    assert refused == []


def test_nobody_of_another_account_borrows_a_role_of_a_machine(made: Made) -> None:
    machines = [
        json.loads(one["assume_role_policy"])["Statement"][0]
        for one in made.of("aws_iam_role")
        if "Service" in str(one["assume_role_policy"])
    ]
    assert len(machines) == 5
    assert all("aws:SourceArn" in str(one.get("Condition")) for one in machines)
