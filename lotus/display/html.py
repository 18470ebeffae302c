"""Representations of lotus' own things in notebooks: small escaped HTML without scripts, and plain
text.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence, Sized
from typing import TYPE_CHECKING, Any

from lotus.display import kit
from lotus.display.kit import HERE as TEMPLATES
from lotus.display.kit import Html, join, render
from lotus.display.thumbnails import picture_data
from lotus.errors import MediaError
from lotus.money.ledger import money

if TYPE_CHECKING:
    from lotus.api.estimates import Estimate
    from lotus.documents.brief import Brief
    from lotus.documents.storyboard import Storyboard
    from lotus.documents.timeline import Timeline
    from lotus.pipeline.differences import Difference
    from lotus.pipeline.job import Job, SceneResult
from lotus.system.quantities import quantity

__all__ = [
    "brief_bundle",
    "bundle",
    "difference_bundle",
    "estimate_bundle",
    "job_bundle",
    "side_by_side",
    "storyboard_bundle",
    "table",
    "timeline_bundle",
]

MOST_ROWS = 100  # rows of a table
EMBEDDED_BYTES = 4_000_000  # of a video that travels with its notebook
Bundle = dict[str, str]


def bundle(plain: str, *parts: Html) -> Bundle:
    """One line of text, and it in bold above what else there is to see."""
    head = Html("<p><b>{}</b></p>").format(plain)
    return {"text/plain": plain, "text/html": join([head, *parts])._repr_html_()}


def table(
    columns: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[str] = ()
) -> Html:
    """A table of a notebook: the first rows of many; columns in `right` are numbers."""
    return kit.table("", columns, rows, right=right, most=MOST_ROWS)


def brief_bundle(brief: Brief) -> Bundle:
    """A brief: what it asks for, without what it leaves open."""
    length = f"{brief.duration_seconds:g} s, " if brief.duration_seconds else ""
    plain = f"brief for {brief.kind.replace('_', ' ')}: {length}{brief.aspect_ratio}, {brief.style}"
    request = brief.model_dump(mode="json", exclude_defaults=True)
    brand = request.pop("brand", None)
    if brief.brand is not None and brand:
        request["brand"] = f"{brief.brand.name} {' '.join(brief.brand.colors)}".strip()
    if brief.scenes:
        request["scenes"] = "; ".join(scene.description for scene in brief.scenes)
    return bundle(plain, table(["field", "asked for"], request.items()))


def storyboard_bundle(storyboard: Storyboard) -> Bundle:
    """A storyboard: a row a scene."""
    scenes = storyboard.scenes
    seconds = storyboard.duration_seconds
    length = f"{quantity(len(scenes), 'scene')}, {seconds:g} s"
    plain = f"storyboard of {length}, {storyboard.brief.aspect_ratio}"
    columns = ["scene", "description", "caption", "camera", "seconds", "to the next"]
    rows = [
        [
            n,
            scene.description,
            scene.caption or "",
            scene.camera,
            f"{scene.duration_seconds:.2f}",
            scene.transition.kind,
        ]
        for n, scene in enumerate(scenes, 1)
    ]
    parts = [table(columns, rows, right=("scene", "seconds"))]
    directions = [
        [n, name.replace("_", " "), _in_words(getattr(scene, name))]
        for n, scene in enumerate(scenes, 1)
        for name in scene.direction
    ]
    if storyboard.cast:
        cast = [
            [one.name, one.kind, one.description, len(one.references)] for one in storyboard.cast
        ]
        parts.append(table(["cast", "kind", "description", "pictures"], cast))
    if directions:
        parts.append(table(["scene", "direction", "says"], directions))
    return bundle(plain, *parts)


def _in_words(value: Any) -> str:
    """A field of a scene's direction in words."""
    if isinstance(value, tuple):
        return "; ".join(map(_in_words, value))
    if isinstance(value, bool):
        return "yes"
    speaker = getattr(value, "speaker", None)
    if speaker is not None:
        return f"{speaker}: {value.text}"
    return str(getattr(value, "words", value))


def _count(items: Sized, noun: str) -> str:
    return f"{len(items)} {noun}{'' if len(items) == 1 else 's'}"


def timeline_bundle(timeline: Timeline) -> Bundle:
    """A timeline: its clips, and how much else is on it."""
    plain = (
        f"timeline of {_count(timeline.clips, 'clip')}, {timeline.width}x{timeline.height} "
        f"at {timeline.fps} fps; {_count(timeline.captions, 'caption')}, "
        f"{_count(timeline.audio, 'track')} of sound"
    )
    columns = ["clip", "source", "from", "to", "plays", "to the next"]
    rows = [
        [
            n,
            c.source[-60:],
            *map(_s, (c.start_seconds, c.end_seconds, c.duration_seconds)),
            c.transition.kind,
        ]
        for n, c in enumerate(timeline.clips, 1)
    ]
    return bundle(plain, table(columns, rows, right=("clip", "from", "to", "plays")))


