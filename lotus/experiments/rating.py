"""Raters: a link with a token of its own for each, the next pair, and answers as rows.

A rater learns nothing but two videos and a question. The token is kept as a hash; the pair that is
answered must be one that the rater can be shown, with the sides as they were.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import sqlalchemy as sa

from lotus.db import Database
from lotus.db import tables as t
from lotus.db.records import Row, insert_new
from lotus.errors import InvalidInput, UnknownName
from lotus.experiments import records
from lotus.experiments.cells import CellState, read_states
from lotus.experiments.design import Level
from lotus.experiments.pairing import AnsweredPair, RatedPair, all_pairs, next_pair
from lotus.experiments.ratings import Rating
from lotus.experiments.scales import ScaleSession, has_video, not_theirs
from lotus.workspace import Workspace

__all__ = [
    "QUESTION",
    "RatingSession",
    "add_answer",
    "add_rater",
    "factor_ratings",
    "import_ratings",
    "open_session",
    "rows_of_factor",
]

QUESTION = "Which is better?"
BYTES = 24  # of randomness in a link
LONGEST_SECONDS = 3600.0
LONGEST_NAME = 300


def add_rater(
    db: Database,
    experiment_id: str,
    name: str,
    questions: Sequence[str],
    factors: Sequence[str],
    scale: int | None = None,
) -> str:
    """The secret of a new link for a rater, kept only as a hash. A link that the rater had before
    ends; the answers stay. With `scale` the rater scores one clip at a time, else pairs. Raises
    InvalidInput.
    """
    if not 1 <= len(name.strip()) <= 80:
        raise InvalidInput(
            file="", field="rater", reason="has 1 to 80 characters", remedy="write a name"
        )
    if not questions or not all(0 < len(question.strip()) <= 200 for question in questions):
        raise InvalidInput(
            file="",
            field="questions",
            reason="need 1 to 200 characters each",
            remedy=f"leave them out to ask '{QUESTION}'",
        )
    secret = secrets.token_urlsafe(BYTES)
    row = {
        "id": t.new_id(),
        "experiment_id": experiment_id,
        "name": name.strip(),
        "digest": _digest(secret),
        "questions": list(questions),
        "factors": list(factors),
        "scale": scale,
        "created_at": t.now(),
    }
    db.run(_insert_rater, row)
    return secret


def _insert_rater(connection: sa.Connection, row: Row) -> None:
    r = t.raters.c
    mine = (r.experiment_id == row["experiment_id"]) & (r.name == row["name"])
    connection.execute(t.raters.delete().where(mine))
    connection.execute(t.raters.insert().values(row))


def open_session(workspace: Workspace, secret: str) -> RatingSession | ScaleSession:
    """The view of whoever has this link; raises InvalidInput for a link that is nobody's."""
    rater = workspace.db.ask(records.find_rater, _digest(secret))
    if rater is None:
        raise InvalidInput(
            file="",
            field="link",
            reason="is no longer valid",
            remedy="ask the sender for a new one",
        )
    if rater["scale"] is None:
        return RatingSession(workspace, rater)
    return ScaleSession(workspace, rater)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class RatingSession:
    """One rater's view of an experiment: read once a request."""

    def __init__(self, workspace: Workspace, rater: Row) -> None:
        self.workspace = workspace
        self.rater = rater
        self.experiment_id: str = rater["experiment_id"]
        self.design = workspace.db.ask(records.find_design, self.experiment_id)
        states = read_states(workspace, self.experiment_id, self.design, look=False)
        self.states = {state.key: state for state in states}
        self.pairs = all_pairs(states, rater["factors"])
        rows = workspace.db.ask(records.ratings_of, self.experiment_id)
        self.answers = [_answered(row) for row in rows]
        self.lost_videos: set[str] = set()  # of cells, as far as `next` has looked

    @property
    def own(self) -> list[AnsweredPair]:
        """This rater's answers."""
        return [answer for answer in self.answers if answer.rater == self.rater["name"]]

    @property
    def answer_count(self) -> int:
        """Answers of this rater to what there is, without repeats."""
        cells = {pair.cells for pair in self.pairs}
        return len({(a.cells, a.question) for a in self.own if a.cells in cells})

    @property
    def count(self) -> int:
        """All judgements that there are for this rater, without repeats."""
        return len(self.pairs) * len(self.rater["questions"])

    def choice_of(self, pair: RatedPair) -> str | None:
        """What this rater has chosen for a pair with these sides."""
        place = (pair.left, pair.right, pair.question)
        choices = (a.choice for a in self.own if (a.left, a.right, a.question) == place)
        return next(choices, None)

    def next(self) -> RatedPair | None:
        """The next pair; None when all are answered. Pairs with a video that is no longer in the
        store are left out.
        """
        rater, questions = self.rater["name"], self.rater["questions"]
        while pair := next_pair(self.pairs, self.answers, rater, questions):
            missing = {key for key in pair.cells if not has_video(self.workspace, self.states[key])}
            if not missing:
                return pair
            self.lost_videos |= missing
            self.pairs = [one for one in self.pairs if not one.cells & missing]
        return None

    def video(self, key: str) -> CellState:
        """The cell behind a side of a pair; raises InvalidInput for others."""
        if not any(key in pair.cells for pair in self.pairs):
            raise InvalidInput(
                file="", field="video", reason="is not one of yours", remedy="reload the page"
            )
        return self.states[key]

    def answer(self, left: str, right: str, question: str, choice: str, seconds: float) -> Row:
        """The row of an answer, if it is one to a pair and question of this rater; raises
        InputError.
        """
        if choice not in t.CHOICES:
            raise UnknownName("choice", choice[:40], t.CHOICES)
        cells = frozenset((left, right))
        known = any(pair.cells == cells for pair in self.pairs)
        if not known or left == right or question not in self.rater["questions"]:
            raise not_theirs("pair")
        return {
            "id": t.new_id(),
            "experiment_id": self.experiment_id,
            "rater": self.rater["name"],
            "question": question,
            "left_key": left,
            "right_key": right,
            "choice": choice,
            "seconds": min(max(seconds, 0.0), LONGEST_SECONDS),
            "subjects": [self.states[left].subject, self.states[right].subject],
            "created_at": t.now(),
        }


