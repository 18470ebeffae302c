"""The part of `lotus.Experiment` that asks a vision-language model about the videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lotus.api.experiment_measuring import MeasuredExperiment
from lotus.api.stopping import stoppable
from lotus.documents.calls import explained_call
from lotus.experiments import records
from lotus.money.budgets import dollars, set_budget

if TYPE_CHECKING:
    from lotus.experiments.judging import JudgePlan
    from lotus.experiments.verdicts import JudgeReport

__all__ = ["JudgedExperiment"]


class JudgedExperiment(MeasuredExperiment):
    """An experiment with a model's answers; see `lotus.Experiment`."""

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
