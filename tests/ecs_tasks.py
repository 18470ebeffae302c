"""ECS tasks as processes of this machine: started for each that moto runs, killed for each that
stopped.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from tests.aws import NAME, Cloud

LOOK_SECONDS = 0.1
# docs.aws.amazon.com/AmazonECS/latest/developerguide/task-metadata-v4-fargate-response.html
TOLD = {
    "Limits": {"CPU": 1, "Memory": 2048},
    "EphemeralStorageMetrics": {"Utilized": 261, "Reserved": 20496},
    "Containers": [{"Networks": [{"NetworkMode": "awsvpc", "IPv4Addresses": ["127.0.0.1"]}]}],
}


class _Metadata(BaseHTTPRequestHandler):
    """What ECS tells a task of itself: the path begins with its id."""

    begun: ClassVar[dict[str, str]] = {}

    def do_GET(self) -> None:
        task = f"arn:aws:ecs:us-east-2:123456789012:task/{NAME}/{self.path.split('/')[1]}"
        begun = self.begun.setdefault(task, datetime.now(UTC).isoformat())
        body = json.dumps({**TOLD, "TaskARN": task, "PullStartedAt": begun}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: Any) -> None:
        pass


class Tasks(threading.Thread):
    """The agent: what ECS's own does on its machines."""

    def __init__(self, cloud: Cloud, folder: Path, metadata: str) -> None:
        super().__init__(daemon=True)
        self.folder = folder
        self.metadata = metadata
        self._ecs = cloud.client("ecs")
        self.started: list[str] = []
        self.running: dict[str, subprocess.Popen[bytes]] = {}
        self._over = threading.Event()

    def run(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            live = self.live()
            for arn in set(live) - set(self.running):
                self._begin(arn)
            for arn in set(self.running) - set(live):
                self._end(arn)
            for arn, process in list(self.running.items()):
                if process.poll() is not None:
                    reason = f"Essential container in task exited ({process.returncode})"
                    self._ecs.stop_task(cluster=NAME, task=arn, reason=reason)
                    del self.running[arn]

    def live(self) -> list[str]:
        """Tasks that should run."""
        return list(self._ecs.list_tasks(cluster=NAME, desiredStatus="RUNNING")["taskArns"])

    def _begin(self, arn: str) -> None:
        (task,) = self._ecs.describe_tasks(cluster=NAME, tasks=[arn])["tasks"]
        (container,) = task["overrides"]["containerOverrides"]
        short = arn.rsplit("/", 1)[1]
        place = {
            "ECS_CONTAINER_METADATA_URI_V4": f"{self.metadata}/{short}",
            "LOTUS_HOME": str(self.folder / short),
        }
        log = (self.folder / f"{short}.log").open("wb")
        self.running[arn] = subprocess.Popen(
            [sys.executable, *container["command"][1:]],
            env={**os.environ, **place},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.started.append(arn)

    def _end(self, arn: str) -> None:
        process = self.running.pop(arn)
        for sign in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sign)
                process.wait(15)
                return
            except ProcessLookupError:
                return
            except subprocess.TimeoutExpired:
                continue

    def reclaim(self, arn: str) -> None:
        """AWS wants the machine of a Spot task back: SIGTERM, and soon after it is gone."""
        process = self.running.get(arn)
        if process is not None:
            os.kill(process.pid, signal.SIGTERM)
        self._ecs.stop_task(cluster=NAME, task=arn, reason="Your Spot Task was interrupted.")

    def close(self) -> None:
        """End everything."""
        self._over.set()
        self.join()
        for arn in list(self.running):
            self._end(arn)


@contextmanager
def tasks_as_processes(cloud: Cloud, folder: Path) -> Iterator[Tasks]:
    """The agent at work, and the place where tasks ask who they are."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Metadata)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    folder.mkdir()
    agent = Tasks(cloud, folder, f"http://127.0.0.1:{server.server_address[1]}")
    agent.start()
    try:
        yield agent
    finally:
        agent.close()
        server.shutdown()
        server.server_close()
