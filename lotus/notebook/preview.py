"""A scene to look at before its video is rendered: small, free, and never a prediction."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.documents.storyboard import Storyboard
from lotus.generation.plan import ClipPlan, clip_object, plan_clips
from lotus.pipeline.clips import Clip
from lotus.pipeline.options import RenderOptions
from lotus.providers.base import ClipRequest, Tools
from lotus.providers.footage import Footage, cut_request
from lotus.providers.prediction import PredictionProvider
from lotus.workspace import Workspace

__all__ = ["Preview", "SceneFrame", "preview_scene", "scene_frames"]

SIDE = 480
INSTANT = ("animatic", "footage")  # makers that take no time, and whose frames need no clip
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
    if isinstance(plan.maker, PredictionProvider) and not plan.cached:
        plan = plan_clips(storyboard, workspace.store, workspace.providers)[number - 1]
        kind = "draft"
    with workspace.folder() as folder:
        return Preview(_video(plan, _small(plan.request), workspace, folder), kind)


@dataclass(frozen=True)
class SceneFrame:
    """The picture of a scene: `key` names it, `draw` makes it, as the bytes of a PNG."""

    key: str
    draw: Callable[[], bytes]


def scene_frames(
    storyboard: Storyboard,
    workspace: Workspace,
    *,
    provider: str | None = None,
    model: str | None = None,
) -> list[SceneFrame]:
    """A picture a scene: of its clip if somebody made it, or else drawn. Keeps and pays nothing."""
    options = RenderOptions.of(provider, model)
    near = (storyboard, workspace.store, workspace.providers)
    plans = plan_clips(*near, options.provider, options.model)
    drafts = plan_clips(*near)
    return [_frame(plan, draft, workspace) for plan, draft in zip(plans, drafts, strict=True)]


def _frame(plan: ClipPlan, draft: ClipPlan, workspace: Workspace) -> SceneFrame:
    if plan.cached and plan.request.provider not in INSTANT:
        clip = workspace.store.path(clip_object(plan.key))
        return SceneFrame(plan.key, lambda: _png(clip))
    # a picture does not depend on how long it stands
    request = replace(_small(draft.request), frames=1)

    def draw() -> bytes:
        with workspace.folder() as folder:
            video = folder / "frame.mp4"
            video.write_bytes(_video(replace(draft, cached=False), request, workspace, folder))
            return _png(video)

    return SceneFrame(request.key, draw)


def _png(video: Path) -> bytes:
    picture = io.BytesIO()
    Clip(video, str(video)).pil(0).save(picture, "PNG")
    return picture.getvalue()


def _video(plan: ClipPlan, request: ClipRequest, workspace: Workspace, folder: Path) -> bytes:
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
