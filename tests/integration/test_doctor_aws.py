"""`lotus doctor --aws`: every cause that it knows is made to happen in an account, found, and
explained.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lotus.aws.account import Account
from lotus.aws.checks import AWS_CHECKS
from lotus.aws.checks.base import APPLY, match_cause, with_apply_command, with_names
from lotus.aws.checks.database import allowed_connections
from lotus.aws.checks.lines import LINES
from lotus.aws.checks.load import rise
from lotus.aws.checks.reasons import ENDED as ENDED_CAUSE
from lotus.aws.checks.reasons import REASONS as REASONS_OF_ECS
from lotus.aws.checks.roles import needs
from lotus.aws.checks.stopped_tasks import CAUSES
from lotus.aws.explain import KINDS, ExplainedMessage, explain, explain_lines
from lotus.checks import CHECKS
from lotus.checks.base import Finding
from lotus.checks.playbook import CHAPTERS
from lotus.db import schema
from lotus.db.faults import explain_fault as explained_fault
from lotus.errors import DatabaseError, LotusError, StoreError
from lotus.store.faults import translate_errors
from tests.aws import (
    HTTPS,
    NAME,
    TASKS,
    Cloud,
    Told,
    among,
    balance,
    client_of,
    close_bucket,
    define,
    placed,
    push,
    running,
    write_environment,
)
from tests.curing import check as check_command
from tests.curing import commands
from tests.curing import run as run_command
from tests.driving import inside

Break = Callable[[Cloud], Any]


def _with(cloud: Cloud, service: str, **answers: Any) -> Account:
    """The account, but one service says what it is told; what it is not told, moto answers."""
    told = Told(service, answers)
    real = cloud.client(service)
    calls = {operation: getattr(told, operation) for operation in answers}

    class Both:
        def __getattr__(self, name: str) -> Any:
            return calls.get(name) or getattr(real, name)

    return Account(
        cloud.environment, lambda name: Both() if name == service else cloud.client(name)
    )


def _named(cloud: Cloud, **names: Any) -> Cloud:
    """The same account, of which Terraform's outputs say something else."""
    return Cloud(cloud.endpoint, {**cloud.names, **names})


def _changed(cloud: Cloud, **names: Any) -> Account:
    return _named(cloud, **names).account


def _service(cloud: Cloud, **facts: Any) -> Account:
    found = cloud.client("ecs").describe_services(cluster=NAME, services=[f"{NAME}-service"])[
        "services"
    ][0]
    return _with(cloud, "ecs", describe_services={"services": [{**found, **facts}]})


def _server(cloud: Cloud, **facts: Any) -> Account:
    found = cloud.client("rds").describe_db_instances()["DBInstances"][0]
    return _with(cloud, "rds", describe_db_instances={"DBInstances": [{**found, **facts}]})


def _proxied(cloud: Cloud, status: str, reason: str = "") -> Account:
    """A proxy before the database, which stands so, and reaches the server or not."""
    health = {"State": "UNAVAILABLE", "Reason": reason} if reason else {"State": "AVAILABLE"}
    answers = {
        "describe_db_proxies": {"DBProxies": [{"DBProxyName": NAME, "Status": status}]},
        "describe_db_proxy_targets": {"Targets": [{"TargetHealth": health}]},
    }
    return _with(_named(cloud, proxy=NAME, proxy_id=cloud.names["database_id"]), "rds", **answers)


def _measured(
    cloud: Cloud, namespace: str, name: str, dimensions: dict[str, str], values: list[float]
) -> None:
    """Points of five minutes, the last of them now."""
    at = [
        datetime.now(UTC) - timedelta(minutes=5 * back, seconds=30)
        for back in reversed(range(len(values)))
    ]
    named = [{"Name": key, "Value": value} for key, value in dimensions.items()]
    data = [
        {"MetricName": name, "Dimensions": named, "Timestamp": when, "Value": value}
        for when, value in zip(at, values, strict=True)
    ]
    cloud.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)


OF_SERVICE = {"ClusterName": NAME, "ServiceName": f"{NAME}-service"}
OF_DATABASE = {"DBInstanceIdentifier": NAME}


def _no_service(cloud: Cloud) -> None:
    cloud.client("ecs").delete_service(cluster=NAME, service=f"{NAME}-service", force=True)


def _no_family(cloud: Cloud) -> None:
    cloud.client("ecs").deregister_task_definition(taskDefinition=f"{NAME}-worker:1")


def _no_log_group(cloud: Cloud) -> None:
    cloud.client("logs").delete_log_group(logGroupName=f"/{NAME}/worker")


def _elsewhere(cloud: Cloud) -> Account:
    network = {
        "awsvpcConfiguration": {
            "subnets": ["subnet-of-somebody"],
            "securityGroups": [cloud.names["security_group"]],
        }
    }
    return _service(cloud, networkConfiguration=network)


def _failed_deployment(cloud: Cloud) -> Account:
    failed = {
        "rolloutState": "FAILED",
        "rolloutStateReason": "ECS deployment circuit breaker: tasks failed to start.",
    }
    return _service(cloud, deployments=[failed])


def _not_placed(cloud: Cloud) -> Account:
    event = {
        "message": f"(service {NAME}-service) was unable to place a task. Reason: Capacity is "
        "unavailable."
    }
    return _service(cloud, events=[event])


def _event(message: str) -> Break:
    return lambda cloud: _service(cloud, events=[{"message": f"(service x) {message}"}])


def _quota_reached(cloud: Cloud) -> Account:
    limit = "You've reached the limit on the number of vCPUs you can run concurrently"
    event = {"message": f"(service {NAME}-service) was unable to place a task. Reason: {limit}"}
    return _service(cloud, events=[event])


def _balanced(cloud: Cloud, *, state: str = "healthy", errors: int = 0, **facts: Any) -> Account:
    """Behind a load balancer as terraform/modules/service makes it; `facts` are what is wrong."""
    balance(cloud, **facts)
    health = {"TargetHealth": {"State": state, "Reason": "Target.Timeout"}}
    elb = _with(cloud, "elbv2", describe_target_health={"TargetHealthDescriptions": [health]})
    if errors:  # all that was asked has failed, since there is another image
        push(cloud, "2")
        assert inside("ops", "deploy", "2", "--yes", "--wait", 0).code == 0
        names = ("HTTPCode_Target_5XX_Count", "RequestCount")
        for name in names:
            balancer = cloud.names["balancer"].partition(":loadbalancer/")[2]
            _measured(cloud, "AWS/ApplicationELB", name, {"LoadBalancer": balancer}, [errors])
    return elb if state != "healthy" else cloud.account


