"""The service inside a Jupyter server: the same API on its port, for those whom Jupyter knows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from lotus.dev import free_port
from tests.driving import eventually

pytest.importorskip("jupyter_server")
pytestmark = pytest.mark.slow
TOKEN = "of-jupyter"


@pytest.fixture
def jupyter(tmp_path: Path, home: Path) -> Iterator[str]:
    """The address of lotus in a Jupyter server of its own."""
    port = free_port()
    log = tmp_path / "jupyter.log"
    options = {
        "ServerApp.jpserver_extensions": "{'lotus.server.extension': True}",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.open_browser": False,
        "ServerApp.allow_root": True,
        "ServerApp.base_url": "/user/me/",
        "ServerApp.root_dir": tmp_path,
        "IdentityProvider.token": TOKEN,
    }
    arguments = [f"--{name}={value}" for name, value in options.items()]
    folders = {
        f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")
    }
    with log.open("wb") as said:
        child = subprocess.Popen(
            [sys.executable, "-m", "jupyter_server", *arguments],
            env={**os.environ, **folders, "LOTUS_HOME": str(home)},
            stdout=said,
            stderr=said,
        )
    address = f"http://127.0.0.1:{port}/user/me/lotus"
    try:
        eventually(lambda: child.poll() is not None or _answers(address), "Jupyter answers")
        assert child.poll() is None, log.read_text()
        yield address
    finally:
        child.terminate()
        child.wait(30)
    assert "without @allow_unauthenticated" not in log.read_text()


def _answers(address: str) -> bool:
    try:
        return httpx.get(f"{address}/health/live").status_code == 200
    except httpx.TransportError:
        return False


def test_jupyters_users_have_the_api_and_nobody_else(jupyter: str) -> None:
    known = {"Authorization": f"token {TOKEN}"}
    nobody = httpx.get(f"{jupyter}/api/v1/models")
    assert nobody.status_code == 401
    assert nobody.json()["error"]["code"] == "unauthorized"
    assert (
        httpx.get(f"{jupyter}/api/v1/models", headers={"Authorization": "token wrong"}).status_code
        == 401
    )
    body = {"brief": {"prompt": "A small coffee roaster opens at dawn in a harbour town."}}
    with httpx.Client(headers=known, timeout=30) as client:
        assert client.get(f"{jupyter}/api/v1/models").status_code == 200
        assert client.post(f"{jupyter}/api/v1/estimates", json=body).json()["total_usd"] == "0.00"
        refused = client.post(
            f"{jupyter}/api/v1/estimates", json=body, headers={"Origin": "http://evil.test"}
        )
        assert refused.status_code == 403
