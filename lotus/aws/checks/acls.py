"""Network ACLs: what they let through, rule by rule, as AWS evaluates them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import ip_network
from typing import Any

__all__ = ["LAST_RULE", "acl_of", "covers", "deciding", "lets_through"]

TCP = "6"
EVERY = "-1"
LAST_RULE = 32_767  # the rule that denies what no other allows; it cannot be removed
Facts = Mapping[str, Any]


def acl_of(subnet: str, acls: Iterable[Facts]) -> Facts | None:
    """The ACL of a subnet; each subnet has exactly one."""
    for acl in acls:
        if any(one.get("SubnetId") == subnet for one in acl.get("Associations", ())):
            return acl
    return next((acl for acl in acls if acl.get("IsDefault")), None)


def lets_through(acl: Facts, port: int, block: str, *, egress: bool) -> bool:
    """Whether TCP to (or, coming in, at) the port passes between the subnet and the block: the rule
    with the lowest number that fits decides, and what no rule fits is denied.
    """
    rule = _first(acl, port, block, egress)
    return rule is not None and str(rule["RuleAction"]).lower() == "allow"


def deciding(acl: Facts, port: int, block: str, *, egress: bool) -> int | None:
    """The number of the rule that decides; None if none fits."""
    rule = _first(acl, port, block, egress)
    return None if rule is None else int(rule["RuleNumber"])


def _first(acl: Facts, port: int, block: str, egress: bool) -> Facts | None:
    rules = [one for one in acl.get("Entries", ()) if bool(one.get("Egress")) == egress]
    rules.sort(key=lambda one: int(one["RuleNumber"]))
    return next((rule for rule in rules if _fits(rule, port, block)), None)


def _fits(rule: Facts, port: int, block: str) -> bool:
    if str(rule.get("Protocol")) not in (TCP, EVERY) or not rule.get("CidrBlock"):
        return False
    if not covers(str(rule["CidrBlock"]), block):
        return False
    ports = rule.get("PortRange") or {}
    if str(rule.get("Protocol")) == EVERY or not ports:
        return True
    return int(ports.get("From", 0)) <= port <= int(ports.get("To", 65_535))


def covers(outer: str, inner: str) -> bool:
    """Whether one block of IPv4 addresses holds another."""
    return ip_network(inner).subnet_of(ip_network(outer))  # type: ignore[arg-type]
