"""An edit in words, as a proposal: what changes, and what it costs, before anything is made."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel

from lotus.documents.storyboard import Storyboard
from lotus.generation.plan import plan_clips
from lotus.money.ledger import Usd, money
from lotus.pipeline.options import RenderOptions
from lotus.planning.base import Ask
from lotus.store.uploads import local
from lotus.workspace import Workspace

__all__ = ["Proposal", "propose"]


class Proposal(BaseModel, frozen=True):
    """An edited storyboard, the operations that led to it, and its price."""

    operations: tuple[str, ...]
    unknown: tuple[str, ...]
    clips_to_make: tuple[int, ...]  # scenes, counted from 1
    cost_usd: Usd
    storyboard: Storyboard

    def __str__(self) -> str:
        lines = [*self.operations, *(f"not understood: {words}" for words in self.unknown)]
        numbers = ", ".join(map(str, self.clips_to_make)) or "none"
        return "\n".join([*lines, f"clips to make: {numbers}; cost ${money(self.cost_usd)}"])

    def __repr__(self) -> str:
        return str(self)


def propose(
    storyboard: Storyboard,
    words: str,
    options: RenderOptions,
    workspace: Workspace,
    ask: Ask | None = None,
) -> Proposal:
    """Edit a storyboard in words and price it; `ask` reaches a language model, else a small grammar
    reads the words. Raises InvalidInput for a scene that is not there.
    """
    # the rules of words are loaded for those who edit
    from lotus.planning.edits import edited
    from lotus.planning.edits_llm import edited_by_asking

    plan = (
        edited_by_asking(storyboard, words, ask) if ask is not None else edited(storyboard, words)
    )
    here = local(plan.storyboard, workspace.store)[0]
    clips = plan_clips(here, workspace.store, workspace.providers, options.provider, options.model)
    return Proposal(
        operations=plan.operations,
        unknown=plan.unknown,
        clips_to_make=tuple(clip.index + 1 for clip in clips if not clip.cached),
        cost_usd=sum((clip.amount_usd for clip in clips), Decimal(0)),
        storyboard=plan.storyboard,
    )
