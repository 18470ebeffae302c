"""Rows against papermill itself, cell by cell, on notebooks of other people's habits."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import nullcontext
from importlib import metadata
from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch import Campaign
from batch.rows import runs
from batch.rows.kernels import NotebookKernel, kernel_of
from batch.rows.plan import CampaignOptions
from batch.run import oversight
from batch.run.notebook_run import NotebookRun
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool
from lotus.errors import UnknownName
from lotus.workspace import Workspace
from tests import bash_kernel
from tests.papermill_reference import FOLDER, RECORD, ROWS, execute, outcome

PAPERMILL: dict[str, Any] = json.loads(RECORD.read_text())


def _with_its_error(expected: dict[str, Any]) -> dict[str, Any]:
    """Papermill keeps no error of a magic that is not there, nor says its name."""
    reason = "Line magic function `%no_such_magic` not found."
    facts = {"ename": "UsageError", "evalue": reason, "output_type": "error"}
    cells = [dict(cell) for cell in expected["cells"]]
    cells[3]["count"] += 1
    cells[3]["outputs"] += "\n" + json.dumps(facts, sort_keys=True)
    return {"cells": cells, "error": f"UsageError: {reason}"}


BETTER = {"bad_magic": _with_its_error}
# thousands of outputs take seconds; `test_no_output_is_lost` has enough of them for every day
LARGE = ("many_displays", "many_lines")
EVERY = [pytest.param(n, marks=[pytest.mark.slow] * (n in LARGE)) for n in sorted(ROWS)]
ENOUGH = 1500  # outputs at once: a socket of ZeroMQ drops what is beyond a thousand


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows look often whether they should stop."""
    monkeypatch.setattr("batch.run.oversight.LOOK_SECONDS", 0.05)


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=("pandas",)) as kernels:
        yield kernels


@pytest.fixture(autouse=True)
def bash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bash_kernel.install(tmp_path / "jupyter")
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))


def campaign_of(name: str, folder: Path, **options: Any) -> Campaign:
    manifest = folder / "m.jsonl"
    manifest.write_text(json.dumps({"id": "a", **ROWS[name]}) + "\n")
    return Campaign.from_jsonl(manifest, FOLDER / f"{name}.ipynb", cwd=folder, **options)


def run_only(campaign: Campaign, pool: KernelPool | None) -> runs.Row:
    """The campaign's one row after its run."""
    workspace = Workspace.open()
    with workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    run_row(WorkerResources(workspace, pool), row["id"])
    with workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    return row


def run(campaign: Campaign, pool: KernelPool | None) -> tuple[runs.Row, Any]:
    """The row after its run, and its notebook."""
    row = run_only(campaign, pool)
    path = Workspace.open().store.path(row["notebook"])
    return row, nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("name", EVERY)
def test_a_row_leaves_what_papermill_leaves(name: str, pool: KernelPool, tmp_path: Path) -> None:
    row, executed = run(campaign_of(name, tmp_path), pool)
    expected = PAPERMILL[name]
    assert outcome(executed, row["reason"] or "") == BETTER.get(name, lambda same: same)(expected)
    assert row["status"] == ("failed" if expected["error"] else "completed")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("for n in range(count):\n    print(n, flush=True)", "text"),
        (
            "from IPython.display import display\n"
            "for n in range(count):\n    display({'text/plain': str(n)}, raw=True)",
            "data",
        ),
    ],
)
def test_no_output_is_lost(cell: str, text: str, pool: KernelPool, tmp_path: Path) -> None:
    row, executed = run(own(tmp_path, f"count = {ENOUGH}", cell), pool)
    outputs = executed.cells[1].outputs
    lines = (o.text if text == "text" else o.data["text/plain"] for o in outputs)
    numbers = [int(line) for line in "\n".join(lines).split()]
    assert (row["status"], numbers) == ("completed", list(range(ENOUGH)))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(ROWS))
def test_papermill_still_does_what_was_written_down(name: str) -> None:
    assert execute(name, ROWS[name], iopub_timeout=600) == PAPERMILL[name]


def saved_in_place(path: Path, made: Any) -> None:
    """As Jupyter saves: the same file, with other bytes."""
    with path.open("r+") as file:
        file.truncate()
        file.write(nbformat.writes(made))  # type: ignore[no-untyped-call]


def notebook(*cells: str) -> Any:
    made = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    made.cells[0].metadata["tags"] = ["parameters"]
    return made


def texts(executed: Any) -> str:
    return "".join(o.get("text", "") for c in executed.cells for o in c.get("outputs", ()))


