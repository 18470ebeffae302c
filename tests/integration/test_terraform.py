"""terraform/: the real program finds nothing wrong with it, and what it would make is what it
should be.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lotus.aws.begin import secret_settings
from lotus.aws.checks.database import allowed_connections
from lotus.aws.checks.mails import ALARMS
from lotus.aws.idle import idle_cost
from lotus.store.objects import PREFIXES
from tests.terraform import extract
from tests.terraform.running import ENVIRONMENTS, ROOT, SECRETS, Made, Terraform, copied, variables

# Actions for which AWS knows no narrower resource than a star, and why they are needed.
WITHOUT_RESOURCES = {
    "ecr:GetAuthorizationToken",  # a login for the registry as a whole
    "acm:ListCertificates",
    "ce:GetAnomalies",
    "cloudwatch:DescribeAlarms",
    "cloudwatch:GetMetricStatistics",
    "ec2:DescribeNetworkAcls",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeRouteTables",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeVpcAttribute",
    "ec2:DescribeVpcEndpoints",
    "elasticloadbalancing:DescribeLoadBalancerAttributes",
    "elasticloadbalancing:DescribeTargetGroups",
    "elasticloadbalancing:DescribeTargetHealth",
    "logs:DescribeLogGroups",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:DescribeEvents",
    "servicequotas:GetServiceQuota",
    "ecs:DeregisterTaskDefinition",
    "ecs:DescribeTaskDefinition",
    "ecs:ListTaskDefinitions",
    *(
        f"ssmmessages:{verb}{kind}Channel"
        for verb in ("Create", "Open")
        for kind in ("Control", "Data")
    ),
}


READS = re.compile("Describe|Get|List|BatchGet")  # what `terraform plan` asks changes nothing


@pytest.fixture(scope="module")
def terraform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Terraform]:
    with copied(tmp_path_factory.mktemp("terraform") / "terraform") as program:
        yield program


@pytest.fixture(scope="module")
def made(terraform: Terraform) -> Any:
    return cache(terraform.made)


def test_the_configuration_is_formatted_and_valid(terraform: Terraform) -> None:
    formatted = terraform("fmt", "-check", "-recursive", "-diff")
    assert formatted.returncode == 0, formatted.stdout
    valid = terraform("validate", "-no-color")
    assert valid.returncode == 0, valid.stdout + valid.stderr
    assert "Warning" not in valid.stdout


@pytest.mark.slow
def test_each_module_does_what_it_should(terraform: Terraform) -> None:
    done = terraform("test", "-no-color", "-filter=tests/modules.tftest.hcl")
    assert done.returncode == 0, done.stdout + done.stderr
    tried = set(
        re.findall(r'source = "\./modules/(\w+)"', (ROOT / "tests/modules.tftest.hcl").read_text())
    )
    assert tried == {path.name for path in (ROOT / "modules").iterdir()}


@pytest.mark.slow
def test_what_is_wrong_is_refused_before_anything_is_made(terraform: Terraform) -> None:
    where = ("-filter=tests/validation.tftest.hcl", "-var-file=environments/prod.tfvars")
    done = terraform("test", "-no-color", *where)
    assert done.returncode == 0, done.stdout + done.stderr


FAULTS = [  # a file, what stands in it, what somebody might write instead
    ("modules/network/main.tf", "enable_dns_support ", "enable_dns_suport "),
    ("modules/registry/main.tf", "name                 = var.name", ""),
    ("modules/database/main.tf", "= var.server.multi_az", "= [1]"),
    (
        "modules/service/main.tf",
        "target_group_arn = aws_lb_target_group",
        "target_arn = aws_lb_target_group",
    ),
    ("main.tf", "module.network.vpc_id", "module.network.vpc"),
    ("modules/iam/main.tf", "aws_iam_role.task.arn", "aws_iam_role.tasks.arn"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("file", "right", "wrong"), FAULTS, ids=lambda value: value)
def test_a_planted_fault_is_found(terraform: Terraform, file: str, right: str, wrong: str) -> None:
    path = terraform.folder / file
    before = path.read_text()
    assert right in before
    path.write_text(before.replace(right, wrong, 1))
    try:
        assert terraform("validate", "-no-color").returncode == 1
    finally:
        path.write_text(before)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_is_made(made: Any, environment: str) -> None:
    kinds = {found["type"] for found in made(environment).resources}
    assert {
        "aws_ecs_cluster",
        "aws_db_instance",
        "aws_s3_bucket",
        "aws_scheduler_schedule",
    } <= kinds
    assert ("aws_lb" in kinds) == ("aws_nat_gateway" in kinds) == (environment == "prod")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_open_to_the_world_but_the_load_balancer(made: Any, environment: str) -> None:
    resources = made(environment)
    doors = [
        found for found in resources.of("aws_vpc_security_group_ingress_rule") if found["cidr_ipv4"]
    ]
    balancers = [
        group["id"]
        for group in resources.of("aws_security_group")
        if "load-balancer" in group["name"]
    ]
    assert {door["security_group_id"] for door in doors} <= set(balancers)
    assert all(door["from_port"] == door["to_port"] for door in doors)
    assert {door["from_port"] for door in doors} <= {80, 443}, "80 only leads to 443"
    assert [found["publicly_accessible"] for found in resources.of("aws_db_instance")] == [False]
    for block in resources.of("aws_s3_bucket_public_access_block"):
        assert all(
            block[name] for name in block if name.startswith(("block_", "ignore_", "restrict_"))
        )
    assert len(resources.of("aws_s3_bucket_public_access_block")) == len(
        resources.of("aws_s3_bucket")
    )


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_task_is_reached_only_by_other_tasks_and_the_load_balancer(
    made: Any, environment: str
) -> None:
    resources = made(environment)
    groups = {
        group["id"]: group["name"].removeprefix(f"lotus-{environment}-")
        for group in resources.of("aws_security_group")
    }
    doors = {
        (
            groups[door["referenced_security_group_id"]],
            groups[door["security_group_id"]],
            door["from_port"],
        )
        for door in resources.of("aws_vpc_security_group_ingress_rule")
        if door["referenced_security_group_id"]
    }
    expected = {("tasks", "tasks", 1024), ("tasks", "database", 5432)}
    assert doors == expected | (
        {("load-balancer", "tasks", 8000)} if environment == "prod" else set()
    )


def _statements(resources: Made) -> Iterator[tuple[str, dict[str, Any]]]:
    for policy in resources.of("aws_iam_role_policy"):
        for statement in json.loads(policy["policy"])["Statement"]:
            yield policy["name"], statement


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else value


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_role_may_do_more_than_it_must(made: Any, environment: str) -> None:
    resources = made(environment)
    for name, statement in _statements(resources):
        actions = _listed(statement["Action"])
        assert [action for action in actions if "*" in action] == [], name
        if name == "plan":
            assert all(READS.match(action.split(":")[1]) for action in actions), actions
        elif "*" in _listed(statement["Resource"]):
            assert set(actions) <= WITHOUT_RESOURCES, f"{name}: {actions}"
        if "iam:PassRole" in actions:
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"] in (
                "ecs-tasks.amazonaws.com",
                "scheduler.amazonaws.com",
            )
    for role in resources.of("aws_iam_role"):
        for statement in json.loads(role["assume_role_policy"])["Statement"]:
            assert statement["Principal"] not in ("*", {"AWS": "*"})
    assert not resources.of("aws_iam_role_policy_attachment")


def test_who_starts_tasks_may_tag_them_or_the_budget_would_not_count_them(made: Any) -> None:
    may: dict[str, set[str]] = {}
    for name, statement in _statements(made("dev")):
        may.setdefault(name, set()).update(_listed(statement["Action"]))
    starters = {name for name, actions in may.items() if "ecs:RunTask" in actions}
    assert starters == {"bytes-and-workers", "run-tasks", "deploy"}
    assert all("ecs:TagResource" in may[name] for name in starters)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_secret_is_injected_and_never_written_out(made: Any, environment: str) -> None:
    resources = made(environment)
    for task in resources.of("aws_ecs_task_definition"):
        (container,) = json.loads(task["container_definitions"])
        plain = {item["name"]: item["value"] for item in container["environment"]}
        assert {item["name"] for item in container["secrets"]} == {
            "REPLICATE_API_TOKEN",
            *SECRETS[environment],
            *(["PGPASSWORD"] if container["name"] == "migrate" else []),
        }
        assert not {"PGPASSWORD", *secret_settings()} & set(plain)
        user = "lotus" if container["name"] == "migrate" else "lotus_app"
        assert re.fullmatch(rf"postgresql://{user}@[^:@]+:5432/lotus", plain["DATABASE_URL"])
        assert (plain["DB_IAM"], plain["DB_SSLMODE"]) == ("true", "verify-full")
        only_reads = "lotus_pages@" in plain.get("LOTUS_DASHBOARD_DATABASE_URL", "")
        assert only_reads == (environment == "prod" and container["name"] == "service")
    assert not resources.of("aws_secretsmanager_secret_version")
    assert all(server["password"] is None for server in resources.of("aws_db_instance"))


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_output_is_what_lotus_ops_reads(made: Any, environment: str, tmp_path: Path) -> None:
    from lotus.aws.environment import Environment, read_environment
    from lotus.settings import Settings

    outputs = {name: {"value": value} for name, value in made(environment).outputs.items()}
    (tmp_path / "aws.json").write_text(json.dumps(outputs))
    found = read_environment(Settings.read(LOTUS_AWS=str(tmp_path / "aws.json")))
    assert (found.cluster, found.region) == (f"lotus-{environment}", "us-east-2")
    assert set(outputs["lotus"]["value"]) == set(Environment.model_fields), "one of them says more"


def test_the_bucket_forgets_what_the_store_forgets(made: Any) -> None:
    (rules,) = made("dev").of("aws_s3_bucket_lifecycle_configuration")
    days = {
        rule["filter"][0]["prefix"].rstrip("/"): rule["expiration"][0]["days"]
        for rule in rules["rule"]
        if rule["expiration"]
    }
    assert days == {prefix: kept for prefix, kept in PREFIXES.items() if kept}
    (parts,) = [rule for rule in rules["rule"] if rule["abort_incomplete_multipart_upload"]]
    assert parts["abort_incomplete_multipart_upload"][0]["days_after_initiation"] == 1


def test_the_schema_is_that_of_the_resources_used() -> None:
    import lzma

    have = json.loads(lzma.decompress(extract.SCHEMA.read_bytes()))
    assert set(have) == extract.used_types(), "python -m tests.terraform.extract WHEEL"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_alarms_are_counted_and_the_connections_are_those_of_the_class(
    made: Any, environment: str
) -> None:
    alarms = made(environment).of("aws_cloudwatch_metric_alarm")
    (bill,) = [line for line in idle_cost(variables(environment)) if line.what == "alarms"]
    assert int(bill.quantity) == len(alarms)
    names = {one["alarm_name"].removeprefix(f"lotus-{environment}-"): one for one in alarms}
    size = variables(environment)["database"]["class"]
    assert names["connections"]["threshold"] == int(0.8 * allowed_connections(size))
    assert ("running" in names) == ("healthy" in names) == (environment == "prod")
    assert {f"alarm {name}" for name in names} <= {one.name for one in ALARMS}, "no remedy"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_task_runs_the_image_of_the_parameter(made: Any, environment: str) -> None:
    (parameter,) = made(environment).of("aws_ssm_parameter")
    assert parameter["name"] == f"/lotus-{environment}/image"
    for task in made(environment).of("aws_ecs_task_definition"):
        (container,) = json.loads(task["container_definitions"])
        assert container["image"].endswith(f":{parameter['insecure_value']}")
        assert task["skip_destroy"] is True
    text = (ROOT / "modules/registry/main.tf").read_text()
    assert "ignore_changes = [insecure_value]" in text


def _cost_table() -> str:
    lines = {env: {line.what: line for line in idle_cost(variables(env))} for env in ENVIRONMENTS}
    whats = list(dict.fromkeys(what for env in reversed(ENVIRONMENTS) for what in lines[env]))
    rows = ["| what | dev | prod | source |", "| --- | --: | --: | --- |"]
    for what in whats:
        cells = [_cell(lines[env].get(what)) for env in ENVIRONMENTS]
        source = next(lines[env][what].source for env in ENVIRONMENTS if what in lines[env])
        rows.append(f"| {what} | {' | '.join(cells)} | <{source}> |")
    totals = [
        f"**{sum(line.month_usd for line in lines[env].values()):.2f}**" for env in ENVIRONMENTS
    ]
    return "\n".join([*rows, f"| **USD a month** | {' | '.join(totals)} | |"])


def _cell(line: Any) -> str:
    return "-" if line is None else f"{line.month_usd:.2f} ({line.quantity})"


def test_the_readme_says_what_an_idle_environment_costs() -> None:
    assert _cost_table() in (ROOT / "README.md").read_text(), _cost_table()


def test_an_idle_dev_environment_costs_less_than_sixteen_dollars_a_month() -> None:
    total = sum(line.month_usd for line in idle_cost(variables("dev")))
    assert Decimal(10) < total < Decimal(16)
