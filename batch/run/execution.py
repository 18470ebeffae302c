"""One execution of a notebook: few saves, no secrets, and the truth about kernels that died."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import nbformat
import zmq
from nbclient.util import run_sync
from papermill.clientwrap import PapermillNotebookClient
from papermill.engines import NotebookExecutionManager

from batch.run.notebook_run import NotebookRun
from batch.run.records import holds_records
from batch.run.redaction import redact, secrets_here
from batch.warm import KernelPool
from batch.warm.channels import WAKING_CLIENT
from batch.warm.client import WarmClient
from batch.warm.handover import thread_variables

__all__ = ["Keep", "execute"]

FIRST_SAVE_SECONDS = 2.0  # then whoever looks at the row finds something
SAVE_SECONDS = 15.0
SAVE_SHARE = 0.05  # of the time may go into saving; slower saves become rarer
OUTPUT_SECONDS = 600  # from the end of a cell to the last of its outputs: it may have very many
# of kernels that start at the same time, two may choose the same port; one of them then ends
STARTS = 3
OUTPUTS = ("display_data", "execute_result")
NOT_STARTED = "Kernel died before replying"
Keep = Callable[[Any], None]


def execute(
    nb: Any,
    kernel_name: str,
    *,
    pool: KernelPool | None,
    keep: Keep | None,
    watch: NotebookRun,
    display: dict[str, Any],
    **options: Any,
) -> Any:
    """Execute the notebook on a kernel of the pool if that can be; raises as papermill does."""
    manager = _NotebookManager(nb, keep, watch, **display)
    manager.notebook_start()
    client_options = _client_options(display["log_output"], **options)
    try:
        if pool is not None and pool.serves(kernel_name):
            _run_warm(manager, kernel_name, pool, watch, client_options)
        else:
            _run_cold(manager, kernel_name, watch, client_options)
    finally:
        manager.cleanup_pbar()
        manager.notebook_complete()
    return manager.nb


class _NotebookManager(NotebookExecutionManager):  # type: ignore[misc]
    """Papermill's record of an execution, saved at the end and at bounded intervals."""

    def __init__(self, nb: Any, keep: Keep | None, watch: NotebookRun, **options: Any) -> None:
        super().__init__(nb, autosave_cell_every=SAVE_SECONDS, **options)
        self._keep = keep
        self._watch = watch
        self._secrets = secrets_here(watch.where.folder)
        self._every = FIRST_SAVE_SECONDS
        self._saved = time.monotonic()
        self._over = False
        self._watch.notebook = nb

    def save(self, **kwargs: Any) -> None:
        began = time.monotonic()
        self.last_save_time = self.now()
        if not self._over and began - self._saved < self._every:
            return
        for cell in self.nb.cells:
            if cell.metadata.papermill["status"] == self.RUNNING:
                redact(cell.get("outputs", []), self._secrets)
        if self._keep is not None:
            self._keep(self.nb)
        super().save()
        self._saved = time.monotonic()
        self._every = max(SAVE_SECONDS, (self._saved - began) / SAVE_SHARE)

    def cell_start(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        self._watch.check()
        self._watch.cell = (cell_index or 0) + 1
        self._watch.cells = len(self.nb.cells)
        super().cell_start(cell, cell_index, **kwargs)

    def cell_exception(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        super().cell_exception(cell, cell_index, **kwargs)
        error = kwargs.get("exception")
        outputs = cell.setdefault("outputs", [])
        if error is not None and not any(each.output_type == "error" for each in outputs):
            outputs.append(_error(error.ename, error.evalue))  # IPython shows some as plain text

    def cell_complete(self, cell: Any, cell_index: int | None = None, **kwargs: Any) -> None:
        error = sys.exc_info()[1]
        if error is not None and cell.metadata.papermill["status"] == self.RUNNING:
            self.cell_exception(cell, cell_index=cell_index)
            cell.setdefault("outputs", []).append(_error_output(error, self._watch))
        redact(cell.get("outputs", []), self._secrets)
        super().cell_complete(cell, cell_index=cell_index, **kwargs)

    def notebook_complete(self, **kwargs: Any) -> None:
        self._over = True
        super().notebook_complete(**kwargs)


def _error_output(error: BaseException, watch: NotebookRun) -> Any:
    """What stands in the cell that was being executed when its kernel died or took too long."""
    text = watch.reason or f"{error}".strip().splitlines()[0]
    kernel_exit = watch.kernel_exit
    if kernel_exit is not None:
        memory = f"{kernel_exit.peak_bytes / 1e6:.0f} MB of memory at most"
        text += f" (status {kernel_exit.status}, {memory})"
    return _error(type(error).__name__, text)


def _error(name: str, text: str) -> Any:
    facts = {"ename": name, "evalue": text, "traceback": [text]}
    return nbformat.from_dict({"output_type": "error", **facts})  # type: ignore[no-untyped-call]


def _client_options(
    log_output: bool,
    stdout_file: Any = None,
    stderr_file: Any = None,
    start_timeout: float = 60,
    execution_timeout: float | None = None,
    **others: Any,
) -> dict[str, Any]:
    """nbclient's names for papermill's options."""
    return {
        "timeout_func": lambda cell: execution_timeout,  # `timeout` takes whole seconds alone
        "iopub_timeout": OUTPUT_SECONDS,
        "startup_timeout": start_timeout,
        "log_output": log_output,
        "stdout_file": stdout_file,
        "stderr_file": stderr_file,
    }


def _run_warm(
    manager: Any, name: str, pool: KernelPool, watch: NotebookRun, options: dict[str, Any]
) -> None:
    watch.kernel = kernel = pool.acquire()
    watch.pid = kernel.pid
    try:
        client = _RowOnWarmKernel(
            manager, kernel, place=watch.where, cores=watch.cores, kernel_name=name, **options
        )
        client.watch = watch
        client.execute()
    finally:
        watch.pid = 0
        pool.release(kernel)


class _Records:
    """Keeps records as they come: their outputs may be cleared, or be shown in a widget."""

    watch: NotebookRun

    def process_message(self, msg: Any, *args: Any, **kwargs: Any) -> Any:
        """See nbclient."""
        if msg["msg_type"] in OUTPUTS and holds_records(msg["content"]):
            self.watch.records.append(copy.deepcopy(msg["content"]))
        return super().process_message(msg, *args, **kwargs)  # type: ignore[misc]


class _RowOnWarmKernel(_Records, WarmClient):
    """A row's client on a kernel of the pool."""


class _ColdClient(_Records, PapermillNotebookClient):  # type: ignore[misc]
    """A client that says which process its kernel is."""

    async def async_start_new_kernel(self, **kwargs: Any) -> None:
        self.km.client_class = WAKING_CLIENT
        self.km.context.setsockopt(zmq.RCVHWM, 0)  # or outputs that come fast are dropped
        where = self.watch.where
        env = {**os.environ, **thread_variables(self.watch.cores), **where.env}
        if where.path:
            paths = [*where.path, *filter(None, [env.get("PYTHONPATH")])]
            env["PYTHONPATH"] = os.pathsep.join(paths)
        kwargs |= {"env": env, "cwd": where.folder}
        # a kernel may repeat there what processes of a cell print; the notebook has it
        await super().async_start_new_kernel(stdout=subprocess.DEVNULL, **kwargs)
        self.watch.pid = getattr(self.km.provisioner, "pid", None) or 0

    start_new_kernel = run_sync(async_start_new_kernel)  # nbclient's own is of its own method


def _run_cold(manager: Any, name: str, watch: NotebookRun, options: dict[str, Any]) -> None:
    for attempt in range(1, STARTS + 1):
        client = _ColdClient(manager, kernel_name=name, shutdown_kernel="immediate", **options)
        client.watch = watch
        try:
            client.execute()
            return
        except RuntimeError as error:
            if watch.cell or attempt == STARTS or NOT_STARTED not in str(error):
                raise
            watch.check()
        finally:
            watch.pid = 0
