"""Asks a language model: one question, one answer, paid once and kept as clips are."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from lotus.budgets import set_budget
from lotus.catalog import read_catalog
from lotus.db import tables as t
from lotus.facts import Facts
from lotus.ffmpeg import Stop
from lotus.ledger import Ledger
from lotus.planning import Ask
from lotus.predictions.claims import Claims, Wanted
from lotus.predictions.life import obtain
from lotus.predictions.work import Work, kept_object
from lotus.providers.replicate.words import Words
from lotus.workspace import Workspace

__all__ = ["asker"]


def asker(workspace: Workspace, model: str | None = None, budget_usd: Decimal | None = None) -> Ask:
    """A function that asks a language model of the catalogue, its default if none is named.

    The same question is paid for once: its answer is in the store. All costs are of one job of the ledger.
    Raises UnknownName, InvalidInput; asking raises InvalidToken, BudgetExceeded, ProviderError, ClipFailed.
    """
    catalog = read_catalog(workspace.settings.models)
    chosen = catalog.model(model, "language") if model is not None else catalog.default("language")
    words = cast(Words, workspace.providers.get("replicate", chosen.name))
    job_id = t.new_id()
    if budget_usd is not None:
        with workspace.db.begin() as connection:
            set_budget(connection, "job", job_id, budget_usd)

    def ask(facts: Facts) -> str:
        return _answer(workspace, words, facts, job_id)

    return ask


def _answer(workspace: Workspace, words: Words, facts: Facts, job_id: str) -> str:
    request = words.question(facts)
    price, kept = words.price(request), kept_object(request, words)
    known = workspace.store.exists(kept)
    with workspace.db.begin() as connection:
        Ledger(connection, job_id).add("saved" if known else "estimated", None, request, price)
    if not known:
        claims = Claims(workspace.db)
        with workspace.folder() as folder, claims.kept_alive():
            work = Work(claims, workspace.store, words, folder, Stop(workspace.stop))
            obtain(work, Wanted(job_id, None, None, request, price))
    return workspace.store.path(kept).read_text(encoding="utf-8")
