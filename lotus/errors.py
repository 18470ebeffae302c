"""Everything that lotus raises on purpose.

    LotusError
    ├── InputError            what was asked for is wrong: exit code 2, nothing was started
    │   ├── InvalidInput      a file, a field, what is wrong with it
    │   ├── UnknownName       a look-up failed; names the choices
    │   └── SettingsError     an environment variable is missing or wrong
    │       └── InvalidToken  a hosted provider does not know the token
    │           └── MissingToken   there is none
    └── WorkError             the work itself failed: exit code 1
        ├── ClipFailed        a scene did not become a clip
        ├── ProviderError     a hosted provider refused, failed, or cannot be reached
        ├── BudgetExceeded    a budget does not allow what is left to make
        ├── RenderFailed      a segment or a composition was not rendered
        ├── MediaError        a file cannot be read as video, picture or sound
        ├── FFmpegError       ffmpeg ended badly; carries its last lines
        ├── StoreError        bytes could not be kept or fetched
        ├── AwsError          AWS refused an operation, or cannot be reached
        ├── DatabaseError     the database refused or is not ours
        └── Cancelled         somebody asked the job to stop

    Interrupted, a KeyboardInterrupt: the stop button or Ctrl-C, after the job has settled. It is no
    LotusError and no Exception, so that a loop over renders ends with it.

An error carries facts as keyword arguments; they are its message, its JSON and its pickle. In a
notebook it is one line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Self, cast

__all__ = [
    "AwsError",
    "BudgetExceeded",
    "Cancelled",
    "ClipFailed",
    "DatabaseError",
    "FFmpegError",
    "InputError",
    "Interrupted",
    "InvalidInput",
    "InvalidToken",
    "LotusError",
    "MediaError",
    "MissingToken",
    "ProviderError",
    "RenderFailed",
    "SettingsError",
    "StoreError",
    "UnknownAttribute",
    "UnknownName",
    "WorkError",
    "in_python",
    "not_one",
]

MOST_LINES = 9  # that an error adds to its first

# Remedies are stored as commands; in Python they are calls. The first pattern that fits counts.
_CALLS: tuple[tuple[str, str], ...] = (
    (r"`lotus jobs resume ([\w-]+)`", r"`lotus.resume('\1')`"),
    (r"`lotus jobs resume`", "`lotus.resume(job_id)`"),
    (r"`lotus jobs show`", "`lotus.job(job_id)`"),
    (r"`lotus jobs list`", "`lotus.jobs()`"),
    (r"`lotus plan \.\.\. --planner llm`", "`lotus.plan(brief, planner='llm')`"),
    (r"`lotus plan --planner llm`", "`lotus.plan(brief, planner='llm')`"),
    (r"`lotus render --provider replicate`", "`lotus.render(brief, provider='replicate')`"),
    (r"`lotus (?!\.)", "`!lotus "),
    (r"approved: true\b", "approved=True"),
    (r"(?<![\w`-])--budget\b", "budget_usd"),
    (r"(?<![\w`-])--(provider|planner|model|llm) ([\w.-]+)", r"\1='\2'"),
    (r"(?<![\w`-])--(final|provider|planner|model|llm|out|seed)\b", r"\1"),
)


def in_python(remedy: str) -> str:
    """A remedy as somebody who writes Python reads it: calls instead of commands and options."""
    inside = re.split(r"(`[^`]*`)", remedy)
    return "".join(_rewrite(part, commands=part.startswith("`")) for part in inside)


def _rewrite(text: str, *, commands: bool) -> str:
    for pattern, call in _CALLS:
        if pattern.startswith("`") == commands and re.search(pattern, text):
            text = re.sub(pattern, call, text)
            if commands:
                break
    return text


class LotusError(Exception):
    """The base of all errors of lotus: `except lotus.LotusError` catches each of them.

    Its two halves are InputError (nothing was started) and WorkError (the work failed), both in
    `lotus.errors` with all others.

    Parameters
    ----------
    remedy
        What to do next, in one clause.
    **facts
        Values that the message is made of; they can be written as JSON.
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 1
    template: ClassVar[str] = "{reason}"

    def __init__(self, *, remedy: str = "", **facts: Any) -> None:
        self.remedy = remedy
        self.facts = facts
        self._cause = ""
        super().__init__(self.message)

    @property
    def message(self) -> str:
        """One line: what is wrong, without the remedy."""
        return " ".join(self.template.format_map(_Blank(self.facts)).split())

    @property
    def cause(self) -> str:
        """Text of the exception behind this one, or an empty text. Pickling keeps the text."""
        behind = self.__cause__
        return self._cause if behind is None else f"{type(behind).__name__}: {behind}"

    def adding(self, detail: str, **facts: Any) -> Self:
        """Return the same error with a detail after its reason, and more facts.

        Parameters
        ----------
        detail
            Text that follows the reason in brackets.
        **facts
            Facts to add or replace.

        Returns
        -------
        LotusError
            A new error of the same class.
        """
        more = f"{self.facts['reason']} ({detail})" if self.facts.get("reason") else detail
        return type(self)(remedy=self.remedy, **{**self.facts, **facts, "reason": more})

    @property
    def python_text(self) -> str:
        """One line: what is wrong, and the remedy as Python."""
        return f"{self.message}; {in_python(self.remedy)}" if self.remedy else self.message

    def _render_traceback_(self) -> list[str]:
        """One line in place of a traceback: IPython asks for it."""
        return [f"{type(self).__name__}: {self.python_text}"]

    @property
    def lines(self) -> list[str]:
        """The error as a terminal shows it: a line for each thing that is wrong."""
        return [str(self)]

    def __str__(self) -> str:
        return f"{self.message}; {self.remedy}" if self.remedy else self.message

    def __reduce__(self) -> tuple[Any, ...]:
        return (_rebuild, (type(self), self.remedy, self.facts, self.cause))


