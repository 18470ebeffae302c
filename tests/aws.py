"""An AWS account for tests: moto's server, with the environment in it that terraform/
would make.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import boto3
import botocore.session
from botocore import xform_name
from botocore.validate import ParamValidator
from moto.backends import get_backend
from moto.ce.responses import CostExplorerResponse
from moto.core.base_backend import BackendDict
from moto.core.botocore_stubber import BotocoreStubber
from moto.core.models import botocore_stubber
from moto.core.responses import ActionResult
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.iam.access_control import IAMPolicyStatement, PermissionResult
from moto.moto_api import state_manager
from moto.server import ThreadedMotoServer
from moto.ssm.responses import SimpleSystemManagerResponse

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.store.lifecycle import wanted_rules

REGION = "us-east-2"
ACCOUNT = "123456789012"
NAME = "lotus-dev"
TASKS = ("service", "worker", "campaign", "migrate")
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": REGION}


def _as_ecs_does(backend: Any) -> None:
    """Where moto's ECS is simpler than the real one: a family, named to a service, is its newest
    revision.
    """
    update = backend.update_service

    def update_service(self: Any, told: dict[str, Any]) -> Any:
        if told.get("task_definition"):
            told["task_definition"] = self.describe_task_definition(told["task_definition"]).arn
        service = update(self, told)
        for deployment in service.deployments:
            deployment["rolloutState"] = "COMPLETED"
        return service

    if "lotus" not in vars(backend):
        backend.update_service = update_service
        backend.lotus = True
        EC2ContainerServiceResponse.execute_command = _shell
        SimpleSystemManagerResponse.start_session = _session
        CostExplorerResponse.get_anomalies = _nothing_unusual
        _as_s3_does()
        _as_a_server_does()


def _as_a_server_does() -> None:
    """A fault of moto itself is an answer of 500, also in this process."""
    process = BotocoreStubber.process_request

    def process_request(self: Any, request: Any) -> Any:
        try:
            return process(self, request)
        except Exception as error:
            return 500, {}, f"<html>{type(error).__name__}</html>"

    BotocoreStubber.process_request = process_request


def _as_s3_does() -> None:
    """Moto denies by a statement whatever its condition: what tests ask counts as over TLS."""
    permitted = IAMPolicyStatement.is_action_permitted

    def is_action_permitted(self: Any, *words: Any, **named: Any) -> Any:
        if "aws:SecureTransport" in str(self._statement.get("Condition")):
            return PermissionResult.NEUTRAL
        return permitted(self, *words, **named)

    IAMPolicyStatement.is_action_permitted = is_action_permitted


def _shell(self: Any) -> ActionResult:
    """What moto's ECS does not know: a session in a container."""
    session = {"sessionId": "s", "streamUrl": "wss://x", "tokenValue": "t"}
    return ActionResult({"session": session, "taskArn": self._get_param("task")})


def _session(self: Any) -> ActionResult:
    """What moto's SSM does not know: a session through which a port leads."""
    assert self._get_param("DocumentName") == "AWS-StartPortForwardingSession"
    return ActionResult({"SessionId": "s", "StreamUrl": "wss://x", "TokenValue": "t"})


def _nothing_unusual(self: Any) -> str:
    """What moto's Cost Explorer does not know: nothing was spent that is not usual."""
    return json.dumps({"Anomalies": []})


@contextmanager
def moto_server() -> Iterator[str]:
    """The server's address, for programs; clients of this process have the same account without
    it. Tasks stay as they are until somebody stops them.
    """
    _as_ecs_does(EC2ContainerServiceBackend)
    os.environ["MOTO_EC2_LOAD_DEFAULT_AMIS"] = "false"  # thousands, for each new account
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    state_manager.set_transition("ecs::task", {"progression": "manual", "times": 1_000_000})
    botocore_stubber.enabled = True
    try:
        yield f"http://{host}:{port}"
    finally:
        botocore_stubber.enabled = False
        server.stop()


@cache  # a client takes longer to make than all that a test asks of it
def client_of(service: str, region: str = REGION) -> Any:
    """A client to which moto answers in this process, without a request to its server."""
    session = botocore.session.get_session()
    session.set_credentials("test", "test")
    return session.create_client(service, region_name=region)


def lent_client(session: boto3.Session, service: str, **config: Any) -> Any:
    """In the place of `Session.client`: one for all tests, where its own configuration does not
    matter.
    """
    return client_of(service, session.region_name)


