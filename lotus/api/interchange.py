"""A job or a timeline, written as a cut for an editing suite."""

from __future__ import annotations

from collections.abc import Mapping
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

__all__ = ["export"]

TIMELINES = (".json", ".yaml", ".yml", ".toml")


@explained_call
def export(
    what: Job | Timeline | str | Path | Mapping[str, Any],
    out: str | Path,
    *,
    workspace: Workspace | None = None,
) -> CutExport:
    """Write a finished job, or a timeline, as a cut for an editing suite, with its media beside it.

    The suffix of `out` names the format: .otio, .edl, .fcpxml or .xml. `not_held` of what is
    returned has a line for each thing that the format does not hold. Raises InputError before
    anything is written.
    """
    target = check_format(Path(out))
    workspace = workspace or Workspace.open()
    timeline, titles, file = _source(what, workspace)
    renderer = Renderer.of(workspace)
    with stoppable(workspace), workspace.folder() as folder:
        try:
            return export_cut(timeline, target, renderer, folder, titles)
        except InvalidInput as error:
            if file and not error.facts.get("file"):
                error.facts["file"] = file
            raise


def _source(
    what: Job | Timeline | str | Path | Mapping[str, Any], workspace: Workspace
) -> tuple[Timeline, tuple[str, ...], str]:
    """The timeline to write, what its clips are called, and the file that it came from."""
    if isinstance(what, Job) or _is_id(what):
        job = what if isinstance(what, Job) else read_job(workspace, str(what))
        timeline = local(job.timeline, workspace.store)[0]
        return timeline, tuple(scene.description for scene in job.scenes), ""
    if is_cut(what):
        assert isinstance(what, str | Path)
        return read_cut(Path(what), workspace.cache)[0], (), str(what)
    timeline, file = as_timeline(what)
    return timeline, (), file


def _is_id(what: object) -> bool:
    """Whether a text is a job's id, or a part of one, and not a file."""
    return isinstance(what, str) and Path(what).suffix.lower() not in TIMELINES and not is_cut(what)
