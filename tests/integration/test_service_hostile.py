"""Hostile requests: each is refused with one envelope, reads no file, asks no address, leaves no
trace.
"""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from lotus.server.refusals import Refusal
from lotus.server.sniffing import examine
from tests import hostile
from tests.driving import eventually, inside_home, leftovers, rows
from tests.hostile_files import hostile_files
from tests.serving import Served, serving

API = "/api/v1"
JSON = {"Content-Type": "application/json"}
PROMPT = "A small coffee roaster opens at dawn in a harbour town."
SIGNING = "whsec_" + "A" * 44
UUID = "00000000-0000-7000-8000-000000000000"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    token = inside_home(home, "tokens", "create", "tests")["secret"]
    env = {"LOTUS_RATE_LIMIT": 10_000, "REPLICATE_WEBHOOK_SECRET": SIGNING}
    with serving(home, "--tokens", token=token, **env) as one:
        yield one
        hostile.check_log(one.lines)


@pytest.fixture(scope="module")
def canary() -> Iterator[tuple[str, list[str]]]:
    """An address of this machine that notes who asks it: nobody should."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/canary", asked
    server.shutdown()


NAMES = (  # what no field that names a file may hold
    "/etc/passwd",
    "../../../../etc/passwd",
    "lotus.db",
    "file:///etc/passwd",
    "CANARY",
    "https://example.com/a.png",
    "http://169.254.169.254/latest/meta-data/",
    "ftp://example.com/a.png",
    "s3://bucket/key",
    "store:clips/aa/aa.mp4",
    "concat:/etc/passwd|/etc/hosts",
    "subfile,,start,0,end,100,,:/etc/passwd",
    "data:image/png;base64,AAAA",
    "pipe:0",
    "/dev/zero",
    "/proc/self/environ",
    "~root/.ssh/id_rsa",
    "$(id)",
    "asset:../../etc/passwd",
    f"asset:{'a' * 64}.png/../../x",
    f"asset:{'a' * 64}.m3u8",
    f"asset:{'a' * 64}.png",
    "",
    "asset:",
    "x" * 5000,
)


def _brief(**more: Any) -> dict[str, Any]:
    return {"brief": {"prompt": PROMPT, **more}}


def _scene(source: str) -> dict[str, Any]:
    return {"description": "A scene", "source": source}


FIELDS = {
    "logo": lambda name: _brief(brand={"name": "B", "logo": name}),
    "font": lambda name: _brief(brand={"name": "B", "font": name}),
    "source": lambda name: _brief(scenes=[_scene(name), _scene(name), _scene(name)]),
    "reference": lambda name: _brief(reference=name),
    "audio": lambda name: _brief(kind="music_video", duration_seconds=30, audio=name),
    "music": lambda name: _brief(music=name),
}


def refused(answer: httpx.Response, *statuses: int) -> dict[str, Any]:
    """The error of an answer that is one envelope."""
    assert answer.status_code in (statuses or range(400, 500)), answer.text
    error = answer.json()["error"]
    assert {"code", "message", "remedy", "details", "timestamp", "request_id"} == set(error)
    assert error["request_id"] == answer.headers["X-Request-ID"]
    assert "root:" not in answer.text
    assert "Traceback" not in answer.text
    return dict(error)


@pytest.mark.parametrize("field", FIELDS)
def test_no_field_takes_a_file_or_an_address(
    field: str, served: Served, canary: tuple[str, list[str]]
) -> None:
    address, asked = canary
    for name in NAMES:
        said = FIELDS[field](address if name == "CANARY" else name)
        error = refused(served.post(f"{API}/generations", said), 422)
        assert "field" in error["details"]
    refused(served.post(f"{API}/estimates", FIELDS[field](NAMES[0])), 422)
    assert asked == []
    assert rows(served.home, "SELECT count(*) FROM generation_jobs") == [(0,)]


BODIES = {  # what no body may be
    "nothing": (b"", 400),
    "text": (b"hello", 400),
    "half": (b'{"brief": {"prompt": "', 400),
    "list": (b"[]", 400),
    "null": (b"null", 400),
    "number": (b"1", 400),
    "not UTF-8": (b'{"brief": "\xff\xfe"}', 400),
    "not a number": (b'{"brief": {"prompt": "%s", "seed": NaN}}' % PROMPT.encode(), 400),
    "deep": (b'{"brief":' * 3000 + b"1" + b"}" * 3000, 400),
    "digits": (b'{"budget_usd": ' + b"9" * 10_000 + b"}", 400),
    "U+0000": (json.dumps(_brief(cta="a\0b")).encode(), 400),
    "surrogate": (b'{"brief": {"prompt": "\\ud800 %s"}}' % PROMPT.encode(), 422),
    "escape": (json.dumps(_brief(cta="\x1b[2J")).encode(), 422),
    "unknown": (b'{"brief": {"prompt": "%s", "script": "x"}}' % PROMPT.encode(), 422),
    "proto": (b'{"__proto__": {"admin": true}}', 422),
    "empty": (b"{}", 422),
    "both": (b'{"brief": {"prompt": "%s"}, "storyboard": {}}' % PROMPT.encode(), 422),
    "long prompt": (json.dumps({"brief": {"prompt": "x" * 100_000}}).encode(), 422),
    "many scenes": (json.dumps(_brief(scenes=[{"description": "x"}] * 5000)).encode(), 422),
    "seed": (json.dumps(_brief(seed=2**200)).encode(), 422),
    "duration": (json.dumps(_brief(duration_seconds=1e308)).encode(), 422),
    "budget": (json.dumps({**_brief(), "budget_usd": "-1"}).encode(), 422),
    "budget in words": (json.dumps({**_brief(), "budget_usd": "sNaN"}).encode(), 422),
    "provider": (json.dumps({**_brief(), "provider": "../replicate"}).encode(), 422),
    "model": (
        json.dumps({**_brief(), "provider": "replicate", "model": "'; DROP TABLE"}).encode(),
        422,
    ),
    "bed": (json.dumps(_brief(music="nobed")).encode(), 422),
    "a name twice": (b'{"budget_usd": "1", "budget_usd": "1000"}', 400),
    "a name twice, deep": (b'{"brief": {"seed": 1, "seed": 2}}', 400),
    "many names": (b"{%s}" % b",".join(b'"n%d": 1' % n for n in range(60_000)), 413),
    "many values": (b'{"brief": {"scenes": [%snull]}}' % (b"null," * 200_000), 413),
    "a long name": (b'{"%s": 1}' % (b"brief" * 400_000), 422),
    "a long name, deep": (b'{"brief": {"%s": 1}}' % (b"ab" * 1_000_000), 422),
    "beyond all floats": (b'{"brief": {"prompt": "%s", "seed": 1e400}}' % PROMPT.encode(), 422),
    "two documents": (b'{"brief": {}}{"brief": {}}', 400),
    "a comment": (b'/* x */{"brief": {}}', 400),
    "UTF-7": (b"+AHs-", 400),
    "large": (b'{"brief": "' + b"x" * 5_000_000 + b'"}', 413),
}


@pytest.mark.parametrize("body", BODIES)
def test_no_body_breaks_the_service(body: str, served: Served) -> None:
    content, status = BODIES[body]
    answer = served.client.post(f"{API}/generations", content=content, headers=JSON)
    refused(answer, status)
    assert len(answer.content) < 5000


SECONDS = 2.0  # of a processor, within which every request is answered, whatever it holds


def _hostile_requests() -> list[tuple[str, bytes]]:
    """One hostile value in each field of good requests."""
    requests = []
    for name, (model, document) in hostile.documents().items():
        path = {"timeline": "compositions", "edit": f"generations/{UUID}/edits"}.get(
            name, "estimates"
        )
        fields = [at for at in hostile.leaves(document) if not any(part in (1, 2) for part in at)]
        values = [json.dumps(value).encode() for value in hostile.HOSTILE.values()]
        for number, field in enumerate(fields):
            for value in (values[number % len(values)], values[(number * 7 + 3) % len(values)]):
                body = json.dumps(hostile.with_value(document, field, "HOSTILE")).encode()
                requests.append((f"{API}/{path}", body.replace(b'"HOSTILE"', value)))
    return requests


def test_hostile_values_are_answered_soon_and_by_no_fault(served: Served) -> None:
    requests = _hostile_requests()
    assert len(requests) > 150
    for path, body in requests:
        began = served.processor_seconds
        answer = served.client.post(path, content=body, headers=JSON)
        took = served.processor_seconds - began
        assert answer.status_code < 500, (body[:300], answer.text)
        assert took < SECONDS, (body[:300], took)


def test_a_number_of_ten_million_digits_stops_nobody(served: Served) -> None:
    for rate in ("1e10000000", "1e9999999/1e9999999", "\ud800"):
        body = json.dumps(_brief(fps=rate)).encode()
        answer = served.client.post(f"{API}/generations", content=body, headers=JSON)
        error = refused(answer, 422)
        assert error["details"]["field"] == "brief.fps"
        assert "write 24, 25, 30" in error["message"] + error["remedy"]


PATHS = {  # what no address may be
    f"{API}/generations/{UUID}": 404,
    f"{API}/generations/../../etc/passwd": 404,
    f"{API}/generations/%2e%2e%2f%2e%2e%2fetc%2fpasswd": 404,
    f"{API}/generations/{UUID}%00": 404,
    f"{API}/generations/{UUID.upper()}x": 404,
    f"{API}/compositions/{UUID}/final.mp4": 404,
    f"{API}/compositions/{UUID}/..%2f..%2flotus.db": 404,
    f"{API}/compositions/{UUID}/timeline.json": 404,
    f"{API}/compositions/{UUID}//etc/passwd": 404,
    f"{API}/assets/{'a' * 64}.png/content": 404,
    f"{API}/assets/..%2f..%2f..%2flotus.db/content": 404,
    f"{API}/assets/{'a' * 64}.png/../../../x": 404,
    f"{API}/campaigns/{UUID}": 404,
    "//evil.example/%2f..": 404,
    "/static/../../../etc/passwd": 404,
    "/.env": 404,
    "/.git/config": 404,
    "/ws/../../x": 404,
    f"/ws/{UUID}": 404,
    f"{API}/generations?limit=0": 422,
    f"{API}/generations?limit=1000000": 422,
    f"{API}/generations?limit=-1": 422,
    f"{API}/generations?limit=1&limit=2": 422,
    f"{API}/generations?limit=9999999999999999999999": 422,
    f"{API}/generations?cursor=%27%20OR%201=1--": 422,
    f"{API}/generations?status=%00": 422,
    f"{API}/generations?status=nothing": 422,
    f"{API}/generations?parent=1%27": 422,
    f"{API}/generations?page=2": 422,
    f"{API}/costs?by=secret": 422,
    f"{API}/costs?since=9e9999999": 422,
    f"{API}/costs?until=2026-99-01": 422,
    f"{API}/costs?by=model%27%3BDROP%20TABLE%20tokens": 422,
    f"{API}/models?task=%3Cscript%3E": 422,
    f"{API}/campaigns?limit=x": 422,
}


@pytest.mark.parametrize("path", PATHS)
def test_no_address_leads_out(path: str, served: Served) -> None:
    status, body = send_raw(served, f"GET {path}".encode())  # httpx would tidy the path
    assert status == PATHS[path], body
    assert json.loads(body)["error"]["code"] in ("not_found", "invalid_input", "unknown_name")


def send_raw(served: Served, start: bytes, *lines: bytes, body: bytes = b"") -> tuple[int, bytes]:
    """Status and body of the answer to a request that no client would write."""
    known = b"Authorization: " + served.client.headers["Authorization"].encode()
    head = [start + b" HTTP/1.1", b"Host: 127.0.0.1", known, *lines, b"Connection: close", b"", b""]
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as raw:
        raw.sendall(b"\r\n".join(head) + body)
        answer = b"".join(iter(lambda: raw.recv(65536), b""))
    head_of_it, _, content = answer.partition(b"\r\n\r\n")
    return int(head_of_it.split()[1]), content


SUPERSCRIPT = "\u00b2".encode("latin-1")  # is a digit for `str.isdigit`, and no number for `int`
EVENTS = f"GET {API}/generations/{UUID}/events"
ODD_HEADERS: tuple[tuple[str, bytes, int], ...] = (
    (EVENTS, b"Last-Event-ID: " + SUPERSCRIPT, 422),
    (EVENTS, b"Last-Event-ID: " + b"9" * 30, 422),
    (EVENTS, b"Last-Event-ID: -1", 422),
    (f"GET /ws/{UUID}?last_event_id=%C2%B2", b"Upgrade: websocket", 422),
    (f"POST {API}/estimates", b"Content-Length: " + SUPERSCRIPT, 413),
    (f"POST {API}/assets", b"Content-Length: " + SUPERSCRIPT, 413),
    (f"POST {API}/assets", b"Content-Length: 5_0", 413),
    ("POST /webhooks/replicate", b"webhook-timestamp: " + SUPERSCRIPT, 401),
    ("POST /webhooks/replicate", b"webhook-timestamp: " + b"9" * 5000, 401),
    ("POST /webhooks/replicate", b"webhook-signature: v1,\xe9", 401),
    (f"GET {API}/generations?until=9999-12-31", b"X: y", 200),
    (f"GET {API}/generations?since=0001-01-01", b"X: y", 200),
    (f"GET {API}/generations?text=a%00b", b"X: y", 422),
    (f"GET {API}/generations?text=%ED%A0%80", b"X: y", 200),
    (f"GET {API}/generations?external_id=%00", b"X: y", 422),
    ("HEAD /health", b"X: y", 200),
    ("HEAD /health/ready", b"X: y", 200),
    ("HEAD /api/openapi.json", b"X: y", 200),
    ("HEAD /", b"X: y", 302),
)


@pytest.mark.parametrize("odd", ODD_HEADERS, ids=lambda odd: f"{odd[0][:40]} {odd[1][:24]!r}")
def test_no_odd_header_or_date_is_a_fault(odd: tuple[str, bytes, int], served: Served) -> None:
    start, header, status = odd
    signed = (b"webhook-id: a", b"webhook-timestamp: %d" % time.time(), b"webhook-signature: v1,x")
    lines = [one for one in signed if one.split(b":")[0] != header.split(b":")[0]]
    found, body = send_raw(served, start.encode(), header, *lines)
    assert found == status, body
    if status >= 400:
        assert json.loads(body)["error"]["request_id"]


HALF = "\ud800"  # a surrogate by itself, which no UTF-8 can say
TEXTS_TO_KEEP = ({"a": f"b{HALF}"}, {f"a{HALF}": "b"})


def test_what_no_answer_could_hold_is_not_kept(served: Served) -> None:
    for metadata in TEXTS_TO_KEEP:
        body = json.dumps({**_brief(), "metadata": metadata}).encode()
        refused(served.client.post(f"{API}/generations", content=body, headers=JSON), 422)
    nothing = {**_brief(), "metadata": {"a": "\0"}}, {**_brief(), "metadata": {"a\0": "b"}}
    for document in nothing:
        for encoding in ("utf-8", "utf-16", "utf-32"):
            body = json.dumps(document).encode(encoding)
            refused(served.client.post(f"{API}/generations", content=body, headers=JSON), 400)
    assert served.get(f"{API}/generations").json()["items"] == []
    written = {**_brief(cta="write \\u0000"), "metadata": {"a": "\\u0000"}}
    assert served.post(f"{API}/estimates", written).status_code == 200, "six plain characters"


UPLOADS = {  # what may not be uploaded
    "text": b"just text, no picture",
    "html": b"<!doctype html><script>alert(1)</script>",
    "playlist": b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile:///etc/passwd\n",
    "concat": b"ffconcat version 1.0\nfile '/etc/passwd'\n",
    "program": b"\x7fELF" + bytes(100),
    "archive": b"PK\x03\x04" + bytes(100),
    "nothing": b"",
    "half a picture": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + bytes(5),
    "posing": b"\xff\xd8\xff\xe0" + b"<?php system($_GET['c']); ?>" * 10,
    "a bomb": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
    b"\x00\x01\x00\x00\x00\x01\x00\x00\x08\x06\x00\x00\x00" + bytes(64),
    "svg that reads": b'<svg xmlns="http://www.w3.org/2000/svg"><image href="/etc/passwd"/></svg>',
    "svg that hides it": b'<svg xmlns="http://www.w3.org/2000/svg">'
    b'<image id=">" href="/etc/passwd"/></svg>',
    "svg that draws for minutes": b'<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">'
    b'<filter id="f"><feTurbulence numOctaves="1000000"/></filter>'
    b'<rect filter="url(#f)" width="99" height="99"/></svg>',
    "svg entities": b'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg>&x;</svg>',
    "sound with no sound": b"RIFF\x24\x00\x00\x00WAVE" + bytes(4),
    "video with nothing": b"\x00\x00\x00\x18ftypmp42" + bytes(40),
}


@pytest.mark.parametrize("upload", UPLOADS)
def test_no_upload_is_kept_that_is_not_what_it_should_be(upload: str, served: Served) -> None:
    refused(served.upload(UPLOADS[upload], "logo.png"), 415)
    assert rows(served.home, "SELECT count(*) FROM assets") == [(0,)]
    assert not list((served.home / "store" / "uploads").rglob("*"))
    eventually(lambda: leftovers(served.home) == [], "nothing is left of it")


@pytest.mark.slow
def test_files_of_public_reports_are_refused_or_do_no_harm(
    tmp_path: Path, canary: tuple[str, list[str]]
) -> None:
    files = hostile_files()
    assert len(files) > 110
    refusals: dict[str, Refusal] = {}
    for name, content in files.items():
        path = tmp_path / "upload"
        path.write_bytes(content)
        try:
            examine(path)
        except Refusal as refusal:
            refusals[name] = refusal
    assert {refusal.facts["status"] for refusal in refusals.values()} <= {413, 415}
    assert [name for name, refusal in refusals.items() if str(tmp_path) in str(refusal)] == []
    assert len(refusals) > len(files) * 2 / 3, set(files) - set(refusals)
    assert canary[1] == []


def test_an_upload_without_a_length_or_too_long_is_refused_before_it_is_sent(
    served: Served,
) -> None:
    chunks = iter([b"x"] * 3)
    refused(served.client.post(f"{API}/assets", content=chunks), 411)
    with socket.create_connection(("127.0.0.1", served.port), timeout=30) as raw:
        token = served.client.headers["Authorization"]
        head = f"POST {API}/assets HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {token}\r\n"
        raw.sendall(f"{head}Expect: 100-continue\r\nContent-Length: 600000000\r\n\r\n".encode())
        assert raw.recv(65536).startswith(b"HTTP/1.1 413")
    refused(served.client.post(f"{API}/assets", params={"name": "../x"}, content=b"x"), 422)


HEADERS: tuple[tuple[dict[str, str], int], ...] = (
    ({"Authorization": ""}, 401),
    ({"Authorization": "Bearer"}, 401),
    ({"Authorization": "Bearer lotus_nothing"}, 401),
    ({"Authorization": "Basic YTpi"}, 401),
    ({"Authorization": "Bearer ' OR '1'='1"}, 401),
    ({"Authorization": "Bearer " + "x" * 5000}, 401),
    ({"Origin": "https://evil.example"}, 403),
    ({"Origin": "null"}, 403),
    ({"Content-Type": "text/plain"}, 415),
    ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ({"Content-Type": "application/xml"}, 415),
    ({"Idempotency-Key": "x" * 201}, 422),
    ({"Idempotency-Key": "with space"}, 422),
)


@pytest.mark.parametrize(("headers", "status"), HEADERS, ids=lambda value: str(value)[:40])
def test_no_header_opens_a_door(headers: dict[str, str], status: int, served: Served) -> None:
    sent = {**JSON, **headers}
    refused(
        served.client.post(f"{API}/generations", content=json.dumps(_brief()), headers=sent), status
    )


def test_a_token_to_read_writes_nothing_and_a_revoked_one_reads_nothing(served: Served) -> None:
    made = inside_home(served.home, "tokens", "create", "reader", "--scope", "read")
    reader = {"Authorization": f"Bearer {made['secret']}"}
    assert served.get(f"{API}/generations", headers=reader).status_code == 200
    refused(served.post(f"{API}/generations", _brief(), headers=reader), 403)
    inside_home(served.home, "tokens", "revoke", made["id"])

    def ended() -> bool:
        return served.get(f"{API}/generations", headers=reader).status_code == 401

    eventually(ended, "the service notices")
    assert made["secret"] not in served.log.read_text()
    assert served.token not in served.log.read_text()


def test_what_is_not_done_at_an_address_is_said_with_what_is(served: Served) -> None:
    for method in ("PUT", "PATCH", "DELETE"):
        answer = served.client.request(method, f"{API}/generations")
        refused(answer, 405)
        assert answer.headers["Allow"] == "GET, POST"
    refused(served.client.request("POST", "/health"), 405)


def test_health_needs_no_token_and_tells_no_secret(served: Served) -> None:
    found = httpx.get(f"{served.url}/health/ready")
    assert found.status_code == 200
    assert str(served.home) not in found.text


def test_health_tells_strangers_its_status_alone(served: Served) -> None:
    for path in ("/health", "/health/ready"):
        stranger = httpx.get(f"{served.url}{path}")
        assert stranger.json() == {"status": "ok", "checks": []}
        wrong = httpx.get(f"{served.url}{path}", headers={"Authorization": "Bearer lotus_wrong"})
        assert wrong.json() == {"status": "ok", "checks": []}
        names = {check["name"] for check in served.get(path).json()["checks"]}
        assert {"disk", "database", "queue"} < names


def test_who_asks_too_often_is_asked_to_wait(tmp_path: Path) -> None:
    with serving(tmp_path / "home", LOTUS_RATE_LIMIT=1, LOTUS_MAX_CONCURRENT_JOBS=0) as slow:
        answers = [slow.get(f"{API}/costs") for _ in range(8)]
        assert [answer.status_code for answer in answers[:4]] == [200] * 4
        refused(answers[-1], 429)
        assert int(answers[-1].headers["Retry-After"]) >= 1
        assert slow.get("/health/live").status_code == 200
        other = {"Host": "rebound.example"}
        refused(slow.get(f"{API}/models", headers=other), 403)
