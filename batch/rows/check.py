"""What is wrong with the rows of a plan, before any of them runs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from batch.errors import InvalidManifest
from batch.rows.columns import flat
from batch.rows.manifest import RowProblem
from batch.rows.priorities import priority_of
from batch.rows.runs import Row
from lotus.errors import InvalidInput, UnknownName

__all__ = ["RowCheck"]

MOST_PROBLEMS = 200  # bad rows that are told one by one


@dataclass
class RowCheck:
    """Rows that have passed by: how many are good, and what is wrong with others."""

    common: Mapping[str, Any]  # parameters that all rows share
    priority: str | None = None
    good: int = 0
    bad: int = 0
    problems: list[str] = field(default_factory=list)
    columns: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    parameters: set[str] = field(default_factory=set)  # that rows give themselves

    def add(self, rows: Iterable[Row | RowProblem]) -> None:
        """Look at all rows."""
        for item in rows:
            problem = self._problem(item)
            if problem is not None:
                self.bad += 1
                if len(self.problems) < MOST_PROBLEMS:
                    self.problems.append(str(problem))

    def _problem(self, item: Row | RowProblem) -> RowProblem | None:
        """The row's own problem, or that it has no priority where one is needed."""
        if isinstance(item, RowProblem):
            return item
        labels = item["labels"] or {}
        values = flat(item["parameters"], labels)
        if self.priority is not None:
            try:
                priority_of(values.get(self.priority))
            except ValueError as exc:
                return RowProblem(item["position"], self.priority, str(exc))
        self.good += 1
        self.columns |= values.keys()
        self.labels |= labels.keys() - {"id"}
        self.parameters |= item["parameters"].keys() - self.common.keys()
        return None

    def finish(self, file: str, *, skip_bad: bool, names: Iterable[str], notebook: str) -> None:
        """Raise InvalidManifest, InvalidInput or UnknownName for what keeps all rows from running.

        `names` are columns that must be there.
        """
        if self.bad and not (skip_bad and self.good):
            remedy = "correct the rows, or leave them out with --skip-bad"
            raise InvalidManifest(file=file, count=self.bad, problems=self.problems, remedy=remedy)
        if self.labels and not self.parameters:
            columns = ", ".join(sorted(self.labels))
            reason = (
                f"no column ({columns}) is a parameter of {notebook}: all rows would be the same"
            )
            remedy = "name columns like the parameters, or remove them"
            raise InvalidInput(file=file, field="", reason=reason, remedy=remedy)
        for name in names:
            if name not in self.columns:
                raise UnknownName(f"column (in {file})", name, sorted(self.columns))
