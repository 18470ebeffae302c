"""Campaigns: each row once, whatever dies; what ends badly says why; money ends them in order."""

from __future__ import annotations

import csv
import html
import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import nbformat
import pytest
import sqlalchemy as sa

from batch import Campaign
from batch.report.export import run_rows
from batch.rows import runs
from batch.rows.plan import CampaignOptions
from batch.run.ecs_task import EcsTask
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool
from lotus.db import records
from lotus.db import tables as t
from lotus.errors import InvalidInput
from lotus.money.aws_prices import fargate_usd
from lotus.money.ledger import money
from lotus.workspace import Workspace
from tests.conftest import BOTH
from tests.driving import LOTUS, ended, eventually, inside, leftovers, lotus, rows, start, strays

CELLS = [
    "import os, time\nfrom pathlib import Path\nprint('ran', name)",
    "with open(log, 'a') as file:\n    file.write(name + ('-draft' if draft else '') + chr(10))",
    "if mode == 'fail':\n    raise ValueError('no steam: ' + os.environ.get('MY_TOKEN', ''))",
    "if mode == 'die':\n    os.kill(os.getpid(), 9)",
    "if mode == 'until':\n    while not Path(log).with_suffix('.go').exists():\n        "
    "time.sleep(0.05)",
    "if mode == 'slow':\n    time.sleep(600)",
    "if mode == 'greedy':\n    heap = bytearray(300_000_000)\n    time.sleep(600)",
    "if mode == 'poor':\n    class BudgetExceeded(Exception):\n        pass\n"
    "    raise BudgetExceeded('the budget of campaign x is $1.00')",
]


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=()) as made:
        yield made


@pytest.fixture
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows look often whether they should stop."""
    monkeypatch.setattr("batch.run.oversight.LOOK_SECONDS", 0.05)


class Table:
    """A manifest of rows with modes, and a notebook that writes down each time it runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log.txt"
        # for rows that wait `until` then
        self.notebook = folder / "mine.ipynb"
        self.go = folder / "log.go"
        made = nbformat.v4.new_notebook()
        made.metadata["kernelspec"] = {
            "name": "python3",
            "display_name": "Python 3",
            "language": "python",
        }
        first = nbformat.v4.new_code_cell(
            "name = ''\nmode = 'fine'\nlog = ''\ndraft = False", metadata={"tags": ["parameters"]}
        )
        made.cells = [first, *(nbformat.v4.new_code_cell(cell) for cell in CELLS)]
        nbformat.write(made, self.notebook)

    def manifest(self, *modes: str) -> Path:
        lines = [f"r{n},r{n},{mode},{self.log}" for n, mode in enumerate(modes)]
        path = self.folder / "m.csv"
        path.write_text("\n".join(["id,name,mode,log", *lines]) + "\n")
        return path

    @property
    def ran(self) -> list[str]:
        return sorted(self.log.read_text().split()) if self.log.exists() else []


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


class Bench:
    """A campaign whose rows are run in this process, without Dask."""

    def __init__(
        self, table: Table, pool: KernelPool, *modes: str, approve: bool = False, **options: Any
    ) -> None:
        self.workspace = Workspace.open()
        self.campaign = Campaign.from_csv(
            table.manifest(*modes),
            table.notebook,
            options=CampaignOptions(**options),
            approve=approve,
            workspace=self.workspace,
        )
        self.place = WorkerResources(self.workspace, pool)
        with self.workspace.db.begin() as connection:
            self.ids = [row["id"] for row in runs.list_runs(connection, self.campaign.id)]

    def run(self, number: int = 0) -> str:
        return run_row(self.place, self.ids[number])

    @property
    def handed(self) -> list[str]:
        """Names of the rows that a driver would hand out now."""
        with self.workspace.db.begin() as connection:
            ids = {row["id"]: row["name"] for row in runs.list_runs(connection, self.campaign.id)}
            return [ids[row["id"]] for row in runs.pending(connection, self.campaign.id, -1)]

    def row(self, number: int = 0) -> runs.Row:
        with self.workspace.db.begin() as connection:
            return list(runs.list_runs(connection, self.campaign.id))[number]

    def text(self, number: int = 0) -> str:
        return self.workspace.store.path(self.row(number)["notebook"]).read_text()