@dataclass
class Cloud:
    """An environment in moto: what is there, and how to break it."""

    endpoint: str
    names: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of the server."""
        return client_of(service)

    def backend(self, service: str) -> Any:
        """Moto's own objects, for what no call can bring about."""
        return get_backend(service)[ACCOUNT][REGION]

    @property
    def environment(self) -> Environment:
        """As LOTUS_AWS has it."""
        return Environment.model_validate(self.names)

    @property
    def account(self) -> Account:
        """As `lotus ops` has it."""
        return Account(self.environment, self.client)

    def write(self, path: Path) -> Path:
        """The file that `terraform output -json` writes."""
        path.write_text(json.dumps({"lotus": {"value": self.names}}))
        return path

    def run(self, task: str, *, tags: dict[str, str] | None = None) -> str:
        """A task that runs; its ARN."""
        network = {
            "subnets": self.names["subnets"],
            "securityGroups": [self.names["security_group"]],
        }
        answer = self.client("ecs").run_task(
            cluster=NAME,
            taskDefinition=f"{NAME}-{task}",
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": network},
            tags=[{"key": key, "value": value} for key, value in (tags or {}).items()],
        )
        return str(answer["tasks"][0]["taskArn"])

    def ended(self, task: str, reason: str, *, code: int | None = None, said: str = "") -> str:
        """A task that stopped for that reason, with that exit code, after it wrote that line; its
        ARN.
        """
        arn = self.run(task)
        self.client("ecs").stop_task(cluster=NAME, task=arn, reason=reason)
        found = self.backend("ecs").tasks[NAME][arn]
        for container in found.containers:
            container.exitCode = code
            container.name = task
        if said:
            self.say(task, arn.rsplit("/", 1)[-1], said)
        return arn

    def say(self, task: str, task_id: str, *lines: str) -> None:
        """Write lines into a task's log."""
        import time

        logs = self.client("logs")
        group = f"/{NAME}/{task}"
        logs.create_log_stream(logGroupName=group, logStreamName=f"{task}/{task}/{task_id}")
        events = [{"timestamp": int(time.time() * 1000), "message": line} for line in lines]
        logs.put_log_events(
            logGroupName=group, logStreamName=f"{task}/{task}/{task_id}", logEvents=events
        )


_UNTOUCHED: dict[str, Cloud] = {}


def untouched(endpoint: str) -> Cloud:
    """An environment that nobody has changed: the one that is there, or a new one."""
    if endpoint not in _UNTOUCHED:
        BackendDict.reset()
        _UNTOUCHED[endpoint] = build(endpoint)
    return _UNTOUCHED[endpoint]


def touch(endpoint: str) -> None:
    """Somebody is about to change it."""
    _UNTOUCHED.pop(endpoint, None)


def build(endpoint: str) -> Cloud:
    """Everything that terraform/ makes and `lotus ops` or `lotus doctor --aws` looks at."""
    cloud = Cloud(endpoint)
    _network(cloud)
    _containers(cloud)
    _data(cloud)
    cloud.names |= {
        "environment": "dev",
        "region": REGION,
        "cluster": NAME,
        "service": f"{NAME}-service",
        "desired_count": 1,
        "families": {task: f"{NAME}-{task}" for task in TASKS},
        "log_groups": {task: f"/{NAME}/{task}" for task in (*TASKS, "operations")},
        "public_address": True,
        "repository": NAME,
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}",
        "bucket": f"{NAME}-{ACCOUNT}",
        "database": NAME,
        "schedule_group": NAME,
        "schedules": [f"{NAME}-clean"],
        "budget": NAME,
        "worker": {"cpu": 2048, "memory": 4096},
    }
    give_roles(cloud)
    write_environment(cloud)
    return cloud


def write_environment(cloud: Cloud) -> None:
    """The object from which drivers read where they are."""
    body = json.dumps({"lotus": {"value": cloud.names}}).encode()
    cloud.client("s3").put_object(Bucket=cloud.names["bucket"], Key="aws.json", Body=body)


