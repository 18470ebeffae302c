"""The options of a rendering, as commands, API requests and the client name them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from lotus.money.budgets import dollars

__all__ = ["RenderOptions"]


@dataclass(frozen=True)
class RenderOptions:
    """`model` and `final` are names of the catalogue, for a hosted provider; `final` makes the
    approved scenes, `model` all others. `llm` is the language model of the planner `llm`. A job
    spends no more than `budget_usd`.
    """

    provider: str = "animatic"
    model: str | None = None
    final: str | None = None
    planner: str = "template"
    llm: str | None = None
    budget_usd: Decimal | None = None

    @classmethod
    def of(
        cls,
        provider: str | None = None,
        model: str | None = None,
        final: str | None = None,
        planner: str = "template",
        llm: str | None = None,
        budget_usd: Decimal | float | str | None = None,
    ) -> RenderOptions:
        """Options as people give them: a model without a provider implies `replicate`.

        Raises InputError for a budget that is no amount.
        """
        hosted = model is not None or final is not None
        chosen = provider or ("replicate" if hosted else "animatic")
        budget = None if budget_usd is None else dollars(budget_usd)
        return cls(chosen, model, final, planner, llm, budget)
