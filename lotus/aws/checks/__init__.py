"""What `lotus doctor --aws` knows: from symptom to cause, in the order in which an operator would
look.
"""

from __future__ import annotations

from collections.abc import Mapping

from lotus.aws.checks import (
    bucket,
    database,
    image,
    load,
    network,
    roles,
    schedules,
    secrets,
    service,
    spending,
    stopped_tasks,
)
from lotus.aws.checks.base import AwsCheck, examine_aws
from lotus.aws.checks.drift import DRIFT

__all__ = ["AWS_CHECKS", "AwsCheck", "examine_aws"]

AWS_CHECKS: Mapping[str, AwsCheck] = {
    "drift": DRIFT,
    "service": service.SERVICE,
    "health": service.HEALTH,
    "stopped": stopped_tasks.STOPPED,
    "logs": stopped_tasks.LOGS,
    "image": image.IMAGE,
    "secrets": secrets.SECRETS,
    "roles": roles.ROLES,
    "network": network.NETWORK,
    "database": database.DATABASE,
    "connections": database.CONNECTIONS,
    "statements": database.STATEMENTS,
    "bucket": bucket.BUCKET,
    "load": load.LOAD,
    "schedules": schedules.SCHEDULES,
    "spending": spending.SPENDING,
}
