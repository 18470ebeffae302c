"""The database server: up, closed to the world, open to tasks, and with connections for all of
them.
"""

from __future__ import annotations

import re
import time
from typing import Any

from lotus.aws.account import MISSING as MISSING_THERE
from lotus.aws.account import Account
from lotus.aws.checks.acls import covers
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.status import metric, service_facts
from lotus.aws.tasks import tasks
from lotus.checks.base import Cause, Finding, Suspect, several
from lotus.errors import AwsError

__all__ = ["CONNECTIONS", "DATABASE", "STATEMENTS", "allowed_connections"]

# GiB of memory by size; max_connections is LEAST(memory / 9531392, 5000) of what the system leaves
# docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections
MEMORY_GIB = {
    "micro": 1,
    "small": 2,
    "medium": 4,
    "large": 8,
    "xlarge": 16,
    "2xlarge": 32,
    "4xlarge": 64,
}
FOR_THE_SYSTEM = 0.3
RESERVED = 5
POOL = {"DB_POOL_SIZE": 10, "DB_MAX_OVERFLOW": 20}  # lotus' own defaults
LOW_DISK_BYTES = 2 * 1024**3

MISSING = Cause(
    "no server",
    "RDS has no server of that name",
    "it was deleted, or the region is wrong",
    "`lotus ops restore --to {database}` makes it from its last backup; "
    "`terraform -chdir=terraform apply -target=module.database` makes an empty one",
)
NO_PROXY = Cause(
    "no proxy",
    "RDS has no proxy of that name, or it is not available",
    "tasks reach the database by the proxy alone: none can connect",
    "terraform -chdir=terraform apply -target=module.database",
)
PROXY_CUT = several(
    "proxy cut off",
    "the proxy's target is UNAVAILABLE: UNREACHABLE, CONNECTION_FAILED or AUTH_FAILURE",
    "",
    Suspect(
        "its group does not let it to the server, or its role may not sign in",
        "`terraform -chdir=terraform apply -target=module.security -target=module.database`",
    ),
    Suspect("the server is stopped, full or being changed", "`lotus ops status` (database)"),
    Suspect("the roles of the database have not got their rights", "`lotus ops migrate`"),
)
STOPPED = Cause(
    "stopped",
    "the server's status is stopped or stopping",
    "somebody stopped it; after seven days AWS starts it again",
    "aws rds start-db-instance --db-instance-identifier {database} --region {region}",
)
FULL = Cause(
    "disk full",
    "the server's status is storage-full, or less than 2 GiB are free",
    "nothing can be written until the disk has grown",
    "raise database.max_storage_gb in the .tfvars, then "
    "`terraform -chdir=terraform apply -target=module.database`; "
    "`lotus ops run lotus db prune --yes`",
)
BROKEN = Cause(
    "broken",
    "the server's status is failed, restore-error or inaccessible-encryption-credentials",
    "RDS cannot bring it back by itself: no waiting helps",
    "`aws rds describe-events --source-type db-instance --source-identifier {database} "
    "--duration 1440 --region {region}` says why; `lotus ops restore --to NAME` makes another one "
    "from a backup",
)
INCOMPATIBLE = Cause(
    "incompatible",
    "the server's status is incompatible-network, -parameters, -option-group or -restore",
    "its subnets, parameters or options do not fit it: it waits until they are changed",
    "`aws rds describe-events --source-type db-instance --source-identifier {database} "
    "--duration 1440 --region {region}` says what does not fit; "
    "`terraform -chdir=terraform apply -target=module.network -target=module.database` puts back "
    "those of lotus, then `aws rds reboot-db-instance --db-instance-identifier {database} "
    "--region {region}`",
)
NO_MACHINE = Cause(
    "no capacity for its class",
    "the server's status is insufficient-capacity",
    "AWS has no capacity of that class in the zone at the moment",
    "another database.class in the .tfvars, then `terraform -chdir=terraform apply`",
)
UNKNOWN_STATUS = Cause(
    "unknown status",
    "the server has a status that is unknown here",
    "it is not available; whether it will be by itself is unknown",
    "`aws rds describe-events --source-type db-instance --source-identifier {database} "
    "--duration 1440 --region {region}` says what happens to it",
)
NOT_READY = Cause(
    "not ready",
    "the server's status is one of a change under way, such as creating, modifying, backing-up",
    "it is being changed, backed up or started",
    "wait until `lotus ops status` says available",
    status="warn",
)
PUBLIC = Cause(
    "public",
    "the server is publicly accessible",
    "only its password protects it from the internet",
    "terraform -chdir=terraform apply -target=module.database",
)
CLOSED = Cause(
    "closed to tasks",
    "no rule of its security groups allows 5432 from the tasks' group or subnets",
    "tasks wait, and then cannot connect",
    "terraform -chdir=terraform apply -target=module.security",
)
ELSEWHERE = Cause(
    "another network",
    "the server is in another VPC than the tasks",
    "tasks cannot reach it",
    "terraform -chdir=terraform apply -target=module.database",
)
TOO_MANY = Cause(
    "too many connections",
    "pools x tasks come near to what the server allows",
    "when all are in use, further connections are refused",
    "`lotus ops scale 1`, fewer --workers, or database.proxy = true or a larger database.class in "
    "the .tfvars, then `terraform -chdir=terraform apply` and `lotus ops restart`",
    status="warn",
)
FULL_NOW = Cause(
    "connections used up",
    "more than nine in ten connections were in use within the hour",
    "the next task will be refused",
    "`lotus ops scale 1`; then lower the pools, or set database.proxy = true or a larger "
    "database.class in the .tfvars and `terraform -chdir=terraform apply`",
)
SLOW = Cause(
    "slow statements",
    "the server's log has statements that took longer than a second within the hour",
    "an index is missing, a table has many dead rows, or the server is too small",
    "`lotus ops run lotus doctor --only indexes --only statements`; `lotus ops run lotus db prune "
    "--yes`; "
    "a larger database.class",
    status="warn",
)
# docs.aws.amazon.com/AmazonRDS/latest/UserGuide/accessing-monitoring.html
AVAILABLE = {"available", "storage-optimization", "storage-initialization"}
UNDER_WAY = {
    "backing-up",
    "configuring-activity-stream",
    "configuring-associated-roles",
    "configuring-enhanced-monitoring",
    "configuring-iam-database-auth",
    "configuring-log-exports",
    "converting-to-vpc",
    "creating",
    "maintenance",
    "modifying",
    "moving-to-vpc",
    "rebooting",
    "renaming",
    "resetting-master-credentials",
    "starting",
    "storage-config-upgrade",
    "upgrading",
}
LOST = {
    "failed",
    "restore-error",
    "inaccessible-encryption-credentials",
    "inaccessible-encryption-credentials-recoverable",
    "deleting",
    "delete-precheck",
}
DURATION = re.compile(r"duration: (\d+)\.\d+ ms\s+(?:statement|execute [^:]*): (.*)", re.S)
SHOWN = 100  # characters of a statement
Facts = dict[str, Any]