def _s(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:g} s"


def difference_bundle(difference: Difference) -> Bundle:
    """What two jobs differ in: a row a field of a scene."""
    columns = ["scene", "field", "before", "after", "clip", "cost"]
    rows = [
        [
            scene.number,
            name,
            "" if old is None else old,
            "" if new is None else new,
            scene.clip,
            f"${money(scene.cost_usd)}",
        ]
        for scene in difference.changed
        for name, (old, new) in (scene.changed or {"clip": ("", "")}).items()
    ]
    rows += [["", f"brief: {name}", *both, "", ""] for name, both in difference.brief.items()]
    return bundle(str(difference), table(columns, rows, right=("scene", "cost")))


def estimate_bundle(estimate: Estimate) -> Bundle:
    """What a rendering will cost, scene by scene."""
    budget = estimate.budget_usd
    of = f" of a budget of ${money(budget)}" if budget is not None else ""
    if estimate.above_budget_usd:
        of += f", ${money(estimate.above_budget_usd)} too much"
    columns = ["scene", "provider", "model", "clip", "price"]
    rows = [
        [
            s.index + 1,
            s.provider,
            s.model,
            "cached" if s.cached else "to make",
            f"${money(s.amount_usd)}",
        ]
        for s in estimate.scenes
    ]
    return bundle(
        f"estimate: ${money(estimate.total_usd)}{of}",
        table(columns, rows, right=("scene", "price")),
    )


def job_bundle(job: Job) -> Bundle:
    """A job: poster, scenes, what it cost; in plain text also where the video is."""
    plain = f"{job.kind} {job.id}: {job.status}"
    if job.frames:
        plain += f", {job.duration_seconds:g} s, {job.width}x{job.height}"
    columns = ["scene", "description", "caption", "provider", "clip", "cost", "time"]
    rows = [_scene(scene) for scene in job.scenes]
    cost = job.cost
    actual, estimate, savings = map(money, (cost.actual_usd, cost.estimated_usd, cost.saved_usd))
    cost_line = f"cost ${actual} (estimated ${estimate}), saved ${savings}"
    why = Html()
    if job.error:
        reason = f"{job.error.get('message', '')}; {job.error.get('remedy', '')}"
        why = Html("<p style='color:#a1342b'>{}</p>").format(reason)
    payment = Html("<p>{}</p>").format(cost_line)
    scenes = table(columns, rows, right=("scene", "cost", "time"))
    return bundle(plain, why, _poster(job), payment, scenes) | {
        "text/plain": plain + (f" {job.output}" if job.output else "")
    }


def side_by_side(jobs: Mapping[str, Job]) -> str:
    """Jobs by name, beside each other: the video, what it cost and how long it took; HTML."""
    columns = [
        {"name": name, "poster": _player(job), "cost": money(job.cost.actual_usd), "job": job}
        for name, job in jobs.items()
    ]
    return render(TEMPLATES, "side_by_side.html.j2", columns=columns)._repr_html_()


def _scene(scene: SceneResult) -> list[Any]:
    took = "" if scene.seconds is None else f"{scene.seconds:.1f} s"
    origin = "cached" if scene.cached else "made"
    facts = [scene.index + 1, scene.description, scene.caption or "", scene.provider]
    return [*facts, origin, f"${money(scene.cost_usd)}", took]


def _player(job: Job) -> Html:
    """The video inside the page, if it is small enough to travel with a notebook, or its poster."""
    try:
        poster = picture_data(job.poster.read_bytes()) if job.poster is not None else ""
        small = job.output is not None and job.output.stat().st_size <= EMBEDDED_BYTES
        video = base64.b64encode(job.output.read_bytes()).decode() if small and job.output else ""
    except (OSError, MediaError):
        return _poster(job)
    if not video:
        return _poster(job)
    player = "<video controls loop playsinline style='max-width:100%' poster='{}' src='{}'></video>"
    return Html(player).format(poster, f"data:video/mp4;base64,{video}")


def _poster(job: Job) -> Html:
    """The poster inside the page, small: a notebook that is opened elsewhere still shows it."""
    try:
        source = picture_data(job.poster.read_bytes()) if job.poster is not None else ""
    except (OSError, MediaError):
        return Html()
    if not source:
        return Html()
    image = "<img alt='a frame of the video' style='max-width:100%' src='{}'>"
    return Html(image).format(source)