def _network(cloud: Cloud) -> None:
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    subnets = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.20.{16 * n}.0/20", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for n, zone in enumerate("ab")
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    for subnet in subnets:
        ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    endpoint = f"com.amazonaws.{REGION}.s3"
    made = ec2.create_vpc_endpoint(
        VpcId=vpc, ServiceName=endpoint, VpcEndpointType="Gateway", RouteTableIds=[table]
    )
    cloud.names["data_subnets"] = [
        ec2.create_subnet(
            VpcId=vpc, CidrBlock=f"10.20.{16 * n}.0/20", AvailabilityZone=f"{REGION}{zone}"
        )["Subnet"]["SubnetId"]
        for n, zone in ((8, "a"), (9, "b"))
    ]
    tasks, database = (
        ec2.create_security_group(GroupName=f"{NAME}-{name}", Description=name, VpcId=vpc)[
            "GroupId"
        ]
        for name in ("tasks", "database")
    )
    for group in (tasks, database):  # born with a rule that lets everything out
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=[EVERYTHING])
    ec2.authorize_security_group_ingress(GroupId=database, IpPermissions=[among(5432, tasks)])
    ec2.authorize_security_group_ingress(GroupId=tasks, IpPermissions=[among(1024, tasks, 65_535)])
    out = [HTTPS, among(5432, database), among(1024, tasks, 65_535)]
    ec2.authorize_security_group_egress(GroupId=tasks, IpPermissions=out)
    cloud.names |= {
        "vpc": vpc,
        "subnets": subnets,
        "security_group": tasks,
        "database_group": database,
        "database_id": "db-ABC",
    }
    cloud.names["route_table"] = table
    cloud.names["s3_endpoint"] = made["VpcEndpoint"]["VpcEndpointId"]


ANYWHERE = [{"CidrIp": "0.0.0.0/0"}]
EVERYTHING = {"IpProtocol": "-1", "IpRanges": ANYWHERE}
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": ANYWHERE}


def among(port: int, group: str, last: int | None = None) -> dict[str, Any]:
    """A rule that names another group, as all of terraform/modules/security do."""
    pair = {"UserIdGroupPairs": [{"GroupId": group}]}
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": last or port, **pair}


def role_arn(kind: str) -> str:
    """The role of that kind: execution, task, driver, schedule."""
    return f"arn:aws:iam::{ACCOUNT}:role/{NAME}-{kind}"


def _allow(actions: str, *resources: str, **condition: Any) -> dict[str, Any]:
    found = {"Effect": "Allow", "Action": actions.split(), "Resource": list(resources)}
    return found | ({"Condition": condition} if condition else {})


