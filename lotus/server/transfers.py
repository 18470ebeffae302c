"""Files in and out: uploads to a file beside the store, downloads in ranges or from a bucket."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

from tornado.ioloop import IOLoop
from tornado.web import StaticFileHandler

from lotus.errors import StoreError
from lotus.server.calls.assets import UploadedFile
from lotus.server.calls.uploads import find_upload, upload_object
from lotus.server.endpoints import Endpoint
from lotus.server.ranges import entity_tag, range_holds
from lotus.server.refusals import Refusal, envelope, whole_number
from lotus.server.routes import Route
from lotus.server.sniffing import UPLOAD_LIMITS, check_room
from lotus.server.web import Base
from lotus.store import Store
from lotus.store.objects import content_type

__all__ = ["Download", "FileBody", "Upload", "UploadTarget"]

LINK_SECONDS = 900
CACHE_SECONDS = 86_400  # of files, which never change under their address
PIECE_BYTES = 1024 * 1024  # of a body that are written at a time
Result = TypeVar("Result")


class BodyFile:
    """A body as it comes: written and hashed piece by piece, in a thread, so that answers to others
    wait for no disk.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self._pieces: list[bytes] = []
        self._waiting_bytes = 0
        self._lock = threading.Lock()

    def add(self, chunk: bytes) -> bool:
        """Take a piece; whether there are enough for `write`."""
        self._pieces.append(chunk)
        self._waiting_bytes += len(chunk)
        return self._waiting_bytes >= PIECE_BYTES

    def write(self) -> None:
        """Write the pieces that wait; nothing once the file is closed."""
        data = b"".join(self._pieces)
        self._pieces = []
        self._waiting_bytes = 0
        with self._lock:
            if not self._file.closed:
                self._file.write(data)
                self._hash.update(data)

    def finish(self) -> UploadedFile:
        """Write the rest; the whole file."""
        self.write()
        self.close()
        return UploadedFile(self.path, self._hash.hexdigest())

    def close(self) -> None:
        """End it, after a write that is under way."""
        with self._lock:
            self._file.close()


class FileBody(Base):
    """Bytes in, to a file beside the store; never more than a piece of them in memory."""

    most_bytes = max(UPLOAD_LIMITS.values())
    _file: BodyFile | None = None

    def open_file(self) -> None:
        """Open a file for what will come; raises Refusal where there is no room for it."""
        self._stack = ExitStack()
        folder = self._stack.enter_context(self.service.workspace.folder())
        check_room(folder, self.body_bytes)
        self._file = BodyFile(folder / "upload")
        self._stack.callback(self._file.close)

    async def close_file(self) -> UploadedFile:
        """The file with all that came."""
        assert self._file is not None
        return await self._in_thread(self._file.finish)

    async def data_received(self, chunk: bytes) -> None:
        """Some of it, as it comes; the sender waits while it is written."""
        if self._finished or self.refusal is not None or self._file is None:
            return
        if self._file.add(chunk):
            await self._in_thread(self._file.write)

    async def _in_thread(self, work: Callable[[], Result]) -> Result:
        return await IOLoop.current().run_in_executor(self.service.file_threads, work)

    def on_finish(self) -> None:
        """Nothing is left."""
        super().on_finish()
        self._clear()

    def on_connection_close(self) -> None:
        """Whoever sent it has gone."""
        super().on_connection_close()
        self._clear()

    def _clear(self) -> None:
        """Remove the file, in a thread: half a gigabyte takes a moment."""
        if self._file is None:
            return
        self._file = None
        try:
            self.service.file_threads.submit(self._stack.close)
        except RuntimeError:  # the service has ended
            self._stack.close()


class Upload(FileBody, Endpoint):
    """An asset whose bytes are the body."""

    async def admit(self) -> None:
        """Open a file for what will come."""
        await super().admit()
        if self.request.method != "POST":
            return
        if whole_number(self.request.headers.get("Content-Length", "")) is None:
            raise Refusal(
                status=411, reason="Content-Length is missing", remedy="send Content-Length"
            )
        self.query_model()  # what is wrong is said before half a gigabyte is sent
        self.open_file()

    async def post(self, **path: str) -> None:
        """All of it is there: look at it, and keep it."""
        ask = self.ask(path, await self.close_file())
        asset = await self.service.away(self.route.call, ask, slow=True)
        self.set_header("Location", f"{self.request.path}/{asset.id}")
        self.answer(asset.model_dump_json(), self.route.status)


