"""`lotus.Experiment`: which model, which prompt, which settings, for how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Self

from lotus.api.experiment_ratings import RatedExperiment
from lotus.experiments import records
from lotus.experiments.matrix import strips_of
from lotus.experiments.metrics import METRICS
from lotus.workspace import Workspace

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
        Database and store to use; default: those that the environment names.

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
            Database and store to use; default: those that the environment names.

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
        mine, theirs = self.design.grid, before.design.grid
        shared = [n for n in mine if n in theirs]
        same = [n for n in shared if set(mine[n]) & set(theirs[n])]
        if any(name in shared and name not in same for name in BLOCKS):
            same = []  # no cell has its like: other prompts, or other seeds
        now = self.to_pandas()
        measured = [name for name in METRICS if name in now]
        return changes_between(now, before.measure(measured), same)

    def adopt(
        self, factor: str, path: str | Path, *, question: str | None = None, sure: bool = True
    ) -> str:
        """Write the winner of a factor as the default of a YAML file.

        Parameters
        ----------
        factor
            The factor whose winner is written.
        path
            A brief or a manifest.
        question
            The question; required if raters answered several.
        sure
            Refuse while the intervals of the first two overlap.

        Returns
        -------
        str
            Name of the winner.

        Raises
        ------
        InvalidInput
            If nothing was judged, or the winner is not certain.
        """
        from lotus.experiments.adoption import adopt, winner_of

        winner = winner_of(self.leaderboard(factor, question=question), sure=sure)
        adopt(factor, winner, Path(path))
        return winner

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
        from lotus.experiments.report import RatedFactor, report_html
        from lotus.system.files import write_aside

        states = self.cells()
        compared = self.design.compared if self.id else ()
        rated = [(factor, question) for factor in compared for question in self.questions(factor)]
        page = report_html(
            self.design,
            states,
            strips_of(self.workspace, states[:EXAMPLES]),
            self.to_pandas(),
            self.spent_usd,
            [
                RatedFactor(
                    factor,
                    self.leaderboard(factor, question=question),
                    self.pareto(factor=factor, question=question),
                    self.correlation(factor, question=question),
                )
                for factor, question in rated
            ],
            self.judge_reports() if self.id else (),
            [(factor, self.scores(factor)) for factor in compared],
        )
        return write_aside(str(page), Path(path))

    def export(self, folder: str | Path) -> Path:
        """Write cells and ratings as Parquet, the clips, and a Croissant card.

        Parameters
        ----------
        folder
            A new folder.

        Returns
        -------
        pathlib.Path
            The folder.

        Raises
        ------
        InvalidInput
            If the folder exists.
        """
        from lotus.experiments.export import export_experiment

        rows = self.workspace.db.ask(records.ratings_of, self._saved())
        frame = self.to_pandas()
        return export_experiment(
            Path(folder), self.design, frame, self.videos(), rows, self.workspace
        )
