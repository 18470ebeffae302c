"""Programs that fork from the keeper are as those that start anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.driving import lotus, start
from tests.keeper import LOTUS, ForkedProcess, begin

WHERE = [
    ("--version",),
    ("db", "status"),
    ("jobs", "list", "--json"),
    ("jobs", "show", "no-such-job"),
    ("render", "no-such-file.yaml"),
]


@pytest.mark.parametrize("words", WHERE, ids=" ".join)
def test_a_command_says_the_same_forked_and_started(words: tuple[str, ...], home: Path) -> None:
    fresh = start(*words, home=home)
    out, err = fresh.communicate()
    forked = lotus(*words, home=home)
    assert (forked.code, forked.out, forked.err) == (fresh.returncode, out, err)


def test_a_forked_program_is_a_child_of_the_tests_and_ends_by_signals(tmp_path: Path) -> None:
    painter = [sys.executable, "-m", "lotus.providers.painters", "board"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    child = begin(painter, cwd=tmp_path, **pipes)
    assert isinstance(child, ForkedProcess)
    assert f"PPid:\t{os.getpid()}\n" in Path(f"/proc/{child.pid}/status").read_text()
    child.send_signal(signal.SIGTERM)
    child.communicate()
    assert child.returncode == -signal.SIGTERM


def test_what_is_read_at_a_start_is_not_forked(home: Path) -> None:
    child = begin(
        [LOTUS, "--version"], env={**os.environ, "TZ": "Asia/Tokyo"}, stdout=subprocess.DEVNULL
    )
    child.communicate()
    assert not isinstance(child, ForkedProcess)
    assert child.returncode == 0
