"""How every request is met: who asks, how often, how much; and how every answer looks that is no
success.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import time
import uuid
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, ClassVar, Literal

from tornado.ioloop import IOLoop
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, RequestHandler, stream_request_body

from lotus.errors import DatabaseError, LotusError, StoreError
from lotus.server.admission import bearer, check_origin, check_rate
from lotus.server.logs import log
from lotus.server.refusals import MOST_DIGITS, Refusal, envelope, status_of, whole_number
from lotus.server.service import Service
from lotus.server.tokens import Token

__all__ = ["BODY_BYTES", "Base", "Missing"]

HEADER_BYTES = 16_384
EXPOSED_HEADERS = "Content-Range, ETag, Location, Retry-After, X-Request-ID"
ALLOWED_HEADERS = (
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, Last-Event-ID, Range"
)
BODY_BYTES = 4 * 1024 * 1024  # of JSON: a storyboard of forty scenes has a hundredth
PASSED_OVER_BYTES = 64 * 1024 * 1024  # of a body that is refused
REFUSED_BODY_SECONDS = 1.5  # within which they must come
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
BEARER = re.compile(r"Bearer ([A-Za-z0-9_.~+/=-]{8,200})", re.I)
HEADERS = {
    "Server": "lotus",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


@stream_request_body
class Base(RequestHandler):
    """What all handlers of lotus do; its body is read as it comes, so that too much is refused at
    once.
    """

    open_to_all: ClassVar[bool] = False  # whether no token is needed
    most_bytes: int = BODY_BYTES
    request_id = ""
    admitted = False

    def initialize(self, service: Service) -> None:
        """Tornado's constructor."""
        self.service = service
        self._allow_origin()
        self.bearer: Token | None = None
        self.received = bytearray()
        self.refusal: LotusError | None = None
        self._timer: object | None = None  # until a refusal is not put off any longer
        self.began = time.monotonic()

    def set_default_headers(self) -> None:
        """Strict ones, also on errors."""
        for name, value in HEADERS.items():
            self.set_header(name, value)
        if not self.request_id:  # an error sets all headers again
            request_id = self.request.headers.get("X-Request-ID", "")
            self.request_id = request_id if REQUEST_ID.fullmatch(request_id) else str(uuid.uuid4())
        self.set_header("X-Request-ID", self.request_id)
        self._allow_origin()

    def _allow_origin(self) -> None:
        """Let a page of a named origin read the answer (fetch.spec.whatwg.org, CORS protocol)."""
        origin = self.request.headers.get("Origin", "")
        if hasattr(self, "service") and self.service.origins:
            self.set_header("Vary", "Origin")
            if origin in self.service.origins:
                self.set_header("Access-Control-Allow-Origin", origin)
                self.set_header("Access-Control-Expose-Headers", EXPOSED_HEADERS)

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks for a page of a named origin if it may send a request."""
        origin = self.request.headers.get("Origin", "")
        return self.request.method == "OPTIONS" and origin in self.service.origins

    def options(self, *args: str, **path: str) -> None:
        """Tell a browser what such a page may send."""
        if not self.is_preflight:
            raise Refusal(status=405, reason="OPTIONS is not allowed here")
        self.set_header("Access-Control-Allow-Methods", ", ".join(self.allowed()))
        self.set_header("Access-Control-Allow-Headers", ALLOWED_HEADERS)
        self.set_header("Access-Control-Max-Age", "600")
        self.set_status(204)
        self.finish()

    def check_xsrf_cookie(self) -> None:
        """Nobody is known by a cookie here, so no page can borrow one."""

    async def prepare(self) -> None:
        """Admit the request, or refuse it once its body has been passed over.

        To answer before that would mean to close the connection in the face of who still sends, and
        then the answer is not seen. Who waits to be told (Expect), or has too much to say, is
        answered at once.
        """
        try:
            await self.admit()
        except LotusError as refusal:
            if "Expect" in self.request.headers or self.body_bytes > PASSED_OVER_BYTES:
                raise
            self.refusal = refusal
            setattr(self, str(self.request.method).lower(), self._refuse)
            self._timer = IOLoop.current().call_later(REFUSED_BODY_SECONDS, self._refuse_now)
        self.admitted = True

    async def admit(self) -> None:
        """Raise for what is not to be served."""
        alone = not self.service.with_tokens and self.service.identify is None
        origin = self.request.headers.get("Origin")
        check_origin(self.request.host, origin, alone=alone, origins=self.service.origins)
        self._check_size()
        if not self.open_to_all and not self.is_preflight:
            await self._check_caller()

    @property
    def body_bytes(self) -> int:
        """How long the body is said to be."""
        length = whole_number(self.request.headers.get("Content-Length", "0"))
        return 10**MOST_DIGITS if length is None else length

    async def _refuse(self, *args: str, **kwargs: str) -> None:
        assert self.refusal is not None
        raise self.refusal

    def _refuse_now(self) -> None:
        """Its body takes too long."""
        if not self._finished and self.refusal is not None:
            self._log_refusal(self.refusal)

    def _log_refusal(self, refusal: LotusError) -> None:
        """Answer in the middle of the body; the connection cannot serve on after that."""
        self.admitted = False
        self.send_error(status_of(refusal), exc_info=(type(refusal), refusal, None))

    @property
    def scope(self) -> Literal["read", "write"]:
        """What a token must allow for this request."""
        return "read" if self.request.method in ("GET", "HEAD") else "write"

    @property
    def caller(self) -> str:
        """Whose requests are counted together."""
        return self.bearer.id if self.bearer is not None else str(self.request.remote_ip)

    async def _check_caller(self) -> None:
        identify = self.service.identify
        if identify is not None and not await identify(self):
            raise Refusal(status=401, reason="not authenticated", remedy="sign in, or send a token")
        if self.service.with_tokens:
            address = str(self.request.remote_ip)
            find, failures = self.service.token, self.service.failures
            self.bearer = await bearer(find, failures, self.secret(), self.scope, address)
        check_rate(self.service.limiter, self.caller)

    def secret(self) -> str:
        """What the caller shows."""
        match = BEARER.fullmatch(self.request.headers.get("Authorization", ""))
        return match[1] if match else ""

    def _check_size(self) -> None:
        lines = self.request.headers.get_all()
        if sum(len(name) + len(value) + 4 for name, value in lines) > HEADER_BYTES:
            reason = f"the headers are larger than {HEADER_BYTES // 1024} KiB"
            raise Refusal(status=431, reason=reason, remedy="send fewer or shorter ones")
        if self.body_bytes > self.most_bytes:
            raise self._too_large()

    def _too_large(self) -> Refusal:
        mib = self.most_bytes // (1024 * 1024)
        return Refusal(status=413, reason=f"the body is larger than {mib} MiB", remedy="send less")

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Some of the body; whoever sends it waits for what is returned."""
        if self._finished or self.refusal is not None:
            return None
        self.received += chunk
        if len(self.received) > self.most_bytes:
            self._log_refusal(self._too_large())
        return None

    async def away(self, work: Callable[..., Any], *args: Any) -> Any:
        """Do work that waits, in a thread."""
        return await self.service.away(work, *args)

    def answer(
        self, document: str | bytes | None, status: int = 200, kind: str = "application/json"
    ) -> None:
        """End with a document, or without one."""
        self.set_status(status)
        if document is None:
            self.finish()
            return
        self.set_header("Content-Type", kind)
        self.finish(document)

    @property
    def body_digest(self) -> str:
        """Tells one request's body, path and method from another's."""
        request = f"{self.request.method} {self.request.path}\n".encode() + bytes(self.received)
        return hashlib.sha256(request).hexdigest()

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error as one envelope, also those of the framework."""
        error = _as_ours((kwargs.get("exc_info") or (None, None, None))[1], status_code)
        status = status_of(error)
        self.set_status(status)
        if status in (429, 503):
            self.set_header(
                "Retry-After", str(math.ceil(error.facts.get("retry_after_seconds", 5)))
            )
        if status == 405:
            self.set_header("Allow", ", ".join(self.allowed()))
        if status == 401:
            self.set_header("WWW-Authenticate", "Bearer")
        self.set_header("Content-Type", "application/json")
        if not self.admitted:
            self.set_header("Connection", "close")  # as Tornado does when it has not read all
        self.finish(json.dumps(envelope(error, self.request_id), ensure_ascii=False))

    def allowed(self) -> list[str]:
        """Methods that this address has."""
        return ["GET"]

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """What nobody expected, and why a database or a store was away; the rest is in the
        request's line.
        """
        if isinstance(value, DatabaseError | StoreError):
            log("unavailable", request_id=self.request_id, error=str(value))
        if isinstance(value, LotusError | HTTPError | StreamClosedError):
            return
        import traceback

        lines = "".join(traceback.format_exception(typ, value, tb))
        log("fault", request_id=self.request_id, error=f"{typ.__name__}: {value}", trace=lines)

    def on_finish(self) -> None:
        """One line a request; the query is left out, for it may hold what is secret."""
        self._let_go()
        if self.request.path.startswith("/health") and self.get_status() == 200:
            return
        log(
            "request",
            request_id=self.request_id,
            method=self.request.method,
            path=self.request.path,
            status=self.get_status(),
            ms=round(1000 * (time.monotonic() - self.began), 1),
            caller=self.caller,
        )

    def _let_go(self) -> None:
        """Of what leads back to this handler: memory in rings is given back late, after thousands
        of them.
        """
        if self._timer is not None:
            IOLoop.current().remove_timeout(self._timer)
        self.__dict__.pop(str(self.request.method).lower(), None)
        self.refusal = None


def _as_ours(error: BaseException | None, status: int) -> LotusError:
    if isinstance(error, LotusError):
        return error
    if isinstance(error, HTTPError):
        status = error.status_code
    if status >= 500:
        return Refusal(
            status=500, reason="an unexpected error in lotus", remedy="see the log, by request_id"
        )
    return Refusal(status=status, reason=_phrase(status))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase.lower()
    except ValueError:
        return "refused"


class Missing(Base):
    """What is at no address that there is."""

    open_to_all = True

    async def admit(self) -> None:
        """Whatever is asked."""
        remedy = "/api lists all addresses"
        raise Refusal(
            status=404, reason=f"there is nothing at {self.request.path[:200]}", remedy=remedy
        )
