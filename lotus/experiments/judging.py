"""A model's answers about an experiment's clips: each asked once, paid once, and kept with the
model, its version and the version of the words.

They lie in a table of their own: no answer of a model counts as a rating of a person.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

from lotus.db import tables as t
from lotus.db.records import Row
from lotus.errors import BudgetExceeded, Cancelled, InvalidInput, LotusError, WorkError
from lotus.experiments import records
from lotus.experiments.cells import CellState, video_path
from lotus.experiments.design import Design
from lotus.experiments.judge import INSTRUCTIONS, check_facts, pair_facts, parse_check, parse_pair
from lotus.experiments.pairing import RatedPair
from lotus.experiments.stills import SHEET, save_sheet
from lotus.experiments.verdicts import combined_rows
from lotus.generation.files import obtain_file
from lotus.generation.predictions.leases import kept_object
from lotus.media.probe import probe
from lotus.models.catalog import read_catalog
from lotus.models.facts import Facts
from lotus.providers.base import ClipRequest
from lotus.providers.replicate.tasks import TaskModel
from lotus.system.parallel import side_by_side
from lotus.system.quantities import quantity
from lotus.workspace import Workspace

__all__ = [
    "JUDGE",
    "JudgeOutcome",
    "JudgePlan",
    "JudgeQuery",
    "ask_judge",
    "check_queries",
    "judge_model",
    "judged_rows",
    "lengths_of",
    "pair_queries",
    "plan_of",
    "rows_of_judge",
]

JUDGE = "gpt-4.1-mini"  # of the catalogue: looks at pictures, and its prices are known
WORKERS = 4


@dataclass(frozen=True)
class JudgeQuery:
    """One question to the model; `right` is empty where it is about one clip."""

    question: str
    left: CellState
    right: CellState | None
    sample: int
    facts: Facts
    request: ClipRequest

    @property
    def keys(self) -> tuple[str, str]:
        """Keys of the cells."""
        return self.left.key, "" if self.right is None else self.right.key


@dataclass(frozen=True)
class JudgePlan:
    """What there is to ask, and what it costs at most."""

    model: TaskModel
    queries: tuple[JudgeQuery, ...]  # that nobody has answered
    answered: int
    amount_usd: Decimal  # of those whose answer is not in the store

    @property
    def version(self) -> str:
        """Of the model."""
        return self.model.model.version or self.model.model.replicate

    @property
    def summary(self) -> dict[str, Any]:
        """In numbers."""
        return {
            "model": self.model.model.name,
            "questions": len(self.queries),
            "answered": self.answered,
            "amount_usd": self.amount_usd,
        }


@dataclass
class JudgeOutcome:
    """What became of a plan's queries."""

    asked: int = 0
    unclear: int = 0  # answers that say neither
    failures: list[str] = field(default_factory=list)
    over_budget: str = ""

    @property
    def notes(self) -> tuple[str, ...]:
        """What went wrong, in lines."""
        lines = [self.over_budget] if self.over_budget else []
        if self.failures:
            lines.append(f"{quantity(len(self.failures), 'answer')} failed: {self.failures[0]}")
        if self.unclear:
            lines.append(f"{self.unclear} of {self.asked} answers are unclear")
        return tuple(lines)

    def check(self) -> None:
        """Raise WorkError if there is nothing but failures."""
        if not self.asked and (self.failures or self.over_budget):
            raise WorkError(reason=self.notes[0], remedy="correct it, and ask again")


def judge_model(workspace: Workspace, name: str) -> TaskModel:
    """A language model of the catalogue that looks at pictures.

    Raises UnknownName, InvalidInput.
    """
    catalog = read_catalog(workspace.settings.models)
    model = catalog.model(name, "language")
    if not any(one.fact == "reference_images" for one in model.takes.values()):
        raise InvalidInput(
            file=f"model {name}",
            field="model",
            reason="takes no pictures",
            remedy=f"use {JUDGE}, or give your model an input of the fact reference_images",
        )
    task_model = workspace.providers.get("replicate", name)
    assert isinstance(task_model, TaskModel)
    return task_model


def pair_queries(
    workspace: Workspace,
    design: Design,
    states: Mapping[str, CellState],
    pairs: Iterable[RatedPair],
    question: str,
    model: TaskModel,
    samples: int,
) -> list[JudgeQuery]:
    """Each pair in both orders, so many times."""
    queries = []
    for pair in pairs:
        for side in (pair, pair.swapped()):
            left, right = states[side.left], states[side.right]
            prompt = "" if pair.factor == "prompt" else _prompt(design, left)
            marks = (_mark(left), _mark(right))
            for sample in range(samples):
                facts = pair_facts(question, prompt, marks, sample)
                queries.append(_query(workspace, question, (left, right), sample, facts, model))
    return queries


def check_queries(
    workspace: Workspace,
    design: Design,
    states: Iterable[CellState],
    checks: Mapping[str | None, Sequence[str]],
    model: TaskModel,
    samples: int,
) -> list[JudgeQuery]:
    """Questions about each clip: those of its prompt and, under None, those of all."""
    queries = []
    for state in states:
        prompt = _prompt(design, state)
        for question in dict.fromkeys([*checks.get(None, ()), *checks.get(prompt, ())]):
            for sample in range(samples):
                facts = check_facts(question, prompt, _mark(state), sample)
                queries.append(_query(workspace, question, (state, None), sample, facts, model))
    return queries


def _prompt(design: Design, state: CellState) -> str:
    return str(state.factors.get("prompt") or design.base.get("prompt") or "")