def policies(names: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What terraform/modules/iam allows each role; a test compares that with what lotus needs."""
    ecs = f"arn:aws:ecs:{REGION}:{ACCOUNT}"
    bucket = f"arn:aws:s3:::{NAME}-{ACCOUNT}"
    here = {"ArnEquals": {"ecs:cluster": f"{ecs}:cluster/{NAME}"}}
    lend = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    prefixes = ("uploads", "clips", "segments", "compositions", "runs", "temp")
    bytes_ = [
        _allow(
            "s3:GetObject s3:PutObject s3:DeleteObject",
            *(f"{bucket}/{prefix}/*" for prefix in prefixes),
        ),
        _allow("s3:ListBucket", bucket),
    ]
    user = f"arn:aws:rds-db:{REGION}:{ACCOUNT}:dbuser:db-ABC"
    app = _allow("rds-db:connect", f"{user}/lotus_app")
    logs = [f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/{NAME}/{task}:*" for task in TASKS]
    return {
        "execution": [
            _allow("ecr:GetAuthorizationToken", "*"),
            _allow(
                "ecr:BatchGetImage ecr:GetDownloadUrlForLayer",
                f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{NAME}",
            ),
            _allow("logs:CreateLogStream logs:PutLogEvents", *logs),
            _allow("secretsmanager:GetSecretValue", *names["secrets"]),
        ],
        "task": [*bytes_, app],
        "owner": [*bytes_, _allow("rds-db:connect", f"{user}/lotus")],
        "driver": [
            *bytes_,
            app,
            _allow("s3:GetObject", f"{bucket}/aws.json"),
            _allow("ecs:RunTask", f"{ecs}:task-definition/{NAME}-*", **here),
            _allow("ecs:StopTask ecs:DescribeTasks", f"{ecs}:task/{NAME}/*", **here),
            _allow("iam:PassRole", role_arn("task"), role_arn("execution"), **lend),
        ],
        "schedule": [
            _allow("ecs:RunTask", f"{ecs}:task-definition/{NAME}-campaign:*", **here),
            _allow("iam:PassRole", role_arn("driver"), role_arn("execution"), **lend),
        ],
    }


def give_roles(cloud: Cloud) -> None:
    """The roles of terraform/modules/iam, those that are missing too."""
    iam = cloud.client("iam")
    for kind, wanted in policies(cloud.names).items():
        service = "scheduler" if kind == "schedule" else "ecs-tasks"
        trust = {"Service": f"{service}.amazonaws.com"}
        document = {"Effect": "Allow", "Principal": trust, "Action": "sts:AssumeRole"}
        written = json.dumps({"Version": "2012-10-17", "Statement": [document]})
        name = f"{NAME}-{kind}"
        try:
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=written)
        except iam.exceptions.EntityAlreadyExistsException:
            iam.update_assume_role_policy(RoleName=name, PolicyDocument=written)
        policy = json.dumps({"Version": "2012-10-17", "Statement": wanted})
        iam.put_role_policy(RoleName=name, PolicyName=kind, PolicyDocument=policy)


def placed(cloud: Cloud) -> dict[str, Any]:
    """Where tasks live, as terraform/ says it to the service and to schedules."""
    return {
        "subnets": cloud.names["subnets"],
        "securityGroups": [cloud.names["security_group"]],
        "assignPublicIp": "ENABLED",
    }


def _containers(cloud: Cloud) -> None:
    ecs = cloud.client("ecs")
    ecr = cloud.client("ecr")
    cloud.client("codebuild").create_project(
        name=f"{NAME}-build",
        source={"type": "S3", "location": f"{NAME}-{ACCOUNT}/temp/source/none.zip"},
        artifacts={"type": "NO_ARTIFACTS"},
        environment={
            "type": "LINUX_CONTAINER",
            "image": "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "computeType": "BUILD_GENERAL1_SMALL",
        },
        serviceRole=role_arn("build"),
    )
    logs = cloud.client("logs")
    ecr.create_repository(repositoryName=NAME)
    push(cloud, "1")
    cloud.client("ssm").put_parameter(Name=f"/{NAME}/image", Value="1", Type="String")
    ecs.put_account_setting(name="taskLongArnFormat", value="enabled")
    ecs.create_cluster(clusterName=NAME)
    for task in (*TASKS, "operations"):
        logs.create_log_group(logGroupName=f"/{NAME}/{task}")
    logs.create_log_group(logGroupName=f"/aws/rds/instance/{NAME}/postgresql")
    for task in TASKS:
        define(cloud, task, "1")
    ecs.create_service(
        cluster=NAME,
        serviceName=f"{NAME}-service",
        taskDefinition=f"{NAME}-service",
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": placed(cloud)},
    )
    running(cloud, 1)


def push(cloud: Cloud, tag: str) -> None:
    """An image in the repository."""
    kind = "application/vnd.docker.distribution.manifest.v2+json"
    manifest = {
        "schemaVersion": 2,
        "mediaType": kind,
        "config": {"digest": f"sha256:{tag}"},
        "layers": [{"digest": f"sha256:{tag}", "size": 1, "mediaType": kind}],
    }
    cloud.client("ecr").put_image(
        repositoryName=NAME, imageTag=tag, imageManifest=json.dumps(manifest)
    )


def define(
    cloud: Cloud,
    task: str,
    tag: str,
    *,
    memory: int = 1024,
    secrets: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """A revision of a task definition, with further secrets by their variables; its ARN."""
    container = {
        "name": task,
        "image": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/{NAME}:{tag}",
        "cpu": 512,
        "memory": memory,
        "essential": True,
        "environment": [
            {"name": "DB_POOL_SIZE", "value": "3"},
            {"name": "DB_MAX_OVERFLOW", "value": "3"},
        ],
        "secrets": [
            {
                "name": "REPLICATE_API_TOKEN",
                "valueFrom": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{NAME}/replicate",
            },
            *({"name": name, "valueFrom": arn} for name, arn in secrets.items()),
        ],
    }
    answer = cloud.client("ecs").register_task_definition(
        family=f"{NAME}-{task}",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="512",
        memory=str(memory),
        executionRoleArn=role_arn("execution"),
        taskRoleArn=role_arn({"campaign": "driver", "migrate": "owner"}.get(task, "task")),
        containerDefinitions=[container],
        tags=[{"key": "environment", "value": "dev"}, {"key": "project", "value": "lotus"}],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def running(cloud: Cloud, count: int) -> None:
    """So many tasks of the service run (moto starts none by itself)."""
    for service in cloud.backend("ecs").services.values():
        service.running_count = count
        service.pending_count = service.desired_count - count


def balance(
    cloud: Cloud,
    *,
    path: str = "/health/ready",
    port: str = "traffic-port",
    idle: int = 300,
    grace: int = 120,
) -> None:
    """The load balancer of terraform/modules/service; one that is there becomes as it says."""
    elb = cloud.client("elbv2")
    if not cloud.names.get("target_group"):
        made = elb.create_load_balancer(Name=NAME, Subnets=cloud.names["subnets"])
        cloud.names["balancer"] = made["LoadBalancers"][0]["LoadBalancerArn"]
        where = {"Port": 8000, "Protocol": "HTTP", "VpcId": cloud.names["vpc"], "TargetType": "ip"}
        group = elb.create_target_group(Name=NAME, **where)["TargetGroups"][0]["TargetGroupArn"]
        forward = {"Type": "forward", "TargetGroupArn": group}
        balancer = cloud.names["balancer"]
        elb.create_listener(
            LoadBalancerArn=balancer, Port=80, Protocol="HTTP", DefaultActions=[forward]
        )
        cloud.names["target_group"] = group
        cloud.write(Path(os.environ["LOTUS_AWS"]))
    elb.modify_target_group(
        TargetGroupArn=cloud.names["target_group"], HealthCheckPath=path, HealthCheckPort=port
    )
    seconds = [{"Key": "idle_timeout.timeout_seconds", "Value": str(idle)}]
    elb.modify_load_balancer_attributes(LoadBalancerArn=cloud.names["balancer"], Attributes=seconds)
    for service in cloud.backend("ecs").services.values():
        service.health_check_grace_period_seconds = grace


ONLY_OVER_TLS = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{NAME}-{ACCOUNT}", f"arn:aws:s3:::{NAME}-{ACCOUNT}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
)


def _data(cloud: Cloud) -> None:
    bucket = f"{NAME}-{ACCOUNT}"
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    close_bucket(cloud)
    rds = cloud.client("rds")
    rds.create_db_subnet_group(
        DBSubnetGroupName=NAME, DBSubnetGroupDescription="d", SubnetIds=cloud.names["data_subnets"]
    )
    rds.create_db_instance(
        DBInstanceIdentifier=NAME,
        DBInstanceClass="db.t4g.micro",
        Engine="postgres",
        MasterUsername="lotus",
        MasterUserPassword="not-a-secret",
        AllocatedStorage=20,
        DBSubnetGroupName=NAME,
        VpcSecurityGroupIds=[cloud.names["database_group"]],
        PubliclyAccessible=False,
    )
    secrets = cloud.client("secretsmanager")
    cloud.names["secrets"] = [
        secrets.create_secret(Name=f"{NAME}/{name}", SecretString="x")["ARN"]
        for name in ("database", "replicate")
    ]
    cloud.client("scheduler").create_schedule_group(Name=NAME)
    give_schedules(cloud)
    set_budget(cloud)


def close_bucket(cloud: Cloud) -> None:
    """What terraform/modules/storage says of the bucket: private, over TLS alone, forgetful."""
    s3 = cloud.client("s3")
    bucket = f"{NAME}-{ACCOUNT}"
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, True)
    )
    s3.put_bucket_policy(Bucket=bucket, Policy=ONLY_OVER_TLS)
    rules = [rule.to_s3() for rule in wanted_rules("")]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})


def give_schedules(cloud: Cloud) -> None:
    """The schedules of terraform/modules/schedules, those that are missing."""
    clock = cloud.client("scheduler")
    if clock.list_schedules(GroupName=NAME)["Schedules"]:
        return
    clock.create_schedule(
        Name=f"{NAME}-clean",
        GroupName=NAME,
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={
            "Arn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{NAME}",
            "RoleArn": role_arn("schedule"),
            "EcsParameters": {
                "TaskDefinitionArn": (
                    f"arn:aws:ecs:{REGION}:{ACCOUNT}:task-definition/{NAME}-campaign"
                ),
                "NetworkConfiguration": {
                    "awsvpcConfiguration": {
                        name[0].upper() + name[1:]: value for name, value in placed(cloud).items()
                    }
                },
            },
        },
        State="ENABLED",
    )


def set_budget(cloud: Cloud) -> None:
    """The budget of terraform/modules/budget, if it is missing."""
    budgets = cloud.client("budgets")
    limit = {"Amount": "30", "Unit": "USD"}
    budget = {"BudgetName": NAME, "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": limit}
    if not budgets.describe_budgets(AccountId=ACCOUNT).get("Budgets"):
        budgets.create_budget(AccountId=ACCOUNT, Budget=budget)


class Told:
    """A client that answers what it is told, which must be what AWS's model of the
    service allows.
    """

    def __init__(self, service: str, answers: dict[str, Any]) -> None:
        self._model = botocore.session.get_session().get_service_model(service)
        self._answers = answers

    def __getattr__(self, operation: str) -> Any:
        answer = self._answers[operation]
        name = next(one for one in self._model.operation_names if xform_name(one) == operation)
        shape = self._model.operation_model(name).output_shape

        def answered(**arguments: Any) -> Any:
            if isinstance(answer, Exception):
                raise answer
            report = ParamValidator().validate(answer, shape)
            assert not report.has_errors(), report.generate_report()
            return answer

        return answered


__all__ = ["Cloud", "Told", "build", "define", "moto_server", "push", "running"]
