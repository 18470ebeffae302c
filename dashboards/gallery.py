"""Videos side by side: a card each with what it is, what it cost and, if it failed, why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dashboards.links import Links
from dashboards.markup import badge, duration, empty, join, table, usd, when

__all__ = ["gallery", "player", "result_rows"]

Video = Mapping[str, Any]
SHAPES = {"16:9": "wide", "9:16": "tall", "1:1": "square"}


def gallery(found: Mapping[str, Any], links: Links, *, filtered: bool) -> Markup:
    """The cards of a page of results, in a form that compares those which are ticked."""
    if not found["videos"]:
        return _nothing(filtered)
    cards = join(card(video, links) for video in found["videos"])
    if not links.page("compare"):
        return Markup('<div class="cards">{}</div>').format(cards)
    form = (
        '<form action="{}" method="get"><div class="cards">{}</div>'
        '<div class="bar"><button>Compare ticked videos</button> '
        "<small>two to four, in step</small></div></form>"
    )
    return Markup(form).format(links.page("compare"), cards)


def _nothing(filtered: bool) -> Markup:
    if filtered:
        return empty(
            "No video is like that.", "Set filters back to “any”, or look further back in time."
        )
    return empty(
        "No videos yet.",
        'Make the first one: lotus render "A small coffee roaster opens at dawn" --out ad.mp4',
    )


def card(video: Video, links: Links) -> Markup:
    """One video."""
    facts = [
        badge(video["status"]),
        badge(video["review"]) if video["review"] else "",
        Markup("<b>{}</b>").format(usd(video["actual_usd"])),
        duration(video["seconds"]) if video["seconds"] else "",
        video["brand"] or "",
        video["model"] or "",
        video["campaign_name"] or "",
        when(video["created_at"]),
    ]
    shown = join(Markup("<li>{}</li>").format(fact) for fact in facts if fact)
    return Markup(
        '<article class="card {}">{}<h2 dir="auto">{}</h2><ul class="facts">{}</ul>{}{}</article>'
    ).format(
        video["status"],
        player(video, links),
        _title(video, links),
        shown,
        _why(video),
        _tick(video, links),
    )


def _title(video: Video, links: Links) -> Markup | str:
    target = links.job(video["job_id"])
    return (
        Markup('<a href="{}">{}</a>').format(target, video["prompt"]) if target else video["prompt"]
    )


def _why(video: Video) -> Markup:
    if not video["reason"]:
        return Markup()
    return Markup('<p class="why">{}</p>').format(video["reason"])


def _tick(video: Video, links: Links) -> Markup:
    if not video["video"] or not links.page("compare"):
        return Markup()
    tick = '<label class="tick"><input type="checkbox" name="job" value="{}"> compare</label>'
    return Markup(tick).format(video["job_id"])


def player(video: Video, links: Links, *, name: str = "") -> Markup:
    """The video, which plays in place; its poster where it cannot be reached; or that there is
    none.
    """
    shape = SHAPES.get(video["aspect"], "wide")
    if not video["video"]:
        words = {"completed": "the video is no longer kept"}.get(video["status"], "no video")
        return Markup('<div class="screen {} none">{}</div>').format(shape, words)
    poster = links.poster(video["video"])
    source = links.media(video["video"])
    if source:
        shown = (
            '<video class="screen {}" controls playsinline preload="none" poster="{}" src="{}" '
            'aria-label="{}"></video>'
        )
        return Markup(shown).format(shape, poster, source, name or video["prompt"][:120])
    return Markup('<img class="screen {}" src="{}" alt="">').format(shape, poster)


def result_rows(found: Mapping[str, Any]) -> Markup:
    """The same videos as a table, for a page that is mailed."""
    columns = ["video", "status", "cost", "length", "model", "when", "why"]
    rows = [
        [
            v["prompt"][:120],
            badge(v["status"]),
            usd(v["actual_usd"]),
            duration(v["seconds"]),
            v["model"],
            when(v["created_at"]),
            v["reason"],
        ]
        for v in found["videos"]
    ]
    return table("Videos", columns, rows, right=("cost", "length"))
