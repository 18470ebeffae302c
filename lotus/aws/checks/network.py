"""The ways out of the tasks' subnets: to the internet, and to S3 without paying for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.acls import LAST_RULE, acl_of, covers, deciding, lets_through
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.environment import Environment
from lotus.aws.service import all_schedules
from lotus.checks.base import Cause, Finding

__all__ = ["NETWORK"]

ANYWHERE = "0.0.0.0/0"
EPHEMERAL = 40_000  # answers come to ports of this kind: Linux takes 32768 to 60999

NO_SUBNET = Cause(
    "no subnet",
    "a subnet of Terraform's output is gone, or is in another VPC",
    "tasks have no network to run in",
    "terraform -chdir=terraform apply -target=module.network",
)
NO_WAY_OUT = Cause(
    "no way out",
    "the subnets' route table has no route 0.0.0.0/0 that works",
    "images, secrets and Replicate cannot be reached: tasks stay pending, then stop",
    "terraform -chdir=terraform apply -target=module.network",
)
NO_HTTPS = Cause(
    "HTTPS blocked",
    "the tasks' security group lets nothing out to port 443",
    "outbound HTTPS is blocked: images, secrets, S3 and Replicate cannot be reached",
    "terraform -chdir=terraform apply -target=module.security",
)
NO_DATABASE_PORT = Cause(
    "database blocked",
    "the tasks' security group lets nothing out to port 5432 of the database",
    "tasks wait, and then cannot connect to the database",
    "terraform -chdir=terraform apply -target=module.security",
)
DENIED = Cause(
    "network ACL",
    "a network ACL of a subnet denies what tasks need",
    "the subnet's ACL drops the packets, whatever the security groups allow",
    "`aws ec2 describe-network-acls --network-acl-ids {acl} --region {region}` lists its rules; "
    "`aws ec2 delete-network-acl-entry --network-acl-id {acl} --rule-number {rule} {way} "
    "--region {region}` removes the one that denies",
)
UNLISTED = Cause(
    "network ACL without a rule",
    "no rule of a subnet's network ACL allows what tasks need",
    "traffic without an allowing rule is dropped, whatever the security groups allow",
    "`aws ec2 create-network-acl-entry --network-acl-id {acl} --rule-number {rule} --protocol -1 "
    "--rule-action allow --cidr-block 0.0.0.0/0 {way} --region {region}`",
)
NO_ADDRESS = Cause(
    "no address",
    "assignPublicIp is DISABLED, and the subnets have no NAT",
    "tasks without an address of their own cannot reach anything outside: they stay pending",
    "terraform -chdir=terraform apply -target=module.service -target=module.schedules",
)
NO_ENDPOINT = Cause(
    "no endpoint for S3",
    "the VPC has no gateway endpoint for S3",
    "clips go out over the internet; where there is a NAT, that is slower and costs 0.045 USD a GB",
    "terraform -chdir=terraform apply -target=module.network",
    status="warn",
)
Facts = dict[str, Any]


def look(account: Account) -> Finding:
    """Subnets, their routes and ACLs, the group's rules, addresses, and the endpoint."""
    env = account.environment
    findings = Findings()
    here = [{"Name": "vpc-id", "Values": [env.vpc]}]
    subnets = {
        one["SubnetId"]: one
        for one in account.call("ec2", "describe_subnets", Filters=here)["Subnets"]
    }
    if missing := [one for one in env.subnets if one not in subnets]:
        findings.append(NO_SUBNET.finding(f"{', '.join(missing)} is not in {env.vpc}"))
    own = [one for one in env.subnets if one in subnets]
    tables = account.call("ec2", "describe_route_tables", Filters=here)["RouteTables"]
    if cut := [one for one in own if not _leads_out(_table_of(one, tables), env.public_address)]:
        findings.append(NO_WAY_OUT.finding(f"{', '.join(cut)} has no way to the internet"))
    data = _database_subnets(account)
    blocks = {name: str(one["CidrBlock"]) for name, one in subnets.items()}
    groups = account.call("ec2", "describe_security_groups", Filters=here)["SecurityGroups"]
    findings += _group(env, groups, [blocks[one] for one in data if one in blocks])
    acls = account.call("ec2", "describe_network_acls", Filters=here)["NetworkAcls"]
    findings += _acls(acls, own, [one for one in data if one in subnets], blocks)
    findings += _addresses(account)
    endpoints = account.call("ec2", "describe_vpc_endpoints", Filters=here)["VpcEndpoints"]
    if not any(
        one["ServiceName"].endswith(".s3")
        for one in endpoints
        if one.get("State", "").lower() != "deleted"
    ):
        findings.append(NO_ENDPOINT.finding(f"{env.vpc} has no endpoint for S3"))
    return verdict(findings, f"{len(env.subnets)} subnets with a way out, S3 by its endpoint")


def _database_subnets(account: Account) -> list[str]:
    name = account.environment.database
    response = account.find("rds", "describe_db_instances", DBInstanceIdentifier=name)
    group = response["DBInstances"][0].get("DBSubnetGroup", {}) if response else {}
    return [str(one["SubnetIdentifier"]) for one in group.get("Subnets", ())]


