"""Pages: dashboards with a kernel, and those that need none."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from functools import partial
from urllib.parse import urlencode

from markupsafe import Markup
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler

from dashboards.handlers.base import Lotus
from dashboards.links import ServedLinks
from dashboards.markup import empty
from dashboards.story import MOST, comparison, story
from lotus.errors import LotusError
from lotus.reports.reviews import add_review

__all__ = ["Compare", "JobPage", "Page", "Review", "Start"]

LEFT_SECONDS = 5.0  # after which the place of a viewer who is not connected is another's
REVIEW = ("verdict", "reviewer", "comment")  # fields of the form
AGAIN_SECONDS = 20  # how long a viewer waits before a busy page looks again
KERNEL = re.compile(r'"kernelId": "([\w-]+)"')


class Start(Lotus):
    """The address without a page."""

    @authenticated
    def get(self) -> None:
        """Lead to the results."""
        self.redirect(f"{self.base_url}results")


class Page(TornadoVoilaHandler, Lotus):
    """A dashboard: one of the notebooks, with a kernel for this viewer, if there is one left."""

    # the viewer's, and whether they went on before all of the page had come
    _kernel_id = ""
    _gone = False

    @authenticated
    async def get(self, name: str) -> None:
        """The data at once, then what its cells show as they run."""
        if self.forget_token():
            return
        backstage = self.backstage
        kernels = self.kernel_manager
        if kernels.taken + backstage.opening >= backstage.viewers:
            await kernels.free(LEFT_SECONDS)
        if kernels.taken + backstage.opening >= backstage.viewers:
            self._busy()
            return
        # sets the cookie with which the page says that its viewer has left
        self.xsrf_token.decode()
        backstage.opening += 1
        cells = self.get_generator(path=f"{name}.ipynb")
        begun = asyncio.ensure_future(
            anext(cells, "")
        )  # its kernel starts while the database is asked
        begun.add_done_callback(
            lambda _: backstage.leave_door()
        )  # from here on the kernel is counted
        await self._open(name)
        await self._cell(await begun)
        async for html in cells:
            await self._cell(html)
        if self._gone:
            await kernels.end(self._kernel_id)

    def on_connection_close(self) -> None:
        """The viewer went on."""
        self._gone = True
        if self._kernel_id:
            self.kernel_manager.leave(self._kernel_id)
        super().on_connection_close()

    async def _cell(self, html: str) -> None:
        """What a cell shows; one of them names the kernel."""
        if named := KERNEL.search(html):
            self._kernel_id = named[1]
            (self.kernel_manager.leave if self._gone else self.kernel_manager.expect)(named[1])
        self.write(html)
        with suppress(StreamClosedError):
            await self.flush()

    async def _open(self, name: str) -> None:
        """What the database says now, before there is a kernel."""
        said = {key: self.get_query_argument(key) for key in self.request.query_arguments}
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.write(await self.backstage.off(self.backstage.opening_of, self.base_url, name, said))
        with suppress(StreamClosedError):
            await self.flush()

    def _busy(self) -> None:
        self.set_status(503)
        self.set_header("Retry-After", str(AGAIN_SECONDS))
        words = "All places are taken."
        hint = (
            f"{self.backstage.viewers} are looking. This page tries again every {AGAIN_SECONDS} "
            "seconds."
        )
        self.show("Busy", empty(words, hint), again_seconds=AGAIN_SECONDS)


class JobPage(Lotus):
    """One job; needs no kernel, so it opens at once and for any number of viewers."""

    @authenticated
    async def get(self) -> None:
        """Show the job with the id that is asked for."""
        if self.forget_token():
            return
        try:
            found = await self.backstage.ask("video", job_id=self.get_argument("id", ""))
        except LotusError as error:
            self.refuse("Job", error)
            return
        mark = self.xsrf_token.decode() if self.backstage.reviews is not None else None
        self.show(found["prompt"][:60], story(found, ServedLinks(), xsrf=mark), active="results")


class Review(Lotus):
    """A verdict on a video: the only thing that writes, and only where the server was started with
    it.
    """

    @authenticated
    async def post(self) -> None:
        """Write it down, and show the job's page again."""
        backstage = self.backstage
        said = {n: self.get_body_argument(n, "") for n in REVIEW}
        if backstage.reviews is None:
            raise HTTPError(404)
        try:
            job_id = (await backstage.ask("video", job_id=self.get_body_argument("id", "")))[
                "job_id"
            ]
            await backstage.off(partial(add_review, backstage.reviews, job_id, **said))
        except LotusError as error:
            self.refuse("Review", error, 400, active="results")
            return
        backstage.answers.forget()
        self.redirect(f"{self.base_url}job?{urlencode({'id': job_id})}", status=303)


class Compare(Lotus):
    """Two to four videos in step."""

    @authenticated
    async def get(self) -> None:
        """Show the jobs that are asked for."""
        if self.forget_token():
            return
        try:
            found = await self.backstage.ask("compared", job_ids=self.get_arguments("job")[:MOST])
        except LotusError as error:
            self.refuse("Compare", error)
            return
        head = Markup(
            '<header class="title"><h1>Side by side</h1><p>Play one, and all play in '
            "step.</p></header>"
        )
        self.show("Compare", head + comparison(found, ServedLinks()), active="results")
