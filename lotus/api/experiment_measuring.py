"""The part of `lotus.Experiment` that measures and shows: metrics, the table, the matrix."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from lotus.api.experiment_cells import ExperimentCells, names_of, workers_of
from lotus.api.stopping import stoppable
from lotus.documents.calls import explained_call
from lotus.errors import WorkError
from lotus.experiments import records
from lotus.experiments.matrix import strips_of

if TYPE_CHECKING:
    from lotus.display.kit import Html

__all__ = ["MeasuredExperiment"]


class MeasuredExperiment(ExperimentCells):
    """Cells with their measurements; see `lotus.Experiment`."""

    @explained_call
    def measure(self, metrics: Iterable[str] | None = None, *, workers: int | None = None) -> Any:
        """Measure the videos that are not measured yet.

        Parameters
        ----------
        metrics
            Names of metrics; default: all that need no extra.
        workers
            Videos at the same time; default: one for each processor.

        Returns
        -------
        pandas.DataFrame
            The table of `to_pandas`, with the metrics.
        """
        from lotus.experiments.measuring import measure_cells, registry_of

        with stoppable(self.workspace):
            registry = registry_of(self.design)
            names = None if metrics is None else names_of(metrics)
            measure_cells(self.workspace, self.cells(), names, workers_of(workers), registry)
        return self.to_pandas()

    @explained_call
    def measure_cell(self, key: str) -> dict[str, float | None]:
        """Measure one cell's video, once.

        Parameters
        ----------
        key
            Key of the cell.

        Returns
        -------
        dict
            Values by metric.
        """
        from lotus.experiments.measuring import measure_cells, measurements_of, registry_of

        states = [self._cell(key)]
        registry = registry_of(self.design)
        failures = measure_cells(self.workspace, states, registry=registry)
        if failures:
            raise WorkError(reason=failures[key], remedy="run the cell again")
        return measurements_of(self.workspace, states, registry)[key]

    def to_pandas(self) -> Any:
        """Tabulate the cells: factors, status, cost, metrics.

        Returns
        -------
        pandas.DataFrame
            A row for each cell; missing values are NaN.
        """
        from lotus.experiments.measuring import frame_of, measurements_of, registry_of
        from lotus.experiments.verdicts import check_shares

        states = self.cells()
        registry = registry_of(self.design)
        frame = frame_of(states, measurements_of(self.workspace, states, registry))
        experiment_id = self.id
        checks = check_shares(
            self.workspace.db.ask(records.judgements_of, experiment_id) if experiment_id else ()
        )
        if checks:
            frame["checks"] = frame["key"].map(checks).astype(float)
        return frame

    def matrix(
        self, rows: Sequence[str] | str | None = None, columns: Sequence[str] | str | None = None
    ) -> Html:
        """Show all cells as small moving pictures in step; the pointer stops them.

        Parameters
        ----------
        rows
            Factors down the side; default: blocks (prompt, seed).
        columns
            Factors across the top; default: what is compared.

        Returns
        -------
        Html
            What a notebook shows.
        """
        from lotus.experiments.matrix import matrix_html

        states = self.cells()
        across = names_of(self.design.treatments if columns is None else columns)
        rest = [name for name in self.design.factors if name not in across]
        down = names_of(rest if rows is None else rows)
        strips = strips_of(self.workspace, states)
        return matrix_html(states, strips, down, across, self.design.seconds)

    def _repr_html_(self) -> str:
        return self.matrix()._repr_html_()
