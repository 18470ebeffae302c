"""Large campaigns: rows created, results read, many workers, and rows with large outputs.

    python -m tests.benchmarks.campaign_scale [create|results|workers|outputs|start ...] [--rows N]

`workers` counts rows that wait, in threads of some processes that stand for workers; with
DATABASE_URL it measures that server. Prints a line a figure, with its limit.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import nbformat

OUTPUT_MB = 50
ROW_SECONDS = 0.5  # of a row that waits
WORKERS = (25, 50, 100)
PROCESSES = 5  # that the workers are spread over
READY = "ready"


def workspace_in(folder: Path) -> Any:
    os.environ["LOTUS_HOME"] = str(folder / "home")
    from lotus.workspace import Workspace

    return Workspace.open()


def notebook(folder: Path, *cells: str) -> Path:
    document = nbformat.v4.new_notebook()
    document.cells = [nbformat.v4.new_code_cell(cell) for cell in ("x = 0\nname = ''", *cells)]
    document.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(document, folder / "scale.ipynb")
    return folder / "scale.ipynb"


def campaign_of(folder: Path, count: int, *cells: str) -> Any:
    from batch import Campaign

    manifest = folder / f"m{count}.csv"
    with manifest.open("w") as file:
        file.write("id,x,name,customer\n")
        file.writelines(f"r{n},{n},name {n},c{n % 9}\n" for n in range(count))
    return Campaign.from_csv(manifest, notebook(folder, *cells), workspace=workspace_in(folder))


def line(what: str, value: str, limit: str) -> None:
    print(f"{what:<64} {value:>22}   at most {limit}", flush=True)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def create(folder: Path, count: int) -> None:
    """Rows created, and the memory that it takes."""
    campaign_of(folder, count // 10)
    before = peak_mb()
    began, used = time.perf_counter(), cpu_seconds()
    campaign_of(folder, count)
    seconds, used = time.perf_counter() - began, cpu_seconds() - used
    line(f"{count} rows created", f"{seconds:.1f} s ({used:.1f} s CPU)", "60 s")
    line("memory beyond that of a tenth of the rows", f"{peak_mb() - before:.0f} MB", "50 MB")


def results(folder: Path, count: int) -> None:
    """Results of rows with two records each, as a DataFrame."""
    from lotus.db import tables as t

    campaign = campaign_of(folder, count)
    with campaign.workspace.db.begin() as connection:
        ids = connection.execute(t.runs.select().with_only_columns(t.runs.c.id)).scalars().all()
        for start in range(0, len(ids), 5000):
            records = [
                {"run_id": i, "campaign_id": campaign.id, "name": name, "kind": "number"}
                | {"number": 0.5, "value": 0.5, "text": None, "object": None}
                for i in ids[start : start + 5000]
                for name in ("score", "loss")
            ]
            connection.execute(t.run_records.insert(), records)
    began, used = time.perf_counter(), cpu_seconds()
    frame = campaign.results()
    seconds, used = time.perf_counter() - began, cpu_seconds() - used
    assert frame["score"].sum() == 0.5 * count
    line(f"results of {count} rows", f"{seconds:.1f} s ({used:.1f} s CPU)", "3 s")


def wait_in_rows(rows: Any, over: Any, threads: int) -> None:
    """A process of workers: each claims rows, waits, and finishes them, until it gets None."""
    os.environ |= {"DB_POOL_SIZE": str(threads), "DB_MAX_OVERFLOW": "0"}
    from batch.rows import runs
    from lotus.system.owner import this_process
    from lotus.workspace import Workspace

    db = Workspace.open().db
    db.ask(runs.list_campaigns, 1)

    def work() -> None:
        while (run_id := rows.get()) is not None:
            db.run(runs.claim, run_id, this_process())
            time.sleep(ROW_SECONDS)
            db.run(runs.finish, run_id, this_process(), "completed")
            over.put(run_id)

    over.put(READY)
    everyone = [threading.Thread(target=work) for _ in range(threads)]
    for one in everyone:
        one.start()
    for one in everyone:
        one.join()


class SimulatedWorkers:
    """Stands for a Dask client whose workers run rows that wait: threads of some processes, so that
    no worker waits for another's interpreter.
    """

    def __init__(self, count: int, run_row: Callable[..., None] = wait_in_rows) -> None:
        self.count = count
        spawn = multiprocessing.get_context("spawn")
        self._rows: Any = spawn.SimpleQueue()
        self._over: Any = spawn.SimpleQueue()
        self._futures: dict[str, Future[str]] = {}
        arguments = (self._rows, self._over, count // PROCESSES)
        self._processes = [spawn.Process(target=run_row, args=arguments) for _ in range(PROCESSES)]
        for process in self._processes:
            process.start()
        for _ in self._processes:
            assert self._over.get() == READY
        self._collector = threading.Thread(target=self._collect, daemon=True)
        self._collector.start()

    def _collect(self) -> None:
        while (run_id := self._over.get()) is not None:
            self._futures.pop(run_id).set_result("completed")

    def nthreads(self) -> dict[str, int]:
        return {str(n): 1 for n in range(self.count)}

    def submit(self, task: Any, run_id: str, **_: Any) -> SimulatedFuture:
        self._futures[run_id] = future = Future()
        self._rows.put(run_id)
        return SimulatedFuture(future)

    def close(self) -> None:
        for _ in range(self.count):
            self._rows.put(None)
        for process in self._processes:
            process.join()
        self._over.put(None)


class SimulatedFuture:
    """As Dask's: it says how it stands."""

    def __init__(self, future: Future[str]) -> None:
        self.future = future

    @property
    def status(self) -> str:
        if not self.future.done():
            return "pending"
        return "error" if self.future.exception() else "finished"

    def result(self) -> str:
        return self.future.result()

    def exception(self) -> BaseException | None:
        return self.future.exception()

    def cancel(self) -> None:
        self.future.cancel()


