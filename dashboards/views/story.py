"""A job's page: the video, why it failed, its scenes with prompts and costs, events, downloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from dashboards.views.filters import TEMPLATES
from dashboards.views.gallery import UNFINISHED, player
from dashboards.views.links import BESIDE, PageLinks, beside
from dashboards.views.reviews import Reviewer, comments, reviews
from dashboards.views.shares import shares
from lotus.display.kit import (
    Html,
    badge,
    duration,
    empty,
    join,
    section,
    size,
    table,
    templates,
    tiles,
    usd,
    when,
)
from lotus.system.quantities import quantity

__all__ = ["MOST", "comparison", "story"]

Job = Mapping[str, Any]
# videos side by side
FEWEST = 2
MOST = 4
LONGEST_VALUE = 200  # characters of a field of a brief


def story(job: Job, links: PageLinks, *, reviewer: Reviewer | None = None, mark: str = "") -> Html:
    """The whole page of one job; `reviewer` is a viewer who may review it, `mark` shows that a form
    is of this server, for a viewer who may stop the job or try it again.
    """
    parts = [
        _macro("title")(job),
        _failure(job),
        _macro("actions")(job, UNFINISHED, mark) if mark else Html(),
        Html('<div class="stage">{}{}</div>').format(player(job, links), _facts(job)),
        comments(job, reviewer),
        reviews(job, reviewer),
        _versions(job, links),
        shares(job, reviewer),
        section("Scenes", _scenes(job, links)),
        section("What happened", _events(job)),
        section("Downloads", _downloads(job, links)),
    ]
    live = Html(" data-live") if job["status"] in UNFINISHED else ""
    return Html('<div class="page" id="story"{}>{}</div>').format(live, join(parts))


@cache
def _macro(name: str) -> Callable[..., Html]:
    macro = getattr(templates(TEMPLATES).get_template("story.html.j2").module, name)
    return lambda *facts: Html(macro(*facts))


def _failure(job: Job) -> Html:
    error = job["error"]
    if not error:
        return Html()
    scene = (error.get("details") or {}).get("scene")
    place = f" in scene {scene + 1}" if isinstance(scene, int) else ""
    title = "Why it was stopped" if job["status"] == "cancelled" else f"Why it failed{place}"
    message = str(error.get("message") or "It did not say").rstrip(".")
    cost_note = (
        f"{usd(job['actual_usd'])} had been spent by then." if job["actual_usd"] != "0.00" else ""
    )
    return _macro("failure")(title, message, cost_note, error.get("remedy") or "resume it")


def _facts(job: Job) -> Html:
    brief = job["brief"] or {}
    frame = f"{job['width']}×{job['height']}" if job["width"] else brief.get("aspect_ratio", "–")
    return tiles(
        [
            ("Cost", usd(job["actual_usd"]), f"estimated {usd(job['estimated_usd'])}"),
            ("Saved by cache", usd(job["saved_usd"]), ""),
            ("Length", duration(job["seconds"]), frame),
            ("Brand", job["brand"] or "–", brief.get("style") or ""),
            ("Model", job["model"] or "–", f"planned by {job['planner']}"),
            ("Campaign", job["campaign_name"] or "–", ""),
        ]
    )


def _versions(job: Job, links: PageLinks) -> Html:
    """Edits of one another, the oldest first, in a form that compares those which are ticked."""
    if not job["versions"] or not links.page("compare"):
        return Html()
    listing = _macro("versions")(job, job["versions"], links, FEWEST, MOST)
    return section("Versions", listing, note=quantity(len(job["versions"]), "version"))


def _scenes(job: Job, links: PageLinks) -> Html:
    if not job["scenes"]:
        if job["status"] in UNFINISHED:
            return empty("No scenes yet.", "They appear when the plan is made.")
        return empty("No scenes.", "The job ended before its scenes were written down.")
    board = (job["storyboard"] or {}).get("scenes") or []
    rows = [_scene(scene, board, links) for scene in job["scenes"]]
    return Html('<ol class="scenes">{}</ol>').format(join(rows))


def _scene(scene: Mapping[str, Any], board: Sequence[Mapping[str, Any]], links: PageLinks) -> Html:
    plan = board[scene["position"]] if scene["position"] < len(board) else {}
    origin = "made" if scene["kept"] else "not made, or no longer kept"
    facts = [
        Html('<span class="badge">{}</span>').format(
            "from the cache" if scene["cached"] else origin
        ),
        Html("<b>{}</b>").format(usd(scene["actual_usd"])),
        scene["model"],
        duration(plan.get("duration_seconds")),
        str(plan.get("camera") or "").replace("_", " "),
        f"took {duration(scene['seconds'])}" if scene["seconds"] else "",
    ]
    key = scene["clip_key"]
    source = links.media(f"clips/{key[:2]}/{key}.mp4") if scene["kept"] else ""
    texts = (scene["description"], scene["caption"], scene["prompt"])
    return _macro("scene")(scene["position"] + 1, facts, *texts, source)


def _events(job: Job) -> Html:
    if not job["events"]:
        return empty("Nothing yet.", "Events appear when the job begins.")
    rows = [
        (when(event["created_at"]), event["kind"].replace("_", " "), _event(event["data"]))
        for event in job["events"]
    ]
    return table("Events", ["when", "event", "what"], rows)


def _event(data: Mapping[str, Any]) -> str:
    if "error" in data:
        return str(data["error"].get("message") or "")
    facts = ((name.replace("_", " "), _fact(name, value)) for name, value in data.items())
    return ", ".join(value if name == "stage" else f"{name} {value}" for name, value in facts)


def _fact(name: str, value: Any) -> str:
    if name == "scene" and isinstance(value, int):
        return str(value + 1)  # people count from 1
    if isinstance(value, Mapping) and "actual_usd" in value:
        return usd(value["actual_usd"])
    text = str(value)
    return f"{text[:12]}…" if name == "key" and len(text) > 16 else text


def _downloads(job: Job, links: PageLinks) -> Html:
    files = [
        (
            f"{job['job_id'][-12:]}-{name}",
            links.media(beside(job["video"], name)),
            label,
            size(job["size_bytes"]) if name.endswith(".mp4") else "",
        )
        for name, label in BESIDE.items()
        if job["video"]
    ]
    notebook = links.page(f"notebook/{job['notebook']}") if job["notebook"] else ""
    if not files and not notebook:
        return empty("Nothing to download.", "There is no finished video.")
    return _macro("downloads")(files, notebook)


COMPARISONS: Mapping[str, Callable[[Job], Any]] = {
    "Cost": lambda job: usd(job["actual_usd"]),
    "Length": lambda job: duration(job["seconds"]),
    "Model": lambda job: job["model"],
    "Brand": lambda job: job["brand"] or "–",
    "Scenes": lambda job: len(job["scenes"]),
    "Review": lambda job: badge(job["review"]) if job["review"] else "–",
}


def comparison(jobs: Sequence[Job], links: PageLinks) -> Html:
    """Two to four videos side by side, which play in step, and how they differ."""
    jobs_with_video = [job for job in jobs if job["video"]][:MOST]
    if len(jobs_with_video) < FEWEST:
        return empty("Nothing to compare.", "Tick two to four finished videos among the results.")
    names = [f"Video {n + 1}" for n in range(len(jobs_with_video))]
    videos = [
        (player(job, links, name=name), links.job(job["job_id"]), job["prompt"])
        for name, job in zip(names, jobs_with_video, strict=True)
    ]
    rows = [[fact, *(of(job) for job in jobs_with_video)] for fact, of in COMPARISONS.items()]
    rows += _changed_fields([job["brief"] or {} for job in jobs_with_video])
    rows += _changed_scenes(
        [(job["storyboard"] or {}).get("scenes") or [] for job in jobs_with_video]
    )
    differences = table("Differences", ["fact", *names], rows)
    return join([_macro("figures")(videos), section("How they differ", differences)])


def _changed_fields(briefs: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """The fields in which the briefs differ, with the value of each."""
    names = dict.fromkeys(name for brief in briefs for name in brief)
    values = {name: [_plain(brief.get(name)) for brief in briefs] for name in names}
    return [
        [name.replace("_", " ").capitalize(), *of_each]
        for name, of_each in values.items()
        if len(set(of_each)) > 1 and name != "brand"
    ]


def _changed_scenes(boards: Sequence[Sequence[Mapping[str, Any]]]) -> list[list[str]]:
    """The same of scenes, which people count from 1."""
    rows = []
    for number in range(max(map(len, boards))):
        scenes = [board[number] if number < len(board) else {} for board in boards]
        for name, *of_each in _changed_fields(scenes):
            rows.append([f"Scene {number + 1}: {name.lower()}", *of_each])
    return rows


def _plain(value: Any) -> str:
    text = "–" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
