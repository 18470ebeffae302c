"""What a hosted model makes that is no clip: an answer, a picture, a sound. Paid once and kept."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from lotus.errors import ClipFailed, ProviderError
from lotus.generation.predictions.leases import (
    PredictionContext,
    PredictionLeases,
    PredictionRequest,
    kept_object,
)
from lotus.generation.predictions.life import obtain
from lotus.money.ledger import Ledger
from lotus.providers.base import ClipRequest
from lotus.providers.replicate.tasks import TaskModel
from lotus.system.stop import Stop
from lotus.workspace import Workspace

__all__ = ["obtain_file"]


@contextmanager
def _no_scene() -> Iterator[None]:
    """What fails here is no scene's."""
    try:
        yield
    except ClipFailed as error:
        facts = {name: fact for name, fact in error.facts.items() if name != "scene"}
        raise ProviderError(remedy=error.remedy, **facts) from error


def obtain_file(
    workspace: Workspace,
    model: TaskModel,
    request: ClipRequest,
    job_id: str,
    campaign: str | None,
    what: str,
) -> tuple[Path, bool]:
    """The file, and whether it was there before; `what` is its name in messages about budgets.

    Raises InvalidToken, BudgetExceeded, ProviderError.
    """
    estimate = model.price(request)
    price = estimate or Decimal(0)
    object_name = kept_object(request, model)
    is_known = workspace.store.exists(object_name)

    def note(connection: sa.Connection) -> None:
        kind = "saved" if is_known else "estimated"
        Ledger(connection, job_id, campaign).add(kind, None, request, price)

    workspace.db.run(note)
    if not is_known:
        model.check_orderable()
        leases = PredictionLeases(workspace.db)
        with workspace.folder() as folder, leases.kept_alive(), _no_scene():
            work = PredictionContext(leases, workspace.store, model, folder, Stop(workspace.stop))
            priced = estimate is not None
            order = PredictionRequest(job_id, campaign, None, request, price, what, priced=priced)
            obtain(work, order)
    return workspace.store.path(object_name), is_known
