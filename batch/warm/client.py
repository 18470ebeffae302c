"""Papermill's notebook client on a kernel that is there already: nothing is started or
shut down.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from queue import Empty
from typing import Any

import zmq.asyncio
from nbclient.exceptions import DeadKernelError
from nbclient.util import run_sync
from papermill.clientwrap import PapermillNotebookClient

from batch.warm.channels import WakingClient
from batch.warm.handover import order, thread_variables
from batch.warm.parent import Kernel

__all__ = ["WarmClient", "lossless_context"]

LOOK_SECONDS = 0.5  # how often somebody who waits for a kernel looks whether it lives
GREET_SECONDS = 60.0  # on a machine that is busy


@cache
def lossless_context(pid: int) -> Any:
    """This process's sockets to kernels: they queue what comes faster than it is read."""
    context = zmq.asyncio.Context()
    context.setsockopt(zmq.RCVHWM, 0)
    return context


class _Channels(WakingClient):
    """A client that knows from the pool whether its kernel lives, so that no heartbeat
    is needed.
    """

    def __init__(self, kernel: Kernel) -> None:
        super().__init__(context=lossless_context(os.getpid()))
        self._kernel = kernel
        self.load_connection_info(dict(kernel.connection))  # type: ignore[arg-type]

    async def is_alive(self) -> bool:
        return self._kernel.alive


class _ForkedKernelManager:
    """What nbclient asks of a kernel's manager, and no more."""

    has_kernel = True

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel

    async def interrupt_kernel(self) -> None:
        self._kernel.signal(signal.SIGINT)


class WarmClient(PapermillNotebookClient):  # type: ignore[misc]
    """Executes one notebook on one kernel of the pool; the kernel is not ended here."""

    def __init__(
        self, nb_man: Any, kernel: Kernel, *, place: Any, cores: Sequence[int], **options: Any
    ) -> None:
        super().__init__(nb_man, **options)
        self._warm = kernel
        env = {**thread_variables(cores), **place.env}
        self._order = order(env, place.folder, place.path, cores)
        self.km: Any = None
        self.kc: Any = None

    @contextmanager
    def setup_kernel(self, **kwargs: Any) -> Iterator[None]:
        """Connect, tell the kernel about its run, and disconnect in the end."""
        self.km, self.kc = _ForkedKernelManager(self._warm), _Channels(self._warm)
        try:
            run_sync(self._greet)()
            yield
        finally:
            self.kc.stop_channels()
            self.kc = self.km = None

    async def _greet(self) -> None:
        kc = self.kc
        kc.start_channels(shell=True, iopub=True, stdin=False, hb=False, control=False)
        kc.allow_stdin = False
        # from now on no output is missed
        await self._await_message(kc.iopub_channel, "iopub_welcome")
        kc.execute(self._order, silent=True, store_history=False)
        await self._await_message(kc.shell_channel, "execute_reply")

    async def _await_message(self, channel: Any, kind: str) -> None:
        async with asyncio.timeout(GREET_SECONDS):
            while self._warm.alive:
                try:
                    if (await channel.get_msg(timeout=LOOK_SECONDS))["msg_type"] == kind:
                        return
                except Empty:
                    # a kernel may miss that somebody subscribed until it hears of another
                    self.kc.iopub_channel.socket.subscribe(os.urandom(4))
        raise DeadKernelError("Kernel died")
