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

from lotus.aws.checks import AWS_CHECKS
from lotus.aws.checks.roles import needs
from lotus.aws.environment import Environment
from lotus.aws.explain import KINDS
from lotus.aws.policies import decide
from tests.curing import commands
from tests.terraform.running import ROOT, Made, Terraform, copied

CODE = ROOT.parent / "lotus" / "aws"
LOOKING = ("checks", "status.py", "logs.py", "report.py", "images.py")
ECS = "arn:aws:ecs:us-east-2:123456789012"
RDS = "arn:aws:rds:us-east-2:123456789012"
LOGS = "arn:aws:logs:us-east-2:123456789012:log-group:lotus:log-stream:x"
BUCKET = "arn:aws:s3:::lotus"
PREFIXES = {"elbv2": "elasticloadbalancing", "service-quotas": "servicequotas"}
NAMES = {  # AWS gives these another name in policies
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration",
}
FREE = {"sts:GetCallerIdentity"}  # which nobody has to be allowed
CONTEXT = {
    "ecs:cluster": f"{ECS}:cluster/lotus-dev",
    "application-autoscaling:service-namespace": "ecs",
}
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
    "rds:DescribeDBProxies": f"{RDS}:db-proxy:prx-1",
    "rds:DescribeDBProxyTargets": f"{RDS}:target-group:prx-tg-1",
    "application-autoscaling:RegisterScalableTarget": (
        "arn:aws:application-autoscaling:us-east-2:123456789012:scalable-target/1"
    ),
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
# What a remedy changes is for whoever may also run `terraform apply`, but for these.
OPERATED = {
    "rds:RebootDBInstance",
    "rds:StartDBInstance",
    "rds:StopDBInstance",
    "secretsmanager:RestoreSecret",
}
OF_ECS = "arn:aws:iam::123456789012:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"


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
    verbs = ("Describe", "Get", "List", "View", "BatchGet")
    assert {one for one in allowed if not one.split(":")[1].startswith(verbs)} == set()


def test_an_operator_may_do_all_that_lotus_ops_does(made: Made) -> None:
    called = _called([*_modules(""), *CODE.parent.glob("cli/*.py")]) - ATTACHED_ONLY
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


def _pasted() -> set[str]:
    """The actions of the `aws` commands in all remedies."""
    causes = [
        cause for some in (AWS_CHECKS, KINDS) for one in some.values() for cause in one.causes
    ]
    words = [line for cause in causes for line in commands(cause.remedy) if line[0] == "aws"]
    return {
        _action({"s3api": "s3"}.get(service, service), name.replace("-", "_"))
        for _, service, name, *_ in words
    }


def test_the_aws_commands_of_remedies_may_be_pasted_by_whoever_gets_them(made: Made) -> None:
    verbs = ("Describe", "Get", "List", "Filter")
    pasted = _pasted() - FREE
    reading = {action for action in pasted if action.split(":")[1].startswith(verbs)}
    assert len(reading) > 10
    for role, actions in (("reader", reading), ("operator", reading | OPERATED)):
        policies = _policies(made, role)
        for action in actions:
            own = OWN.get(action.split(":")[0], "*")
            tried = (own, RESOURCES.get(action, own), "*")
            assert any(decide(policies, action, one, CONTEXT).allowed for one in tried), action
        assert decide(policies, "iam:GetRole", OF_ECS, CONTEXT).allowed
    assert (
        set(_refused(made, "operator", pasted - reading - OPERATED)) == pasted - reading - OPERATED
    )


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


@pytest.mark.parametrize("role", ["execution", "task", "owner", "driver", "schedule"])
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


# What the provider asks of each kind of resource when it refreshes it: the permissions of the read
# handlers in CloudFormation's public schemas, and of S3 and EC2 what the provider's own Read asks.
BUCKET_READS = """s3:ListBucket s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLocation
    s3:GetBucketLogging s3:GetBucketObjectLockConfiguration s3:GetBucketPolicy
    s3:GetBucketRequestPayment s3:GetBucketTagging s3:GetBucketVersioning s3:GetBucketWebsite
    s3:GetAccelerateConfiguration s3:GetEncryptionConfiguration
    s3:GetLifecycleConfiguration s3:GetReplicationConfiguration s3:GetBucketPublicAccessBlock
    s3:GetBucketOwnershipControls"""
