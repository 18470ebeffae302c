"""Nothing that lotus started outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial

import psutil
import pytest

from lotus.system.processes import child_options, die_with_parent
from tests.driving import eventually

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children")
STARTS = """
import subprocess
from lotus.system.processes import child_options
print(subprocess.Popen(["sleep", "60"], **child_options()).pid)
"""


def test_what_was_started_ends_when_its_parent_does() -> None:
    program = [sys.executable, "-c", STARTS]
    pid = int(subprocess.run(program, capture_output=True, check=True, text=True).stdout)
    eventually(lambda: _ended(pid), "the kernel ends it")


def _ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def test_who_hears_of_its_parents_end_too_late_ends_at_once() -> None:
    child = subprocess.run(["sleep", "60"], preexec_fn=partial(die_with_parent, os.getppid()))
    assert child.returncode == -signal.SIGKILL


def test_a_child_is_in_no_session_of_its_own() -> None:
    child = subprocess.Popen(["sleep", "60"], **child_options())
    try:
        assert (os.getsid(child.pid), os.getpgid(child.pid)) == (os.getsid(0), child.pid)
    finally:
        child.kill()
        child.wait()
