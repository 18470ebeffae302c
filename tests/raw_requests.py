"""Requests that no client would write, after public reports: smuggling (CVE-2023-47627,
CVE-2024-52304, GHSA-753j-mpmx-qq6g), paths (CVE-2023-39968, CVE-2024-30265), ranges and tags
(CVE-2011-3192), multipart (CVE-2024-24762, CVE-2023-25577), cookies (CVE-2024-52804).
"""

from __future__ import annotations

import socket
from collections.abc import Iterator

__all__ = ["COOKIES", "FORMS", "HEADERS", "PATHS", "RAW", "exchange"]

END = b"Host: 127.0.0.1\r\nConnection: close\r\n\r\n"
BODY = b'{"brief":{}}'


def _post(*lines: bytes, body: bytes = BODY) -> bytes:
    head = (b"POST /api/v1/estimates HTTP/1.1", b"Content-Type: application/json", *lines)
    return b"\r\n".join(head) + b"\r\n" + END + body


def _chunked(body: bytes, coding: bytes = b"Transfer-Encoding: chunked") -> bytes:
    return _post(coding, body=body)


def _get(target: bytes, *lines: bytes, version: bytes = b"HTTP/1.1") -> bytes:
    return b"\r\n".join((b"GET " + target + b" " + version, *lines)) + b"\r\n" + END


