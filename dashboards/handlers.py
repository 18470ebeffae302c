"""What the server answers beside Voilà's own: pages without a kernel, media, questions of kernels."""

from __future__ import annotations

import asyncio
import hashlib
import json
import re
import secrets
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from jupyter_server.base.handlers import JupyterHandler
from markupsafe import Markup
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, StaticFileHandler, authenticated
from voila.request_info_handler import RequestInfoSocketHandler
from voila.tornado.handler import TornadoVoilaHandler

from dashboards.backstage import Backstage
from dashboards.links import ServedLinks
from dashboards.markup import empty, trouble
from dashboards.story import MOST, comparison, story
from dashboards.views import costs_asked
from lotus.errors import InputError, LotusError
from lotus.reviews import add_review
from lotus.store.objects import content_type

__all__ = [
    "Ask",
    "Compare",
    "Costs",
    "Executed",
    "JobPage",
    "Knock",
    "Media",
    "Page",
    "Review",
    "Start",
    "Thumb",
]

LEFT_SECONDS = 5.0  # after which the place of a viewer who is not connected is another's
COSTS = ("days", "by", "since", "until")  # which costs a file holds
REVIEW = ("verdict", "reviewer", "comment")  # fields of the form
AGAIN_SECONDS = 20  # how long a viewer waits before a busy page looks again
KEPT = re.compile(
    r"compositions/[\w.-]+/(final\.mp4|poster\.jpg|captions\.srt|timeline\.json|storyboard\.json)"
    r"|clips/\w\w/\w+\.mp4"
)
KERNEL = re.compile(r'"kernelId": "([\w-]+)"')
NAME = re.compile(r"[\w-][\w.-]{0,80}", re.ASCII)  # under which a browser saves a file
FOREVER = "private, max-age=31536000, immutable"


class _Lotus(JupyterHandler):
    """A handler that knows what is backstage."""

    @property
    def backstage(self) -> Backstage:
        found: Backstage = self.settings["backstage"]
        return found

    def forget_token(self) -> bool:
        """The token is in a cookie now: take it out of the address, so that it is not passed on."""
        if "token" not in self.request.query_arguments:
            return False
        said = [(n, v) for n, vs in self.request.query_arguments.items() if n != "token" for v in vs]
        self.redirect(f"{self.request.path}?{urlencode(said)}" if said else self.request.path)
        return True

    def show(self, title: str, body: Any, **more: Any) -> None:
        """End with a page."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(self.backstage.page(self.base_url, title, body, **more))

    def write_error(self, status_code: int, **facts: Any) -> None:
        """One plain page, whatever went wrong."""
        words = {404: "There is no such page.", 403: "This is not for you."}
        hint = "Open the results, and go on from there."
        self.set_status(status_code)
        self.show("Not found", empty(words.get(status_code, "Something went wrong."), hint))


class Start(_Lotus):
    """The address without a page."""

    @authenticated
    def get(self) -> None:
        """Lead to the results."""
        self.redirect(f"{self.base_url}results")


class Page(TornadoVoilaHandler, _Lotus):
    """A dashboard: one of the notebooks, with a kernel for this viewer, if there is one left."""

    @authenticated
    async def get(self, name: str) -> None:
        """The data at once, then what its cells show as they run."""
        if self.forget_token():
            return
        backstage, kernels = self.backstage, self.kernel_manager
        if kernels.taken + backstage.opening >= backstage.viewers:
            await kernels.free(LEFT_SECONDS)
        if kernels.taken + backstage.opening >= backstage.viewers:
            self._busy()
            return
        self.xsrf_token.decode()  # sets the cookie with which the page says that its viewer has left
        backstage.opening += 1
        cells = self.get_generator(path=f"{name}.ipynb")
        begun = asyncio.ensure_future(anext(cells, ""))  # its kernel starts while the database is asked
        begun.add_done_callback(lambda _: backstage.leave_door())  # from here on the kernel is counted
        await self._open(name)
        await self._cell(await begun)
        async for html in cells:
            await self._cell(html)

    async def _cell(self, html: str) -> None:
        """What a cell shows; one of them names the kernel, also where the viewer has gone on."""
        if named := KERNEL.search(html):
            self.kernel_manager.expect(named[1])
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
        hint = f"{self.backstage.viewers} are looking. This page tries again every {AGAIN_SECONDS} seconds."
        self.show("Busy", empty(words, hint), again_seconds=AGAIN_SECONDS)


class JobPage(_Lotus):
    """One job; needs no kernel, so it opens at once and for any number of viewers."""

    @authenticated
    async def get(self) -> None:
        """Show the job with the id that is asked for."""
        if self.forget_token():
            return
        try:
            found = await self.backstage.ask("video", job_id=self.get_argument("id", ""))
        except LotusError as error:
            self.set_status(404 if isinstance(error, InputError) else 500)
            self.show("Job", trouble(error))
            return
        mark = self.xsrf_token.decode() if self.backstage.reviews is not None else None
        self.show(found["prompt"][:60], story(found, ServedLinks(), xsrf=mark), active="results")


class Review(_Lotus):
    """A verdict on a video: the only thing that writes, and only where the server was started with it."""

    @authenticated
    async def post(self) -> None:
        """Write it down, and show the job's page again."""
        backstage, said = self.backstage, {n: self.get_body_argument(n, "") for n in REVIEW}
        if backstage.reviews is None:
            raise HTTPError(404)
        try:
            job_id = (await backstage.ask("video", job_id=self.get_body_argument("id", "")))["job_id"]
            await backstage.off(partial(add_review, backstage.reviews, job_id, **said))
        except LotusError as error:
            self.set_status(400 if isinstance(error, InputError) else 500)
            self.show("Review", trouble(error), active="results")
            return
        backstage.answers.forget()
        self.redirect(f"{self.base_url}job?{urlencode({'id': job_id})}", status=303)


