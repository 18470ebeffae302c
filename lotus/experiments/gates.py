"""Quality gates: a clip that breaks a limit is made again with another seed; the best is kept.

Each retake is a job of the experiment: within its budget, and in the ledger. Its id is in the
cell's row before it begins, so that a run that was killed carries on with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.errors import InvalidInput
from lotus.experiments import records
from lotus.experiments.cells import CellState, read_cell, video_path
from lotus.experiments.design import Design, DesignCell, Unit
from lotus.experiments.measure import Limit, measure, parse_limits
from lotus.experiments.metrics import METRICS
from lotus.workspace import Workspace

__all__ = ["Gate", "GatedCell", "Take", "default_gate", "gate_of"]

MOST_RETAKES = 10
# What hosted videos are warned of unless other limits are named: broken, and not only weak.
DEFAULT = {"video": "black<0.2, frozen<0.5, duplicated<0.7"}
DEFAULT["clip"] = f"{DEFAULT['video']}, cuts<1"


@dataclass(frozen=True)
class Take:
    """One try at a cell: its job, and the limits that its video does not keep."""

    job_id: str
    broken: tuple[Limit, ...]
    excess: float  # how far beyond its bounds, in bounds

    @property
    def order(self) -> tuple[int, float]:
        """Better takes come first."""
        return len(self.broken), self.excess


@dataclass(frozen=True)
class Gate:
    """Limits that every video of an experiment has to keep, and how often one is made again."""

    limits: tuple[Limit, ...]
    retakes: int

    def take(self, workspace: Workspace, state: CellState) -> Take:
        """Measure a cell's video against the limits; raises MediaError, StoreError."""
        assert state.subject is not None
        assert state.job_id is not None
        names = list(dict.fromkeys(limit.metric for limit in self.limits))
        versions = {name: METRICS[name].version for name in names}
        values_by_subject = workspace.db.ask(records.measured, [state.subject], versions)
        values = values_by_subject.get(state.subject, {})
        if set(names) - set(values):
            path = video_path(workspace, state)
            values = measure(path, names).values if path is not None else {}
            save = partial(records.save_measurements, values=values, versions=versions)
            workspace.db.run(save, state.subject)
        violations = tuple(
            limit for limit in self.limits if not limit.holds(values.get(limit.metric))
        )
        return Take(
            state.job_id, violations, sum(_excess(b, values.get(b.metric)) for b in violations)
        )

    def reason(self, take: Take) -> str | None:
        """The line of a cell whose best take does not keep the limits."""
        if not take.broken:
            return None
        return f"breaks {', '.join(map(str, take.broken))}"


def _excess(limit: Limit, value: float | None) -> float:
    if value is None:
        return 1e9
    return abs(value - limit.bound) / max(abs(limit.bound), 1e-6)


@dataclass
class GatedCell:
    """A cell's takes in the database."""

    workspace: Workspace
    experiment_id: str
    design: Design
    cell: DesignCell

    def jobs(self) -> list[str]:
        """Ids of all jobs: the first take, then retakes."""
        row = self.workspace.db.ask(records.cells_of, self.experiment_id)[self.cell.key]
        takes: Sequence[str] = row["retakes"] or [row["job_id"]]
        return list(takes)

    def kept_job(self) -> str:
        """The id of the job whose video is the cell's."""
        row = self.workspace.db.ask(records.cells_of, self.experiment_id)[self.cell.key]
        return str(row["job_id"])

    def reserve(self, jobs: Sequence[str]) -> str:
        """The id of one more job, written down before it begins."""
        job_id = t.new_id()
        self._update(retakes=[*jobs, job_id])
        return job_id

    def keep(self, take: Take, reason: str | None) -> None:
        """The best take is the cell's video."""
        self._update(job_id=take.job_id, reason=reason)

    def state(self, job_id: str) -> CellState:
        """The cell as if this job had made it."""
        return read_cell(self.workspace, self.cell, job_id, self.design.unit)

    def _update(self, **values: Any) -> None:
        def update(connection: sa.Connection) -> None:
            records.update_cell(connection, self.experiment_id, self.cell.key, **values)

        self.workspace.db.run(update)


def default_gate(unit: Unit) -> Gate:
    """The gate that only warns."""
    return Gate(parse_limits(DEFAULT[unit]), 0)


def gate_of(accept: str, retakes: int) -> Gate | None:
    """The gate of limits as text; raises InputError."""
    if not 0 <= retakes <= MOST_RETAKES or (retakes and not accept.strip()):
        reason = f"is {retakes}" if accept.strip() else "needs limits"
        remedy = f"write 0 to {MOST_RETAKES}, and accept='frozen<0.02'"
        raise InvalidInput(file="", field="retakes", reason=reason, remedy=remedy)
    limits = parse_limits(accept)
    return Gate(limits, retakes) if limits else None
