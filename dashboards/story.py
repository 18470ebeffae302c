"""A job's page: the video, why it failed, its scenes with prompts and costs, what happened,
downloads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from dashboards.gallery import player
from dashboards.links import BESIDE, Links, beside
from dashboards.markup import badge, duration, empty, join, section, size, table, tiles, usd, when
from dashboards.verdicts import reviews

__all__ = ["comparison", "story"]

Job = Mapping[str, Any]
# videos side by side
FEWEST = 2
MOST = 4


def story(job: Job, links: Links, *, xsrf: str | None = None) -> Markup:
    """The whole page of one job; `xsrf` is the mark of a viewer who may review it."""
    parts = [
        _head(job),
        _failure(job),
        Markup('<div class="stage">{}{}</div>').format(player(job, links), _facts(job)),
        reviews(job, xsrf),
        section("Scenes", _scenes(job, links)),
        section("What happened", _events(job)),
        section("Downloads", _downloads(job, links)),
    ]
    return join(parts)


def _head(job: Job) -> Markup:
    shown = '<header class="title"><h1 dir="auto">{}</h1><p>{} {} · {} · job {}</p></header>'
    prompt = job["prompt"] if len(job["prompt"]) <= 160 else f"{job['prompt'][:157]}…"
    return Markup(shown).format(
        prompt,
        badge(job["status"]),
        job["kind"].replace("_", " "),
        when(job["created_at"]),
        job["job_id"],
    )


def _failure(job: Job) -> Markup:
    error = job["error"]
    if not error:
        return Markup()
    scene = (error.get("details") or {}).get("scene")
    place = f" in scene {scene + 1}" if isinstance(scene, int) else ""
    title = "Why it was stopped" if job["status"] == "cancelled" else f"Why it failed{place}"
    message = str(error.get("message") or "It did not say").rstrip(".")
    spent = (
        f"{usd(job['actual_usd'])} had been spent by then." if job["actual_usd"] != "0.00" else ""
    )
    shown = (
        '<div class="trouble" role="alert"><h2>{}</h2><p>{}. {}</p><p><b>What to do:</b> '
        "{}</p></div>"
    )
    return Markup(shown).format(title, message, spent, error.get("remedy") or "resume it")


def _facts(job: Job) -> Markup:
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


def _scenes(job: Job, links: Links) -> Markup:
    if not job["scenes"]:
        return empty("No scenes.", "The job ended before its scenes were written down.")
    board = (job["storyboard"] or {}).get("scenes") or []
    rows = [_scene(scene, board, links) for scene in job["scenes"]]
    return Markup('<ol class="scenes">{}</ol>').format(join(rows))


def _scene(scene: Mapping[str, Any], board: Sequence[Mapping[str, Any]], links: Links) -> Markup:
    planned = board[scene["position"]] if scene["position"] < len(board) else {}
    made = (
        "from the cache"
        if scene["cached"]
        else "made"
        if scene["kept"]
        else "not made, or no longer kept"
    )
    facts = [
        Markup('<span class="badge">{}</span>').format(made),
        Markup("<b>{}</b>").format(usd(scene["actual_usd"])),
        scene["model"],
        duration(planned.get("duration_seconds")),
        str(planned.get("camera") or "").replace("_", " "),
        f"took {duration(scene['seconds'])}" if scene["seconds"] else "",
    ]
    clip = _clip(scene, links)
    prompt = scene["prompt"] and Markup(
        "<details><summary>Prompt</summary><p>{}</p></details>"
    ).format(scene["prompt"])
    caption = scene["caption"] and Markup('<p class="caption">“{}”</p>').format(scene["caption"])
    listed = join(Markup("<li>{}</li>").format(fact) for fact in facts if fact)
    return Markup(
        '<li>{}<div><h3 dir="auto">{}</h3>{}<ul class="facts">{}</ul>{}</div></li>'
    ).format(clip, scene["description"], caption or "", listed, prompt or "")


def _clip(scene: Mapping[str, Any], links: Links) -> Markup:
    key = scene["clip_key"]
    source = links.media(f"clips/{key[:2]}/{key}.mp4") if scene["kept"] else ""
    if not source:
        return Markup('<div class="clip none">no clip</div>')
    shown = (
        '<video class="clip" controls muted playsinline preload="metadata" src="{}#t=0.5" '
        'aria-label="Clip of scene {}"></video>'
    )
    return Markup(shown).format(source, scene["position"] + 1)


def _events(job: Job) -> Markup:
    if not job["events"]:
        return empty("Nothing yet.", "Events appear when the job begins.")
    rows = [
        (when(event["created_at"]), event["kind"].replace("_", " "), _said(event["data"]))
        for event in job["events"]
    ]
    return table("Events", ["when", "event", "what"], rows)


def _said(data: Mapping[str, Any]) -> str:
    if "error" in data:
        return str(data["error"].get("message") or "")
    shown = ((name.replace("_", " "), _shown(name, value)) for name, value in data.items())
    return ", ".join(value if name == "stage" else f"{name} {value}" for name, value in shown)


def _shown(name: str, value: Any) -> str:
    if name == "scene" and isinstance(value, int):
        return str(value + 1)  # people count from 1
    if isinstance(value, Mapping) and "actual_usd" in value:
        return usd(value["actual_usd"])
    text = str(value)
    return f"{text[:12]}…" if name == "key" and len(text) > 16 else text


def _downloads(job: Job, links: Links) -> Markup:
    items = [
        Markup('<li><a download="{0}" href="{1}?as={0}">{2}</a>{3}</li>').format(
            f"{job['job_id'][-12:]}-{name}",
            links.media(beside(job["video"], name)),
            label,
            f" {size(job['size_bytes'])}" if name.endswith(".mp4") else "",
        )
        for name, label in BESIDE.items()
        if job["video"]
    ]
    if job["notebook"]:
        link = Markup('<li><a href="notebook/{}">Executed notebook</a></li>').format(
            job["notebook"]
        )
        items.append(link)
    if not items:
        return empty("Nothing to download.", "There is no finished video.")
    return Markup('<ul class="downloads">{}</ul>').format(join(items))


def comparison(jobs: Sequence[Job], links: Links) -> Markup:
    """Two to four videos side by side, which play in step, and how they differ."""
    shown = [job for job in jobs if job["video"]][:MOST]
    if len(shown) < FEWEST:
        return empty("Nothing to compare.", "Tick two to four finished videos among the results.")
    figures = join(
        Markup('<figure>{}<figcaption dir="auto"><a href="{}">{}</a></figcaption></figure>').format(
            player(job, links, name=f"Video {n + 1}"), links.job(job["job_id"]), job["prompt"][:100]
        )
        for n, job in enumerate(shown)
    )
    columns = ["fact", *(f"Video {n + 1}" for n in range(len(shown)))]
    names: dict[str, Callable[[Job], Any]] = {
        "Cost": lambda j: usd(j["actual_usd"]),
        "Length": lambda j: duration(j["seconds"]),
    }
    names |= {"Model": lambda j: j["model"], "Brand": lambda j: j["brand"] or "–"}
    names |= {
        "Style": lambda j: (j["brief"] or {}).get("style", "–"),
        "Scenes": lambda j: len(j["scenes"]),
    }
    rows = [[name, *(of(job) for job in shown)] for name, of in names.items()]
    return Markup('<div class="instep" data-instep>{}</div>{}').format(
        figures, section("How they differ", table("Differences", columns, rows))
    )
