"""What the Replicate of the tests says over HTTP, one answer a call."""

from __future__ import annotations

import json
import re
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.replicate_account import MODELS, VERSIONS, Account, Made
from tests.replicate_videos import picture

__all__ = ["Fault", "Handler"]

PAGE = b"<html><h1>One moment, please</h1></html>"
ENORMOUS = 4 << 30  # bytes that an enormous output claims to have


@dataclass(frozen=True)
class Fault:
    """What happens to a call: an error of this status, or the line goes dead.

    `after`: the call has its effect first. `how`: answer, reset (in the middle of the answer),
    silence (no answer ever), slow (a byte now and then), page (of a gateway, in HTML), empty, cut
    (in the middle, without a word about the length) or moved (to itself).
    """

    status: int = 500
    detail: str = "Internal server error"
    retry_after: str | None = None
    after: bool = False
    how: str = "answer"
    more: dict[str, Any] = field(default_factory=dict)  # of an error's JSON


class _Refusal(Exception):
    """An answer other than success."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        self.status = status
        self.body = {"title": detail, "detail": detail, "status": status, **more}


class Handler(BaseHTTPRequestHandler):
    """One connection to the `replicate` that it is made for."""

    replicate: ClassVar[Any]
    account: Account  # whose token the call shows
    protocol_version = "HTTP/1.1"

    ROUTES: ClassVar[list[tuple[str, str, str]]] = [
        ("POST", r"/v1/predictions", "create"),
        ("POST", r"/v1/models/([\w.-]+/[\w.-]+)/predictions", "create"),
        ("POST", r"/v1/deployments/([\w.-]+/[\w.-]+)/predictions", "deployment_create"),
        ("GET", r"/v1/deployments/([\w.-]+/[\w.-]+)", "deployment"),
        ("GET", r"/v1/predictions", "list"),
        ("GET", r"/v1/predictions/(\w+)", "get"),
        ("POST", r"/v1/predictions/(\w+)/cancel", "cancel"),
        ("GET", r"/v1/account", "account"),
        ("GET", r"/v1/models/([\w.-]+/[\w.-]+)", "model"),
        ("GET", r"/v1/models/([\w.-]+/[\w.-]+)/versions", "versions"),
        ("GET", r"/v1/models/([\w.-]+/[\w.-]+)/versions/(\w+)", "version"),
        ("POST", r"/v1/files", "file"),
        ("GET", r"/output/(\w+)\.(mp4|png)", "output"),
        ("GET", r"/input/(\w+)", "input"),
    ]

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        self.body = self.rfile.read(length)
        path = urlsplit(self.path).path
        for method, pattern, call in self.ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == self.command:
                fault = self.replicate.fault(call)
                with suppress(BrokenPipeError, ConnectionResetError):
                    self._handle(call, fault, *found.groups())
                return
        self._send(404, {"detail": "Not found.", "status": 404})

    def _handle(self, call: str, fault: Fault | None, *names: str) -> None:
        if call == "output":
            return self._output(fault, *names)
        if call == "input":
            return self._input(*names)
        if fault is not None and not fault.after:
            return self._go_wrong(fault, {})
        try:
            self._authorize()
            status, document = getattr(self, f"_{call}")(*names)
        except _Refusal as refusal:
            retry = {"Retry-After": "1"} if refusal.status == 429 else {}
            return self._send(refusal.status, refusal.body, retry)
        if fault is not None:
            return self._go_wrong(fault, document)
        return self._send(status, self.replicate.rewritten(call, document))

    def _authorize(self) -> None:
        token = str(self.headers.get("Authorization")).removeprefix("Bearer ")
        mine = [one for one in self.replicate.accounts if one.token == token]
        if not mine:
            detail = "You did not pass a valid authentication token"
            raise _Refusal(401, detail, title="Unauthenticated")
        self.account = mine[0]

    def _go_wrong(self, fault: Fault, document: Any) -> None:
        if fault.how == "silence":
            self.replicate.over.wait(60)
            self.close_connection = True
        elif fault.how == "reset":
            body = json.dumps(document).encode()
            head = f"HTTP/1.1 201 Created\r\nContent-Length: {len(body) + 100}\r\n\r\n".encode()
            self.wfile.write(head + body[: len(body) // 2])
            self._reset()
        elif fault.how == "slow":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
            self._drip(b" " * 10000)
        elif fault.how == "page":
            self._send(fault.status, PAGE)
        else:
            retry = {"Retry-After": fault.retry_after} if fault.retry_after else {}
            answer = {"detail": fault.detail, "status": fault.status, **fault.more}
            self._send(fault.status, answer, retry)

    def date_time_string(self, timestamp: float | None = None) -> str:
        """The server's clock."""
        return super().date_time_string(time.time() + self.replicate.account.clock_ahead)

    def _reset(self) -> None:
        self.wfile.flush()
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _send(self, status: int, document: Any, headers: dict[str, str] | None = None) -> None:
        raw = isinstance(document, bytes)
        body = document if raw else json.dumps(document).encode()
        kind = "text/html" if raw else "application/json"
        self.send_response(status)
        for name, value in {"Content-Type": kind, **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _document(self, made: Made) -> dict[str, Any]:
        return self.account.document(made, self.replicate.url)

    def _create(self, model: str | None = None) -> tuple[int, Any]:
        asked = json.loads(self.body or b"{}")
        version = asked.get("version", "hidden")
        sent = asked.get("input") or {}
        model = model or VERSIONS.get(version)
        if model is None or model not in MODELS:
            raise _Refusal(404, "The requested resource could not be found.")
        if not str(sent.get("prompt") or sent.get("text") or sent.get("image") or "").strip():
            wrong = [
                {"type": "required", "field": "input.prompt", "description": "prompt is required"}
            ]
            detail = "- input: prompt is required\n"
            raise _Refusal(422, detail, title="Input validation failed", invalid_fields=wrong)
        if self.replicate.throttled():
            raise _Refusal(429, "Request was throttled. Your rate limit resets in ~1s.")
        after = _seconds(self.headers.get("Cancel-After"))
        made = self.account.create(model, version, sent, after)
        made.headers.update(self.headers.items())
        made.webhook = asked.get("webhook")
        self.replicate.on_created(made)
        return 201, self._document(made)

    def _found(self, name: str) -> Made:
        made = self.account.made.get(name)
        if made is None or made.hidden(time.time()):
            raise _Refusal(404, "The requested resource could not be found.")
        return made

    def _get(self, name: str) -> tuple[int, Any]:
        return 200, self._document(self._found(name))

    def _cancel(self, name: str) -> tuple[int, Any]:
        made = self._found(name)
        self.account.cancel(made)
        return 200, self._document(made)

    def _list(self) -> tuple[int, Any]:
        asked = parse_qs(urlsplit(self.path).query)
        begin = int(asked.get("cursor", ["0"])[0])
        size = self.replicate.page_size
        found = [
            self._document(made)
            for made in reversed(list(self.account.made.values()))
            if not made.hidden(time.time())
        ]
        after = asked.get("created_after", [""])[0]
        found = [one for one in found if one["created_at"] >= after]
        more = f"{self.replicate.url}/v1/predictions?cursor={begin + size}"
        more += f"&created_after={after}" if after else ""
        return 200, {
            "previous": None,
            "next": more if begin + size < len(found) else None,
            "results": found[begin : begin + size],
        }

    def _account(self) -> tuple[int, Any]:
        return 200, {
            "type": "user",
            "username": self.account.name,
            "name": "Tester",
            "github_url": None,
        }

    def _deployment_create(self, name: str) -> tuple[int, Any]:
        if name not in self.replicate.deployments:
            raise _Refusal(404, "The requested resource could not be found.")
        return self._create(self.replicate.deployments[name][0])

    def _deployment(self, name: str) -> tuple[int, Any]:
        if name not in self.replicate.deployments:
            raise _Refusal(404, "The requested resource could not be found.")
        model, version = self.replicate.deployments[name]
        owner, _, short = name.partition("/")
        release = {"number": 1, "model": model, "version": version}
        return 200, {"owner": owner, "name": short, "current_release": release}

    def _version(self, name: str, version: str) -> tuple[int, Any]:
        return 200, self.replicate.schemas[name]["latest_version"] | {"id": version}

    def _model(self, name: str) -> tuple[int, Any]:
        if name in self.replicate.schemas:
            return 200, self.replicate.schemas[name]
        owner, _, short = name.partition("/")
        if name not in MODELS:
            raise _Refusal(404, "The requested resource could not be found.")
        return 200, {"url": f"https://replicate.com/{name}", "owner": owner, "name": short}

    def _versions(self, name: str) -> tuple[int, Any]:
        return 200, {"previous": None, "next": None, "results": [{"id": "0" * 64, "model": name}]}

    def _file(self) -> tuple[int, Any]:
        name = f"file{len(self.account.files) + 1}"
        self.account.files[name] = self.body
        return 201, {"id": name, "urls": {"get": f"{self.replicate.url}/v1/files/{name}"}}

    def _input(self, name: str) -> None:
        files = [one.files[name] for one in self.replicate.accounts if name in one.files]
        if not files:
            return self._send(404, {"detail": "Not found."})
        self.send_response(200)
        self.send_header("Content-Length", str(len(files[0])))
        self.end_headers()
        self.wfile.write(files[0])
        return None

    def _output(self, fault: Fault | None, name: str, suffix: str) -> None:
        made = next((one.made[name] for one in self.replicate.accounts if name in one.made), None)
        self.replicate.authorized_outputs += "Authorization" in self.headers
        if made is None or made.removed or made.outcome.output == "gone":
            return self._send(404, {"detail": "Not found."})
        if fault is not None and fault.how == "answer":
            return self._send(fault.status, {"detail": fault.detail})
        if fault is not None and fault.how == "page":
            return self._send(fault.status, PAGE)
        if fault is not None and fault.how == "moved":
            return self._send(302, PAGE, {"Location": self.path})
        body = picture() if suffix == "png" else self.replicate.account.clip(made)
        if fault is not None and fault.how in ("empty", "cut"):
            return self._stop_in(b"" if fault.how == "empty" else body[: len(body) // 2])
        length = ENORMOUS if made.outcome.output == "enormous" else len(body)
        self.send_response(200)
        self.send_header("Content-Type", "image/png" if suffix == "png" else "video/mp4")
        self.send_header("Content-Length", str(length))
        self.end_headers()
        if fault is not None:
            return self._break_off(fault, body)
        self.wfile.write(body)
        self.close_connection = length != len(body)
        return None

    def _stop_in(self, part: bytes) -> None:
        """Some bytes, and no word about how many there should be."""
        self.send_response(200)
        self.send_header("Content-Type", "video/mp4")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(part)
        self.close_connection = True

    def _break_off(self, fault: Fault, body: bytes) -> None:
        self.wfile.write(body[: len(body) // 3])
        self.wfile.flush()
        if fault.how == "reset":
            return self._reset()
        if fault.how == "silence":
            self.replicate.over.wait(60)
        return self._drip(body[len(body) // 3 :])

    def _drip(self, body: bytes) -> None:
        """A byte now and then."""
        for at in range(len(body)):
            if self.replicate.over.wait(0.05):
                break
            self.wfile.write(body[at : at + 1])
            self.wfile.flush()
        self.close_connection = True


def _seconds(header: str | None) -> float | None:
    """`90s`, `5m`, `1m30s`."""
    if header is None:
        return None
    units = {"h": 3600, "m": 60, "s": 1}
    return sum(float(count) * units[unit] for count, unit in re.findall(r"([\d.]+)([hms])", header))
