"""What an operation will do: steps that are shown, asked about, done one after another, and written
down.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from lotus.aws.account import Account
from lotus.errors import AwsError

__all__ = ["OperationPlan", "OperationResult", "OperationStep", "carry_out", "record"]

STREAM = "lotus-ops"


@dataclass(frozen=True)
class OperationStep:
    """One call to AWS: `says` is for people, the rest is for boto3."""

    says: str
    service: str
    operation: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OperationPlan:
    """An operation: its name as typed, its steps, and what people should know before they agree."""

    name: str
    steps: tuple[OperationStep, ...]
    note: str = ""


class StepSummary(BaseModel, frozen=True):
    """A step as documents of --json have it: in words, and as the call that it is."""

    says: str
    call: str


class OperationResult(BaseModel, frozen=True, extra="allow"):
    """An operation as a document of --json: its steps, whether they were done, and facts of its
    own about how it ended.
    """

    operation: str
    steps: tuple[StepSummary, ...]
    note: str
    done: bool

    @classmethod
    def of(cls, plan: OperationPlan, *, done: bool, **facts: Any) -> OperationResult:
        """The result of a plan, and facts such as `failed`."""
        steps = tuple(
            StepSummary(says=one.says, call=f"{one.service}:{one.operation}") for one in plan.steps
        )
        return cls(operation=plan.name, steps=steps, note=plan.note, done=done, **facts)


def carry_out(account: Account, plan: OperationPlan) -> list[dict[str, Any]]:
    """Do the steps in order, record how it went, also when one fails; what AWS answered. Raises
    AwsError.
    """
    answers: list[dict[str, Any]] = []
    try:
        for step in plan.steps:
            answer = account.call(step.service, step.operation, **step.arguments)
            answers.append(_accepted(step, answer))
    except AwsError as error:
        record(
            account,
            plan,
            f"failed after {len(answers)} of {len(plan.steps)} steps: {error.message}",
        )
        raise
    record(account, plan, "done")
    return answers


def _accepted(step: OperationStep, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, unless ECS answers 200 and says that it did nothing. Raises AwsError."""
    failures = answer.get("failures") or ()
    if not failures or answer.get("tasks"):
        return answer
    reason = "; ".join(dict.fromkeys(str(one.get("reason", "refused")) for one in failures))
    detail = "; ".join(str(one["detail"]) for one in failures if one.get("detail"))
    raise AwsError(
        service=step.service,
        operation=step.operation,
        reason=f"{reason}: {detail}" if detail else reason,
        code="FAILURE",
        remedy="`lotus doctor --aws` says why no task starts",
    )


def record(account: Account, plan: OperationPlan, outcome: str) -> None:
    """Write an event into the log group `operations`: all operators share it, the database few can
    reach.
    """
    who = account.call("sts", "get_caller_identity").get("Arn", "")
    event = {"at": time.time(), "who": who, "operation": plan.name, "outcome": outcome}
    event["steps"] = [step.says for step in plan.steps]
    group = account.environment.log_groups["operations"]
    try:
        account.call("logs", "create_log_stream", logGroupName=group, logStreamName=STREAM)
    except AwsError as error:
        if error.facts["code"] != "ResourceAlreadyExistsException":
            raise
    events = [{"timestamp": int(event["at"] * 1000), "message": json.dumps(event)}]
    account.call(
        "logs", "put_log_events", logGroupName=group, logStreamName=STREAM, logEvents=events
    )


def join_plans(name: str, plans: Sequence[OperationPlan], note: str = "") -> OperationPlan:
    """One plan of several."""
    return OperationPlan(name, tuple(step for plan in plans for step in plan.steps), note)
