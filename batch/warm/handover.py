"""The handover of a run to a kernel that has waited for one; runs inside the kernel."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence

__all__ = ["order", "take_over"]


def order(env: Mapping[str, str], folder: str, path: Sequence[str], cores: Sequence[int]) -> str:
    """The code that hands a run over to a kernel; it leaves no name behind."""
    text = json.dumps(
        {"env": dict(env), "folder": folder, "path": list(path), "cores": list(cores)}
    )
    return f"__import__('batch.warm.handover', fromlist=['take_over']).take_over({text!r})"


def take_over(text: str) -> None:
    """Take on the run's environment, folder, modules and share of the processors."""
    run = json.loads(text)
    os.environ.update(run["env"])
    os.chdir(run["folder"])
    sys.path[:0] = [*run["path"], ""] if "" not in sys.path else run["path"]
    if run["cores"] and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, run["cores"])
