"""A service as users run it: a process of its own on a port of its own, and what is asked of it."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from lotus.dev import free_port
from lotus.system.processes import processor_use
from tests.clips import ffmpeg
from tests.driving import DEADLINE_SECONDS, PATTERNS, eventually, start

OVER = ("completed", "failed", "cancelled")


@dataclass
class Served:
    """A service, and a client of it."""

    child: subprocess.Popen[str]
    port: int
    home: Path
    log: Path
    token: str = ""
    client: httpx.Client = field(init=False)
    clip: str = ""  # the asset of `pattern`, once it was uploaded

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        self.client = httpx.Client(base_url=self.url, headers=headers, timeout=DEADLINE_SECONDS)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, **how: Any) -> httpx.Response:
        return self.client.get(path, **how)

    def post(self, path: str, body: Any = None, **how: Any) -> httpx.Response:
        return self.client.post(path, json=body, **how)

    def upload(self, content: bytes, name: str = "upload") -> httpx.Response:
        return self.client.post("/api/v1/assets", params={"name": name}, content=content)

    @property
    def processor_seconds(self) -> float:
        """What it has had of the processors."""
        return processor_use(self.child.pid)[0]

    def ended(self, job_id: str) -> dict[str, Any]:
        """The generation, once it is over."""

        def over() -> dict[str, Any] | None:
            found: dict[str, Any] = self.get(f"/api/v1/generations/{job_id}").json()
            return found if found["status"] in OVER else None

        return eventually(over, f"generation {job_id} ends")

    @property
    def lines(self) -> list[dict[str, Any]]:
        """What the service has logged."""
        return [
            json.loads(line) for line in self.log.read_text().splitlines() if line.startswith("{")
        ]

    def stop(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """End it, and wait for its end."""
        if self.child.poll() is None:
            self.child.send_signal(sign)
        return self.child.wait(DEADLINE_SECONDS)


@contextmanager
def serving(
    home: Path, *args: object, token: str = "", forked: bool = True, **env: object
) -> Iterator[Served]:
    """A service that answers; ended afterwards. Unless its start is what counts, it forks from the
    keeper.
    """
    port = free_port()
    home.parent.mkdir(parents=True, exist_ok=True)
    log = home.parent / f"service-{port}.log"
    child = start("serve", "--port", port, *args, home=home, log=log, forked=forked, **env)
    served = Served(child, port, home, log, token)
    try:
        eventually(lambda: child.poll() is not None or _lives(served), "the service answers")
        assert child.poll() is None, log.read_text()
        yield served
    finally:
        served.client.close()
        child.kill()
        child.wait()


def _lives(served: Served) -> bool:
    try:
        return served.get("/health/live").status_code == 200
    except httpx.TransportError:
        return False


def pattern(folder: Path) -> bytes:
    """A clip of four seconds, counted frame by frame."""
    clip = folder / "pattern.mp4"
    if not clip.exists():
        ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x160:r=4:d=4", "-c:v", "libx264", clip)
    return clip.read_bytes()


def request_of(served: Served, folder: Path, **brief: Any) -> dict[str, Any]:
    """A generation that is made in a few seconds, of a clip that was uploaded."""
    served.clip = served.clip or served.upload(pattern(folder), "pattern.mp4").json()["id"]
    scenes = [{**scene, "source": f"asset:{served.clip}"} for scene in PATTERNS["scenes"]]  # type: ignore[attr-defined]
    return {"brief": {**PATTERNS, "scenes": scenes, **brief}}
