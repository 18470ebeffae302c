"""Run the cells of an experiment, within a budget; what fails stays a cell and says why."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial

import sqlalchemy as sa

from lotus.db import records as rows
from lotus.errors import (
    BudgetExceeded,
    Cancelled,
    DatabaseError,
    InvalidInput,
    LotusError,
    MediaError,
    StoreError,
    WorkError,
)
from lotus.experiments import records
from lotus.experiments.cells import prepare_cell, render_options
from lotus.experiments.design import Design, DesignCell
from lotus.experiments.gates import Gate, GatedCell, Take, default_gate, gate_of
from lotus.generation.plan import clip_object
from lotus.money.budgets import set_budget
from lotus.pipeline.job import worked_on
from lotus.pipeline.pipeline import render_prepared, resume_job
from lotus.providers.prediction import PredictionProvider
from lotus.system.distribution import install_command, not_installed
from lotus.system.parallel import side_by_side
from lotus.workspace import Workspace

__all__ = ["COMPLETED", "CellRunner", "pilot_cells", "run_on_cluster", "run_one", "save"]

CLUSTERS = "lotus.experiments"  # entry-point group by which `batch` joins
COMPLETED = "completed"
ELSEWHERE = "another process is making it"
OVER_BUDGET = "budget"
OnCell = Callable[[DesignCell, str], None]


def save(workspace: Workspace, design: Design) -> str:
    """Write a design and its cells down; returns the experiment's id, which its jobs have as their
    campaign.
    """
    cells = [{"key": cell.key, "factors": cell.factors} for cell in design.cells()]
    document = design.model_dump(mode="json")
    return workspace.db.run(records.save_design, design.name, document, cells)


def pilot_cells(design: Design, share: float | None) -> Sequence[DesignCell]:
    """The first blocks of a design: at least this share of its cells, all without one."""
    cells = design.cells()
    if share is None:
        return cells
    if not 0 < share <= 1:
        raise InvalidInput(
            file="", field="pilot", reason=f"is {share}", remedy="write a share such as 0.1"
        )
    blocks: dict[str, list[DesignCell]] = {}
    for cell in cells:
        blocks.setdefault(cell.block(*design.treatments), []).append(cell)
    pilot: list[DesignCell] = []
    for block in blocks.values():
        if len(pilot) >= share * len(cells):
            break
        pilot += block
    return pilot


@dataclass
class CellRunner:
    """Runs cells in threads. Once the budget is used up, cells that would be paid wait."""

    workspace: Workspace
    experiment_id: str
    design: Design
    on_cell: OnCell = lambda cell, outcome: None
    gate: Gate | None = None
    _empty: threading.Event = field(default_factory=threading.Event)

    def limit(self, budget_usd: Decimal | None) -> None:
        """Set the budget of the whole experiment; None leaves it as it is."""
        if budget_usd is not None:
            self.workspace.db.run(set_budget, "campaign", self.experiment_id, budget_usd)

    def run(self, cells: Iterable[DesignCell], workers: int) -> None:
        """Run all cells that have no video; raises Cancelled when somebody asks to stop."""
        tasks = [partial(self.run_cell, cell) for cell in cells]
        side_by_side(tasks, max(1, workers), self.workspace.stop, "cell")

    def run_cell(self, cell: DesignCell) -> None:
        """Make one cell's video, or carry on with it; its failure is written into its row."""
        self.workspace.stop.check()
        warning = None
        try:
            outcome = self._outcome(cell)
            if outcome == COMPLETED and self.gate is not None:
                self.on_cell(cell, self._gated(cell, self.gate))
                return
            warning = self._warning(cell) if outcome == COMPLETED else None
        except Cancelled:
            raise
        except BudgetExceeded as error:
            self._empty.set()
            outcome = f"{OVER_BUDGET}: {error}"
        except LotusError as error:
            outcome = str(error)
        if outcome != ELSEWHERE:
            reason = warning if outcome == COMPLETED else outcome
            update = partial(records.update_cell, reason=reason)
            self.workspace.db.run(update, self.experiment_id, cell.key)
        self.on_cell(cell, f"{outcome}, {warning}" if outcome == COMPLETED and warning else outcome)

    def _warning(self, cell: DesignCell) -> str | None:
        """What is plainly wrong with a hosted model's video; it counts all the same."""
        options = render_options(self.design, cell)
        maker = self.workspace.providers.get(options.provider, options.model)
        if not isinstance(maker, PredictionProvider):
            return None
        gate = default_gate(self.design.unit)
        gated = GatedCell(self.workspace, self.experiment_id, self.design, cell)
        try:
            take = gate.take(self.workspace, gated.state(gated.kept_job()))
        except (MediaError, StoreError):
            return None
        return f"warning: {gate.reason(take)}" if take.broken else None

    def _outcome(self, cell: DesignCell) -> str:
        """COMPLETED, ELSEWHERE if another process works on it, or why it was not begun."""
        job_id = self.workspace.db.run(records.reserve_job, self.experiment_id, cell.key)
        row = self._row(job_id)
        if row is not None and self._clip_is_gone(row):
            replace = partial(records.replace_job, job_id=job_id)
            job_id = self.workspace.db.run(replace, self.experiment_id, cell.key)
        return self._carry_on(cell, job_id, 0)

    def _gated(self, cell: DesignCell, gate: Gate) -> str:
        """Make a cell again while its video breaks a limit, and keep the best."""
        gated = GatedCell(self.workspace, self.experiment_id, self.design, cell)
        jobs = gated.jobs()
        takes: list[Take] = []
        trouble = ""
        for number in range(gate.retakes + 1):
            if number == len(jobs):
                jobs = [*jobs, gated.reserve(jobs)]
            try:
                if number and self._carry_on(cell, jobs[number], number) != COMPLETED:
                    break
            except LotusError as error:
                if isinstance(error, Cancelled) or not takes:
                    raise
                trouble = f"; retake {number}: {error}"  # an earlier take is kept
                break
            takes.append(gate.take(self.workspace, gated.state(jobs[number])))
            if not takes[-1].broken:
                break
        best = min(takes, key=lambda take: take.order)
        reason = gate.reason(best)
        reason = reason and reason + trouble
        gated.keep(best, reason)
        return reason or COMPLETED

    def _carry_on(self, cell: DesignCell, job_id: str, retake: int) -> str:
        """Begin a job, or carry on with it; as `_outcome`."""
        row = self._row(job_id)
        if row is None:
            return self._begin(cell, job_id, retake)
        if worked_on(row):
            return ELSEWHERE
        resume_job(job_id, workspace=self.workspace)
        return COMPLETED

    def _begin(self, cell: DesignCell, job_id: str, retake: int) -> str:
        """Render the cell as a new job."""
        plan = prepare_cell(self.design, cell, self.workspace, retake)
        if self._empty.is_set() and any(c.amount_usd or not c.priced for c in plan.clips):
            return f"{OVER_BUDGET}: what is left is too little; run again with a larger budget_usd"
        try:
            render_prepared(
                plan,
                render_options(self.design, cell),
                self.workspace,
                campaign=self.experiment_id,
                job_id=job_id,
            )
        except DatabaseError:
            row = self._row(job_id)
            if row is None or not worked_on(row):
                raise
            return ELSEWHERE  # another process began it between the two looks
        return COMPLETED

    def _clip_is_gone(self, row: rows.Row) -> bool:
        """Whether a completed job has its video, and not the clip that is measured and rated."""
        if self.design.unit != "clip" or row["status"] != "completed":
            return False
        scenes = self.workspace.db.ask(rows.scenes_of, row["id"])
        return not self.workspace.store.exists(clip_object(scenes[0]["clip_key"]))

    def _row(self, job_id: str) -> rows.Row | None:
        def look(connection: sa.Connection) -> rows.Row | None:
            with suppress(InvalidInput):
                return rows.get_job(connection, job_id)
            return None

        return self.workspace.db.ask(look)


