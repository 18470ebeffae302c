"""Compositions: what was rendered, and its files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import sqlalchemy as sa

from lotus.db import tables as t
from lotus.db.records import Row
from lotus.server.answers import CompositionAnswer, StoredFile
from lotus.server.calls.owners import visible
from lotus.server.calls.views import API
from lotus.server.refusals import Refusal
from lotus.server.routes import ApiRequest

__all__ = ["FILES", "file", "show"]

FILES = ("final.mp4", "poster.jpg", "captions.srt")  # those that name no file of this machine


def show(ask: ApiRequest) -> CompositionAnswer:
    """One composition, with the files that it has now."""
    row = _row(ask)
    base = Path(row["object_key"]).parent.as_posix()
    store = ask.service.workspace.store
    there = store.present(f"{base}/{name}" for name in FILES)
    here = f"{API}/compositions/{row['job_id']}"
    return CompositionAnswer(
        id=row["job_id"],
        width=row["width"],
        height=row["height"],
        fps=row["fps"],
        frames=row["frames"],
        duration_seconds=float(row["frames"] / Fraction(row["fps"])),
        size_bytes=row["size_bytes"],
        segments={
            "total": row["segments_total"],
            "rendered": row["segments_rendered"],
            "reused": row["segments_total"] - row["segments_rendered"],
        },
        created_at=row["created_at"],
        files=tuple(
            StoredFile(name=name, href=f"{here}/{name}")
            for name in FILES
            if f"{base}/{name}" in there
        ),
    )


def file(ask: ApiRequest) -> str:
    """The object of one of its files."""
    name = ask.path["file"]
    if name not in FILES:
        raise Refusal(status=404, reason=f"no file {name}", remedy=f"there are {', '.join(FILES)}")
    return f"{Path(_row(ask)['object_key']).parent.as_posix()}/{name}"


def _row(ask: ApiRequest) -> Row:
    own = sa.select(t.generation_jobs.c.id).where(visible(ask.token))
    mine = (t.compositions.c.job_id == ask.path["id"]) & t.compositions.c.job_id.in_(own)
    with ask.service.workspace.db.read() as connection:
        row = connection.execute(sa.select(t.compositions).where(mine)).mappings().first()
    if row is None:
        remedy = "wait until its generation is completed"
        raise Refusal(status=404, reason=f"no composition {ask.path['id']}", remedy=remedy)
    return dict(row)
