"""Causes that fit several messages, each with the command that tells whether it is the one."""

from __future__ import annotations

from lotus.checks.base import Suspect

__all__ = [
    "AWS_DOWN",
    "BUSY",
    "CUT",
    "DOWN",
    "EXECUTION_ROLE",
    "IMAGE",
    "LINKED_ROLE",
    "MEMORY",
    "NAMES",
    "NETWORK",
    "ROLE",
    "ROW",
    "SECRET",
    "SLOW_AWS",
]

AWS_DOWN = Suspect("AWS itself is down", "open https://health.aws.amazon.com/health/status")
BUSY = Suspect("the processors are pinned", "`lotus doctor --aws --only load`")
CUT = Suspect("the network does not let the task there", "`lotus doctor --aws --only network`")
DOWN = Suspect(
    "the server is stopped, full or being changed", "`lotus doctor --aws --only database`"
)
EXECUTION_ROLE = Suspect(
    "the execution role lacks the permission, or is gone", "`lotus doctor --aws --only roles`"
)
IMAGE = Suspect("the repository or the image is not there", "`lotus doctor --aws --only image`")
LINKED_ROLE = Suspect(
    "the role by which ECS acts for this account is gone or lacks its rights",
    "`aws iam get-role --role-name AWSServiceRoleForECS`",
)
MEMORY = Suspect("it took more memory than its task has", "`lotus doctor --aws --only load`")
NAMES = Suspect(
    "the VPC does not resolve names",
    "`aws ec2 describe-vpc-attribute --vpc-id {vpc} --attribute enableDnsSupport "
    "--region {region}`",
)
NETWORK = Suspect(
    "the subnet has no way out, a task no address, or a rule forbids port 443",
    "`lotus doctor --aws --only network`",
)
ROLE = Suspect("the task's role may not, or is gone", "`lotus doctor --aws --only roles`")
ROW = Suspect("the row itself makes it crash", "`lotus ops run lotus doctor --only failures`")
SECRET = Suspect("a secret is missing, deleted or empty", "`lotus doctor --aws --only secrets`")
SLOW_AWS = Suspect("AWS was slow: it may work next time", "`lotus ops status` shows whether it did")
