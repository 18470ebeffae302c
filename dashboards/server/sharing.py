"""Links to one video: made and ended by viewers who may, opened by anybody who has one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated
from tornado.web import HTTPError

from dashboards.server.content import MediaFile
from dashboards.server.feedback import JobForm
from dashboards.server.viewer import PLAIN, PageHandler
from dashboards.views.links import ServedLinks, beside
from dashboards.views.shares import LINK_FILES, guest_view, new_link, password_view
from lotus.display.kit import Html
from lotus.errors import LotusError
from lotus.reviews.shares import Share, count_view, create_share, find_share, revoke_share, unlocks

__all__ = ["ShareForm", "SharedFile", "SharedPage"]

COOKIE_DAYS = 1.0  # that a password is remembered


class ShareForm(JobForm):
    """Make a link to a video, or end one."""

    title = "Link"

    def check(self) -> None:
        """Who may review may show a video to somebody outside."""
        if self.state.managed is None:
            raise HTTPError(404)
        if self.caller is not None and not self.caller.allows("review"):
            raise HTTPError(403)

    async def change(self, fields: Callable[[str], str], job: Mapping[str, Any]) -> str | Html:
        """Make it and show its address once; or end it."""
        assert self.state.managed is not None
        db = self.state.managed.workspace.db
        if fields("revoke"):
            await self.state.run(revoke_share, db, job["job_id"], fields("revoke"))
            return "links"
        days = fields("days")
        facts: dict[str, Any] = {
            "created_by": self.caller.name if self.caller else "somebody here",
            "name": fields("name"),
            "password": fields("password"),
            "days": int(days) if days.isascii() and days.isdecimal() and len(days) < 6 else 0,
        }
        share, secret = await self.state.run(partial(create_share, db, job["job_id"], **facts))
        site = self.state.workspace.settings.public_url or self.own_origin
        return new_link(f"{site}{self.base_url}shared/{secret}", share, ServedLinks())


class _Guest(PageHandler):
    """Whoever has a link."""

    async def share_of(self, secret: str) -> Share:
        """The link, if it is one; who guesses is slowed down."""
        management = self.state.managed
        if management is None:
            raise HTTPError(404)
        share = await self.state.run(find_share, management.workspace.db, secret)
        if share is None:
            if self.state.guesses.wait_seconds(str(self.request.remote_ip)):
                raise HTTPError(429)
            raise HTTPError(404)
        return share

    def is_open(self, share: Share) -> bool:
        """Whether the password, if it has one, was shown."""
        if not share.guarded:
            return True
        cookie = self.get_signed_cookie(f"lotus-{share.id}", max_age_days=COOKIE_DAYS)
        return bool(cookie == share.id.encode())

    async def video_of(self, share: Share) -> dict[str, Any]:
        """The job of a link, if its video is still kept."""
        try:
            job: dict[str, Any] = await self.state.ask("video", job_id=share.job_id)
        except LotusError:
            raise HTTPError(404) from None
        if not job["video"]:
            raise HTTPError(404)
        return job

    def write_error(self, status_code: int, **facts: Any) -> None:
        """A page without the menu, which tells nothing of what there is."""
        self.set_status(status_code)
        text = "Too many tries came from here. Wait a moment." if status_code == 429 else ""
        self.show_guest(
            password_view("", text or "This link has ended, or is not valid.", ask=False)
        )

    def show_guest(self, body: Any) -> None:
        """End with a page for somebody outside."""
        self.policy(**PLAIN)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        # the address is a secret, and the form for a password needs its origin (Fetch, 3.1.2)
        self.set_header("Referrer-Policy", "same-origin")
        self.set_header("X-Robots-Tag", "noindex, nofollow")
        self.finish(self.state.page(self.base_url, "shared.html.j2", "A video", body=body))


class SharedPage(_Guest):
    """The video of a link."""

    @allow_unauthenticated
    async def get(self, secret: str) -> None:
        """The video, or the question for its password; counts a view."""
        share = await self.share_of(secret)
        if not self.is_open(share):
            self.show_guest(password_view(self.xsrf_token.decode(), ""))
            return
        job = await self.video_of(share)
        assert self.state.managed is not None
        if self.request.method == "GET":  # programs that look whether it is there do not count
            await self.state.run(count_view, self.state.managed.workspace.db, share.id)
        self.show_guest(guest_view(job, share, f"{self.base_url}shared/{secret}/"))

    @allow_unauthenticated
    async def post(self, secret: str) -> None:
        """Show the password; each try counts, also a right one."""
        share = await self.share_of(secret)
        if self.state.guesses.wait_seconds(f"{self.request.remote_ip} {share.id}"):
            raise HTTPError(429)
        assert self.state.managed is not None
        password = self.get_body_argument("password", "")
        db = self.state.managed.workspace.db
        if not await self.state.run(unlocks, db, share.id, password):
            self.set_status(401)
            self.show_guest(password_view(self.xsrf_token.decode(), "This is not the password."))
            return
        self.set_signed_cookie(
            f"lotus-{share.id}",
            share.id,
            expires_days=COOKIE_DAYS,
            path=f"{self.base_url}shared/",
            httponly=True,
        )
        self.redirect(f"{self.base_url}shared/{secret}", status=303)


class SharedFile(_Guest, MediaFile):
    """The video of a link, its poster or its captions; nothing else."""

    @allow_unauthenticated
    async def get(self, secret: str, name: str, include_body: bool = True) -> None:
        """The bytes, or the part that is asked for."""
        await self._send(secret, name, include_body)

    @allow_unauthenticated
    async def head(self, secret: str, name: str) -> None:
        """The same without the bytes."""
        await self._send(secret, name, False)

    async def _send(self, secret: str, name: str, include_body: bool) -> None:
        share = await self.share_of(secret)
        if name not in LINK_FILES or not self.is_open(share):
            raise HTTPError(404)
        job = await self.video_of(share)
        await self._serve(beside(job["video"], name), include_body)

    def set_extra_headers(self, path: str) -> None:
        """A browser keeps it for as long as it is open; a link may end."""
        self.set_header("Cache-Control", "private, no-store")
