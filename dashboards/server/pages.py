"""Pages: lotus' own, whose notebooks the server runs, a job's, and notebooks with a kernel."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated
from voila.tornado.handler import TornadoVoilaHandler

from dashboards.notebooks import HERE, notebooks_in
from dashboards.server.feedback import reviewer_of
from dashboards.server.viewer import VOILA, PageHandler
from dashboards.views.links import ServedLinks
from dashboards.views.story import MOST, comparison, story
from lotus.display.kit import Html, empty
from lotus.errors import LotusError

__all__ = ["ComparePage", "JobPage", "LiveNotebook", "OwnPage", "StartPage"]

LEFT_SECONDS = 5.0  # after which the place of a viewer who is not connected is another's
AGAIN_SECONDS = 20  # how long a viewer waits before a busy page looks again
KERNEL = re.compile(r'"kernelId": "([\w-]+)"')
HEADING = Html(
    '<header class="title"><h1>Side by side</h1><p>Play one, and all play in step.</p></header>'
)


class StartPage(PageHandler):
    """The address without a page."""

    @authenticated
    def get(self) -> None:
        """Lead to the results."""
        self.redirect(f"{self.base_url}results")


class OwnPage(PageHandler):
    """One of lotus' own pages: needs no kernel, so it opens at once and for any number
    of viewers.
    """

    @authenticated
    async def get(self, name: str) -> None:
        """Run the notebook's cells and show what they show."""
        if self.forget_token():
            return
        self.xsrf_token.decode()  # sets the cookie that forms need
        waits = bool(self.get_query_argument("all", ""))
        parts = await self.state.draw(name, self.values, waits=waits)
        self.show(name.capitalize(), parts, template="own.html.j2", active=name)


class JobPage(PageHandler):
    """One job."""

    @authenticated
    async def get(self) -> None:
        """Show the job with the id of the address."""
        if self.forget_token():
            return
        try:
            job = await self.state.ask("video", job_id=self.get_argument("id", ""))
        except LotusError as error:
            self.refuse("Job", error)
            return
        mark = self.xsrf_token.decode() if self.may("write") else ""
        body = story(job, ServedLinks(), reviewer=reviewer_of(self), mark=mark)
        self.show(job["prompt"][:60], body, active="results", script="review.js")


class ComparePage(PageHandler):
    """Two to four videos in step."""

    @authenticated
    async def get(self) -> None:
        """Show the jobs of the address."""
        if self.forget_token():
            return
        try:
            jobs = await self.state.ask("compared", job_ids=self.get_arguments("job")[:MOST])
        except LotusError as error:
            self.refuse("Compare", error)
            return
        self.show("Compare", HEADING + comparison(jobs, ServedLinks()), active="results")


class LiveNotebook(TornadoVoilaHandler, PageHandler):
    """A notebook that Voilà runs, with a kernel for this viewer, if there is one left."""

    # the viewer's, and whether they went on before all of the page had come
    _kernel_id = ""
    _gone = False

    def head(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: who wants no page gets no kernel."""
        raise HTTPError(405)

    @authenticated
    async def get(self, name: str) -> None:
        """The menu at once, then what the cells show as they run."""
        if self.forget_token():
            return
        state = self.state
        if name not in {**notebooks_in(HERE), **notebooks_in(state.folder)}:
            raise HTTPError(404)
        kernels = self.kernel_manager
        if kernels.viewer_count + state.opening >= state.viewers:
            await kernels.free(LEFT_SECONDS)
        if kernels.viewer_count + state.opening >= state.viewers:
            self._busy()
            return
        # sets the cookie with which the page says that its viewer has left
        self.xsrf_token.decode()
        state.opening += 1
        cells = self.get_generator(path=f"{name}.ipynb")
        first_cell = asyncio.ensure_future(anext(cells, ""))
        first_cell.add_done_callback(self._counted)  # from here on the kernel is counted
        self.policy(**VOILA)
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        facts = {"active": name, "manages": self.may("write")}
        opening = state.page(self.base_url, "live.html.j2", name, **facts)
        await self._send(opening)
        await self._cell(await first_cell)
        async for html in cells:
            await self._cell(html)
        if self._gone:
            await kernels.end(self._kernel_id)

    def _counted(self, _: object) -> None:
        self.state.opening -= 1

    def on_connection_close(self) -> None:
        """The viewer went on."""
        self._gone = True
        if self._kernel_id:
            self.kernel_manager.leave(self._kernel_id)
        super().on_connection_close()

    async def _cell(self, html: str) -> None:
        """What a cell shows; one of them names the kernel."""
        if match := KERNEL.search(html):
            self._kernel_id = match[1]
            (self.kernel_manager.leave if self._gone else self.kernel_manager.expect)(match[1])
        await self._send(html)

    async def _send(self, html: str) -> None:
        self.write(html)
        with suppress(StreamClosedError):
            await self.flush()

    def _busy(self) -> None:
        self.set_status(503)
        self.set_header("Retry-After", str(AGAIN_SECONDS))
        hint = (
            f"{self.state.viewers} notebooks are open. This page tries again every "
            f"{AGAIN_SECONDS} seconds."
        )
        self.show(
            "Busy", empty("All notebook slots are in use.", hint), again_seconds=AGAIN_SECONDS
        )
