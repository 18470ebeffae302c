"""Timeline -> file: the composition, or a preview of it, with its subtitles; and what that would
take.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, Field, PlainSerializer

from lotus.api.stopping import stoppable
from lotus.composition.captions.subtitles import SUBTITLES
from lotus.composition.explain import Fate, explain_segments, explain_sound
from lotus.composition.previews import PREVIEWS, preview_args
from lotus.composition.segments import Segment, place_captions
from lotus.display.progress import progress_here
from lotus.documents.calls import explained_call
from lotus.documents.reading import as_timeline
from lotus.documents.timeline import Timeline
from lotus.errors import InputError, InvalidInput
from lotus.interchange.cut import CutFile, is_cut
from lotus.media.encodings import CODECS, check_container
from lotus.pipeline.progress import Event
from lotus.rendering.history import load_history
from lotus.rendering.planner import RenderPlan
from lotus.rendering.renderer import RenderedVideo, Renderer, RenderStep
from lotus.rendering.sources import STORE_PREFIX
from lotus.system.files import check_writable, copy_aside, write_aside
from lotus.workspace import Workspace

__all__ = [
    "Composition",
    "Explanation",
    "SegmentExplanation",
    "compose",
    "explain",
    "read_timeline",
]


class Composition(BaseModel, frozen=True):
    """The rendered video of a timeline."""

    output: Path
    duration_seconds: float
    width: int
    height: int
    fps: Fraction
    frames: int
    segments: dict[str, int]
    encoder: str  # ffmpeg's name of it
    elapsed_seconds: Annotated[
        float, PlainSerializer(lambda seconds: round(seconds, 3), float, when_used="json")
    ]
    warnings: tuple[str, ...] = Field(
        default=(),
        exclude_if=lambda lines: not lines,
        description="packets left out of damaged sources, characters without a glyph",
    )

    @classmethod
    def of(cls, video: RenderedVideo, output: Path, elapsed_seconds: float) -> Composition:
        """What was rendered, as it was left at `output`."""
        plan = video.plan
        counts = {"rendered": video.rendered, "reused": video.reused}
        return cls(
            output=output,
            duration_seconds=float(plan.layout.frames / plan.layout.rate),
            width=plan.layout.width,
            height=plan.layout.height,
            fps=plan.layout.rate,
            frames=plan.layout.frames,
            segments={"total": len(plan.segments), **counts},
            encoder=plan.canvas.codec_options["c:v"],
            elapsed_seconds=elapsed_seconds,
            warnings=video.warnings,
        )


@explained_call
def compose(
    timeline: Timeline | CutFile | str | Path | Mapping[str, Any],
    out: str | Path,
    *,
    subtitles: str | Path | None = None,
    draft: bool = False,
    workspace: Workspace | None = None,
) -> Composition:
    """Render a timeline to a file; only segments that are not in the store are rendered.

    Parameters
    ----------
    timeline
        A Timeline, its fields, its file, or an editor's cut (.otio, .edl, .fcpxml, .xml).
    out
        The video (.mp4, .mov, .mkv) or a preview of it (.gif, .webp).
    subtitles
        Write the captions to this file too (.srt or .vtt).
    draft
        Render a quick preview in half the size.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    Composition
        The video's path, size, frame rate and number of frames.

    Raises
    ------
    InputError
        If the input is wrong; nothing was started.
    WorkError
        If the rendering failed.
    """
    began = time.monotonic()
    target = check_writable(Path(out))
    beside = _subtitles_file(subtitles)
    workspace = workspace or Workspace.open()
    timeline, file, left_out = _read(timeline, draft, workspace)
    suffix = _container(timeline, target)
    renderer = Renderer.of(workspace)
    with stoppable(workspace), progress_here() as progress, workspace.folder() as folder:

        def step(step: RenderStep) -> None:
            progress(Event("frames", asdict(step)))

        plan = _plan(renderer, timeline, suffix, file)
        pieces = {"segments": len(plan.segments), "to_render": len(plan.missing)}
        progress(Event("stage", {"stage": "composing", **pieces}))
        result = renderer.render(plan, folder, step)
        video = result.path
        if target.suffix.lower() in PREVIEWS:
            video = _preview(workspace, video, plan, target.suffix.lower())
        copy_aside(video, target)
    if beside is not None:
        write_aside(_subtitles(timeline, beside), beside)
    composition = Composition.of(result, target, time.monotonic() - began)
    return composition.model_copy(update={"warnings": (*left_out, *composition.warnings)})


class SegmentExplanation(BaseModel, frozen=True):
    """What rendering a timeline would do to one segment, and why."""

    index: int
    at_frame: int
    at_seconds: float
    frames: int
    clips: tuple[str, ...] = Field(description="names of the files that it shows")
    transition: str
    key: str
    status: str
    reason: str
    changed: tuple[str, ...]

    @classmethod
    def of(cls, index: int, segment: Segment, rate: Fraction, fate: Fate) -> SegmentExplanation:
        """A segment of a plan with its fate."""
        names = [Path(shot.source.removeprefix(STORE_PREFIX)).name for shot in segment.shots]
        return cls(
            index=index,
            at_frame=segment.at_frame,
            at_seconds=round(float(segment.at_frame / rate), 3),
            frames=segment.frames,
            clips=tuple(names),
            transition=segment.transition,
            **asdict(fate),
        )


class Explanation(BaseModel, frozen=True):
    """What rendering a timeline would do to each segment and to the sound, and why."""

    frames: int
    fps: Fraction
    segments: tuple[SegmentExplanation, ...]
    sound: Fate
    to_render: dict[str, int] = Field(description="how many segments and frames that is")

    @classmethod
    def of(cls, plan: RenderPlan, fates: Sequence[Fate], sound: Fate) -> Explanation:
        """What a plan would do."""
        rate = plan.layout.rate
        segments = (
            SegmentExplanation.of(index, segment, rate, fate)
            for index, (segment, fate) in enumerate(zip(plan.segments, fates, strict=True))
        )
        missing = [plan.segments[i].frames for i in plan.missing]
        return cls(
            frames=plan.layout.frames,
            fps=rate,
            segments=tuple(segments),
            sound=sound,
            to_render={"segments": len(missing), "frames": sum(missing)},
        )


@explained_call
def explain(
    timeline: Timeline | CutFile | str | Path | Mapping[str, Any],
    *,
    draft: bool = False,
    workspace: Workspace | None = None,
) -> Explanation:
    """Say what `compose` would render, and why, compared with the last compositions.

    Parameters
    ----------
    timeline
        A Timeline, its fields, its file, or an editor's cut (.otio, .edl, .fcpxml, .xml).
    draft
        Explain a draft instead of the full video.
    workspace
        Database and store to use; default: those of the settings.

    Returns
    -------
    Explanation
        Each segment and the sound: cached, or the reason why it would be rendered.

    Raises
    ------
    InputError
        If the timeline is wrong.
    """
    workspace = workspace or Workspace.open()
    timeline, file, _ = _read(timeline, draft, workspace)
    renderer = Renderer.of(workspace)
    plan = _plan(renderer, timeline, ".mp4", file)
    earlier = load_history(renderer.memory)
    fates = explain_segments(
        plan.segments, plan.keys, plan.facts, set(plan.missing), earlier.segments
    )
    silent = not workspace.store.exists(plan.sound_object)
    sound = explain_sound(plan.sound_key, plan.sound_facts, silent, earlier.sounds)
    return Explanation.of(plan, fates, sound)


def _read(
    timeline: Timeline | CutFile | str | Path | Mapping[str, Any], draft: bool, workspace: Workspace
) -> tuple[Timeline, str, tuple[str, ...]]:
    """The timeline, the name of the file that it came from, and what an editor's cut leaves out."""
    left_out: tuple[str, ...] = ()
    if isinstance(timeline, str | Path) and is_cut(timeline):
        timeline = CutFile(Path(timeline))
    if isinstance(timeline, CutFile):
        from lotus.interchange.reading import read_cut

        file = str(timeline.path)
        line, left_out = read_cut(timeline.path, workspace.cache, timeline.fps)
    else:
        line, file = as_timeline(timeline)
    if draft:
        encoding = line.encoding.model_copy(update={"quality": "draft"})
        line = line.model_copy(update={"encoding": encoding})
    return line, file, left_out