class Waited:
    """What `distributed.wait` gives back."""

    def __init__(self, done: set[SimulatedFuture]) -> None:
        self.done = done


def simulated_wait(futures: list[SimulatedFuture], timeout: float, return_when: str) -> Waited:
    from concurrent.futures import wait

    by_future = {one.future: one for one in futures}
    done = wait(by_future, timeout=timeout, return_when=return_when).done
    if not done:
        raise TimeoutError
    return Waited({by_future[one] for one in done})


def workers(folder: Path, count: int) -> None:
    """Rows that wait on simulated workers: rows a second, and the driver's own time."""
    from batch.cluster import driver

    driver.wait = simulated_wait
    for many in WORKERS:
        place = folder / str(many)
        place.mkdir()
        rows = count * many // max(WORKERS)
        campaign = campaign_of(place, rows)
        db = campaign.workspace.db
        client = SimulatedWorkers(many)
        began, used = time.perf_counter(), time.thread_time()
        driver.drive(db, campaign.id, client)
        seconds, used = time.perf_counter() - began, time.thread_time() - used
        assert campaign.state.counts["completed"] == rows
        client.close()
        rate = f"{rows / seconds:.0f} rows/s, {used / seconds:.3f} cores"
        line(f"{rows} rows that wait on {many} workers ({db.dialect})", rate, "0.1 cores")


def outputs(folder: Path, count: int) -> None:
    """One row that prints 50 MB: nothing is lost."""
    from batch.rows import runs
    from batch.run.resources import WorkerResources
    from batch.run.runner import run_row
    from batch.warm import KernelPool

    cell = f"for _ in range({OUTPUT_MB}):\n    print('x' * 999_999)"
    campaign = campaign_of(folder, 1, cell)
    with campaign.workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    began = time.perf_counter()
    with KernelPool(spare=1, preload=()) as pool:
        status = run_row(WorkerResources(campaign.workspace, pool), row["id"])
    seconds = time.perf_counter() - began
    with campaign.workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    size = campaign.workspace.store.path(row["notebook"]).stat().st_size
    assert (status, size > OUTPUT_MB * 1_000_000) == ("completed", True)
    line(f"a row with {OUTPUT_MB} MB of outputs", f"{seconds:.1f} s, {peak_mb():.0f} MB", "60 s")


def start(folder: Path, count: int) -> None:
    """Two trivial rows against one papermill command: whole processes, in turns."""
    path = notebook(folder, "print(x)")
    (folder / "m.csv").write_text("id,x\na,1\nb,2\n")
    programs = Path(sys.executable).parent
    theirs = [programs / "papermill", path, folder / "out.ipynb", "-k", "python3"]
    ours = [programs / "lotus", "batch", "run", folder / "m.csv", "--notebook", path, "--new"]
    env = {**os.environ, "LOTUS_HOME": str(folder / "home")}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # as users have it: compiled once
    pairs = [(_timed(theirs, env), _timed(ours, env)) for _ in range(count + 1)][1:]
    for n, what in enumerate(("clock", "CPU")):
        ratios = sorted(mine[n] / other[n] for other, mine in pairs)
        middle = ratios[len(ratios) // 2]
        line(f"2 trivial rows against one papermill command, {what}", f"{middle:.2f}", "1.5")


def _timed(command: list[Any], env: dict[str, str]) -> tuple[float, float]:
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    words = list(map(str, command))
    subprocess.run(words, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - began, used


PARTS = {"create": (create, 100_000), "results": (results, 100_000)}
PARTS |= {"workers": (workers, 10_000), "outputs": (outputs, 1), "start": (start, 5)}


def main() -> None:
    """Run the parts that are named, or all."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []])
    parser.add_argument("--rows", type=int)
    given = parser.parse_args()
    for name in given.parts or PARTS:
        measure, count = PARTS[name]
        with tempfile.TemporaryDirectory(prefix="lotus-scale-") as folder:
            measure(Path(folder), given.rows or count)


if __name__ == "__main__":
    main()
