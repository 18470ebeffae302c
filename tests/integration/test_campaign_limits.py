"""Rows beside each other: limits by column, priorities, threads, what they leave behind."""

from __future__ import annotations

import json
import signal
import socket
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch import Campaign
from batch.cluster.driver import _queue
from batch.rows import runs
from batch.rows.limits import FULL, ParallelLimits, RowQueue, parse_limits
from batch.rows.plan import CampaignOptions
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool, zygote
from batch.warm.environments import environment_of
from lotus.errors import InvalidInput, UnknownName
from lotus.system import processes
from tests.driving import eventually, inside

MODELS = "id,model,rank\na,slow,1\nb,slow,5\nc,fast,\nd,slow,9\ne,fast,5\n"


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=("numpy",)) as kernels:
        yield kernels


def notebook(folder: Path, *cells: str, kernel: str = "python3") -> Path:
    document = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    document.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    document.cells[0].metadata["tags"] = ["parameters"]
    document.metadata["kernelspec"] = {"name": kernel, "language": "python", "display_name": ""}
    nbformat.write(document, folder / "mine.ipynb")  # type: ignore[no-untyped-call]
    return folder / "mine.ipynb"


def campaign_of(folder: Path, table: str, *cells: str, **options: Any) -> Campaign:
    (folder / "m.csv").write_text(table)
    how = CampaignOptions(**options)
    return Campaign.from_csv(folder / "m.csv", notebook(folder, *cells), options=how)


def every_row(campaign: Campaign) -> dict[str, runs.Row]:
    with campaign.workspace.db.begin() as connection:
        return {row["name"]: row for row in runs.list_runs(connection, campaign.id)}


def printed(campaign: Campaign, name: str) -> str:
    path = campaign.workspace.store.path(every_row(campaign)[name]["notebook"])
    cells = nbformat.read(path, as_version=4).cells  # type: ignore[no-untyped-call]
    return "".join(o.get("text", "") for cell in cells for o in cell.get("outputs", ()))


# --- limits and priorities


@pytest.mark.parametrize(
    ("texts", "limits"),
    [
        (["model=2"], {"model": {"*": 2}}),
        (["model=slow:1", "model=4"], {"model": {"slow": 1, "*": 4}}),
        (["url=http://a:8:1"], {"url": {"http://a:8": 1}}),
    ],
)
def test_limits_are_read(texts: list[str], limits: dict[str, Any]) -> None:
    assert parse_limits(texts) == limits


@pytest.mark.parametrize("text", ["model", "model=0", "model=many", "=2", "model=slow:"])
def test_what_is_no_limit_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="is not COLUMN=N"):
        parse_limits([text])


def test_rows_of_a_full_group_let_others_go_first() -> None:
    models = ["slow", "slow", "slow", "fast", None, "slow"]
    rows = [
        {"id": str(n), "parameters": {"model": model}, "labels": None}
        for n, model in enumerate(models)
    ]
    queue = RowQueue(rows, ParallelLimits({"model": {"slow": 1, "*": 2}}))
    assert [queue.next() for _ in range(4)] == ["0", "3", "4", None]
    assert queue.waits
    queue.over("0", again=True)  # another driver has one of its group
    assert queue.next() == "0"
    queue.over("0")
    assert [queue.next(), queue.next()] == ["1", None]


def test_rows_with_larger_numbers_begin_first(tmp_path: Path) -> None:
    campaign = campaign_of(tmp_path, MODELS, "model = ''", priority="rank")
    names = {row["id"]: name for name, row in every_row(campaign).items()}
    queue = _queue(campaign.workspace.db, campaign.id)
    ordered = [names[run_id] for run_id in iter(queue.next, None)]
    assert ordered == ["d", "b", "e", "a", "c"]
    again = Campaign.from_csv(tmp_path / "m.csv", tmp_path / "mine.ipynb")
    assert again.id == campaign.id
    assert {row["priority"] for row in every_row(again).values()} == {None}


def test_a_row_does_not_begin_beside_others_of_its_group_whoever_drives_them(
    pool: KernelPool, tmp_path: Path
) -> None:
    campaign = campaign_of(tmp_path, MODELS, "model = ''", at_most={"model": {"slow": 1}})
    rows = every_row(campaign)
    with campaign.workspace.db.begin() as connection:
        assert runs.claim(connection, rows["a"]["id"], "other.example:1:0") is not None
    place = WorkerResources(campaign.workspace, pool)
    assert run_row(place, rows["b"]["id"]) == FULL
    assert run_row(place, rows["c"]["id"]) == "completed"
    assert every_row(campaign)["b"]["attempts"] == 0


@pytest.mark.slow
def test_at_most_so_many_rows_of_a_model_run_at_a_time(tmp_path: Path) -> None:
    cell = (
        "import pathlib, time\nmark = pathlib.Path('busy')\n"
        "alone = not mark.exists()\nmark.touch()\ntime.sleep(0.3)\nmark.unlink()\nassert alone\n"
        "import os\nassert int(os.environ['OMP_NUM_THREADS']) == len(os.sched_getaffinity(0))"
    )
    table = "id,model\n" + "".join(f"r{n},slow\n" for n in range(4))
    campaign = campaign_of(tmp_path, table, "model = ''", cell, at_most={"model": 1}, retries=0)
    assert campaign.run(workers=2).counts["completed"] == 4


