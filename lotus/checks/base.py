"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from lotus.settings import Settings

__all__ = ["Cause", "Check", "Finding", "Status", "Suspect", "fill_in", "several"]

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


class _FactsByName(dict[str, str]):
    """Facts by name; a name that is not known yet stays in its braces."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def fill_in(text: str, facts: Mapping[str, str]) -> str:
    """The text with the facts that it names in braces."""
    return text.format_map(_FactsByName(facts))


@dataclass(frozen=True)
class Suspect:
    """One of several causes that fit what was seen, and the command that tells whether it is."""

    means: str
    command: str


@dataclass(frozen=True)
class Cause:
    """One way in which something goes wrong: what is seen, what it means, what to do about it.

    `sign` is a regular expression for those that are told by what AWS or a log says. Where what is
    seen has several causes, `suspects` names them instead of one that may be wrong.
    """

    name: str
    seen: str
    means: str
    remedy: str
    sign: str = ""
    status: Status = "fail"
    suspects: tuple[Suspect, ...] = ()

    def finding(self, detail: str, **facts: str) -> Finding:
        """A finding of it: with this evidence, and facts that the remedy names in braces."""
        return Finding(self.status, detail, fill_in(self.remedy, facts), self.means)


def several(
    name: str, symptom: str, sign: str, *suspects: Suspect, status: Status = "fail"
) -> Cause:
    """A sign that does not tell its cause: the causes that fit, each with its command."""
    means = "one of: " + "; ".join(f"({n}) {one.means}" for n, one in enumerate(suspects, 1))
    tells = "; ".join(f"({n}) {one.command}" for n, one in enumerate(suspects, 1))
    return Cause(name, symptom, means, f"find out which: {tells}", sign, status, suspects)
