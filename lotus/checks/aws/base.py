"""What a check of AWS is: it looks at an account, and knows the ways in which things go wrong there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

from lotus.checks.base import Cause, Finding
from lotus.checks.examining import Result, run
from lotus.ops.account import Account

__all__ = ["AwsCheck", "Found", "examine_aws", "told_by", "verdict"]

Found = list[Finding]
MOST = 4  # findings that one line of the report holds


@dataclass(frozen=True)
class AwsCheck:
    """A check: what it looks at, how, and the causes that it can name."""

    about: str
    look: Callable[[Account], Finding]
    causes: tuple[Cause, ...]


def examine_aws(account: Account, checks: Mapping[str, AwsCheck]) -> list[Result]:
    """Run all; what an operator may not ask is a finding too."""
    return [run(name, partial(check.look, account)) for name, check in checks.items()]


def told_by(text: str, causes: Iterable[Cause]) -> Cause | None:
    """The first cause whose sign is in the text."""
    return next((cause for cause in causes if cause.sign and re.search(cause.sign, text, re.I | re.S)), None)


def verdict(found: Found, well: str) -> Finding:
    """One finding of several: the worst status, what each saw, and what to do about each."""
    if not found:
        return Finding("ok", well)
    status = "fail" if any(one.status == "fail" for one in found) else "warn"
    details, remedies, reasons = (
        "; ".join(list(dict.fromkeys(part for part in parts if part))[:MOST])
        for parts in zip(*((one.detail, one.remedy, one.why) for one in found), strict=True)
    )
    return Finding(status, details, remedies, reasons)  # type: ignore[arg-type]
