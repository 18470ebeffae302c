"""What a campaign costs around its cells: warm kernels against papermill, many rows, long
notebooks.

    python -m tests.benchmarks.campaigns [runs|long|rows|pool|many ...]

Both sides run in turns on the same machine, so that a ratio means something while other work goes
on.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import papermill
import psutil

from batch.run.engine import ENGINE
from batch.run.notebook_run import NotebookRun
from batch.warm import KernelPool

PAIRS = 7
FILLED_SECONDS = (
    0.5  # between runs, so that the pool has filled: this is what a row that takes longer sees
)


def notebook(folder: Path, *cells: str) -> Path:
    made = nbformat.v4.new_notebook()
    made.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    first = nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]})
    made.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in cells)]
    path = folder / f"cells-{len(cells)}.ipynb"
    nbformat.write(made, path)
    return path


def trivial(folder: Path) -> Path:
    return notebook(
        folder, "import pandas as pd, sqlalchemy\npd.DataFrame({'x': [x]})", "print(x * 2)"
    )


def execute(path: Path, x: int, **options: Any) -> None:
    out = path.with_name("out.ipynb")
    papermill.execute_notebook(path, out, parameters={"x": x}, progress_bar=False, **options)


def warm(pool: KernelPool, path: Path, x: int) -> float:
    """One run; CPU seconds of its kernel."""
    watch = NotebookRun()
    execute(path, x, engine_name=ENGINE, pool=pool, watch=watch)
    assert watch.kernel_exit is not None
    return watch.kernel_exit.cpu_seconds


def _forking(pool: KernelPool) -> float:
    """CPU seconds of the process that kernels are forked from, so far."""
    used = psutil.Process(pool.pids[0]).cpu_times()
    return float(used.user + used.system)


def timed(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the clock, and of CPU in this process and the children that it has waited for."""
    began = time.perf_counter()
    before = _cpu()
    extra = work() or 0.0
    return time.perf_counter() - began, _cpu() - before + extra


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def row(what: str, ours: float, theirs: float, unit: str, most: str) -> None:
    print(
        f"{what:<52} {ours:9.3f} {theirs:9.3f} {unit:<6} 1/{theirs / ours:5.1f}   at most {most}",
        flush=True,
    )


def runs(folder: Path) -> None:
    """Latency and CPU of one trivial run."""
    path = trivial(folder)
    ours = []
    theirs = []
    with KernelPool() as pool:
        warm(pool, path, 0)
        execute(path, 0)
        before = _forking(pool)
        for n in range(PAIRS):
            theirs.append(timed(lambda: execute(path, n)))
            for _ in range(3):
                time.sleep(FILLED_SECONDS)
                ours.append(timed(lambda: warm(pool, path, n)))
        forking = (_forking(pool) - before) / len(ours)
    for index, (what, most) in enumerate(
        (("one run, latency, pool filled", "1/20"), ("one run, CPU", "1/8"))
    ):
        mine, other = (statistics.median(pair[index] for pair in side) for side in (ours, theirs))
        mine += forking * index
        row(what, mine, other, "s", most)


def long(folder: Path) -> None:
    """A notebook of 400 cells with outputs: papermill saves before and after each."""
    path = notebook(folder, *(f"print('line\\n' * 50, {n})" for n in range(400)))
    theirs = []
    ours = []
    with KernelPool() as pool:
        for n in range(2):
            theirs.append(timed(lambda: execute(path, n))[0])
            ours.append(timed(lambda: warm(pool, path, n))[0])
    row("400 cells with outputs, against papermill as it is", min(ours), min(theirs), "s", "1/5")


def rows(folder: Path) -> None:
    """Rows per second on two workers."""
    from distributed import Client, LocalCluster

    path = trivial(folder)
    count = 200
    began = time.perf_counter()
    _campaign(folder, path, count)
    ours = (time.perf_counter() - began) / count
    few = 12  # of theirs: each takes as long as the last
    with LocalCluster(n_workers=2, threads_per_worker=1) as cluster, Client(cluster) as client:
        began = time.perf_counter()  # their cluster's start is not counted, ours is
        client.gather(client.map(_papermill, [str(path)] * few, range(few), pure=False))
    theirs = (time.perf_counter() - began) / few
    row(f"{count} rows, 2 workers, seconds a row, all included", ours, theirs, "s", "1/8")


