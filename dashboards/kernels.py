"""Kernels of viewers: counted, and started in an environment that holds no secret."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager

from dashboards.source import SECRET, SERVER

__all__ = ["Kernels", "harmless"]

NEEDED = {"PATH", "HOME", "LANG", "TZ", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", SERVER, SECRET}
NEEDED |= {"QUERY_STRING", "SCRIPT_NAME", "PATH_INFO"}
FAMILIES = ("VOILA_", "SERVER_", "LC_", "PYTHON", "JUPYTER_", "JPY_", "CONDA_")


def harmless(environment: Mapping[str, str]) -> dict[str, str]:
    """What a viewer's kernel needs of an environment: no address of a database, no token, no cloud."""
    return {k: v for k, v in environment.items() if k in NEEDED or k.startswith(FAMILIES)}


class Kernels(AsyncMappingKernelManager):
    """Voilà adds its pool of warm kernels to this class."""

    warming = 0  # that are being started for nobody yet

    async def start_kernel(self, **how: Any) -> str:
        """Start one; returns its id."""
        environment = harmless(how.get("env") or {})
        warm = environment.get("VOILA_PREHEAT") == "True"
        self.warming += warm
        try:
            started: str = await super().start_kernel(**{**how, "env": environment})
        finally:
            self.warming -= warm
        return started

    @property
    def taken(self) -> int:
        """How many have a viewer."""
        pools = getattr(self, "_pools", {}).values()
        waiting = sum(task.done() for pool in pools for task in pool)
        return max(0, len(list(self.list_kernel_ids())) - int(waiting) - self.warming)
