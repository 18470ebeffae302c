"""The image: what its Dockerfile says, and the same steps in a clean environment."""

from __future__ import annotations

import gzip
import importlib.metadata
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lotus.aws.idle import IMAGE_GB
from tests.driving import eventually

ROOT = Path(__file__).parents[2]
DOCKERFILE = ROOT / "terraform/images/Dockerfile"
LOCK = ROOT / "terraform/images/requirements.txt"
EXTRAS = ("aws", "batch", "dashboards", "server")
MOST_BYTES = 700 * 10**6  # compressed: what a registry stores, and what each task pulls
BASE_BYTES = 45 * 10**6  # python:3.12-slim, compressed (hub.docker.com/_/python)


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(), flags=re.M).replace("\\\n", " ")
    return [
        (line.split()[0], line.split(maxsplit=1)[1]) for line in text.splitlines() if line.strip()
    ]


def test_the_image_is_pinned_slim_and_runs_as_nobody_special() -> None:
    said = _instructions()
    bases = [words for name, words in said if name == "FROM"]
    pinned = {
        re.fullmatch(r"(packages|python:3\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64})( AS \w+)?", base)[
            1
        ]
        for base in bases
    }  # type: ignore[index]
    assert len(pinned - {"packages"}) == 1, "one base, pinned and slim"
    assert " AS " not in bases[-1], "what builds is left behind"
    last = said[max(n for n, (name, _) in enumerate(said) if name == "FROM") :]
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
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", LOCK.read_text(), re.M))
    assert len(pinned) > 100
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pinned[requirement.name.lower()], prereleases=True), (
            requirement
        )


def test_the_lock_holds_all_that_its_packages_need() -> None:
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", LOCK.read_text(), re.M))
    installed = {
        canonicalize_name(one.metadata["Name"]): one for one in importlib.metadata.distributions()
    }
    known = [installed[name] for name in pinned if name in installed]
    assert len(known) > 100
    image = {"python_version": "3.12", "python_full_version": "3.12.11", "extra": ""}
    for one in known:
        for requirement in map(Requirement, one.requires or ()):
            if requirement.marker is None or requirement.marker.evaluate(image):
                name = canonicalize_name(requirement.name)
                assert name in pinned, f"{one.metadata['Name']} needs {name}"


def test_each_package_of_the_lock_has_the_hashes_of_its_files() -> None:
    blocks = re.split(r"\n(?=\w)", re.sub(r"^#.*\n", "", LOCK.read_text(), flags=re.M).strip())
    assert all(
        re.fullmatch(r"\S+==\S+( \\\n    --hash=sha256:[0-9a-f]{64})+", one) for one in blocks
    )
    installs = [words for name, words in _instructions() if name == "RUN" and "install" in words]
    assert "--require-hashes" in installs[0]
    assert all("--no-deps" in words for words in installs[1:]), "nothing else is fetched"


def test_the_image_has_the_roots_of_rds_and_they_are_what_they_are_called() -> None:
    text = (ROOT / "terraform/images/rds-ca.pem").read_text()
    names = re.findall(r"^# (Amazon (?:RDS|Root CA).*)$", text, re.M)
    found = x509.load_pem_x509_certificates(text.encode())
    assert len(found) == len(names) > 25
    for name, one in zip(names, found, strict=True):
        (common,) = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert common.value == name
        one.verify_directly_issued_by(one)  # a root, signed by itself
        assert one.not_valid_after_utc.year > 2037
    assert any("us-east-2" in name for name in names)
    (copied,) = [words for name, words in _instructions() if name == "COPY" and "rds-ca" in words]
    place = copied.split()[-1]
    assert f'PGSSLROOTCERT      = "{place}"' in (ROOT / "terraform/main.tf").read_text()


def _python() -> Path:
    """A Python of the image's version: the lock is for no other."""
    version = re.search(r"^FROM python:(3\.\d+)", DOCKERFILE.read_text(), re.M)[1]  # type: ignore[index]
    asked = ["-c", "import sys; print(*sys.version_info[:2], sep='.'); print(sys.executable)"]
    for name in filter(shutil.which, (f"python{version}", sys.executable)):
        found, _, path = subprocess.run(
            [name, *asked], capture_output=True, text=True
        ).stdout.partition("\n")
        if found == version:
            # not of a shim, beside which other programs are of another Python
            return Path(path.strip())
    pytest.skip(f"python{version}, the image's, is not installed: what it installs was not tried")


