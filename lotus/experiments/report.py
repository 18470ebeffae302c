"""The report of an experiment: one HTML file with what was asked, found, and not yet known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from lotus.display.kit import Html, render, style, usd
from lotus.experiments.cells import CellState
from lotus.experiments.design import Design
from lotus.experiments.leaderboard import Leaderboard
from lotus.experiments.matrix import matrix_html
from lotus.experiments.verdicts import JudgeReport

__all__ = ["RatedFactor", "report_html"]

HERE = Path(__file__).parent
EXAMPLES = 24  # cells that are shown
WIDE, HIGH = 640, 300  # of the chart
EDGE = 56


@dataclass(frozen=True)
class RatedFactor:
    """What raters' answers to one question say of the levels of a factor."""

    factor: str
    board: Leaderboard
    frontier: Any
    correlation: Any
    categories: Any  # a row a category and level; empty where prompts have none


def report_html(
    design: Design,
    states: Sequence[CellState],
    strips: Mapping[str, bytes],
    frame: Any,
    spent_usd: Decimal,
    rated: Sequence[RatedFactor],
    judges: Sequence[JudgeReport] = (),
    scores: Sequence[tuple[str, Any]] = (),
) -> Html:
    """The page; `scores` are frames of `Experiment.scores` by factor."""
    return render(
        HERE,
        "report.html.j2",
        style=Html(style()),
        design=design,
        counts=frame["status"].value_counts().to_dict(),
        spent=usd(spent_usd),
        failures=[s for s in states if s.status != "completed" and s.reason][:EXAMPLES],
        kept=[s for s in states if s.status == "completed" and s.reason][:EXAMPLES],
        matrix=_examples(design, states, strips),
        boards=[_board(one) for one in rated],
        means=[_means(factor, frame) for factor in design.treatments],
        judges=judges,
        scores=[(f, table.to_dict("records")) for f, table in scores if len(table)],
        yaml=_yaml(design),
    )


def _examples(design: Design, states: Sequence[CellState], strips: Mapping[str, bytes]) -> Html:
    cells = states[:EXAMPLES]
    rows = [name for name in design.factors if name not in design.treatments]
    return matrix_html(cells, strips, rows, design.treatments, design.seconds)


def _board(one: RatedFactor) -> dict[str, Any]:
    """A leaderboard with where its intervals stand on a common scale, in per cent."""
    board = one.board
    low = min((place.low for place in board.places), default=0.0)
    high = max((place.high for place in board.places), default=1.0)
    scale = 100 / max(high - low, 1e-9)
    bars = [
        {
            "left": round((place.low - low) * scale, 2),
            "width": round(max((place.high - place.low) * scale, 0.5), 2),
            "point": round((place.rating - low) * scale, 2),
        }
        for place in board.places
    ]
    return {
        "factor": one.factor,
        "board": board,
        "places": list(zip(board.places, bars, strict=True)),
        "chart": _chart(one.factor, one.frontier),
        "correlation": one.correlation.head(6).to_dict("records"),
        "categories": one.categories.to_dict("records"),
    }


def _chart(factor: str, table: Any) -> Html:
    """Cost across, rating with its interval up; levels on the frontier are full and joined."""
    points = table.dropna(subset=["cost_usd", "rating"])
    if points.empty:
        return Html()
    costs = points["cost_usd"]
    x = _scale(costs.min(), costs.max(), EDGE, WIDE - EDGE)
    y = _scale(points["low"].min(), points["high"].max(), HIGH - EDGE, EDGE)
    dots = [
        {
            "x": round(x(row.cost_usd), 1),
            "y": round(y(row.rating), 1),
            "name": str(level),
            "low": round(y(row.low), 1),
            "high": round(y(row.high), 1),
            "frontier": bool(row.frontier),
        }
        for level, row in zip(points.index, points.itertuples(), strict=True)
    ]
    facts = {"dots": dots, "wide": WIDE, "high": HIGH, "edge": EDGE, "factor": factor}
    ends = {"cheapest": usd(f"{costs.min():.6f}"), "dearest": usd(f"{costs.max():.6f}")}
    return render(HERE, "frontier.svg.j2", **facts, **ends)


def _scale(low: float, high: float, start: float, end: float) -> Any:
    span = (high - low) or 1.0
    middle = high == low

    def place(value: float) -> float:
        return (start + end) / 2 if middle else start + (value - low) / span * (end - start)

    return place


def _means(factor: str, frame: Any) -> dict[str, Any]:
    names = [n for n in frame.columns if frame[n].dtype == float and frame[n].notna().any()]
    table = frame.groupby(factor, sort=False)[names].mean()
    levels = [str(level) for level in table.index]
    rows = [(name, [f"{value:.4g}" for value in table[name]]) for name in names]
    return {"factor": factor, "levels": levels, "rows": rows}


def _yaml(design: Design) -> str:
    import yaml

    document = design.model_dump(mode="json", exclude_defaults=True)
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))
