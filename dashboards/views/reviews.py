"""Verdicts and comments on a video, and the forms in which viewers add them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.views.filters import TEMPLATES
from lotus.display.kit import Html, join, section, templates
from lotus.reviews.comments import timecode
from lotus.reviews.verdicts import LONGEST
from lotus.system.quantities import quantity

__all__ = ["Reviewer", "can_review", "comments", "reviews"]


@dataclass(frozen=True)
class Reviewer:
    """A viewer who may review: `mark` shows that a form is of this server."""

    mark: str
    name: str = ""  # of the token; empty: all share one, so the form asks for a name
    id: str | None = None  # of the token or person
    shares: bool = False  # whether links to a video can be made here


def reviews(job: Mapping[str, Any], reviewer: Reviewer | None) -> Html:
    """The reviews, newest first, and a form for a viewer who may add one to a finished video."""
    may = can_review(job, reviewer)
    if not job["reviews"] and not may:
        return Html()
    pieces = _pieces()
    listing = pieces.listed(job["reviews"], job["job_id"], reviewer if may else None)
    form = pieces.form(job["job_id"], reviewer, LONGEST) if may else ""
    return section("Reviews", join([listing, form]))


def can_review(job: Mapping[str, Any], reviewer: Reviewer | None) -> bool:
    """Whether this viewer may review this video, which is finished and there."""
    return reviewer is not None and bool(job["video"]) and job["status"] == "completed"


def comments(job: Mapping[str, Any], reviewer: Reviewer | None) -> Html:
    """Comments in the order of the video, and a form for one at the moment that is shown."""
    may = can_review(job, reviewer)
    if not job["comments"] and not may:
        return Html()
    fps = job["fps"] or "24"
    times = {
        one["id"]: timecode(one["frame"], fps)
        for one in job["comments"]
        if one["frame"] is not None
    }
    pieces = _pieces()
    listing = pieces.threads(job, times, reviewer if may else None, LONGEST)
    form = pieces.comment_form(job["job_id"], reviewer, LONGEST) if may else ""
    open_ones = sum(not one["resolved"] for one in job["comments"])
    note = f"{quantity(open_ones, 'open comment')}" if job["comments"] else ""
    body = Html('<div id="comments" data-fps="{}">{}</div>').format(fps, join([listing, form]))
    return section("Comments", body, note=note)


def _pieces() -> Any:
    return templates(TEMPLATES).get_template("reviews.html.j2").module
