"""The handover of a run to a kernel that has waited for one.

The zygote loads it as MODULE in whatever environment that is: it imports nothing but the standard
library.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["MODULE", "THREADS", "order", "prepare", "take_over", "thread_variables"]

MODULE = "lotus_handover"  # its name in kernels
# by which libraries of numbers are told how many threads they may have
THREADS = (
    *("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    *("NUMEXPR_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"),
)

_LIBRARIES: list[Any] = []  # threadpoolctl's, where it is installed


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
    return f"__import__({MODULE!r}).take_over({text!r})"


def prepare() -> None:
    """Find the libraries that have threads, once for all kernels that are forked from here."""
    try:
        from threadpoolctl import ThreadpoolController
    except ImportError:
        return
    _LIBRARIES.append(ThreadpoolController())


def take_over(text: str) -> None:
    """Take on the run's environment, folder, modules and share of the processors."""
    run = json.loads(text)
    os.environ.update(run["env"])
    os.chdir(run["folder"])
    sys.path[:0] = [*run["path"], ""] if "" not in sys.path else run["path"]
    if run["cores"] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, run["cores"])
    threads = os.environ.get("OPENBLAS_NUM_THREADS", "1")  # libraries were loaded with one
    if threads.isdecimal() and int(threads) > 1:
        for libraries in _LIBRARIES:
            libraries.limit(limits=int(threads))
