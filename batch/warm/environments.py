"""Environments of kernels: which interpreter a kernelspec starts, and whether it can be warm."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

__all__ = ["PythonEnvironment", "can_fork", "environment_of"]

OURS = (["python"], ["python3"])
# ipykernel greets its readers since version 7, and without that the first outputs may be missed
PROBE = """
import importlib.util as u, json
try:
    from ipykernel import version_info
except ImportError:
    version_info = (0,)
names = [n for n in ("numpy", "pandas", "sqlalchemy") if u.find_spec(n)]
print(json.dumps({"ipykernel": int(version_info[0]), "modules": names}))
"""
LEAST_IPYKERNEL = 7
PROBE_SECONDS = 60


def can_fork() -> bool:
    """Whether kernels can be forked here; otherwise they are started as anywhere."""
    return sys.platform == "linux"


@dataclass(frozen=True)
class PythonEnvironment:
    """An interpreter whose kernels can be forked, and what they import ahead."""

    python: str
    modules: tuple[str, ...] = ()

    @property
    def ours(self) -> bool:
        """Whether it is this process's own."""
        return Path(self.python).absolute() == Path(sys.executable)


@cache
def environment_of(kernel_name: str) -> PythonEnvironment | None:
    """The environment of a kernel that can be warm: ipykernel 7 with nothing set; None for
    others.
    """
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    if not can_fork():
        return None
    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return None
    if "ipykernel_launcher" not in spec.argv or spec.env:
        return None
    if spec.argv[:1] in OURS or Path(spec.argv[0]).absolute() == Path(sys.executable):
        return PythonEnvironment(sys.executable)
    return _probe(spec.argv[0])


def _probe(python: str) -> PythonEnvironment | None:
    command = [python, "-c", PROBE]
    try:
        process = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS)
        facts = json.loads(process.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):  # such a kernel starts cold, or fails
        return None
    fits = facts["ipykernel"] >= LEAST_IPYKERNEL
    return PythonEnvironment(python, tuple(facts["modules"])) if fits else None
