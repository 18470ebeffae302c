"""The options of a rendering, as commands, API requests and the client name them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lotus.money.budgets import dollars

if TYPE_CHECKING:
    from lotus.settings import Settings

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
        choice = provider or ("replicate" if hosted else "animatic")
        budget = None if budget_usd is None else dollars(budget_usd)
        return cls(choice, model, final, planner, llm, budget)

    @classmethod
    def by_default(
        cls,
        settings: Settings,
        provider: str | None = None,
        model: str | None = None,
        final: str | None = None,
        **others: Any,
    ) -> RenderOptions:
        """Options as `of` reads them; without a provider and a model those of the settings."""
        if provider is None and model is None and final is None:
            provider, model = settings.default_provider, settings.default_model
        return cls.of(provider, model, final, **others)
