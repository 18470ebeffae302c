"""`--cluster ecs`: a scheduler in this process, workers as tasks, TLS between them, and what they
cost.
"""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from batch.cluster.fleet import Fleet, FleetStatus
from batch.rows import totals as tallies
from batch.run.ecs_task import EcsTask, this_task
from lotus.aws.account import open_account
from lotus.db import Database
from lotus.errors import InvalidInput, WorkError
from lotus.money.ledger import pay_aws
from lotus.settings import Settings
from lotus.store import Store

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["on_ecs", "write_costs"]

START_SECONDS = 600  # a first worker: image, network, start; Spot may take its time
WORKER = ("python", "-m", "batch.cluster.worker")


@contextmanager
def on_ecs(workers: int, campaign_id: str) -> Iterator[Client]:
    """A client of up to so many workers on ECS, which end with it. Raises InvalidInput,
    WorkError.
    """
    from distributed import Client, LocalCluster
    from distributed.security import Security
    from distributed.utils import get_ip

    from lotus.workspace import open_database, open_store

    settings = Settings.read()
    _check(settings)
    account = open_account(settings)
    here = this_task()
    security = Security.temporary()
    scheduler = LocalCluster(
        n_workers=0,
        host=here.address if here is not None else get_ip(),
        protocol="tls://",
        security=security,
        dashboard_address=None,
        silence_logs=50,
    )
    with (
        scheduler,
        Client(scheduler) as client,
        _handed_over(open_store(settings), security) as key,
    ):
        command = (*WORKER, scheduler.scheduler_address, key)
        fleet = Fleet(
            account,
            workers,
            command,
            campaign_id,
            driver=here.arn if here is not None else f"{socket.gethostname()}:{os.getpid()}",
            look=lambda: client.run_on_scheduler(_look),
            retire=lambda addresses: client.retire_workers(list(addresses)),
        )
        try:
            with fleet:
                _first(fleet, client)
                yield client
        finally:
            _settle(open_database(settings, prepare=True), fleet, here)


def _settle(db: Database, fleet: Fleet, here: EcsTask | None) -> None:
    """All that the campaign's tasks have cost is in the ledger, that of the driver's
    own task too.
    """
    now = datetime.now(UTC)
    costs = fleet.costs(now)
    if here is not None:
        here.nat = not fleet.account.environment.public_address
        costs[here.id] = (here.kind, here.cost(now))
    write_costs(db, fleet.campaign_id, costs)


def _check(settings: Settings) -> None:
    """Workers must reach what the driver works with."""
    if settings.store_url.startswith("s3://") and settings.database.startswith("postgresql"):
        return
    reason = "workers on ECS see neither this machine's folder nor its SQLite"
    remedy = (
        "set DATABASE_URL and LOTUS_STORE to those of the environment, or run it there: "
        "`lotus ops run`"
    )
    raise InvalidInput(file="", field="cluster", reason=reason, remedy=remedy)


def _look(dask_scheduler: Any) -> FleetStatus:
    """In the scheduler: what is not finished, who has called, who has nothing to do."""
    waiting = ("queued", "no-worker", "processing", "waiting")
    unfinished_tasks = sum(task.state in waiting for task in dask_scheduler.tasks.values())
    workers = dask_scheduler.workers.values()
    idle = tuple(worker.address for worker in workers if not worker.processing)
    return FleetStatus(unfinished_tasks, frozenset(str(worker.name) for worker in workers), idle)


def _first(fleet: Fleet, client: Client) -> None:
    """Wait for a worker, or for the reason why there will be none."""
    until = time.monotonic() + START_SECONDS
    while not client.scheduler_info()["workers"]:
        if fleet.fault is not None and fleet.hopeless:
            raise fleet.fault
        if time.monotonic() > until:
            remedy = "run `lotus doctor --aws`, then the campaign again"
            raise WorkError(
                reason=f"no worker has connected within {START_SECONDS} s", remedy=remedy
            )
        time.sleep(0.2)


@contextmanager
def _handed_over(store: Store, security: Any) -> Iterator[str]:
    """The certificate and its key, in the store while the campaign runs: not in a task's
    description.
    """
    secrets = {
        name: getattr(security, f"tls_{name}") for name in ("ca_file", "worker_cert", "worker_key")
    }
    key = f"temp/dask/{os.urandom(16).hex()}.json"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "tls.json"
        path.write_text(json.dumps(secrets))
        store.put(path, key)
    try:
        yield key
    finally:
        store.delete(key)


def write_costs(db: Database, campaign_id: str, costs: Mapping[str, tuple[str, Decimal]]) -> None:
    """Into the ledger, for the campaign: what its tasks (by id) cost beyond what their rows paid.

    That is the time before the first row and after the last, and rows whose worker was taken away.
    Written again, nothing is added.
    """

    def write(connection: sa.Connection) -> None:
        payments = tallies.paid_for_tasks(connection, campaign_id)
        for task, (kind, amount) in costs.items():
            rest = amount - payments.get(task, Decimal(0))
            if rest > 0:
                pay_aws(connection, campaign_id, campaign_id, {kind: rest}, task)

    db.run(write)
