"""What tests of paid work stand on: a small Replicate, and who works with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lotus.generation.predictions import patience
from lotus.providers.replicate import client
from lotus.workspace import Workspace
from tests.paying import workspace_for
from tests.replicate_account import VERSIONS
from tests.replicate_server import Replicate, serving


@pytest.fixture
def server() -> Iterator[Replicate]:
    """A Replicate of this test's own."""
    with serving() as running:
        yield running


@pytest.fixture
def workspace(server: Replicate, home: Path) -> Workspace:
    """A process' workspace, with the server as its Replicate."""
    return workspace_for(server, home)


@pytest.fixture
def replicate(server: Replicate, monkeypatch: pytest.MonkeyPatch) -> Replicate:
    """The server, where the environment leads to it: for commands and `import lotus`."""
    for name, value in server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REPLICATE_MAX_RETRIES", "1")
    return server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits for nothing that will not come, and hardly between two tries."""
    for module in (patience, client):
        monkeypatch.setattr(module, "LONGEST_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(patience, "AGAIN_SECONDS", 0.01)
    monkeypatch.setattr(patience, "LOOK_AFTER_SECONDS", (0.0,))
    monkeypatch.setattr(patience, "SETTLING_SECONDS", 0.0)
    monkeypatch.setattr(client, "ANSWER_SECONDS", 0.4)


HARDWARE = """
[models.mine]
replicate = "somebody/by-hardware"
version = "{version}"
tasks = ["text-to-video"]
seconds = {{ from = 1, to = 10, step = 1 }}
ignores = ["fps", "seed", "aspect_ratio", "resolution", "first_frame", "reference_images"]
prices = [{{ metric = "predict_time", usd = "0.001525" }}]
typical_seconds = 20
takes.prompt = {{ type = "string", fact = "prompt", required = true }}
takes.duration = {{ type = "integer", fact = "seconds" }}
"""


@pytest.fixture
def by_hardware(tmp_path: Path) -> Path:
    """A catalogue of one's own: `mine`, a pinned version that is paid by the second of hardware."""
    path = tmp_path / "mine.toml"
    path.write_text(HARDWARE.format(version=next(iter(VERSIONS))))
    return path