def look(account: Account) -> Finding:
    """Its status, its doors, its disk."""
    env = account.environment
    response = account.find("rds", "describe_db_instances", DBInstanceIdentifier=env.database)
    if response is None:
        return verdict([MISSING.finding(f"there is no {env.database} in {env.region}")], "")
    server = response["DBInstances"][0]
    findings = Findings()
    findings += _state(account, server)
    if server.get("PubliclyAccessible"):
        findings.append(PUBLIC.finding(f"{env.database} can be reached from the internet"))
    vpc = server.get("DBSubnetGroup", {}).get("VpcId", env.vpc)
    if vpc != env.vpc:
        findings.append(ELSEWHERE.finding(f"{env.database} is in {vpc}, tasks in {env.vpc}"))
    elif not _open_to_tasks(account, server):
        findings.append(CLOSED.finding(f"{env.database} does not let {env.security_group} in"))
    findings += _proxy(account)
    return verdict(
        findings, f"{env.database} is {server['DBInstanceStatus']}, private, open to tasks"
    )


def _proxy(account: Account) -> Findings:
    """The proxy, if there is to be one: there, and with a way to the server."""
    name = account.environment.proxy
    if name is None:
        return []
    answer = account.find("rds", "describe_db_proxies", DBProxyName=name)
    proxies = answer["DBProxies"] if answer else []
    if not proxies or proxies[0]["Status"] != "available":
        status = proxies[0]["Status"] if proxies else "not there"
        return [NO_PROXY.finding(f"the proxy {name} is {status}")]
    targets = account.call("rds", "describe_db_proxy_targets", DBProxyName=name)["Targets"]
    health = [one.get("TargetHealth", {}) for one in targets]
    ill = [one for one in health if one.get("State") == "UNAVAILABLE"]
    if not ill:
        return []
    return [PROXY_CUT.finding(f"the proxy {name}: {ill[0].get('Reason', 'UNAVAILABLE')}")]


def _state(account: Account, server: Facts) -> Findings:
    name = account.environment.database
    status = server["DBInstanceStatus"]
    free = metric(
        account, "AWS/RDS", "FreeStorageSpace", {"DBInstanceIdentifier": name}, statistic="Minimum"
    )
    if status == "storage-full" or (free and free[-1][1] < LOW_DISK_BYTES):
        return [
            FULL.finding(
                f"{name}: {free[-1][1] / 1e9:.1f} GB free" if free else f"{name} is {status}"
            )
        ]
    if status in ("stopped", "stopping"):
        return [STOPPED.finding(f"{name} is {status}")]
    if status in AVAILABLE:
        return []
    detail = f"{name} is {status}"
    if status in UNDER_WAY:
        return [NOT_READY.finding(detail)]
    if status in LOST:
        return [BROKEN.finding(detail)]
    if status.startswith("incompatible-"):
        return [INCOMPATIBLE.finding(detail)]
    return [(NO_MACHINE if status == "insufficient-capacity" else UNKNOWN_STATUS).finding(detail)]


