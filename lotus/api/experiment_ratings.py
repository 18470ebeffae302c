"""The part of `lotus.Experiment` that ranks: raters, their judgements, and what follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lotus.api.experiment_judging import JudgedExperiment
from lotus.documents.calls import explained_call
from lotus.errors import UnknownName
from lotus.experiments import records
from lotus.experiments.cells import CellState
from lotus.experiments.extras import pandas

if TYPE_CHECKING:
    from lotus.experiments.leaderboard import Leaderboard
    from lotus.experiments.ratings import Rating

__all__ = ["RatedExperiment"]

DASHBOARDS = "http://127.0.0.1:8866"


class RatedExperiment(JudgedExperiment):
    """An experiment with ratings; see `lotus.Experiment`."""

    @explained_call
    def rate(
        self,
        *raters: str | Sequence[str],
        questions: Sequence[str] | str = (),
        factors: Sequence[str] | str = (),
        scale: bool = False,
        address: str = DASHBOARDS,
    ) -> dict[str, str]:
        """Make a link for each rater: blind pairs of videos, on a server of `lotus dashboards
        --reviews`.

        A rater's earlier link ends; the answers stay.

        Parameters
        ----------
        *raters
            Names of the raters.
        questions
            Questions for each pair; default: which is better.
        factors
            Factors to compare; default: all that are not blocks (prompt and seed are blocks).
        scale
            Show one clip at a time, scored from 1 to 5, instead of pairs.
        address
            Address of the dashboards.

        Returns
        -------
        dict
            Links by rater.
        """
        from lotus.experiments.rating import QUESTION, add_rater
        from lotus.experiments.scales import STEPS

        experiment_id = self._saved_id()
        names = self._factors(factors)
        words = ((questions,) if isinstance(questions, str) else tuple(questions)) or (
            ("How good is it?",) if scale else (QUESTION,)
        )
        steps = STEPS if scale else None
        db = self.workspace.db
        people = [n for one in raters for n in ((one,) if isinstance(one, str) else one)] or ["me"]
        secrets = {n: add_rater(db, experiment_id, n, words, names, steps) for n in people}
        return {name: f"{address.rstrip('/')}/rate/{secret}" for name, secret in secrets.items()}

    def add_ratings(self, source: Any) -> int:
        """Add judgements that were made elsewhere.

        Parameters
        ----------
        source
            A CSV file, a DataFrame, or a list of Rating; left and right are keys of cells.

        Returns
        -------
        int
            Number of judgements added.

        Raises
        ------
        InvalidInput
            If a row is wrong.
        """
        from lotus.experiments.rating import import_ratings
        from lotus.experiments.ratings import read_ratings

        ratings = read_ratings(source)
        return import_ratings(self.workspace.db, self._saved_id(), self.cells(), ratings)

    @explained_call
    def ratings(
        self, factor: str | None = None, *, judge: str | None = None, category: str | None = None
    ) -> list[Rating]:
        """List the judgements of pairs that differ in one factor only.

        Parameters
        ----------
        factor
            The factor whose levels are compared; default: the first that is compared.
        judge
            Answers of this judging model instead of people's; both orders of a pair count once.
        category
            Only prompts of this category.

        Returns
        -------
        list of Rating
            Judgements of the factor's levels.
        """
        from lotus.experiments.judging import judged_rows
        from lotus.experiments.rating import factor_ratings

        experiment_id = self._saved_id()
        if judge is None:
            rows = self.workspace.db.ask(records.ratings_of, experiment_id)
        else:
            rows = judged_rows(self.workspace, experiment_id, judge)
        return factor_ratings(self._of_category(category), rows, self._factor(factor))

    def _of_category(self, category: str | None) -> list[CellState]:
        """Cells whose prompt is of a category; raises UnknownName."""
        states = self.cells()
        if category is None:
            return states
        categories = self.design.categories
        if category not in categories.values():
            raise UnknownName("category", category, sorted(set(categories.values())))
        return [s for s in states if categories.get(str(s.factors.get("prompt"))) == category]

    @explained_call
    def by_category(self, factor: str | None = None, *, question: str | None = None) -> Any:
        """Rank the levels of a factor within each category of prompts.

        Parameters
        ----------
        factor
            The factor whose levels are compared; default: the first that is compared.
        question
            The question; required if raters answered several.

        Returns
        -------
        pandas.DataFrame
            A row for each category and level; categories without judgements are left out.
        """
        pd = pandas()
        tables = []
        for category in sorted(set(self.design.categories.values())):
            ratings = self.ratings(factor, category=category)
            if any(question in (None, rating.question) for rating in ratings):
                board = self.leaderboard(factor, question=question, category=category)
                tables.append(board.to_pandas().assign(category=category, decided=board.decided))
        columns = ["category", "name", "rating", "low", "high", "judgements", "decided"]
        return pd.concat(tables)[columns] if tables else pd.DataFrame(columns=columns)

    @explained_call
    def scores(self, factor: str | None = None) -> Any:
        """Average the scores of raters on the scale of 1 to 5.

        Parameters
        ----------
        factor
            The factor whose levels are compared; default: the first that is compared.

        Returns
        -------
        pandas.DataFrame
            A row for each question and level, with intervals over blocks and the raters' agreement
            (`alpha`, ordinal).
        """
        pd = pandas()
        from lotus.experiments.scales import level_scores, score_agreement

        rows = self.workspace.db.ask(records.scores_of, self._saved_id())
        levels = level_scores(self.cells(), rows, self._factor(factor))
        alphas = {one.question: score_agreement(rows, one.question) for one in levels}
        columns = ["question", "level", "mean", "low", "high", "scores", "raters", "alpha"]
        table = [{**one.model_dump(), "alpha": alphas[one.question]} for one in levels]
        return pd.DataFrame(table, columns=columns)

    def questions(self, factor: str | None = None) -> tuple[str, ...]:
        """List the questions that raters answered about pairs.

        Parameters
        ----------
        factor
            The factor whose levels are compared; default: the first that is compared.

        Returns
        -------
        tuple of str
            The questions.
        """
        return tuple(sorted({rating.question for rating in self.ratings(factor)}))

    @explained_call
    def leaderboard(
        self,
        factor: str | None = None,
        *,
        question: str | None = None,
        confidence: float = 0.95,
        judge: str | None = None,
        category: str | None = None,
    ) -> Leaderboard:
        """Rank the levels of a factor by the judgements of raters.

        Costs are those of making a video, whoever paid; `usd_per_win` is the cost of the videos
        until one is preferred.

        Parameters
        ----------
        factor
            The factor whose levels are compared; default: the first that is compared.
        question
            The question; required if raters answered several.
        confidence
            Confidence of the intervals, between 0.5 and 0.999.
        judge
            Rank by this judging model's answers instead; the result says so.
        category
            Only prompts of this category.

        Returns
        -------
        Leaderboard
            Places with ratings, intervals and costs.

        Raises
        ------
        InvalidInput
            If there are no judgements.
        """
        from lotus.experiments.leaderboard import leaderboard

        name = self._factor(factor)
        ratings = self.ratings(name, judge=judge, category=category)
        board = leaderboard(ratings, question=question, confidence=confidence)
        board = board.model_copy(update={"judge": judge})
        costs = self.to_pandas().groupby(name)["made_usd"].mean()
        return board.with_costs({str(level): cost for level, cost in costs.items()})

    @explained_call
    def pareto(
        self,
        cost: str = "cost_usd",
        value: str = "rating",
        *,
        factor: str | None = None,
        question: str | None = None,
    ) -> Any:
        """Find the levels that no other level beats in both cost and value.

        Parameters
        ----------
        cost
            Column of the cost: `cost_usd`, what making a video costs, whoever paid.
        value
            `rating`, or a metric.
        factor
            The factor whose levels are compared; default: the first that is compared.
        question
            The question; required if raters answered several.

        Returns
        -------
        pandas.DataFrame
            A row for each level; `frontier` is true for those that are not beaten, `sure` where
            the intervals of the values leave no other answer.
        """
        from lotus.experiments.frontier import frontier_of

        name = self._factor(factor)
        places = self.leaderboard(name, question=question).places if value == "rating" else ()
        frame = self.to_pandas()
        frame["cost_usd"] = frame["made_usd"]
        blocks = [other for other in self.design.grid if other != name]
        return frontier_of(frame, name, cost, value, places, blocks)

    @explained_call
    def correlation(self, factor: str | None = None, *, question: str | None = None) -> Any:
        """Compare metrics with raters.

        Parameters
        ----------
        factor
            The factor whose levels are compared; default: the first that is compared.
        question
            The question; required if raters answered several.

        Returns
        -------
        pandas.DataFrame
            A row for each metric: the share of judgements in which the preferred video has the
            higher value, 0.5 is chance; `low` and `high` hold for all metrics at once.
        """
        from lotus.experiments.correlation import agreement_with_raters
        from lotus.experiments.measuring import measurements_of
        from lotus.experiments.rating import rows_of_factor

        states = self.cells()
        rows = self.workspace.db.ask(records.ratings_of, self._saved_id())
        blocks = None
        if factor is not None:
            rows = rows_of_factor(states, rows, *self._factors((factor,)))
            blocks = {state.key: state.block(factor) for state in states}
        if question is not None:
            rows = [row for row in rows if row["question"] == question]
        return agreement_with_raters(rows, measurements_of(self.workspace, states), blocks)
