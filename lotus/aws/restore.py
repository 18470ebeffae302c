"""The database brought back: beside the old one, under another name; and a rehearsal of that."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.aws.plan import OperationPlan, OperationStep
from lotus.aws.tasks import run_once
from lotus.errors import AwsError, InvalidInput

__all__ = ["DRILL", "drill_check", "remove", "restore", "server", "wait_until_available"]

LOOK_SECONDS = 15.0
DRILL = "drill"  # after the database's name: a copy that only a rehearsal needs
CHECKS = ("database", "indexes", "jobs")  # of `lotus doctor`, which a restored server must pass
Facts = dict[str, Any]


def server(account: Account, name: str) -> Facts | None:
    """A database server as RDS has it; None if there is none."""
    response = account.find("rds", "describe_db_instances", DBInstanceIdentifier=name)
    return dict(response["DBInstances"][0]) if response else None


def restore(
    env: Environment,
    source: Facts | None,
    snapshots: Sequence[Facts],
    name: str,
    at: datetime | None,
) -> OperationPlan:
    """Make the server `name` from what the database was at a moment (or last), or from its newest
    snapshot where the server itself is gone. Raises InvalidInput.
    """
    step = (
        _from_snapshot(env, snapshots, name)
        if source is None
        else _from_server(env, source, name, at)
    )
    note = f"a second server is paid for until it is removed; tasks still use {env.database}"
    return OperationPlan(f"restore {name}", (step,), note)


def _from_server(env: Environment, source: Facts, name: str, at: datetime | None) -> OperationStep:
    """Restore what the server was at a moment. Raises InvalidInput if the name is its own."""
    if name == source["DBInstanceIdentifier"]:
        remedy = f"choose another name, such as {name}-restored; then rename both"
        raise InvalidInput(file="", field="to", reason=f"{name} already exists", remedy=remedy)
    moment: Facts = {"RestoreTime": at} if at else {"UseLatestRestorableTime": True}
    arguments = {
        "SourceDBInstanceIdentifier": env.database,
        "TargetDBInstanceIdentifier": name,
        "DBInstanceClass": source["DBInstanceClass"],
        **moment,
        **_place(env),
    }
    says = f"make {name} from {env.database} as it was {at.isoformat() if at else 'last'}"
    return OperationStep(says, "rds", "restore_db_instance_to_point_in_time", arguments)


def _from_snapshot(env: Environment, snapshots: Sequence[Facts], name: str) -> OperationStep:
    """Restore the newest snapshot. Raises InvalidInput if none is available."""
    available = [one for one in snapshots if one.get("Status") == "available"]
    if not available:
        remedy = "ask AWS support, or begin anew: `lotus ops migrate init`"
        reason = f"neither {env.database} nor a snapshot of it is there"
        raise InvalidInput(file="", field="", reason=reason, remedy=remedy)
    newest = max(available, key=lambda one: str(one.get("SnapshotCreateTime", "")))
    snapshot = newest["DBSnapshotIdentifier"]
    arguments = {"DBInstanceIdentifier": name, "DBSnapshotIdentifier": snapshot, **_place(env)}
    says = f"make {name} from the snapshot {snapshot}"
    return OperationStep(says, "rds", "restore_db_instance_from_db_snapshot", arguments)


def _place(env: Environment) -> Facts:
    """The network of a restored server: that of the first, never public."""
    return {
        "DBSubnetGroupName": env.database,
        "VpcSecurityGroupIds": [env.database_group],
        "PubliclyAccessible": False,
        "CopyTagsToSnapshot": True,
    }


def remove(name: str) -> OperationPlan:
    """Remove a server that only a rehearsal needed, without a snapshot."""
    arguments = {
        "DBInstanceIdentifier": name,
        "SkipFinalSnapshot": True,
        "DeleteAutomatedBackups": True,
    }
    step = OperationStep(f"remove {name}", "rds", "delete_db_instance", arguments)
    return OperationPlan(f"remove {name}", (step,))


def wait_until_available(account: Account, name: str, seconds: float) -> Facts:
    """The server, when it answers. Raises AwsError if it does not by then."""
    until = time.monotonic() + seconds
    while True:
        instance = server(account, name)
        if instance is not None and instance["DBInstanceStatus"] == "available":
            return instance
        if time.monotonic() >= until:
            status = instance["DBInstanceStatus"] if instance else "missing"
            raise AwsError(
                service="rds",
                operation="describe_db_instances",
                reason=f"{name} is {status} after {seconds:.0f} s",
                code="LATE",
                remedy=f"`aws rds describe-db-instances --db-instance-identifier {name} --region "
                f"{account.environment.region}`",
            )
        time.sleep(min(LOOK_SECONDS, max(0.0, until - time.monotonic())))


def drill_check(env: Environment, instance: Facts) -> OperationPlan:
    """`lotus doctor` in a task of the network, against the restored server."""
    endpoint = instance["Endpoint"]
    url = f"postgresql://lotus@{endpoint['Address']}:{endpoint['Port']}/lotus"
    words = ["lotus", "doctor", *(word for name in CHECKS for word in ("--only", name))]
    plan = run_once(env, "migrate", words, "drill")
    (step,) = plan.steps
    overrides = {
        "containerOverrides": [
            {
                "name": "migrate",
                "command": words,
                "environment": [{"name": "DATABASE_URL", "value": url}],
            }
        ]
    }
    says = f"run `{' '.join(words)}` against {instance['DBInstanceIdentifier']}"
    return OperationPlan(
        "drill",
        (OperationStep(says, "ecs", "run_task", {**step.arguments, "overrides": overrides}),),
    )
