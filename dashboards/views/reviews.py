"""Reviews of a video, and the form in which viewers add one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dashboards.views.filters import TEMPLATES
from lotus.display.kit import Html, join, section, templates
from lotus.reports.reviews import LONGEST

__all__ = ["Reviewer", "reviews"]


@dataclass(frozen=True)
class Reviewer:
    """A viewer who may review: `mark` shows that a form is of this server."""

    mark: str
    name: str = ""  # of the token; empty: all share one, so the form asks for a name
    id: str | None = None  # of the token


def reviews(job: Mapping[str, Any], reviewer: Reviewer | None) -> Html:
    """The reviews, newest first, and a form for a viewer who may add one to a finished video."""
    pieces: Any = templates(TEMPLATES).get_template("reviews.html.j2").module
    may = reviewer is not None and bool(job["video"]) and job["status"] == "completed"
    if not job["reviews"] and not may:
        return Html()
    listed = pieces.listed(job["reviews"], job["job_id"], reviewer if may else None)
    form = pieces.form(job["job_id"], reviewer, LONGEST) if may else ""
    return section("Reviews", join([listed, form]))
