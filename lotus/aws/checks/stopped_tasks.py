"""Tasks that stopped: ECS's reason; where that only says that the program ended, what it said last.

And what those say that go on, and cannot work.
"""

from __future__ import annotations

import re
import time
from typing import Any

from lotus.aws.account import Account
from lotus.aws.checks.base import AwsCheck, Findings, match_cause, verdict, with_names
from lotus.aws.checks.lines import LINES
from lotus.aws.checks.reasons import ENDED, REASONS
from lotus.aws.logs import is_error, last_lines, read_logs
from lotus.aws.tasks import short, tasks
from lotus.checks.base import Finding

__all__ = ["CAUSES", "LOGS", "STOPPED", "explain_stop"]

HEARD_SECONDS = 900
UNTOLD = {"ended by itself", "killed", "told to end"}  # the program's own last lines say more

_NAMED = {cause.name for cause in REASONS}
CAUSES = (*REASONS, *(cause for cause in LINES if cause.name not in _NAMED), ENDED)
BY_US = r"lotus ops|Scaling activity|UserInitiated|campaign is over|campaign that started it"


def look(account: Account) -> Finding:
    """Those that stopped within the hour, grouped by cause."""
    findings = []
    for task in tasks(account, stopped=True):
        why = _reason(task)
        if re.search(BY_US, why) or why == "exit code 0":
            continue
        findings.append(_finding(account, task, why))
    return verdict(_counted(findings), "no task stopped for a fault within the hour")


def _counted(findings: Findings) -> Findings:
    """One for all that have the same remedy, the most frequent first."""
    groups: dict[str, Findings] = {}
    for one in findings:
        groups.setdefault(one.remedy + one.status, []).append(one)
    return [
        Finding(some[0].status, f"{len(some)} x {some[0].detail}", some[0].remedy, some[0].why)
        for some in sorted(groups.values(), key=len, reverse=True)
    ]


def listen(account: Account) -> Finding:
    """What running tasks wrote within the last quarter of an hour, where its cause is known."""
    env = account.environment
    stopped_ids = {short(one["taskArn"]) for one in tasks(account, stopped=True)}
    findings = []
    for line in read_logs(account, since=time.time() - HEARD_SECONDS, only=tuple(env.families)):
        cause = match_cause(line.text, LINES)
        if cause is not None and short(line.stream) not in stopped_ids:
            detail = f"{env.families[line.task]}: {line.text}"[:300]
            findings.append(cause.finding(detail))
    return verdict(_counted(findings), "running tasks complain of nothing that is known")


def _reason(task: dict[str, Any]) -> str:
    """What ECS says; the exit code where it says only that the program ended."""
    containers = task.get("containers", ())
    reasons = [task.get("stoppedReason", ""), *(one.get("reason", "") for one in containers)]
    codes = [one["exitCode"] for one in containers if one.get("exitCode") is not None]
    reason_text = " ".join(dict.fromkeys(reason for reason in reasons if reason))
    if "Essential container" in reason_text and codes:
        return f"{reason_text} (exit code {codes[0]})" if codes[0] else "exit code 0"
    return reason_text


def explain_stop(account: Account, task: dict[str, Any]) -> Finding:
    """Why a task stopped: ECS's reason, or what the program wrote last, and what to do."""
    return with_names(_finding(account, task, _reason(task)), account.environment)


def _finding(account: Account, task: dict[str, Any], why: str) -> Finding:
    family = task.get("group", "").partition(":")[2]
    names = {value: name for name, value in account.environment.families.items()}
    cause = match_cause(why, (*REASONS, ENDED))
    line = ""
    if cause is None or cause.name in UNTOLD:
        lines = (
            last_lines(account, names[family], short(task["taskArn"])) if family in names else []
        )
        line = next((one for one in reversed(lines) if match_cause(one, LINES)), "")
        line = line or next((one for one in reversed(lines) if is_error(one)), "")
        cause = match_cause(line, LINES) or cause
    detail = f"{family}: {line or why}"[:300]
    if cause is None:
        remedy = "read `lotus ops logs --errors --since 1h` and `lotus ops status` (events)"
        return Finding("fail", detail, remedy, "a reason that is unknown here")
    return cause.finding(detail, vpc=account.environment.vpc)


STOPPED = AwsCheck("tasks that stopped within the last hour", look, CAUSES)
LOGS = AwsCheck("errors in the logs of running tasks", listen, LINES)