def add_answer(db: Database, row: Row) -> None:
    """Keep an answer; of two to the same pair with the same sides the first counts."""
    db.run(partial(insert_new, table=t.ratings, rows=[row]))


def _answered(row: Mapping[str, Any]) -> AnsweredPair:
    return AnsweredPair(
        rater=row["rater"],
        question=row["question"],
        left=row["left_key"],
        right=row["right_key"],
        choice=row["choice"],
    )


def rows_of_factor(states: Iterable[CellState], rows: Iterable[Row], factor: str) -> list[Row]:
    """Answers to pairs that differ in this factor alone; what was skipped is left out."""
    cells = {state.key: (state.block(factor), state.factors[factor]) for state in states}
    own = []
    for row in rows:
        left, right = cells.get(row["left_key"]), cells.get(row["right_key"])
        if left is None or right is None or row["choice"] == "skip":
            continue
        if left[0] == right[0] and left[1] != right[1]:
            own.append(row)
    return own


def factor_ratings(states: Iterable[CellState], rows: Iterable[Row], factor: str) -> list[Rating]:
    """Judgements of pairs that differ in this factor alone, as judgements of its levels."""
    cells = {state.key: state for state in states}
    ratings = []
    for row in rows_of_factor(cells.values(), rows, factor):
        left, right = cells[row["left_key"]], cells[row["right_key"]]
        block = left.block(factor)
        names = (_name(left.factors[factor]), _name(right.factors[factor]))
        ratings.append(
            Rating(
                rater=row["rater"],
                left=names[0],
                right=names[1],
                choice=row["choice"],
                question=row["question"],
                block=hashlib.sha256(block.encode()).hexdigest()[:16],
                seconds=row["seconds"],
            )
        )
    return ratings


def _name(level: Level) -> str:
    """A level as a contestant: a long prompt is cut, and stays apart from others that begin so."""
    text = str(level)
    if len(text) <= LONGEST_NAME:
        return text or "-"
    digest = hashlib.sha256(text.encode()).hexdigest()[:8]
    return f"{text[: LONGEST_NAME - 10]}… {digest}"


def import_ratings(
    db: Database, experiment_id: str, states: Iterable[CellState], ratings: Iterable[Rating]
) -> int:
    """Keep judgements that were made elsewhere; left and right are keys of cells. Raises
    InvalidInput for others.
    """
    cells = {state.key: state for state in states}
    rows = []
    for number, rating in enumerate(ratings, 1):
        for side in ("left", "right"):
            if getattr(rating, side) not in cells:
                raise InvalidInput(
                    file="",
                    field=f"row {number}, {side}",
                    reason="is not the key of a cell",
                    remedy="take keys from the column `key` of exp.to_pandas()",
                )
        rows.append(
            {
                "id": t.new_id(),
                "experiment_id": experiment_id,
                "rater": rating.rater[:80],
                "question": QUESTION if rating.question == "better" else rating.question,
                "left_key": rating.left,
                "right_key": rating.right,
                "choice": rating.choice,
                "seconds": rating.seconds,
                "subjects": [cells[rating.left].subject, cells[rating.right].subject],
                "created_at": t.now(),
            }
        )
    return db.run(records.add_ratings, rows)
