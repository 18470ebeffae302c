"""Handlers of routes: a request becomes an Ask, what the route's function says becomes the answer."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from pydantic import BaseModel
from tornado.web import StaticFileHandler, stream_request_body

from lotus.documents import read_model
from lotus.errors import InvalidInput, StoreError
from lotus.server.refusals import Refused
from lotus.server.routes import Ask, Route
from lotus.server.sniffing import LIMITS
from lotus.server.web import Base
from lotus.store import Store
from lotus.store.objects import content_type

__all__ = ["Download", "Endpoint", "Upload"]

KEY = re.compile(r"[\x21-\x7e]{1,200}")
LINK_SECONDS = 900


class Endpoint(Base):
    """JSON in, JSON out."""

    def initialize(self, service: Any, routes: Mapping[str, Route] | None = None) -> None:
        """`routes` by method."""
        super().initialize(service)
        self.routes = routes or {}

    def allowed(self) -> list[str]:
        """Methods that this address has."""
        return sorted(self.routes)

    @property
    def route(self) -> Route:
        """What is asked for."""
        return self.routes[str(self.request.method)]

    async def admit(self) -> None:
        """Raise for what is not to be served."""
        if self.request.method not in self.routes:
            raise Refused(status=405, reason=f"{self.request.method} is not done here")
        await super().admit()

    async def get(self, **path: str) -> None:
        """Serve it."""
        await self._serve(path)

    async def post(self, **path: str) -> None:
        """Serve it."""
        await self._serve(path)

    async def _serve(self, path: dict[str, str]) -> None:
        ask = self.ask(path, self.body_model())
        found = await self.away(self.route.call, ask)
        self.answer(found.model_dump_json(), self.route.status)

    def ask(self, path: dict[str, str], body: Any) -> Ask:
        """The request, checked."""
        return Ask(
            self.service, path, self.query_model(), body, self.bearer, self.idempotency_key, self.body_digest
        )

    @property
    def idempotency_key(self) -> str | None:
        """As the header has it, where the route heeds it."""
        given = self.request.headers.get("Idempotency-Key")
        if given is None or not self.route.idempotent:
            return None
        if not KEY.fullmatch(given):
            remedy = "send 1 to 200 printable characters, such as a UUID"
            raise InvalidInput(file="", field="Idempotency-Key", reason="is not a key", remedy=remedy)
        return given

    def query_model(self) -> BaseModel | None:
        """What stands after the question mark; a misspelt name is an error."""
        given: dict[str, str] = {}
        for name, values in self.request.query_arguments.items():
            if len(values) > 1:
                raise InvalidInput(file="", field=name[:80], reason="is given twice", remedy="give it once")
            given[name] = values[0].decode("utf-8", "replace")
        if self.route.query is not None:
            return read_model(self.route.query, given, "")
        if given:
            field, remedy = min(given)[:80], "leave it away"
            raise InvalidInput(file="", field=field, reason="is not a parameter", remedy=remedy)
        return None

    def body_model(self) -> BaseModel | None:
        """The body, if the route has one."""
        if self.route.body is None:
            return None
        kind = self.request.headers.get("Content-Type", "").split(";")[0].strip().lower()
        if kind != "application/json":
            remedy = "send Content-Type: application/json"
            raise Refused(status=415, reason="the body is not said to be JSON", remedy=remedy)
        document = _parsed(bytes(self.received))
        return read_model(self.route.body, document, "")


def _parsed(body: bytes) -> dict[str, Any]:
    """The fields of a body; raises Refused with 400."""
    remedy = "send one JSON object, in UTF-8"
    try:
        document = json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError) as exc:
        raise Refused(status=400, reason="the body is not JSON", remedy=remedy) from exc
    if not isinstance(document, dict):
        raise Refused(status=400, reason="the body is no JSON object", remedy=remedy)
    if b"\\u0000" in body:
        raise Refused(status=400, reason="the body has the character U+0000", remedy="remove it")
    return document


def _no_number(name: str) -> float:
    raise ValueError(name)


@stream_request_body
class Upload(Endpoint):
    """Bytes in, to a file beside the store; never more of them in memory than came in one piece."""

    most_bytes = max(LIMITS.values())

    async def admit(self) -> None:
        """Open a file for what will come."""
        await super().admit()
        if self.request.method != "POST":
            return
        if not self.request.headers.get("Content-Length", "").isdigit():
            raise Refused(status=411, reason="the length is not said", remedy="send Content-Length")
        self.query_model()  # what is wrong is said before half a gigabyte is sent
        self._stack = ExitStack()
        folder = self._stack.enter_context(self.service.workspace.folder())
        self._path = folder / "upload"
        self._file: IO[bytes] = self._stack.enter_context(self._path.open("wb"))
        self._digest = hashlib.sha256()

    def data_received(self, chunk: bytes) -> None:
        """Some of it, as it comes."""
        if not self._finished and self.refusal is None:
            self._file.write(chunk)

    async def post(self, **path: str) -> None:
        """All of it is there: look at it, and keep it."""
        self._file.flush()
        asset = await self.away(self.route.call, self.ask(path, self._path))
        self.set_header("Location", f"{self.request.path}/{asset.id}")
        self.answer(asset.model_dump_json(), self.route.status)

    def on_finish(self) -> None:
        """Nothing is left."""
        super().on_finish()
        self._clear()

    def on_connection_close(self) -> None:
        """Whoever sent it has gone."""
        super().on_connection_close()
        self._clear()

    def _clear(self) -> None:
        if hasattr(self, "_stack"):
            self._stack.close()


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
            raise Refused(status=405, reason=f"{self.request.method} is not done here")
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
            link = await self.away(_linked, store, key)
            self.redirect(link, status=307)
            return
        self._key = key
        self._file_path = await self.away(_file, store, key)
        await StaticFileHandler.get(self, str(self._file_path), include_body)

    @classmethod
    def get_absolute_path(cls, root: str, path: str) -> str:
        """The file that the store named: nothing of the request is in it."""
        return path

    def validate_absolute_path(self, root: str, absolute_path: str) -> str | None:
        """As it is."""
        return absolute_path

    def get_content_type(self) -> str:
        """By the object's key."""
        return content_type(self._key)

    def set_extra_headers(self, path: str) -> None:
        """A browser saves what people uploaded, and shows what lotus made."""
        if self._key.startswith("uploads/"):
            self.set_header("Content-Disposition", "attachment")


def _linked(store: Store, key: str) -> str:
    if not store.exists(key):
        raise _gone(key)
    return store.link(key, LINK_SECONDS)


def _file(store: Store, key: str) -> Path:
    try:
        return store.path(key)
    except StoreError as error:
        if isinstance(error.__cause__, FileNotFoundError):
            raise _gone(key) from error
        raise


def _gone(key: str) -> Refused:
    return Refused(status=404, reason=f"{key.rsplit('/', 1)[-1]} has expired", remedy="make it again")
