"""The image: what its Dockerfile says, and the same steps in a clean environment."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

from tests.driving import eventually

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "terraform/images/Dockerfile"
LOCK = ROOT / "terraform/images/requirements.txt"
EXTRAS = ("aws", "batch", "dashboards", "server")
MOST_BYTES = 700 * 10**6  # compressed: what a registry stores, and what each task pulls
BASE_BYTES = 45 * 10**6  # python:3.12-slim, compressed (hub.docker.com/_/python)


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


def _python() -> str:
    """A Python of the image's version: the lock is for no other."""
    version = re.search(r"^FROM python:(3\.\d+)", DOCKERFILE.read_text(), re.M)[1]  # type: ignore[index]
    for name in (f"python{version}", sys.executable):
        asked = [name, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"]
        if (
            shutil.which(name)
            and subprocess.run(asked, capture_output=True, text=True).stdout.strip() == version
        ):
            return name
    pytest.skip(f"python{version}, the image's, is not installed: what it installs was not tried")


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the Dockerfile installs, by the same steps, in a clean environment: its bin/."""
    folder = tmp_path_factory.mktemp("image")
    subprocess.run([_python(), "-m", "venv", folder / "lotus"], check=True)
    python, quiet = folder / "lotus" / "bin" / "python", ("-m", "pip", "install", "-q")
    subprocess.run([python, *quiet, "--only-binary", ":all:", "-r", LOCK], check=True)
    subprocess.run([python, *quiet, "--no-deps", ROOT], check=True)
    subprocess.run([python, "-m", "pip", "check"], check=True)
    return python.parent


class _Counted(io.RawIOBase):
    """A file that only knows how long it is."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def _packed_bytes(folder: Path) -> tuple[int, int]:
    """How large the folder is as a layer of an image (gzip), and unpacked; without compiled files."""
    packed, unpacked = _Counted(), 0
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as layer,
    ):
        for path in sorted(folder.rglob("*")):
            if path.suffix != ".pyc" and path.is_file():
                layer.add(path, path.relative_to(folder))
                unpacked += 0 if path.is_symlink() else path.stat().st_size
    return packed.size, unpacked


@pytest.fixture
def there(image: Path, home: Path) -> dict[str, str]:
    """The variables of the image."""
    return {**os.environ, "PATH": f"{image}:{os.environ['PATH']}", "LOTUS_HOME": str(home)}


@pytest.mark.slow
def test_the_installation_is_well_and_small(
    image: Path, there: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    done = subprocess.run(["lotus", "doctor", "--json"], env=there, capture_output=True, text=True)
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert json.loads(done.stdout)["ok"], done.stdout
    assert int(found["files"]["detail"].split()[0]) > 100, "all files of the wheel were looked for"
    size, unpacked = _packed_bytes(image.parent)
    record_property("image", f"{(size + BASE_BYTES) / 1e6:.0f} MB, {unpacked / 1e6:.0f} MB unpacked")
    assert size + BASE_BYTES < MOST_BYTES, f"{size / 1e6:.0f} MB, {unpacked / 1e6:.0f} MB unpacked"


@pytest.mark.slow
def test_the_image_serves_answers_its_health_check_and_ends(image: Path, there: dict[str, str]) -> None:
    said = dict(_instructions())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [word.replace("8000", port).replace("0.0.0.0", "127.0.0.1") for word in json.loads(said["CMD"])]
    asks = json.loads(said["HEALTHCHECK"].partition("CMD ")[2].replace("8000", port))
    service = subprocess.Popen(words, env=there, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        well = lambda: subprocess.run(asks, env=there, capture_output=True).returncode == 0  # noqa: E731
        eventually(lambda: well() or service.poll() is not None, "it answers")
        assert well()
        service.terminate()
        assert service.wait(60) == 0, service.stderr and service.stderr.read()
    finally:
        service.kill()


@pytest.mark.slow
def test_every_command_of_a_task_is_in_the_image(image: Path, there: dict[str, str]) -> None:
    text = (ROOT / "terraform/main.tf").read_text()
    commands = [
        re.findall(r'"([^"]+)"', words) for words in re.findall(r"command\s*=\s*(?:concat\()?\[(.*?)\]", text)
    ]
    assert len(commands) == 7, (
        "the service, a worker, a campaign, migrations, two by the clock, and campaigns by it"
    )
    for name, *words in commands:
        shown = [word for word in words if word not in ("--yes", "--help")]
        shown = shown[: shown.index("--host")] if "--host" in shown else shown
        if name == "lotus":
            subprocess.run([name, *shown, "--help"], env=there, check=True, capture_output=True)
        else:
            assert words == ["-m", "batch.worker"]
            subprocess.run([name, "-c", "import batch.worker"], env=there, check=True)
            subprocess.run(
                [name, "-m", "dask", "worker", "--help"], env=there, check=True, capture_output=True
            )
    subprocess.run(["lotus", "db", "migrate"], env=there, check=True, capture_output=True)


@pytest.mark.slow
def test_the_image_renders_a_campaign(image: Path, there: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("prompt,duration_seconds,aspect_ratio\nA roaster opens at dawn,5,1:1\n")
    words = ["lotus", "batch", "run", tmp_path / "m.csv", "--workers", "1", "--json"]
    done = subprocess.run(words, env=there, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"]["completed"] == 1
