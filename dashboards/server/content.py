"""Files: videos, posters, notebooks, costs."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path

from tornado.web import HTTPError, RequestHandler, StaticFileHandler, authenticated

from dashboards.notebooks import HERE
from dashboards.server.viewer import PageHandler
from dashboards.views.accounts import costs_file
from dashboards.views.filters import costs_query
from lotus.display.kit import style
from lotus.errors import InputError, LotusError
from lotus.server.ranges import entity_tag, range_holds
from lotus.store.objects import content_type

__all__ = ["CostsFile", "ExecutedNotebook", "MediaFile", "NotebookFile", "PosterFile", "StyleSheet"]

STORED_FILE = re.compile(
    r"compositions/[\w.-]+/(final\.mp4|poster\.jpg|captions\.srt|timeline\.json|storyboard\.json)"
    r"|clips/\w\w/\w+\.mp4"
)
NAME = re.compile(r"[\w-][\w.-]{0,80}", re.ASCII)  # under which a browser saves a file
FOREVER = "private, max-age=31536000, immutable"


class MediaFile(StaticFileHandler, PageHandler):
    """Objects of the store: streamed with range requests, or by a presigned address of a bucket."""

    _path: str = ""  # the file that this request is about

    @authenticated
    async def get(self, path: str, include_body: bool = True) -> None:  # type: ignore[override]
        """The object's bytes, or the part that is asked for."""
        await self._serve(path, include_body)

    @authenticated
    async def head(self, path: str) -> None:  # type: ignore[override]
        """The same without the bytes."""
        await self._serve(path, False)

    async def _serve(self, key: str, include_body: bool) -> None:
        store = self.state.workspace.store
        if not STORED_FILE.fullmatch(key):
            raise HTTPError(404)
        try:
            if self.state.media_origin:
                if not await self.state.run(store.exists, key):
                    raise HTTPError(404)
                name = self.get_argument("as", "")
                link = partial(store.link, key, name=name if NAME.fullmatch(name) else "")
                self.redirect(await self.state.run(link))
                return
            path = (await self.state.run(store.path, key)).absolute()
            self._path = str(path)
            if not range_holds(self.request.headers, path):
                del self.request.headers["Range"]
        except LotusError:
            raise HTTPError(404) from None
        await super().get(key, include_body)

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """Replaced for each request by `validate_absolute_path`: the store knows where its objects
        are.
        """
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """The file that the store named."""
        return self._path

    def compute_etag(self) -> str | None:
        """Of the file's facts; the bytes need not be read."""
        return entity_tag(Path(self._path))

    def get_content_type(self) -> str:
        """By the key's suffix."""
        return content_type(self._path)

    def set_extra_headers(self, path: str) -> None:
        """Browsers may keep it."""
        self.set_header("Cache-Control", FOREVER)
        self.set_header("X-Content-Type-Options", "nosniff")


class PosterFile(PageHandler):
    """A poster made small."""

    @authenticated
    async def get(self, folder: str) -> None:
        """The JPEG."""
        key = f"{folder}/poster.jpg"
        if not STORED_FILE.fullmatch(key):
            raise HTTPError(404)
        try:
            small = await self.state.run(self.state.poster, key)
        except LotusError:
            raise HTTPError(404) from None
        self.set_header("Content-Type", "image/jpeg")
        self.set_header("Cache-Control", FOREVER)
        self.finish(small)


class ExecutedNotebook(PageHandler):
    """A campaign row's notebook as HTML: it may hold anything, so the browser runs
    nothing of it.
    """

    @authenticated
    async def get(self, key: str) -> None:
        """The notebook, without scripts."""
        from batch.report.live import POLICY, saved_page

        try:
            text = (await self.state.run(self.state.workspace.store.read, key)).decode()
            page = await self.state.run(saved_page, text)
        except (LotusError, ValueError):
            raise HTTPError(404) from None
        self.set_header("Content-Security-Policy", f"sandbox; {POLICY}")
        self.finish(page)


class CostsFile(PageHandler):
    """The costs of the page as a file."""

    @authenticated
    async def get(self, suffix: str) -> None:
        """CSV or Parquet, amounts exact."""
        try:
            costs = await self.state.ask("spending", **costs_query(self.values))
        except InputError:
            raise HTTPError(404) from None
        self.set_header(
            "Content-Type", "text/csv" if suffix == "csv" else "application/vnd.apache.parquet"
        )
        self.set_header("Content-Disposition", f'attachment; filename="costs.{suffix}"')
        self.set_header("Cache-Control", "no-store")
        self.finish(await self.state.run(costs_file, costs, suffix))


class NotebookFile(PageHandler):
    """The notebook of one of lotus' own pages, to read and to change."""

    @authenticated
    def get(self, name: str) -> None:
        """The notebook as it is stored: without outputs."""
        self.set_header("Content-Type", "application/x-ipynb+json")
        self.set_header("Content-Disposition", f'attachment; filename="{name}.ipynb"')
        self.finish((HERE / f"{name}.ipynb").read_bytes())


class StyleSheet(RequestHandler):
    """The style of all pages; no secret, as all assets."""

    def get(self) -> None:
        """The whole sheet; its address changes with it."""
        self.set_header("Content-Type", "text/css; charset=utf-8")
        self.set_header("Cache-Control", FOREVER)
        self.finish(style())
