"""Generations: queued, listed, followed, cancelled, edited."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial

import sqlalchemy as sa
from pydantic import Field

from lotus.api.estimates import Estimate
from lotus.db import tables as t
from lotus.db.records import OPEN_STATUSES, Row
from lotus.documents.brief import Brief
from lotus.documents.storyboard import Storyboard
from lotus.errors import DatabaseError
from lotus.pipeline.job import scene_results
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.outputs import delete_outputs
from lotus.pipeline.payment import cancel_job
from lotus.pipeline.pipeline import prepare, submit_request, submit_timeline
from lotus.pipeline.requeue import requeue_job
from lotus.pipeline.versions import version_ids
from lotus.server.answers import Generation, Page, Status
from lotus.server.calls.owners import admission, visible
from lotus.server.calls.paging import Paging, page_of, page_query
from lotus.server.calls.sources import check_named, file_name
from lotus.server.calls.views import API, generation_view, generation_views
from lotus.server.refusals import Refusal
from lotus.server.requests import CompositionRequest, ExternalId, GenerationRequest
from lotus.server.routes import ApiRequest
from lotus.store.uploads import local, replace_names
from lotus.system.keys import key_of
from lotus.workspace import Workspace

__all__ = [
    "GenerationFilters",
    "cancel",
    "compose",
    "create",
    "delete",
    "estimate",
    "estimate_of",
    "list_",
    "retry",
    "row_of",
    "show",
    "storyboard_of",
    "submit",
    "versions",
]

_j = t.generation_jobs.c


class GenerationFilters(Paging):
    """Which generations."""

    status: Status | None = None
    kind: str | None = Field(default=None, pattern=r"^[a-z_]{1,16}$")
    parent: str | None = Field(
        default=None, pattern=r"^[0-9a-f-]{36}$", description="versions of this generation"
    )
    campaign: str | None = Field(default=None, pattern=r"^[0-9a-f-]{36}$")
    external_id: ExternalId | None = None
    text: str | None = Field(
        default=None,
        min_length=1,
        max_length=100,
        description="text in the prompt, upper or lower case",
    )
    since: date | None = Field(default=None, description="created on this day (UTC) or later")
    until: date | None = Field(default=None, description="created on this day (UTC) or before")


def create(ask: ApiRequest) -> Generation:
    """Queue a video; the same Idempotency-Key with the same request is the same video."""
    body: GenerationRequest = ask.body
    check_named(ask, body.brief, body.storyboard)
    source = body.brief or body.storyboard
    assert source is not None
    queue = partial(submit_request, source, body.options, ask.service.workspace)
    return submit(ask, partial(queue, external_id=body.external_id, labels=body.metadata))


def compose(ask: ApiRequest) -> Generation:
    """Queue the rendering of a timeline: a generation without a brief."""
    body: CompositionRequest = ask.body
    check_named(ask, body)
    queue = partial(submit_timeline, body.timeline, ask.service.workspace)
    return submit(ask, partial(queue, external_id=body.external_id, labels=body.metadata))


def submit(ask: ApiRequest, queue: Callable[..., str]) -> Generation:
    """Put it into the queue once, however often it is asked for under one key; wakes a worker.

    `queue` is given the columns that say so.
    """
    workspace = ask.service.workspace
    if ask.service.monitor.draining:
        remedy = "repeat the request: another service takes over"
        raise Refusal(
            status=503, reason="the service is shutting down", remedy=remedy, retry_after_seconds=5
        )
    keys = _keys(ask)
    job_id = _known_job(ask, keys)
    if job_id is None:
        try:
            job_id = queue(admit=admission(ask.token), token=_token_id(ask), **keys)
        except DatabaseError as error:
            job_id = (
                _known_job(ask, keys)
                if isinstance(error.__cause__, sa.exc.IntegrityError)
                else None
            )
            if job_id is None:
                raise
        ask.service.wake()
    return workspace.db.ask(generation_view, workspace, job_id)


def _token_id(ask: ApiRequest) -> str | None:
    return ask.token.id if ask.token is not None else None


def delete(ask: ApiRequest) -> None:
    """Remove it and its video; clips that others use, and its cost in the ledger, stay."""
    row = row_of(ask)
    if row["status"] in OPEN_STATUSES:
        remedy = f"POST {API}/generations/{row['id']}/cancel first"
        raise Refusal(status=409, reason=f"the generation is {row['status']}", remedy=remedy)
    workspace = ask.service.workspace
    workspace.db.run(sa.Connection.execute, t.generation_jobs.delete().where(_j.id == row["id"]))
    delete_outputs(workspace, row["id"])


def _keys(ask: ApiRequest) -> dict[str, str]:
    if ask.idempotency_key is None:
        return {}
    who = ask.token.id if ask.token is not None else ""
    asked_as = key_of("asked", {"who": who, "key": ask.idempotency_key})
    return {"asked_as": asked_as, "asked_for": ask.body_digest}


def _known_job(ask: ApiRequest, keys: dict[str, str]) -> str | None:
    if not keys:
        return None
    query = sa.select(_j.id, _j.asked_for).where(_j.asked_as == keys["asked_as"])
    row = ask.service.workspace.db.ask(lambda connection: connection.execute(query).first())
    if row is not None and row[1] != keys["asked_for"]:
        reason = f"this Idempotency-Key was used for another request, generation {row[0]}"
        raise Refusal(status=409, reason=reason, remedy="use a key of its own for each request")
    return str(row[0]) if row is not None else None


def list_(ask: ApiRequest) -> Page[Generation]:
    """The newest first."""
    filters: GenerationFilters = ask.query
    query = sa.select(t.generation_jobs).where(visible(ask.token), *_matching(filters))
    workspace = ask.service.workspace
    with workspace.db.read() as connection:
        rows: list[Row] = [
            dict(row) for row in connection.execute(page_query(query, _j.id, filters)).mappings()
        ]
        return page_of(rows, filters, lambda some: generation_views(workspace, connection, some))


def _matching(filters: GenerationFilters) -> list[sa.ColumnElement[bool]]:
    names = ("status", "kind", "parent", "campaign", "external_id")
    values = {name: getattr(filters, name) for name in names}
    conditions = [_j[name] == value for name, value in values.items() if value is not None]
    if filters.text is not None:
        conditions.append(_j.prompt.icontains(filters.text, autoescape=True))
    if filters.since is not None:
        conditions.append(_j.created_at >= _midnight(filters.since))
    if filters.until is not None and filters.until < date.max:
        conditions.append(_j.created_at < _midnight(filters.until + timedelta(days=1)))
    return conditions


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def show(ask: ApiRequest) -> Generation:
    """One, with its scenes and its storyboard."""
    return ask.service.workspace.db.ask(_whole, ask.service.workspace, ask)


def _whole(connection: sa.Connection, workspace: Workspace, ask: ApiRequest) -> Generation:
    """All of it, seen at one moment."""
    row = _row(connection, ask)
    job_id = row["id"]
    [view] = generation_views(workspace, connection, [row])
    storyboard = replace_names(row["storyboard"], file_name)
    return view.model_copy(
        update={"scenes": scene_results(connection, job_id), "storyboard": storyboard}
    )


def versions(ask: ApiRequest) -> Page[Generation]:
    """All versions of one that the caller may see, the oldest first."""
    row = row_of(ask)
    workspace = ask.service.workspace
    with workspace.db.read() as connection:
        mine = _j.id.in_(version_ids(connection, row["id"])) & visible(ask.token)
        query = sa.select(t.generation_jobs).where(mine).order_by(_j.id)
        rows: list[Row] = [dict(one) for one in connection.execute(query).mappings()]
        items = generation_views(workspace, connection, rows)
    return Page[Generation](items=tuple(items))


def row_of(ask: ApiRequest) -> Row:
    """The row that the path names; raises Refused with 404."""
    return ask.service.workspace.db.ask(_row, ask)


def _row(connection: sa.Connection, ask: ApiRequest) -> Row:
    mine = (_j.id == ask.path["id"]) & visible(ask.token)
    row = connection.execute(sa.select(t.generation_jobs).where(mine)).mappings().first()
    if row is None:
        remedy = "GET /api/v1/generations lists them"
        raise Refusal(status=404, reason=f"no generation {ask.path['id']}", remedy=remedy)
    return dict(row)


def storyboard_of(ask: ApiRequest) -> tuple[Row, Storyboard]:
    """The row that the path names, and its storyboard; raises Refused for a timeline, which has
    none.
    """
    row = row_of(ask)
    if row["storyboard"] is None:
        raise Refusal(
            status=409,
            reason="the generation is a timeline, not a storyboard",
            remedy="compose another",
        )
    return row, Storyboard.model_validate(row["storyboard"])


def cancel(ask: ApiRequest) -> Generation:
    """Stop it; its finished clips are kept."""
    row = row_of(ask)
    if row["status"] in ("completed", "failed"):
        raise Refusal(status=409, reason=f"the generation is {row['status']} already")
    workspace = ask.service.workspace
    cancel_job(row["id"], workspace=workspace)
    return workspace.db.ask(generation_view, workspace, row["id"])


def retry(ask: ApiRequest) -> Generation:
    """Queue it again; what is made of it is not made again."""
    row = row_of(ask)
    if row["status"] not in ("failed", "cancelled"):
        remedy = "only failed or cancelled generations can be retried"
        raise Refusal(status=409, reason=f"the generation is {row['status']}", remedy=remedy)
    workspace = ask.service.workspace
    requeue_job(row["id"], workspace, admit=admission(ask.token))
    ask.service.wake()
    return workspace.db.ask(generation_view, workspace, row["id"])


def estimate(ask: ApiRequest) -> Estimate:
    """What a request will cost; makes nothing."""
    body: GenerationRequest = ask.body
    check_named(ask, body.brief, body.storyboard)
    source = body.brief or body.storyboard
    assert source is not None
    return _estimate(ask, source, body.options)


def estimate_of(ask: ApiRequest) -> Estimate:
    """What it costs to make one now, with what the cache holds now."""
    row, storyboard = storyboard_of(ask)
    return _estimate(ask, storyboard, RenderOptions(row["provider"], row["model"]))


def _estimate(ask: ApiRequest, source: Brief | Storyboard, options: RenderOptions) -> Estimate:
    workspace = ask.service.workspace
    here, _ = local(source, workspace.store)
    preparation = prepare(here, options, workspace)
    return Estimate.of(preparation.clips, options.budget_usd, preparation.speech)