def _open_to_tasks(account: Account, server: Facts) -> bool:
    env = account.environment
    groups = [one["VpcSecurityGroupId"] for one in server.get("VpcSecurityGroups", ())]
    if not groups:
        return False
    here = [{"Name": "vpc-id", "Values": [env.vpc]}]
    subnets = account.call("ec2", "describe_subnets", Filters=here)["Subnets"]
    blocks = [str(one["CidrBlock"]) for one in subnets if one["SubnetId"] in env.subnets]
    for group in account.call("ec2", "describe_security_groups", GroupIds=groups)["SecurityGroups"]:
        for rule in group["IpPermissions"]:
            pairs = [pair["GroupId"] for pair in rule.get("UserIdGroupPairs", ())]
            every = rule["IpProtocol"] == "-1" or rule.get("FromPort", 0) <= 5432 <= rule.get(
                "ToPort", 0
            )
            ranges = [str(one["CidrIp"]) for one in rule.get("IpRanges", ())]
            near = blocks and all(any(covers(outer, one) for outer in ranges) for one in blocks)
            if every and (env.security_group in pairs or near):
                return True
    return False


def allowed_connections(size: str) -> int:
    """About how many a class such as db.t4g.micro allows to others than the system."""
    memory = MEMORY_GIB.get(size.rsplit(".", 1)[-1], 1) * 1024**3
    return min(5000, int(memory * (1 - FOR_THE_SYSTEM) / 9_531_392)) - RESERVED


def connections(account: Account) -> Finding:
    """Pools of all tasks against what the server allows, and what it had within the hour."""
    env = account.environment
    findings = Findings()
    response = account.find("rds", "describe_db_instances", DBInstanceIdentifier=env.database)
    if response is None:
        return Finding("skip", f"there is no {env.database}")
    maximum = allowed_connections(response["DBInstances"][0]["DBInstanceClass"])
    each = _pool(account)
    count = max(len(tasks(account)), service_facts(account)["desiredCount"])
    in_use = metric(
        account,
        "AWS/RDS",
        "DatabaseConnections",
        {"DBInstanceIdentifier": env.database},
        statistic="Maximum",
    )
    most = max((value for _, value in in_use), default=0)
    if most > 0.9 * maximum:
        findings.append(FULL_NOW.finding(f"{most:.0f} of about {maximum} connections were in use"))
    sum_ = f"{count} tasks x {each} connections, about {maximum} allowed"
    if env.proxy is None and count * each > 0.8 * maximum:
        findings.append(TOO_MANY.finding(sum_))
    return verdict(findings, f"{sum_}, {most:.0f} in use")


def _pool(account: Account) -> int:
    """Connections that one task may open: from the environment of its task definition."""
    family = account.environment.families["service"]
    response = account.find("ecs", "describe_task_definition", taskDefinition=family)
    variables = (
        response["taskDefinition"]["containerDefinitions"][0].get("environment", ())
        if response
        else ()
    )
    values = {one["name"]: one["value"] for one in variables}
    return sum(int(values.get(name, default)) for name, default in POOL.items())


def statements(account: Account) -> Finding:
    """Those that PostgreSQL wrote into its log within the hour, by log_min_duration_statement."""
    group = f"/aws/rds/instance/{account.environment.database}/postgresql"
    since = int((time.time() - 3600) * 1000)
    query = {"logGroupName": group, "startTime": since, "filterPattern": '"duration:"'}
    try:
        events = list(account.pages("logs", "filter_log_events", "events", **query))
    except AwsError as error:
        if error.facts["code"] not in MISSING_THERE:
            raise
        return Finding(
            "skip", f"there is no log {group}: nothing was slow yet, or it is not exported"
        )
    durations = [match for event in events if (match := DURATION.search(event["message"]))]
    if not durations:
        return Finding("ok", "no statement took longer than a second within the hour")
    worst = max(durations, key=lambda match: int(match[1]))
    statement = " ".join(worst[2].split())[:SHOWN]
    return SLOW.finding(
        f"{len(durations)} within the hour, up to {int(worst[1]) / 1000:.1f} s: {statement}"
    )


DATABASE = AwsCheck(
    "the database is available, private, and open to tasks",
    look,
    (
        MISSING,
        STOPPED,
        FULL,
        NOT_READY,
        BROKEN,
        INCOMPATIBLE,
        NO_MACHINE,
        UNKNOWN_STATUS,
        NO_PROXY,
        PROXY_CUT,
        PUBLIC,
        CLOSED,
        ELSEWHERE,
    ),
)
CONNECTIONS = AwsCheck(
    "the database has enough connections for all tasks", connections, (TOO_MANY, FULL_NOW)
)
STATEMENTS = AwsCheck("no database statement is slow", statements, (SLOW,))
