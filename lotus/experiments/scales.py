"""Ratings on a scale of 1 to 5: the next clip of a rater, answers as rows, and means of levels."""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from lotus.db import Database
from lotus.db import tables as t
from lotus.db.records import Row, insert_new
from lotus.errors import InvalidInput
from lotus.experiments import records
from lotus.experiments.cells import CellState, read_states
from lotus.experiments.extras import evalica, pandas
from lotus.experiments.spread import quantile
from lotus.workspace import Workspace

__all__ = [
    "STEPS",
    "LevelScore",
    "ScaleSession",
    "add_score",
    "has_video",
    "level_scores",
    "not_theirs",
    "score_agreement",
]

STEPS = 5
LONGEST_SECONDS = 3600.0


class LevelScore(BaseModel):
    """A level's mean for one question; `low` and `high` are the interval of 95 %, over blocks.

    None where there is one block only: nothing is known of others.
    """

    model_config = ConfigDict(frozen=True)

    question: str
    level: str
    mean: float
    low: float | None
    high: float | None
    scores: int
    raters: int


class ScaleSession:
    """One rater's view of an experiment: a clip and a question at a time."""

    def __init__(self, workspace: Workspace, rater: Row) -> None:
        self.workspace = workspace
        self.rater = rater
        self.experiment_id: str = rater["experiment_id"]
        self.design = workspace.db.ask(records.find_design, self.experiment_id)
        states = read_states(workspace, self.experiment_id, self.design, look=False)
        self.states = {state.key: state for state in states if state.status == "completed"}
        self.rows = workspace.db.ask(records.scores_of, self.experiment_id)
        self.lost_videos: set[str] = set()  # of cells, as far as `next` has looked

    @property
    def scores(self) -> dict[tuple[str, str], int | None]:
        """The scores of this rater."""
        mine = [row for row in self.rows if row["rater"] == self.rater["name"]]
        return {(row["cell_key"], row["question"]): row["score"] for row in mine}

    @property
    def answer_count(self) -> int:
        """Answers of this rater to what there is."""
        return sum(key in self.states for key, _ in self.scores)

    @property
    def count(self) -> int:
        """All there is to answer."""
        return len(self.states) * len(self.rater["questions"])

    def next(self) -> tuple[str, str] | None:
        """The next cell and question; None when all are answered. Cells whose video is no longer
        in the store are left out.
        """
        while clip := self._least_judged():
            if has_video(self.workspace, self.states[clip[0]]):
                return clip
            self.lost_videos.add(clip[0])
            del self.states[clip[0]]
        return None

    def _least_judged(self) -> tuple[str, str] | None:
        """Of the clips that were judged least, all questions of one after another."""
        answers = self.scores
        times = Counter(row["cell_key"] for row in self.rows)
        clips_begun = {key for key, _ in answers}
        questions = self.rater["questions"]
        waiting = [
            (key not in clips_begun, times[key], self._place(key), number, key, question)
            for key in self.states
            for number, question in enumerate(questions)
            if (key, question) not in answers
        ]
        return min(waiting)[-2:] if waiting else None

    def _place(self, key: str) -> str:
        return hashlib.sha256(f"{self.rater['name']}\0{key}".encode()).hexdigest()

    def answer(self, key: str, question: str, score: int | None, seconds: float) -> Row:
        """The row of an answer; None is "cannot say". Raises InvalidInput."""
        if key not in self.states or question not in self.rater["questions"]:
            raise not_theirs("clip")
        if score is not None and not 1 <= score <= STEPS:
            raise InvalidInput(
                file="", field="score", reason=f"is {score}", remedy=f"choose 1 to {STEPS}"
            )
        return {
            "id": t.new_id(),
            "experiment_id": self.experiment_id,
            "rater": self.rater["name"],
            "question": question,
            "cell_key": key,
            "score": score,
            "seconds": min(max(seconds, 0.0), LONGEST_SECONDS),
            "subject": self.states[key].subject,
            "created_at": t.now(),
        }


def has_video(workspace: Workspace, state: CellState) -> bool:
    """Whether the store still has the video of a cell."""
    return bool(state.object_key) and workspace.store.exists(str(state.object_key))


def not_theirs(what: str) -> InvalidInput:
    """The error for an answer to a pair or clip that this rater cannot be shown."""
    reason = "is not part of the experiment now"
    return InvalidInput(file="", field=what, reason=reason, remedy="load the page again")


def add_score(db: Database, row: Row) -> None:
    """Keep an answer; of two to the same question about the same clip the first counts."""
    db.run(partial(insert_new, table=t.scores, rows=[row]))


def level_scores(
    states: Iterable[CellState], rows: Iterable[Row], factor: str
) -> tuple[LevelScore, ...]:
    """Means by question and level, the best first."""
    cells = {state.key: state for state in states}
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        state = cells.get(row["cell_key"])
        if state is not None and row["score"] is not None:
            groups[row["question"], str(state.factors[factor])].append(row)
    scores = [
        _level_score(question, level, answers, {k: s.block(factor) for k, s in cells.items()})
        for (question, level), answers in groups.items()
    ]
    return tuple(sorted(scores, key=lambda one: (one.question, -one.mean, one.level)))


def _level_score(
    question: str, level: str, rows: Sequence[Row], blocks: Mapping[str, str]
) -> LevelScore:
    by_block: dict[str, list[int]] = defaultdict(list)
    for row in rows:
        by_block[blocks[row["cell_key"]]].append(row["score"])
    means = np.array([np.mean(values) for values in by_block.values()])
    mean = float(means.mean())
    low = high = None
    if len(means) > 1:
        error = max(float(means.std(ddof=1)), 1 / math.sqrt(12)) / math.sqrt(len(means))
        reach = quantile(0.95, len(means) - 1) * error
        low, high = round(max(1.0, mean - reach), 3), round(min(float(STEPS), mean + reach), 3)
    return LevelScore(
        question=question,
        level=level,
        mean=round(mean, 3),
        low=low,
        high=high,
        scores=len(rows),
        raters=len({row["rater"] for row in rows}),
    )


def score_agreement(rows: Iterable[Row], question: str) -> float | None:
    """Krippendorff's alpha, ordinal, over clips that two raters or more have scored."""
    pd = pandas()
    scores: dict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        if row["question"] == question and row["score"] is not None:
            scores[row["cell_key"]][row["rater"]] = row["score"]
    units: Any = {key: by for key, by in scores.items() if len(by) > 1}
    if not units or len({value for by in units.values() for value in by.values()}) < 2:
        return None
    alpha = float(evalica().alpha(pd.DataFrame(units).astype(float), "ordinal").alpha)
    return None if math.isnan(alpha) else round(alpha, 4)
