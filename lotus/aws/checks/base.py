"""What a check of AWS is: it looks at an account, and knows the ways in which things go wrong
there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from lotus.aws.account import Account
from lotus.aws.environment import Environment
from lotus.checks.base import Cause, Finding, fill_in
from lotus.checks.run import Result, run

__all__ = [
    "NAMES",
    "AwsCheck",
    "Findings",
    "examine_aws",
    "match_cause",
    "verdict",
    "with_apply_command",
    "with_names",
]

Findings = list[Finding]
# of an environment, as remedies name them in braces
NAMES = ("bucket", "cluster", "database", "environment", "region", "repository", "service", "vpc")
APPLY = "terraform -chdir=terraform apply"


@dataclass(frozen=True)
class AwsCheck:
    """A check: what it looks at, how, and the causes that it can name."""

    about: str
    inspect: Callable[[Account], Finding]
    causes: tuple[Cause, ...]

    def look(self, account: Account) -> Finding:
        """The finding, its remedies with the names of this environment."""
        return with_names(self.inspect(account), account.environment)


def with_names(finding: Finding, env: Environment) -> Finding:
    """The same, with the environment's names in the place of those in braces."""
    facts = {name: str(getattr(env, name)) for name in NAMES}
    parts = tuple(replace(part, remedy=fill_in(part.remedy, facts)) for part in finding.parts)
    return replace(finding, remedy=fill_in(finding.remedy, facts), parts=parts)


def examine_aws(account: Account, checks: Mapping[str, AwsCheck]) -> list[Result]:
    """Run all; what an operator may not ask is a finding too."""
    return [run(name, partial(_look_typed, check, account)) for name, check in checks.items()]


def _look_typed(check: AwsCheck, account: Account) -> Finding:
    return with_apply_command(check.look(account), account.environment)


def with_apply_command(finding: Finding, env: Environment) -> Finding:
    """The same with remedies that can be typed: Terraform wants to know which environment."""
    parts = tuple(
        replace(part, remedy=part.remedy.replace(APPLY, env.apply)) for part in finding.parts
    )
    return replace(finding, remedy=finding.remedy.replace(APPLY, env.apply), parts=parts)


def match_cause(text: str, causes: Iterable[Cause]) -> Cause | None:
    """The first cause whose sign is in the text."""
    return next(
        (cause for cause in causes if cause.sign and re.search(cause.sign, text, re.I | re.S)), None
    )


def verdict(findings: Findings, well: str) -> Finding:
    """One finding of several: the worst status, what each saw, and what to do about each."""
    if len(findings) < 2:
        return findings[0] if findings else Finding("ok", well)
    status = "fail" if any(one.status == "fail" for one in findings) else "warn"
    details, remedies, reasons = (
        "; ".join(dict.fromkeys(part for part in parts if part))
        for parts in zip(*((one.detail, one.remedy, one.why) for one in findings), strict=True)
    )
    return Finding(status, details, remedies, reasons, tuple(findings))  # type: ignore[arg-type]
