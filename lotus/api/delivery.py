"""A job or a timeline, ready for the platforms that show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from lotus.api.interchange import source_of
from lotus.api.stopping import stoppable
from lotus.delivery.deliver import Delivery, check_delivery, deliver_to
from lotus.delivery.platforms import platforms_named
from lotus.delivery.reframe import Captions
from lotus.display.progress import progress_here
from lotus.documents.calls import explained_call
from lotus.documents.timeline import Timeline
from lotus.errors import InvalidInput, UnknownName
from lotus.pipeline.job import Job
from lotus.pipeline.progress import Event
from lotus.rendering.planner import RenderPlan
from lotus.rendering.renderer import RenderStep
from lotus.workspace import Workspace

__all__ = ["deliver"]


@explained_call
def deliver(
    what: Job | Timeline | str | Path | Mapping[str, Any],
    platforms: str | Iterable[str],
    out: str | Path = ".",
    *,
    captions: Captions | None = None,
    check: bool = False,
    workspace: Workspace | None = None,
) -> tuple[Delivery, ...]:
    """Write a finished job or a timeline for platforms: `deliver(job, "youtube,reels", "out")`.

    Each file gets the platform's shape, loudness, bitrate, captions and thumbnail. It is made of
    the existing clips, so nothing is paid.

    Parameters
    ----------
    what
        A finished job, its id, a Timeline, or the file of one.
    platforms
        `youtube`, `shorts`, `reels`, `tiktok`, `linkedin`, `tv`; several in a list, or with commas.
    out
        The folder for the files.
    captions
        `burned`, `beside` (.srt) or `both`; default: as the platform asks.
    check
        Only check what the platform would refuse; render nothing.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    tuple of Delivery
        One for each platform: its files, its measured values, and in `refused` what the platform
        would refuse.

    Raises
    ------
    InputError
        If the input is wrong; nothing was rendered.
    """
    choice = platforms_named(platforms)
    if captions is not None and captions not in get_args(Captions):
        raise UnknownName("way of captions", captions, get_args(Captions))
    folder = _folder(Path(out), check)
    workspace = workspace or Workspace.open()
    source = source_of(what, workspace)
    if check:
        return tuple(check_delivery(source.timeline, one, workspace) for one in choice)
    with stoppable(workspace), progress_here() as progress:

        def on_step(step: RenderStep) -> None:
            progress(Event("frames", asdict(step)))

        def on_plan(plan: RenderPlan) -> None:
            pieces = {"segments": len(plan.segments), "to_render": len(plan.missing)}
            progress(Event("stage", {"stage": "composing", **pieces}))

        return tuple(
            deliver_to(
                source.timeline,
                platform,
                folder,
                workspace,
                captions=captions,
                poster_seconds=source.poster_seconds,
                on_plan=on_plan,
                on_step=on_step,
            )
            for platform in choice
        )


def _folder(out: Path, check: bool) -> Path:
    """The folder, made if it is not there."""
    folder = out.expanduser().absolute()
    if check:
        return folder
    try:
        folder.mkdir(exist_ok=True)
    except OSError as exc:
        reason = exc.strerror or "cannot be made"
        remedy = "name a folder in one that is there"
        raise InvalidInput(file=str(out), field="out", reason=reason, remedy=remedy) from exc
    return folder
