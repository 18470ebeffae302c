"""A job or a timeline, written as a cut for an editing suite."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lotus.api.stopping import stoppable
from lotus.documents.calls import explained_call
from lotus.documents.reading import as_timeline
from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput
from lotus.interchange.cut import is_cut
from lotus.interchange.export import CutExport, check_format, export_cut
from lotus.interchange.reading import read_cut
from lotus.pipeline.job import Job, read_job
from lotus.rendering.renderer import Renderer
from lotus.store.uploads import local
from lotus.workspace import Workspace

__all__ = ["FinishedSource", "export", "source_of"]

POSTER_AT = 0.7  # of the first scene, when it is established
TIMELINES = (".json", ".yaml", ".yml", ".toml")


@explained_call
def export(
    what: Job | Timeline | str | Path | Mapping[str, Any],
    out: str | Path,
    *,
    workspace: Workspace | None = None,
) -> CutExport:
    """Write a finished job or a timeline as a cut for an editing suite, with its media beside it.

    Parameters
    ----------
    what
        A finished job, its id, a Timeline, or the file of one.
    out
        The cut: .otio, .edl, .fcpxml, or .xml (Final Cut Pro 7).
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    CutExport
        The files, and in `not_held` a line for each thing that the format cannot express.

    Raises
    ------
    InputError
        If the input is wrong; nothing was written.
    """
    target = check_format(Path(out))
    workspace = workspace or Workspace.open()
    source = source_of(what, workspace)
    renderer = Renderer.of(workspace)
    with stoppable(workspace), workspace.folder() as folder:
        try:
            return export_cut(source.timeline, target, renderer, folder, source.titles)
        except InvalidInput as error:
            if source.file and not error.facts.get("file"):
                error.facts["file"] = source.file
            raise


@dataclass(frozen=True)
class FinishedSource:
    """A timeline that is to leave lotus: that of a job, or a file's."""

    timeline: Timeline
    titles: tuple[str, ...] = ()  # of its clips
    file: str = ""  # that it was read from
    poster_seconds: float | None = None  # a frame that stands for it


def source_of(
    what: Job | Timeline | str | Path | Mapping[str, Any], workspace: Workspace
) -> FinishedSource:
    """The timeline of a finished job, of its id, or of a file; raises InputError or WorkError."""
    if isinstance(what, Job) or _is_id(what):
        job = what if isinstance(what, Job) else read_job(workspace, str(what))
        timeline = local(job.timeline, workspace.store)[0]
        titles = tuple(scene.description for scene in job.scenes)
        board = job.storyboard
        poster = board.scenes[0].duration_seconds * POSTER_AT if board is not None else None
        return FinishedSource(timeline, titles, poster_seconds=poster)
    if is_cut(what):
        assert isinstance(what, str | Path)
        return FinishedSource(read_cut(Path(what), workspace.cache)[0], file=str(what))
    timeline, file = as_timeline(what)
    return FinishedSource(timeline, file=file)


def _is_id(what: object) -> bool:
    """Whether a text is a job's id, or a part of one, and not a file."""
    return isinstance(what, str) and Path(what).suffix.lower() not in TIMELINES and not is_cut(what)
