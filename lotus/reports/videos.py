"""Videos as people look for them: filtered, sorted, a page at a time; and one of them in full."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from lotus.db import queue as jobs_queue
from lotus.db import records
from lotus.db import tables as t
from lotus.db.folding import matches
from lotus.db.rollups import BRAND
from lotus.errors import InvalidInput, UnknownName
from lotus.generation.plan import clip_object
from lotus.money.ledger import money
from lotus.pipeline.versions import version_ids
from lotus.reviews.comments import threads
from lotus.reviews.shares import list_shares
from lotus.workspace import Workspace

__all__ = ["PAGE", "SORTS", "VideoQuery", "choices", "compare_videos", "video", "videos"]

Row = dict[str, Any]
PAGE = 24  # videos at a time
MOST = 200  # choices of a filter
RECENT = 10_000  # jobs that are looked at for what filters can be set to
SHOWN_EVENTS = 400
SHOWN_REVIEWS = 100
_j = t.generation_jobs.c
_c = t.cost_entries.c
ASPECT = _j.brief["aspect_ratio"].as_string()
MODEL = sa.func.coalesce(_j.model, _j.provider)  # what made it, as people name it
_r = t.reviews.c
_later = t.reviews.alias().c


def _reviewer(review: Any) -> sa.ColumnElement[str]:
    """By whom a review is: the id of a token, which nobody can type as a name."""
    return sa.func.coalesce("id:" + review.reviewer_id, "name:" + review.reviewer)


_COUNTS = (_r.verdict != "withdrawn") & ~(  # a reviewer's newest, unless it was taken back
    sa.exists()
    .where(_later.job_id == _r.job_id, _later.created_at > _r.created_at)
    .where(_reviewer(_later) == _reviewer(_r))
    .correlate(t.reviews)
)
# the newest verdict that counts
VERDICT = (
    sa.select(_r.verdict)
    .where(_r.job_id == _j.id, _COUNTS)
    .order_by(_r.created_at.desc())
    .limit(1)
    .correlate(t.generation_jobs)
    .scalar_subquery()
)
SORTS = {
    "newest": (_j.id.desc(),),
    "oldest": (_j.id,),
    "cost": (_j.spent_usd.desc(), _j.id.desc()),
    "length": (_j.length_seconds.desc(), _j.id.desc()),
}


@dataclass(frozen=True)
class VideoQuery:
    """Which videos, in which order; what is empty does not matter. `hours` counts back from now."""

    status: str = ""
    campaign: str = ""
    brand: str = ""
    model: str = ""
    aspect: str = ""
    text: str = ""
    review: str = ""
    hours: int = 0
    sort: str = "newest"
    offset: int = 0
    limit: int = PAGE

    def __post_init__(self) -> None:
        if self.sort not in SORTS:
            raise UnknownName("sort", self.sort, SORTS)
        if self.status and self.status not in t.JOB_STATUSES:
            raise UnknownName("status", self.status, t.JOB_STATUSES)
        if self.review and self.review not in t.VERDICTS:
            raise UnknownName("verdict", self.review, t.VERDICTS)
        for name in ("hours", "offset", "limit"):
            if not 0 <= getattr(self, name) <= 10**6:
                reason = f"{getattr(self, name)} is outside 0 to 1,000,000"
                raise InvalidInput(file="", field=name, reason=reason, remedy="leave it out")

    @classmethod
    def read(cls, query: dict[str, str]) -> VideoQuery:
        """From an address's query: names that are not ours are left alone. Raises InputError."""
        values: dict[str, Any] = {f.name: query[f.name] for f in fields(cls) if f.name in query}
        for name in {"hours", "offset", "limit"} & set(values):
            if not str(values[name]).isdecimal():
                raise InvalidInput(
                    file="",
                    field=name,
                    reason=f"'{values[name]}' is not a number",
                    remedy="write one such as 24",
                )
            values[name] = int(values[name])
        return cls(**values)


def videos(
    workspace: Workspace, filters: VideoQuery | None = None, *, now: datetime | None = None
) -> Row:
    """`total`, how many there are, and a page of `videos`, each with what it cost;
    money as text.
    """
    filters = filters or VideoQuery()
    matching = _matching(filters, now or t.now())
    query = _query().where(*matching).order_by(*SORTS[filters.sort])
    count_query = sa.select(sa.func.count()).select_from(t.generation_jobs).where(*matching)
    with workspace.db.read() as connection:
        total = connection.scalar(count_query) or 0
        jobs = (
            connection.execute(query.offset(filters.offset).limit(filters.limit)).mappings().all()
        )
        costs = records.costs_of_jobs(connection, [row["id"] for row in jobs])
        percents = jobs_queue.percents(connection, _under_way(jobs))
    present = workspace.store.present(row["object_key"] for row in jobs if row["object_key"])
    rows = [_row(row, costs[row["id"]], present, percents.get(row["id"])) for row in jobs]
    return {"total": total, "videos": rows}


