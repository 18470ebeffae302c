"""What people said of a video, and where they say it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from dashboards.markup import badge, join, section, when
from lotus.reports.reviews import LONGEST

__all__ = ["reviews"]

FORM = """<form class="review" method="post" action="review">
<input type="hidden" name="_xsrf" value="{}"><input type="hidden" name="id" value="{}">
<label>Your name <input name="reviewer" required maxlength="{}" autocomplete="name"></label>
<label>Comment <textarea name="comment" rows="3" maxlength="{}" dir="auto"></textarea></label>
<p><button name="verdict" value="approved">Approve</button>
<button name="verdict" value="rejected">Reject</button></p>
</form>"""


def reviews(job: Mapping[str, Any], xsrf: str | None) -> Markup:
    """What was said, newest first, and a form where a viewer with the mark `xsrf` says more."""
    form = Markup()
    if xsrf is not None and job["video"]:
        form = Markup(FORM).format(xsrf, job["job_id"], LONGEST["reviewer"], LONGEST["comment"])
    if not job["reviews"] and not form:
        return Markup()
    said = join(_said(review) for review in job["reviews"])
    return section("Reviews", Markup('<ul class="reviews">{}</ul>{}').format(said, form))


def _said(review: Mapping[str, Any]) -> Markup:
    comment = review["comment"] and Markup('<p dir="auto">{}</p>').format(review["comment"])
    shown = Markup('<li>{} <b dir="auto">{}</b> <small>{}</small>{}</li>')
    return shown.format(
        badge(review["verdict"]), review["reviewer"], when(review["created_at"]), comment
    )
