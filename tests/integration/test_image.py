"""The image: what its Dockerfile says, and the same steps in a clean environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "terraform/images/Dockerfile"
LOCK = ROOT / "terraform/images/requirements.txt"
EXTRAS = ("aws", "batch", "dashboards", "server")
MOST_BYTES = 700 * 10**6
BASE_BYTES = 130 * 10**6  # python:3.12-slim, unpacked


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.M).replace("\\\n", " ")
    return [(line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()]


def test_the_image_is_pinned_slim_and_runs_as_nobody_special() -> None:
    said = _instructions()
    bases = [words for name, words in said if name == "FROM"]
    assert all(re.match(r"python:3\.\d+\.\d+-slim-\w+( AS \w+)?$", base) for base in bases), "pinned, slim"
    assert len(bases) == 2, "what builds is left behind"
    last = said[[name for name, _ in said].index("FROM", 1) :]
    names = [name for name, _ in last]
    assert dict(last)["USER"] == "lotus"
    assert names.index("USER") < names.index("CMD")
    assert {"HEALTHCHECK", "WORKDIR"} <= set(names)
    assert json.loads(dict(last)["CMD"])[:2] == ["lotus", "serve"]


def test_nothing_is_fetched_but_by_the_lock_and_no_secret_is_in_it() -> None:
    said = _instructions()
    runs = " ".join(words for name, words in said if name == "RUN")
    assert not re.search(r"\b(apt|apt-get|curl|wget|git|sudo)\b", runs)
    assert "ADD" not in {name for name, _ in said}
    assert not re.search(r"(TOKEN|PASSWORD|SECRET|DATABASE_URL)\s*=", DOCKERFILE.read_text())


def test_what_is_copied_is_there_and_not_ignored() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    allowed = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    for name, words in _instructions():
        if name == "COPY" and not words.startswith("--from"):
            for source in words.split()[:-1]:
                assert (ROOT / source).exists(), source
                assert source in allowed, source


def test_the_lock_holds_what_is_needed_in_versions_that_fit() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"]]
    for extra in EXTRAS:
        wanted += project["optional-dependencies"][extra]
    lines = [line for line in LOCK.read_text().splitlines() if line and not line.startswith("#")]
    pinned = dict(line.split("==") for line in lines)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pinned[requirement.name.lower()], prereleases=True), requirement


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info[:2] < (3, 11), reason="the image's Python")
def test_the_same_steps_make_an_installation_that_is_well(tmp_path: Path) -> None:
    python = tmp_path / "lotus" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "lotus"], check=True)
    lock = tmp_path / "requirements.txt"
    lock.write_text(LOCK.read_text())
    subprocess.run([python, "-m", "pip", "install", "-q", "--only-binary", ":all:", "-r", lock], check=True)
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", ROOT], check=True)
    environment = {**os.environ, "LOTUS_HOME": str(tmp_path / "home")}
    program = tmp_path / "lotus" / "bin" / "lotus"
    done = subprocess.run(
        [program, "doctor", "--json"], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert json.loads(done.stdout)["ok"], done.stdout
    for words in (["batch", "--help"], ["ops", "--help"], ["--version"]):
        subprocess.run([program, *words], check=True, capture_output=True, env=environment, cwd=tmp_path)
    size = sum(path.stat().st_size for path in (tmp_path / "lotus").rglob("*") if path.is_file())
    caches = sum(path.stat().st_size for path in (tmp_path / "lotus").rglob("*.pyc"))
    assert size - caches + BASE_BYTES < MOST_BYTES, f"{(size - caches) / 1e6:.0f} MB"