class UploadTarget(FileBody):
    """Where the bytes of an upload are put whose address was signed: the address says who it is."""

    open_to_all = True

    async def admit(self) -> None:
        """Open a file for just so many bytes as were said."""
        await super().admit()
        if self.request.method != "PUT":
            return
        upload_id = self.request.path.rpartition("/")[2]
        key = self.get_query_argument("key", "")
        row = await self.away(find_upload, self.service.workspace.db, upload_id, key)
        if row is None:
            wait = self.service.failures.wait_seconds(str(self.request.remote_ip))
            reason = "no upload, or its address has expired"
            raise Refusal(status=429 if wait else 403, reason=reason, remedy="begin another")
        if self.body_bytes != row["size_bytes"]:
            remedy = f"send Content-Length: {row['size_bytes']}"
            raise Refusal(
                status=422, reason="its size differs from the declared one", remedy=remedy
            )
        self._upload_id = upload_id
        self.open_file()

    async def put(self, **path: str) -> None:
        """All of it is there."""
        put = self.service.workspace.store.put
        key = upload_object(self._upload_id)
        file = await self.close_file()
        await self.service.away(put, file.path, key, slow=True)
        self.answer(None, 204)

    def allowed(self) -> list[str]:
        """Methods that this address has."""
        return ["PUT"]


class Download(Endpoint, StaticFileHandler):
    """Bytes out: a file with ranges, or a redirect to a bucket that has it."""

    def initialize(  # type: ignore[override]
        self, service: Any, routes: Mapping[str, Route] | None = None
    ) -> None:
        """Tornado's constructor; the root is the store's, and paths come from it alone."""
        Endpoint.initialize(self, service, routes)
        StaticFileHandler.initialize(self, path="/")

    async def admit(self) -> None:
        """HEAD is asked as GET is."""
        if self.request.method not in ("GET", "HEAD"):
            raise Refusal(status=405, reason=f"{self.request.method} is not allowed here")
        await Base.admit(self)

    @property
    def route(self) -> Route:
        """What is asked for."""
        return self.routes["GET"]

    def allowed(self) -> list[str]:
        """Methods that this address has."""
        return ["GET", "HEAD"]

    async def head(self, **path: str) -> None:  # type: ignore[override]
        """All but the bytes."""
        await self._send(path, include_body=False)

    async def get(self, **path: str) -> None:  # type: ignore[override]
        """The bytes, or those that Range names."""
        await self._send(path, include_body=True)

    async def _send(self, path: dict[str, str], *, include_body: bool) -> None:
        key = await self.away(self.route.call, self.ask(path, None))
        store = self.service.workspace.store
        if store.url.startswith(("s3://", "s3a://")):
            link = await self.service.away(download_link, store, key, slow=True)
            self.redirect(link, status=307)
            return
        self._key = key
        self._file_path = await self.service.away(_file, store, key, slow=True)
        if not range_holds(self.request.headers, self._file_path):
            del self.request.headers["Range"]
        await StaticFileHandler.get(self, str(self._file_path), include_body)
        if self.get_status() == 416:
            size = self._file_path.stat().st_size
            refusal = Refusal(
                status=416,
                reason=f"the file has {size} bytes",
                remedy="ask for a range within them",
            )
            self.set_header("Content-Type", "application/json")
            self.finish(json.dumps(envelope(refusal, self.request_id)))

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """The file that the store named: nothing of the request is in it."""
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """As it is."""
        return absolute_path

    def compute_etag(self) -> str | None:
        """Of the file's facts: Tornado would read half a gigabyte for it, and nobody else would be
        answered meanwhile.
        """
        return entity_tag(self._file_path)

    def get_content_type(self) -> str:
        """By the object's key."""
        return content_type(self._key)

    def set_extra_headers(self, path: str) -> None:
        """A browser saves what people uploaded, and shows what lotus made."""
        self.set_header("Cache-Control", f"private, max-age={CACHE_SECONDS}")
        if self._key.startswith("uploads/"):
            self.set_header("Content-Disposition", "attachment")


def download_link(store: Store, key: str) -> str:
    """The address of an object in its bucket; raises Refusal for one that has expired."""
    if not store.exists(key):
        raise _expiry(key)
    # a browser saves what people uploaded, from a bucket as from a folder
    name = key.rsplit("/", 1)[-1] if key.startswith("uploads/") else ""
    return store.link(key, LINK_SECONDS, name=name)


def _file(store: Store, key: str) -> Path:
    try:
        return store.path(key)
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise _expiry(key) from error
        raise


def _expiry(key: str) -> Refusal:
    return Refusal(
        status=404, reason=f"{key.rsplit('/', 1)[-1]} has expired", remedy="make it again"
    )
