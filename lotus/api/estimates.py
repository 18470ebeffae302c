"""What a rendering will cost: scene by scene, and what a voice says. No I/O."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from pydantic import Field

from lotus.documents.base import ReadOnlyResult
from lotus.generation.plan import ClipPlan
from lotus.money.ledger import Usd
from lotus.pipeline.narration import SpeechPlan

__all__ = ["Estimate", "SceneEstimate", "SpeechEstimate"]


class SceneEstimate(ReadOnlyResult, frozen=True):
    """What one scene's clip will cost; nothing if it is cached."""

    index: int
    provider: str
    model: str
    cached: bool
    amount_usd: Usd
    price_known: bool = True
    bought_seconds: float = Field(0.0, description="that the model makes and is paid for")
    used_seconds: float = Field(0.0, description="of them that the scene shows")
    untaken: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda lines: not lines,
        description="what the storyboard says and the model cannot take",
    )


class SpeechEstimate(ReadOnlyResult, frozen=True):
    """What a narration by a hosted voice will cost; nothing once it is said."""

    scene: int | None = Field(description="counted from 0; null for that of the whole video")
    voice: str
    cached: bool
    amount_usd: Usd
    price_known: bool = True
    seconds: float = Field(description="of its words; estimated until they are said")


class Estimate(ReadOnlyResult, frozen=True):
    """The cost of a rendering, from the plan that the rendering itself uses."""

    total_usd: Usd
    budget_usd: Usd | None
    scenes: tuple[SceneEstimate, ...]
    narration: tuple[SpeechEstimate, ...] = Field(
        default=(), exclude_if=lambda speech: not speech, description="what a voice says"
    )

    @property
    def above_budget_usd(self) -> Decimal:
        """By how much the total is above the budget; 0 within it, or without one."""
        if self.budget_usd is None:
            return Decimal(0)
        return max(self.total_usd - self.budget_usd, Decimal(0))

    @classmethod
    def of(
        cls,
        clips: Iterable[ClipPlan],
        budget_usd: Decimal | None,
        speech: Iterable[SpeechPlan] = (),
    ) -> Estimate:
        """The sum over the clips and the narration of a plan."""
        narration = tuple(
            SpeechEstimate(
                scene=None if plan.index < 0 else plan.index,
                voice=plan.voice,
                cached=plan.speech is not None,
                amount_usd=plan.amount_usd,
                price_known=plan.priced,
                seconds=round(plan.seconds, 2),
            )
            for plan in speech
        )
        scenes = tuple(
            SceneEstimate(
                index=clip.index,
                provider=clip.request.provider,
                model=clip.request.model,
                cached=clip.cached,
                amount_usd=clip.amount_usd,
                price_known=clip.priced,
                bought_seconds=float(clip.bought_seconds),
                used_seconds=float(clip.used_seconds),
                untaken=clip.untaken,
            )
            for clip in clips
        )
        total = sum((scene.amount_usd for scene in scenes), Decimal(0))
        total += sum((one.amount_usd for one in narration), Decimal(0))
        return cls(total_usd=total, budget_usd=budget_usd, scenes=scenes, narration=narration)
