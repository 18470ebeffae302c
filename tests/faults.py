"""Stands between lotus and a server, and does what networks and servers do on bad days, as often as
told.
"""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Kind = Literal["answer", "reset", "truncate", "corrupt", "stall"]


@dataclass
class Fault:
    """What happens to a request whose method and path fit; after `times` it is over."""

    kind: Kind
    method: str
    path: str = ""  # a part of path and query
    times: int = 1_000_000
    status: int = 503
    code: str = "SlowDown"
    met: int = 0

    def fits(self, method: str, path: str) -> bool:
        """Whether this request is hit."""
        return self.met < self.times and method == self.method and self.path in path


@dataclass
class Middle:
    """The proxy: its address, what goes wrong, and what was asked."""

    url: str
    faults: list[Fault] = field(default_factory=list)
    asked: list[tuple[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def count(self, method: str, part: str = "") -> int:
        """How many requests of a method came for a path."""
        return sum(1 for how, path in self.asked if how == method and part in path)


@contextmanager
def between(upstream: str) -> Iterator[Middle]:
    """A proxy in front of an HTTP server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    middle = Middle(f"http://127.0.0.1:{server.server_port}")
    # type: ignore[attr-defined]
    server.middle = middle
    server.upstream = urlsplit(upstream).netloc
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield middle
    finally:
        middle.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        middle: Middle = self.server.middle  # type: ignore[attr-defined]
        middle.asked.append((self.command, self.path))
        fault = next((one for one in middle.faults if one.fits(self.command, self.path)), None)
        if fault is not None:
            fault.met += 1
        length = int(self.headers.get("Content-Length") or 0)
        if fault is not None and fault.kind == "reset":
            self.rfile.read(length // 2)
            self._reset()
            return
        body = self.rfile.read(length)
        if fault is not None and fault.kind == "stall":
            middle.over.wait()
            self.close_connection = True
            return
        if fault is not None and fault.kind == "answer":
            self._answer(fault)
            return
        self._pass(body, fault)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = _serve  # noqa: N815

    def _answer(self, fault: Fault) -> None:
        message = f"<Message>{fault.code} it is</Message>"
        text = f"<Error><Code>{fault.code}</Code>{message}</Error>".encode()
        self.send_response(fault.status)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def _pass(self, body: bytes, fault: Fault | None) -> None:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)  # type: ignore[attr-defined]
        upstream.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
        for name, value in self.headers.items():
            if name.lower() not in ("expect", "connection"):
                upstream.putheader(name, value)
        upstream.endheaders(body or None)
        answer = upstream.getresponse()
        said = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                self.send_header(name, value)
        there = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(said))
        self.send_header("Content-Length", there or "0")
        self.end_headers()
        if fault is not None and fault.kind == "truncate":
            self.wfile.write(said[: len(said) // 2])
            self.close_connection = True
            return
        if fault is not None and fault.kind == "corrupt":
            said = bytes([said[0] ^ 1]) + said[1:]
        self.wfile.write(said)
        upstream.close()

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def handle(self) -> None:
        with suppress(OSError, ValueError):
            super().handle()


@contextmanager
def black_hole() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]