def _papermill(path: str, n: int) -> None:
    papermill.execute_notebook(path, f"{path}.{n}.ipynb", parameters={"x": n}, progress_bar=False)


def _manifest(folder: Path, count: int) -> Path:
    manifest = folder / f"m{count}.csv"
    manifest.write_text("id,x\n" + "".join(f"r{n},{n}\n" for n in range(count)))
    return manifest


def _workspace(folder: Path) -> Any:
    import os

    from lotus.workspace import Workspace

    os.environ["LOTUS_HOME"] = str(folder / "home")
    return Workspace.open()


def _campaign(folder: Path, path: Path, count: int) -> None:
    from batch import Campaign

    campaign = Campaign.from_csv(_manifest(folder, count), path, workspace=_workspace(folder))
    assert campaign.run(workers=2).counts["completed"] == count


def pool(folder: Path) -> None:
    """Memory of the zygote and its waiting kernels, as the kernel shares it out (PSS)."""
    path = trivial(folder)
    sizes = {}
    with KernelPool() as pool:
        for n in range(1, 301):
            warm(pool, path, n)
            if n in (10, 300):
                time.sleep(2)
                sizes[n] = sum(_pss(pid) for pid in pool.pids)
    ratio = f"{sizes[300] / sizes[10]:.3f}   at most 1.05"
    print(
        f"{'pool after 300 runs against after 10':<52} {sizes[300]:9.1f} {sizes[10]:9.1f} MB     "
        f"{ratio}"
    )


def _pss(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def many(folder: Path) -> None:
    """The driver's memory with rows that do nothing, and how long looking for what is
    left takes.
    """
    import subprocess

    peaks = {}
    for count in (1_000, 10_000):
        code = (
            "from tests.benchmarks.campaigns import drive_nothing; "
            f"drive_nothing({str(folder)!r}, {count})"
        )
        said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert said.returncode == 0, said.stderr[-2000:]
        peak, seconds, scan = (float(value) for value in said.stdout.split())
        peaks[count] = peak
        print(
            f"{count:>6} rows that do nothing: driver {peak:.0f} MiB at its peak, {seconds:.0f} "
            "s in all; "
            f"resume looks for {scan:.2f} s",
            flush=True,
        )
    print(
        f"growth of the driver {peaks[10_000] / peaks[1_000]:.2f}   at most 1.3, 400 MiB, 2 s",
        flush=True,
    )


def nothing(run_id: str) -> str:
    """A row that does nothing."""
    return "completed"


def drive_nothing(folder: str, count: int) -> None:
    """In a process of its own: prints peak MiB, seconds, and seconds of a scan for what is left."""
    from batch import Campaign
    from batch.cluster.connect import connection_to
    from batch.cluster.driver import _waiting, drive

    home = Path(folder) / str(count)
    home.mkdir()
    workspace = _workspace(home)
    campaign = Campaign.from_csv(_manifest(home, count), trivial(home), workspace=workspace)
    began = time.perf_counter()
    assert sum(1 for _ in _waiting(workspace.db, campaign.id)) == count
    scan = time.perf_counter() - began
    began = time.perf_counter()
    with connection_to("local", 2) as client:
        drive(workspace.db, campaign.id, client, task=nothing, limit=count)
    seconds = time.perf_counter() - began
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, seconds, scan)


PARTS = {"runs": runs, "long": long, "rows": rows, "pool": pool, "many": many}


def main(names: list[str]) -> None:
    """Run the parts that are named, or all."""
    print(f"{'':<52} {'lotus':>9} {'other':>9}")
    for name in names or PARTS:
        with tempfile.TemporaryDirectory(prefix="lotus-bench-") as folder:
            PARTS[name](Path(folder))


if __name__ == "__main__":
    main(sys.argv[1:])
