"""Generations: queued, listed, followed, cancelled, edited."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import sqlalchemy as sa
from pydantic import Field

from lotus.api.videos import Estimate
from lotus.db import tables as t
from lotus.db.records import Row
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import DatabaseError
from lotus.pipeline.job import scene_results
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.payment import cancel_job
from lotus.pipeline.pipeline import prepare, submit_request, submit_timeline
from lotus.server.answers import Generation, Page, Status
from lotus.server.calls.paging import Paging, page_of, paged
from lotus.server.calls.sources import check_named, file_name
from lotus.server.calls.views import generation_view, generation_views
from lotus.server.refusals import Refusal
from lotus.server.requests import CompositionRequest, GenerationRequest
from lotus.server.routes import ApiRequest
from lotus.store.uploads import local, replaced
from lotus.system.keys import key_of
from lotus.workspace import Workspace

__all__ = [
    "GenerationFilters",
    "cancel",
    "compose",
    "create",
    "estimate",
    "estimate_of",
    "list_",
    "row_of",
    "show",
    "storyboard_of",
    "submit",
]

_j = t.generation_jobs.c


class GenerationFilters(Paging):
    """Which generations."""

    status: Status | None = None
    kind: str | None = Field(default=None, pattern=r"^[a-z_]{1,16}$")
    parent: str | None = Field(
        default=None, pattern=r"^[0-9a-f-]{36}$", description="edits of this one"
    )


def create(ask: ApiRequest) -> Generation:
    """Queue a video; the same Idempotency-Key with the same request is the same video."""
    asked: GenerationRequest = ask.body
    check_named(asked.brief, asked.storyboard)
    request = asked.brief or asked.storyboard
    assert request is not None
    return submit(ask, partial(submit_request, request, asked.options, ask.service.workspace))


def compose(ask: ApiRequest) -> Generation:
    """Queue the rendering of a timeline: a generation without a brief."""
    asked: CompositionRequest = ask.body
    check_named(asked)
    return submit(ask, partial(submit_timeline, asked.timeline, ask.service.workspace))


def submit(ask: ApiRequest, queue: Callable[..., str]) -> Generation:
    """Put it into the queue once, however often it is asked for under one key; wakes a worker.

    `queue` is given the columns that say so.
    """
    workspace = ask.service.workspace
    if ask.service.monitor.draining:
        remedy = "ask again: another service takes its place"
        raise Refusal(
            status=503, reason="the service is ending", remedy=remedy, retry_after_seconds=5
        )
    keys = _keys(ask)
    job_id = _asked_before(ask, keys)
    if job_id is None:
        try:
            job_id = queue(**keys)
        except DatabaseError as error:
            job_id = (
                _asked_before(ask, keys)
                if isinstance(error.__cause__, sa.exc.IntegrityError)
                else None
            )
            if job_id is None:
                raise
        ask.service.wake()
    return workspace.db.ask(generation_view, workspace, job_id)


def _keys(ask: ApiRequest) -> dict[str, str]:
    if ask.idempotency_key is None:
        return {}
    who = ask.token.id if ask.token is not None else ""
    asked_as = key_of("asked", {"who": who, "key": ask.idempotency_key})
    return {"asked_as": asked_as, "asked_for": ask.body_digest}


def _asked_before(ask: ApiRequest, keys: dict[str, str]) -> str | None:
    if not keys:
        return None
    query = sa.select(_j.id, _j.asked_for).where(_j.asked_as == keys["asked_as"])
    found = ask.service.workspace.db.ask(lambda connection: connection.execute(query).first())
    if found is not None and found[1] != keys["asked_for"]:
        reason = f"this Idempotency-Key was used for another request, generation {found[0]}"
        raise Refusal(status=409, reason=reason, remedy="use a key of its own for each request")
    return str(found[0]) if found is not None else None


def list_(ask: ApiRequest) -> Page[Generation]:
    """The newest first."""
    asked: GenerationFilters = ask.query
    query = sa.select(t.generation_jobs)
    for column, value in (
        (_j.status, asked.status),
        (_j.kind, asked.kind),
        (_j.parent, asked.parent),
    ):
        if value is not None:
            query = query.where(column == value)
    workspace = ask.service.workspace
    with workspace.db.read() as connection:
        rows: list[Row] = [
            dict(row) for row in connection.execute(paged(query, _j.id, asked)).mappings()
        ]
        return page_of(rows, asked, lambda some: generation_views(workspace, connection, some))


def show(ask: ApiRequest) -> Generation:
    """One, with its scenes and its storyboard."""
    return ask.service.workspace.db.ask(_whole, ask.service.workspace, ask.path["id"])


def _whole(connection: sa.Connection, workspace: Workspace, job_id: str) -> Generation:
    """All of it, seen at one moment."""
    row = _row(connection, job_id)
    [shown] = generation_views(workspace, connection, [row])
    storyboard = replaced(row["storyboard"], file_name)
    return shown.model_copy(
        update={"scenes": scene_results(connection, job_id), "storyboard": storyboard}
    )


def row_of(ask: ApiRequest) -> Row:
    """The row that the path names; raises Refused with 404."""
    return ask.service.workspace.db.ask(_row, ask.path["id"])


def _row(connection: sa.Connection, job_id: str) -> Row:
    found = (
        connection.execute(sa.select(t.generation_jobs).where(_j.id == job_id)).mappings().first()
    )
    if found is None:
        remedy = "GET /api/v1/generations lists them"
        raise Refusal(status=404, reason=f"no generation {job_id}", remedy=remedy)
    return dict(found)


def storyboard_of(ask: ApiRequest) -> tuple[Row, Storyboard]:
    """The row that the path names, and its storyboard; raises Refused for a timeline, which has
    none.
    """
    row = row_of(ask)
    if row["storyboard"] is None:
        raise Refusal(
            status=409, reason="it is a timeline, not a storyboard", remedy="compose another"
        )
    return row, Storyboard.model_validate(row["storyboard"])


def cancel(ask: ApiRequest) -> Generation:
    """Stop it; its finished clips are kept."""
    row = row_of(ask)
    if row["status"] in ("completed", "failed"):
        raise Refusal(status=409, reason=f"it is {row['status']} already")
    workspace = ask.service.workspace
    cancel_job(row["id"], workspace=workspace)
    return workspace.db.ask(generation_view, workspace, row["id"])


def estimate(ask: ApiRequest) -> Estimate:
    """What a request will cost; makes nothing."""
    asked: GenerationRequest = ask.body
    check_named(asked.brief, asked.storyboard)
    request = asked.brief or asked.storyboard
    assert request is not None
    return _estimate(ask, request, asked.options)


def estimate_of(ask: ApiRequest) -> Estimate:
    """What it costs to make one now, with what the cache holds now."""
    row, storyboard = storyboard_of(ask)
    return _estimate(ask, storyboard, RenderOptions(row["provider"], row["model"]))


def _estimate(ask: ApiRequest, source: Brief | Storyboard, options: RenderOptions) -> Estimate:
    workspace = ask.service.workspace
    here, _ = local(source, workspace.store)
    return Estimate.of(prepare(here, options, workspace).clips, options.budget_usd)
