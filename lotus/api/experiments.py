"""`lotus.Experiment`: which model, which prompt, which settings, for how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from lotus.api.experiment_ratings import RatedExperiment
from lotus.documents.calls import explained_call
from lotus.errors import InvalidInput
from lotus.experiments import records
from lotus.experiments.matrix import strips_of
from lotus.experiments.metrics import METRICS
from lotus.workspace import Workspace

if TYPE_CHECKING:
    from lotus.experiments.report import RatedFactor

__all__ = ["Experiment"]

BLOCKS = ("prompt", "seed")
EXAMPLES = 24  # cells in a report


class Experiment(RatedExperiment):
    """An experiment: a design (base, factors, seeds), its cells, measurements and ratings.

    Parameters
    ----------
    name
        Name of the experiment; the same name continues with the same cells and ratings.
    base
        A brief, the path of one, or its fields.
    grid
        Levels of each factor: a field of the brief, or provider, model, planner or llm. `prompt`
        may be a file of prompts (.txt, .csv, .json, .jsonl).
    unit
        `clip`: one clip for each cell; `video`: a whole video.
    seconds
        Length of the clips in seconds.
    sample
        Number of cells to draw from the grid, in whole blocks (all levels for one prompt and seed);
        default: all.
    sample_seed
        Seed of that draw.
    categories
        Category of each prompt, by prompt; a file of prompts can have a column `category` or
        `dimension` instead.
    workspace
        Database and store to use; default: those of the settings.

    Raises
    ------
    InvalidInput
        If the design is wrong; nothing was made.
    UnknownName
        If a level names an unknown model or provider.
    """

    @classmethod
    def named(cls, name: str, *, workspace: Workspace | None = None) -> Self:
        """Open an experiment that was run here.

        Parameters
        ----------
        name
            Its name or id.
        workspace
            Database and store to use; default: those of the settings.

        Returns
        -------
        Experiment
            The experiment.

        Raises
        ------
        InvalidInput
            If there is none of this name.
        """
        experiment = cls.__new__(cls)
        experiment._workspace = workspace
        experiment.design = experiment.workspace.db.ask(records.find_design, name)
        return experiment

    @explained_call
    def compare(self, other: Experiment | str) -> Any:
        """Compare the metrics with those of an earlier experiment that has cells of the same
        levels.

        Parameters
        ----------
        other
            The earlier experiment, or its name.

        Returns
        -------
        pandas.DataFrame
            A row for each metric: better, worse or the same.
        """
        from lotus.experiments.comparison import changes_between

        before = (
            type(self).named(other, workspace=self.workspace) if isinstance(other, str) else other
        )
        if not isinstance(before, Experiment):
            raise InvalidInput(
                file="",
                field="other",
                reason=f"is of type {type(other).__name__}",
                remedy="write the name of an experiment that was run here, or an Experiment",
            )
        mine, theirs = self.design.grid, before.design.grid
        common = [n for n in mine if n in theirs]
        same = [n for n in common if set(mine[n]) & set(theirs[n])]
        if any(name in common and name not in same for name in BLOCKS):
            same = []  # no cell has its like: other prompts, or other seeds
        now = self.to_pandas()
        metrics = [name for name in METRICS if name in now]
        return changes_between(now, before.measure(metrics), same)

    @explained_call
    def adopt(
        self, factor: str, path: str | Path, *, question: str | None = None, sure: bool = True
    ) -> str:
        """Write the winner of a factor as the default of a YAML file, or of .env.

        Parameters
        ----------
        factor
            The factor whose winner is written.
        path
            A brief or a manifest (its `base`) in YAML; or .env, for a model or provider.
        question
            The question; required if raters answered several.
        sure
            Refuse while the first is not surely ahead of all others.

        Returns
        -------
        str
            Name of the winner.

        Raises
        ------
        InvalidInput
            If nothing was judged, the winner is not certain, or .env has no variable for it.
        """
        from lotus.experiments.adoption import adopt, winner_of

        winner = winner_of(self.leaderboard(factor, question=question), sure=sure)
        level = next(one for one in self.design.grid[factor] if str(one) == winner)
        adopt(factor, level, Path(path))
        return winner

    @explained_call
    def report(self, path: str | Path) -> Path:
        """Write a report as one HTML file: clips, leaderboards, costs, metrics, caveats, how to
        reproduce it.

        Parameters
        ----------
        path
            The HTML file.

        Returns
        -------
        pathlib.Path
            The file that was written.
        """
        from lotus.system.files import write_aside

        return write_aside(self._report(), Path(path))

    def _report(self) -> str:
        from lotus.experiments.report import report_html

        states = self.cells()
        page = report_html(
            self.design,
            states,
            strips_of(self.workspace, states[:EXAMPLES]),
            self.to_pandas(),
            self.spent_usd,
            [self._rated(factor, question) for factor, question in self._questions()],
            self.judge_reports() if self.id else (),
            [
                (factor, self.scores(factor))
                for factor in (self.design.treatments if self.id else ())
            ],
        )
        return str(page)

    def _questions(self) -> list[tuple[str, str]]:
        """Factors, and questions about them that raters have answered."""
        factors = self.design.factors if self.id else ()
        return [(factor, question) for factor in factors for question in self.questions(factor)]

    def _rated(self, factor: str, question: str) -> RatedFactor:
        from lotus.experiments.report import RatedFactor

        return RatedFactor(
            factor,
            self.leaderboard(factor, question=question),
            self.pareto(factor=factor, question=question),
            self.correlation(factor, question=question),
            self.by_category(factor, question=question),
        )

    @explained_call
    def log(self, loggers: object) -> None:
        """Write costs, cells with metrics, leaderboards and the report to loggers, as new runs.

        Parameters
        ----------
        loggers
            "mlflow", which has a run for each cell besides; "wandb"; or objects with
            `on_experiment`.

        Raises
        ------
        InvalidInput
            If a logger takes no experiments.
        WorkError
            If a logger fails.
        """
        from lotus.api.callbacks import log_experiment
        from lotus.experiments.logs import experiment_log

        boards = {(f, q): self.leaderboard(f, question=q) for f, q in self._questions()}
        facts = experiment_log(
            self.design,
            self._saved_id(),
            self.to_pandas(),
            self.spent_usd,
            boards,
            self.videos(),
            self._report(),
        )
        log_experiment(loggers, facts)

    @explained_call
    def export(self, target: str | Path) -> Path | str:
        """Write cells and ratings as Parquet, the clips, and cards for Croissant and FiftyOne.

        Parameters
        ----------
        target
            A new folder, or s3://bucket/prefix without objects.

        Returns
        -------
        pathlib.Path or str
            The target.

        Raises
        ------
        InvalidInput
            If the folder or prefix is not empty.
        StoreError
            If the bucket does not take the files.
        """
        from lotus.experiments.export import export_experiment, export_to_store

        rows = self.workspace.db.ask(records.ratings_of, self._saved_id())
        frame = self.to_pandas()
        facts = (self.design, frame, self.videos(), rows, self.workspace)
        if not isinstance(target, str | Path) or not str(target).strip():
            remedy = "write a new folder, or s3://bucket/prefix"
            raise InvalidInput(
                file="", field="target", reason="is not a folder or an address", remedy=remedy
            )
        if "://" in str(target):
            return export_to_store(str(target), *facts)
        return export_experiment(Path(target), *facts)