CHUNK = b"c\r\n" + BODY + b"\r\n0\r\n\r\n"
RAW: dict[str, bytes] = {
    "two lengths": _post(b"Content-Length: 12", b"Content-Length: 12"),
    "two lengths that differ": _post(b"Content-Length: 12", b"Content-Length: 2"),
    "a list of lengths": _post(b"Content-Length: 12, 12"),
    "a length with a sign": _post(b"Content-Length: +12"),
    "a length to base 16": _post(b"Content-Length: 0xc"),
    "a length below 0": _post(b"Content-Length: -1"),
    "a length of 2**64": _post(b"Content-Length: 18446744073709551616"),
    "a blank before the colon": _post(b"Content-Length : 12"),
    "a length and chunks": _post(b"Content-Length: 12", b"Transfer-Encoding: chunked", body=CHUNK),
    "another coding": _chunked(CHUNK, b"Transfer-Encoding: xchunked"),
    "chunks, then identity": _chunked(CHUNK, b"Transfer-Encoding: chunked, identity"),
    "zipped chunks": _chunked(CHUNK, b"Transfer-Encoding: gzip, chunked"),
    "a tab before the coding": _chunked(CHUNK, b"Transfer-Encoding:\tchunked"),
    "an extension of a chunk": _chunked(CHUNK.replace(b"c\r\n", b"c;a=b\r\n", 1)),
    "a chunk below 0": _chunked(b"-" + CHUNK),
    "a chunk with an underscore": _chunked(CHUNK.replace(b"c\r\n", b"0_c\r\n", 1)),
    "a chunk with 0x": _chunked(b"0x" + CHUNK),
    "a chunk of 2**80": _chunked(b"f" * 20 + b"\r\n" + BODY),
    "chunks of a byte": _chunked(b"".join(b"1\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"),
    "a trailer": _chunked(CHUNK[:-2] + b"X: y\r\n\r\n"),
    "bare line ends": b"GET /health HTTP/1.1\nHost: 127.0.0.1\nConnection: close\n\n",
    "no host": b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": _get(b"/health", b"Host: evil.example"),
    "a list of hosts": b"GET /health HTTP/1.1\r\nHost: 127.0.0.1, evil\r\n\r\n",
    "HTTP/1.0": _get(b"/health", version=b"HTTP/1.0"),
    "HTTP/1.2": _get(b"/health", version=b"HTTP/1.2"),
    "HTTP/9.9": _get(b"/health", version=b"HTTP/9.9"),
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a whole address": _get(b"http://evil.example/health"),
    "a whole address of a page": _get(b"http://evil.example/dashboards/results"),
    "CONNECT": b"CONNECT evil.example:443 HTTP/1.1\r\n" + END,
    "OPTIONS *": b"OPTIONS * HTTP/1.1\r\n" + END,
    "TRACE": b"TRACE /dashboards/results HTTP/1.1\r\n" + END,
    "a small method": b"get /health HTTP/1.1\r\n" + END,
    "a method with U+0000": b"G\0T /health HTTP/1.1\r\n" + END,
    "a long method": b"A" * 5000 + b" /health HTTP/1.1\r\n" + END,
    "two blanks": b"GET  /health  HTTP/1.1\r\n" + END,
    "tabs": b"GET\t/health\tHTTP/1.1\r\n" + END,
    "a folded header": _get(b"/health", b"X: a\r\n b"),
    "a header with U+0000": _get(b"/health", b"X: a\0b"),
    "a header without a colon": _get(b"/health", b"nonsense"),
    "a header without a name": _get(b"/health", b": x"),
    "a name beyond ASCII": _get(b"/health", b"X-\xc3\xa9: x"),
    "an address beyond ASCII": _get("/dashboards/é".encode()),
    "an address in Latin-1": _get(b"/dashboards/\xe9\xff"),
    "control characters": _get(b"/dashboards/\x01\x7f"),
    "a fragment": _get(b"/dashboards/results#x"),
    "mail": b"EHLO x\r\n\r\n",
    "a proxy's line": b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + _get(b"/health"),
    "many headers": _get(b"/health", *(b"a%d: b" % n for n in range(4000))),
    "a header of 60 kB": _get(b"/health", b"X: " + b"x" * 60_000),
    "a header of 70 kB": _get(b"/health", b"X: " + b"x" * 70_000),
    "two hundred at once": b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" * 200
    + _get(b"/health/live"),
    "a form of a gigabyte": b"POST /dashboards/login HTTP/1.1\r\nContent-Length: 999000000\r\n"
    + END
    + b"a" * 100_000,
    "a page of a gigabyte": b"GET /dashboards/nothing HTTP/1.1\r\nContent-Length: 999000000\r\n"
    + END
    + b"a" * 100_000,
}
PATHS = (
    *("//evil.example/", "//evil.example/dashboards/", "/\\evil.example/", "/dashboards/results/"),
    *("/dashboards//evil.example/", "/dashboards///results", "//dashboards/results"),
    *("/dashboards/%2f%2fevil.example/", "/dashboards/%5cevil.example/"),
    *(
        f"/dashboards/{place}/{path}"
        for place in ("lotus", "voila/static", "voila/templates", "voila/templates/lab/static")
        for path in (
            "%2e%2e%2f%2e%2e%2fserver/app.py",
            "..%5c..%5cserver%5capp.py",
            "/etc/passwd",
            "%2fetc%2fpasswd",
            "../../../../etc/passwd",
            "x",
            "x/y/z",
            "",
        )
    ),
    *(f"/dashboards/notebooks/{name}" for name in ("", "results%00", "results.ipynb", "..%2fx")),
    *(
        f"/dashboards/api/{name}"
        for name in (
            *("contents?content=1", "kernels/x", "kernels/%00/channels", "kernelspecs", "status"),
            *("spec.yaml", "events/subscribe", "nbconvert", "security/csp-report", "me"),
        )
    ),
    *("/dashboards/voila/templates/nothing/static/x", "/dashboards/voila/templates/./static/."),
    *("/dashboards/metrics", "/dashboards/custom/custom.css", "/dashboards/static/..%2f..%2f"),
    *("/dashboards/logout?next=//evil.example", "/dashboards/voila/themes/x/y"),
    *(
        f"/dashboards/media/{key}"
        for key in (
            *("compositions/x%2ffinal.mp4", "compositions/./final.mp4", "clips/..%2f/x.mp4"),
            *("compositions/.../final.mp4", "compositions/../final.mp4", "clips/aa/CON.mp4"),
        )
    ),
    *(
        f"/api/v1/generations{rest}"
        for rest in ("/%u0041", "/%", "/%zz", "/%c0%ae%c0%ae", ";a=b", "/.", "/")
    ),
    *("/api/v1//generations", "/API/V1/generations", "/api/v1/compositions/x/final.mp4;.jpg"),
    *("/api/openapi.json/", "/api/openapi.json%00", "/api/../health", "/ws/", "/ws/x"),
    *(
        "/favicon.ico",
        "/robots.txt",
        "/.well-known/security.txt",
        "/server-status",
        "/actuator/env",
    ),
)
HEADERS = (
    *("If-None-Match: *", 'If-None-Match: "a"b"c', "If-None-Match: " + 'W/"1",' * 1500),
    *("If-Modified-Since: Mon, 99 Foo 20260 99:99:99 GMT", "If-Range: x\r\nRange: bytes=0-1"),
    *("If-Modified-Since: Thu, 01 Jan 1970 00:00:00 +9999", "Range: bytes=-0", "Range: bytes=5-2"),
    *("Range: bytes=0-18446744073709551616", "Range: bytes=" + "0-," * 2000, "Range: items=0-1"),
    *("Accept: text/html;q=nan,*/*;q=1e999", "Accept: " + "/" * 4000, "Accept-Charset: utf-7"),
    *("Accept-Encoding: gzip;q=x, br, zstd", "Accept-Language: ../../etc", "Expect: 200-ok"),
    *("X-Forwarded-Host: evil.example", "Forwarded: host=evil;proto=javascript"),
    *("X-Original-URL: /dashboards/manage", "X-HTTP-Method-Override: DELETE", "Upgrade: h2c"),
    *("Authorization: Bearer", "Authorization: token  x", "Authorization: Digest username=x"),
    *("Authorization: Basic !!!!", "Authorization: Basic Og==", "X-Request-ID: a\\u0022,\\n"),
)
COOKIES = (
    *("{name}=x; {name}={value}", "{name}=1|1|x", "{name}=", "other={value}", "{name}={value}x"),
    *('{name}="' + "\\377" * 3000 + '"', 'a="' + "\\" * 6000, "$Version=1; __proto__=x; a"),
    *("; ".join(f"a{n}=b" for n in range(1500)), "=; =; =", "{name}={value}; _xsrf=a; _xsrf=b"),
)


def _part(head: bytes, body: bytes = b"x") -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\n" + body + b"\r\n"


_NAMED = b'Content-Disposition: form-data; name="%s"'
MULTIPART = "multipart/form-data; boundary=b"
URLENCODED = "application/x-www-form-urlencoded"
FORMS: dict[str, tuple[str, bytes]] = {
    "many parts": (MULTIPART, b"".join(_part(_NAMED % b"a") for _ in range(14_000)) + b"--b--\r\n"),
    "no end": (MULTIPART, _part(_NAMED % b"a") * 10),
    "nested": (MULTIPART, _part(b"Content-Type: multipart/mixed; boundary=c") * 5000),
    "a long name": (MULTIPART, _part(_NAMED % (b"n" * 900_000)) + b"--b--\r\n"),
    "a long header": (MULTIPART, _part(b"X: " + b"x" * 900_000) + b"--b--\r\n"),
    "many headers": (MULTIPART, _part(b"\r\n".join([b"X: y"] * 100_000)) + b"--b--\r\n"),
    "many quotes": (MULTIPART, _part(_NAMED % (b'\\"' * 200_000)) + b"--b--\r\n"),
    "many semicolons": (MULTIPART, _part(b"Content-Disposition: form-data" + b";" * 500_000)),
    "an odd file name": (
        MULTIPART,
        _part(b"Content-Disposition: form-data; name=a; filename*=utf-8''%c0%ae%ff") + b"--b--\r\n",
    ),
    "a long boundary": (f"multipart/form-data; boundary={'b' * 7000}", b"x"),
    "no boundary": ("multipart/form-data", b"x"),
    "a boundary like a pattern": ("multipart/form-data; boundary=((a+)+)+", b"--((a+)+)+\r\n"),
    "many fields": (URLENCODED, b"&".join([b"a=b"] * 250_000)),
    "percent signs": (URLENCODED, b"%" * 1_000_000),
    "another charset": (f"{URLENCODED}; charset=utf-7", b"a=b"),
    "more than a megabyte": (URLENCODED, b"a" * 1_100_000),
}


def exchange(port: int, data: bytes, seconds: float = 60) -> bytes:
    """All that comes back for these bytes, until the server closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as raw:
        return b"".join(_received(raw, data))


def _received(raw: socket.socket, data: bytes) -> Iterator[bytes]:
    try:
        raw.sendall(data)
        while content := raw.recv(65_536):
            yield content
    except ConnectionError:  # closed in the face of who still sends
        return