def _rebuild(cls: type[LotusError], remedy: str, facts: dict[str, Any], cause: str) -> LotusError:
    error = cls.__new__(cls)
    LotusError.__init__(error, remedy=remedy, **facts)
    error._cause = cause
    return error


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


class InputError(LotusError):
    """The input is wrong; nothing was started.

    Fact `also`: a line for each other thing that is wrong.
    """

    code = "invalid_input"
    exit_code = 2

    @property
    def lines(self) -> list[str]:
        return [super().__str__(), *self.facts.get("also", ())]

    @property
    def python_text(self) -> str:
        return "; also ".join([super().python_text, *map(in_python, self.facts.get("also", ()))])

    def with_others(self, others: Sequence[InputError]) -> Self:
        """Return this error with the lines of others: what is wrong beside it.

        Parameters
        ----------
        others
            Errors of the same file or call.

        Returns
        -------
        InputError
            This error itself if there are no others.
        """
        lines = [line for other in others for line in other.lines]
        also = [*self.facts.get("also", ()), *(" ".join(line.split()) for line in lines)]
        if len(also) > MOST_LINES:
            also = [*also[:MOST_LINES], "and more is wrong"]
        return self._with({**self.facts, "also": also}) if also else self

    def in_file(self, file: str) -> Self:
        """Return this error with the file whose field is wrong, where it names none.

        Parameters
        ----------
        file
            The file that was read.

        Returns
        -------
        InputError
            A new error of the same class.
        """
        facts = {**self.facts, "file": self.facts.get("file") or file}
        if "also" in facts:  # lines of a medium begin with its path
            beginnings = ("/", f"{file}: ")
            also = [
                line if line.startswith(beginnings) else f"{file}: {line}" for line in facts["also"]
            ]
            facts["also"] = also
        return self._with(facts)

    def _with(self, facts: dict[str, Any]) -> Self:
        error = _rebuild(type(self), self.remedy, facts, self.cause)
        return cast("Self", error)

    def __str__(self) -> str:
        return "; also ".join(self.lines)


def _after_place(facts: Mapping[str, Any], reason: str) -> str:
    """What is wrong, after the file and the field that hold it."""
    parts = (str(facts.get("file") or ""), str(facts.get("field") or ""), reason)
    return " ".join(": ".join(part for part in parts if part).split())


class InvalidInput(InputError):
    """A value in a file (or an argument) is wrong."""

    template = "{file}: {field}: {reason}"

    @property
    def message(self) -> str:
        return _after_place(self.facts, str(self.facts.get("reason") or ""))


class UnknownName(InputError):
    """A look-up failed: `UnknownName("transition", "fde", TRANSITIONS)` names the nearest and all
    choices. `field` is where in a document the name stands.
    """

    code = "unknown_name"
    template = "no {kind} '{name}'; {hint}{list}"

    def __init__(
        self, kind: str, name: str, choices: Iterable[str], remedy: str = "", field: str = ""
    ) -> None:
        choices = sorted(choices)
        near = difflib.get_close_matches(name, choices, n=1)
        facts = {"field": field} if field else {}
        super().__init__(
            remedy=remedy,
            kind=kind,
            name=name,
            hint=f"did you mean '{near[0]}'? " if near else "",
            list=", ".join(choices),
            **facts,
        )

    @property
    def message(self) -> str:
        facts = self.facts
        choices = "({list})" if facts["hint"] else "choose from {list}"
        hint = "{hint}" + choices if facts["list"] else "there are none"
        return _after_place(facts, f"no {{kind}} '{{name}}'; {hint}".format_map(facts))


