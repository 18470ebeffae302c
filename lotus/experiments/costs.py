"""Costs of an experiment before it is run, arm by arm, and how many judgements it needs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, ConfigDict

from lotus.experiments.cells import CellState, prepare_cell
from lotus.experiments.design import Design, DesignCell, Level
from lotus.experiments.extras import pandas
from lotus.generation.plan import ClipPlan
from lotus.money.ledger import Usd
from lotus.workspace import Workspace

__all__ = ["ArmCost", "ExperimentEstimate", "estimate_design", "judgements_needed"]

LOGIT = 400 / math.log(10)  # points of rating
STANDARD = 1.96  # deviations of an interval of 95 %
NOTHING = Decimal(0)


class ArmCost(BaseModel):
    """One level of a factor: its cells, those that are there, and what the others cost."""

    model_config = ConfigDict(frozen=True)

    factor: str
    level: Level
    cells: int
    cached: int
    amount_usd: Usd
    price_known: bool


class ExperimentEstimate(BaseModel):
    """Costs of what is still to make. A clip that several cells share is counted once in the whole,
    and in each arm that needs it.
    """

    model_config = ConfigDict(frozen=True)

    cells: int
    cached: int
    total_usd: Usd
    price_known: bool
    pilot_cells: int
    pilot_usd: Usd
    judgements: dict[str, int]
    width: float
    arms: tuple[ArmCost, ...]

    def to_pandas(self) -> Any:
        """A row an arm."""
        pd = pandas()
        return pd.DataFrame([arm.model_dump() for arm in self.arms])


def judgements_needed(arms: int, width: float) -> int:
    """Judgements until the 95 % interval of each rating is `width` points wide, if all pairs are
    judged alike and the arms are about equally good.

    From the information of the Bradley-Terry model at equal strengths: each judgement of a pair has
    1/4, so that the variance of a strength is 2 (k - 1)^2 / (k n) for k arms and n judgements.
    """
    half = STANDARD * LOGIT / (width / 2)
    return math.ceil(2 * (arms - 1) ** 2 / arms * half**2)


def estimate_design(
    design: Design,
    workspace: Workspace,
    states: Mapping[str, CellState],
    pilot: Sequence[DesignCell],
    width: float,
) -> ExperimentEstimate:
    """The plan of every cell that has no video, by the code that makes it; makes nothing."""
    plans = {
        cell.key: ()
        if cell.key in states and states[cell.key].status == "completed"
        else prepare_cell(design, cell, workspace).clips
        for cell in design.cells()
    }
    cells = design.cells()
    arms = [
        _arm(factor, level, [c for c in cells if c.factors[factor] == level], plans)
        for factor in design.grid
        for level in design.grid[factor]
    ]
    every = [plan for clips in plans.values() for plan in clips]
    in_pilot = [plan for cell in pilot for plan in plans[cell.key]]
    return ExperimentEstimate(
        cells=len(cells),
        cached=sum(_is_cached(plans[cell.key]) for cell in cells),
        total_usd=_amount(every),
        price_known=all(plan.priced for plan in every),
        pilot_cells=len(pilot),
        pilot_usd=_amount(in_pilot),
        judgements={
            factor: judgements_needed(len(design.grid[factor]), width)
            for factor in design.treatments
        },
        width=width,
        arms=tuple(arms),
    )


def _arm(
    factor: str,
    level: Level,
    cells: Sequence[DesignCell],
    plans: Mapping[str, tuple[ClipPlan, ...]],
) -> ArmCost:
    clips = [plan for cell in cells for plan in plans[cell.key]]
    return ArmCost(
        factor=factor,
        level=level,
        cells=len(cells),
        cached=sum(_is_cached(plans[cell.key]) for cell in cells),
        amount_usd=_amount(clips),
        price_known=all(plan.priced for plan in clips),
    )


def _is_cached(clips: Sequence[ClipPlan]) -> bool:
    return all(plan.cached for plan in clips)


def _amount(clips: Sequence[ClipPlan]) -> Decimal:
    """The sum over different clips: one that is needed twice is made once."""
    return sum({plan.key: plan.amount_usd for plan in clips}.values(), NOTHING)
