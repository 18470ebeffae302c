"""`lotus dashboards` as a process of its own, and a browser that looks at it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.driving import LOTUS

__all__ = ["Looking", "Site", "browser", "find_chromium", "looking", "serving"]

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIETLY = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--mute-audio"]
QUIETLY += ["--autoplay-policy=no-user-gesture-required"]
PATIENCE_MS = 30_000  # far more than anything here takes on a busy machine


@dataclass
class Site:
    """A server that is up."""

    url: str
    home: Path
    process: subprocess.Popen[str]

    def at(self, path: str) -> str:
        """The address of a page."""
        root, _, token = self.url.partition("?")
        return f"{root}{path}" + (("&" if "?" in path else "?") + token if token else "")


@contextmanager
def serving(home: Path, *options: str, **env: str) -> Iterator[Site]:
    """Start it on a free port; stopped as Ctrl-C does."""
    command = [str(LOTUS), "dashboards", "--no-browser", "--port", "0", *options]
    clean = {
        k: v
        for k, v in os.environ.items()
        if not k.startswith(("LOTUS_", "DATABASE_", "AWS_", "REPLICATE_"))
    }
    with (home / "server.log").open("w") as log:
        process = subprocess.Popen(
            command,
            env={**clean, "LOTUS_HOME": str(home), "PYTHONUNBUFFERED": "1", **env},
            cwd=home,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("dashboards at "), (
                f"{line}\n{(home / 'server.log').read_text()[-3000:]}"
            )
            yield Site(line.removeprefix("dashboards at ").strip(), home, process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(30)
            finally:
                process.kill()


def find_chromium() -> str:
    """The browser's program; skips where there is none."""
    found = next((path for path in map(shutil.which, NAMES) if path), None)
    if found is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed: apt-get install chromium")
    return found


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium, without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install -e '.[test]'")
    program = find_chromium()
    with playwright.sync_playwright() as driver:
        running = driver.chromium.launch(executable_path=program, args=QUIETLY)
        try:
            yield running
        finally:
            running.close()


@dataclass
class Looking:
    """A page that somebody looks at, and what its console said."""

    page: Any
    said: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def hear(self, message: Any) -> None:
        """Keep errors of the console."""
        if message.type == "error":
            self.said.append(message.text)


@contextmanager
def looking(running: Any, *, phone: bool = False, dark: bool = False) -> Iterator[Looking]:
    """A new viewer with a page."""
    size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 860}
    scheme = "dark" if dark else "light"
    context = running.new_context(
        viewport=size, color_scheme=scheme, timezone_id="Asia/Tokyo", locale="en-GB"
    )
    context.set_default_timeout(PATIENCE_MS)
    seen = Looking(context.new_page())
    seen.page.on("console", seen.hear)
    seen.page.on("pageerror", lambda error: seen.said.append(str(error)))
    seen.page.on("request", lambda request: seen.asked.append(request.url))
    try:
        yield seen
    finally:
        with suppress(Exception):  # what leaves a page says so; a test may have closed it already
            seen.page.goto("about:blank")
            context.close()