def not_one(kind: str, name: str, count: int, remedy: str) -> InvalidInput:
    """Say that no or several things have an id that begins or ends so.

    Parameters
    ----------
    kind
        What has the id: a job, a campaign.
    name
        The id, or the part of it that was written.
    count
        How many have it: not one.
    remedy
        How to see the ids.

    Returns
    -------
    InvalidInput
        The error to raise.
    """
    reason = f"no {kind} has the id '{name[:40]}'"
    if count:
        reason = f"{count} {kind}s have an id that begins or ends with '{name[:40]}'"
        remedy = f"write more of it; {remedy}"
    return InvalidInput(file="", field=kind, reason=reason, remedy=remedy)


class SettingsError(InputError):
    """An environment variable is missing or wrong. Never carries the value of a secret."""

    code = "settings"
    template = "{name}: {reason}"


class InvalidToken(SettingsError):
    """A hosted provider does not accept the token that a variable holds."""

    code = "invalid_token"
    template = "Invalid {name}: {reason}"


class MissingToken(InvalidToken):
    """The variable of a hosted provider's token is not set."""

    template = "{name}: is not set"


class WorkError(LotusError):
    """The work itself failed."""

    code = "work_failed"


class ClipFailed(WorkError):
    """A scene did not become a clip."""

    code = "clip_failed"
    template = "scene {scene} ({provider}): {reason}"


class ProviderError(WorkError):
    """A hosted provider did not do what it was asked to.

    Facts: `provider`, `reason`, `kind` (see `lotus.providers.prediction`), `status` (of HTTP, if
    there was an answer) and `retry_after_seconds` (if it said how long to wait).
    """

    code = "provider"
    template = "{provider}: {reason}"


class BudgetExceeded(WorkError):
    """A budget is too small for the next prediction, or for all that is missing; nothing was spent
    on it.

    Facts: `budget` (whose), `limit_usd`, `left_usd`, `needed_usd`, `missing_usd`: amounts as text.
    """

    code = "budget"
    template = (
        "the budget of {budget} is ${limit_usd} and has ${left_usd} left; "
        "{what} needs ${needed_usd}, which is ${missing_usd} too much"
    )


class RenderFailed(WorkError):
    """A segment or a composition was not rendered."""

    code = "render_failed"
    template = "{what}: {reason}"


class MediaError(WorkError):
    """A file cannot be read as what it should be."""

    code = "media"
    template = "{file}: {reason}"


class FFmpegError(WorkError):
    """ffmpeg ended badly. Facts: `reason`, `returncode`, `stderr` (its last lines), `what`."""

    code = "ffmpeg"
    template = "{what}: {reason}"


class StoreError(WorkError):
    """Bytes could not be kept or fetched."""

    code = "store"
    template = "store {url}: {reason}"


class AwsError(WorkError):
    """AWS refused an operation. Facts: `service`, `operation`, `reason`, `code` (AWS's word for
    it).
    """

    code = "aws"
    template = "{service} {operation}: {reason}"


class DatabaseError(WorkError):
    """The database refused, cannot be reached, or holds another schema."""

    code = "database"
    template = "database {url}: {reason}"


class Cancelled(WorkError):
    """Somebody asked the job to stop; finished clips are kept."""

    code = "cancelled"
    template = "{reason}"


class UnknownAttribute(AttributeError):
    """A misspelt attribute: one line with the nearest name."""

    def __init__(self, owner: str, name: str, choices: Iterable[str]) -> None:
        choices = list(choices)
        matches = [one for one in choices if len(name) > 2 and one.startswith(name)]
        near = sorted(matches, key=len) or difflib.get_close_matches(name, choices, n=1)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        super().__init__(f"{owner} has no attribute '{name}'{hint}")

    def _render_traceback_(self) -> list[str]:
        return [f"AttributeError: {self}"]


class Interrupted(KeyboardInterrupt):
    """The stop button or Ctrl-C, raised once the job has settled: clips that are finished are kept.

    `facts` has `job_id`, if there is a job.
    """

    def __init__(self, message: str = "interrupted", **facts: Any) -> None:
        self.facts = facts
        super().__init__(message)

    def _render_traceback_(self) -> list[str]:
        return [f"KeyboardInterrupt: {self}"]
