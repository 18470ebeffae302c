"""A command of lotus run in a task on AWS: started, followed to its end, and how it went."""

from __future__ import annotations

from typing import Any

from lotus.cli.aws_change import do, here
from lotus.cli.common import out, reporting

__all__ = ["one_off", "task_outcome"]

FOLLOW = "`lotus ops logs --follow` shows what it writes"


def one_off(
    command: list[str],
    name: str,
    task: str,
    yes: bool,
    wait: int,
    json: bool,
    secret: str | None = None,
) -> bool:
    """Run a command in a task and show its log; whether it was done. A secret goes into the
    document of --json alone.
    """
    with reporting(json):
        from lotus.aws import tasks
        from lotus.errors import UnknownName

        account = here()
        if task not in account.environment.families:
            raise UnknownName("task", task, account.environment.families)

        def outcome_of(answers: Any) -> dict[str, Any]:
            arn = answers[0]["tasks"][0]["taskArn"]
            show = None if json else lambda line: out(f"  | {line}")
            outcome = task_outcome(account, task, arn, wait, show)
            return (
                outcome if secret is None or "failed" in outcome else {**outcome, "secret": secret}
            )

        plan = tasks.run_once(account.environment, task, command, name)
        return bool(do(account, plan, yes, json, outcome_of))
    return False


def task_outcome(account: Any, name: str, arn: str, wait: int, show: Any = None) -> dict[str, Any]:
    """How the task went, with its whole log: `failed` unless it ended, and with exit code 0."""
    from lotus.aws import logs, tasks

    log = logs.TaskLog(account, name, tasks.short(arn))
    lines: list[str] = []

    def read() -> None:
        for line in log.new_lines():
            lines.append(line)
            if show is not None:
                show(line)

    task = tasks.wait_for_end(account, arn, wait, read)
    code = next((one.get("exitCode") for one in task["containers"]), None) if task else None
    outcome = {"task": tasks.short(arn), "ended": task is not None, "exit_code": code, "log": lines}
    if task is None and wait:
        return {**outcome, "failed": f"{outcome['task']} has not ended after {wait} s: {FOLLOW}"}
    if task is None:
        return {**outcome, "started": f"started {outcome['task']}: {FOLLOW}"}
    if code is None:
        return {**outcome, "failed": _never_started(account, task)}
    return outcome | ({"failed": f"it ended with exit code {code}"} if code else {})


def _never_started(account: Any, task: Any) -> str:
    """Why no container of the task ran, and what to do."""
    from lotus.aws.checks.stopped_tasks import explain_stop

    finding = explain_stop(account, task)
    return f"the task never started: {finding.detail}; {finding.why}; {finding.remedy}"
