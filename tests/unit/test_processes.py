"""Nothing that lotus started outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from functools import partial

import psutil
import pytest

from lotus.system.processes import StallClock, child_options, die_with_parent, processor_use
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


def test_time_without_a_processor_is_no_stall() -> None:
    now = [0.0]
    use = [(0.0, True)]
    clock = StallClock(lambda: use[0], clock=lambda: now[0])
    now[0] = 72.0  # it wanted to run all the time, and got a tenth of a second
    use[0] = (0.1, True)
    assert clock.look() == pytest.approx(0.1)
    now[0], use[0] = 80.0, (8.1, True)  # it computed for eight seconds and showed nothing
    assert clock.look() == pytest.approx(8.1)
    now[0], use[0] = 90.0, (8.1, False)  # it waits for something that does not come
    assert clock.look() == pytest.approx(18.1)
    clock.moved()
    assert clock.look() == 0.0


def test_a_process_that_computes_wants_a_processor_and_one_that_sleeps_does_not() -> None:
    spinning = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    sleeping = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    try:
        eventually(lambda: processor_use(spinning.pid)[0] >= 0.1, "it has computed")
        assert processor_use(spinning.pid)[1]
        eventually(lambda: not processor_use(sleeping.pid)[1], "it sleeps")
    finally:
        for child in (spinning, sleeping):
            child.kill()
            child.wait()
    assert processor_use(spinning.pid) == (0.0, False)


def test_workers_step_back_and_still_get_a_share() -> None:
    program = (
        "import os; from lotus.server.worker_process import step_back; step_back(10); "
        "print(os.nice(0), os.sched_getscheduler(0) == os.SCHED_OTHER)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout.split() == [str(min(19, os.nice(0) + 10)), "True"]