class Compare(_Lotus):
    """Two to four videos in step."""

    @authenticated
    async def get(self) -> None:
        """Show the jobs that are asked for."""
        if self.forget_token():
            return
        try:
            found = await self.backstage.ask("compared", job_ids=self.get_arguments("job")[:MOST])
        except LotusError as error:
            self.set_status(404 if isinstance(error, InputError) else 500)
            self.show("Compare", trouble(error))
            return
        head = Markup(
            '<header class="title"><h1>Side by side</h1><p>Play one, and all play in step.</p></header>'
        )
        self.show("Compare", head + comparison(found, ServedLinks()), active="results")


class Media(StaticFileHandler, _Lotus):
    """Objects of the store: streamed with range requests, or by a presigned address of a bucket."""

    _found: str = ""  # the file that this request is about

    @authenticated
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]
        """The object's bytes, or the part that is asked for."""
        await self._serve(path, include_body)

    @authenticated
    async def head(self, path: str) -> None:  # type: ignore[override]
        """The same without the bytes."""
        await self._serve(path, False)

    async def _serve(self, key: str, include_body: bool) -> None:
        store = self.backstage.workspace.store
        if not KEPT.fullmatch(key):
            raise HTTPError(404)
        try:
            if self.backstage.media_origin:
                if not await self.backstage.off(store.exists, key):
                    raise HTTPError(404)
                name = self.get_argument("as", "")
                link = partial(store.link, key, name=name if NAME.fullmatch(name) else "")
                self.redirect(await self.backstage.off(link))
                return
            self._found = str((await self.backstage.off(store.path, key)).absolute())
        except LotusError:
            raise HTTPError(404) from None
        await super().get(key, include_body)

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Replaced for each request by `validate_absolute_path`: the store knows where its objects are."""
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """The file that the store named."""
        return self._found

    def compute_etag(self) -> str | None:
        """Objects never change, so their key says it; the bytes need not be read."""
        return f'"{hashlib.sha256(self._found.encode()).hexdigest()[:32]}"'

    def get_content_type(self) -> str:
        """By the key's suffix."""
        return content_type(self._found)

    def set_extra_headers(self, path: str) -> None:
        """Browsers may keep it."""
        self.set_header("Cache-Control", FOREVER)
        self.set_header("X-Content-Type-Options", "nosniff")


class Thumb(_Lotus):
    """A poster made small."""

    @authenticated
    async def get(self, folder: str) -> None:
        """The JPEG."""
        key = f"{folder}/poster.jpg"
        if not KEPT.fullmatch(key):
            raise HTTPError(404)
        try:
            small = await self.backstage.off(self.backstage.poster, key)
        except LotusError:
            raise HTTPError(404) from None
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", FOREVER)
        self.finish(small)


class Executed(_Lotus):
    """A campaign row's notebook as HTML: it may hold anything, so the browser runs nothing of it."""

    @authenticated
    async def get(self, key: str) -> None:
        """The notebook, without scripts."""
        try:
            text = (await self.backstage.off(self.backstage.workspace.store.read, key)).decode()
            page = await self.backstage.off(_as_html, text)
        except (LotusError, ValueError):
            raise HTTPError(404) from None
        policy = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; media-src data:"
        self.set_header("Content-Security-Policy", policy)
        self.finish(page)


def _as_html(text: str) -> str:
    import nbformat
    from nbconvert import HTMLExporter

    exporter = HTMLExporter(template_name="basic")
    body, _ = exporter.from_notebook_node(nbformat.reads(text, as_version=4))  # type: ignore[no-untyped-call]
    return f'<!doctype html><meta charset="utf-8"><title>notebook</title>{body}'


class Costs(_Lotus):
    """What the costs page shows, as a file."""

    @authenticated
    async def get(self, suffix: str) -> None:
        """CSV or Parquet, amounts exact."""
        from dashboards.files import costs_file

        try:
            spent = await self.backstage.ask(
                "spending", **costs_asked({name: self.get_argument(name, "") for name in COSTS})
            )
        except InputError:
            raise HTTPError(404) from None
        self.set_header("Content-Type", "text/csv" if suffix == "csv" else "application/vnd.apache.parquet")
        self.set_header("Content-Disposition", f'attachment; filename="costs.{suffix}"')
        self.set_header("Cache-Control", "no-store")
        self.finish(await self.backstage.off(costs_file, spent, suffix))


class Ask(RequestHandler):
    """Questions of this server's own kernels, which know its secret."""

    async def post(self) -> None:
        """The answer, or the error as data."""
        backstage: Backstage = self.settings["backstage"]
        if not secrets.compare_digest(self.request.headers.get("X-Lotus-Secret", ""), backstage.secret):
            raise HTTPError(403)
        asked = json.loads(self.request.body)
        try:
            said: dict[str, Any] = {"answer": await backstage.ask(asked["question"], **asked["how"])}
        except LotusError as error:
            said = {"error": {"message": error.message, "remedy": error.remedy}}
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(said, default=str))


class Knock(RequestInfoSocketHandler):
    """Where warm kernels wait for their viewer's address: only from this machine."""

    def prepare(self) -> None:
        """Refuse others."""
        caller = self.request.remote_ip
        if not ip_address(caller).is_loopback and caller != self.settings["backstage"].host:
            raise HTTPError(403)
