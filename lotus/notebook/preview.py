"""A scene to look at before its video is rendered: small, free, and never a prediction."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.documents.storyboard import Storyboard
from lotus.generation.plan import ClipPlan, clip_object, plan_clips
from lotus.pipeline.options import RenderOptions
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.footage import Footage, cut_request
from lotus.providers.hosted import Hosted
from lotus.workspace import Workspace

__all__ = ["Preview", "preview_scene"]

SIDE = 480
FPS = Fraction(12)
WHOLE: dict[str, Any] = {"start_seconds": 0.0, "camera": "static", "fit": "cover"}


@dataclass(frozen=True)
class Preview:
    """A small MP4, and what it shows: `clip` the clip that the video will have, `draft` the
    animatic's.
    """

    video: bytes
    kind: str


def preview_scene(
    storyboard: Storyboard,
    number: int,
    *,
    workspace: Workspace,
    provider: str | None = None,
    model: str | None = None,
) -> Preview:
    """Scene `number`, counted from 1: its clip if there is one, a drawing of it if a model is to
    make it.

    Keeps and pays nothing. Raises InputError, WorkError.
    """
    options = RenderOptions.of(provider, model)
    kind = "clip"
    plans = plan_clips(
        storyboard, workspace.store, workspace.providers, options.provider, options.model
    )
    plan = plans[number - 1]
    if isinstance(plan.maker, Hosted) and not plan.cached:
        plan = plan_clips(storyboard, workspace.store, workspace.providers)[number - 1]
        kind = "draft"
    with workspace.folder() as folder:
        return Preview(_made(plan, workspace, folder), kind)


def _made(plan: ClipPlan, workspace: Workspace, folder: Path) -> bytes:
    request = _small(plan.request)
    output = folder / "preview.mp4"
    tools = Tools(workspace.ffmpeg, folder, workspace.stop, lambda frames: None)
    if plan.cached:
        size = (request.width, request.height)
        path = workspace.store.path(clip_object(plan.key))
        Footage().make(cut_request(path, plan.key, WHOLE, size, FPS, request.frames), output, tools)
    else:
        plan.maker.make(request, output, tools)
    return output.read_bytes()


def _small(request: ClipRequest) -> ClipRequest:
    """The same clip with SIDE pixels along its longer side, and FPS frames a second."""
    scale = Fraction(SIDE, max(request.width, request.height))
    width, height = (2 * round(side * scale / 2) for side in (request.width, request.height))
    frames = max(1, round(request.frames * FPS / request.fps))
    return replace(request, width=width, height=height, fps=FPS, frames=frames)
