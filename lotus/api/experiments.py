"""`lotus.Experiment`: which model, which prompt, which settings, for how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from lotus.api.stopping import stoppable
from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput, UnknownName
from lotus.experiments import records
from lotus.experiments.cells import CellState, read_states, video_path
from lotus.experiments.costs import ExperimentEstimate, estimate_design
from lotus.experiments.design import Design, read_design
from lotus.experiments.gates import gate_of
from lotus.experiments.matrix import strips_of
from lotus.experiments.running import CellRunner, OnCell, pilot_cells, run_on_cluster, save
from lotus.money.budgets import dollars
from lotus.system.parallel import cores
from lotus.workspace import Workspace

if TYPE_CHECKING:
    from lotus.display.kit import Html
    from lotus.experiments.leaderboard import Leaderboard
    from lotus.experiments.ratings import Rating


__all__ = ["Experiment"]

DASHBOARDS = "http://127.0.0.1:8866"
EXAMPLES = 24  # cells in a report
PILOT = 0.1
WIDTH = 100.0  # points of rating, between which 64 % and 36 % of judgements go to the better


class Experiment:
    """A design (base, factors, seeds), its cells, their measurements and ratings.

    Parameters
    ----------
    name
        The experiment's name: the same name carries on with the same cells and ratings.
    base
        A brief, a file that holds one, or its fields.
    grid
        Levels of each factor: a field of the brief, or provider, model, planner or llm. `prompt`
        may be a file of prompts (.txt, .csv, .json, .jsonl).
    unit
        `clip`: one clip of `seconds` for each cell; `video`: the whole video.
    sample
        So many cells of the grid, in whole blocks (all levels for a prompt and a seed).

    Raises
    ------
    InvalidInput, UnknownName
        For a design that is wrong, before anything is made.
    """

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
            `local`, or the address of a Dask scheduler, whose workers see the same database and
            store; default: threads of this process.
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
        from lotus.experiments.measuring import measure_cells

        with stoppable(self.workspace):
            measure_cells(self.workspace, self.cells(), metrics, workers)
        return self.to_pandas()

    def to_pandas(self) -> Any:
        """A DataFrame with a row a cell: factors, status, cost, metrics. What is missing is NaN."""
        from lotus.experiments.measuring import frame_of, measurements_of

        states = self.cells()
        return frame_of(states, measurements_of(self.workspace, states))

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

    def rate(
        self,
        *raters: str,
        questions: Sequence[str] = (),
        factors: Sequence[str] = (),
        address: str = DASHBOARDS,
    ) -> dict[str, str]:
        """Links by rater: pages with two videos and a question each, blind, on the dashboards'
        server (`lotus dashboards --reviews`). A rater's earlier link ends; answers stay.

        Parameters
        ----------
        questions
            Asked of each pair; default: which is better.
        factors
            Whose levels are compared; default: all that are no blocks (prompt and seed are).
        address
            Where the dashboards are.
        """
        from lotus.experiments.rating import QUESTION, add_rater

        known = self._saved()
        compared = self._factors(factors)
        asked = tuple(questions) or (QUESTION,)
        names = raters or ("me",)
        base = address.rstrip("/")
        db = self.workspace.db
        return {n: f"{base}/rate/{add_rater(db, known, n, asked, compared)}" for n in names}

    def add_ratings(self, source: Any) -> int:
        """Add judgements that were made elsewhere: a CSV file, a DataFrame or Ratings, whose left
        and right are keys of cells. Returns how many; raises InvalidInput.
        """
        from lotus.experiments.rating import import_ratings
        from lotus.experiments.ratings import read_ratings

        ratings = read_ratings(source)
        return import_ratings(self.workspace.db, self._saved(), self.cells(), ratings)

    def ratings(self, factor: str | None = None) -> list[Rating]:
        """Judgements of pairs that differ in this factor alone, as judgements of its levels."""
        from lotus.experiments.rating import factor_ratings

        (chosen,) = self._factors((factor,) if factor is not None else self.design.compared[:1])
        rows = self.workspace.db.ask(records.ratings_of, self._saved())
        return factor_ratings(self.cells(), rows, chosen)

    @explained_call
    def leaderboard(
        self, factor: str | None = None, *, question: str | None = None, confidence: float = 0.95
    ) -> Leaderboard:
        """Rank the levels of a factor by what raters said; default: the first compared factor."""
        from lotus.experiments.leaderboard import leaderboard

        return leaderboard(self.ratings(factor), question=question, confidence=confidence)

    def pareto(
        self, cost: str = "cost_usd", value: str = "rating", *, factor: str | None = None
    ) -> Any:
        """Levels of a factor that are not beaten by any that is as cheap and as good: a DataFrame
        with a row a level, and `frontier` true for those. `value` is `rating` or a metric.
        """
        from lotus.experiments.frontier import frontier_of

        (chosen,) = self._factors((factor,) if factor is not None else self.design.compared[:1])
        places = self.leaderboard(chosen).places if value == "rating" else ()
        return frontier_of(self.to_pandas(), chosen, cost, value, places)

    def correlation(self, factor: str | None = None) -> Any:
        """Metrics against raters: the share of judgements in which the chosen cell has the higher
        value. A row a metric; 0.5 is chance.
        """
        from lotus.experiments.correlation import agreement_with_raters
        from lotus.experiments.measuring import measurements_of
        from lotus.experiments.rating import rows_of_factor

        states = self.cells()
        rows = self.workspace.db.ask(records.ratings_of, self._saved())
        if factor is not None:
            rows = rows_of_factor(states, rows, *self._factors((factor,)))
        return agreement_with_raters(rows, measurements_of(self.workspace, states))

    def compare(self, other: Experiment | str) -> Any:
        """What got better or worse since another experiment (or its name) with cells of the same
        levels: a row a metric.
        """
        from lotus.experiments.comparison import changes_between

        before = self._named(other) if isinstance(other, str) else other
        shared = [n for n in self.design.grid if n in before.design.grid]
        same = [n for n in shared if set(self.design.grid[n]) & set(before.design.grid[n])]
        return changes_between(self.to_pandas(), before.to_pandas(), same)

    def _named(self, name: str) -> Experiment:
        row = self.workspace.db.ask(records.find_experiment, name)
        experiment = type(self).__new__(type(self))
        experiment.design = Design.model_validate(row["design"])
        experiment._workspace = self.workspace
        return experiment

    def adopt(self, factor: str, path: str | Path, *, sure: bool = True) -> str:
        """Write the winner of a factor as the default of a brief or manifest in YAML; returns its
        name. Raises InvalidInput while the first two are not apart, unless `sure` is false.
        """
        from lotus.experiments.adoption import adopt, winner_of

        winner = winner_of(self.leaderboard(factor), sure=sure)
        adopt(factor, winner, Path(path))
        return winner

    def report(self, path: str | Path) -> Path:
        """Write the report as one HTML file: question, clips, leaderboards, cost, metrics, caveats,
        and how to reproduce it.
        """
        from lotus.experiments.report import report_html
        from lotus.system.files import write_aside

        states = self.cells()
        rated = [f for f in self.design.compared if self.id and self.ratings(f)]
        boards = {factor: self.leaderboard(factor) for factor in rated}
        page = report_html(
            self.design,
            states,
            strips_of(self.workspace, states[:EXAMPLES]),
            self.to_pandas(),
            boards,
            {factor: self.pareto(factor=factor) for factor in rated},
            {factor: self.correlation(factor) for factor in rated},
        )
        return write_aside(str(page), Path(path))

    def export(self, folder: str | Path) -> Path:
        """Write cells and ratings as Parquet, the clips, and a Croissant card into a new folder."""
        from lotus.experiments.export import export_experiment

        rows = self.workspace.db.ask(records.ratings_of, self._saved())
        frame = self.to_pandas()
        return export_experiment(
            Path(folder), self.design, frame, self.videos(), rows, self.workspace
        )

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