@contextmanager
def when_it_runs(table: Table, do: Callable[[], object]) -> Iterator[None]:
    """Something is done as soon as the first row runs."""

    def wait() -> None:
        eventually(lambda: table.ran, "a row runs")
        do()

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def test_a_row_runs_once_and_its_notebook_is_kept(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine")
    assert [bench.run(), bench.run()] == ["completed", "elsewhere"]
    row = bench.row()
    assert (row["status"], row["attempts"], row["owner"], table.ran) == (
        "completed",
        1,
        None,
        ["r0"],
    )
    assert row["peak_bytes"] > 10_000_000
    assert row["cpu_seconds"] > 0
    assert "ran r0" in bench.text()
    names = [found.key.rsplit("/", 1)[1] for found in bench.workspace.store.list("runs/")]
    assert sorted(names) == ["notebook-1.ipynb", "source.ipynb"]


def test_a_failure_is_tried_again_and_kept_with_its_error(
    table: Table, pool: KernelPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "planted-secret")
    bench = Bench(table, pool, "fail", retries=1)
    assert bench.run() == "failed"
    row = bench.row()
    assert (row["attempts"], table.ran) == (2, ["r0", "r0"])
    assert row["reason"].startswith("ValueError: no steam")
    assert "planted-secret" not in row["reason"] + bench.text()
    assert "no steam" in bench.text()


def test_a_kernel_that_is_killed_fails_its_row_with_its_memory(
    table: Table, pool: KernelPool
) -> None:
    bench = Bench(table, pool, "die", "fine", retries=0)
    assert [bench.run(0), bench.run(1)] == ["failed", "completed"]
    assert "its kernel was killed" in bench.row()["reason"]
    assert "MB of memory at most" in bench.row()["reason"]


def test_a_cell_and_a_row_end_at_their_time_outs(
    table: Table, pool: KernelPool, quick_looks: None
) -> None:
    cell = Bench(table, pool, "slow", retries=0, cell_seconds=0.5)
    assert cell.run() == "failed"
    assert cell.row()["reason"] == "a cell took more than 0.5 s"
    whole = Bench(table, pool, "slow", "fine", retries=0, row_seconds=0.5)
    assert whole.run() == "failed"
    assert whole.row()["reason"] == "the row took more than 0.5 s"


def test_a_spent_budget_cancels_the_rest(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "poor", "fine")
    assert [bench.run(0), bench.run(1)] == ["cancelled", "elsewhere"]
    assert [(bench.row(n)["status"], bench.row(n)["reason"]) for n in range(2)] == [
        ("cancelled", "budget")
    ] * 2
    assert table.ran == ["r0"]
    assert bench.campaign.state.stopping == "budget"


def test_a_worker_that_is_told_to_stop_gives_its_row_back(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "slow")
    threading.Thread(
        target=lambda: (eventually(lambda: table.ran, "it runs"), bench.place.stopping.set())
    ).start()
    assert bench.run() == "queued"
    row = bench.row()
    assert (row["status"], row["owner"], row["reason"]) == (
        "queued",
        None,
        "its worker was asked to stop",
    )
    assert row["attempts"] == 0  # nothing went wrong
    assert "KeyboardInterrupt" in bench.text()


def test_a_place_that_closes_waits_until_rows_are_saved_and_given_back(
    table: Table, pool: KernelPool
) -> None:
    bench = Bench(table, pool, "slow")
    place = WorkerResources(bench.workspace, KernelPool(spare=1, preload=()))
    ends: list[str] = []
    runner = threading.Thread(target=lambda: ends.append(run_row(place, bench.ids[0])))
    runner.start()
    eventually(lambda: table.ran, "it runs")
    place.close()
    assert (bench.row()["status"], bench.row()["owner"]) == ("queued", None)
    assert "KeyboardInterrupt" in bench.text()
    runner.join()
    assert ends == ["queued"]


def test_a_row_that_takes_more_memory_than_its_share_is_stopped_and_says_so(
    table: Table, pool: KernelPool
) -> None:
    bench = Bench(table, pool, "greedy", "fine", retries=0)
    bench.place.memory_bytes = 250_000_000
    assert [bench.run(0), bench.run(1)] == ["failed", "completed"]
    reason = bench.row()["reason"]
    assert re.fullmatch(
        r"it used 3\d\d MB of memory; its share is 250 MB: use fewer workers", reason
    )
    assert reason in bench.text()


def test_a_job_whose_kernel_died_does_not_go_on_for_ever(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine")
    with bench.workspace.db.begin() as connection:
        facts = {
            "kind": "ad",
            "prompt": "x",
            "provider": "animatic",
            "model": None,
            "planner": "template",
        }
        job = records.create_job(connection, **facts, run=bench.ids[0], brief={})
    assert bench.run() == "completed"
    with bench.workspace.db.begin() as connection:
        assert records.get_job(connection, job)["status"] == "cancelled"


# --- approval
# --------------------------------------------------------------------------------------------


def test_drafts_wait_until_somebody_approves_them(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine", "fine", "fail", approve=True, retries=0)
    assert [bench.run(n) for n in range(3)] == ["waiting", "waiting", "failed"]
    assert table.ran == ["r0-draft", "r1-draft", "r2-draft"]
    state = bench.campaign.state
    assert (state.counts["waiting"], state.drafted, state.over) == (2, 2, 3)
    assert "2 waiting for approval" in str(state)
    assert bench.run(0) == "elsewhere"
    assert bench.campaign.approve(("r1",)) == 1
    assert bench.handed == ["r1"]
    assert bench.run(1) == "completed"
    assert table.ran == ["r0-draft", "r1", "r1-draft", "r2-draft"]
    row = bench.row(1)
    assert Path(row["notebook"]).name == "notebook-1.ipynb"
    assert Path(row["draft"]).name == "draft-1.ipynb"
    assert bench.workspace.store.exists(row["draft"])


def test_only_drafts_that_wait_can_be_approved(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine", "fine", approve=True)
    bench.run(0)
    with pytest.raises(InvalidInput, match="only 1 of 2 wait for approval"):
        bench.campaign.approve(("r0", "r1"))
    assert bench.campaign.state.counts["waiting"] == 1
    bench.campaign.cancel()
    assert bench.campaign.approve() == 0


def test_a_notebook_that_makes_no_drafts_is_refused(table: Table, tmp_path: Path) -> None:
    made = nbformat.v4.new_notebook()
    made.cells = [
        nbformat.v4.new_code_cell("name = mode = log = ''", metadata={"tags": ["parameters"]})
    ]
    nbformat.write(made, tmp_path / "plain.ipynb")
    with pytest.raises(InvalidInput, match="makes no drafts: it has no parameter `draft`"):
        Campaign.from_csv(table.manifest("fine"), tmp_path / "plain.ipynb", approve=True)


def test_a_campaign_to_be_approved_is_another_than_one_that_is_not(
    table: Table, pool: KernelPool
) -> None:
    assert (
        Bench(table, pool, "fine").campaign.id
        != Bench(table, pool, "fine", approve=True).campaign.id
    )


# --- which campaign
# --------------------------------------------------------------------------------------


def test_a_campaign_is_found_by_its_id_or_the_beginning_or_end_of_it(
    table: Table, pool: KernelPool
) -> None:
    one = Bench(table, pool, "fine")
    two = Bench(table, pool, "fine", "fine")
    c = t.campaigns.c
    with one.workspace.db.begin() as connection:
        ids = [one.campaign.id, two.campaign.id]
        alike = sa.select(sa.literal(f"{ids[0]}0"), *[each for each in c if each is not c.id])
        names = [each.name for each in c]
        connection.execute(t.campaigns.insert().from_select(names, alike.where(c.id == ids[0])))
        assert runs.find_campaign(connection, ids[0])["id"] == ids[0]  # though another begins so
        assert runs.find_campaign(connection, ids[1][:12])["id"] == ids[1]
        assert runs.find_campaign(connection, ids[1][-12:])["id"] == ids[1]
        no = "no campaign has the id"
        several = "2 campaigns have an id that begins or ends with"
        for name, says in ((ids[0][:12], several), ("", no), ("%", no), ("_" * 36, no)):
            with pytest.raises(InvalidInput, match=says):
                runs.find_campaign(connection, name)
        with pytest.raises(InvalidInput, match="no campaign has"):
            runs.get_campaign(connection, ids[1][:12])


def test_cancelling_stops_what_runs(table: Table, pool: KernelPool, quick_looks: None) -> None:
    bench = Bench(table, pool, "slow", "fine")
    with bench.workspace.db.begin() as connection:
        runs.update_campaign(connection, bench.campaign.id, status="running", owner=None)
    canceller = threading.Thread(
        target=lambda: (eventually(lambda: table.ran, "it runs"), bench.campaign.cancel())
    )
    canceller.start()
    assert bench.run() == "cancelled"
    canceller.join()
    state = bench.campaign.state
    assert (state.status, state.counts["cancelled"], table.ran) == ("cancelled", 2, ["r0"])


def test_a_row_of_a_dead_worker_is_claimed_again_one_of_a_live_one_is_not(
    table: Table, pool: KernelPool
) -> None:
    bench = Bench(table, pool, "fine")
    alive = f"elsewhere.example:{os.getpid()}:0000"
    dead = f"{os.uname().nodename}:999999:0000"
    with bench.workspace.db.begin() as connection:
        assert runs.claim(connection, bench.ids[0], alive) is not None
        assert runs.claim(connection, bench.ids[0], "another.example:1:0") is None
        connection.execute(t.runs.update().values(owner=dead))
    assert bench.run() == "completed"
    assert bench.row()["attempts"] == 2


def test_the_same_manifest_is_the_same_campaign(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine", "fail", retries=0)
    assert [bench.run(0), bench.run(1)] == ["completed", "failed"]
    again = Bench(table, pool, "fine", "fail", retries=0)
    assert again.campaign.id == bench.campaign.id
    assert again.campaign.state.counts["completed"] == 1
    assert again.campaign.retry() == 1
    assert again.row(1)["status"] == "queued"


def test_the_report_computes_nothing_and_shows_markup_as_text(
    table: Table, pool: KernelPool, tmp_path: Path
) -> None:
    bench = Bench(table, pool, "fail", "fine", retries=0)
    [bench.run(0), bench.run(1)]
    evil = "=cmd|'/C calc'!A0 <script>"
    with bench.workspace.db.begin() as connection:
        for run_id, reason in zip(bench.ids, (evil, " =1+1"), strict=True):
            connection.execute(t.runs.update().where(t.runs.c.id == run_id).values(reason=reason))
    page = bench.campaign.report(tmp_path / "out")
    text = page.read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
    with page.with_suffix(".csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert [row["reason"] for row in cells] == [f"'{evil}", "' =1+1"]
    assert [row["status"] for row in cells] == ["failed", "completed"]
    frame = bench.campaign.to_pandas()
    assert list(frame["status"]) == ["failed", "completed"]
    assert "1</b> failed" in bench.campaign._repr_html_()


def made(bench: Bench, number: int, folder: Path) -> bytes:
    """A video and its poster, as a row's notebook would have made them; the video's bytes."""
    from PIL import Image

    with bench.workspace.db.begin() as connection:
        kinds = {
            "kind": "ad",
            "prompt": "x",
            "provider": "animatic",
            "model": None,
            "planner": "template",
        }
        of = {
            "campaign": bench.campaign.id,
            "run": bench.ids[number],
            "brief": {},
            "storyboard": None,
        }
        job = records.create_job(connection, **kinds, **of)
        facts = dict.fromkeys(("width", "height", "frames", "size_bytes"), 1)
        facts |= {"segments_total": 1, "segments_rendered": 1, "elapsed_seconds": 1.0, "fps": "24"}
        key = f"compositions/{job}/final.mp4"
        row = {"job_id": job, "key": "0" * 64, "object_key": key, **facts}
        records.save_composition(connection, row)
    video = f"video {number}".encode()
    (folder / f"{number}.mp4").write_bytes(video)
    bench.workspace.store.put(folder / f"{number}.mp4", key)
    Image.new("RGB", (1280, 720), "#f4a261").save(folder / f"{number}.jpg")
    bench.workspace.store.put(folder / f"{number}.jpg", key.replace("final.mp4", "poster.jpg"))
    return video


def opened(address: str, page: Path) -> bytes:
    """What a browser gets that follows a link of the page."""
    if "://" in address:
        return httpx.get(address).raise_for_status().content
    return (page.parent / unquote(address)).read_bytes()


@pytest.mark.parametrize("place", BOTH, indirect=True)
def test_the_report_plays_videos_behind_their_posters(
    place: str, table: Table, pool: KernelPool, tmp_path: Path
) -> None:
    bench = Bench(table, pool, "fine", "fine")
    [bench.run(0), bench.run(1)]
    video = made(bench, 0, tmp_path)
    expired = made(bench, 1, tmp_path)
    for name in ("video", "poster"):
        key = list(run_rows(bench.workspace, bench.campaign.id))[1]["keys"][name]
        bench.workspace.store.delete(key)
    page = bench.campaign.report(tmp_path / "a folder" / "100% #1")
    text = page.read_text()
    [poster] = re.findall(r'poster="(data:image/jpeg;base64,[^"]+)', text)
    assert len(poster) < 20_000
    found = [
        opened(html.unescape(link), page) for link in re.findall(r' (?:src|href)="([^"]+)', text)
    ]
    assert found.count(video) == 2  # it is played, and linked
    assert expired not in found
    assert len(found) == 4  # and both notebooks
    assert ("valid until" in text) == (place == "servers")
    assert bench.campaign._repr_html_().count("data:image/jpeg") == 1


def batch(table: Table, home: Path, *args: object) -> Any:
    command = (
        "batch",
        "run",
        table.folder / "m.csv",
        "--notebook",
        table.notebook,
        "--json",
        *args,
    )
    return lotus(*command, home=home)


@pytest.mark.parametrize("place", BOTH, indirect=True)
def test_a_campaign_runs_on_dask_and_says_how_it_went(place: str, table: Table, home: Path) -> None:
    table.manifest("fine", "fine", "fail")
    said = batch(table, home, "--workers", 1, "--retries", 0, "--budget", "1.50")
    assert (said.code, said.json["status"]) == (1, "failed")
    counts = {
        "total": 3,
        "queued": 0,
        "running": 0,
        "completed": 2,
        "failed": 1,
        "cancelled": 0,
        "reused": 0,
    }
    counts["waiting"] = 0
    assert said.json["runs"] == counts
    assert said.json["cost"]["budget_usd"] == "1.50"
    assert table.ran == ["r0", "r1", "r2"]
    assert strays(home) == []
    again = batch(table, home, "--workers", 1)
    assert again.json["runs"] == {**counts, "reused": 2}
    assert table.ran == ["r0", "r1", "r2"]


def test_a_budget_that_is_no_amount_is_refused(table: Table, home: Path) -> None:
    table.manifest("fine")
    said = inside(
        "batch", "run", table.folder / "m.csv", "--notebook", table.notebook, "--budget", "lots"
    )
    assert (said.code, rows(home, "SELECT * FROM campaigns")) == (2, [])
    assert "lots" in said.err


def test_bad_rows_start_nothing(table: Table, home: Path) -> None:
    path = table.manifest("fine")
    path.write_text(path.read_text() + "r0,again,fine,x\nr2,two,fine\n")
    said = batch(table, home)
    assert said.code == 2
    assert [line for line in said.err.splitlines() if line.startswith("  ")] == [
        f"  {path}: line 3: id: 'r0' is already the id of line 2; choose another",
        f"  {path}: line 4: has 3 cells, the heading has 4",
    ]
    assert rows(home, "SELECT * FROM campaigns") == []


def test_rows_that_are_left_out_are_named(table: Table) -> None:
    path = table.manifest("fine")
    path.write_text(path.read_text() + "r0,again,fine,x\n")
    problem = "line 3: id: 'r0' is already the id of line 2; choose another"
    campaign = Campaign.from_csv(path, table.notebook, skip_bad=True)
    assert (campaign.left_out, campaign.state.counts["total"]) == ((problem,), 1)
    said = inside("batch", "run", path, "--notebook", table.notebook, "--skip-bad", "--dry-run")
    assert (said.code, said.err) == (0, f"left out: {path}: {problem}\n")


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["worker", "zygote", "kernel", "driver"])
def test_whatever_is_killed_each_row_is_complete_once(
    victim: str, table: Table, home: Path
) -> None:
    table.manifest(*["fine"] * 30)
    command = (
        "batch",
        "run",
        table.folder / "m.csv",
        "--notebook",
        table.notebook,
        "--json",
        "--workers",
        2,
    )
    child = start(*command, home=home)
    eventually(lambda: len(table.ran) >= 3, "rows have run")
    os.kill(_pid_of(victim, home, child.pid), signal.SIGKILL)
    ended(child)
    said = lotus("batch", "resume", _id(home), "--json", home=home)
    assert (said.code, said.json["runs"]["completed"]) == (0, 30), said.err
    assert sorted(set(table.ran)) == sorted(f"r{n}" for n in range(30))
    assert len(table.ran) <= 33  # those that were under way
    eventually(lambda: not strays(home), "no process is left")
    assert leftovers(home) == []


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_gives_rows_back_without_a_word_too_much(
    table: Table, home: Path
) -> None:
    """A terminal sends it to all processes that were started there, not to the driver alone."""
    path = table.manifest("slow", "slow", "slow")
    words = [str(LOTUS), "batch", "run", str(path), "--notebook", str(table.notebook)]
    env = {**os.environ, "LOTUS_HOME": str(home)}
    options: dict[str, Any] = {"env": env, "text": True, "start_new_session": True}
    options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    child = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    eventually(lambda: len(table.ran) == 2, "two rows run")
    os.killpg(child.pid, signal.SIGINT)
    said = ended(child)
    assert said.code == 1
    assert [
        line for line in said.err.splitlines() if not re.search("^dask: | rows completed", line)
    ] == [f"continue with `lotus batch resume {_id(home)}`", "interrupted"]
    assert rows(home, "SELECT status, attempts, owner FROM runs") == [("queued", 0, None)] * 3
    eventually(lambda: not strays(home), "no process is left")


@pytest.mark.slow
def test_a_million_rows_are_a_campaign_like_any_other(
    table: Table, home: Path, tmp_path: Path
) -> None:
    """Its rows are in the database, not in memory: two are run, and a report is written of all."""
    path = table.manifest()
    with path.open("a") as file:
        file.writelines(f"r{n},r{n},fine,{table.log}\n" for n in range(1_000_000))
    command = (
        "batch",
        "run",
        path,
        "--notebook",
        table.notebook,
        "--workers",
        1,
        "--limit",
        2,
        "--json",
    )
    said, peak_bytes = _measured(home, *command)
    assert said["runs"] == {
        **dict.fromkeys(said["runs"], 0),
        "total": 1_000_000,
        "completed": 2,
        "queued": 999_998,
    }
    assert peak_bytes < 700 << 20
    _, peak_bytes = _measured(
        home, "batch", "report", _id(home), "--out", tmp_path / "report", "--json"
    )
    assert peak_bytes < 300 << 20
    with (tmp_path / "report" / "report.csv").open() as table_of_all:
        assert sum(1 for _ in table_of_all) == 1_000_001


def _measured(home: Path, *command: object) -> tuple[Any, int]:
    """What a command says, and the most memory that its process took."""
    code = (
        "import json, resource, subprocess, sys\n"
        "done = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True, check=True)\n"
        "print(json.dumps([json.loads(done.stdout), "
        "resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))"
    )
    env = {**os.environ, "LOTUS_HOME": str(home)}
    words = [sys.executable, "-c", code, str(LOTUS), *map(str, command)]
    done = subprocess.run(words, env=env, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    document, kilobytes = json.loads(done.stdout)
    return document, kilobytes * 1024


def _id(home: Path) -> str:
    return str(rows(home, "SELECT id FROM campaigns")[0][0])


def _pid_of(victim: str, home: Path, driver: int) -> int:
    """A process of the campaign: kernels are children of the zygote, which is a worker's."""
    if victim == "driver":
        return driver
    import psutil

    tree = psutil.Process(driver).children(recursive=True)
    zygotes = [p for p in tree if any(w.endswith("batch/warm/zygote.py") for w in p.cmdline())]
    zygote = min(zygotes, key=lambda p: len(p.parents()))
    if victim == "zygote":
        return int(zygote.pid)
    return int(zygote.ppid() if victim == "worker" else zygote.children()[0].pid)


def _entries(workspace: Workspace) -> dict[tuple[str, str], Decimal]:
    """What was settled, by whom it is for and what it is for."""
    c = t.cost_entries.c
    query = sa.select(c.job_id, c.model, sa.func.sum(c.amount_usd)).where(c.kind == "settled")
    with workspace.db.read() as connection:
        found = connection.execute(query.group_by(c.job_id, c.model)).all()
    return {(job, model): amount for job, model, amount in found}


def test_on_ecs_a_row_pays_for_the_seconds_of_its_task(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine", "fine")
    began = t.now() - timedelta(hours=1)
    bench.place.task = EcsTask("arn/task/1", "10.0.0.1", 1, 2048, 20, began, spot=True)
    bench.run(0)
    hour = fargate_usd(3600, cpu_units=1024, memory_mib=2048, spot=True, public_address=True)
    (paid,) = _entries(bench.workspace).values()
    assert hour <= paid < hour * Decimal("1.02"), "from the pull of the image to the end of the row"
    bench.place.task.paid_until -= timedelta(minutes=3)  # as if the second row took so long
    bench.run(1)
    twentieth = sum(_entries(bench.workspace).values()) - paid
    assert hour / 20 <= twentieth < hour / 18, "no second is paid twice"
    half = replace(bench.place.task, shared_by=2)
    assert half.cost(t.now()) * 2 == pytest.approx(
        bench.place.task.cost(t.now()), rel=Decimal("0.01")
    )
    costs = [Decimal(row["cost_usd"]) for row in run_rows(bench.workspace, bench.campaign.id)]
    assert costs == [Decimal(money(paid)), Decimal(money(twentieth))]


def test_behind_a_nat_what_was_downloaded_is_paid_for(table: Table, pool: KernelPool) -> None:
    bench = Bench(table, pool, "fine")
    bench.place.task = EcsTask("arn/task/1", "10.0.0.1", 1, 2048, 20, t.now(), nat=True)
    with bench.workspace.db.begin() as connection:
        told = {
            "kind": "ad",
            "prompt": "p",
            "provider": "replicate",
            "planner": "template",
            "brief": {},
        }
        job = records.create_job(connection, run=bench.ids[0], campaign=bench.campaign.id, **told)
        scene = {"description": "d", "provider": "replicate", "model": "m"}
        clip = {"provider": "replicate", "model": "m", "request": {}, "frames": 1, "seconds": 1.0}
        for position, (key, cached) in enumerate([("new", False), ("new", False), ("old", True)]):
            row = {"position": position, "clip_key": key, "cached": cached, **scene}
            connection.execute(t.scenes.insert().values(job_id=job, **row))
            records.record_clip(
                connection, {"key": key, "size_bytes": 10**9, "cost_usd": 1, **clip}
            )
    bench.run()
    assert _entries(bench.workspace)[job, "nat"] == Decimal("0.045"), (
        "each clip once, and none that was there"
    )


def test_on_ecs_a_row_that_fails_says_so_in_the_log(
    table: Table, pool: KernelPool, capsys: pytest.CaptureFixture[str]
) -> None:
    bench = Bench(table, pool, "fail")
    bench.place.task = EcsTask("arn/task/1", "10.0.0.1", 1, 2048, 20, t.now())
    bench.run()
    assert f"row failed: {bench.ids[0]} of {bench.campaign.id}: " in capsys.readouterr().err