ROLE_READS = "iam:GetRole iam:ListRolePolicies iam:ListAttachedRolePolicies iam:GetRolePolicy"
READS = {
    "aws_acm_certificate": "acm:DescribeCertificate acm:ListTagsForCertificate",
    "aws_budgets_budget": "budgets:ViewBudget budgets:ListTagsForResource",
    "aws_ce_anomaly_monitor": "ce:GetAnomalyMonitors ce:ListTagsForResource",
    "aws_ce_anomaly_subscription": "ce:GetAnomalySubscriptions ce:ListTagsForResource",
    "aws_cloudwatch_dashboard": "cloudwatch:GetDashboard",
    "aws_cloudwatch_event_rule": "events:DescribeRule events:ListTagsForResource",
    "aws_cloudwatch_event_target": "events:ListTargetsByRule",
    "aws_cloudwatch_log_group": "logs:DescribeLogGroups logs:ListTagsForResource",
    "aws_cloudwatch_log_metric_filter": "logs:DescribeMetricFilters",
    "aws_cloudwatch_metric_alarm": "cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource",
    "aws_codebuild_project": "codebuild:BatchGetProjects",
    "aws_db_proxy": "rds:DescribeDBProxies rds:ListTagsForResource",
    "aws_db_proxy_default_target_group": "rds:DescribeDBProxyTargetGroups",
    "aws_db_proxy_target": "rds:DescribeDBProxyTargets",
    "aws_appautoscaling_target": "application-autoscaling:DescribeScalableTargets "
    "application-autoscaling:ListTagsForResource",
    "aws_appautoscaling_policy": "application-autoscaling:DescribeScalingPolicies",
    "aws_db_event_subscription": "rds:DescribeEventSubscriptions rds:ListTagsForResource",
    "aws_db_instance": "rds:DescribeDBInstances rds:ListTagsForResource",
    "aws_db_parameter_group": "rds:DescribeDBParameterGroups rds:DescribeDBParameters",
    "aws_db_subnet_group": "rds:DescribeDBSubnetGroups rds:ListTagsForResource",
    "aws_ecr_lifecycle_policy": "ecr:GetLifecyclePolicy",
    "aws_ecr_repository": "ecr:DescribeRepositories ecr:ListTagsForResource",
    "aws_ecs_cluster": "ecs:DescribeClusters ecs:ListTagsForResource",
    "aws_ecs_service": "ecs:DescribeServices ecs:ListTagsForResource",
    "aws_ecs_task_definition": "ecs:DescribeTaskDefinition",
    "aws_eip": "ec2:DescribeAddresses",
    "aws_iam_role": f"{ROLE_READS} iam:ListInstanceProfilesForRole",
    "aws_internet_gateway": "ec2:DescribeInternetGateways",
    "aws_lb": "elasticloadbalancing:DescribeLoadBalancers elasticloadbalancing:DescribeTags "
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "aws_lb_listener": "elasticloadbalancing:DescribeListeners "
    "elasticloadbalancing:DescribeListenerAttributes",
    "aws_lb_listener_rule": "elasticloadbalancing:DescribeRules",
    "aws_lb_target_group": "elasticloadbalancing:DescribeTargetGroups "
    "elasticloadbalancing:DescribeTargetGroupAttributes",
    "aws_nat_gateway": "ec2:DescribeNatGateways",
    "aws_route": "ec2:DescribeRouteTables",
    "aws_route53_record": "route53:ListResourceRecordSets route53:GetHostedZone",
    "aws_s3_bucket": BUCKET_READS,
    "aws_s3_object": "s3:GetObject s3:GetObjectTagging",
    "aws_scheduler_schedule": "scheduler:GetSchedule",
    "aws_scheduler_schedule_group": "scheduler:GetScheduleGroup scheduler:ListTagsForResource",
    "aws_secretsmanager_secret": "secretsmanager:DescribeSecret secretsmanager:GetResourcePolicy",
    "aws_security_group": "ec2:DescribeSecurityGroups ec2:DescribeSecurityGroupRules",
    "aws_sns_topic": "sns:GetTopicAttributes sns:ListTagsForResource",
    "aws_sns_topic_subscription": "sns:GetSubscriptionAttributes",
    "aws_ssm_parameter": "ssm:GetParameter ssm:DescribeParameters ssm:ListTagsForResource",
    "aws_subnet": "ec2:DescribeSubnets",
    "aws_vpc": "ec2:DescribeVpcs ec2:DescribeVpcAttribute ec2:DescribeNetworkAcls",
    "aws_vpc_endpoint": "ec2:DescribeVpcEndpoints ec2:DescribePrefixLists",
    "aws_wafv2_web_acl": "wafv2:GetWebACL wafv2:GetWebACLForResource wafv2:ListTagsForResource",
    "data.aws_availability_zones": "ec2:DescribeAvailabilityZones",
}
PARTS = """aws_acm_certificate_validation aws_default_security_group
    aws_ecs_cluster_capacity_providers
    aws_iam_role_policy aws_route_table aws_route_table_association
    aws_secretsmanager_secret_rotation aws_sns_topic_policy aws_vpc_security_group_egress_rule
    aws_vpc_security_group_ingress_rule aws_wafv2_web_acl_association
    aws_iam_openid_connect_provider data.aws_caller_identity data.aws_partition data.aws_region
    provider aws_s3_bucket_lifecycle_configuration aws_s3_bucket_ownership_controls
    aws_s3_bucket_policy aws_s3_bucket_public_access_block
    aws_s3_bucket_server_side_encryption_configuration aws_s3_bucket_versioning"""
