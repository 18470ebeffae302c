"""The handover of a run to a kernel that has waited for one.

Its text is sent to the kernel and runs there, in whatever environment that is: it imports nothing
but the standard library.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["THREADS", "order", "take_over", "thread_variables"]

# by which libraries of numbers are told how many threads they may have
THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
)


def thread_variables(cores: Sequence[int], threads: int | None = None) -> dict[str, str]:
    """Threads of numpy and others: so many, or as the environment says, or one a processor of the
    run.
    """
    if threads is not None:
        return dict.fromkeys(THREADS, str(threads))
    pinned = hasattr(os, "sched_getaffinity")
    own = len(cores) or (len(os.sched_getaffinity(0)) if pinned else os.cpu_count()) or 1
    usual = os.environ.get("OMP_NUM_THREADS", str(own))
    return {name: os.environ.get(name, usual) for name in THREADS}


def order(env: Mapping[str, str], folder: str, path: Sequence[str], cores: Sequence[int]) -> str:
    """The code that hands a run over to a kernel; it leaves no name behind."""
    text = json.dumps(
        {"env": dict(env), "folder": folder, "path": list(path), "cores": list(cores)}
    )
    source = Path(__file__).read_text(encoding="utf-8")
    call = f"(exec({source!r}, s), s['take_over']({text!r}))"
    return f"(lambda s: {call})({{'__name__': 'handover'}})"


def take_over(text: str) -> None:
    """Take on the run's environment, folder, modules and share of the processors."""
    run = json.loads(text)
    os.environ.update(run["env"])
    os.chdir(run["folder"])
    sys.path[:0] = [*run["path"], ""] if "" not in sys.path else run["path"]
    if run["cores"] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, run["cores"])
    if "numpy" in sys.modules:  # loaded with one thread, before there was a run
        _set_threads(os.environ.get("OPENBLAS_NUM_THREADS", "1"))


def _set_threads(number: str) -> None:
    """Give libraries that are loaded already their threads, as far as it is known how."""
    try:
        from threadpoolctl import threadpool_limits
    except ImportError:
        return
    if number.isdecimal() and int(number) > 1:
        threadpool_limits(int(number))
