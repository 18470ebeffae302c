"""The operator's playbook, written from the registry of checks: it cannot say what no
check knows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from lotus.checks.base import Cause
from lotus.checks.registry import CHECKS

__all__ = ["CHAPTERS", "AwsChapter", "playbook"]

VARIABLES = (
    "`terraform apply` also needs the name of the environment: "
    "`-var-file=environments/dev.tfvars`, or `prod`."
)
PROGRAMS = ("lotus ", "terraform ", "aws ")  # a remedy that begins so is one command
LAST = "Performance"  # where a check stands that no chapter names
CHAPTERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    # what an operator looks under: checks of this machine, and of AWS
    "Containers": (
        ("python", "packages"),
        ("drift", "service", "stopped", "image", "secrets", "roles", "network", "schedules"),
    ),
    "Database": (("database", "connections"), ("database", "connections", "statements")),
    "Storage": (("home", "disk", "store", "rules", "leftovers"), ("bucket",)),
    "Pages": (("files", "fonts"), ()),
    "API": ((), ("health", "logs")),
    "Generation": (
        ("ffmpeg", "codecs", "filters", "models", "replicate", "jobs", "failures", "predictions"),
        (),
    ),
    "Performance": (("cache", "statements", "indexes"), ("load", "spending")),
}

MESSAGES: Mapping[str, tuple[str, ...]] = {  # that people paste: of what no check looks at
    "Containers": ("builds", "terraform"),
    "Database": ("server",),
    "API": ("balancer",),
    "Performance": ("mails",),
}


class AwsChapter(Protocol):
    """A check of AWS: what it is about, and the causes that it tells apart."""

    @property
    def about(self) -> str: ...
    @property
    def causes(self) -> Sequence[Cause]: ...


def playbook(
    aws_checks: Mapping[str, AwsChapter],
    commands: Mapping[str, str] | None = None,
    messages: Mapping[str, AwsChapter] | None = None,
) -> str:
    """Markdown in the chapters that an operator knows: every check, for those of AWS every cause
    with its sign, meaning and remedy, messages that people paste, and every command with what it
    does.
    """
    lines = [
        "# Playbook",
        "",
        "Run `lotus doctor`, and `lotus doctor --aws` for an environment on AWS: they find what is",
        "wrong and print the remedy with your names in it. Words in braces stand for such names.",
        VARIABLES,
        "",
    ]
    in_chapters = {name for local, _ in CHAPTERS.values() for name in local}
    for title, (local, aws) in CHAPTERS.items():
        lines += [f"## {title}", ""]
        others = [name for name in CHECKS if name not in in_chapters] if title == LAST else []
        if names := [name for name in (*local, *others) if name in CHECKS]:
            lines += ["| check of this machine | what it checks |", "| --- | --- |"]
            lines += [f"| {name} | {_first(CHECKS[name].__doc__ or '')} |" for name in names]
            lines.append("")
        for name in aws:
            lines += _causes(name, aws_checks[name])
        for name in MESSAGES.get(title, ()):
            if messages:
                lines += _causes(f"`lotus ops explain`, {name}", messages[name])
    lines += ["## Commands", "", "| command | does |", "| --- | --- |"]
    lines += [f"| `{name}` | {_cell(_first(text))} |" for name, text in (commands or {}).items()]
    return "\n".join([*lines, ""])


def _causes(name: str, check: AwsChapter) -> list[str]:
    return [
        f"### {name}: {check.about}",
        "",
        "| | symptom | meaning | remedy |",
        "| --- | --- | --- | --- |",
        *(_row(cause) for cause in check.causes),
        "",
    ]


def _first(text: str) -> str:
    """The first paragraph of a docstring or a help text, on one line."""
    return _cell(" ".join(text.strip().split("\n\n")[0].split()).rstrip("."))


def _row(cause: Cause) -> str:
    remedy = f"`{cause.remedy}`" if cause.remedy.startswith(PROGRAMS) else cause.remedy
    return f"| {cause.name} | {_cell(cause.seen)} | {_cell(cause.means)} | {_cell(remedy)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
