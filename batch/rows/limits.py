"""Limits of parallel rows: at most so many at a time that share a value of a column."""

from __future__ import annotations

import json
from collections import Counter, deque
from collections.abc import Iterable, Mapping
from typing import Any

from batch.rows.columns import flat
from lotus.errors import InvalidInput

__all__ = ["ANY", "FULL", "GroupFull", "ParallelLimits", "RowQueue", "parse_limits"]

FULL = "full"  # says a worker of a row that finds its group so
ANY = "*"  # every value of a column that has no limit of its own
Row = Mapping[str, Any]


class GroupFull(Exception):
    """As many rows run already as may run at a time with this row's values."""


def parse_limits(texts: Iterable[str]) -> dict[str, dict[str, int]]:
    """`model=2` limits each value of the column, `model=p-video:1` one; raises InvalidInput."""
    limits: dict[str, dict[str, int]] = {}
    for text in texts:
        column, _, limit = text.partition("=")
        value, colon, count = limit.rpartition(":")
        if not column or not count.strip().isdecimal() or int(count) < 1:
            reason = f"{text!r} is not COLUMN=N or COLUMN=VALUE:N"
            raise InvalidInput(
                file="", field="at-most", reason=reason, remedy="write one such as model=2"
            )
        limits.setdefault(column, {})[value if colon else ANY] = int(count)
    return limits


class ParallelLimits:
    """How many rows of a group may run at a time; rows without the column's value are a group."""

    def __init__(self, limits: Mapping[str, int | Mapping[str, int]] | None) -> None:
        self._limits = {
            column: dict(limit) if isinstance(limit, Mapping) else {ANY: limit}
            for column, limit in (limits or {}).items()
        }

    def __bool__(self) -> bool:
        return bool(self._limits)

    @property
    def columns(self) -> list[str]:
        """Columns whose values are limited."""
        return list(self._limits)

    def groups(self, row: Row) -> dict[str, int]:
        """The groups of a row of the database, each with its limit."""
        values = flat(row["parameters"], row["labels"])
        groups = {}
        for column, limits in self._limits.items():
            value = values.get(column)
            text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
            limit = limits.get(text, limits.get(ANY))
            if limit is not None:
                groups[f"{column}={text}"] = limit
        return groups

    def admits(self, row: Row, running: Iterable[Row]) -> bool:
        """Whether a row may begin beside these."""
        counts = Counter(name for other in running for name in self.groups(other))
        return all(counts[name] < limit for name, limit in self.groups(row).items())


class RowQueue:
    """Rows in the order in which they may begin: those whose group is full wait for their turn."""

    def __init__(self, rows: Iterable[Row], limits: ParallelLimits) -> None:
        self._rows = iter(rows)
        self._limits = limits
        self._held: dict[tuple[str, ...], deque[str]] = {}
        self._groups: dict[str, dict[str, int]] = {}  # of rows that are held or run
        self._running: Counter[str] = Counter()

    @property
    def limited(self) -> bool:
        """Whether any limit holds."""
        return bool(self._limits)

    @property
    def waits(self) -> bool:
        """Whether rows wait for their group."""
        return any(self._held.values())

    def next(self) -> str | None:
        """The id of the next row that may begin; None if there is none at present."""
        for queue in self._held.values():
            if queue and self._free(queue[0]):
                return self._begin(queue.popleft())
        for row in self._rows:
            groups = self._limits.groups(row) if self._limits else {}
            if not groups:
                return str(row["id"])
            self._groups[row["id"]] = groups
            if self._free(row["id"]):
                return self._begin(row["id"])
            self._held.setdefault(tuple(groups), deque()).append(row["id"])
        return None

    def over(self, run_id: str, *, again: bool = False) -> None:
        """A row does not run any more; `again`: it found its group full, and waits."""
        groups = self._groups.get(run_id, {})
        self._running.subtract(groups.keys())
        if again:
            self._held.setdefault(tuple(groups), deque()).appendleft(run_id)
        else:
            self._groups.pop(run_id, None)

    def _free(self, run_id: str) -> bool:
        return all(self._running[name] < limit for name, limit in self._groups[run_id].items())

    def _begin(self, run_id: str) -> str:
        self._running.update(self._groups[run_id].keys())
        return run_id
