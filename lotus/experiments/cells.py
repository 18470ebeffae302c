"""Cells as they stand: what was made for each, for how much, and why one has no video."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict

from lotus.db.leases import is_held
from lotus.documents.brief import Brief
from lotus.documents.scene import Scene
from lotus.documents.storyboard import Storyboard
from lotus.errors import StoreError
from lotus.experiments import records
from lotus.experiments.design import Design, DesignCell, Level, Unit
from lotus.generation.plan import clip_object
from lotus.money.ledger import Usd
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.pipeline import Preparation, prepare
from lotus.planning.look import make_look
from lotus.workspace import Workspace

__all__ = ["CellState", "prepare_cell", "read_cell", "read_states", "render_options", "video_path"]

Status = Literal["completed", "failed", "running", "over budget", "missing", "expired"]
NOTHING = Decimal(0)
RETAKE_STEP = 7919  # between the seeds of retakes: a design has none of them as levels


class CellState(BaseModel):
    """A cell and its video. `subject` is the video's content key, by which it is measured."""

    model_config = ConfigDict(frozen=True)

    key: str
    factors: dict[str, Level]
    status: Status
    reason: str = ""
    cost_usd: Usd = NOTHING  # that this experiment paid, for all takes
    made_usd: Usd = NOTHING  # that the clips of the video cost when they were made, whoever paid
    made_by: str | None = None  # the hosted model, or the provider
    job_id: str | None = None
    subject: str | None = None
    object_key: str | None = None  # of the video in the store
    retakes: int = 0

    @property
    def label(self) -> str:
        """The levels in one line."""
        return ", ".join(str(level) for level in self.factors.values())

    def block(self, *without: str) -> str:
        """The levels of all factors but these, as text."""
        return DesignCell(key=self.key, factors=self.factors).block(*without)


def render_options(design: Design, cell: DesignCell) -> RenderOptions:
    """Provider, model and planner of a cell's rendering."""
    values = design.options(cell)
    return RenderOptions.of(
        values.get("provider"),
        values.get("model"),
        None,
        values.get("planner") or "template",
        values.get("llm"),
    )


def prepare_cell(
    design: Design, cell: DesignCell, workspace: Workspace, retake: int = 0
) -> Preparation:
    """The plan of a cell, or of a retake with another seed; makes nothing. Raises InputError."""
    brief = design.request(cell)
    request: Brief | Storyboard = brief
    if design.unit == "clip":
        request = _one_scene(brief, design.seconds, retake)
    elif retake:
        other = (brief.seed + RETAKE_STEP * retake) % 2**31
        request = brief.replace(seed=other, plan_seed=brief.planning_seed)
    return prepare(request, render_options(design, cell), workspace, warn=lambda message: None)


def _one_scene(brief: Brief, seconds: float, seed: int) -> Storyboard:
    """A storyboard of one clip: the prompt is its scene, without captions, logo and music."""
    plain = brief.replace(music="none", cta=None) if brief.kind == "ad" else brief
    scene = Scene(description=brief.prompt, duration_seconds=seconds, seed=seed)
    return Storyboard(brief=plain, look=make_look(plain), scenes=(scene,))


def read_states(
    workspace: Workspace, experiment_id: str, design: Design, *, look: bool = True
) -> list[CellState]:
    """All cells of a design in its order; `look` also asks the store whether videos are there."""

    def rows(connection: sa.Connection) -> tuple[dict[str, Any], dict[str, Any]]:
        cells = records.cells_of(connection, experiment_id)
        jobs = dict.fromkeys(job for row in cells.values() for job in _jobs(row))
        return cells, records.job_facts(connection, list(jobs))

    cells, jobs = workspace.db.ask(rows)
    states = []
    for cell in design.cells():
        row = cells.get(cell.key)
        job = jobs.get(row["job_id"]) if row is not None else None
        state = _state(cell, row, job, design.unit)
        if row is not None:
            costs = (jobs[one]["spent_usd"] for one in _jobs(row) if one in jobs)
            state = state.model_copy(update={"cost_usd": sum(costs, NOTHING)})
        if look and state.object_key and not workspace.store.exists(state.object_key):
            state = state.model_copy(
                update={"status": "expired", "reason": "its video is no longer in the store"}
            )
        states.append(state)
    return states


def _jobs(row: Mapping[str, Any]) -> list[str]:
    """The jobs of a cell: all its takes, the kept one among them."""
    return list(dict.fromkeys([*(row["retakes"] or ()), *filter(None, [row["job_id"]])]))


def read_cell(workspace: Workspace, cell: DesignCell, job_id: str, unit: Unit) -> CellState:
    """The cell as one of its jobs has made it."""
    job = workspace.db.ask(records.job_facts, [job_id]).get(job_id)
    return _state(cell, {"reason": None, "retakes": None}, job, unit)


def _state(cell: DesignCell, row: Any, job: Any, unit: Unit) -> CellState:
    reason = (row["reason"] if row is not None else "") or ""
    facts: dict[str, Any] = {"key": cell.key, "factors": cell.factors}
    if job is None:
        status: Status = "missing"
        if reason:
            status = "over budget" if reason.startswith("budget") else "failed"
        return CellState(**facts, status=status, reason=reason)
    facts |= {"job_id": job["id"], "cost_usd": job["spent_usd"]}
    facts["retakes"] = max(0, len(row["retakes"] or ()) - 1)
    if job["status"] == "completed":
        clip = unit == "clip"
        subject = job["clip_key"] if clip else job["composition_key"]
        place = clip_object(job["clip_key"]) if clip else job["object_key"]
        facts |= {"subject": subject, "object_key": place, "reason": reason}
        facts["made_usd"] = job["spent_usd"] if job["made_usd"] is None else job["made_usd"]
        facts["made_by"] = job["clip_model"] or job["clip_provider"]
        return CellState(**facts, status="completed")
    if job["status"] == "cancelled":
        return CellState(**facts, status="missing", reason="it was stopped; run it again")
    if job["status"] == "failed":
        error = job["error"] or {}
        over = error.get("code") == "budget"
        text = error.get("message") or reason or job["status"]
        return CellState(**facts, status="over budget" if over else "failed", reason=text)
    if is_held(job):
        return CellState(**facts, status="running")
    return CellState(**facts, status="missing", reason="its process ended: run it again")


def video_path(workspace: Workspace, state: CellState) -> Path | None:
    """The video of a cell as a file of this machine; None if it has none any more."""
    if state.object_key is None or state.status != "completed":
        return None
    try:
        return workspace.store.path(state.object_key)
    except StoreError:
        return None
