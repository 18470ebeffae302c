"""The part of `lotus.Experiment` that makes and measures: design, cells, costs, the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from lotus.api.stopping import stoppable
from lotus.documents.calls import explained_call
from lotus.documents.explained import AnsweringObject
from lotus.errors import InvalidInput, UnknownName, WorkError
from lotus.experiments import records
from lotus.experiments.cells import CellState, read_states, video_path
from lotus.experiments.costs import ExperimentEstimate, estimate_design
from lotus.experiments.design import Design, read_design
from lotus.experiments.gates import gate_of
from lotus.experiments.matrix import strips_of
from lotus.experiments.running import CellRunner, OnCell, pilot_cells, run_on_cluster, run_one, save
from lotus.money.budgets import dollars, set_budget
from lotus.system.parallel import cores
from lotus.workspace import Workspace

if TYPE_CHECKING:
    from lotus.display.kit import Html

__all__ = ["MeasuredExperiment"]

PILOT = 0.1
WIDTH = 100.0  # points of rating, between which 64 % and 36 % of judgements go to the better


class MeasuredExperiment(AnsweringObject):
    """A design, its cells and their measurements; see `lotus.Experiment`."""

    design: Design
    _workspace: Workspace | None

    @explained_call
    def __init__(
        self,
        name: str,
        *,
        base: Any,
        grid: Mapping[str, Any],
        unit: str = "clip",
        seconds: float | None = None,
        sample: int | None = None,
        sample_seed: int = 0,
        categories: Mapping[str, str] | None = None,
        workspace: Workspace | None = None,
    ) -> None:
        self.design = Design.of(
            name,
            base,
            grid,
            unit=unit,  # type: ignore[arg-type]  # looked at there
            seconds=seconds,
            sample=sample,
            sample_seed=sample_seed,
            categories=categories,
        )
        self._workspace = workspace

    @classmethod
    def read(cls, path: str | Path, *, workspace: Workspace | None = None) -> Self:
        """The experiment that a YAML or JSON file describes; raises InvalidInput."""
        experiment = cls.__new__(cls)
        experiment.design = read_design(Path(path))
        experiment._workspace = workspace
        return experiment

    @property
    def name(self) -> str:
        """The experiment's name."""
        return self.design.name

    @property
    def workspace(self) -> Workspace:
        """Where rows and bytes are."""
        if self._workspace is None:
            self._workspace = Workspace.open()
        return self._workspace

    @property
    def id(self) -> str | None:
        """The experiment's id, which its jobs have as their campaign; None before the first run."""

        def find(connection: sa.Connection) -> str | None:
            try:
                return str(records.find_experiment(connection, self.name)["id"])
            except InvalidInput:
                return None

        return self.workspace.db.ask(find)

    def cells(self) -> list[CellState]:
        """All cells with their state, in the order of the design."""
        known = self.id
        if known is None:
            return [
                CellState(key=cell.key, factors=cell.factors, status="missing")
                for cell in self.design.cells()
            ]
        return read_states(self.workspace, known, self.design)

    @property
    def spent_usd(self) -> Decimal:
        """What this experiment has paid so far, by the ledger: all takes and all answers."""
        known = self.id
        return self.workspace.db.ask(records.spent_usd, known) if known else Decimal(0)

    def estimate(self, *, pilot: float = PILOT, width: float = WIDTH) -> ExperimentEstimate:
        """Costs of each arm and of the whole, of a pilot, and the judgements for intervals of
        ratings that are `width` points wide. Makes nothing.
        """
        states = {state.key: state for state in self.cells()}
        cells = pilot_cells(self.design, pilot)
        return estimate_design(self.design, self.workspace, states, cells, width)

    @explained_call
    def run(
        self,
        *,
        budget_usd: Decimal | float | str | None = None,
        workers: int | None = None,
        pilot: float | None = None,
        accept: str = "",
        retakes: int = 0,
        cluster: str | None = None,
        on_cell: OnCell | None = None,
    ) -> Self:
        """Make the videos that are missing; a cell that fails stays a cell and says why.

        Parameters
        ----------
        budget_usd
            Of the whole experiment, all runs together. Cells that do not fit wait.
        workers
            Cells at a time; default: one for each processor.
        pilot
            Only the first blocks: this share of the cells.
        accept
            Limits that every video has to keep: `frozen<0.02, black<0.01`.
        retakes
            A video that breaks one is made again with another seed, so often at most, within the
            budget; the best is kept.
        cluster
            `local`, `ecs`, or the address of a Dask scheduler, whose workers see the same database
            and store; default: threads of this process.
        """
        gate = gate_of(accept, retakes)
        budget = None if budget_usd is None else dollars(budget_usd)
        cells = pilot_cells(self.design, pilot)
        known = save(self.workspace, self.design)
        states = {s.key: s for s in read_states(self.workspace, known, self.design)}
        todo = [cell for cell in cells if gate or states[cell.key].status != "completed"]
        with stoppable(self.workspace):
            runner = CellRunner(self.workspace, known, self.design, on_cell or _nobody, gate)
            runner.limit(budget)
            if cluster is None:
                runner.run(todo, workers or cores())
            else:
                run_on_cluster(cluster, workers or cores(), runner, todo, accept, retakes)
            strips_of(self.workspace, self.cells())
        return self

    def measure(self, metrics: Iterable[str] | None = None, *, workers: int | None = None) -> Any:
        """Measure what is not measured yet; returns `to_pandas()`."""
        from lotus.experiments.measuring import measure_cells, registry_of

        with stoppable(self.workspace):
            registry = registry_of(self.design)
            measure_cells(self.workspace, self.cells(), metrics, workers, registry)
        return self.to_pandas()

    def run_cell(self, key: str, *, accept: str = "", retakes: int = 0) -> CellState:
        """Make one cell's video, as `run` does, and return the cell. Raises InvalidInput for a key
        that is none, WorkError if the cell has no video then.
        """
        known = save(self.workspace, self.design)
        if key not in {cell.key for cell in self.design.cells()}:
            raise InvalidInput(
                file="", field="cell", reason="is no key of a cell", remedy="see to_pandas()"
            )
        with stoppable(self.workspace):
            outcome = run_one(self.workspace, known, key, accept, retakes)
        state = self._cell(key)
        if state.status != "completed":
            raise WorkError(reason=state.reason or outcome, remedy="run the cell again")
        return state

    def measure_cell(self, key: str) -> dict[str, float | None]:
        """Measure one cell's video, once; the values by metric."""
        from lotus.experiments.measuring import measure_cells, measurements_of, registry_of

        states = [self._cell(key)]
        registry = registry_of(self.design)
        failures = measure_cells(self.workspace, states, registry=registry)
        if failures:
            raise WorkError(reason=failures[key], remedy="run the cell again")
        return measurements_of(self.workspace, states, registry)[key]

    def _cell(self, key: str) -> CellState:
        return next(state for state in self.cells() if state.key == key)

    def to_manifest(
        self,
        path: str | Path,
        *,
        accept: str = "",
        retakes: int = 0,
        budget_usd: Decimal | float | str | None = None,
    ) -> Path:
        """Write a campaign's manifest (CSV) with a row a cell that has no video, to be run by
        `lotus batch run PATH --notebook experiment_cell`, anywhere that campaigns run.

        The budget is the experiment's: what its cells cost does not count to the campaign's.
        """
        from lotus.experiments.manifest import write_manifest

        gate_of(accept, retakes)
        known = save(self.workspace, self.design)
        if budget_usd is not None:
            self.workspace.db.run(set_budget, "campaign", known, dollars(budget_usd))
        return write_manifest(Path(path), self.name, self.cells(), accept, retakes)

    def to_pandas(self) -> Any:
        """A DataFrame with a row a cell: factors, status, cost, metrics. What is missing is NaN."""
        from lotus.experiments.measuring import frame_of, measurements_of, registry_of
        from lotus.experiments.verdicts import check_shares

        states = self.cells()
        registry = registry_of(self.design)
        frame = frame_of(states, measurements_of(self.workspace, states, registry))
        known = self.id
        checks = check_shares(self.workspace.db.ask(records.judgements_of, known) if known else ())
        if checks:
            frame["checks"] = frame["key"].map(checks).astype(float)
        return frame

    def matrix(
        self, rows: Sequence[str] | str | None = None, columns: Sequence[str] | str | None = None
    ) -> Html:
        """All cells as small moving pictures in step; `rows` and `columns` are factors.

        Default: blocks (prompt, seed) down, what is compared across. The pointer stops them.
        """
        from lotus.experiments.matrix import matrix_html

        states = self.cells()
        across = _names(self.design.compared if columns is None else columns)
        rest = [name for name in self.design.factors if name not in across]
        down = _names(rest if rows is None else rows)
        strips = strips_of(self.workspace, states)
        return matrix_html(states, strips, down, across, self.design.seconds)

    def _repr_html_(self) -> str:
        return self.matrix()._repr_html_()

    def _factors(self, names: Sequence[str]) -> tuple[str, ...]:
        """Factors with two levels or more, by name; raises UnknownName."""
        for name in names:
            if name not in self.design.factors:
                raise UnknownName("factor", name, self.design.factors)
        chosen = tuple(names) or self.design.compared
        if not chosen:
            raise InvalidInput(
                file="",
                field="grid",
                reason="has no factor with two levels to compare",
                remedy="add levels, such as another model",
            )
        return chosen

    def _factor(self, name: str | None) -> str:
        """The factor of a name, or the first that is compared; raises as `_factors`."""
        return self._factors((name,) if name is not None else self.design.compared[:1])[0]

    def _saved(self) -> str:
        """The experiment's id; raises InvalidInput before the first run."""
        known = self.id
        if known is None:
            raise InvalidInput(
                file="",
                field="experiment",
                reason=f"'{self.name}' was never run",
                remedy="run it first",
            )
        return known

    def videos(self) -> dict[str, Path]:
        """Files of the videos by the key of the cell, for those that have one."""
        paths = {state.key: video_path(self.workspace, state) for state in self.cells()}
        return {key: path for key, path in paths.items() if path is not None}

    def __repr__(self) -> str:
        cells = self.design.cells()
        factors = ", ".join(f"{n} ({len(levels)})" for n, levels in self.design.grid.items())
        return f"experiment {self.name}: {len(cells)} cells of {factors}"


def _names(names: Sequence[str] | str) -> tuple[str, ...]:
    return (names,) if isinstance(names, str) else tuple(names)


def _nobody(cell: Any, outcome: str) -> None:
    return None