def test_limits_and_priorities_name_columns_and_numbers(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"no column .in .*m.csv. .speed.; choose from model"):
        campaign_of(tmp_path, MODELS, "model = ''", at_most={"speed": 1})
    path = notebook(tmp_path, "model = ''")
    command = ("batch", "run", tmp_path / "m.csv", "--notebook", path, "--dry-run")
    assert inside(*command, "--priority", "rank", "--at-most", "model=2").code == 0
    wrong = inside(*command, "--priority", "model")
    assert wrong.code == 2
    assert "line 2: model: 'slow' is not a whole number" in wrong.err


# --- threads


NUMPY = (
    "import numpy, os\nfrom threadpoolctl import threadpool_info\n"
    "print(os.environ['OMP_NUM_THREADS'], {p['num_threads'] for p in threadpool_info()})"
)


@pytest.mark.parametrize(
    ("options", "environment", "threads"),
    [
        ({"threads": 3}, {}, "3 {3}"),
        ({}, {"OMP_NUM_THREADS": "2"}, "2 {2}"),
        ({"threads": 1}, {"OMP_NUM_THREADS": "2"}, "1 {1}"),
    ],
)
def test_numpy_has_as_many_threads_as_is_said(
    options: dict[str, Any],
    environment: dict[str, str],
    threads: str,
    pool: KernelPool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    campaign = campaign_of(tmp_path, "id\na\n", "x = 1", NUMPY, **options)
    run_row(WorkerResources(campaign.workspace, pool), every_row(campaign)["a"]["id"])
    assert printed(campaign, "a") == f"{threads}\n"


# --- what rows leave behind


@pytest.mark.parametrize("warm", [True, False])
def test_children_in_sessions_of_their_own_end_with_their_row(
    warm: bool, pool: KernelPool, tmp_path: Path
) -> None:
    cell = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '60'], start_new_session=True)\nprint(child.pid)"
    )
    campaign = campaign_of(tmp_path, "id\na\n", "x = 1", cell)
    place = WorkerResources(campaign.workspace, pool if warm else None)
    assert run_row(place, every_row(campaign)["a"]["id"]) == "completed"
    pid = int(printed(campaign, "a"))
    eventually(lambda: _has_ended(pid), "the child has ended")


def _has_ended(pid: int) -> bool:
    status = Path(f"/proc/{pid}/status")
    return not status.exists() or "State:\tZ" in status.read_text()


def test_a_kernel_that_cannot_be_forked_ends_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def refuse() -> int:
        raise BlockingIOError(11, "Resource temporarily unavailable")

    monkeypatch.setattr("os.fork", refuse)
    handler = signal.getsignal(signal.SIGCHLD)
    running = {1: "neighbour"}
    try:
        for name in ("first", "second"):
            ours.send(json.dumps({"fork": name}).encode())
        ours.shutdown(socket.SHUT_WR)
        zygote._serve(theirs, "", processes, running)
    finally:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, handler)
    messages = [json.loads(ours.recv(1000)) for _ in range(2)]
    assert [message["ended"] for message in messages] == ["first", "second"]
    assert running == {1: "neighbour"}


# --- other environments


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An environment that has ipykernel but not lotus; its interpreter."""
    folder = tmp_path_factory.mktemp("other") / "env"
    venv.create(folder, symlinks=True)
    packages = next((folder / "lib").glob("python*")) / "site-packages"
    ours = Path(nbformat.__file__).parents[1]
    (packages / "ours.pth").write_text(f"{ours}\n")
    return folder / "bin" / "python"


def test_kernels_of_other_environments_are_warm_too(
    environment: Path, pool: KernelPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = tmp_path / "jupyter" / "kernels" / "other" / "kernel.json"
    spec.parent.mkdir(parents=True)
    argv = [str(environment), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": argv, "language": "python", "display_name": "Other"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    environment_of.cache_clear()
    (tmp_path / "m.yaml").write_text("kernel: other\nrows: [{id: a}, {id: b}]\n")
    cells = ("x = 1", "import sys, os\nprint(sys.prefix, 'lotus' in sys.modules, os.environ['X'])")
    campaign = Campaign.from_yaml(tmp_path / "m.yaml", notebook(tmp_path, *cells))
    monkeypatch.setenv("X", "y")
    place = WorkerResources(campaign.workspace, pool)
    try:
        for row in every_row(campaign).values():
            assert run_row(place, row["id"]) == "completed"
        assert printed(campaign, "b") == f"{environment.parents[1]} False y\n"
        assert every_row(campaign)["b"]["cpu_seconds"] is not None  # of a warm kernel that is known
        assert place.pools.of("other") is not pool
    finally:
        place.pools._others[str(environment)].close()
        environment_of.cache_clear()
