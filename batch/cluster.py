"""Where rows run: a Dask cluster on this machine, or any Dask scheduler by its address."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from distributed import Client, LocalCluster, WorkerPlugin, get_worker

from lotus.errors import InvalidInput, LotusError, WorkError

if TYPE_CHECKING:
    from batch.runner import Place

__all__ = ["Rows", "connected", "run_here"]

PLUGIN = "lotus"
POOL = {"DB_POOL_SIZE": "2", "DB_MAX_OVERFLOW": "3"}  # many workers share one database server
CONNECT_SECONDS = 30


class Rows(WorkerPlugin):
    """What every worker has ready before its first row; a worker of this machine keeps to its share of it."""

    name = PLUGIN

    def __init__(self, workers: int | None = None) -> None:
        self._workers = workers  # on this machine; None: the worker is not ours, it has what it has
        self.place: Place | None = None

    def setup(self, worker: Any) -> None:
        """Open the place; called in the worker's main thread."""
        from batch.runner import Place
        from batch.warm import Pool
        from batch.warm.pool import supported
        from lotus.workspace import Workspace

        if self._workers is not None:
            _keep_to_share(int(str(worker.name).rsplit("-", 1)[-1]), self._workers)
        for name, value in POOL.items():
            os.environ.setdefault(name, value)
        pool = Pool() if supported() else None
        if pool is not None:
            pool.fill()
        self.place = Place(Workspace.open(), pool, at_once=max(1, worker.state.nthreads))
        signal.signal(signal.SIGTERM, lambda number, frame: _end(worker, self.place))

    def teardown(self, worker: Any) -> None:
        """Give rows back, end kernels."""
        if self.place is not None:
            self.place.close()


def _end(worker: Any, place: Any) -> None:
    """SIGTERM: what runs is saved and given back, then the worker closes."""
    place.stopping.set()
    worker.loop.add_callback_from_signal(worker.close_gracefully)


def _keep_to_share(number: int, workers: int) -> None:
    """Pin this process, and all that it starts, to its share of the processors."""
    cores = sorted(os.sched_getaffinity(0))
    mine = cores[number % len(cores) :: workers] if workers <= len(cores) else [cores[number % len(cores)]]
    os.sched_setaffinity(0, mine)


def run_here(run_id: str) -> str:
    """The Dask task: it holds nothing but a row's id."""
    from batch.runner import run_row

    plugin: Any = get_worker().plugins[PLUGIN]
    return run_row(plugin.place, run_id)


@contextmanager
def connected(cluster: str, workers: int) -> Iterator[Client]:
    """A client of `local` (with so many workers), or of the scheduler at an address such as tcp://host:8786."""
    import dask

    if cluster == "ecs":
        raise InvalidInput(file="", field="cluster", reason="ecs is not there yet", remedy="use local")
    quiet = {"distributed.worker.memory.terminate": False, "distributed.admin.log-length": 0}
    quiet["distributed.worker.memory.pause"] = False  # memory is the kernels', which Dask does not see
    with dask.config.set(quiet):
        if cluster == "local":
            with _local(workers) as made, Client(made) as client:
                client.register_plugin(Rows(workers))
                yield client
        else:
            with _elsewhere(cluster) as client:
                client.register_plugin(Rows())
                yield client


def _local(workers: int) -> LocalCluster:
    return LocalCluster(
        n_workers=workers,
        threads_per_worker=1,
        processes=True,
        memory_limit=0,
        dashboard_address="127.0.0.1:0",
        silence_logs=50,
    )


def _elsewhere(address: str) -> Client:
    try:
        return Client(address, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as exc:
        if isinstance(exc, ValueError):
            remedy = "write local, or an address such as tcp://host:8786"
            raise InvalidInput(file="", field="cluster", reason=str(exc), remedy=remedy) from exc
        reason = f"the scheduler at {address} does not answer"
        error: LotusError = WorkError(reason=reason, remedy="start it, or correct --cluster")
        raise error from exc