def read_timeline(file: CutFile | Path) -> Timeline:
    """The timeline of a file, which may be an editor's cut; raises InvalidInput."""
    return _read(file, False, Workspace.open())[0]


def _plan(renderer: Renderer, timeline: Timeline, suffix: str, file: str) -> RenderPlan:
    try:
        return renderer.plan(timeline, suffix)
    except InputError as error:
        if file and not error.facts.get("file"):
            error.facts["file"] = file
        raise


def _container(timeline: Timeline, target: Path) -> str:
    """The suffix of the video: that of the file, or for a preview the codec's own."""
    if target.suffix.lower() in PREVIEWS:
        return CODECS[timeline.encoding.codec].containers[0]
    return check_container(timeline.encoding, target)


def _preview(workspace: Workspace, video: Path, plan: RenderPlan, suffix: str) -> Path:
    output = video.with_name(f"preview{suffix}")
    for args in preview_args(video, plan.layout.rate, output):
        workspace.ffmpeg.run(args, what=f"preview {suffix}", stop=workspace.stop)
    return output


def _subtitles_file(path: str | Path | None) -> Path | None:
    if path is None:
        return None
    target = check_writable(Path(path), "subtitles")
    if target.suffix.lower() not in SUBTITLES:
        raise InvalidInput(
            file=str(target),
            field="subtitles",
            reason=f"'{target.suffix}' is not a subtitle format that lotus writes",
            remedy=f"name it {' or '.join(SUBTITLES)}",
        )
    return target


def _subtitles(timeline: Timeline, target: Path) -> str:
    return SUBTITLES[target.suffix.lower()](place_captions(timeline), timeline.fps)
