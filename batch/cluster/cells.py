"""Cells of an experiment on Dask: a task a cell, on a cluster of this machine or a scheduler."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from distributed import Client, LocalCluster, as_completed

from batch.cluster.connect import POOL
from lotus.experiments.running import run_one
from lotus.settings import Settings
from lotus.workspace import Workspace

__all__ = ["cell_here", "run_cells"]


def cell_here(experiment_id: str, key: str, accept: str, retakes: int) -> str:
    """The Dask task: make one cell's video with the worker's own database and store."""
    workspace = Workspace.open(Settings.read(**POOL))
    try:
        return run_one(workspace, experiment_id, key, accept, retakes)
    finally:
        workspace.db.close()


def run_cells(
    cluster: str,
    workers: int,
    experiment_id: str,
    keys: Sequence[str],
    accept: str,
    retakes: int,
    on_outcome: Callable[[str, str], None],
) -> None:
    """Run cells on `local`, on `ecs`, or at a scheduler's address; `on_outcome` hears each key and
    its outcome.

    A cell whose worker dies is given to another one: its job is in the database, so nothing is paid
    twice.
    """
    if cluster == "local":
        with (
            LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as local,
            Client(local) as client,
        ):
            _hand_out(client, experiment_id, keys, accept, retakes, on_outcome)
        return
    if cluster == "ecs":
        from batch.cluster.ecs import on_ecs

        with on_ecs(workers, experiment_id) as client:
            _hand_out(client, experiment_id, keys, accept, retakes, on_outcome)
        return
    with Client(cluster) as client:
        _hand_out(client, experiment_id, keys, accept, retakes, on_outcome)


def _hand_out(
    client: Client,
    experiment_id: str,
    keys: Sequence[str],
    accept: str,
    retakes: int,
    on_outcome: Callable[[str, str], None],
) -> None:
    futures = {
        client.submit(cell_here, experiment_id, key, accept, retakes, pure=False): key
        for key in keys
    }
    for future in as_completed(futures):
        outcome = future.result() if future.status == "finished" else str(future.exception())
        on_outcome(futures[future], outcome)