def own(folder: Path, *cells: str, options: CampaignOptions | None = None) -> Campaign:
    """A campaign of one row by a notebook of the user's own."""
    path = folder / "mine.ipynb"
    path.write_text(nbformat.writes(notebook(*cells)))  # type: ignore[no-untyped-call]
    (folder / "m.csv").write_text("id\na\n")
    return Campaign.from_csv(folder / "m.csv", folder / "mine.ipynb", options=options)


@pytest.mark.parametrize("warm", [True, False])
def test_what_processes_of_a_cell_print_does_not_get_into_the_output_of_a_campaign(
    warm: bool, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`lotus batch run --json` prints one document and nothing else."""
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, ipykernel looks at no process of a cell
    cell = "import os, subprocess\nsubprocess.run(['echo', 'of a child'])\nos.write(1, b'raw\\n')"
    with KernelPool(spare=1, preload=()) if warm else nullcontext() as kernels:
        row, executed = run(own(tmp_path, "x = 0", cell), kernels)
    assert row["status"] == "completed", row["reason"]
    assert sorted(texts(executed).split("\n")) == ["", "of a child", "raw"]
    assert capfd.readouterr().out == ""


def test_saving_the_notebook_does_not_change_a_campaign(pool: KernelPool, tmp_path: Path) -> None:
    campaign = own(tmp_path, "x = 1", "print('version one')")
    saved_in_place(tmp_path / "mine.ipynb", notebook("x = 1", "print('version two')"))
    row, executed = run(campaign, pool)
    assert (row["status"], texts(executed)) == ("completed", "version one\n")


def test_a_row_does_not_run_a_notebook_that_is_not_its_campaigns(
    pool: KernelPool, tmp_path: Path
) -> None:
    campaign = own(tmp_path, "x = 1", "print('version one')")
    store = Workspace.open().store
    saved_in_place(store.path(f"runs/{campaign.id}/source.ipynb"), notebook("x = 1", "2"))
    row = run_only(campaign, pool)
    assert (row["status"], row["attempts"]) == ("failed", 1)
    assert "has changed since the campaign began" in row["reason"]


@pytest.mark.parametrize(
    "cell",
    [
        "!sleep 30",
        "import time\ntry:\n    time.sleep(30)\nexcept KeyboardInterrupt:\n    print('ignored')",
    ],
)
def test_a_row_whose_time_is_up_has_failed_however_its_notebook_ends(
    cell: str, pool: KernelPool, tmp_path: Path
) -> None:
    limits = CampaignOptions(retries=0, row_seconds=0.5)
    campaign = own(tmp_path, "x = 1", cell, "print('went on')", options=limits)
    row, executed = run(campaign, pool)
    assert (row["status"], row["reason"]) == ("failed", "the row took more than 0.5 s")
    assert "went on" not in texts(executed)


def test_an_interrupt_before_the_cell_begins_is_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel ignores interrupts while it executes nothing."""
    watch = NotebookRun(notebook=notebook("x = 1"), cell=1, pid=1)
    over = threading.Event()
    signals: list[int] = []

    def send(pid: int, number: int) -> None:
        signals.append(number)
        if len(signals) == 2:
            facts = {"iopub.execute_input": "now"}
            watch.notebook.cells[0].metadata["execution"] = facts
        if len(signals) == 3:
            over.set()

    monkeypatch.setattr("os.killpg", send)
    oversight._stop(watch, "the time is up", signal.SIGINT, over)
    assert signals == [signal.SIGINT] * 3


def test_a_row_that_ends_between_two_looks_is_late_too(pool: KernelPool, tmp_path: Path) -> None:
    limits = CampaignOptions(retries=0, row_seconds=0.01)
    row, _ = run(own(tmp_path, "x = 1", options=limits), pool)
    assert (row["status"], row["reason"]) == ("failed", "the row took more than 0.01 s")


# --- where rows run


def test_modules_and_data_beside_the_notebook_are_there(pool: KernelPool, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'helped'")
    (tmp_path / "data.txt").write_text("read")
    campaign = own(tmp_path, "x = 1", "import helper\nprint(helper.WORD, open('data.txt').read())")
    row, executed = run(campaign, pool)
    assert (row["status"], texts(executed)) == ("completed", "helped read\n")


def test_files_that_travel_are_those_of_the_start_wherever_the_row_runs(
    pool: KernelPool, tmp_path: Path
) -> None:
    source = tmp_path / "here" / "tools"
    source.mkdir()
    (source / "__init__.py").write_text("WORD = 'first'")
    (tmp_path / "m.csv").write_text("id\na\n")
    made = notebook("x = 1", "import helper, tools\nprint(tools.WORD, helper.WORD)")
    (tmp_path / "mine.ipynb").write_text(nbformat.writes(made))  # type: ignore[no-untyped-call]
    folder = tmp_path / "gone"
    folder.mkdir()
    (folder / "helper.py").write_text("WORD = 'travels unasked'")
    campaign = Campaign.from_csv(
        tmp_path / "m.csv", tmp_path / "mine.ipynb", cwd=folder, files=[source]
    )
    (source / "__init__.py").write_text("WORD = 'second'")
    shutil.rmtree(folder)  # as on another machine
    row, executed = run(campaign, pool)
    assert (row["status"], texts(executed)) == ("completed", "first travels unasked\n")


@pytest.mark.slow
def test_a_kernel_that_is_started_for_its_row_runs_as_a_warm_one(tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text("WORD = 'helped'")
    cells = (
        "x = 1",
        "import helper, os\nnames = 'LOTUS_RUN LOTUS_CAMPAIGN LOTUS_ATTEMPT OMP_NUM_THREADS'\n"
        "print(helper.WORD, *(os.environ[name] for name in names.split()))",
        "import time\ntime.sleep(60)",
    )
    options = CampaignOptions(retries=0, row_seconds=8, threads=3)
    campaign = own(tmp_path, *cells, options=options)
    row, executed = run(campaign, None)
    assert (row["status"], row["reason"]) == ("failed", "the row took more than 8 s")
    assert texts(executed).split() == ["helped", row["id"], campaign.id, "1", "3"]


def test_a_kernel_that_does_not_come_up_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = f"mkdir {tmp_path}/tried && exit 1; exec {sys.executable} -m ipykernel_launcher -f $0"
    argv = ["sh", "-c", start, "{connection_file}"]
    spec = tmp_path / "kernels" / "kernels" / "shaky" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": argv, "language": "python", "display_name": "Shaky"}))
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "kernels"))
    (tmp_path / "m.csv").write_text("id\na\n")
    made = notebook("x = 1", "print(x)")
    (tmp_path / "mine.ipynb").write_text(nbformat.writes(made))  # type: ignore[no-untyped-call]
    options = CampaignOptions(retries=0)
    manifest = tmp_path / "m.csv"
    campaign = Campaign.from_csv(manifest, tmp_path / "mine.ipynb", kernel="shaky", options=options)
    row, executed = run(campaign, None)
    assert (row["status"], texts(executed)) == ("completed", "1\n")


def test_a_notebook_finds_the_database_of_its_campaign_from_another_folder(
    pool: KernelPool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOTUS_HOME", "relative")
    campaign = own(tmp_path, "x = 1", "import lotus\nprint(lotus.Workspace.open().settings.home)")
    row, executed = run(campaign, pool)
    assert (row["status"], texts(executed)) == ("completed", f"{tmp_path}/here/relative\n")


def test_an_unknown_kernel_is_named_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("id\na\n")
    made = notebook("x = 1")
    made.metadata["kernelspec"] = {"name": "my-env", "display_name": "Mine"}
    (tmp_path / "mine.ipynb").write_text(nbformat.writes(made))  # type: ignore[no-untyped-call]
    campaign = Campaign.from_csv(tmp_path / "m.csv", tmp_path / "mine.ipynb")
    with pytest.raises(UnknownName, match=r"no kernel 'my-env'; choose from plain-bash, python3"):
        campaign.run()
    assert campaign.state.status == "queued"
    other = Campaign.from_csv(tmp_path / "m.csv", tmp_path / "mine.ipynb", kernel="python3")
    assert other.id != campaign.id


@pytest.mark.parametrize("name", ["Python", "python", "Python 3", ""])
def test_python_means_python3(name: str) -> None:
    made = notebook("x = 1")
    made.metadata["kernelspec"] = {"name": name} if name else {}
    assert kernel_of(made) == NotebookKernel("python3", "python")


def test_a_worker_says_what_differs_from_here() -> None:
    from batch.cluster.connect import _lacking

    there = {"python": "2.7", "pydantic": metadata.version("pydantic"), "no-such-package": "1"}
    needs = {"kernel": "my-env", "environment": there}
    assert _lacking(needs) == [
        "it has no kernel 'my-env'",
        f"python 2.7 here, {sys.version_info[0]}.{sys.version_info[1]} there",
        "no-such-package 1 here, nothing there",
    ]
