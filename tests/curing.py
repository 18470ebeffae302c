"""Runs remedies as they are printed, against moto: `lotus` by its command line, `aws` by the models
of botocore, `terraform apply` as what it would put back.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import botocore.session
from botocore import xform_name

from lotus.aws.images import newest_tags
from tests import aws
from tests.aws import NAME, REGION, Cloud
from tests.driving import all_commands, inside

ROOT = Path(__file__).parents[1]
BUILT = "built"
PROGRAMS = ("lotus", "aws", "terraform")
VERBS = ("apply", "destroy", "force-unlock", "import", "init", "output", "plan")
TYPES: dict[str, Callable[[str], Any]] = {"integer": int, "boolean": lambda text: text != "false"}


def commands(remedy: str) -> list[list[str]]:
    """The commands of a remedy: between backticks, or from its beginning."""
    quoted = [text for text in re.findall(r"`([^`]+)`", remedy) if text.split()[0] in PROGRAMS]
    plain = re.match(r"(?:lotus|aws|terraform) [^,;`]+", remedy)
    return [shlex.split(text) for text in [*([plain[0]] if plain else []), *quoted]]


def check(words: list[str]) -> None:
    """Fails unless the command can be pasted: it exists, with these options, in its region."""
    {"lotus": _check_lotus, "aws": _aws, "terraform": _terraform}[words[0]](words)


def run(cloud: Cloud, words: list[str]) -> None:
    """Run a command that was checked."""
    check(words)
    if words[0] == "terraform":
        if words[2] == "apply":
            apply(cloud, [word.removeprefix("-target=") for word in words if "-target" in word])
            cloud.write(Path(os.environ["LOTUS_AWS"]))
    elif words[0] == "aws":
        service, operation, arguments = _aws(words)
        if service == "service-quotas":  # moto knows none of Fargate
            return
        cloud.client(service)._make_api_call(operation, arguments)
    else:
        _lotus(cloud, words)


def _lotus(cloud: Cloud, words: list[str]) -> None:
    words = [_filled(cloud, word) for word in words[1:]]
    verb = words[1] if len(words) > 1 else ""
    options = {name for option in _command(["lotus", *words]).params for name in option.opts}
    own = words.index("lotus") if "lotus" in words else len(words)
    extra = ["--yes"] if "--yes" in options and "--yes" not in words[:own] else []
    extra += ["--wait", "0"] if "--wait" in options and verb in ("run", "migrate") else []
    if words[1:3] == ["secrets", "set"]:
        words[3] = "replicate" if words[3] == "NAME" else words[3]
        said = inside(*words, typed="r8_" + "New" * 13)
        assert said.code == 0, said.err
        return
    if words[-1] == "s3://ANOTHER":  # a bucket that a person makes first
        return
    if verb == "rollback" and "2" not in newest_tags(cloud.account):
        aws.push(cloud, "2")  # with which it began
        assert inside("ops", "deploy", "2", "--yes", "--wait", "0").code == 0
    if verb == "build":
        extra += ["--source", str(ROOT), *([] if "--tag" in words else ["--tag", BUILT])]
    said = inside(*words[:own], *extra, *words[own:])
    built = words[words.index("--tag") + 1] if "--tag" in words else BUILT
    if verb == "build" and built not in newest_tags(cloud.account):
        aws.push(cloud, built)  # as CodeBuild does
    if verb == "restart":
        _replace_tasks(cloud)
    found_wrong = words[0] == "doctor" and said.code == 1
    assert said.code == 0 or found_wrong, f"{' '.join(words)}: {said.err}{said.out}"


def _replace_tasks(cloud: Cloud) -> None:
    """As ECS does when a service gets a new deployment; moto leaves tasks as they are."""
    for arn, task in list(cloud.backend("ecs").tasks.get(NAME, {}).items()):
        if task.task_definition_arn.split("/")[-1].startswith(f"{NAME}-service"):
            cloud.client("ecs").stop_task(cluster=NAME, task=arn, reason="Scaling activity")
            new = cloud.backend("ecs").tasks[NAME][cloud.run("service")]
            new.started_at = datetime.now(UTC) + timedelta(seconds=1)


def _filled(cloud: Cloud, word: str) -> str:
    """A word in capitals is for whoever pastes it: here the newest image."""
    return newest_tags(cloud.account)[0] if word == "TAG" else word


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _command(words: list[str]) -> Any:
    """The command of lotus. Fails if there is none."""
    found: Any = all_commands()
    left = words[1:]
    while left and hasattr(found, "commands"):
        name = left.pop(0)
        if name.startswith("--"):  # an option of a command that has others below it
            break
        assert name in found.commands, f"no command {name}"
        found = found.commands[name]
    return found


def _check_lotus(words: list[str]) -> None:
    found = _command(words)
    own = words
    if found.name in ("run", "exec") and "lotus" in words[1:]:
        inner = words.index("lotus", 1)
        _check_lotus(words[inner:])
        own = words[:inner]
    options = {name for option in found.params for name in option.opts}
    assert {word for word in own if word.startswith("--")} <= options, own


def _aws(words: list[str]) -> tuple[str, str, dict[str, Any]]:
    """The service, the operation and its arguments. Fails for what AWS's models do not know."""
    _, service, name, *options = words
    service = {"s3api": "s3"}.get(service, service)
    model = _model(service)
    operations = {xform_name(one, "-"): one for one in model.operation_names}
    operation = operations[name]
    members = model.operation_model(operation).input_shape.members
    known = {xform_name(one, "-"): (one, shape) for one, shape in members.items()}
    arguments: dict[str, Any] = {}
    region = None
    while options:
        option = options.pop(0).removeprefix("--")
        if option == "region":
            region = options.pop(0)
            continue
        if option == "ingress" and "egress" in known:  # --egress | --ingress
            arguments[known["egress"][0]] = False
            continue
        member, shape = known[option]
        if shape.type_name == "boolean":
            arguments[member] = True
        elif shape.type_name == "list":
            values = []
            while options and not options[0].startswith("--"):
                values.append(options.pop(0))
            arguments[member] = [_shorthand(value) for value in values]
        else:
            arguments[member] = TYPES.get(shape.type_name, str)(options.pop(0))
    required = set(model.operation_model(operation).input_shape.required_members)
    lacking = required - set(arguments) - {"Egress"}
    assert not lacking, f"{words}: without {lacking}"
    assert region == REGION or service == "iam", f"{words}: in no region"
    return service, operation, arguments