def _under_way(rows: Iterable[Any]) -> list[str]:
    return [row["id"] for row in rows if row["status"] in records.OPEN_STATUSES]


def _query() -> sa.Select[Any]:
    compositions = t.compositions
    campaigns = t.campaigns
    columns = [
        _j[n] for n in ("id", "status", "kind", "prompt", "provider", "created_at", "finished_at")
    ]
    facts = [
        BRAND.label("brand"),
        ASPECT.label("aspect"),
        MODEL.label("model"),
        VERDICT.label("review"),
    ]
    facts += [_j.error, _j.campaign]
    video = [
        compositions.c[name]
        for name in ("object_key", "width", "height", "fps", "frames", "size_bytes")
    ]
    source = t.generation_jobs.outerjoin(compositions, compositions.c.job_id == _j.id)
    source = source.outerjoin(campaigns, campaigns.c.id == _j.campaign)
    return sa.select(*columns, *facts, *video, campaigns.c.name.label("campaign_name")).select_from(
        source
    )


def _matching(query: VideoQuery, now: datetime) -> list[sa.ColumnElement[bool]]:
    equal = {
        "status": _j.status,
        "campaign": _j.campaign,
        "brand": BRAND,
        "model": MODEL,
        "aspect": ASPECT,
    }
    conditions = [
        column == getattr(query, name) for name, column in equal.items() if getattr(query, name)
    ]
    if query.text:
        prompt = matches(_j.prompt, query.text)
        conditions.append(prompt | _j.id.endswith(query.text.lower(), autoescape=True))
    if query.review:
        conditions.append(_j.id.in_(_with_verdict(query.review)))
    if query.hours:
        conditions.append(_j.created_at >= now - timedelta(hours=query.hours))
    return conditions


def _with_verdict(verdict: str) -> sa.Select[Any]:
    """Jobs of which this was said last; few are reviewed, so it begins with those."""
    review_query = sa.select(_r.job_id).where(_COUNTS)
    return sa.select(_j.id).where(_j.id.in_(review_query), VERDICT.in_([verdict])).correlate(None)


