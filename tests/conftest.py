"""What every test stands on: a home of its own and an environment that says nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SCRUBBED = ("LOTUS_", "REPLICATE_", "AWS_", "DB_")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """LOTUS_HOME, not there yet. The current folder is empty too, so no developer's `.env` is read."""
    for name in os.environ:
        if name.startswith(SCRUBBED) or name == "DATABASE_URL":
            monkeypatch.delenv(name)
    folder = tmp_path / "home"
    monkeypatch.setenv("LOTUS_HOME", str(folder))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return folder


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
