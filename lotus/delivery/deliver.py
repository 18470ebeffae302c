"""A timeline -> what a platform takes: video, captions and thumbnail, measured and checked."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, replace
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, PlainSerializer

from lotus.composition.captions.subtitles import srt
from lotus.composition.graphs import poster_args
from lotus.composition.layout import lay_out
from lotus.composition.segments import place_captions
from lotus.delivery.checks import DeliveryFacts, refusals
from lotus.delivery.platforms import Platform
from lotus.delivery.reframe import Captions, for_platform, is_another_shape, rate_for
from lotus.documents.timeline import Timeline
from lotus.errors import LotusError
from lotus.media.loudness import measure_loudness
from lotus.media.subject import subject_of
from lotus.rendering.planner import RenderPlan
from lotus.rendering.renderer import Renderer, RenderStep
from lotus.system.files import copy_aside, write_aside
from lotus.workspace import Workspace

__all__ = ["Delivery", "check_delivery", "deliver_to"]

POSTER_AT = 0.5  # of the video, where nobody says which frame


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 2)


Measure = Annotated[float | None, PlainSerializer(_finite, float | None, when_used="json")]


class Delivery(BaseModel, frozen=True):
    """What was written for a platform, as it was measured, and what the platform refuses of it."""

    platform: str
    output: Path | None = None
    subtitles: Path | None = None
    thumbnail: Path | None = None
    seconds: float
    width: int
    height: int
    fps: Fraction
    size_bytes: int | None = None
    kbps: Measure = None
    loudness_lufs: Measure = None
    true_peak_dbtp: Measure = None
    short_term_lufs: Measure = None
    notes: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()


def _planned_facts(timeline: Timeline, platform: Platform, workspace: Workspace) -> DeliveryFacts:
    """The facts of a delivery before it is made: a video without an end of its own is measured."""
    renderer = Renderer.of(workspace)
    rate = rate_for(timeline.fps, platform)
    open_ended = {
        clip.source
        for clip in timeline.clips
        if clip.end_seconds is None and clip.duration_seconds is None
    }
    seconds = {source: renderer.media(source).seconds for source in open_ended}
    layout = lay_out(timeline.model_copy(update={"fps": rate}), seconds)
    length = round(float(layout.frames / rate), 3)
    return DeliveryFacts(length, rate, platform.width, platform.height)


def check_delivery(timeline: Timeline, platform: Platform, workspace: Workspace) -> Delivery:
    """What a platform would refuse, as far as it is known before anything is rendered."""
    facts = _planned_facts(timeline, platform, workspace)
    return _delivery(platform, facts, notes=_notes(timeline, platform))


def _delivery(platform: Platform, facts: DeliveryFacts, **more: Any) -> Delivery:
    """A delivery with its facts, and what the platform refuses of them."""
    facts_of_delivery = {
        name: value for name, value in asdict(facts).items() if name in Delivery.model_fields
    }
    return Delivery(
        platform=platform.name, **facts_of_delivery, **more, refused=refusals(facts, platform)
    )


def _notes(timeline: Timeline, platform: Platform) -> tuple[str, ...]:
    lines = []
    rate = rate_for(timeline.fps, platform)
    if rate != timeline.fps:
        lines.append(f"{float(timeline.fps):g} frames a second become {float(rate):g}")
    if is_another_shape(timeline, platform):
        lines.append(
            f"{timeline.width}x{timeline.height} becomes {platform.width}x{platform.height}: each "
            "clip is cropped around what stands out in it"
        )
    return tuple(lines)


def deliver_to(
    timeline: Timeline,
    platform: Platform,
    out: Path,
    workspace: Workspace,
    *,
    captions: Captions | None = None,
    poster_seconds: float | None = None,
    on_plan: Callable[[RenderPlan], None] = lambda plan: None,
    on_step: Callable[[RenderStep], None] = lambda step: None,
) -> Delivery:
    """Write a timeline's files for a platform into the folder `out`; nothing where the platform
    would refuse what is known before. No clip is made, and nothing is paid.
    """
    check = check_delivery(timeline, platform, workspace)
    if check.refused:
        return check
    how = captions or platform.captions
    renderer = Renderer.of(workspace)
    with workspace.folder() as folder:
        focus = _focus(timeline, platform, renderer, folder)
        line = for_platform(timeline, platform, how, focus)
        plan = renderer.plan(line, platform.suffix)
        on_plan(plan)
        result = renderer.render(plan, folder, on_step)
        facts = _measured_facts(result.path, plan, workspace, folder)
        video = copy_aside(result.path, out / f"{platform.name}{platform.suffix}")
        beside = None
        if how != "burned" and timeline.captions:
            text = srt(place_captions(timeline), timeline.fps)
            beside = write_aside(text, out / f"{platform.name}.srt")
        still = None
        if platform.thumbnail_bytes is not None:
            at = facts.seconds * POSTER_AT if poster_seconds is None else poster_seconds
            thumbnail = _thumbnail(video, min(at, facts.seconds / 2), workspace, folder)
            facts = replace(facts, thumbnail_bytes=thumbnail.stat().st_size)
            still = copy_aside(thumbnail, out / f"{platform.name}.jpg")
    notes = (*check.notes, *result.warnings)
    return _delivery(platform, facts, output=video, subtitles=beside, thumbnail=still, notes=notes)


def _thumbnail(video: Path, seconds: float, workspace: Workspace, folder: Path) -> Path:
    thumbnail = folder / "thumbnail.jpg"
    args = poster_args(video, seconds, thumbnail)
    workspace.ffmpeg.run(args, what="thumbnail", stop=workspace.stop)
    return thumbnail


def _focus(
    timeline: Timeline, platform: Platform, renderer: Renderer, folder: Path
) -> dict[int, tuple[float, float]]:
    """What a crop to the platform's shape keeps of each clip that it crops."""
    shape = Fraction(platform.width, platform.height)
    focus: dict[int, tuple[float, float]] = {}
    for index, clip in enumerate(timeline.clips):
        media = renderer.media(clip.source)
        own = Fraction(media.width, media.height) * media.sample_aspect if media.height else shape
        same = abs(own / shape - 1) <= Fraction(1, 100)
        if clip.fit != "cover" or media.kind != "video" or same or clip.focus is not None:
            continue
        end = clip.end_seconds if clip.end_seconds is not None else float(media.seconds)
        seconds = (clip.duration_seconds or 0) * clip.speed or end - clip.start_seconds
        path = renderer.file(clip.source, folder)
        try:
            focus[index] = subject_of(path, clip.start_seconds, seconds, float(shape))
        except (LotusError, OSError, ValueError):
            continue  # what cannot be looked at keeps its middle, as `cover` does
    return focus


def _measured_facts(
    path: Path, plan: RenderPlan, workspace: Workspace, folder: Path
) -> DeliveryFacts:
    """A finished video as it is."""
    layout = plan.layout
    seconds = float(layout.frames / layout.rate)
    size = path.stat().st_size
    loudness = measure_loudness(path, workspace.ffmpeg, folder, workspace.stop)
    return DeliveryFacts(
        seconds=round(seconds, 3),
        fps=layout.rate,
        width=layout.width,
        height=layout.height,
        size_bytes=size,
        kbps=size * 8 / seconds / 1000,
        loudness_lufs=loudness.integrated_lufs,
        true_peak_dbtp=loudness.true_peak_dbtp,
        short_term_lufs=loudness.short_term_lufs,
    )
