"""Where rows run: a Dask cluster on this machine, or any Dask scheduler by its address."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from distributed import Client, LocalCluster, WorkerPlugin, get_worker
from distributed.system import MEMORY_LIMIT

from batch.cluster.main_module import GUARD
from lotus.errors import InvalidInput, WorkError

if TYPE_CHECKING:
    from batch.run.resources import WorkerResources

__all__ = ["Rows", "connection_to", "on_sigterm", "run_here"]

PLUGIN = "lotus"
TRIES = 3
POOL = {"DB_POOL_SIZE": "2", "DB_MAX_OVERFLOW": "3"}  # many workers share one database server


class Rows(WorkerPlugin):
    """What every worker has ready before its first row; a worker of this machine keeps to its share
    of it.
    """

    name = PLUGIN
    idempotent = True  # a second driver changes nothing under the rows of the first

    def __init__(self, workers: int | None = None, preload: Sequence[str] | None = None) -> None:
        self._workers = workers  # on this machine; None: the worker is not ours, it has what it has
        self._preload = preload  # into kernels, ahead of their rows; None: what most rows import
        self.place: WorkerResources | None = None

    def setup(self, worker: Any) -> None:
        """Open the place; called in the worker's event loop."""
        from batch.run.ecs_task import this_task
        from batch.run.resources import WorkerResources
        from batch.warm import KernelPool
        from batch.warm.environments import can_fork
        from batch.warm.pool import PRELOAD
        from lotus.workspace import Workspace

        if self._workers is not None:
            _keep_to_share(int(str(worker.name).rsplit("-", 1)[-1]), self._workers)
        for name, value in POOL.items():
            os.environ.setdefault(name, value)
        preload = PRELOAD if self._preload is None else self._preload
        pool = KernelPool(preload=preload) if can_fork() else None
        if pool is not None:
            pool.fill()
        limit = worker.memory_manager.memory_limit
        self.place = WorkerResources(
            Workspace.open(),
            pool,
            max(1, worker.state.nthreads),
            limit,
            this_task(self._workers or 1),
        )
        if threading.current_thread() is threading.main_thread():
            on_sigterm(worker, self.place.stopping.set)
            # Ctrl-C in a terminal is the driver's, which closes its workers
            if self._workers is not None:
                signal.signal(signal.SIGINT, signal.SIG_IGN)

    def teardown(self, worker: Any) -> None:
        """Give rows back, end kernels."""
        if self.place is not None:
            self.place.close()


class _Ending:
    """SIGTERM: what runs is saved and given back, then the worker closes."""

    def __init__(self, worker: Any) -> None:
        self.worker = worker
        self.stops = [worker.close_gracefully]

    def __call__(self, number: int, frame: object) -> None:
        for stop in self.stops:
            self.worker.loop.add_callback_from_signal(stop)


def on_sigterm(worker: Any, stop: Callable[[], None]) -> None:
    """Have SIGTERM close the worker, `stop` called first; in its main thread, for one plug-in or
    several.
    """
    handler = signal.getsignal(signal.SIGTERM)
    ending = handler if isinstance(handler, _Ending) else _Ending(worker)
    ending.stops.insert(0, stop)
    signal.signal(signal.SIGTERM, ending)


def _keep_to_share(number: int, workers: int) -> None:
    """Pin this process, and all that it starts, to its share of the processors."""
    if not hasattr(os, "sched_setaffinity"):  # macOS pins nothing
        return
    cores = sorted(os.sched_getaffinity(0))
    mine = (
        cores[number % len(cores) :: workers]
        if workers <= len(cores)
        else [cores[number % len(cores)]]
    )
    os.sched_setaffinity(0, mine)


def run_here(run_id: str) -> str:
    """The Dask task: it holds nothing but a row's id."""
    from batch.run.runner import run_row

    plugin: Any = get_worker().plugins[PLUGIN]
    return run_row(plugin.place, run_id)