def _pending(cloud: Cloud) -> Account:
    arn = cloud.run("worker")
    (task,) = cloud.client("ecs").describe_tasks(cluster=NAME, tasks=[arn])["tasks"]
    late = {"lastStatus": "PENDING", "createdAt": datetime.now(UTC) - timedelta(minutes=20)}
    return _with(cloud, "ecs", describe_tasks={"tasks": [{**task, **late}]})


def _no_repository(cloud: Cloud) -> None:
    cloud.client("ecr").delete_repository(repositoryName=NAME, force=True)


def _no_image(cloud: Cloud) -> None:
    cloud.client("ecr").batch_delete_image(repositoryName=NAME, imageIds=[{"imageTag": "1"}])


def _different_images(cloud: Cloud) -> None:
    push(cloud, "2")
    define(cloud, "worker", "2")


def _deleted_secret(cloud: Cloud) -> None:
    cloud.client("secretsmanager").delete_secret(
        SecretId=f"{NAME}/replicate", RecoveryWindowInDays=7
    )


def _no_secret(cloud: Cloud) -> None:
    cloud.client("secretsmanager").delete_secret(
        SecretId=f"{NAME}/replicate", ForceDeleteWithoutRecovery=True
    )


def _no_password(cloud: Cloud) -> None:
    cloud.client("secretsmanager").delete_secret(
        SecretId=f"{NAME}/database", ForceDeleteWithoutRecovery=True
    )


def _empty_secret(cloud: Cloud) -> None:
    client = cloud.client("secretsmanager")
    client.delete_secret(SecretId=f"{NAME}/replicate", ForceDeleteWithoutRecovery=True)
    made = client.create_secret(Name=f"{NAME}/replicate")["ARN"]
    cloud.names["secrets"] = [cloud.names["secrets"][0], made]
    cloud.write(Path(os.environ["LOTUS_AWS"]))


def _no_way_out(cloud: Cloud) -> None:
    cloud.client("ec2").delete_route(
        RouteTableId=cloud.names["route_table"], DestinationCidrBlock="0.0.0.0/0"
    )


def _no_https(cloud: Cloud) -> None:
    cloud.client("ec2").revoke_security_group_egress(
        GroupId=cloud.names["security_group"], IpPermissions=[HTTPS]
    )


def _no_database_port(cloud: Cloud) -> None:
    rule = among(5432, cloud.names["database_group"])
    cloud.client("ec2").revoke_security_group_egress(
        GroupId=cloud.names["security_group"], IpPermissions=[rule]
    )


def _acl(cloud: Cloud) -> str:
    acls = cloud.client("ec2").describe_network_acls(
        Filters=[{"Name": "vpc-id", "Values": [cloud.names["vpc"]]}]
    )["NetworkAcls"]
    return str(acls[0]["NetworkAclId"])


def _acl_denies(cloud: Cloud) -> None:
    cloud.client("ec2").create_network_acl_entry(
        NetworkAclId=_acl(cloud),
        RuleNumber=50,
        Protocol="6",
        RuleAction="deny",
        Egress=True,
        CidrBlock="0.0.0.0/0",
        PortRange={"From": 443, "To": 443},
    )


def _acl_allows_nothing(cloud: Cloud) -> None:
    cloud.client("ec2").delete_network_acl_entry(
        NetworkAclId=_acl(cloud), RuleNumber=100, Egress=False
    )


def _no_address(cloud: Cloud) -> None:
    network = {"awsvpcConfiguration": {**placed(cloud), "assignPublicIp": "DISABLED"}}
    cloud.client("ecs").update_service(
        cluster=NAME, service=f"{NAME}-service", networkConfiguration=network
    )


def _no_role(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    iam.delete_role_policy(RoleName=f"{NAME}-task", PolicyName="task")
    iam.delete_role(RoleName=f"{NAME}-task")


def _untrusted(cloud: Cloud) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}}
    statement = {**trust, "Action": "sts:AssumeRole"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": statement})
    cloud.client("iam").update_assume_role_policy(
        RoleName=f"{NAME}-execution", PolicyDocument=policy
    )


def _no_policy(cloud: Cloud) -> None:
    cloud.client("iam").delete_role_policy(RoleName=f"{NAME}-task", PolicyName="task")


def _role_denied(cloud: Cloud) -> None:
    deny = {"Sid": "Frozen", "Effect": "Deny", "Action": "s3:Put*", "Resource": "*"}
    cloud.client("iam").put_role_policy(
        RoleName=f"{NAME}-driver",
        PolicyName="freeze",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": deny}),
    )


def _role_limited(cloud: Cloud) -> None:
    iam = cloud.client("iam")
    allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
    arn = iam.create_policy(PolicyName="limit", PolicyDocument=document)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName=f"{NAME}-driver", PermissionsBoundary=arn)


def _other_file(cloud: Cloud) -> None:
    stale = json.dumps({"lotus": {"value": {**cloud.names, "subnets": ["subnet-0"]}}})
    bucket = cloud.names["bucket"]
    cloud.client("s3").put_object(Bucket=bucket, Key="aws.json", Body=stale.encode())


def _changed_password(cloud: Cloud) -> None:
    arn = cloud.run("service")
    task = cloud.backend("ecs").tasks[NAME][arn]
    task.started_at = datetime.now(UTC) - timedelta(hours=1)
    cloud.client("secretsmanager").put_secret_value(
        SecretId=f"{NAME}/replicate", SecretString="another"
    )


def _failing(cloud: Cloud) -> Account:
    definition = f"arn:aws:ecs:us-east-2:123456789012:task-definition/{NAME}-service:2"
    one = {"rolloutState": "IN_PROGRESS", "failedTasks": 3, "taskDefinition": definition}
    return _service(cloud, deployments=[one])


def _impaired(cloud: Cloud) -> Account:
    message = f"(service {NAME}-service) is unable to consistently start tasks successfully."
    return _service(cloud, events=[{"message": message}])


def _ill(cloud: Cloud) -> Account:
    arn = cloud.run("service")
    (task,) = cloud.client("ecs").describe_tasks(cluster=NAME, tasks=[arn])["tasks"]
    ill = {**task, "containers": [{"name": "service", "healthStatus": "UNHEALTHY"}]}
    return _with(cloud, "ecs", describe_tasks={"tasks": [ill]})


