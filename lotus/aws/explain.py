"""From a message that somebody pastes to its cause: of ECS, RDS, a load balancer, Terraform, S3,
Replicate, or a log of lotus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import BaseModel, computed_field, field_serializer

from lotus.aws.checks.announcements import BALANCER, SERVER_EVENTS
from lotus.aws.checks.base import NAMES, match_cause, with_apply_command, with_names
from lotus.aws.checks.builds import BUILDS
from lotus.aws.checks.lines import LINES
from lotus.aws.checks.mails import MAILS
from lotus.aws.checks.reasons import ENDED, REASONS
from lotus.aws.checks.service import EVENTS_OF_SERVICE
from lotus.aws.checks.terraform_errors import TERRAFORM_ERRORS
from lotus.aws.environment import Environment, read_environment
from lotus.aws.report import redact
from lotus.checks.base import Cause, fill_in
from lotus.errors import LotusError
from lotus.settings import Settings

__all__ = ["KINDS", "ExplainedMessage", "MessageKind", "explain", "explain_lines", "general_remedy"]


@dataclass(frozen=True)
class MessageKind:
    """Messages of one origin: how they are told from others, and their causes."""

    about: str
    causes: tuple[Cause, ...]
    sign: str = ""  # what only such messages have; empty: any


KINDS: Mapping[str, MessageKind] = {  # the first whose sign fits and that knows a cause is taken
    "mails": MessageKind(
        "mails of alarms, of the budget and of unusual spending",
        MAILS,
        r"\bALARM\b|Amazon CloudWatch Alarm|AWS Budget|alert threshold|cost anomal",
    ),
    "builds": MessageKind(
        "messages of CodeBuild",
        BUILDS,
        r"COMMAND_EXECUTION_ERROR|CLIENT_ERROR|BUILD_\w+|primary source|Docker daemon|"
        r"DO NOT MATCH THE HASHES|tag is immutable|Build container|builds in queue|"
        r"build (failed|timed_out|fault)|docker (build|push)|Build (has )?timed out",
    ),
    "terraform": MessageKind(
        "errors of Terraform",
        TERRAFORM_ERRORS,
        r"terraform|operation error \w|https response error|\bwith (module|aws_)\S+,|"
        r"on \S+\.tf line|(?<!\w)Error: |state lock|Lock Info|AssumeRoleWithWebIdentity",
    ),
    "events": MessageKind(
        "events of a service of ECS",
        EVENTS_OF_SERVICE,
        r"\(?service \S+\)?|unable to|SERVICE_[A-Z_]+|account (is|was) (currently )?blocked|"
        r"above your limit",
    ),
    "balancer": MessageKind(
        "answers and health checks of a load balancer",
        BALANCER,
        # a 502 of another host is not the load balancer's
        r"^(?!.*(Task failed|\(service|Cannot\w+Error|for url|httpx|replicate)).*"
        r"(Target\.\w+|\belb|redirect_(uri_)?mismatch|\binvalid_client\b|"
        r"HTTPCode_ELB|idpresponse|\b561\b|"
        r"health checks? failed with|Request timed out|Bad Gateway|Gateway Time-?out|"
        r"Service (Temporarily )?Unavailable|Auth\w+Ep\w+|Auth(Invalid|Missing)\w+)",
    ),
    "stopped": MessageKind(
        "reasons for which ECS stops a task",
        (*REASONS, ENDED),
        r"^(?!.*\b(Target|Elb)\.).*(Cannot(Pull|Start|Inspect|Create|Stop)\w*|"
        r"ResourceInitializationError|OutOfMemoryError|"
        r"DockerTimeoutError|TaskFailedToStart|Essential container|\(exit code|"
        r"Task (failed|stopped)|unable to assume|"
        r"Spot Task|SpotInterruption|InsufficientFreeAddresses|image manifest|ref pull|"
        r"Capacity is unavailable|ECS is performing|Timeout waiting for|network interface|"
        r"health checks? |RESOURCE:|platform version|SIGKILL|unable to pull|"
        r"Scaling activity|ContainerRuntime\w*Error|^InternalError)",
    ),
    "server": MessageKind(
        "events of the database server",
        SERVER_EVENTS,
        r"RDS|DB instance|Multi-AZ|RDS-EVENT|(allocated|maximum) storage|KMS key|"
        r"storage autoscaling|database instance",
    ),
    "lines": MessageKind("lines of a log", LINES),
}


class ExplainedMessage(BaseModel, frozen=True):
    """A message, and its cause if it is known."""

    cause: Cause | None = None
    kind: str = ""
    text: str
    count: int = 1

    @field_serializer("cause")
    def _name(self, cause: Cause | None) -> str | None:
        return cause.name if cause else None

    @field_serializer("text")
    def _redacted(self, text: str) -> str:
        return redact(text)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def why(self) -> str:
        """What the cause means."""
        return self.cause.means if self.cause else ""

    @computed_field  # type: ignore[prop-decorator]
    @property
    def remedy(self) -> str:
        """What to do, with the names of the environment in it if one is known."""
        if self.cause is None:
            return ""
        env = _environment()
        if env is None:
            return general_remedy(self.cause)
        return with_apply_command(with_names(self.cause.finding(self.text), env), env).remedy


def general_remedy(cause: Cause) -> str:
    """What to do where no environment is known: names in capitals are for whoever pastes it."""
    return fill_in(cause.remedy, {name: name.upper() for name in NAMES})


def _environment() -> Environment | None:
    try:
        settings = Settings.read()
        return read_environment(settings) if settings.aws else None
    except LotusError:
        return None


def explain(text: str) -> ExplainedMessage:
    """The cause of one message."""
    for name, kind in KINDS.items():
        if kind.sign and not re.search(kind.sign, text, re.I):
            continue
        cause = match_cause(text, kind.causes)
        if cause is not None:
            return ExplainedMessage(text=text, kind=name, cause=cause)
    return ExplainedMessage(text=text)


def explain_lines(lines: Iterable[str]) -> list[ExplainedMessage]:
    """The causes of several lines, each once, in the order of the lines; one without a cause if
    none is known.
    """
    rows: dict[str, ExplainedMessage] = {}
    messages = _messages(list(lines))
    for text in messages:
        one = explain(text)
        if one.cause is not None:
            row = rows.setdefault(one.cause.name, one.model_copy(update={"count": 0}))
            rows[one.cause.name] = row.model_copy(update={"count": row.count + 1})
    return list(rows.values()) or [ExplainedMessage(text=" ".join(messages))]


def _messages(lines: list[str]) -> list[str]:
    """One message a line; those of Terraform, which breaks them into lines, made whole again."""
    texts = [line.strip().strip("│╷╵ ").strip() for line in lines]
    texts = [text for text in texts if text]
    of_terraform = any(line.lstrip().startswith(("│", "╷")) for line in lines)
    if not of_terraform and not any(text.startswith("Error: ") for text in texts):
        return texts
    starts = [n for n, text in enumerate(texts) if text.startswith("Error: ")] or [0]
    ends = [*starts[1:], len(texts)]
    return [" ".join(texts[a:b]) for a, b in zip(starts, ends, strict=True)]
