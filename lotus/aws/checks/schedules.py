"""Schedules: there, on, and did they fire?"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, verdict
from lotus.aws.service import all_schedules
from lotus.aws.status import metric
from lotus.checks.base import Cause, Finding

__all__ = ["SCHEDULES"]

DAY_HOURS = 24  # the reaper fires four times in it: terraform/main.tf

MISSING = Cause(
    "no schedule",
    "a schedule of Terraform's output is not there",
    "it was deleted by hand",
    "terraform -chdir=terraform apply -target=module.schedules",
)
OFF = Cause(
    "switched off",
    "a schedule is disabled",
    "`lotus ops pause` switched it off, or somebody did by hand",
    "lotus ops resume",
    status="warn",
)
NOT_STARTED = Cause(
    "did not start its task",
    "EventBridge Scheduler counted errors of its target, or gave an invocation up, within a day",
    "it fired, and ECS refused: the role, the task definition or the network is wrong",
    "terraform -chdir=terraform apply -target=module.schedules -target=module.iam",
)


SILENT = Cause(
    "did not fire",
    "EventBridge Scheduler counted no invocation within a day, though schedules are on",
    "the group's schedules have ended, or their role is gone: nothing is cleaned up, no campaign "
    "begins",
    "terraform -chdir=terraform apply -target=module.schedules -target=module.iam",
)


def look(account: Account) -> Finding:
    """Each that Terraform made, and what the scheduler counted."""
    env = account.environment
    findings = Findings()
    there = {one["Name"]: one for one in all_schedules(account)}
    if missing := [name for name in env.schedules if name not in there]:
        findings.append(MISSING.finding(f"{', '.join(missing)} is not there"))
    if off := [name for name, one in there.items() if one["State"] != "ENABLED"]:
        findings.append(OFF.finding(f"{', '.join(off)} is off"))
    group = {"ScheduleGroup": env.schedule_group}
    for name in ("TargetErrorCount", "InvocationDroppedCount"):
        drops = metric(account, "AWS/Scheduler", name, group, hours=DAY_HOURS, statistic="Sum")
        if errors := sum(value for _, value in drops):
            findings.append(NOT_STARTED.finding(f"{name}: {errors:.0f} within a day"))
    day_ago = datetime.now(UTC) - timedelta(hours=DAY_HOURS)
    due = [
        name
        for name, one in there.items()
        if one["State"] == "ENABLED" and one["CreationDate"] < day_ago
    ]
    attempts = metric(
        account, "AWS/Scheduler", "InvocationAttemptCount", group, hours=DAY_HOURS, statistic="Sum"
    )
    if due and not any(value for _, value in attempts):
        findings.append(SILENT.finding(f"none of {', '.join(due)} fired within a day"))
    return verdict(findings, f"{len(there)} schedules are on")


SCHEDULES = AwsCheck(
    "schedules exist, are enabled, and start their tasks", look, (MISSING, OFF, NOT_STARTED, SILENT)
)
