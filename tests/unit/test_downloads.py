"""Downloads for callers: what is public is saved, within limits; what leads inside is refused."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from lotus.server.downloads import Downloader, is_public, resolve
from lotus.server.refusals import Refusal


class Site(http.server.BaseHTTPRequestHandler):
    """Answers as the path says."""

    over: threading.Event

    def do_GET(self) -> None:
        if self.path == "/drip":  # a header that never ends, and never pauses for long
            with suppress(OSError):
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
                while not self.over.wait(0.05):
                    self.wfile.write(b"x")
            return
        if self.path == "/nowhere":
            self.send_response(301)
            self.end_headers()
            return
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.end_headers()
            return
        self.send_response(404 if self.path == "/none" else 200)
        self.end_headers()
        with suppress(OSError):  # whoever asked has had enough
            self._send()

    def _send(self) -> None:
        if self.path == "/endless":
            while not self.over.is_set():
                self.wfile.write(bytes(65536))
        elif self.path == "/slow":
            while not self.over.wait(0.05):
                self.wfile.write(b"x")
        else:
            self.wfile.write(f"{self.headers['Host']} {self.path}".encode())

    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    Site.over = threading.Event()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    Site.over.set()
    server.shutdown()


@pytest.fixture
def downloader(port: int) -> Downloader:
    names = {"pictures.example": ["127.0.0.1"], "inside.example": ["10.0.0.1"]}
    names["both.example"] = ["127.0.0.1", "10.0.0.1"]
    return Downloader(
        resolve=lambda host, port: names[host] if host in names else resolve(host, port),
        is_allowed=lambda address: address == "127.0.0.1",
        ports=frozenset({port}),
        seconds=1.0,
        most_bytes=1_000_000,
    )


def test_a_public_file_is_saved_and_its_host_is_told(
    downloader: Downloader, port: int, tmp_path: Path
) -> None:
    save = partial(downloader.save, path=tmp_path / "x")
    save(f"http://pictures.example:{port}/a.png?size=1")
    said = (tmp_path / "x").read_text()
    assert said == f"pictures.example:{port} /a.png?size=1"
    save(f"http://pictures.example:{port}/to//b.png")
    assert (tmp_path / "x").read_text().endswith("/b.png")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("inside.example:{}/a", "not on the public internet"),
        ("both.example:{}/a", "not on the public internet"),
        ("pictures.example:{}/none", "answers 404"),
        ("pictures.example:{}/endless", "more than 1000000 bytes"),
        ("pictures.example:{}/slow", "takes longer|cannot be downloaded"),
        ("pictures.example:{}/drip", "takes longer"),
        ("pictures.example:{}/nowhere", "answers 301"),
        ("pictures.example:{}/to/http://[", "redirects to an invalid address"),
        ("pictures.example:{0}/to/http://a..b:{0}/", "no such host"),
        ("pictures.example:{0}/to/http://inside.example:{0}/a", "not on the public internet"),
        ("pictures.example:{}/to/file:///etc/passwd", "not an http or https address"),
        ("pictures.example/a", "a port, which"),
    ],
)
def test_what_leads_inside_or_has_no_end_is_refused(
    path: str, why: str, downloader: Downloader, port: int, tmp_path: Path
) -> None:
    began = time.monotonic()
    with pytest.raises(Refusal, match=why) as refused:
        downloader.save(f"http://{path.format(port)}", tmp_path / "x")
    assert refused.value.status == 422
    assert time.monotonic() - began < 10


def test_a_circle_of_addresses_ends(downloader: Downloader, port: int, tmp_path: Path) -> None:
    here = f"http://pictures.example:{port}/"
    with pytest.raises(Refusal, match="redirects too often"):
        downloader.save(f"{here}to/{here}to/{here}to/{here}to/{here}to/{here}", tmp_path / "x")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        *((address, False) for address in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1")),
        *((address, False) for address in ("169.254.169.254", "100.64.0.1", "0.0.0.0", "::1")),
        *((address, False) for address in ("::", "fe80::1", "fc00::1", "224.0.0.1", "ff02::1")),
        *((address, False) for address in ("::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::")),
        *((address, False) for address in ("192.0.0.8", "192.88.99.1", "fec0::1", "3fff::1")),
        ("255.255.255.255", False),
    ],
)
def test_addresses_of_the_open_internet_are_told_from_others(address: str, public: bool) -> None:
    assert is_public(address) is public
