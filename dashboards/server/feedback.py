"""Verdicts and comments of viewers, where the server was started with reviews."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from tornado.web import HTTPError, authenticated

from dashboards.server.viewer import PageHandler
from dashboards.views.reviews import Reviewer
from lotus.db import Database
from lotus.display.kit import Html
from lotus.errors import InvalidInput, LotusError
from lotus.reviews.comments import add_comment, frame_at, parsed_region
from lotus.reviews.verdicts import add_review

__all__ = ["CommentForm", "JobForm", "ReviewForm", "reviewer_of"]


def reviewer_of(handler: PageHandler) -> Reviewer | None:
    """The viewer as somebody who may review, if the server was started with reviews and the token
    allows it.
    """
    if not handler.may("review"):
        return None
    caller = handler.caller
    mark = handler.xsrf_token.decode()
    shares = handler.state.managed is not None
    if caller is None:
        return Reviewer(mark, shares=shares)
    return Reviewer(mark, caller.name, caller.id, shares)


class JobForm(PageHandler):
    """A form on a job's page: it is carried out, and the page is shown again."""

    title = "Job"

    async def change(self, fields: Callable[[str], str], job: Mapping[str, Any]) -> str | Html:
        """Carry it out; returns the part of the job's page to look at next, or a page instead."""
        raise NotImplementedError

    def check(self) -> None:
        """Raise HTTPError for who may not."""
        raise NotImplementedError

    @authenticated
    async def post(self) -> None:
        """Carry it out, and show the job's page again."""
        self.check()
        try:
            job = await self.state.ask("video", job_id=self.get_body_argument("id", ""))
            answer = await self.change(lambda name: self.get_body_argument(name, ""), job)
        except LotusError as error:
            self.refuse(self.title, error, 400, active="results")
            return
        self.state.answers.forget()
        if isinstance(answer, Html):
            self.show(self.title, answer, active="results")
            return
        page = f"{self.base_url}job?{urlencode({'id': job['job_id']})}"
        self.redirect(f"{page}#{answer}" if answer else page, status=303)


class ReviewForm(JobForm):
    """A verdict on a finished video."""

    title = "Review"

    def check(self) -> None:
        """Only where the server was started with reviews, and by who may."""
        if self.state.reviews is None:
            raise HTTPError(404)
        if not self.may("review"):
            raise HTTPError(403)

    @property
    def reviews(self) -> Database:
        """Where they are written."""
        assert self.state.reviews is not None
        return self.state.reviews

    def signed(self, name: str) -> dict[str, Any]:
        """Name and id of who says it: the token's or person's own, never a typed one."""
        caller = self.caller
        return {"name": caller.name, "id": caller.id} if caller else {"name": name, "id": None}

    async def change(self, fields: Callable[[str], str], job: Mapping[str, Any]) -> str:
        """Write it down."""
        verdict = fields("verdict")
        if verdict != "withdrawn":
            _check_finished(job)
        who = self.signed(fields("reviewer"))
        facts = {"reviewer": who["name"], "reviewer_id": who["id"], "comment": fields("comment")}
        await self.state.run(partial(add_review, self.reviews, job["job_id"], verdict, **facts))
        return ""


class CommentForm(ReviewForm):
    """A comment, a reply, or that a thread is resolved or goes on."""

    title = "Comment"

    async def change(self, fields: Callable[[str], str], job: Mapping[str, Any]) -> str:
        """Write it down."""
        _check_finished(job)
        who = self.signed(fields("author"))
        facts = {
            "author": who["name"],
            "author_id": who["id"],
            "text": fields("text"),
            "thread": fields("thread")[:36] or None,
            "kind": fields("kind") or "comment",
            "frame": frame_at(fields("time"), job["fps"] or "24"),
            "region": parsed_region(fields("region")),
        }
        if facts["thread"] is not None and facts["thread"] not in {
            c["id"] for c in job["comments"]
        }:
            reason = "does not belong to this video"
            raise InvalidInput(file="", field="thread", reason=reason, remedy="reload the page")
        await self.state.run(partial(add_comment, self.reviews, job["job_id"], **facts))
        return "comments"


def _check_finished(job: Mapping[str, Any]) -> None:
    if job["status"] != "completed":
        reason = f"is {job['status']}: there is no video to review"
        raise InvalidInput(file="", field="job", reason=reason, remedy="review a finished video")
