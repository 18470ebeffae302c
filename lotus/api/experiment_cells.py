"""The part of `lotus.Experiment` that makes: design, cells, costs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from numbers import Real
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa

from lotus.api.stopping import stoppable
from lotus.documents.base import AnsweringObject
from lotus.documents.calls import explained_call
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
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = ["ExperimentCells", "names_of", "workers_of"]

PILOT = 0.1
WIDTH = 100.0  # points of rating, between which 64 % and 36 % of judgements go to the better


class ExperimentCells(AnsweringObject):
    """A design and its cells; see `lotus.Experiment`."""

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
        """Read the design of an experiment from a YAML or JSON file.

        Parameters
        ----------
        path
            The file.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Experiment
            The experiment.

        Raises
        ------
        InvalidInput
            If the file or the design is wrong.
        """
        experiment = cls.__new__(cls)
        experiment.design = read_design(Path(path))
        experiment._workspace = workspace
        return experiment

    @property
    def name(self) -> str:
        """Name of the experiment."""
        return self.design.name

    @property
    def workspace(self) -> Workspace:
        """The database and store of the experiment."""
        if self._workspace is None:
            self._workspace = Workspace.open()
        return self._workspace

    @property
    def id(self) -> str | None:
        """Id of the experiment, which is its jobs' campaign; None before the first run."""

        def find(connection: sa.Connection) -> str | None:
            try:
                return str(records.find_experiment(connection, self.name)["id"])
            except InvalidInput:
                return None

        return self.workspace.db.ask(find)

    def cells(self) -> list[CellState]:
        """List all cells with their state, in the order of the design.

        Returns
        -------
        list of CellState
            Status, cost in US dollars and job of each cell.
        """
        experiment_id = self.id
        if experiment_id is None:
            return [
                CellState(key=cell.key, factors=cell.factors, status="missing")
                for cell in self.design.cells()
            ]
        return read_states(self.workspace, experiment_id, self.design)

    @property
    def spent_usd(self) -> Decimal:
        """US dollars that this experiment has paid so far, for all takes and answers."""
        experiment_id = self.id
        return (
            self.workspace.db.ask(records.spent_usd, experiment_id) if experiment_id else Decimal(0)
        )

    @explained_call
    def estimate(self, *, pilot: float = PILOT, width: float = WIDTH) -> ExperimentEstimate:
        """Estimate costs and the number of judgements, without making anything.

        Parameters
        ----------
        pilot
            Share of the cells that a pilot runs, from 0 to 1.
        width
            Wanted width of the ratings' intervals, in points of rating.

        Returns
        -------
        ExperimentEstimate
            US dollars of each arm, of the whole and of the pilot; judgements needed.
        """
        if not isinstance(width, Real) or not 1 <= float(width) <= 10_000:
            remedy = "write 1 to 10000 points, such as 100"
            raise InvalidInput(file="", field="width", reason=f"is {width!r:.40}", remedy=remedy)
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
        """Make the missing videos. A cell that fails keeps its reason; the others go on.

        Parameters
        ----------
        budget_usd
            Maximum cost in US dollars of the whole experiment, all runs together. Cells beyond it
            wait.
        workers
            Cells at the same time; default: one for each processor.
        pilot
            Run only the first blocks: this share of the cells, from 0 to 1.
        accept
            Limits of metrics for each video, such as `frozen<0.02, black<0.01`.
        retakes
            How often a video that breaks a limit is made again with another seed; the best is kept.
        cluster
            `local`, `ecs`, or the address of a Dask scheduler whose workers use the same database
            and store; default: threads of this process.
        on_cell
            Called with each finished cell.

        Returns
        -------
        Experiment
            This experiment.

        Raises
        ------
        InputError
            If an argument is wrong; nothing was made.
        """
        gate = gate_of(accept, retakes)
        at_once = workers_of(workers)
        _check_cluster(cluster)
        budget = None if budget_usd is None else dollars(budget_usd)
        cells = pilot_cells(self.design, pilot)
        experiment_id = save(self.workspace, self.design)
        states = {s.key: s for s in read_states(self.workspace, experiment_id, self.design)}
        todo = [cell for cell in cells if gate or states[cell.key].status != "completed"]
        with stoppable(self.workspace):
            runner = CellRunner(
                self.workspace, experiment_id, self.design, on_cell or _nobody, gate
            )
            runner.limit(budget)
            if cluster is None:
                runner.run(todo, at_once)
            else:
                run_on_cluster(cluster, at_once, runner, todo, accept, retakes)
            strips_of(self.workspace, self.cells())
        return self

    @explained_call
    def run_cell(self, key: str, *, accept: str = "", retakes: int = 0) -> CellState:
        """Make one cell's video, as `run` does.

        Parameters
        ----------
        key
            Key of the cell.
        accept
            Limits of metrics, such as `frozen<0.02`.
        retakes
            How often a video that breaks a limit is made again.

        Returns
        -------
        CellState
            The cell with its video.

        Raises
        ------
        InvalidInput
            If there is no such cell.
        WorkError
            If the video could not be made.
        """
        experiment_id = save(self.workspace, self.design)
        self._cell(key)
        with stoppable(self.workspace):
            outcome = run_one(self.workspace, experiment_id, key, accept, retakes)
        state = self._cell(key)
        if state.status != "completed":
            raise WorkError(reason=state.reason or outcome, remedy="run the cell again")
        return state

    def _cell(self, key: str) -> CellState:
        for state in self.cells():
            if state.key == key:
                return state
        raise InvalidInput(
            file="", field="cell", reason="is not the key of a cell", remedy="see to_pandas()"
        )

    @explained_call
    def to_manifest(
        self,
        path: str | Path,
        *,
        accept: str = "",
        retakes: int = 0,
        budget_usd: Decimal | float | str | None = None,
    ) -> Path:
        """Write the cells without a video as a campaign's manifest, for `lotus batch run PATH
        --notebook experiment_cell`.

        Parameters
        ----------
        path
            The CSV file.
        accept
            Limits of metrics, such as `frozen<0.02`.
        retakes
            How often a video that breaks a limit is made again.
        budget_usd
            Maximum cost in US dollars of the whole experiment; it does not count to the campaign's.

        Returns
        -------
        pathlib.Path
            The file that was written.
        """
        from lotus.experiments.manifest import write_manifest

        gate_of(accept, retakes)
        experiment_id = save(self.workspace, self.design)
        if budget_usd is not None:
            self.workspace.db.run(set_budget, "campaign", experiment_id, dollars(budget_usd))
        return write_manifest(Path(path), self.name, self.cells(), accept, retakes)

    def _factors(self, names: Sequence[str] | str) -> tuple[str, ...]:
        """Factors with two levels or more, by name; raises UnknownName."""
        names = names_of(names)
        for name in names:
            if name not in self.design.factors:
                raise UnknownName("factor", name, self.design.factors)
        factors = tuple(names) or self.design.treatments
        if not factors:
            raise InvalidInput(
                file="",
                field="grid",
                reason="has no factor with two levels to compare",
                remedy="add levels, such as another model",
            )
        return factors

    def _factor(self, name: str | None) -> str:
        """The factor of a name, or the first that is compared; raises as `_factors`."""
        return self._factors((name,) if name is not None else self.design.treatments[:1])[0]

    def _saved_id(self) -> str:
        """The experiment's id; raises InvalidInput before the first run."""
        experiment_id = self.id
        if experiment_id is None:
            raise InvalidInput(
                file="",
                field="experiment",
                reason=f"'{self.name}' was never run",
                remedy="run it first",
            )
        return experiment_id

    def videos(self) -> dict[str, Path]:
        """List the files of finished videos.

        Returns
        -------
        dict
            Paths by the cell's key.
        """
        paths = {state.key: video_path(self.workspace, state) for state in self.cells()}
        return {key: path for key, path in paths.items() if path is not None}

    def __repr__(self) -> str:
        cells = self.design.cells()
        factors = ", ".join(f"{n} ({len(levels)})" for n, levels in self.design.grid.items())
        return f"experiment {self.name}: {quantity(len(cells), 'cell')} of {factors}"


def names_of(names: Iterable[str] | str) -> tuple[str, ...]:
    """One name or several, as a tuple."""
    return (names,) if isinstance(names, str) else tuple(names)


def workers_of(workers: int | None) -> int:
    """So many at a time; raises InvalidInput."""
    if workers is not None and workers < 1:
        remedy = "write 1 or more, or leave it out: one for each processor"
        raise InvalidInput(file="", field="workers", reason=f"is {workers}", remedy=remedy)
    return workers or cores()


def _check_cluster(cluster: str | None) -> None:
    if cluster is not None and cluster not in ("local", "ecs") and ":" not in str(cluster):
        raise InvalidInput(
            file="",
            field="cluster",
            reason=f"'{cluster!s:.60}' is no address",
            remedy="write local, ecs, or a scheduler's address such as tcp://host:8786",
        )


def _nobody(cell: Any, outcome: str) -> None:
    return None
