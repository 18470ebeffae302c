"""A job as people see it: what it made, from what, for how much."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import sqlalchemy as sa
from pydantic import ConfigDict, Field, PlainSerializer, PrivateAttr

from lotus.db import records
from lotus.db.leases import is_held
from lotus.documents.base import ReadOnlyResult
from lotus.documents.calls import explained_call
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline
from lotus.errors import WorkError
from lotus.money.ledger import Cost, Ledger, Usd
from lotus.pipeline.clips import Clip, contact_sheet
from lotus.pipeline.drift import SceneDrift, drifting
from lotus.pipeline.edits import Proposal, propose
from lotus.pipeline.labels import Labels, save_labels
from lotus.pipeline.options import RenderOptions
from lotus.pipeline.versions import version_ids
from lotus.store.uploads import local
from lotus.system.owner import this_process
from lotus.workspace import Workspace

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL.Image import Image

__all__ = ["RESULT", "Job", "Moment", "SceneResult", "read_job", "scene_results", "worked_on"]


RESULT = frozenset(  # the fields of the document that `lotus render --json` prints
    {
        *("id", "status", "output", "duration_seconds", "width", "height", "fps", "frames"),
        *("scenes", "segments", "cost", "elapsed_seconds"),
    }
)


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def _event(event: dict[str, Any]) -> dict[str, Any]:
    return {"kind": event["kind"], "data": event["data"], "at": event["created_at"].isoformat()}


Moment = Annotated[datetime, PlainSerializer(datetime.isoformat, str, when_used="json")]
JobEvent = Annotated[dict[str, Any], PlainSerializer(_event, when_used="json")]


class _Origin:
    """Where the bytes of a job are; no part of the job's value, and left behind by pickling."""

    def __init__(self) -> None:
        self.workspace_used: Workspace | None = None

    def workspace(self) -> Workspace:
        """The workspace that read the job, or else that of the environment."""
        return self.workspace_used or Workspace.open()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Origin)

    def __hash__(self) -> int:
        return 0

    def __reduce__(self) -> tuple[Any, ...]:
        return (_Origin, ())


class SceneResult(ReadOnlyResult, frozen=True):
    """One scene of a job; its JSON has money as text."""

    index: int
    description: str
    caption: str | None
    clip_key: str
    provider: str
    model: str
    cached: bool
    cost_usd: Usd
    seconds: Annotated[float | None, PlainSerializer(_round, float | None, when_used="json")] = (
        Field(description="that making the clip took; null if it was there, or is not made yet")
    )

    _origin: _Origin = PrivateAttr(default_factory=_Origin)

    @property
    def clip(self) -> Clip:
        """The scene's clip, as frames and arrays; raises StoreError if it is not there."""
        from lotus.generation.plan import clip_object

        path = self._origin.workspace().store.path(clip_object(self.clip_key))
        return Clip(path, str(path))