SAME = set(PARTS.split())  # parts of what is above, read by the same calls
OWN = {  # a resource of the environment, by service
    "codebuild": "arn:aws:codebuild:us-east-2:123456789012:project/lotus-build",
    "ecr": "arn:aws:ecr:us-east-2:123456789012:repository/lotus",
    "ecs": f"{ECS}:service/lotus-dev/lotus-dev-service",
    "events": "arn:aws:events:us-east-2:123456789012:rule/lotus-dev-failed",
    "logs": "arn:aws:logs:us-east-2:123456789012:log-group:/lotus-dev/service",
    "rds": f"{RDS}:db:lotus-dev",
    "s3": BUCKET,
    "scheduler": "arn:aws:scheduler:us-east-2:123456789012:schedule-group/lotus-dev",
    "secretsmanager": "arn:aws:secretsmanager:us-east-2:123456789012:secret:lotus/replicate-1",
    "sns": "arn:aws:sns:us-east-2:123456789012:lotus-dev-alarms",
    "ssm": "arn:aws:ssm:us-east-2:123456789012:parameter/lotus/image",
    "iam": "arn:aws:iam::123456789012:role/lotus-dev-task",
}


def test_the_role_that_only_looks_may_read_all_that_a_plan_reads(made: Made) -> None:
    from tests.terraform.extract import used_types

    assert used_types() == set(READS) | SAME, "say what a plan asks of it"
    policies = _policies(made, "reader")
    state = "arn:aws:s3:::lotus-terraform-state-123456789012"
    assert decide(policies, "s3:GetObject", f"{state}/dev/terraform.tfstate").allowed
    assert decide(policies, "s3:ListBucket", state).allowed
    assert not decide(policies, "s3:PutObject", f"{state}/dev/terraform.tfstate").allowed
    for kind, actions in READS.items():
        for action in actions.split():
            own = OWN.get(action.split(":")[0], "*")
            own += "/aws.json" if "Object" in action and "Lock" not in action else ""
            tried = (own, RESOURCES.get(action, own), "*")
            assert any(decide(policies, action, one, CONTEXT).allowed for one in tried), (
                f"{kind}: {action}"
            )


def test_the_policies_of_a_role_fit_into_what_iam_allows(made: Made) -> None:
    for role in ("reader", "operator", "deploy", "driver", "task", "owner", "execution"):
        size = sum(len(json.dumps(one, separators=(",", ":"))) for one in _policies(made, role))
        assert size <= 10_240, f"{role}: {size}"  # all inline policies of a role together


def test_nobody_of_another_account_borrows_a_role_of_a_machine(made: Made) -> None:
    machines = [
        json.loads(one["assume_role_policy"])["Statement"][0]
        for one in made.of("aws_iam_role")
        if "Service" in str(one["assume_role_policy"])
    ]
    assert len(machines) == 6
    assert all("aws:SourceArn" in str(one.get("Condition")) for one in machines)
