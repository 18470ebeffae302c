"""Makes clips of the tests' Replicate as a job does, without composing them, and compares ledger
and bill.
"""

from __future__ import annotations

import pickle
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lotus.db import predictions, records
from lotus.documents.brief import Brief
from lotus.documents.scene import Look, Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import ClipFailed, LotusError
from lotus.generation.generate import Generator
from lotus.generation.plan import ClipPlan, plan_clips
from lotus.generation.predictions.leases import OnStep
from lotus.money.budgets import set_budget
from lotus.pipeline.payment import check_payment
from lotus.settings import Settings
from lotus.workspace import Workspace
from tests.replicate_server import Replicate

__all__ = [
    "balanced",
    "line_of",
    "make_clips",
    "open_rows",
    "planned",
    "sums",
    "video_of",
    "workspace_for",
]

PROMPT = "Patterns one after another, counted frame by frame, with nothing else to see."


def video_of(scenes: int, *, seconds: float = 1.0, fps: str = "4", seed: int = 0) -> Storyboard:
    """A storyboard of short scenes that differ."""
    brief = Brief(prompt=PROMPT, aspect_ratio="1:1", fps=fps, music="none", seed=seed)
    made = (Scene(description=f"Pattern {n}", duration_seconds=seconds) for n in range(scenes))
    return Storyboard(brief=brief, look=Look(style="plain", seed=seed), scenes=tuple(made))


def workspace_for(server: Replicate, home: Path, **settings: Any) -> Workspace:
    """A process' workspace, with the server as its Replicate."""
    variables = {"LOTUS_HOME": home, "REPLICATE_MAX_RETRIES": 2, **server.environment(), **settings}
    return Workspace.open(Settings(**variables))


def planned(
    workspace: Workspace, storyboard: Storyboard, model: str | None = None
) -> tuple[ClipPlan, ...]:
    """What the storyboard needs of Replicate."""
    return plan_clips(storyboard, workspace.store, workspace.providers, "replicate", model)


def make_clips(
    workspace: Workspace,
    storyboard: Storyboard,
    *,
    model: str | None = None,
    budget_usd: Decimal | None = None,
    campaign: str | None = None,
    on_step: OnStep | None = None,
    job_id: str | None = None,
    look_first: bool = True,
    on_warning: list[str] | None = None,
) -> str:
    """Make all clips of a storyboard, as a new job or again as one that there is;
    returns its id.
    """
    plans = planned(workspace, storyboard, model)
    if look_first:
        check_payment(workspace, plans, budget_usd, campaign, job_id or "")
    with workspace.db.begin() as connection:
        if job_id is None:
            brief = storyboard.brief
            facts = {
                "kind": "ad",
                "prompt": brief.prompt,
                "provider": "replicate",
                "planner": "template",
            }
            document = brief.model_dump(mode="json")
            job_id = records.create_job(
                connection, **facts, model=model, campaign=campaign, brief=document
            )
        if budget_usd is not None:
            set_budget(connection, "job", job_id, budget_usd)
    workspace.settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace.settings.home) as folder:
        warnings = on_warning if on_warning is not None else []
        maker = Generator(
            workspace,
            job_id,
            campaign=campaign,
            folder=Path(folder),
            on_step=on_step,
            on_warning=lambda scene, message: warnings.append(message),
        )
        maker.run(plans, lambda scene, frames: None)
    return job_id


def line_of(
    workspace: Workspace, storyboard: Storyboard, error: type[LotusError] = ClipFailed, **more: Any
) -> str:
    """The one line that making these clips ends with."""
    with pytest.raises(error) as raised:
        make_clips(workspace, storyboard, **more)
    line = str(raised.value)
    assert len(line.splitlines()) == 1
    assert raised.value.remedy
    assert str(pickle.loads(pickle.dumps(raised.value))) == line
    return line


def sums(workspace: Workspace) -> dict[str, Decimal]:
    """The whole ledger by kind."""
    with workspace.db.begin() as connection:
        rows = connection.exec_driver_sql("SELECT DISTINCT job_id FROM cost_entries").all()
        costs = [records.costs_of(connection, row[0]) for row in rows]
    kinds = ("estimated", "reserved", "settled", "refunded", "saved", "lost")
    return {kind: sum((cost[kind] for cost in costs), Decimal(0)) for kind in kinds}


def open_rows(workspace: Workspace) -> list[records.Row]:
    """Predictions that are not settled."""
    with workspace.db.begin() as connection:
        return predictions.open_predictions(connection)


def balanced(workspace: Workspace, server: Replicate) -> bool:
    """Nothing is open, each reservation is settled or refunded, and what was settled is the
    server's bill.
    """
    ledger = sums(workspace)
    assert open_rows(workspace) == []
    assert ledger["settled"] == server.account.bill, (ledger, server.account.bill)
    assert ledger["reserved"] == ledger["settled"] + ledger["refunded"], ledger
    return True
