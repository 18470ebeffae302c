"""A few rows in threads of this process: no more of them than workers, so a cluster would take
longer to start than they take to run.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from batch.cluster.rounds import LOOK_SECONDS, in_rounds
from batch.rows import runs
from batch.rows.limits import FULL
from batch.rows.priorities import pending_by_priority
from batch.run.resources import WorkerResources, machine_bytes
from batch.run.runner import run_row
from batch.warm import KernelPool
from batch.warm.environments import can_fork
from batch.warm.pool import PRELOAD
from lotus.workspace import Workspace

__all__ = ["run_in_process"]


def run_in_process(
    workspace: Workspace,
    campaign_id: str,
    workers: int,
    preload: Sequence[str] | None,
    *,
    limit: int | None,
    tick: Callable[[], None],
) -> None:
    """Run the rows that wait, or `limit` of them; those that others run are waited for, or taken
    over. Ctrl-C gives rows back.
    """
    pool = KernelPool(spare=workers, preload=PRELOAD if preload is None else preload)
    if can_fork():
        pool.fill()
    place = WorkerResources(workspace, pool if can_fork() else None, workers, machine_bytes())
    threads = ThreadPoolExecutor(workers, thread_name_prefix="row")
    try:
        in_rounds(
            workspace.db,
            campaign_id,
            lambda remaining: _hand_out(place, campaign_id, threads, remaining, tick),
            limit=limit,
            tick=tick,
        )
    finally:
        place.close()
        threads.shutdown()


def _hand_out(
    place: WorkerResources,
    campaign_id: str,
    threads: ThreadPoolExecutor,
    remaining: int | None,
    tick: Callable[[], None],
) -> int:
    rows = place.workspace.db.ask(pending_by_priority, campaign_id, None)
    ids = [row["id"] for row in rows if runs.is_free(row)][:remaining]
    return _run_all(place, ids, threads, tick)


def _run_all(
    place: WorkerResources,
    ids: Sequence[str],
    threads: ThreadPoolExecutor,
    tick: Callable[[], None],
) -> int:
    """Run these rows; how many were not kept back by a limit."""
    running: dict[Future[str], str] = {threads.submit(run_row, place, i): i for i in ids}
    count = 0
    while running:
        over = wait(running, timeout=LOOK_SECONDS, return_when=FIRST_COMPLETED).done
        for future in over:
            run_id = running.pop(future)
            error = future.exception()
            if error is not None:
                reason = f"{type(error).__name__}: {error}".splitlines()[0][:500]
                place.workspace.db.run(runs.fail, run_id, reason)
            count += error is not None or future.result() != FULL
        tick()
    return count