def _group(env: Environment, groups: list[Facts], data_blocks: list[str]) -> Findings:
    """What the tasks' security group lets out."""
    group = next((one for one in groups if one["GroupId"] == env.security_group), None)
    if group is None:
        return []
    findings = Findings()
    rules = group.get("IpPermissionsEgress", ())
    if not any(_lets_out(rule, 443, ["0.0.0.0/0"], "") for rule in rules):
        findings.append(NO_HTTPS.finding(f"{env.security_group} lets nothing out to port 443"))
    if not any(_lets_out(rule, 5432, data_blocks, env.database_group) for rule in rules):
        findings.append(
            NO_DATABASE_PORT.finding(f"{env.security_group} lets nothing out to port 5432")
        )
    return findings


def _lets_out(rule: Facts, port: int, blocks: list[str], group: str) -> bool:
    every = rule["IpProtocol"] == "-1"
    if not every and not rule.get("FromPort", 0) <= port <= rule.get("ToPort", 0):
        return False
    if any(pair.get("GroupId") == group for pair in rule.get("UserIdGroupPairs", ()) if group):
        return True
    ranges = [str(one["CidrIp"]) for one in rule.get("IpRanges", ())]
    return bool(blocks) and all(any(covers(outer, one) for outer in ranges) for one in blocks)


def _acls(
    acls: list[Facts], own: list[str], data: list[str], blocks: Mapping[str, str]
) -> Findings:
    """Whether the ACLs let tasks call out and be answered, and reach the database."""
    flows: list[tuple[str, int, str, bool]] = []
    for subnet in own:
        flows += [(subnet, 443, ANYWHERE, True), (subnet, EPHEMERAL, ANYWHERE, False)]
        for other in data:
            flows += [
                (subnet, 5432, blocks[other], True),
                (subnet, EPHEMERAL, blocks[other], False),
                (other, 5432, blocks[subnet], False),
                (other, EPHEMERAL, blocks[subnet], True),
            ]
    findings: dict[str, Finding] = {}
    for subnet, port, block, egress in flows:
        acl = acl_of(subnet, acls)
        if acl is None or lets_through(acl, port, block, egress=egress):
            continue
        rule = deciding(acl, port, block, egress=egress)
        way = "--egress" if egress else "--ingress"
        facts = {"acl": str(acl["NetworkAclId"]), "way": way}
        detail = (
            f"{facts['acl']} of {subnet} denies port {port} {'to' if egress else 'from'} {block}"
        )
        numbers = [
            int(one["RuleNumber"]) for one in acl["Entries"] if bool(one["Egress"]) == egress
        ]
        if rule is not None and rule < LAST_RULE:
            findings.setdefault(f"{facts}{rule}", DENIED.finding(detail, **facts, rule=str(rule)))
        else:
            free = next(n for n in range(100, LAST_RULE, 10) if n not in numbers)
            findings.setdefault(f"{facts}", UNLISTED.finding(detail, **facts, rule=str(free)))
    return list(findings.values())


def _addresses(account: Account) -> Findings:
    """Whether the service and the schedules give tasks an address, where they need one."""
    env = account.environment
    if not env.public_address:
        return []
    services = account.call(
        "ecs", "describe_services", cluster=env.cluster, services=[env.service]
    )["services"]
    places = {
        str(one["serviceName"]): one.get("networkConfiguration", {}).get("awsvpcConfiguration")
        for one in services
    }
    for one in all_schedules(account):
        network = one["Target"].get("EcsParameters", {}).get("NetworkConfiguration", {})
        place = network.get("awsvpcConfiguration") or network.get("AwsvpcConfiguration")
        places[str(one["Name"])] = place
    bare = [
        name
        for name, place in places.items()
        if place and (place.get("assignPublicIp") or place.get("AssignPublicIp")) == "DISABLED"
    ]
    return [NO_ADDRESS.finding(f"{', '.join(bare)}: assignPublicIp is DISABLED")] if bare else []


def _table_of(subnet: str, tables: list[Facts]) -> Facts:
    """The subnet's own route table, or the network's main one."""
    own = [
        table for table in tables for one in table["Associations"] if one.get("SubnetId") == subnet
    ]
    main = [table for table in tables for one in table["Associations"] if one.get("Main")]
    return next(iter([*own, *main]), {"Routes": []})


def _leads_out(table: Facts, public_address: bool) -> bool:
    """Through an internet gateway if tasks have addresses of their own, else through a NAT."""
    for route in table["Routes"]:
        if (
            route.get("DestinationCidrBlock") == "0.0.0.0/0"
            and route.get("State", "active") == "active"
        ):
            return (
                str(route.get("GatewayId", "")).startswith("igw-")
                if public_address
                else bool(route.get("NatGatewayId"))
            )
    return False


NETWORK = AwsCheck(
    "tasks can reach what they need",
    look,
    (NO_SUBNET, NO_WAY_OUT, NO_HTTPS, NO_DATABASE_PORT, DENIED, UNLISTED, NO_ADDRESS, NO_ENDPOINT),
)
