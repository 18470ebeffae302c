"""The part of `lotus.Experiment` that ranks: raters, their judgements, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lotus.api.experiment_cells import MeasuredExperiment
from lotus.documents.calls import explained_call
from lotus.experiments import records

if TYPE_CHECKING:
    from lotus.experiments.leaderboard import Leaderboard
    from lotus.experiments.ratings import Rating

__all__ = ["RatedExperiment"]

DASHBOARDS = "http://127.0.0.1:8866"


class RatedExperiment(MeasuredExperiment):
    """An experiment with ratings; see `lotus.Experiment`."""

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

        rows = self.workspace.db.ask(records.ratings_of, self._saved())
        return factor_ratings(self.cells(), rows, self._factor(factor))

    def questions(self, factor: str | None = None) -> tuple[str, ...]:
        """The questions that raters have answered about pairs of this factor."""
        return tuple(sorted({rating.question for rating in self.ratings(factor)}))

    @explained_call
    def leaderboard(
        self, factor: str | None = None, *, question: str | None = None, confidence: float = 0.95
    ) -> Leaderboard:
        """Rank the levels of a factor by what raters said; default: the first compared factor.

        `question` is needed where raters answered several. Costs are those of making a video,
        whoever paid for it; `usd_per_win` that of the videos until one is preferred.
        """
        from lotus.experiments.leaderboard import leaderboard

        chosen = self._factor(factor)
        board = leaderboard(self.ratings(chosen), question=question, confidence=confidence)
        costs = self.to_pandas().groupby(chosen)["made_usd"].mean()
        return board.with_costs({str(level): cost for level, cost in costs.items()})

    def pareto(
        self,
        cost: str = "cost_usd",
        value: str = "rating",
        *,
        factor: str | None = None,
        question: str | None = None,
    ) -> Any:
        """Levels of a factor that are not beaten by any that is as cheap and as good: a DataFrame
        with a row a level, and `frontier` true for those. `value` is `rating` or a metric.

        `cost_usd` is here what a video cost when it was made, also where another experiment paid.
        """
        from lotus.experiments.frontier import frontier_of

        chosen = self._factor(factor)
        places = self.leaderboard(chosen, question=question).places if value == "rating" else ()
        frame = self.to_pandas()
        frame["cost_usd"] = frame["made_usd"]
        return frontier_of(frame, chosen, cost, value, places)

    def correlation(self, factor: str | None = None, *, question: str | None = None) -> Any:
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
        if question is not None:
            rows = [row for row in rows if row["question"] == question]
        return agreement_with_raters(rows, measurements_of(self.workspace, states))
