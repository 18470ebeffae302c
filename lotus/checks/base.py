"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from lotus.settings import Settings

__all__ = ["Cause", "Check", "Finding", "Status"]

Status = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True)
class Finding:
    """What a check found: evidence in `detail`, what it means in `why`, what to do in `remedy`.

    `parts` are the findings of which this is the sum, if there are several.
    """

    status: Status
    detail: str
    remedy: str = ""
    why: str = ""
    parts: tuple[Finding, ...] = ()


Check = Callable[[Settings], Finding]


@dataclass(frozen=True)
class Cause:
    """One way in which something goes wrong: what is seen, what it means, what to do about it.

    `sign` is a regular expression for those that are told by what AWS or a log says.
    """

    name: str
    seen: str
    means: str
    remedy: str
    sign: str = ""
    status: Status = "fail"

    def found(self, detail: str, **facts: str) -> Finding:
        """It was found: with this evidence, and facts that the remedy names in braces."""
        return Finding(self.status, detail, self.remedy.format(**facts), self.means)
