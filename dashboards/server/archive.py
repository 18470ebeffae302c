"""Several videos as one ZIP, written as it is sent: nothing of it is kept."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, authenticated

from dashboards.server.viewer import PageHandler
from dashboards.views.links import beside
from lotus.errors import LotusError
from lotus.store import Store

__all__ = ["ZipFile", "zip_chunks"]

CHUNK_BYTES = 1 << 20
MOST = 24  # videos, as many as a page of results has
INSIDE = ("final.mp4", "captions.srt")
EARLIEST = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # ZIP knows no time before, and ours are the same for each download


class _Sink(io.RawIOBase):
    """Takes what is written, until somebody takes it away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._parts.append(bytes(data))
        return len(data)

    def drain(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def zip_chunks(files: Iterable[tuple[str, Path]]) -> Iterator[bytes]:
    """The bytes of a ZIP with these files, uncompressed since videos are compressed already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files:
            entry = zipfile.ZipInfo(name, EARLIEST)
            with archive.open(entry, "w", force_zip64=True) as target, path.open("rb") as source:
                while data := source.read(CHUNK_BYTES):
                    target.write(data)
                    yield sink.drain()
    yield sink.drain()


def _files(store: Store, jobs: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Path]]:
    for job in jobs:
        title = re.sub(r"[^\w-]+", "-", job["prompt"][:40]).strip("-") or "video"
        for name in INSIDE:
            key = beside(job["video"], name)
            if store.exists(key):
                yield f"{title}-{job['job_id'][-12:]}{Path(name).suffix}", store.path(key)


class ZipFile(PageHandler):
    """The videos of the jobs of the address, with their captions."""

    def head(self, *args: Any, **kwargs: Any) -> None:
        """Refuse: nothing is known of it before it is written."""
        raise HTTPError(405)

    @authenticated
    async def get(self) -> None:
        """Send it piece by piece."""
        ids = list(dict.fromkeys(self.get_arguments("job")))
        if not 1 <= len(ids) <= MOST:
            raise HTTPError(404)
        try:
            jobs = [job for job in await self.state.ask("compared", job_ids=ids) if job["video"]]
        except LotusError:
            raise HTTPError(404) from None
        if not jobs:
            raise HTTPError(404)
        self.set_header("Content-Type", "application/zip")
        self.set_header("Content-Disposition", 'attachment; filename="videos.zip"')
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Encoding", "identity")
        chunks = zip_chunks(_files(self.state.workspace.store, jobs))
        try:
            while chunk := await self.state.run(next, chunks, b""):
                self.write(chunk)
                await self.flush()
        except StreamClosedError:
            return  # whoever wanted it has gone
        self.finish()