def _mark(state: CellState) -> str:
    """How a request names the sheet of a clip: it covers the clip's content, and not the bytes."""
    return f"sheet:{state.subject}:{SHEET}"


def _query(
    workspace: Workspace,
    question: str,
    cells: tuple[CellState, CellState | None],
    sample: int,
    facts: Facts,
    model: TaskModel,
) -> JudgeQuery:
    names = [_mark(cell) for cell in cells if cell is not None]
    paths = {
        name: str(workspace.cache / "sheets" / f"{name.split(':')[1]}-{SHEET}.jpg")
        for name in names
    }
    request = model.request_for(facts, paths)
    return JudgeQuery(question, cells[0], cells[1], sample, facts, request)


def plan_of(
    workspace: Workspace, experiment_id: str, model: TaskModel, queries: Sequence[JudgeQuery]
) -> JudgePlan:
    """What is still to be asked; makes nothing."""
    version = model.model.version or model.model.replicate
    rows = workspace.db.ask(records.judgements_of, experiment_id)
    identities = {_identity(row) for row in rows}
    mine = (model.model.name, version, INSTRUCTIONS)
    open_queries = tuple(
        q for q in queries if (*mine, q.question, *q.keys, q.sample) not in identities
    )
    amount = sum(
        (
            model.price(query.request) or Decimal(0)
            for query in open_queries
            if not workspace.store.exists(kept_object(query.request, model))
        ),
        Decimal(0),
    )
    return JudgePlan(model, open_queries, len(queries) - len(open_queries), amount)


def _identity(row: Row) -> tuple[Any, ...]:
    names = ("model", "version", "instructions", "question", "left_key", "right_key", "sample")
    return tuple(row[name] for name in names)


def rows_of_judge(workspace: Workspace, experiment_id: str, model: str, question: str) -> list[Row]:
    """A model's answers to a question about pairs, by its newest version and words; raises
    InvalidInput if there are none.
    """
    rows = [
        row
        for row in _newest(workspace.db.ask(records.judgements_of, experiment_id), model)
        if row["question"] == question and row["right_key"]
    ]
    if not rows:
        raise InvalidInput(
            file="",
            field="judge",
            reason=f"{model} was not asked '{question}' about pairs",
            remedy="ask it with judge()",
        )
    return rows


def _newest(rows: Iterable[Row], model: str) -> list[Row]:
    """The answers of a model's newest version to the newest words."""
    mine = [row for row in rows if row["model"] == model]
    version = [(row["version"], row["instructions"]) for row in mine][-1:]
    return [row for row in mine if [(row["version"], row["instructions"])] == version]


def judged_rows(workspace: Workspace, experiment_id: str, model: str) -> list[Row]:
    """A row a pair and question that a model has answered in both orders, as those of raters."""
    rows = _newest(workspace.db.ask(records.judgements_of, experiment_id), model)
    by_question: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_question[row["question"]].append(row)
    return [
        {**row, "rater": f"{model} (a model)", "seconds": None}
        for answers in by_question.values()
        for row in combined_rows(answers)
    ]


def lengths_of(workspace: Workspace, states: Iterable[CellState]) -> dict[str, float]:
    """Seconds of the videos that are there, by the key of the cell."""
    lengths = {}
    for state in states:
        path = video_path(workspace, state)
        if path is not None:
            lengths[state.key] = float(probe(path).seconds)
    return lengths


def ask_judge(
    workspace: Workspace, experiment_id: str, plan: JudgePlan, workers: int = WORKERS
) -> JudgeOutcome:
    """Ask what is open, within the experiment's budget; each answer is kept as it comes.

    A question that fails stays open. Raises Cancelled.
    """
    outcome = JudgeOutcome()
    empty = threading.Event()
    job_id = t.new_id()  # that pays, in the ledger

    def ask(query: JudgeQuery) -> None:
        workspace.stop.check()
        if empty.is_set():
            return
        try:
            row = _answered(workspace, experiment_id, plan, query, job_id)
        except Cancelled:
            raise
        except BudgetExceeded as error:
            empty.set()
            outcome.over_budget = str(error)
        except LotusError as error:
            outcome.failures.append(str(error))
        else:
            outcome.asked += 1
            outcome.unclear += row["choice"] == "skip"

    side_by_side([partial(ask, query) for query in plan.queries], workers, workspace.stop, "answer")
    return outcome


def _answered(
    workspace: Workspace, experiment_id: str, plan: JudgePlan, query: JudgeQuery, job_id: str
) -> Row:
    for cell in (query.left, query.right):
        if cell is not None and save_sheet(workspace, cell) is None:
            raise InvalidInput(
                file="", field="video", reason="is no longer in the store", remedy="run it again"
            )
    path, _ = obtain_file(workspace, plan.model, query.request, job_id, experiment_id, "the judge")
    answer = path.read_text(encoding="utf-8")
    parse = parse_check if query.right is None else parse_pair
    cells = [cell for cell in (query.left, query.right) if cell is not None]
    row = {
        "id": t.new_id(),
        "experiment_id": experiment_id,
        "model": plan.model.model.name,
        "version": plan.version,
        "instructions": INSTRUCTIONS,
        "question": query.question,
        "left_key": query.keys[0],
        "right_key": query.keys[1],
        "sample": query.sample,
        "choice": parse(answer),
        "answer": answer[:2000],
        "prompt": query.facts.prompt,
        "subjects": [cell.subject for cell in cells],
        "created_at": t.now(),
    }
    workspace.db.run(records.add_judgements, [row])
    return row
