"""Kernels of viewers: counted, and started in an environment that holds no secret."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from dashboards.dashboard import SECRET, SERVER

__all__ = ["Kernels", "harmless", "left_for"]

VARIABLES = {
    "PATH",
    "HOME",
    "LANG",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "VIRTUAL_ENV",
    SERVER,
    SECRET,
}
VARIABLES |= {"QUERY_STRING", "SCRIPT_NAME", "PATH_INFO"}
LEFT_SECONDS = 300.0  # that a place is kept for somebody who lost the network, if nobody wants it
CONNECT_SECONDS = 30.0  # in which a page that somebody looks at has connected to its kernel
FAMILIES = ("VOILA_", "SERVER_", "LC_", "PYTHON", "JUPYTER_", "JPY_", "CONDA_")


def harmless(environment: Mapping[str, str]) -> dict[str, str]:
    """The part of an environment that a viewer's kernel needs: no address of a database, no token,
    no cloud.
    """
    return {k: v for k, v in environment.items() if k in VARIABLES or k.startswith(FAMILIES)}


def left_for(since_by_kernel: Mapping[str, float], seconds: float, now: float) -> Iterable[str]:
    """Those that were left so many seconds ago or before."""
    return [kernel_id for kernel_id, since in since_by_kernel.items() if now - since >= seconds]


class Kernels(AsyncMappingKernelManager):
    """Voilà adds its pool of warm kernels to this class."""

    warming = 0  # that are being started for nobody yet

    def __init__(self, **how: Any) -> None:
        super().__init__(**how)
        # since when the viewer of a kernel is not connected any more
        self._left: dict[str, float] = {}

    async def start_kernel(self, **how: Any) -> str:
        """Start one; returns its id."""
        environment = harmless(how.get("env") or {})
        warm = environment.get("VOILA_PREHEAT") == "True"
        self.warming += warm
        try:
            kernel_id: str = await super().start_kernel(**{**how, "env": environment})
        finally:
            self.warming -= warm
        return kernel_id

    def expect(self, kernel_id: str) -> None:
        """Its viewer is to connect soon."""
        self._left[kernel_id] = time.monotonic() + CONNECT_SECONDS

    def leave(self, kernel_id: str) -> None:
        """Its viewer went on before it had come: the place is another's at once."""
        self._left[kernel_id] = -math.inf

    def notify_connect(self, kernel_id: str) -> None:
        """A viewer is there (again)."""
        super().notify_connect(kernel_id)
        self._left.pop(kernel_id, None)

    def notify_disconnect(self, kernel_id: str) -> None:
        """A viewer has gone, or only lost the network."""
        super().notify_disconnect(kernel_id)
        self._left[kernel_id] = time.monotonic()

    async def cull_kernels(self) -> None:
        """Every minute, wherever kernels are: end those that were left, and those that are not
        used.
        """
        await self.free(LEFT_SECONDS)
        await super().cull_kernels()

    async def free(self, after_seconds: float) -> None:
        """End kernels whose viewers went without a word, as phones do, that long ago."""
        for kernel_id in left_for(self._left, after_seconds, time.monotonic()):
            await self.end(kernel_id)

    async def end(self, kernel_id: str) -> None:
        """End the kernel of a viewer who went, if it still is."""
        self._left.pop(kernel_id, None)
        if kernel_id in self:
            await self.shutdown_kernel(kernel_id, now=True)

    @property
    def viewer_count(self) -> int:
        """How many have a viewer."""
        pools = getattr(self, "_pools", {}).values()
        waiting = sum(task.done() for pool in pools for task in pool)
        return max(0, len(list(self.list_kernel_ids())) - int(waiting) - self.warming)
