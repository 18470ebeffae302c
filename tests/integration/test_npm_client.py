"""A client by npm's generator builds of the OpenAPI document in strict TypeScript, and runs.

It needs npm's registry, so it is skipped where that cannot be reached.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.driving import inside_home
from tests.serving import serving

pytestmark = pytest.mark.slow
HERE = Path(__file__).parents[1] / "data" / "npm_client"


def _run(folder: Path, *command: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, timeout=300
    )


def test_a_client_by_npm_builds_and_runs(tmp_path: Path) -> None:
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    folder = tmp_path / "client"
    shutil.copytree(HERE, folder)
    installed = _run(folder, "npm", "install", "--no-audit", "--no-fund")
    if installed.returncode:
        pytest.skip(f"npm's registry cannot be reached: {installed.stderr[-300:]}")
    home = tmp_path / "home"
    token = inside_home(home, "tokens", "create", "npm", "--scope", "all")["secret"]
    with serving(home, "--tokens", token=token, LOTUS_MAX_CONCURRENT_JOBS=0) as served:
        (folder / "openapi.json").write_bytes(served.get("/api/openapi.json").content)
        for command in (
            ("npx", "openapi-ts", "-i", "openapi.json", "-o", "client"),
            ("npx", "tsc"),
            (
                "npx",
                "esbuild",
                "main.ts",
                "--bundle",
                "--platform=node",
                "--format=esm",
                "--outfile=main.mjs",
            ),
            ("node", "main.mjs"),
        ):
            step = _run(folder, *command, BASE=served.url, TOKEN=token)
            assert step.returncode == 0, (command, step.stdout[-2000:], step.stderr[-2000:])
    assert step.stdout.strip() == "queued"
