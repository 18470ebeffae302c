"""The ways out of the tasks' subnets: to the internet, and to S3 without paying for it."""

from __future__ import annotations

from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Found, verdict
from lotus.checks.base import Cause, Finding

__all__ = ["NETWORK"]

NO_SUBNET = Cause(
    "no subnet",
    "a subnet of Terraform's output is gone, or is in another VPC",
    "tasks have nowhere to live",
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
NO_ENDPOINT = Cause(
    "no endpoint for S3",
    "the VPC has no gateway endpoint for S3",
    "clips go out over the internet; where there is a NAT, that is slower and costs 0.045 USD a GB",
    "terraform -chdir=terraform apply -target=module.network",
    status="warn",
)
Facts = dict[str, Any]


def look(account: Account) -> Finding:
    """Subnets, their routes, the group's rules, and the endpoint."""
    env = account.environment
    found = Found()
    here = [{"Name": "vpc-id", "Values": [env.vpc]}]
    subnets = {
        one["SubnetId"] for one in account.call("ec2", "describe_subnets", Filters=here)["Subnets"]
    }
    if lost := [one for one in env.subnets if one not in subnets]:
        found.append(NO_SUBNET.found(f"{', '.join(lost)} is not in {env.vpc}"))
    tables = account.call("ec2", "describe_route_tables", Filters=here)["RouteTables"]
    cut = [
        one
        for one in env.subnets
        if one in subnets and not _leads_out(_table_of(one, tables), env.public_address)
    ]
    if cut:
        found.append(NO_WAY_OUT.found(f"{', '.join(cut)} has no way to the internet"))
    groups = account.call("ec2", "describe_security_groups", Filters=here)["SecurityGroups"]
    group = next((one for one in groups if one["GroupId"] == env.security_group), None)
    if group is not None and not any(
        _allows_https(rule) for rule in group.get("IpPermissionsEgress", ())
    ):
        found.append(NO_HTTPS.found(f"{env.security_group} lets nothing out to port 443"))
    endpoints = account.call("ec2", "describe_vpc_endpoints", Filters=here)["VpcEndpoints"]
    if not any(
        one["ServiceName"].endswith(".s3")
        for one in endpoints
        if one.get("State", "").lower() != "deleted"
    ):
        found.append(NO_ENDPOINT.found(f"{env.vpc} has no endpoint for S3"))
    return verdict(found, f"{len(env.subnets)} subnets with a way out, S3 by its endpoint")


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


def _allows_https(rule: Facts) -> bool:
    anywhere = any(block["CidrIp"] == "0.0.0.0/0" for block in rule.get("IpRanges", ()))
    every = rule["IpProtocol"] == "-1"
    return anywhere and (every or rule.get("FromPort", 0) <= 443 <= rule.get("ToPort", 0))


NETWORK = AwsCheck(
    "whether tasks reach what they need", look, (NO_SUBNET, NO_WAY_OUT, NO_HTTPS, NO_ENDPOINT)
)