@contextmanager
def connection_to(
    cluster: str,
    workers: int,
    run_id: str | None = None,
    campaign_id: str = "",
    needs: Mapping[str, Any] | None = None,
    preload: Sequence[str] | None = None,
    scheduler: Client | None = None,
) -> Iterator[Client]:
    """A client of `local` or `ecs` (with so many workers), or that of a scheduler elsewhere.

    Workers elsewhere must see the row `run_id`: raises InvalidInput if they do not.
    """
    import dask

    quiet: dict[str, Any] = {
        "distributed.worker.memory.terminate": False,
        "distributed.admin.log-length": 0,
    }
    quiet["distributed.worker.memory.pause"] = (
        False  # memory is the kernels', which Dask does not see
    )
    # Dask's own also say that numpy has one thread
    quiet["distributed.nanny.pre-spawn-environ"] = {"MALLOC_TRIM_THRESHOLD_": 65536}
    with dask.config.set(quiet):
        if cluster == "local":
            with _local(workers, few=preload is not None) as local, Client(local) as client:
                client.register_plugin(Rows(workers, preload))
                yield client
        elif cluster == "ecs":
            from batch.cluster.ecs import on_ecs

            with on_ecs(workers, campaign_id) as client:
                _again(lambda: client.register_plugin(Rows()))
                _again(lambda: _check_workers(client, run_id, needs or {}))
                yield client
        else:
            assert scheduler is not None
            scheduler.register_plugin(Rows())
            _check_workers(scheduler, run_id, needs or {})
            yield scheduler


def _again(do: Callable[[], object]) -> None:
    """What all workers are asked; once more if one of them was taken away meanwhile."""
    for _ in range(TRIES):
        try:
            do()
            return
        except OSError:  # which Dask's CommClosedError is
            continue
    do()


def _local(workers: int, *, few: bool) -> LocalCluster:
    """A cluster of this machine; for a few rows without Dask's pages, which take a
    second to load. Raises WorkError if its processes do not start.
    """
    pages = {"dashboard": not few, "dashboard_address": "127.0.0.1:0"}
    try:
        return LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            processes=True,
            memory_limit=MEMORY_LIMIT // workers,
            scheduler_kwargs=pages,
            silence_logs=50,
        )
    except RuntimeError as exc:
        reason = f"the workers did not start: {' '.join(str(exc).split())}"
        raise WorkError(reason=reason, remedy=GUARD) from exc


def _check_workers(client: Client, run_id: str | None, needs: Mapping[str, Any]) -> None:
    """Every worker looks at the same database, or rows would be lost on it without a word; it has
    the kernel and the packages that the notebook imports here. Raises InvalidInput.
    """
    for worker, place in client.run(_strange, run_id).items():
        if place is not None:
            reason = f"the worker {worker} uses another database, {place}"
            remedy = (
                "give workers the same DATABASE_URL and LOTUS_STORE (or LOTUS_HOME), and the "
                "same lotus"
            )
            raise InvalidInput(file="", field="cluster", reason=reason, remedy=remedy)
    for worker, lacks in client.run(_lacking, dict(needs)).items():
        if lacks:
            reason = f"the worker {worker} differs: {'; '.join(lacks)}"
            remedy = "install the same there; modules of your own travel with --with FILE"
            raise InvalidInput(file="", field="cluster", reason=reason, remedy=remedy)


def _lacking(needs: Mapping[str, Any]) -> list[str]:
    """On a worker: what a notebook needs and does not find, or finds in another version."""
    from importlib import metadata

    from jupyter_client.kernelspec import KernelSpecManager

    lacks = []
    kernel = needs.get("kernel")
    if kernel is not None and kernel not in KernelSpecManager().find_kernel_specs():
        lacks.append(f"it has no kernel '{kernel}'")
    for package, version in needs.get("environment", {}).items():
        try:
            there = (
                ".".join(map(str, sys.version_info[:2]))
                if package == "python"
                else metadata.version(package)
            )
        except metadata.PackageNotFoundError:
            there = "nothing"
        if there != version:
            lacks.append(f"{package} {version} here, {there} there")
    return lacks


def _strange(run_id: str | None, dask_worker: Any) -> str | None:
    """On a worker: its database, if the row is not in it."""
    from batch.rows import runs

    db = dask_worker.plugins[PLUGIN].place.workspace.db
    with db.read() as connection:
        return None if runs.has_run(connection, run_id) else str(db.shown_url)