def _shorthand(value: str) -> Any:
    """`Name=x,Values=a,b` as the AWS CLI reads it; another text as it is."""
    found = re.fullmatch(r"Name=([^,]+),Values=(.+)", value)
    return {"Name": found[1], "Values": found[2].split(",")} if found else value


def _terraform(words: list[str]) -> None:
    program, where, verb, *options = words
    assert program == "terraform"
    assert where in ("-chdir=terraform", "-chdir=terraform/modules/state")
    assert verb in VERBS, words
    if verb in ("import", "force-unlock"):
        assert all(word.isupper() for word in options), "for whoever pastes it"
        return
    text = "\n".join(path.read_text() for path in (ROOT / "terraform").glob("*.tf"))
    for option in options:
        name, _, value = option.partition("=")
        if name == "-target":
            kind, _, label = value.partition(".")
            block = f'module "{label}"' if kind == "module" else f'resource "{kind}" "{label}"'
            assert block in text, f"there is no {value}"
        elif name in ("-var-file", "-backend-config"):
            assert (ROOT / "terraform" / value).is_file(), value
        else:
            assert option in ("-json", "-reconfigure", "-upgrade"), option


def apply(cloud: Cloud, targets: list[str]) -> None:
    """What `terraform apply` would put back, for the targets or for all."""
    for target in targets or list(APPLIED):
        APPLIED.get(target, lambda cloud: None)(cloud)


