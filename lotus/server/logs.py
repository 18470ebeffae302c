"""The service's log: one line an event on standard error, never a secret; JSON, unless a person
watches.
"""

from __future__ import annotations

import logging
import re
import sys
from functools import cache
from typing import Any, TextIO

__all__ = ["PackageLog", "log", "loggable"]

SECRETS = re.compile(r"(/(?:shared|rate)/)[^/\s?]+")  # of links


def log(event: str, **facts: Any) -> None:
    """Write one line: when, what, and facts of which none is the value of a secret."""
    _log(sys.stderr).info(event, **facts)


def loggable(text: str) -> str:
    """A path, or a text that names some, as logs may hold it: without the secret of a link."""
    return SECRETS.sub(r"\1…", text)


class PackageLog(logging.Handler):
    """Lines of other packages (Tornado, Jupyter) as lines of this log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record."""
        message = loggable(record.getMessage())
        facts = {"logger": record.name, "level": record.levelname, "message": message}
        if record.exc_info:
            facts["trace"] = loggable(logging.Formatter().formatException(record.exc_info))
        log("package", **facts)


@cache
def _log(out: TextIO) -> Any:
    """A logger of its own: other packages of this process may have configured structlog."""
    import structlog  # with rich, a tenth of a second: a worker has begun by then

    lines = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
    renderer = structlog.dev.ConsoleRenderer(timestamp_key="at") if out.isatty() else lines
    stamp = structlog.processors.TimeStamper(fmt="iso", utc=True, key="at")
    return structlog.wrap_logger(
        structlog.WriteLogger(out), processors=[stamp, _when_and_what_first, renderer]
    )


def _when_and_what_first(logger: Any, method: str, facts: Any) -> Any:
    """For those who read lines of JSON."""
    return {"at": facts.pop("at"), "event": facts.pop("event"), **facts}