def _row(row: Any, costs: dict[str, Any], present: set[str], percent: float | None) -> Row:
    error = row["error"] or {}
    return {
        "job_id": row["id"],
        **{
            name: row[name]
            for name in ("status", "kind", "brand", "aspect", "model", "campaign", "review")
        },
        "campaign_name": row["campaign_name"],
        "prompt": " ".join(row["prompt"].split()),
        "created_at": _time(row["created_at"]),
        "finished_at": _time(row["finished_at"]),
        "video": row["object_key"] if row["object_key"] in present else None,
        "width": row["width"],
        "height": row["height"],
        "seconds": _seconds(row["frames"], row["fps"]),
        "estimated_usd": money(costs["estimated"]),
        "actual_usd": money(costs["settled"]),
        "saved_usd": money(costs["saved"]),
        "percent": percent,
        "reason": error.get("message", ""),
        "remedy": error.get("remedy", ""),
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _seconds(frames: int | None, fps: str | None) -> float | None:
    return float(frames / Fraction(fps)) if frames and fps else None


def choices(workspace: Workspace) -> dict[str, list[Any]]:
    """What filters can be set to: campaigns as `(id, name)`, newest first; names that RECENT jobs
    have.
    """
    campaigns = sa.select(t.campaigns.c.id, t.campaigns.c.name).order_by(t.campaigns.c.id.desc())
    names = {"brand": BRAND, "model": MODEL, "aspect": ASPECT}
    recent = sa.select(*(value.label(name) for name, value in names.items())).order_by(_j.id.desc())
    with workspace.db.read() as connection:
        named_campaigns = [list(row) for row in connection.execute(campaigns.limit(MOST))]
        rows = connection.execute(sa.select(recent.limit(RECENT).subquery()).distinct()).all()
    values_by_name = {name: {row[n] for row in rows} for n, name in enumerate(names)}
    lists = {name: sorted(filter(None, values))[:MOST] for name, values in values_by_name.items()}
    return {
        "campaign": named_campaigns,
        "status": list(t.JOB_STATUSES),
        "review": list(t.VERDICTS),
        **lists,
    }


def video(workspace: Workspace, job_id: str) -> Row:
    """A job in full: what was asked, scenes with prompts and costs, events, what it made; or
    InvalidInput.
    """
    if len(job_id) < 6:
        reason = f"'{job_id}' is not the id of a job"
        raise InvalidInput(
            file="", field="job", reason=reason, remedy="choose a video among the results"
        )
    with workspace.db.read() as connection:
        job = records.get_job(connection, job_id)
        page = _query().where(_j.id == job["id"])
        row = connection.execute(page).mappings().one()
        costs = records.costs_of(connection, job["id"])
        scenes = _scenes(connection, job["id"])
        percents = jobs_queue.percents(connection, _under_way([row]))
        opinions = _opinions(connection, job["id"])
        events = _events(connection, job["id"])
        notebook = connection.scalar(sa.select(t.runs.c.notebook).where(t.runs.c.id == job["run"]))
    keys = [row["object_key"], *(clip_object(scene["clip_key"]) for scene in scenes)]
    present = workspace.store.present(key for key in keys if key)
    return {
        **_row(row, costs, present, percents.get(job["id"])),
        "brief": job["brief"],
        "storyboard": job["storyboard"],
        "error": job["error"],
        "planner": job["planner"],
        "size_bytes": row["size_bytes"],
        "fps": row["fps"],
        "notebook": notebook,
        **opinions,
        "scenes": [
            {**scene, "kept": clip_object(scene["clip_key"]) in present} for scene in scenes
        ],
        "events": events,
    }


def _opinions(connection: sa.Connection, job_id: str) -> Row:
    """What people say of it, to whom it is shown, and its versions."""
    reviews = connection.execute(_reviews(job_id)).mappings().all()
    return {
        "reviews": [{**review, "created_at": _time(review["created_at"])} for review in reviews],
        "comments": threads(connection, job_id),
        "shares": [share.model_dump(mode="json") for share in list_shares(connection, job_id)],
        "versions": _versions(connection, job_id),
    }


def _events(connection: sa.Connection, job_id: str) -> list[Row]:
    """What happened to it, without how far it was at each moment."""
    events = [e for e in records.events_of(connection, job_id) if e["kind"] != "progress"]
    return [{**e, "created_at": _time(e["created_at"])} for e in events[-SHOWN_EVENTS:]]


def _versions(connection: sa.Connection, job_id: str) -> list[Row]:
    """The versions of a job, oldest first; none where it is the only one."""
    ids = version_ids(connection, job_id)
    columns = (_j.id.label("job_id"), _j.status, _j.prompt, _j.created_at, VERDICT.label("review"))
    query = sa.select(*columns).where(_j.id.in_(ids)).order_by(_j.id)
    rows = connection.execute(query).mappings().all() if len(ids) > 1 else []
    return [{**row, "created_at": _time(row["created_at"])} for row in rows]


def _reviews(job_id: str) -> sa.Select[Any]:
    columns = (_r.verdict, _r.comment, _r.reviewer, _r.reviewer_id, _r.created_at)
    return (
        sa.select(*columns, _COUNTS.label("counts"))
        .where(_r.job_id == job_id)
        .order_by(_r.created_at.desc())
        .limit(SHOWN_REVIEWS)
    )


def _scenes(connection: sa.Connection, job_id: str) -> list[Row]:
    amounts: dict[int | None, dict[str, Any]] = {}
    query = sa.select(_c.scene, _c.kind, sa.func.sum(_c.amount_usd)).where(_c.job_id == job_id)
    for scene, kind, amount in connection.execute(query.group_by(_c.scene, _c.kind)):
        amounts.setdefault(scene, {})[kind] = amount
    keys = sa.select(t.clips.c.key, t.clips.c.request).join(
        t.scenes, t.scenes.c.clip_key == t.clips.c.key
    )
    requests = {
        row.key: row.request for row in connection.execute(keys.where(t.scenes.c.job_id == job_id))
    }
    return [
        {
            **{
                n: row[n]
                for n in ("position", "description", "caption", "provider", "model", "clip_key")
            },
            "cached": bool(row["cached"]),
            "seconds": None if row["cached"] else row["seconds"],
            "prompt": str(requests.get(row["clip_key"], {}).get("inputs", {}).get("prompt") or ""),
            **_amounts(amounts.get(row["position"], {})),
        }
        for row in records.scenes_of(connection, job_id)
    ]


def _amounts(kinds: dict[str, Any]) -> dict[str, str]:
    names = {"estimated_usd": "estimated", "actual_usd": "settled", "saved_usd": "saved"}
    return {name: money(kinds[kind]) if kind in kinds else "0.00" for name, kind in names.items()}


def compare_videos(workspace: Workspace, job_ids: Iterable[str]) -> list[Row]:
    """Several jobs in full, in this order, each once; raises InvalidInput for one that is not
    there.
    """
    return [video(workspace, job_id) for job_id in dict.fromkeys(job_ids)]
