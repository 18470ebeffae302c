"""The part of `lotus.Experiment` that ranks: raters, their judgements, and what follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lotus.api.experiment_cells import MeasuredExperiment
from lotus.api.stopping import stoppable
from lotus.documents.calls import explained_call
from lotus.errors import UnknownName
from lotus.experiments import records
from lotus.experiments.cells import CellState
from lotus.money.budgets import dollars, set_budget

if TYPE_CHECKING:
    from lotus.experiments.judging import JudgePlan
    from lotus.experiments.leaderboard import Leaderboard
    from lotus.experiments.ratings import Rating
    from lotus.experiments.verdicts import JudgeReport

__all__ = ["RatedExperiment"]

DASHBOARDS = "http://127.0.0.1:8866"


class RatedExperiment(MeasuredExperiment):
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
        import pandas as pd

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
        import pandas as pd

        from lotus.experiments.scales import level_scores, score_agreement

        rows = self.workspace.db.ask(records.scores_of, self._saved_id())
        levels = level_scores(self.cells(), rows, self._factor(factor))
        alphas = {one.question: score_agreement(rows, one.question) for one in levels}
        columns = ["question", "level", "mean", "low", "high", "scores", "raters", "alpha"]
        table = [{**one.model_dump(), "alpha": alphas[one.question]} for one in levels]
        return pd.DataFrame(table, columns=columns)

    @explained_call
    def judge(
        self,
        question: str | None = None,
        *,
        model: str | None = None,
        factors: Sequence[str] = (),
        pairs: int | None = None,
        samples: int = 1,
        budget_usd: Decimal | float | str | None = None,
    ) -> JudgeReport:
        """Ask a vision-language model which video of each pair is better, in both orders.

        Each answer is paid once and kept with the model's version. Answers are not ratings:
        `leaderboard(judge=...)` ranks by them, and the report says how often they agree with
        people.

        Parameters
        ----------
        question
            Default: which is better. Use the raters' question, to compare the model with them.
        model
            A language model of the catalogue that takes pictures.
        factors
            Factors to compare; default: all that are not blocks.
        pairs
            Maximum number of pairs; default: all.
        samples
            How often each order of a pair is asked.
        budget_usd
            Maximum cost in US dollars of the whole experiment, all runs together.

        Returns
        -------
        JudgeReport
            Consistency, bias, and agreement with people.

        Raises
        ------
        BudgetExceeded
            If the budget is too small; earlier answers are kept.
        """
        from lotus.experiments.judging import ask_judge

        plan = self._judge_plan(question, model, factors, pairs, samples)
        self._limit(budget_usd)
        with stoppable(self.workspace):
            outcome = ask_judge(self.workspace, self._saved_id(), plan)
        outcome.check()
        return self.judge_report(question, model=plan.model.model.name, more=outcome.notes)

    @explained_call
    def estimate_judge(
        self,
        question: str | None = None,
        *,
        model: str | None = None,
        factors: Sequence[str] = (),
        pairs: int | None = None,
        samples: int = 1,
    ) -> dict[str, Any]:
        """Estimate how many answers `judge` would request, and what they cost at most.

        Parameters
        ----------
        question
            Default: which is better.
        model
            A language model of the catalogue that takes pictures.
        factors
            Factors to compare; default: all that are not blocks.
        pairs
            Maximum number of pairs; default: all.
        samples
            How often each order of a pair is asked.

        Returns
        -------
        dict
            Numbers of pairs and answers, and US dollars.
        """
        return self._judge_plan(question, model, factors, pairs, samples).summary

    def _judge_plan(
        self,
        question: str | None,
        model: str | None,
        factors: Sequence[str],
        pairs: int | None,
        samples: int,
    ) -> JudgePlan:
        from lotus.experiments import judging
        from lotus.experiments.judge import checked_question, checked_samples, chosen_pairs
        from lotus.experiments.pairing import all_pairs
        from lotus.experiments.rating import QUESTION

        experiment_id = self._saved_id()
        judge = judging.judge_model(self.workspace, model or judging.JUDGE)
        words = checked_question(question or QUESTION)
        count = checked_samples(samples)
        states = {state.key: state for state in self.cells()}
        every = all_pairs(states.values(), self._factors(factors))
        some_pairs = chosen_pairs(every, pairs)
        queries = judging.pair_queries(
            self.workspace, self.design, states, some_pairs, words, judge, count
        )
        return judging.plan_of(self.workspace, experiment_id, judge, queries)

    @explained_call
    def check(
        self,
        questions: Sequence[str] | Mapping[str, Sequence[str]],
        *,
        model: str | None = None,
        samples: int = 1,
        budget_usd: Decimal | float | str | None = None,
    ) -> Any:
        """Ask a vision-language model yes-or-no questions about each clip, such as "Is there a
        dog?".

        Parameters
        ----------
        questions
            Questions for all clips, or by prompt.
        model
            A language model of the catalogue that takes pictures.
        samples
            How often each question is asked.
        budget_usd
            Maximum cost in US dollars of the whole experiment, all runs together.

        Returns
        -------
        pandas.DataFrame
            The table of `to_pandas`; its column `checks` is the share of yes.
        """
        from lotus.experiments import judging
        from lotus.experiments.judge import checked_samples, questionnaire

        experiment_id = self._saved_id()
        judge = judging.judge_model(self.workspace, model or judging.JUDGE)
        finished_states = [state for state in self.cells() if state.status == "completed"]
        words = questionnaire(questions, self.design)
        count = checked_samples(samples)
        queries = judging.check_queries(
            self.workspace, self.design, finished_states, words, judge, count
        )
        self._limit(budget_usd)
        plan = judging.plan_of(self.workspace, experiment_id, judge, queries)
        with stoppable(self.workspace):
            judging.ask_judge(self.workspace, experiment_id, plan).check()
        return self.to_pandas()

    @explained_call
    def judge_report(
        self, question: str | None = None, *, model: str | None = None, more: Sequence[str] = ()
    ) -> JudgeReport:
        """Report a judging model's bias and its agreement with raters.

        Parameters
        ----------
        question
            Default: which is better.
        model
            The judging model; default: the catalogue's.
        more
            Notes to add to the report.

        Returns
        -------
        JudgeReport
            Consistency, bias, and agreement with people.

        Raises
        ------
        InvalidInput
            If the model has answered nothing.
        """
        from lotus.experiments.judging import JUDGE, lengths_of, rows_of_judge
        from lotus.experiments.rating import QUESTION
        from lotus.experiments.verdicts import judge_report

        experiment_id = self._saved_id()
        words = question or QUESTION
        rows = rows_of_judge(self.workspace, experiment_id, model or JUDGE, words)
        every = self.workspace.db.ask(records.ratings_of, experiment_id)
        people = [row for row in every if row["question"] == words]
        report = judge_report(rows, people, lengths_of(self.workspace, self.cells()))
        return report.model_copy(update={"notes": (*report.notes, *more)})

    def judge_reports(self) -> list[JudgeReport]:
        """Report each judging model and question.

        Returns
        -------
        list of JudgeReport
            The reports.
        """
        rows = self.workspace.db.ask(records.judgements_of, self._saved_id())
        inquiries = dict.fromkeys((r["model"], r["question"]) for r in rows if r["right_key"])
        return [self.judge_report(question, model=model) for model, question in inquiries]

    def _limit(self, budget_usd: Decimal | float | str | None) -> None:
        """Set the budget of the whole experiment; None leaves it as it is."""
        if budget_usd is not None:
            experiment_id = self._saved_id()
            self.workspace.db.run(set_budget, "campaign", experiment_id, dollars(budget_usd))

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
