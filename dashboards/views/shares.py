"""Links to one video: on its page, and what somebody sees who has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dashboards.views.filters import TEMPLATES
from dashboards.views.links import BESIDE, PageLinks
from dashboards.views.reviews import Reviewer, can_review
from lotus.display.kit import Html, duration, section, size, templates
from lotus.reviews.shares import LONGEST_DAYS, Share

__all__ = ["LINK_FILES", "guest_view", "new_link", "password_view", "shares"]

LINK_FILES = ("final.mp4", "poster.jpg", "captions.srt")  # that a link gives, and nothing else


def shares(job: Mapping[str, Any], reviewer: Reviewer | None) -> Html:
    """Links to the video, and a form that makes one, for viewers who may."""
    if reviewer is None or not reviewer.shares or not can_review(job, reviewer):
        return Html()
    body = _macro("links")(job, reviewer, LONGEST_DAYS)
    return section("Links for people without an account", body)


def new_link(address: str, share: Share, links: PageLinks) -> Html:
    """The address of a link that was made, which is shown this once."""
    return _macro("new_link")(address, share.model_dump(mode="json"), links.job(share.job_id))


def guest_view(job: Mapping[str, Any], share: Share, base: str) -> Html:
    """The video alone: nothing of its brief, its costs or its comments."""
    facts = ", ".join((duration(job["seconds"]), f"{job['width']}×{job['height']}"))
    note = size(job["size_bytes"])
    shape = "tall" if (job["height"] or 0) > (job["width"] or 0) else "wide"
    return _macro("guest")(share.model_dump(mode="json"), base, facts, note, shape, BESIDE)


def password_view(mark: str, message: str, *, ask: bool = True) -> Html:
    """The question for a password, or a sentence about why there is nothing to see."""
    return _macro("password")(mark, message, ask)


def _macro(name: str) -> Callable[..., Html]:
    macro = getattr(templates(TEMPLATES).get_template("shares.html.j2").module, name)
    return lambda *facts: Html(macro(*facts))