def _network(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    table = cloud.names["route_table"]
    gateways = ec2.describe_internet_gateways()["InternetGateways"]
    gateway = next(one for one in gateways if one["Attachments"])["InternetGatewayId"]
    routes = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
    if not any(one.get("DestinationCidrBlock") == "0.0.0.0/0" for one in routes):
        ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    here = [{"Name": "vpc-id", "Values": [cloud.names["vpc"]]}]
    there = {one["SubnetId"]: one for one in ec2.describe_subnets(Filters=here)["Subnets"]}
    for n, subnet in enumerate(cloud.names["subnets"]):
        if subnet not in there:
            made = ec2.create_subnet(VpcId=cloud.names["vpc"], CidrBlock=f"10.20.{16 * n}.0/20")
            cloud.names["subnets"][n] = made["Subnet"]["SubnetId"]
            ec2.associate_route_table(RouteTableId=table, SubnetId=made["Subnet"]["SubnetId"])
            _service(cloud)  # which Terraform tells of its new subnet
    ec2.create_vpc_endpoint(
        VpcId=cloud.names["vpc"],
        ServiceName=f"com.amazonaws.{REGION}.s3",
        VpcEndpointType="Gateway",
        RouteTableIds=[table],
    )


def _security(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    tasks, database = cloud.names["security_group"], cloud.names["database_group"]
    wanted = [
        (ec2.authorize_security_group_ingress, database, aws.among(5432, tasks)),
        (ec2.authorize_security_group_egress, tasks, aws.HTTPS),
        (ec2.authorize_security_group_egress, tasks, aws.among(5432, database)),
    ]
    for authorize, group, rule in wanted:
        with suppress(ec2.exceptions.ClientError):  # it is there
            authorize(GroupId=group, IpPermissions=[rule])


def _registry(cloud: Cloud) -> None:
    ecr = cloud.client("ecr")
    try:
        ecr.create_repository(repositoryName=NAME)
    except ecr.exceptions.RepositoryAlreadyExistsException:
        return
    aws.push(cloud, "1")  # `lotus ops build`, which the remedy names next


def _storage(cloud: Cloud) -> None:
    s3 = cloud.client("s3")
    if cloud.names["bucket"] not in [one["Name"] for one in s3.list_buckets()["Buckets"]]:
        s3.create_bucket(
            Bucket=cloud.names["bucket"], CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        aws.write_environment(cloud)
    aws.close_bucket(cloud)


def _secrets(cloud: Cloud) -> None:
    client = cloud.client("secretsmanager")
    for arn in cloud.names["secrets"]:
        if not client.list_secrets(Filters=[{"Key": "name", "Values": [_name(arn)]}])["SecretList"]:
            made = client.create_secret(Name=_name(arn))["ARN"]
            cloud.names["secrets"] = [made if one == arn else one for one in cloud.names["secrets"]]
    aws.give_roles(cloud)


def _name(arn: str) -> str:
    return arn.rpartition(":secret:")[2].rpartition("-")[0]


def _cluster(cloud: Cloud) -> None:
    tag = cloud.client("ssm").get_parameter(Name=f"/{NAME}/image")["Parameter"]["Value"]
    for task in aws.TASKS:
        aws.define(cloud, task, tag, memory=cloud.names.get("memory", 1024))


def _service(cloud: Cloud) -> None:
    ecs = cloud.client("ecs")
    names = ecs.describe_services(cluster=NAME, services=[f"{NAME}-service"])["services"]
    network = {"awsvpcConfiguration": aws.placed(cloud)}
    if [one for one in names if one["status"] == "ACTIVE"]:
        ecs.update_service(cluster=NAME, service=f"{NAME}-service", networkConfiguration=network)
    else:
        ecs.create_service(
            cluster=NAME,
            serviceName=f"{NAME}-service",
            taskDefinition=f"{NAME}-service",
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration=network,
        )
        aws.running(cloud, 1)
    if cloud.names.get("target_group"):
        aws.balance(cloud)


def _observability(cloud: Cloud) -> None:
    logs = cloud.client("logs")
    there = {one["logGroupName"] for one in logs.describe_log_groups()["logGroups"]}
    for group in set(cloud.names["log_groups"].values()) - there:
        logs.create_log_group(logGroupName=group)


def _budget(cloud: Cloud) -> None:
    aws.set_budget(cloud)


APPLIED: dict[str, Callable[[Cloud], None]] = {
    "module.network": _network,
    "module.security": _security,
    "module.registry": _registry,
    "module.storage": _storage,
    "aws_s3_object.environment": aws.write_environment,
    "module.secrets": _secrets,
    "module.database": _secrets,
    "module.iam": aws.give_roles,
    "module.observability": _observability,
    "module.cluster": _cluster,
    "module.service": _service,
    "module.schedules": aws.give_schedules,
    "module.budget": _budget,
}
