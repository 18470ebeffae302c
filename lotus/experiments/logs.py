"""An experiment as loggers write it down: parameters, numbers, tables, and the report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.experiments.design import Design
from lotus.experiments.leaderboard import Leaderboard

__all__ = ["ExperimentLog", "experiment_log"]


@dataclass(frozen=True)
class ExperimentLog:
    """What a logger's `on_experiment` is given. `cells` is the DataFrame of `to_pandas`, whose
    numbers are `numbers`; `leaderboards` are DataFrames by a name such as `leaderboard_model`;
    `videos` are files by the key of the cell.
    """

    name: str
    id: str
    parameters: Mapping[str, str]
    metrics: Mapping[str, float]
    factors: tuple[str, ...]
    numbers: tuple[str, ...]
    cells: Any
    leaderboards: Mapping[str, Any]
    videos: Mapping[str, Path]
    report: str


def experiment_log(
    design: Design,
    experiment_id: str,
    frame: Any,
    spent_usd: Decimal,
    boards: Mapping[tuple[str, str], Leaderboard],
    videos: Mapping[str, Path],
    report: str,
) -> ExperimentLog:
    """The log of an experiment; `boards` are by factor and question."""
    counts = frame["status"].value_counts()
    metrics = {"spent_usd": float(spent_usd), "cells": float(len(frame))}
    metrics |= {f"cells_{str(s).replace(' ', '_')}": float(n) for s, n in counts.items()}
    tables = {}
    for (factor, question), board in boards.items():
        several = sum(one == factor for one, _ in boards) > 1
        name = f"{factor}_{_plain(question)}" if several else factor
        tables[f"leaderboard_{name}"] = board.to_pandas()
        metrics[f"judgements_{name}"] = float(sum(r.judgements for r in board.raters))
        if board.alpha is not None:
            metrics[f"alpha_{name}"] = board.alpha
    parameters = {"unit": design.unit, "base": str(design.base)}
    parameters |= {n: ", ".join(map(str, levels)) for n, levels in design.grid.items()}
    return ExperimentLog(
        name=design.name,
        id=experiment_id,
        parameters=parameters,
        metrics=metrics,
        factors=tuple(design.grid),
        numbers=tuple(n for n in frame.columns if frame[n].dtype == float and n not in design.grid),
        cells=frame,
        leaderboards=tables,
        videos=videos,
        report=report,
    )


def _plain(question: str) -> str:
    """A question as a part of a name."""
    words = "".join(c if c.isascii() and c.isalnum() else " " for c in question.lower()).split()
    return "_".join(words)[:60]