def run_one(workspace: Workspace, experiment_id: str, key: str, accept: str, retakes: int) -> str:
    """Make one cell of an experiment that the database knows, as a worker elsewhere does; returns
    its outcome.
    """
    design = workspace.db.ask(records.find_design, experiment_id)
    cell = next(cell for cell in design.cells() if cell.key == key)
    outcomes: list[str] = []

    def on_cell(cell: DesignCell, outcome: str) -> None:
        outcomes.append(outcome)

    gate = gate_of(accept, retakes)
    CellRunner(workspace, experiment_id, design, on_cell, gate).run_cell(cell)
    return outcomes[0]


def run_on_cluster(
    cluster: str,
    workers: int,
    runner: CellRunner,
    cells: Sequence[DesignCell],
    accept: str,
    retakes: int,
) -> None:
    """Run cells on a cluster, by the package that joins the entry points `lotus.experiments`.

    Raises WorkError if none is installed.
    """
    from importlib.metadata import entry_points

    entry = next(iter(entry_points(group=CLUSTERS)), None)
    if entry is None:
        raise WorkError(
            reason="experiments on a cluster need Dask", remedy=install_command("batch")
        )
    cell_of = {cell.key: cell for cell in cells}

    def on_outcome(key: str, outcome: str) -> None:
        runner.on_cell(cell_of[key], outcome)

    try:
        run_cells = entry.load()
    except ModuleNotFoundError as exc:
        raise not_installed(exc) or exc from exc
    run_cells(cluster, workers, runner.experiment_id, list(cell_of), accept, retakes, on_outcome)
