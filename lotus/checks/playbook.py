"""The operator's playbook, written from the registry of checks: it cannot say what no check
knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lotus.checks.base import Cause
from lotus.checks.registry import CHECKS

__all__ = ["AwsChapter", "playbook"]

VARIABLES = (
    "`terraform apply` also wants to know which environment: "
    "`-var-file=environments/dev.tfvars`, or `prod`."
)


class AwsChapter(Protocol):
    """A check of AWS: what it is about, and the causes that it tells apart."""

    @property
    def about(self) -> str: ...
    @property
    def causes(self) -> Sequence[Cause]: ...


def playbook(aws_checks: Mapping[str, AwsChapter]) -> str:
    """Markdown: every check, and for those of AWS every cause with its sign, its meaning and its
    remedy.
    """
    lines = [
        "# Playbook",
        "",
        "Run `lotus doctor`, and `lotus doctor --aws` for an environment on AWS.",
        "",
    ]
    lines += ["## This machine", "", "| check | finds out |", "| --- | --- |"]
    lines += [f"| {name} | {_first(check.__doc__ or '')} |" for name, check in CHECKS.items()]
    lines += ["", "## AWS", "", VARIABLES, ""]
    for name, check in aws_checks.items():
        lines += [
            f"### {name}: {check.about}",
            "",
            "| | what is seen | what it means | what to do |",
            "| --- | --- | --- | --- |",
        ]
        lines += [_row(cause) for cause in check.causes]
        lines.append("")
    return "\n".join(lines)


def _first(text: str) -> str:
    return _cell(text.strip().splitlines()[0].rstrip("."))


def _row(cause: Cause) -> str:
    return f"| {cause.name} | {_cell(cause.seen)} | {_cell(cause.means)} | {_cell(cause.remedy)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
