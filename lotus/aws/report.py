"""A bundle for whoever helps: what was asked of AWS and what the logs say, without secrets."""

from __future__ import annotations

import json
import re
import time
import zipfile
from pathlib import Path
from typing import Any

from lotus.aws.account import Account
from lotus.aws.logs import read_logs
from lotus.aws.status import service_facts, status
from lotus.aws.tasks import tasks
from lotus.errors import AwsError

__all__ = ["redact", "write_report"]

LOG_SECONDS = 6 * 3600
SECRETS = (  # what is a secret wherever it stands, and what stays of it
    (re.compile(r"r8_[A-Za-z0-9]{8,}"), "r8_***"),
    (re.compile(r"(postgres(?:ql)?(?:\+\w+)?://[^:/\s@]+):[^@\s]+@"), r"\1:***@"),
    (re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"), r"\1***"),
    (
        re.compile(
            r"(?i)((?:password|secret|token|authorization)[\"']?\s*[=:]\s*[\"']?)(?!\*)[^\s\"',}]+"
        ),
        r"\1***",
    ),
    (re.compile(r"(?i)(X-Amz-(?:Signature|Security-Token|Credential)=)[^&\s\"]+"), r"\1***"),
)


def redact(text: str) -> str:
    """The text with every secret that can be told by its form taken out."""
    for form, instead in SECRETS:
        text = form.sub(instead, text)
    return text


def write_report(account: Account, path: Path) -> list[str]:
    """Write a zip file; the names of what is in it. What may not be asked is said in its place."""
    env = account.environment
    parts = {
        "environment.json": lambda: env.model_dump(),
        "status.json": lambda: status(account),
        "service.json": lambda: service_facts(account),
        "tasks.json": lambda: tasks(account),
        "stopped.json": lambda: tasks(account, stopped=True),
        "logs.json": lambda: [
            line.model_dump(mode="json")
            for line in read_logs(account, since=time.time() - LOG_SECONDS)
        ],
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for name, ask in parts.items():
            bundle.writestr(name, redact(json.dumps(_answer_or_error(ask), indent=1, default=str)))
    return list(parts)


def _answer_or_error(ask: Any) -> Any:
    try:
        return ask()
    except AwsError as error:
        return {"error": error.message, "remedy": error.remedy}
