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

    def rate(
        self,
        *raters: str,
        questions: Sequence[str] = (),
        factors: Sequence[str] = (),
        scale: bool = False,
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
        scale
            One clip at a time, scored from 1 to 5 for each question, instead of pairs.
        address
            Where the dashboards are.
        """
        from lotus.experiments.rating import QUESTION, add_rater
        from lotus.experiments.scales import STEPS

        known = self._saved()
        compared = self._factors(factors)
        words = tuple(questions) or (("How good is it?",) if scale else (QUESTION,))
        steps = STEPS if scale else None
        db = self.workspace.db
        secrets = {n: add_rater(db, known, n, words, compared, steps) for n in raters or ("me",)}
        return {name: f"{address.rstrip('/')}/rate/{secret}" for name, secret in secrets.items()}

    def add_ratings(self, source: Any) -> int:
        """Add judgements that were made elsewhere: a CSV file, a DataFrame or Ratings, whose left
        and right are keys of cells. Returns how many; raises InvalidInput.
        """
        from lotus.experiments.rating import import_ratings
        from lotus.experiments.ratings import read_ratings

        ratings = read_ratings(source)
        return import_ratings(self.workspace.db, self._saved(), self.cells(), ratings)

    def ratings(
        self, factor: str | None = None, *, judge: str | None = None, category: str | None = None
    ) -> list[Rating]:
        """Judgements of pairs that differ in this factor alone, as judgements of its levels: those
        of people, or of a judging model by its name, each pair's orders taken together. With
        `category` those of its prompts alone.
        """
        from lotus.experiments.judging import judged_rows
        from lotus.experiments.rating import factor_ratings

        known = self._saved()
        if judge is None:
            rows = self.workspace.db.ask(records.ratings_of, known)
        else:
            rows = judged_rows(self.workspace, known, judge)
        return factor_ratings(self._of_category(category), rows, self._factor(factor))

    def _of_category(self, category: str | None) -> list[CellState]:
        """Cells whose prompt is of a category; raises UnknownName."""
        states = self.cells()
        if category is None:
            return states
        known = self.design.categories
        if category not in known.values():
            raise UnknownName("category", category, sorted(set(known.values())))
        return [s for s in states if known.get(str(s.factors.get("prompt"))) == category]

    def by_category(self, factor: str | None = None, *, question: str | None = None) -> Any:
        """Leaderboards within each category of prompts: a DataFrame with a row a category and
        level. Categories without judgements are left out.
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

    def scores(self, factor: str | None = None) -> Any:
        """Mean scores on the scale of 1 to 5: a DataFrame with a row a question and level, with
        intervals over blocks and, for each question, how raters agree (`alpha`, ordinal).
        """
        import pandas as pd

        from lotus.experiments.scales import level_scores, score_agreement

        rows = self.workspace.db.ask(records.scores_of, self._saved())
        levels = level_scores(self.cells(), rows, self._factor(factor))
        alphas = {one.question: score_agreement(rows, one.question) for one in levels}
        columns = ["question", "level", "mean", "low", "high", "scores", "raters", "alpha"]
        table = [{**one.model_dump(), "alpha": alphas[one.question]} for one in levels]
        return pd.DataFrame(table, columns=columns)

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
        """Ask a vision-language model which clip of each pair is better, in both orders.

        Every answer is paid once, from the experiment's budget, and kept with the model's version.
        Answers are no ratings: `leaderboard(judge=...)` ranks by them, and the report says how
        often they agree with people.

        Parameters
        ----------
        question
            Default: which is better. Ask what raters are asked, so that they can be compared.
        model
            Of the catalogue, with the task language and an input of pictures.
        pairs
            So many pairs at most; default: all.
        samples
            Times that each order of a pair is asked.
        """
        from lotus.experiments.judging import ask_judge

        plan = self._judge_plan(question, model, factors, pairs, samples)
        self._limit(budget_usd)
        with stoppable(self.workspace):
            outcome = ask_judge(self.workspace, self._saved(), plan)
        outcome.check()
        return self.judge_report(question, model=plan.model.model.name, more=outcome.notes)

    def estimate_judge(
        self,
        question: str | None = None,
        *,
        model: str | None = None,
        factors: Sequence[str] = (),
        pairs: int | None = None,
        samples: int = 1,
    ) -> dict[str, Any]:
        """How many answers `judge` would ask for, and what they cost at most; asks nothing."""
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

        known = self._saved()
        judge = judging.judge_model(self.workspace, model or judging.JUDGE)
        words = checked_question(question or QUESTION)
        count = checked_samples(samples)
        states = {state.key: state for state in self.cells()}
        every = all_pairs(states.values(), self._factors(factors))
        chosen = chosen_pairs(every, pairs)
        queries = judging.pair_queries(
            self.workspace, self.design, states, chosen, words, judge, count
        )
        return judging.plan_of(self.workspace, known, judge, queries)

    def check(
        self,
        questions: Sequence[str] | Mapping[str, Sequence[str]],
        *,
        model: str | None = None,
        samples: int = 1,
        budget_usd: Decimal | float | str | None = None,
    ) -> Any:
        """Ask a vision-language model questions about each clip that yes or no answers, such as
        "Is there a dog?"; returns `to_pandas()`, whose column `checks` is the share of yes.

        `questions` are for all clips, or by prompt.
        """
        from lotus.experiments import judging
        from lotus.experiments.judge import checked_samples, questionnaire

        known = self._saved()
        judge = judging.judge_model(self.workspace, model or judging.JUDGE)
        done = [state for state in self.cells() if state.status == "completed"]
        words = questionnaire(questions, self.design)
        count = checked_samples(samples)
        queries = judging.check_queries(self.workspace, self.design, done, words, judge, count)
        self._limit(budget_usd)
        plan = judging.plan_of(self.workspace, known, judge, queries)
        with stoppable(self.workspace):
            judging.ask_judge(self.workspace, known, plan).check()
        return self.to_pandas()

    def judge_report(
        self, question: str | None = None, *, model: str | None = None, more: Sequence[str] = ()
    ) -> JudgeReport:
        """The bias of a judging model and its agreement with raters. Raises InvalidInput where it
        has answered nothing.
        """
        from lotus.experiments.judging import JUDGE, lengths_of, rows_of_judge
        from lotus.experiments.rating import QUESTION
        from lotus.experiments.verdicts import judge_report

        known = self._saved()
        words = question or QUESTION
        rows = rows_of_judge(self.workspace, known, model or JUDGE, words)
        every = self.workspace.db.ask(records.ratings_of, known)
        people = [row for row in every if row["question"] == words]
        report = judge_report(rows, people, lengths_of(self.workspace, self.cells()))
        return report.model_copy(update={"notes": (*report.notes, *more)})

    def judge_reports(self) -> list[JudgeReport]:
        """A report for each model and question about pairs."""
        rows = self.workspace.db.ask(records.judgements_of, self._saved())
        asked = dict.fromkeys((r["model"], r["question"]) for r in rows if r["right_key"])
        return [self.judge_report(question, model=model) for model, question in asked]

    def _limit(self, budget_usd: Decimal | float | str | None) -> None:
        """Set the budget of the whole experiment; None leaves it as it is."""
        if budget_usd is not None:
            known = self._saved()
            self.workspace.db.run(set_budget, "campaign", known, dollars(budget_usd))

    def questions(self, factor: str | None = None) -> tuple[str, ...]:
        """The questions that raters have answered about pairs of this factor."""
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
        """Rank the levels of a factor by what raters said; default: the first compared factor.

        `question` is needed where raters answered several. With `judge`, the name of a judging
        model, the ranking is by its answers, and says so. With `category` it is within the prompts
        of a category. Costs are those of making a video,
        whoever paid for it; `usd_per_win` that of the videos until one is preferred.
        """
        from lotus.experiments.leaderboard import leaderboard

        chosen = self._factor(factor)
        ratings = self.ratings(chosen, judge=judge, category=category)
        board = leaderboard(ratings, question=question, confidence=confidence)
        board = board.model_copy(update={"judge": judge})
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
