"""The logs of all tasks, merged by time; lines that tell of an error are known as such."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, computed_field, field_serializer

from lotus.aws.account import Account
from lotus.errors import InvalidInput

__all__ = ["LogLine", "TaskLog", "follow", "is_error", "last_lines", "read_logs", "seconds_of"]

ERROR = re.compile(
    r"\b(\w*(error|exception)s?|fatal|critical|traceback|failed|refused|denied|killed|"
    r"NoSuch(Bucket|Key)|SlowDown|throttled)\b|\"status\": ?5\d\d",
    re.I,
)
PART_OF_TRACE = re.compile(r"^(\s|$|During handling of|The above exception was)")
# UUIDv7
JOB = re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\b")
LOOK_SECONDS = 2.0
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class LogLine(BaseModel, frozen=True):
    """A line of a task's log; `stream` is name/container/task."""

    at: float  # seconds since 1970
    task: str  # service, worker, ...
    stream: str
    text: str

    @field_serializer("at")
    def _iso(self, at: float) -> str:
        return datetime.fromtimestamp(at, UTC).isoformat()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def error(self) -> bool:
        """Whether it tells of an error."""
        return is_error(self.text)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def ids(self) -> list[str]:
        """The jobs, rows and campaigns that it names."""
        return list(dict.fromkeys(JOB.findall(self.text)))


def is_error(text: str) -> bool:
    """Whether a line tells of an error."""
    return ERROR.search(text) is not None


def seconds_of(age: str) -> int:
    """`30m` in seconds. Raises InvalidInput."""
    number = age[:-1]
    unit = UNITS.get(age[-1:])
    if unit is None or not number.isdecimal():
        raise InvalidInput(
            file="", field="since", reason=f"'{age}' is not an age", remedy="write 30m, 2h or 1d"
        )
    return int(number) * unit


def read_logs(
    account: Account,
    *,
    since: float,
    only: Sequence[str] = (),
    job: str | None = None,
    errors: bool = False,
) -> list[LogLine]:
    """Lines since then, of all tasks or `only` some, that name a job, or tell of an error; oldest
    first.
    """
    lines: list[LogLine] = []
    for task, group in account.environment.log_groups.items():
        if only and task not in only:
            continue
        query: dict[str, Any] = {"logGroupName": group, "startTime": int(since * 1000)}
        if job:
            query["filterPattern"] = f'"{job}"'
        events = account.pages("logs", "filter_log_events", "events", **query)
        lines += [_line(task, event) for event in events]
    lines.sort(key=lambda line: line.at)  # lines of one moment stay in their order
    return _errors(lines) if errors else lines


def _errors(lines: Sequence[LogLine]) -> list[LogLine]:
    """Lines that tell of an error, and the whole of each traceback."""
    tracing: set[str] = set()  # streams in the middle of a traceback
    error_lines = []
    for line in lines:
        if line.text.startswith("Traceback"):
            tracing.add(line.stream)
        elif line.stream in tracing and not PART_OF_TRACE.match(line.text):
            tracing.discard(line.stream)  # the exception itself is the last line
            error_lines.append(line)
            continue
        if line.stream in tracing or is_error(line.text):
            error_lines.append(line)
    return error_lines


def _line(task: str, event: dict[str, Any]) -> LogLine:
    return LogLine(
        at=event["timestamp"] / 1000,
        task=task,
        stream=event["logStreamName"],
        text=event["message"].rstrip(),
    )


def follow(
    account: Account, *, since: float, until: float | None = None, **which: Any
) -> Iterator[LogLine]:
    """The same, and what comes after, until interrupted (or that moment)."""
    printed_lines: set[LogLine] = set()
    while True:
        for line in read_logs(account, since=since, **which):
            if line not in printed_lines:
                yield line
            printed_lines.add(line)
            since = max(since, line.at)
        printed_lines = {line for line in printed_lines if line.at >= since}
        if until is not None and time.time() >= until:
            return
        time.sleep(LOOK_SECONDS)


class TaskLog:
    """The log of one task, from its first line on; each line is read once."""

    def __init__(self, account: Account, task: str, task_id: str) -> None:
        self._account = account
        self._where = {
            "logGroupName": account.environment.log_groups[task],
            "logStreamName": f"{task}/{task}/{task_id}",
            "startFromHead": True,
        }
        self._next: str | None = None

    def new_lines(self) -> list[str]:
        """Lines that were written since the last look; none before the task has a log."""
        lines: list[str] = []
        while True:
            token = {"nextToken": self._next} if self._next else {}
            page = self._account.find("logs", "get_log_events", **self._where, **token)
            if page is None:
                return lines
            lines += [event["message"].rstrip() for event in page["events"]]
            if page["nextForwardToken"] == self._next or not page["events"]:
                return lines
            self._next = page["nextForwardToken"]


def last_lines(account: Account, task: str, task_id: str, count: int = 20) -> list[str]:
    """The last lines that a task wrote; none if it wrote nothing."""
    group = account.environment.log_groups[task]
    where = {"logGroupName": group, "logStreamName": f"{task}/{task}/{task_id}", "limit": count}
    response = account.find("logs", "get_log_events", **where)
    return [event["message"].rstrip() for event in (response or {}).get("events", ())]