@dataclass(frozen=True)
class Image:
    """What the Dockerfile made, below another root."""

    layers: tuple[Path, ...]
    """A folder for each COPY of its last stage."""
    environment: dict[str, str]


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The Dockerfile's own lines, in order; only the base is another, and /opt and /built are
    elsewhere.
    """
    root = tmp_path_factory.mktemp("image")
    python = Path(_python())
    source = root / "source"
    layers = list[Path]()
    variables = {"PATH": f"{python.parent}:{os.environ['PATH']}"}
    source.mkdir()
    for name, words in _instructions():
        words = re.sub(r"/(opt|built)\b", lambda found: f"{root}{found[0]}", words)
        if name == "FROM" and words.startswith("python:"):
            variables = {"PATH": variables["PATH"]}
        elif name == "ENV":
            variables |= {
                one: value.replace("$PATH", variables["PATH"]) for one, value in _pairs(words)
            }
        elif name == "COPY" and words.startswith("--from"):
            layers.append(Path(words.split()[1]))
        elif name == "COPY":
            _copy(words.split()[:-1], source)
        elif name == "RUN" and "useradd" not in words:
            subprocess.run(
                words, shell=True, cwd=source, env={**os.environ, **variables}, check=True
            )
    subprocess.run([python, "-m", "pip", "--python", layers[0] / "bin/python", "check"], check=True)
    for layer in layers[1:]:
        shutil.copytree(layer, layers[0], dirs_exist_ok=True)
    return Image(tuple(layers), variables)


def _pairs(words: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (pair.partition("=") for pair in words.split())]


def _copy(names: list[str], to: Path) -> None:
    for path in map(ROOT.joinpath, names):
        if path.is_dir():
            shutil.copytree(path, to / path.name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, to)


class _Counted(io.RawIOBase):
    """A file that only knows how long it is."""

    size = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.size += len(data)
        return len(data)


def _packed_bytes(folder: Path) -> tuple[int, int]:
    """How large the folder is as a layer of an image: compressed (gzip), and unpacked."""
    packed = _Counted()
    unpacked = 0
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as zipped,
        tarfile.open(fileobj=zipped, mode="w|") as layer,
    ):
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                layer.add(path, path.relative_to(folder))
                unpacked += 0 if path.is_symlink() else path.stat().st_size
    return packed.size, unpacked


@pytest.fixture
def there(image: Image, home: Path) -> dict[str, str]:
    """The variables of a task."""
    return {**os.environ, **image.environment, "LOTUS_HOME": str(home)}


@pytest.mark.slow
def test_the_installation_is_well_and_small(
    image: Image, there: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    done = subprocess.run(["lotus", "doctor", "--json"], env=there, capture_output=True, text=True)
    found = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert json.loads(done.stdout)["ok"], done.stdout
    assert int(found["files"]["detail"].split()[0]) > 100, "all files of the wheel were looked for"
    size, unpacked = _packed_bytes(image.layers[0])
    of_lotus, _ = _packed_bytes(image.layers[1])
    told = (
        f"{size / 1e6:.0f} MB compressed, {unpacked / 1e6:.0f} MB unpacked; lotus "
        f"{of_lotus / 1e6:.1f} MB"
    )
    record_property("packages", told)
    assert size + BASE_BYTES < MOST_BYTES, told
    assert size + BASE_BYTES < IMAGE_GB * 2**30, "the bill of an idle environment counts less"
    assert of_lotus < size / 10, "with the same lock, hardly anything is pushed and pulled again"


@pytest.mark.slow
def test_nothing_is_compiled_when_a_task_starts(image: Image, there: dict[str, str]) -> None:
    asked = """if 1:
        import dask.distributed, lotus.cli, papermill, sys, voila
        print(*filter(None, (getattr(module, "__cached__", "") for module in sys.modules.values())))
    """
    done = subprocess.run(
        ["python", "-c", asked], env=there, capture_output=True, text=True, check=True
    )
    compiled = [Path(line) for line in done.stdout.split() if str(image.layers[0]) in line]
    assert len(compiled) > 500
    assert [path for path in compiled if not path.exists()] == []


@pytest.mark.slow
def test_the_image_serves_answers_its_health_check_and_ends(
    image: Image, there: dict[str, str]
) -> None:
    said = dict(_instructions())
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    words = [
        word.replace("8000", port).replace("0.0.0.0", "127.0.0.1")
        for word in json.loads(said["CMD"])
    ]
    asks = json.loads(said["HEALTHCHECK"].partition("CMD ")[2].replace("8000", port))
    service = subprocess.Popen(
        words, env=there, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    try:
        well = lambda: subprocess.run(asks, env=there, capture_output=True).returncode == 0  # noqa: E731
        eventually(lambda: well() or service.poll() is not None, "it answers")
        assert well()
        service.terminate()
        assert service.wait(60) == 0, service.stderr and service.stderr.read()
    finally:
        service.kill()


@pytest.mark.slow
def test_every_command_of_a_task_is_in_the_image(image: Image, there: dict[str, str]) -> None:
    text = (ROOT / "terraform/main.tf").read_text()
    lists = re.findall(r"command\s*=\s*(?:concat\(\s*)?\[(.*?)\]", text)
    commands = [re.findall(r'"([^"]+)"', words) for words in lists]
    assert len(commands) == 8, (
        "the service, a worker, a campaign, migrations, three by the clock, and campaigns by it"
    )
    for name, *words in commands:
        shown = [word for word in words if word not in ("--yes", "--help")]
        shown = shown[: shown.index("--host")] if "--host" in shown else shown
        if name == "lotus":
            subprocess.run([name, *shown, "--help"], env=there, check=True, capture_output=True)
        else:
            assert words == ["-m", "batch.cluster.worker"]
            subprocess.run([name, "-c", "import batch.cluster.worker"], env=there, check=True)
            subprocess.run(
                [name, "-m", "dask", "worker", "--help"], env=there, check=True, capture_output=True
            )
    subprocess.run(["lotus", "db", "migrate"], env=there, check=True, capture_output=True)


@pytest.mark.slow
def test_the_image_renders_a_campaign(image: Image, there: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(
        "prompt,duration_seconds,aspect_ratio\nA roaster opens at dawn,5,1:1\n"
    )
    words = ["lotus", "batch", "run", tmp_path / "m.csv", "--workers", "1", "--json"]
    done = subprocess.run(words, env=there, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["runs"]["completed"] == 1
