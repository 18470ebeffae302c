"""What every test stands on: a home of its own and an environment that says nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import settings

from lotus.db import Database
from lotus.store import Store
from tests import servers
from tests.keeper import begin

Mount = Callable[..., Path]
settings.register_profile("lotus", deadline=None)  # machines of tests are shared
settings.load_profile("lotus")
# jsonschema would build its grammar at import, for two seconds in each worker; no test has one of
# the addresses in other alphabets that it is for (see batch.rows.imports)
sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
SCRUBBED = ("LOTUS_", "REPLICATE_", "AWS_", "DB_")


def pytest_xdist_auto_num_workers() -> int:
    """One worker more than processors: tests of faults wait for a quarter of their time."""
    return (os.cpu_count() or 1) + 1


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LOTUS_HOME, not there yet. The current folder is empty too, so no developer's
    `.env` is read.
    """
    for name in os.environ:
        if name.startswith(SCRUBBED) or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("LOTUS_HOME", str(folder))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return folder


@pytest.fixture(scope="session", autouse=True)
def _quick_painters() -> Iterator[None]:
    """Clips are drawn in processes that need not load numpy first."""
    with pytest.MonkeyPatch.context() as patch:
        mine = SimpleNamespace(**{**vars(subprocess), "Popen": begin})
        patch.setattr("lotus.providers.drawing.subprocess", mine)
        yield


@pytest.fixture(scope="session")
def ffmpeg_path() -> Path:
    """The ffmpeg program that comes with lotus."""
    import imageio_ffmpeg

    return Path(imageio_ffmpeg.get_ffmpeg_exe())


@pytest.fixture(scope="session")
def examples() -> Path:
    """The folder of example inputs."""
    import lotus

    return Path(lotus.__file__).with_name("examples")


@pytest.fixture(scope="session")
def bad_inputs() -> Path:
    """The folder of inputs that must be refused."""
    return Path(__file__).with_name("data") / "bad"


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Databases]:
    """A real PostgreSQL, one for each worker that needs it; up in two seconds."""
    if servers.OWN_DATABASE:
        yield servers.Databases(servers.OWN_DATABASE)
        return
    with servers.postgres_server() as server:
        yield servers.Databases(server.url)


@pytest.fixture(scope="session")
def migrated(postgres: servers.Databases) -> servers.Migrated:
    """Databases with all tables."""
    return servers.Migrated(postgres, [])


@pytest.fixture(scope="session")
def s3() -> Iterator[servers.Bucket]:
    """A real S3 server, one for each worker that needs it; up in five seconds."""
    with servers.s3_server() as bucket:
        yield bucket


@pytest.fixture
def bucket(s3: servers.Bucket, monkeypatch: pytest.MonkeyPatch) -> servers.Bucket:
    """A prefix of this test's own; the environment leads there."""
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    return s3.inner()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Moto's server, one for each worker that needs it: an AWS account that costs nothing."""
    from tests import aws

    with aws.moto_server() as endpoint:
        yield endpoint


@pytest.fixture
def cloud(moto: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An environment as terraform/ makes it, new for each test; the environment variables lead
    there.
    """
    from tests import aws

    made = aws.untouched(moto)
    aws.touch(moto)
    monkeypatch.setattr("boto3.Session.client", aws.lent_client)
    for name, value in aws.KEYS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto)
    monkeypatch.setenv("LOTUS_AWS", str(made.write(tmp_path / "aws.json")))
    return made


@pytest.fixture
def well(moto: str) -> Any:
    """The same, only to be looked at: tests share it while none has changed anything."""
    from tests import aws

    return aws.untouched(moto)


DIALECTS = ("sqlite", "postgresql")


@pytest.fixture(params=DIALECTS)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of each kind, as SQLAlchemy wants its address."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/lotus.db"
        return
    with request.getfixturevalue("postgres").made() as url:
        yield servers.psycopg_url(url)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with all tables: a copy takes a hundredth of the time of migrations."""
    path = tmp_path_factory.mktemp("migrated") / "lotus.db"
    made = Database(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture(params=DIALECTS)
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database of each kind, with all tables."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "lotus.db")
        made = Database(f"sqlite:///{tmp_path}/lotus.db")
        yield made
        made.close()
        return
    with request.getfixturevalue("migrated").lent() as url:
        made = Database(servers.psycopg_url(url))
        try:
            yield made
        finally:
            made.close()


@pytest.fixture(params=("folder", "memory", "s3"))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind."""
    if request.param == "s3":
        bucket = request.getfixturevalue("bucket")
        return Store(bucket.url, tmp_path / "cache", endpoint_url=bucket.endpoint_url)
    place = (
        str(tmp_path / "store")
        if request.param == "folder"
        else f"memory://{tmp_path.name}/{os.urandom(4).hex()}"
    )
    return Store(place, tmp_path / "cache")


PLACES = ("defaults", "servers")
# where one is enough for every day
BOTH = (pytest.param("defaults", marks=pytest.mark.slow), "servers")


@pytest.fixture
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where rows and bytes are kept: `defaults`, or on `servers` (PostgreSQL and S3).

    The environment leads there, also that of programs that a test starts. Given by indirect
    parameters to tests that hold for both.
    """
    name = getattr(request, "param", "defaults")
    if name == "defaults":
        yield name
        return
    bucket = request.getfixturevalue("bucket")
    with request.getfixturevalue("migrated").lent() as url:
        monkeypatch.setenv("DATABASE_URL", url)
        monkeypatch.setenv("LOTUS_STORE", bucket.url)
        yield name


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts disks of a few bytes, or read-only ones; unmounts them afterwards."""
    mounted: list[Path] = []

    def at(folder: Path, options: str) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        if os.geteuid() != 0 or shutil.which("mount") is None:
            pytest.skip("only root may mount a disk")
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        if subprocess.run(command, capture_output=True).returncode:
            pytest.skip("this container may not mount a disk")
        mounted.append(folder)
        return folder

    yield at
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)
