"""The wheel, installed where no source is, renders the example that it carries."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.slow  # installs every dependency into an empty environment


def _run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run(sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT, cwd=folder)
    [built] = folder.glob("lotus_video-*.whl")
    return built


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of programs of an environment that has the wheel and what it asks for, and nothing
    else.
    """
    folder = tmp_path_factory.mktemp("installed")
    _run(sys.executable, "-m", "venv", "env", cwd=folder)
    _run(folder / "env/bin/python", "-m", "pip", "install", "-q", wheel, cwd=folder)
    return folder / "env/bin"


def test_the_wheel_carries_what_is_not_code(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tracked = subprocess.run(
        ["git", "ls-files", "lotus", "notebooks", "dashboards"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    wanted = {
        f"lotus/{name}" if name.startswith("notebooks/") else name
        for name in tracked.stdout.split("\n")
    }
    assert {"lotus/examples/ad.yaml", "lotus/db/migrations/env.py"} <= wanted
    assert wanted - {"", *names} == set()


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = set(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == packages
    assert not [
        name for name in names if "__pycache__" in name or name.endswith((".db", ".mp4", ".env"))
    ]


def test_the_installed_lotus_is_not_the_source(programs: Path, tmp_path: Path) -> None:
    where = _run(programs / "python", "-c", "import lotus; print(lotus.__file__)", cwd=tmp_path)
    assert Path(where.strip()).is_relative_to(programs.parent)


def test_the_packaged_example_renders(programs: Path, tmp_path: Path) -> None:
    find = "from importlib.resources import files; print(files('lotus') / 'examples' / 'ad.yaml')"
    example = _run(programs / "python", "-c", find, cwd=tmp_path).strip()
    out = tmp_path / "ad.mp4"
    command = (programs / "lotus", "render", example, "--duration", 5, "--out", out, "--json")
    made: dict[str, Any] = json.loads(_run(*command, cwd=tmp_path))
    assert (made["status"], made["output"], made["frames"]) == ("completed", str(out), 120)
    assert out.stat().st_size > 100_000


def test_the_doctor_finds_fonts_packages_and_ffmpeg(programs: Path, tmp_path: Path) -> None:
    found = json.loads(_run(programs / "lotus", "doctor", "--json", cwd=tmp_path))
    assert found["ok"]
    status = {check["name"]: check["status"] for check in found["checks"]}
    assert {
        status[name] for name in ("python", "packages", "ffmpeg", "codecs", "filters", "fonts")
    } == {"ok"}


def test_the_migrations_are_there(programs: Path, tmp_path: Path) -> None:
    assert not json.loads(_run(programs / "lotus", "db", "status", "--json", cwd=tmp_path))[
        "up_to_date"
    ]
    assert json.loads(_run(programs / "lotus", "db", "init", "--json", cwd=tmp_path))["up_to_date"]
