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
    categories
        Of prompts, by prompt; a file of prompts may have a column `category` or `dimension`.

    Raises
    ------
    InvalidInput, UnknownName
        For a design that is wrong, before anything is made.
    """

    @classmethod
    def named(cls, name: str, *, workspace: Workspace | None = None) -> Self:
        """The experiment of a name or an id that was run here; raises InvalidInput for others."""
        experiment = cls.__new__(cls)
        experiment._workspace = workspace
        experiment.design = experiment.workspace.db.ask(records.find_design, name)
        return experiment

    def compare(self, other: Experiment | str) -> Any:
        """What got better or worse since another experiment (or its name) with cells of the same
        levels: a row a metric.
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
        """Write the winner of a factor as the default of a brief or manifest in YAML; returns its
        name. Raises InvalidInput while the first two are not apart, unless `sure` is false.
        """
        from lotus.experiments.adoption import adopt, winner_of

        winner = winner_of(self.leaderboard(factor, question=question), sure=sure)
        adopt(factor, winner, Path(path))
        return winner

    def report(self, path: str | Path) -> Path:
        """Write the report as one HTML file: question, clips, leaderboards, cost, metrics, caveats,
        and how to reproduce it.
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
        """Write cells and ratings as Parquet, the clips, and a Croissant card into a new folder."""
        from lotus.experiments.export import export_experiment

        rows = self.workspace.db.ask(records.ratings_of, self._saved())
        frame = self.to_pandas()
        return export_experiment(
            Path(folder), self.design, frame, self.videos(), rows, self.workspace
        )
