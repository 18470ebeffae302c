"""The functions of `import lotus`: the same code path as the commands."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from lotus.brief import Brief
from lotus.catalog import read_catalog
from lotus.composition.encodings import check_container
from lotus.files import check_writable, copy_aside
from lotus.generate import plan_clips
from lotus.inputs import load_request, load_timeline
from lotus.job import Job
from lotus.ledger import money
from lotus.pipeline import Event, Listener, make_storyboard, render_request, resume_job
from lotus.renderer import Renderer, Step
from lotus.settings import Settings
from lotus.storyboard import Storyboard
from lotus.timeline import Timeline
from lotus.workspace import Workspace

__all__ = ["Composition", "Estimate", "SceneEstimate", "compose", "estimate", "plan", "render", "resume"]

Request = Brief | Storyboard | str | Path


def _request(what: Request) -> Brief | Storyboard:
    return load_request(str(what)) if isinstance(what, str | Path) else what


def render(
    request: Request,
    *,
    provider: str = "animatic",
    out: str | Path | None = None,
    workspace: Workspace | None = None,
    listener: Listener | None = None,
) -> Job:
    """Render a brief, a storyboard, a file that holds one, or a prompt, to a finished video.

    `out` copies the video to a file. Shows its progress where there is somebody to see it, unless a
    `listener` takes the events. Raises InputError before anything is started, WorkError if the work fails.
    """
    target = check_writable(Path(out)) if out is not None else None
    workspace = workspace or Workspace.open()
    asked = _request(request)
    with _shown(listener) as hear:
        job = render_request(asked, workspace=workspace, provider=provider, listener=hear)
    if target is not None:
        job.save(target)
    return job


def resume(
    job_id: str,
    *,
    out: str | Path | None = None,
    workspace: Workspace | None = None,
    listener: Listener | None = None,
) -> Job:
    """Carry on with a job that did not complete."""
    target = check_writable(Path(out)) if out is not None else None
    with _shown(listener) as hear:
        job = resume_job(job_id, workspace=workspace or Workspace.open(), listener=hear)
    if target is not None:
        job.save(target)
    return job


def _shown(listener: Listener | None) -> Any:
    from contextlib import nullcontext

    if listener is not None:
        return nullcontext(listener)
    from lotus.display import Progress

    return Progress()


def plan(request: Request, *, model: str | None = None) -> Storyboard:
    """The storyboard of a brief: data to look at, to edit, and to render.

    `model` is of the catalogue: scenes are then no longer than the clips it makes.
    """
    lengths = read_catalog(Settings.read().models).model(model).lengths if model is not None else ()
    return make_storyboard(_request(request), lengths=lengths)


@dataclass(frozen=True)
class SceneEstimate:
    """What one scene's clip will cost; nothing if it is cached."""

    index: int
    provider: str
    model: str
    cached: bool
    amount_usd: Decimal


@dataclass(frozen=True)
class Estimate:
    """What a rendering will cost, from the plan that the rendering itself uses."""

    scenes: tuple[SceneEstimate, ...]

    @property
    def total_usd(self) -> Decimal:
        """The sum over the scenes."""
        return sum((scene.amount_usd for scene in self.scenes), Decimal(0))

    def to_json(self) -> dict[str, Any]:
        """The document that `lotus estimate --json` prints."""
        scenes = [{**scene.__dict__, "amount_usd": money(scene.amount_usd)} for scene in self.scenes]
        return {"total_usd": money(self.total_usd), "budget_usd": None, "scenes": scenes}


def estimate(request: Request, *, provider: str = "animatic", workspace: Workspace | None = None) -> Estimate:
    """What rendering this will cost; makes nothing."""
    workspace = workspace or Workspace.open()
    plans = plan_clips(make_storyboard(_request(request)), provider, workspace.store)
    return Estimate(
        tuple(
            SceneEstimate(p.index, p.request.provider, p.request.model, p.cached, p.amount_usd) for p in plans
        )
    )


@dataclass(frozen=True)
class Composition:
    """The rendered video of a timeline."""

    output: Path
    width: int
    height: int
    fps: Fraction
    frames: int
    segments: dict[str, int]
    encoder: str  # ffmpeg's name of it
    elapsed_seconds: float

    @property
    def duration_seconds(self) -> float:
        """Length of the video."""
        return float(self.frames / self.fps)

    def to_json(self) -> dict[str, Any]:
        """The document that `lotus compose --json` prints."""
        return {
            "output": str(self.output),
            "duration_seconds": self.duration_seconds,
            "width": self.width,
            "height": self.height,
            "fps": str(self.fps),
            "frames": self.frames,
            "segments": self.segments,
            "encoder": self.encoder,
            "elapsed_seconds": round(self.elapsed_seconds, 3),
        }


def compose(
    timeline: Timeline | str | Path, out: str | Path, *, workspace: Workspace | None = None
) -> Composition:
    """Render a timeline to a file; only segments that are missing in the store are rendered."""
    began = time.monotonic()
    target = check_writable(Path(out))
    workspace = workspace or Workspace.open()
    if not isinstance(timeline, Timeline):
        timeline = load_timeline(Path(timeline))
    suffix = check_container(timeline.encoding, target)
    renderer = Renderer(workspace.store, workspace.ffmpeg, cache=workspace.cache, stop=workspace.stop)
    with _shown(None) as hear, workspace.folder() as folder:

        def step(step: Step) -> None:
            hear(Event("frames", asdict(step)))

        rendered = renderer.render(renderer.plan(timeline, suffix), folder, step)
        copy_aside(rendered.path, target)
    layout = rendered.plan.layout
    return Composition(
        output=target,
        width=layout.width,
        height=layout.height,
        fps=layout.rate,
        frames=layout.frames,
        segments={
            "total": len(rendered.plan.segments),
            "rendered": rendered.rendered,
            "reused": rendered.reused,
        },
        encoder=rendered.plan.canvas.codec_options["c:v"],
        elapsed_seconds=time.monotonic() - began,
    )