def _nothing_deployed(cloud: Cloud) -> None:
    for task in TASKS:
        define(cloud, task, "none")
    cloud.client("ssm").put_parameter(Name=f"/{NAME}/image", Value="none", Overwrite=True)


def _another_wanted(cloud: Cloud) -> None:
    cloud.client("ssm").put_parameter(Name=f"/{NAME}/image", Value="2", Overwrite=True)


def _creeps(cloud: Cloud) -> None:
    values = [30 + 1.6 * step / 12 for step in range(280)]
    _measured(cloud, "AWS/ECS", "MemoryUtilization", OF_SERVICE, values)


def _policy_of(*statements: dict[str, Any]) -> Break:
    def put(cloud: Cloud) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        cloud.client("s3").put_bucket_policy(Bucket=cloud.names["bucket"], Policy=policy)

    return put


def _no_endpoint(cloud: Cloud) -> None:
    cloud.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[cloud.names["s3_endpoint"]])


def _closed(cloud: Cloud) -> None:
    pair = [{"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}]
    pair[0]["UserIdGroupPairs"] = [{"GroupId": cloud.names["security_group"]}]  # type: ignore[assignment]
    cloud.client("ec2").revoke_security_group_ingress(
        GroupId=cloud.names["database_group"], IpPermissions=pair
    )


def _stopped_server(cloud: Cloud) -> None:
    cloud.client("rds").stop_db_instance(DBInstanceIdentifier=NAME)


def _many_tasks(cloud: Cloud) -> Account:
    return _service(cloud, desiredCount=12, runningCount=12)


def _used_up(cloud: Cloud) -> None:
    _measured(cloud, "AWS/RDS", "DatabaseConnections", OF_DATABASE, [76.0])


def _slow(cloud: Cloud) -> None:
    logs = cloud.client("logs")
    at = int(datetime.now(UTC).timestamp() * 1000)
    said = (
        "duration: 2310.123 ms  execute <unnamed>: SELECT *\n FROM scenes",
        "duration: 1002.5 ms  statement: SELECT 1",
        "checkpoint complete",
    )
    where = {"logGroupName": f"/aws/rds/instance/{NAME}/postgresql", "logStreamName": f"{NAME}.0"}
    logs.create_log_stream(**where)
    prefix = "2026-11-28 06:00:00 UTC:10.20.0.9(40112):lotus@lotus:[731]:LOG:  "
    logs.put_log_events(
        **where, logEvents=[{"timestamp": at, "message": prefix + line} for line in said]
    )


def _no_bucket(cloud: Cloud) -> None:
    cloud.client("s3").delete_object(Bucket=cloud.names["bucket"], Key="aws.json")
    cloud.client("s3").delete_bucket(Bucket=cloud.names["bucket"])


def _denied(cloud: Cloud) -> Account:
    said = {
        "Error": {
            "Code": "AccessDenied",
            "Message": "not authorized to perform: s3:GetLifecycleConfiguration",
        }
    }
    return _with(
        cloud,
        "s3",
        get_bucket_lifecycle_configuration=ClientError(said, "GetBucketLifecycleConfiguration"),
    )  # type: ignore[arg-type]


def _no_rules(cloud: Cloud) -> None:
    cloud.client("s3").delete_bucket_lifecycle(Bucket=cloud.names["bucket"])


def _public_bucket(cloud: Cloud) -> None:
    cloud.client("s3").delete_public_access_block(Bucket=cloud.names["bucket"])


NOBODY_WRITES = {
    "Sid": "NobodyWrites",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "*",
}
NO_OLD_VERSIONS = {**NOBODY_WRITES, "Sid": "NoOldVersions", "Action": "s3:DeleteObjectVersion"}


def _pinned(cloud: Cloud) -> None:
    _measured(cloud, "AWS/ECS", "CPUUtilization", OF_SERVICE, [97.0] * 10)


def _near(cloud: Cloud) -> None:
    _measured(cloud, "AWS/ECS", "MemoryUtilization", OF_SERVICE, [91.0] * 10)


def _leak(cloud: Cloud) -> None:
    _measured(cloud, "AWS/ECS", "MemoryUtilization", OF_SERVICE, [30 + step for step in range(35)])


def _no_schedule(cloud: Cloud) -> None:
    cloud.client("scheduler").delete_schedule(Name=f"{NAME}-clean", GroupName=NAME)


def _schedule_off(cloud: Cloud) -> None:
    clock = cloud.client("scheduler")
    known = clock.get_schedule(Name=f"{NAME}-clean", GroupName=NAME)
    names = ("Name", "GroupName", "ScheduleExpression", "FlexibleTimeWindow", "Target")
    clock.update_schedule(**{name: known[name] for name in names}, State="DISABLED")


def _paused(cloud: Cloud) -> None:
    ecs = cloud.client("ecs")
    ecs.update_service(cluster=NAME, service=f"{NAME}-service", desiredCount=0)
    running(cloud, 0)


def _no_subnet(cloud: Cloud) -> None:
    cloud.client("ec2").delete_subnet(SubnetId=cloud.names["subnets"][0])


def _bucket_elsewhere(cloud: Cloud) -> None:
    _no_bucket(cloud)
    where = {"LocationConstraint": "eu-west-1"}
    far = client_of("s3", "eu-west-1")
    far.create_bucket(Bucket=cloud.names["bucket"], CreateBucketConfiguration=where)
    write_environment(cloud)
    close_bucket(cloud)


def _dropped(cloud: Cloud) -> None:
    _measured(cloud, "AWS/Scheduler", "InvocationDroppedCount", {"ScheduleGroup": NAME}, [1.0])


def _silent(cloud: Cloud) -> None:
    for schedule in cloud.backend("scheduler").schedule_groups[NAME].schedules.values():
        schedule.creation_date -= 2 * 86_400


def _anomaly(cloud: Cloud) -> Account:
    found = {
        "AnomalyId": "a",
        "AnomalyScore": {"MaxScore": 0.9, "CurrentScore": 0.9},
        "MonitorArn": "arn",
        "AnomalyStartDate": "2026-11-24T00:00:00Z",
        "Impact": {"MaxImpact": 12.0, "TotalImpact": 31.5},
        "RootCauses": [{"Service": "Amazon Elastic Container Service"}],
    }
    return _with(cloud, "ce", get_anomalies={"Anomalies": [found]})


def _spent(amount: str) -> Break:
    def told(cloud: Cloud) -> Account:
        spend = {"ActualSpend": {"Amount": amount, "Unit": "USD"}}
        budget = {
            "BudgetName": NAME,
            "BudgetType": "COST",
            "TimeUnit": "MONTHLY",
            "CalculatedSpend": spend,
        }
        budget["BudgetLimit"] = {"Amount": "30", "Unit": "USD"}
        return _with(cloud, "budgets", describe_budget={"Budget": budget})

    return told


def _no_budget(cloud: Cloud) -> None:
    cloud.client("budgets").delete_budget(AccountId="123456789012", BudgetName=NAME)


def _alarm(cloud: Cloud, name: str = "memory") -> None:
    watch = cloud.client("cloudwatch")
    watch.put_metric_alarm(
        AlarmName=f"{NAME}-{name}",
        Namespace="AWS/ECS",
        MetricName="MemoryUtilization",
        Statistic="Average",
        Period=300,
        EvaluationPeriods=1,
        Threshold=85,
        ComparisonOperator="GreaterThanThreshold",
    )
    watch.set_alarm_state(AlarmName=f"{NAME}-{name}", StateValue="ALARM", StateReason="test")


Case = tuple[str, str]
CASES: dict[Case, Break] = {
    ("drift", "no cluster"): lambda cloud: _changed(cloud, cluster="lotus-gone"),
    ("drift", "no service"): _no_service,
    ("drift", "no task definition"): _no_family,
    ("drift", "no log group"): _no_log_group,
    ("drift", "another network"): _elsewhere,
    ("service", "deployment failed"): _failed_deployment,
    ("service", "deployment fails"): _failing,
    ("service", "tasks do not start"): _impaired,
    ("service", "too few tasks"): lambda cloud: running(cloud, 0),
    ("service", "paused"): _paused,
    ("service", "not placed"): _not_placed,
    ("service", "quota reached"): _quota_reached,
    ("service", "role not taken"): _event("failed to launch a task: unable to assume the role"),
    ("service", "task unhealthy"): _event("(task x) is unhealthy in (target-group x)"),
    ("service", "deployment given up"): _event("deployment failed: tasks failed to start."),
    ("service", "account blocked"): _event("Your AWS account is currently blocked."),
    ("service", "targets not registered"): _event("failed to register targets in (target-group x)"),
    ("service", "ECS throttled"): _event("operations are being throttled on elb."),
    ("service", "deployment stands still"): _event(
        "was unable to stop or start tasks during a deployment because of the service deployment "
        "configuration."
    ),
    ("service", "pending"): _pending,
    ("health", "grace too short"): lambda cloud: _balanced(cloud, grace=0),
    ("health", "not answering"): lambda cloud: _balanced(cloud, state="unhealthy"),
    ("health", "wrong path"): lambda cloud: _balanced(cloud, path="/"),
    ("health", "container unhealthy"): _ill,
    ("health", "wrong health check"): lambda cloud: _balanced(cloud, port="9999"),
    ("health", "idle time-out"): lambda cloud: _balanced(cloud, idle=60),
    ("health", "answers with errors"): lambda cloud: _balanced(cloud, errors=5),
    ("image", "no repository"): _no_repository,
    ("image", "no image"): _no_image,
    ("image", "nothing deployed"): _nothing_deployed,
    ("image", "different images"): _different_images,
    ("image", "another image wanted"): _another_wanted,
    ("secrets", "no secret"): _no_secret,
    ("secrets", "no password"): _no_password,
    ("secrets", "deleted secret"): _deleted_secret,
    ("secrets", "empty secret"): _empty_secret,
    ("secrets", "secret changed since"): _changed_password,
    ("roles", "no role"): _no_role,
    ("roles", "role not trusted"): _untrusted,
    ("roles", "role without permission"): _no_policy,
    ("roles", "role denied"): _role_denied,
    ("roles", "role limited"): _role_limited,
    ("network", "no subnet"): _no_subnet,
    ("network", "no way out"): _no_way_out,
    ("network", "HTTPS blocked"): _no_https,
    ("network", "database blocked"): _no_database_port,
    ("network", "network ACL"): _acl_denies,
    ("network", "network ACL without a rule"): _acl_allows_nothing,
    ("network", "no address"): _no_address,
    ("network", "no endpoint for S3"): _no_endpoint,
    ("database", "no server"): lambda cloud: _changed(cloud, database="lotus-gone"),
    ("database", "stopped"): _stopped_server,
    ("database", "disk full"): lambda cloud: _server(cloud, DBInstanceStatus="storage-full"),
    ("database", "not ready"): lambda cloud: _server(cloud, DBInstanceStatus="backing-up"),
    ("database", "broken"): lambda cloud: _server(cloud, DBInstanceStatus="restore-error"),
    ("database", "incompatible"): lambda cloud: _server(
        cloud, DBInstanceStatus="incompatible-parameters"
    ),
    ("database", "no capacity for its class"): lambda cloud: _server(
        cloud, DBInstanceStatus="insufficient-capacity"
    ),
    ("database", "unknown status"): lambda cloud: _server(cloud, DBInstanceStatus="levitating"),
    ("database", "no proxy"): lambda cloud: _proxied(cloud, "creating"),
    ("database", "proxy cut off"): lambda cloud: _proxied(cloud, "available", "UNREACHABLE"),
    ("database", "public"): lambda cloud: _server(cloud, PubliclyAccessible=True),
    ("database", "closed to tasks"): _closed,
    ("database", "another network"): lambda cloud: _server(
        cloud, DBSubnetGroup={"VpcId": "vpc-other"}
    ),
    ("connections", "too many connections"): _many_tasks,
    ("connections", "connections used up"): _used_up,
    ("statements", "slow statements"): _slow,
    ("bucket", "no bucket"): _no_bucket,
    ("bucket", "another region"): _bucket_elsewhere,
    ("bucket", "permission missing"): _denied,
    ("bucket", "lifecycle"): _no_rules,
    ("bucket", "public"): _public_bucket,
    ("bucket", "access denied by the bucket"): _policy_of(NOBODY_WRITES),
    ("bucket", "policy conflict"): _policy_of(NO_OLD_VERSIONS),
    ("bucket", "plain HTTP allowed"): lambda cloud: cloud.client("s3").delete_bucket_policy(
        Bucket=cloud.names["bucket"]
    ),
    ("bucket", "aws.json differs"): _other_file,
    ("bucket", "no aws.json"): lambda cloud: cloud.client("s3").delete_object(
        Bucket=cloud.names["bucket"], Key="aws.json"
    ),
    ("load", "processors pinned"): _pinned,
    ("load", "memory near its limit"): _near,
    ("load", "memory rises"): _leak,
    ("load", "memory creeps up"): _creeps,
    ("schedules", "no schedule"): _no_schedule,
    ("schedules", "switched off"): _schedule_off,
    ("schedules", "did not start its task"): _dropped,
    ("schedules", "did not fire"): _silent,
    ("spending", "no budget"): _no_budget,
    ("spending", "nearly spent"): _spent("25.10"),
    ("spending", "overspent"): _spent("31"),
    ("spending", "anomaly"): _anomaly,
    ("spending", "alarm"): _alarm,
}
PULL = (
    "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to "
    "resolve ref"
)
INIT = "ResourceInitializationError:"
ENDED = "Essential container in task exited"
REASONS = {  # a cause -> what ECS says, the exit code, and what the program said last
    "no repository": (f"{PULL}: lotus: repository lotus not found: name unknown", None, ""),
    "no image": (f"{PULL} lotus:7: lotus:7: not found", None, ""),
    "pull denied": (f"{PULL}: unexpected status from HEAD request: 403 Forbidden", None, ""),
    "no way to the registry": (f"{PULL}: dial tcp 3.1.2.3:443: i/o timeout", None, ""),
    "out of memory": ("OutOfMemoryError: Container killed due to memory usage", 137, ""),
    "secret not read": (
        f"{INIT} unable to pull secrets or registry auth: AccessDeniedException",
        None,
        "",
    ),
    "no log group": (
        f"{INIT} failed to validate logger args: The specified log group does not exist",
        None,
        "",
    ),
    "no network interface": (f"{INIT} unable to create network interface", None, ""),
    "taken away": ("Your Spot Task was interrupted.", 143, ""),
    "no capacity": ("Capacity is unavailable at this time. Please try again later", None, ""),
    "health check failed": ("Task failed container health checks", None, ""),
    "ended by itself": (ENDED, 1, "error: something that nobody foresaw"),
}


def _typed(*words: str, **settings: str) -> Callable[[pytest.FixtureRequest], str]:
    """The last line of a command of lotus that ends with an error."""

    def said(ask: pytest.FixtureRequest) -> str:
        for name, value in settings.items():
            ask.getfixturevalue("monkeypatch").setenv(name, value)
        found = inside(*words)
        assert found.code != 0
        return next(
            line for line in reversed(found.err.splitlines()) if re.search(r"\w", line)
        ).strip("│ ")

    return said


def _with_a_wrong_token(ask: pytest.FixtureRequest) -> str:
    ask.getfixturevalue("replicate")
    return _typed(*HOSTED, REPLICATE_API_TOKEN="r8_" + "Wrong" * 8)(ask)


def _told(message: str) -> Callable[[pytest.FixtureRequest], str]:
    """What lotus makes of what a server says; test_postgres.py has servers that say so."""
    reason, remedy = explained_fault(Exception(f"connection failed: FATAL:  {message}"))
    return lambda ask: (
        f"error: {DatabaseError(url='postgresql://db/lotus', reason=reason, remedy=remedy)}"
    )


def _behind(ask: pytest.FixtureRequest) -> str:
    with pytest.raises(LotusError) as raised:
        schema.check("sqlite://", schema.SchemaStatus(("0001", "0002")))
    return f"error: {raised.value}"


def _refused(ask: pytest.FixtureRequest) -> str:
    with pytest.raises(StoreError) as raised, translate_errors("s3://b"):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")
    return f"error: {raised.value}"


HOSTED = ("render", "A bakery opens at dawn", "--provider", "replicate")
SAID = {  # a cause -> how lotus, or what it starts, comes to say it
    "no database address": _typed("db", "status", DATABASE_URL="mysql://db/lotus"),
    "token refused": _with_a_wrong_token,
    "Replicate not reached": _typed(
        *HOSTED,
        REPLICATE_API_TOKEN="r8_" + "Some" * 10,
        REPLICATE_BASE_URL="http://127.0.0.1:9",
        REPLICATE_MAX_RETRIES="0",
    ),
    "password refused": _told('password authentication failed for user "lotus"'),
    "database not reached": _typed(
        "db", "status", DATABASE_URL="postgresql://lotus@127.0.0.1:9/lotus"
    ),
    "no connection left": _told("sorry, too many clients already"),
    "old tables": _behind,
    "bucket refused": _refused,
    "unknown command": _typed("nonsense"),
}


@pytest.mark.parametrize("name", SAID)
def test_what_lotus_says_before_it_ends_is_understood(
    cloud: Cloud, home: Path, request: pytest.FixtureRequest, name: str
) -> None:
    line = SAID[name](request)
    cause = next(one for one in CAUSES if one.name == name)
    cloud.ended("worker", ENDED, code=1, said=line)
    found = AWS_CHECKS["stopped"].look(cloud.account)
    assert (found.status, found.why) == (cause.status, cause.means), line
    assert line[:40] in found.detail
    assert AWS_CHECKS["logs"].look(cloud.account).status == "ok", (
        "of those that stopped another check speaks"
    )
    for _ in range(2):
        cloud.say("service", cloud.run("service").rsplit("/", 1)[1], line, "GET /health/live 200")
    heard = AWS_CHECKS["logs"].look(cloud.account)
    assert (heard.status, heard.why) == (cause.status, cause.means)
    assert heard.detail.startswith(f"2 x {NAME}-service: {line[:40]}")


def test_every_cause_has_a_case() -> None:
    known = {(name, cause.name) for name, one in AWS_CHECKS.items() for cause in one.causes}
    said = {("stopped", one.name) for one in CAUSES} | {("logs", one.name) for one in LINES}
    assert known == set(CASES) | said
    assert len({cause.name for cause in CAUSES}) == len(CAUSES)


ONLY_TOLD = {  # nothing in the account is changed: AWS says something else, or Terraform does
    ("drift", "no cluster"),
    ("drift", "another network"),
    ("service", "deployment failed"),
    ("service", "deployment fails"),
    ("service", "tasks do not start"),
    ("service", "not placed"),
    ("service", "quota reached"),
    ("service", "role not taken"),
    ("service", "task unhealthy"),
    ("service", "deployment given up"),
    ("service", "account blocked"),
    ("service", "targets not registered"),
    ("service", "ECS throttled"),
    ("service", "deployment stands still"),
    ("database", "broken"),
    ("database", "incompatible"),
    ("database", "no capacity for its class"),
    ("database", "unknown status"),
    ("database", "no server"),
    ("database", "disk full"),
    ("database", "not ready"),
    ("database", "no proxy"),
    ("database", "proxy cut off"),
    ("database", "public"),
    ("database", "another network"),
    ("connections", "too many connections"),
    ("bucket", "permission missing"),
    ("spending", "nearly spent"),
    ("spending", "overspent"),
    ("spending", "anomaly"),
}


# The remedy is run; what AWS has measured stays measured until its window is over.
MEASURED_AGAIN = {
    ("connections", "connections used up"),
    ("statements", "slow statements"),
    ("load", "processors pinned"),
    ("load", "memory near its limit"),
    ("load", "memory rises"),
    ("load", "memory creeps up"),
    ("schedules", "did not start its task"),
    ("schedules", "did not fire"),
    ("spending", "alarm"),
    ("health", "answers with errors"),
}
# The remedy is run; it leads to the check that knows the cause, or lists what a person must choose.
LEADS_ON = {
    ("service", "too few tasks"),
    ("roles", "role denied"),
    ("drift", "no cluster"),
    ("bucket", "another region"),  # a bucket cannot move: a person copies it
}
NO_COMMAND: set[Case] = set()


def _named_as(case: Case) -> str:
    return "-".join(case).replace(" ", "_")


def _rounds() -> list[list[Case]]:
    """Faults that can be made side by side, one a check: an environment takes long to make."""
    faults = [case for case in CASES if case not in ONLY_TOLD]
    # all else stands on what they take away
    drifts = [[case] for case in faults if case[0] == "drift"]
    by_check = [
        [case for case in faults if case[0] == name] for name in AWS_CHECKS if name != "drift"
    ]
    return [[case for case in some if case] for some in zip_longest(*by_check)] + drifts


def _well(cloud: Cloud, case: Case) -> None:
    before = AWS_CHECKS[case[0]].look(cloud.account)
    assert before.status in ("ok", "skip"), before


def _explained(case: Case, account: Account) -> Finding:
    check = AWS_CHECKS[case[0]]
    cause = next(one for one in check.causes if one.name == case[1])
    found = check.look(account)
    assert found.status == cause.status, found
    assert cause.means in found.why
    assert cause.remedy.split("{")[0] in found.remedy
    assert "{" not in found.remedy
    tried = commands(found.remedy)
    assert tried or case in NO_COMMAND, found.remedy
    for words in tried:
        check_command(words)
    return found


@pytest.mark.parametrize("case", [case for case in CASES if case in ONLY_TOLD], ids=_named_as)
def test_what_aws_tells_of_a_fault_is_explained(well: Cloud, case: Case) -> None:
    _well(well, case)
    account = CASES[case](well)
    assert account is not None
    _explained(case, account)


@pytest.mark.parametrize(
    "cases", _rounds(), ids=lambda cases: "+".join(case[1].replace(" ", "_") for case in cases)
)
def test_faults_are_found_and_explained(cloud: Cloud, cases: list[Case]) -> None:
    for case in cases:
        _well(cloud, case)
    accounts = [_account(CASES[case](cloud), cloud) for case in cases]
    findings = [_explained(case, account) for case, account in zip(cases, accounts, strict=True)]
    for case, finding in zip(cases, findings, strict=True):
        for words in commands(finding.remedy):
            run_command(cloud, words)
        if case not in MEASURED_AGAIN and case not in LEADS_ON:
            after = AWS_CHECKS[case[0]].look(cloud.account)
            means = next(one.means for one in AWS_CHECKS[case[0]].causes if one.name == case[1])
            assert means not in after.why, f"{case}: {finding.remedy}: {after}"


def _account(told: Any, cloud: Cloud) -> Account:
    return told if isinstance(told, Account) else cloud.account


def test_a_task_that_stopped_is_explained(cloud: Cloud) -> None:
    for name, (reason, code, said) in REASONS.items():
        cause = next(one for one in CAUSES if one.name == name)
        cloud.backend("ecs").tasks.clear()
        cloud.ended("worker", reason, code=code, said=said)
        found = AWS_CHECKS["stopped"].look(cloud.account)
        assert (found.status, found.why) == (cause.status, cause.means), found
        assert f"1 x {NAME}-worker: " in found.detail
        assert (said or reason)[:40] in found.detail


def test_a_task_that_was_stopped_on_purpose_is_no_fault(cloud: Cloud) -> None:
    cloud.ended("worker", "lotus ops stop-task", code=143)
    cloud.ended("worker", "Essential container in task exited", code=0)
    assert AWS_CHECKS["stopped"].look(cloud.account).status == "ok"


def test_tasks_that_stopped_for_the_same_reason_are_counted(cloud: Cloud) -> None:
    for _ in range(3):
        cloud.ended("worker", "OutOfMemoryError: Container killed due to memory usage", code=137)
    cloud.ended("service", f"{PULL}: dial tcp: i/o timeout")
    found = AWS_CHECKS["stopped"].look(cloud.account)
    assert found.detail.startswith(f"3 x {NAME}-worker")
    assert f"1 x {NAME}-service" in found.detail


def test_a_new_password_of_the_owner_is_no_fault_of_tasks_that_do_not_know_it(cloud: Cloud) -> None:
    _changed_password(cloud)
    assert AWS_CHECKS["secrets"].look(cloud.account).status == "fail"
    for task in list(cloud.backend("ecs").tasks[NAME].values()):
        task.started_at = datetime.now(UTC) + timedelta(seconds=1)
    cloud.client("secretsmanager").put_secret_value(
        SecretId=f"{NAME}/database", SecretString="rotated"
    )
    assert AWS_CHECKS["secrets"].look(cloud.account).status == "ok"


def test_a_secret_that_no_task_is_given_may_be_empty(cloud: Cloud) -> None:
    made = cloud.client("secretsmanager").create_secret(Name=f"{NAME}/LOTUS_SMTP_URL")["ARN"]
    cloud.names["secrets"] = [*cloud.names["secrets"], made]
    cloud.write(Path(os.environ["LOTUS_AWS"]))
    assert AWS_CHECKS["secrets"].look(cloud.account).status == "ok"
    define(cloud, "campaign", "1", secrets={"LOTUS_SMTP_URL": made})
    found = AWS_CHECKS["secrets"].look(cloud.account)
    assert (found.status, found.remedy) == (
        "fail",
        "`lotus ops secrets set LOTUS_SMTP_URL`, then `lotus ops restart`",
    )


def test_the_slowest_statement_is_shown(cloud: Cloud) -> None:
    _slow(cloud)
    found = AWS_CHECKS["statements"].look(cloud.account)
    assert found.detail == "2 within the hour, up to 2.3 s: SELECT * FROM scenes"
    cloud.client("logs").delete_log_group(logGroupName=f"/aws/rds/instance/{NAME}/postgresql")
    assert AWS_CHECKS["statements"].look(cloud.account).status == "skip"


def test_a_well_environment_is_well(cloud: Cloud) -> None:
    said = inside("doctor", "--aws", "--json")
    assert said.code == 0, said.out
    statuses = {check["name"]: check["status"] for check in said.json["checks"]}
    assert set(statuses) == set(AWS_CHECKS)
    assert set(statuses.values()) <= {"ok", "skip"}


def test_doctor_says_what_is_wrong_and_ends_with_one(cloud: Cloud) -> None:
    _stopped_server(cloud)
    said = inside("doctor", "--aws", "--only", "database", "--only", "image")
    assert said.code == 1
    assert f"✗ database     {NAME} is stopped" in said.out
    assert f"-> aws rds start-db-instance --db-instance-identifier {NAME}" in said.out
    assert f"✓ image        {NAME}:1" in said.out


def test_a_cause_stands_with_its_remedy_which_can_be_typed(cloud: Cloud) -> None:
    _stopped_server(cloud)
    _closed(cloud)
    lines = inside("doctor", "--aws", "--only", "database").out.splitlines()
    assert [line[:4] for line in lines] == ["✗ da", "  be", "  ->"] * 2
    assert lines[0].endswith(f"{NAME} is stopped")
    assert lines[2].startswith("  -> aws rds start-db-instance")
    assert lines[5] == (
        "  -> terraform -chdir=terraform apply -var-file=environments/dev.tfvars "
        "-target=module.security"
    )
    (check,) = inside("doctor", "--aws", "--only", "database", "--json").json["checks"]
    assert [part["remedy"] for part in check["parts"]] == [lines[2][5:], lines[5][5:]]


def test_an_operation_that_you_may_not_call_is_a_finding(cloud: Cloud) -> None:
    said = {"Error": {"Code": "AccessDeniedException", "Message": "User is not authorized"}}
    account = _with(cloud, "budgets", describe_budget=ClientError(said, "DescribeBudget"))  # type: ignore[arg-type]
    from lotus.aws.checks import examine_aws

    (result,) = examine_aws(account, {"spending": AWS_CHECKS["spending"]})
    assert result.status == "fail"
    assert result.remedy == "ask for the permission budgets:DescribeBudget"


def test_doctor_needs_the_outputs_of_terraform(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    said = inside("doctor", "--aws")
    assert said.code == 2
    assert "LOTUS_AWS: is not set" in said.error
    (tmp_path / "aws.json").write_text('{"lotus": {"value": {"environment": "dev"}}}')
    monkeypatch.setenv("LOTUS_AWS", str(tmp_path / "aws.json"))
    assert (
        "is not an output of terraform/: region: field required" in inside("doctor", "--aws").error
    )


def test_the_playbook_has_every_check_cause_and_command() -> None:
    said = inside("doctor", "--explain").out
    titles = [line[3:] for line in said.splitlines() if line.startswith("## ")]
    assert titles == [
        "Containers",
        "Database",
        "Storage",
        "Pages",
        "API",
        "Generation",
        "Performance",
        "Commands",
    ]
    for one in AWS_CHECKS.values():
        for cause in one.causes:
            assert f"| {cause.name} | " in said
            assert cause.means.replace("|", "\\|") in said
    assert {name for _, aws in CHAPTERS.values() for name in aws} == set(AWS_CHECKS)
    assert all(f"| {name} | " in said for name in CHECKS)
    assert "| `lotus ops drill` | " in said


def test_the_page_of_the_playbook_is_what_the_checks_say() -> None:
    page = Path(__file__).parents[2] / "lotus/docs/reference/playbook.md"
    said = inside("doctor", "--explain").out.strip()
    assert page.read_text().strip() == said, f"lotus doctor --explain > {page}"


def test_every_command_of_a_remedy_can_be_pasted(well: Cloud) -> None:
    causes = [cause for one in AWS_CHECKS.values() for cause in one.causes]
    tried = 0
    facts = {
        "acl": "acl-1",
        "rule": "1",
        "way": "--egress",
        "role": "r",
        "name": "replicate",
        "secret": "s",
    }
    for cause in causes:
        finding = with_names(
            cause.finding("x", **facts, tag="1", task="t", vpc="v", deploy="", permission="p"),
            well.environment,
        )
        assert "{" not in finding.remedy, cause.name
        for words in commands(finding.remedy.replace(APPLY, well.environment.apply)):
            check_command(words)
            tried += 1
    assert tried > 100


def _messages() -> list[Any]:
    table = tomllib.loads((Path(__file__).parents[1] / "data/aws_messages.toml").read_text())
    return [(kind, one) for kind, rows in table.items() for one in rows]


@pytest.mark.parametrize(
    ("kind", "message"),
    _messages(),
    ids=lambda value: value if isinstance(value, str) else value["cause"],
)
def test_what_aws_and_programs_are_known_to_say_leads_to_its_cause(
    kind: str, message: dict[str, str]
) -> None:
    everything = (*REASONS_OF_ECS, ENDED_CAUSE)
    of_kind = {"stopped": everything, "line": LINES, "event": AWS_CHECKS["service"].causes}
    pasted = explain(message["text"]).cause
    if kind == "unknown":
        assert match_cause(message["text"], (*everything, *LINES)) is None
        assert pasted is None, "a cause is said only with its evidence"
        return
    if kind in of_kind:  # as the doctor finds it, who knows where it comes from
        found = match_cause(message["text"], of_kind[kind])
        assert found is not None
        assert found.name == message["cause"]
    assert pasted is not None, "by `lotus ops explain`, which does not know where it comes from"
    assert pasted.name == message["cause"]
    assert message["source"]


def test_every_reason_and_line_has_a_message_that_somebody_saw() -> None:
    every = {(kind, message["cause"]) for kind, message in _messages()}
    tried = {one for one in every if one[0] != "unknown"}
    kinds = {"lines": "line", "events": "event"}
    known = {
        (kinds.get(name, name), cause.name)
        for name, kind in KINDS.items()
        for cause in kind.causes
        if cause is not ENDED_CAUSE
    }
    assert tried == known


def test_what_is_pasted_is_explained_with_a_remedy_that_can_be_typed(well: Cloud) -> None:
    for kind in KINDS.values():
        for cause in kind.causes:
            remedy = ExplainedMessage(text="x", cause=cause).remedy
            assert "{" not in remedy
            facts = with_names(cause.finding("x", vpc="v"), well.environment)
            for words in commands(with_apply_command(facts, well.environment).remedy):
                check_command(words)


def test_an_error_of_terraform_is_read_over_its_lines() -> None:
    lines = [
        "╷",
        "│ Error: creating IAM Role (lotus-dev-task): operation error IAM: CreateRole, https",
        "│ response error StatusCode: 409, api error EntityAlreadyExists: Role with name",
        "│ lotus-dev-task already exists.",
        "╵",
        "╷",
        "│ Error: Inconsistent dependency lock file",
        "╵",
    ]
    assert [one.cause.name for one in explain_lines(lines) if one.cause] == [
        "name taken",
        "provider lock",
    ]
    log = ["well", "MemoryError", "GET / 200", "MemoryError", "ffmpeg exited with code 1"]
    found = explain_lines(log)
    assert [(one.cause.name, one.count) for one in found if one.cause] == [
        ("MemoryError", 2),
        ("ffmpeg failed", 1),
    ]
    (nothing,) = explain_lines(["well"])
    assert nothing.cause is None


def test_a_cause_that_is_not_certain_names_all_that_fit_with_a_command_each() -> None:
    unsure = [one for one in (*REASONS_OF_ECS, *LINES) if one.suspects]
    assert len(unsure) > 10
    for cause in unsure:
        assert 2 <= len(cause.suspects) <= 3
        for suspect in cause.suspects:
            assert suspect.means in cause.means
            assert suspect.command in cause.remedy


EVERYTHING = {"Effect": "Deny", "Principal": "*", "Action": "s3:*"}
ROLE_OF = "arn:aws:iam::123456789012:role/"
POLICIES = [  # a statement of a bucket's policy as people write them, and what the doctor says
    ({**EVERYTHING, "Action": "s3:PutObject"}, "denies s3:PutObject"),
    ({**EVERYTHING, "Principal": {"AWS": "*"}, "Action": ["s3:Put*"]}, "denies s3:PutObject"),
    ({**EVERYTHING, "Principal": {"AWS": f"{ROLE_OF}{NAME}-task"}}, "denies s3:GetObject"),
    ({**EVERYTHING, "Principal": {"AWS": f"{ROLE_OF}another"}}, ""),
    (
        {
            **EVERYTHING,
            "Action": "s3:PutObject",
            "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}},
        },
        "denies s3:PutObject",
    ),
    (
        {**EVERYTHING, "Condition": {"StringNotEquals": {"aws:sourceVpce": "vpce-1"}}},
        "its policy denies by",  # that it does is not known here: a warning
    ),
    (
        {**EVERYTHING, "Condition": {"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        "its policy denies by",
    ),
]


def test_a_policy_of_the_bucket_is_read_as_s3_does(cloud: Cloud) -> None:
    bucket, s3 = cloud.names["bucket"], cloud.client("s3")
    tls: Any = json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    for statement, said in POLICIES:
        document = {"Statement": [*tls, {**statement, "Resource": f"arn:aws:s3:::{bucket}/*"}]}
        s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(document))
        found = AWS_CHECKS["bucket"].look(cloud.account)
        certain = said.startswith("denies")
        assert found.status == ("fail" if certain else "warn" if said else "ok"), statement
        assert said in found.detail
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Statement": tls[0]}))
    assert AWS_CHECKS["bucket"].look(cloud.account).status == "ok", "one that stands in no list"


def test_a_database_that_lets_the_tasks_subnets_in_by_address_is_open(cloud: Cloud) -> None:
    _closed(cloud)
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432}
    rule["IpRanges"] = [{"CidrIp": "10.20.0.0/16"}]  # type: ignore[assignment]
    cloud.client("ec2").authorize_security_group_ingress(
        GroupId=cloud.names["database_group"], IpPermissions=[rule]
    )
    assert AWS_CHECKS["database"].look(cloud.account).status == "ok"


def test_errors_in_the_log_are_counted_where_no_load_balancer_counts_them(cloud: Cloud) -> None:
    ask = {"event": "request", "path": "/api/v1/generations", "method": "POST"}
    lines = [json.dumps({**ask, "status": status}) for status in (200, 500, 503)]
    cloud.say("service", "s1", *lines, json.dumps({**ask, "path": "/health/ready", "status": 503}))
    found = AWS_CHECKS["health"].look(cloud.account)
    assert (found.status, found.detail) == (
        "fail",
        "2 of 3 requests failed within a quarter of an hour",
    )


def test_a_proxy_has_connections_for_all_tasks_and_only_it_is_signed_in_to(well: Cloud) -> None:
    account = _proxied(well, "available")
    assert AWS_CHECKS["database"].look(account).status == "ok"
    service = {"desiredCount": 12, "runningCount": 12}
    without = _service(well, **service)
    assert AWS_CHECKS["connections"].look(without).status == "warn"
    behind = _service(_named(well, proxy=NAME), **service)
    assert AWS_CHECKS["connections"].look(behind).status == "ok"
    env = account.environment.model_copy(update={"proxy_id": "prx-1"})
    of = {one: needs(env, "aws", "1", one, set()) for one in ("task", "owner")}
    users = {
        one: need.resource.rpartition(":")[2]
        for one, some in of.items()
        for need in some
        if need.action == "rds-db:connect"
    }
    assert users == {"task": "prx-1/lotus_app", "owner": "db-ABC/lotus"}, "it goes round the proxy"


def test_an_alarm_that_starts_tasks_by_the_queue_is_no_fault(cloud: Cloud) -> None:
    _alarm(cloud, "scaling-fewer")
    assert AWS_CHECKS["spending"].look(cloud.account).status == "ok"
    assert inside("ops", "status", "--json").json["alarms"] == []
    _alarm(cloud)
    assert AWS_CHECKS["spending"].look(cloud.account).status == "warn"


def test_connections_are_those_of_the_class() -> None:
    assert allowed_connections("db.t4g.micro") == 73
    assert allowed_connections("db.r8g.4xlarge") == 4995


def test_a_slope_is_that_of_the_points() -> None:
    at = datetime(2026, 11, 24, tzinfo=UTC)
    assert rise(
        [(at + timedelta(minutes=6 * step), 40 + step * 0.3) for step in range(10)]
    ) == pytest.approx(3.0)
