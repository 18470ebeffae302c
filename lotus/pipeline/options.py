"""The options of a rendering, as commands, API requests and the client name them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from lotus.errors import InvalidInput
from lotus.money.budgets import dollars

if TYPE_CHECKING:
    from lotus.settings import Settings

__all__ = ["RenderOptions"]


MOST_CANDIDATES = 9


def check_candidates(candidates: int, planner: str) -> None:
    """Raise InvalidInput for a number of storyboards that is not from 1 to 9, and for several of a
    planner that writes one.
    """
    if not isinstance(candidates, int) or not 1 <= candidates <= MOST_CANDIDATES:
        raise InvalidInput(
            file="",
            field="candidates",
            reason=f"{candidates!r} is not from 1 to {MOST_CANDIDATES}",
            remedy="write a number such as 3",
        )
    if candidates > 1 and planner != "llm":
        raise InvalidInput(
            file="",
            field="candidates",
            reason=f"the planner '{planner}' writes one storyboard",
            remedy="add --planner llm",
        )


@dataclass(frozen=True)
class RenderOptions:
    """`model` and `final` are names of the catalogue, for a hosted provider; `final` makes the
    approved scenes, `model` all others. `llm` is the language model of the planner `llm`, which
    writes so many `candidates`. A job spends no more than `budget_usd`.
    """

    provider: str = "animatic"
    model: str | None = None
    final: str | None = None
    planner: str = "template"
    llm: str | None = None
    budget_usd: Decimal | None = None
    candidates: int = 1

    @classmethod
    def of(
        cls,
        provider: str | None = None,
        model: str | None = None,
        final: str | None = None,
        planner: str = "template",
        llm: str | None = None,
        budget_usd: Decimal | float | str | None = None,
        candidates: int = 1,
    ) -> RenderOptions:
        """Options as people give them: a model without a provider implies `replicate`.

        Raises InputError for a budget that is no amount, and for a number of candidates that is not
        from 1 to 9.
        """
        hosted = model is not None or final is not None
        choice = provider or ("replicate" if hosted else "animatic")
        budget = None if budget_usd is None else dollars(budget_usd)
        check_candidates(candidates, planner)
        return cls(choice, model, final, planner, llm, budget, candidates)

    @classmethod
    def by_default(
        cls,
        settings: Settings,
        provider: str | None = None,
        model: str | None = None,
        final: str | None = None,
        *others: Any,
    ) -> RenderOptions:
        """Options as `of` reads them; without a provider and a model those of the settings."""
        if provider is None and model is None and final is None:
            provider, model = settings.default_provider, settings.default_model
        return cls.of(provider, model, final, *others)
