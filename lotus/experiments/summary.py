"""Experiments as JSON-able data for pages: a list, and one with arms, costs and leaderboards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.errors import WorkError
from lotus.experiments import records
from lotus.experiments.cells import CellState, read_states
from lotus.experiments.design import Design
from lotus.experiments.leaderboard import leaderboard
from lotus.experiments.rating import factor_ratings
from lotus.experiments.ratings import Rating
from lotus.experiments.scales import level_scores
from lotus.money.ledger import money
from lotus.workspace import Workspace

__all__ = ["experiment_list", "experiment_summary"]

MOST = 200  # experiments of a list
WITHOUT = 20  # cells without a video that are named


def experiment_list(workspace: Workspace) -> list[dict[str, Any]]:
    """The newest experiments, with numbers of cells and answers, and what they have paid."""
    return workspace.db.ask(_newest)


def _newest(connection: sa.Connection) -> list[dict[str, Any]]:
    e = t.experiments.c
    query = sa.select(e.id, e.name, e.updated_at).order_by(e.updated_at.desc()).limit(MOST)
    counts: dict[str, dict[str, int]] = {
        name: dict(
            connection.execute(
                sa.select(table.c.experiment_id, sa.func.count()).group_by(table.c.experiment_id)
            ).all()
        )
        for name, table in (
            ("cells", t.experiment_cells),
            ("ratings", t.ratings),
            ("scores", t.scores),
        )
    }
    return [
        {
            "id": row.id,
            "name": row.name,
            "updated_at": row.updated_at.isoformat(),
            "spent_usd": money(records.spent_usd(connection, row.id)),
            "cells": counts["cells"].get(row.id, 0),
            "answers": counts["ratings"].get(row.id, 0) + counts["scores"].get(row.id, 0),
        }
        for row in connection.execute(query)
    ]


def experiment_summary(workspace: Workspace, name: str) -> dict[str, Any]:
    """One experiment by its name or id; raises InvalidInput. The store is not asked."""
    row = workspace.db.ask(records.find_experiment, name)
    design = Design.model_validate(row["design"])
    states = read_states(workspace, row["id"], design, look=False)
    ratings = workspace.db.ask(records.ratings_of, row["id"])
    scores = workspace.db.ask(records.scores_of, row["id"])
    boards = [
        {"factor": factor, **board}
        for factor in design.factors
        for board in _boards(factor_ratings(states, ratings, factor), _costs(states, factor))
    ]
    return {
        "id": row["id"],
        "name": row["name"],
        "grid": {factor: len(levels) for factor, levels in design.grid.items()},
        "unit": design.unit,
        "counts": dict(Counter(state.status for state in states)),
        "spent_usd": money(workspace.db.ask(records.spent_usd, row["id"])),
        "arms": [arm for factor in design.treatments for arm in _arms(states, factor)],
        "boards": boards,
        "scores": [
            {"factor": factor, **one.model_dump()}
            for factor in design.treatments
            for one in level_scores(states, scores, factor)
        ],
        "without": [
            {"cell": state.label, "status": state.status, "reason": state.reason}
            for state in states
            if state.status != "completed" and state.reason
        ][:WITHOUT],
    }


def _arms(states: Sequence[CellState], factor: str) -> list[dict[str, Any]]:
    arms: dict[str, list[CellState]] = {}
    for state in states:
        arms.setdefault(str(state.factors[factor]), []).append(state)
    return [
        {
            "factor": factor,
            "level": level,
            "cells": len(cells),
            "completed": sum(cell.status == "completed" for cell in cells),
            "spent_usd": money(sum((cell.cost_usd for cell in cells), Decimal(0))),
        }
        for level, cells in arms.items()
    ]


def _costs(states: Sequence[CellState], factor: str) -> dict[str, float]:
    """The mean cost of making a video, by level."""
    amounts: dict[str, list[Decimal]] = {}
    for state in states:
        if state.status == "completed":
            amounts.setdefault(str(state.factors[factor]), []).append(state.made_usd)
    return {level: float(sum(costs) / len(costs)) for level, costs in amounts.items()}


def _boards(ratings: Sequence[Rating], costs: dict[str, float]) -> list[dict[str, Any]]:
    """A leaderboard a question; none where the package that ranks is not installed."""
    boards = []
    try:
        for question in sorted({rating.question for rating in ratings}):
            board = leaderboard(ratings, question=question).with_costs(costs)
            boards.append(board.model_dump(mode="json", exclude={"wins"}))
    except WorkError as error:
        return [{"question": "", "places": [], "notes": [str(error)], "raters": [], "alpha": None}]
    return boards