class Job(ReadOnlyResult):
    """One request: its video, its scenes and what it cost.

    Its JSON is the document that `lotus jobs show --json` prints.

    Attributes
    ----------
    id
        Id of the job.
    status
        queued, planning, generating, composing, completed, failed or cancelled.
    output
        The video file, or None.
    poster
        A picture of it, or None.
    duration_seconds
        Length of the video in seconds.
    width
        Width in pixels.
    height
        Height in pixels.
    fps
        Frames a second.
    frames
        Number of frames.
    scenes
        Each scene with its clip and cost.
    segments
        Numbers of rendered and reused segments.
    cost
        Estimated, actual, saved and lost US dollars, as Decimal.
    elapsed_seconds
        Time that the job took, in seconds.
    kind
        ad, music_video or timeline.
    prompt
        Prompt of the brief.
    provider
        Provider of the clips.
    created_at
        When it was created (UTC).
    finished_at
        When it ended (UTC), or None.
    storyboard
        The plan, or None if the job has no storyboard: planning did not finish.
    events
        What happened, in order.
    error
        The error of a failed job, or None.
    name
        Name that `label` gave it.
    tags
        Tags that `label` gave it.
    note
        Note that `label` gave it.
    parent
        Id of the job that this is another version of, or None.
    """

    model_config = ConfigDict(frozen=True, serialize_by_alias=True)
    _items: ClassVar[str] = "scenes"

    id: str = Field(serialization_alias="job_id")
    status: str
    output: Path | None = None
    poster: Path | None = Field(default=None, exclude=True)
    duration_seconds: float = 0.0
    width: int = 0
    height: int = 0
    fps: Fraction = Fraction(0)
    frames: int = 0
    scenes: tuple[SceneResult, ...]
    segments: dict[str, int] = Field(default_factory=dict)
    cost: Cost
    elapsed_seconds: Annotated[float, PlainSerializer(_round, float, when_used="json")] = 0.0
    kind: str
    prompt: str
    provider: str
    created_at: Moment
    finished_at: Moment | None
    storyboard: Storyboard | None
    events: tuple[JobEvent, ...] = ()
    error: dict[str, Any] | None
    name: str = Field(default="", exclude=True)
    tags: tuple[str, ...] = Field(default=(), exclude=True)
    note: str = Field(default="", exclude=True)
    parent: str | None = Field(default=None, exclude=True)

    _origin: _Origin = PrivateAttr(default_factory=_Origin)

    def model_post_init(self, context: Any, /) -> None:
        """Connect the scenes with the workspace of the job; pydantic calls it.

        Parameters
        ----------
        context
            Not used.
        """
        for scene in self.scenes:
            scene._origin = self._origin

    @property
    def timeline(self) -> Timeline:
        """The timeline that the video was composed from, to edit and compose again."""
        from lotus.pipeline.outputs import timeline_object

        self._check_completed()
        document = self._origin.workspace().store.read(timeline_object(self.id))
        return Timeline.model_validate_json(document)

    @property
    def clip(self) -> Clip:
        """The whole video, as frames and arrays."""
        return Clip(self._check_completed(), str(self.output))

    @explained_call
    def audio(self) -> NDArray[np.float32]:
        """Read the sound of the video.

        Returns
        -------
        numpy.ndarray
            Shape (samples, 2), float32 from -1 to 1, at 48 kHz.

        Raises
        ------
        WorkError
            If the job has no video.
        """
        return self.clip.audio()

    @explained_call
    def contact_sheet(self, columns: int = 4) -> Image:
        """Draw a frame of each scene, in rows, as one picture.

        Parameters
        ----------
        columns
            Pictures in a row.

        Returns
        -------
        PIL.Image.Image
            The sheet.

        Raises
        ------
        InvalidInput
            If `columns` is below 1.
        """
        return contact_sheet((scene.clip for scene in self.scenes), columns)

    def _check_completed(self) -> Path:
        if self.output is None:
            raise WorkError(
                reason=f"job {self.id} has no video",
                remedy=f"continue with `lotus jobs resume {self.id}`",
            )
        return self.output

    @explained_call
    def save(self, path: str | Path) -> Path:
        """Copy the video to a file. The file appears whole, or not at all.

        Parameters
        ----------
        path
            The new file.

        Returns
        -------
        pathlib.Path
            The file that was written.

        Raises
        ------
        InvalidInput
            If the file cannot be written.
        WorkError
            If the job has no video.
        """
        from lotus.documents.reading import check_video_name
        from lotus.system.files import copy_aside

        target = check_video_name(Path(path), "path")
        return copy_aside(self._check_completed(), target)

    @explained_call
    def bundle(self, path: str | Path) -> Path:
        """Write a .zip that reproduces the video elsewhere: `lotus.reproduce("ad.zip")`.

        It holds the video, the files that it was made from, and the clips that cannot be made
        again.

        Parameters
        ----------
        path
            The .zip file.

        Returns
        -------
        pathlib.Path
            The file that was written.

        Raises
        ------
        InvalidInput
            If the file cannot be written.
        WorkError
            If the job has no video.
        """
        from lotus.pipeline.bundle import write_bundle
        from lotus.system.files import check_writable

        video = self._check_completed()
        workspace = self._origin.workspace()
        source = self.storyboard if self.storyboard is not None else self.timeline
        document = local(source, workspace.store)[0].model_dump(mode="json")
        return write_bundle(workspace, video, document, check_writable(Path(path), "path"))

    @explained_call
    def label(
        self,
        *,
        name: str | None = None,
        tags: Iterable[str] | str | None = None,
        note: str | None = None,
    ) -> Job:
        """Name, tag or annotate the job; `lotus.jobs()` shows and filters by it.

        Arguments that are left out change nothing; empty ones remove.

        Parameters
        ----------
        name
            Name of the job.
        tags
            Tags, as a list or one text.
        note
            A note in a sentence or more.

        Returns
        -------
        Job
            The job with its new labels.

        Raises
        ------
        InvalidInput
            If a label is too long.
        """
        workspace = self._origin.workspace()
        workspace.db.run(save_labels, self.id, name=name, tags=tags, note=note)
        return read_job(workspace, self.id)

    @explained_call
    def with_scene(self, number: int, **changes: Any) -> Storyboard:
        """Change a scene of the job's storyboard; rendering the result makes only that scene again.

        Parameters
        ----------
        number
            The scene, counted from 1.
        **changes
            New values of the scene's fields.

        Returns
        -------
        Storyboard
            The changed storyboard.

        Raises
        ------
        InvalidInput
            If there is no such scene, or a field is wrong.
        WorkError
            If the job has no storyboard: planning did not finish.
        """
        if self.storyboard is None:
            raise WorkError(
                reason=f"job {self.id} has no storyboard: planning did not finish",
                remedy="render its brief again",
            )
        return self.storyboard.with_scene(number, **changes)

    @explained_call
    def versions(self) -> tuple[Job, ...]:
        """List all versions of this video, the oldest first.

        Returns
        -------
        tuple of Job
            All jobs that are linked by `parent`, with edits that the service made and
            this job among them; at most the newest 50.
        """
        workspace = self._origin.workspace()
        return tuple(read_job(workspace, one) for one in workspace.db.ask(version_ids, self.id))

    @explained_call
    def drift(self) -> tuple[SceneDrift, ...]:
        """Measure how far each scene's middle frame is from the others, in colours and shapes.

        Returns
        -------
        tuple of SceneDrift
            One for each scene. Where `drifts` is true, look whether people and things are still the
            same.
        """
        clips = [scene.clip for scene in self.scenes]
        return drifting(
            [clip.frames(every=1 << 30, start=clip.frame_count // 2)[0] for clip in clips]
        )

    @explained_call
    def edit(
        self, words: str, *, provider: str | None = None, model: str | None = None
    ) -> Proposal:
        """Edit the job's storyboard in words: `job.edit("make the second scene shorter")`.

        Nothing is rendered.

        Parameters
        ----------
        words
            What to change.
        provider
            Provider of the clips: `animatic` (free), `replicate`, or one that you registered.
            Default: `replicate` if `model` is given, otherwise `animatic`.
        model
            A hosted model of the catalogue.

        Returns
        -------
        Proposal
            The operations, what was not understood, the price, and the storyboard to render.

        Raises
        ------
        InvalidInput
            If the words name a scene that does not exist.
        WorkError
            If the job has no storyboard: planning did not finish.
        """
        if self.storyboard is None:
            raise WorkError(
                reason=f"job {self.id} has no storyboard: planning did not finish",
                remedy="render its brief again",
            )
        options = RenderOptions.of(provider, model)
        return propose(self.storyboard, words, options, self._origin.workspace())


def worked_on(row: records.Row) -> bool:
    """Whether another process is at the job."""
    return row["owner"] != this_process() and is_held(row)


def read_job(workspace: Workspace, job_id: str, *, elapsed_seconds: float | None = None) -> Job:
    """The job as the database and the store have it now."""
    row, scenes, composition, cost, events = workspace.db.ask(_all_of, job_id)
    video = _video(workspace, composition) if composition is not None else {}
    labels = Labels.of(row["labels"])
    if elapsed_seconds is not None:
        video["elapsed_seconds"] = elapsed_seconds
    job = Job(
        id=row["id"],
        status=row["status"],
        kind=row["kind"],
        prompt=row["prompt"],
        provider=row["provider"],
        storyboard=Storyboard.model_validate(row["storyboard"]) if row["storyboard"] else None,
        scenes=scenes,
        cost=cost,
        created_at=row["created_at"],
        finished_at=row["finished_at"],
        error=row["error"],
        events=tuple(events),
        name=labels.name,
        tags=labels.tags,
        note=labels.note,
        parent=row["parent"],
        **video,
    )
    job._origin.workspace_used = workspace
    return job


def _all_of(connection: sa.Connection, job_id: str) -> tuple[Any, ...]:
    """The rows of a job, seen at one moment."""
    row = records.get_job(connection, job_id)
    own = row["id"]
    composition = records.composition_of(connection, own)
    cost = Ledger(connection, own).cost()
    return (
        row,
        scene_results(connection, own),
        composition,
        cost,
        records.events_of(connection, own),
    )


def scene_results(connection: sa.Connection, job_id: str) -> tuple[SceneResult, ...]:
    """The scenes of a job, in order."""
    costs = records.spent_by_scene(connection, job_id)
    return tuple(
        SceneResult(
            index=row["position"],
            description=row["description"],
            caption=row["caption"],
            clip_key=row["clip_key"],
            provider=row["provider"],
            model=row["model"],
            cached=row["cached"],
            cost_usd=costs.get(row["position"], Decimal(0)),
            seconds=None if row["cached"] else row["seconds"],
        )
        for row in records.scenes_of(connection, job_id)
    )


def _video(workspace: Workspace, row: records.Row) -> dict[str, Any]:
    poster = row["object_key"].replace("final.mp4", "poster.jpg")
    store = workspace.store
    return {
        "output": store.path(row["object_key"]) if store.exists(row["object_key"]) else None,
        "poster": store.path(poster) if store.exists(poster) else None,
        "width": row["width"],
        "height": row["height"],
        "fps": Fraction(row["fps"]),
        "frames": row["frames"],
        "duration_seconds": float(row["frames"] / Fraction(row["fps"])),
        "segments": {
            "total": row["segments_total"],
            "rendered": row["segments_rendered"],
            "reused": row["segments_total"] - row["segments_rendered"],
        },
        "elapsed_seconds": row["elapsed_seconds"],
    }
