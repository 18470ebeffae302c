"""Keeps a finished composition: the video and what belongs beside it, then the row that says it is
there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa

from lotus.composition.captions.subtitles import srt
from lotus.composition.graphs import poster_args
from lotus.composition.segments import place_captions
from lotus.db import records
from lotus.db import tables as t
from lotus.documents.storyboard import Storyboard
from lotus.pipeline.provenance import Provenance
from lotus.rendering.renderer import RenderedVideo
from lotus.workspace import Workspace

__all__ = ["delete_outputs", "is_reusable", "reuse_outputs", "store_outputs", "timeline_object"]

ORIGIN = "provenance.json"
BESIDE = ("poster.jpg", "timeline.json", "storyboard.json", "captions.srt", ORIGIN)
VIDEO = "final.mp4"


def timeline_object(job_id: str) -> str:
    """Where the timeline of a composition is kept."""
    return f"{_base(job_id)}/timeline.json"


def store_outputs(
    workspace: Workspace,
    job_id: str,
    video: RenderedVideo,
    storyboard: Storyboard | None,
    origin: Provenance,
    folder: Path,
) -> None:
    """Keep what was rendered in `folder`; the row comes last, when all of it is there."""
    base = _base(job_id)
    plan = video.plan
    moment = storyboard.scenes[0].duration_seconds * 0.7 if storyboard is not None else None
    _poster(workspace, video, moment, folder / "poster.jpg")
    (folder / "timeline.json").write_text(plan.timeline.model_dump_json(indent=2), encoding="utf-8")
    if storyboard is not None:
        (folder / "storyboard.json").write_text(
            storyboard.model_dump_json(indent=2), encoding="utf-8"
        )
    captions = srt(place_captions(plan.timeline), plan.timeline.fps)
    (folder / "captions.srt").write_text(captions, encoding="utf-8")
    (folder / ORIGIN).write_text(_text(origin), encoding="utf-8")
    for name in BESIDE:
        if (folder / name).exists():
            workspace.store.put(folder / name, f"{base}/{name}")
    workspace.store.put(video.path, f"{base}/{VIDEO}")
    segments = [_segment_row(workspace, video, i) for i in plan.missing]
    workspace.db.run(_write_rows, _composition_row(job_id, video), segments, set(plan.keys))


def _write_rows(
    connection: sa.Connection, row: records.Row, new: list[records.Row], keys: set[str]
) -> None:
    """The rows of a composition and of its segments: those that are new, and those that were used
    again.
    """
    for segment in new:
        records.record_segment(connection, segment)
    records.touch(connection, t.segments, keys - {segment["key"] for segment in new})
    records.save_composition(connection, row)


def is_reusable(workspace: Workspace, composition: records.Row, origin: Provenance) -> bool:
    """Whether the file of an earlier composition is there, and says what this one has to say."""
    old = Path(composition["object_key"]).parent.as_posix()
    store = workspace.store
    present = store.present([composition["object_key"], f"{old}/{ORIGIN}"])
    return len(present) == 2 and store.read(f"{old}/{ORIGIN}").decode() == _text(origin)


def _text(origin: Provenance) -> str:
    return origin.model_dump_json(indent=2)


def reuse_outputs(workspace: Workspace, job_id: str, composition: records.Row) -> None:
    """The same composition was made before: its objects serve this job too."""
    old = Path(composition["object_key"]).parent.as_posix()
    base = _base(job_id)
    for name in (*BESIDE, VIDEO):
        if workspace.store.exists(f"{old}/{name}"):
            workspace.store.copy(f"{old}/{name}", f"{base}/{name}")
    row = {**composition, "job_id": job_id, "object_key": f"{base}/{VIDEO}"}
    row |= {"segments_rendered": 0, "elapsed_seconds": 0.0, "created_at": t.now()}
    workspace.db.run(records.save_composition, row)


def delete_outputs(workspace: Workspace, job_id: str) -> None:
    """Remove the video of a job and what lies beside it."""
    for name in (VIDEO, *BESIDE):
        workspace.store.delete(f"{_base(job_id)}/{name}")


def _base(job_id: str) -> str:
    return f"compositions/{job_id}"


def _poster(workspace: Workspace, video: RenderedVideo, seconds: float | None, path: Path) -> None:
    """The frame at so many seconds, or in the middle if that is earlier."""
    layout = video.plan.layout
    middle = float(layout.frames / layout.rate) / 2
    at = middle if seconds is None else min(middle, seconds)
    workspace.ffmpeg.run(poster_args(video.path, at, path), what="poster", stop=workspace.stop)


def _composition_row(job_id: str, video: RenderedVideo) -> dict[str, Any]:
    plan = video.plan
    timeline = video.plan.timeline
    return {
        "job_id": job_id,
        "key": plan.key,
        "object_key": f"{_base(job_id)}/{VIDEO}",
        "width": timeline.width,
        "height": timeline.height,
        "fps": str(timeline.fps),
        "frames": plan.layout.frames,
        "size_bytes": video.path.stat().st_size,
        "segments_total": len(plan.segments),
        "segments_rendered": video.rendered,
        "elapsed_seconds": video.seconds,
    }


def _segment_row(workspace: Workspace, video: RenderedVideo, index: int) -> dict[str, Any]:
    key = video.plan.keys[index]
    path = workspace.store.path(video.plan.object(key))
    return {
        "key": key,
        "frames": video.plan.segments[index].frames,
        "size_bytes": path.stat().st_size,
        "seconds": video.segment_seconds.get(key, 0.0),
    }
