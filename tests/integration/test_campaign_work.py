"""Daily work with campaigns: chains, retries by class, logs, addresses, cells that do not block."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import hashlib
import http.server
import io
import json
import multiprocessing
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import fsspec
import nbformat
import pytest
from PIL import Image

from batch import Campaign
from batch.background import BackgroundRun
from batch.report.live import LivePage
from batch.report.state import read_state
from batch.report.widget import CampaignPanel
from batch.rows import runs
from batch.rows.plan import CampaignOptions, find_notebook
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool
from lotus.errors import InvalidInput, UnknownName, WorkError
from lotus.media.ffmpeg import FFmpeg
from lotus.store.uploads import asset_object
from tests.driving import eventually, inside

SCORES = ["name = ''\nx = 0", "import lotus\nlotus.record('score', x * x)\nprint('scored', name)"]
PROMPT = "Dawn at a small coffee roaster, steam and warm light over the harbour town"
FAILS = ["error = ''", "class WorkError(Exception):\n    pass", "raise eval(error)('why')"]


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=("lotus.notebook.records",)) as kernels:
        yield kernels


def notebook(folder: Path, *cells: str, name: str = "mine.ipynb") -> Path:
    made = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    made.cells[0].metadata["tags"] = ["parameters"]
    nbformat.write(made, folder / name)  # type: ignore[no-untyped-call]
    return folder / name


def written(folder: Path, name: str, text: str) -> Path:
    (folder / name).write_text(text)
    return folder / name


def run_all(campaign: Campaign, pool: KernelPool) -> list[runs.Row]:
    """The campaign's rows after each has had its turn in this process."""
    with campaign.workspace.db.begin() as connection:
        ids = [row["id"] for row in runs.list_runs(connection, campaign.id)]
    for run_id in ids:
        run_row(WorkerResources(campaign.workspace, pool), run_id)
    with campaign.workspace.db.begin() as connection:
        return list(runs.list_runs(connection, campaign.id))


# --- chains


def scored(folder: Path, pool: KernelPool, count: int = 4) -> Campaign:
    lines = "".join(f"r{n},name {n},{n}\n" for n in range(count))
    manifest = written(folder, "scores.csv", f"id,name,x\n{lines}")
    campaign = Campaign.from_csv(manifest, notebook(folder, *SCORES))
    run_all(campaign, pool)
    return campaign


def test_a_campaign_takes_the_best_rows_of_another(pool: KernelPool, tmp_path: Path) -> None:
    first = scored(tmp_path, pool)
    text = f"from: {first.id}\nsort: -score\nkeep: 50%\ncolumns: {{x: score}}\n"
    chain = written(tmp_path, "best.yaml", f"{text}base: {{well: yes}}\n")
    second = Campaign.from_yaml(
        chain, notebook(tmp_path, "name = ''\nx = 0\nwell = False", "1", name="well.ipynb")
    )
    with second.workspace.db.begin() as connection:
        rows = [(r["name"], r["parameters"]) for r in runs.list_runs(connection, second.id)]
    assert rows == [
        ("r3", {"name": "name 3", "x": 9, "well": True}),
        ("r2", {"name": "name 2", "x": 4, "well": True}),
    ]
    again = Campaign.from_yaml(chain, tmp_path / "well.ipynb")
    assert again.id == second.id


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("sort: scor\n", UnknownName, "did you mean 'score'"),
        ("keep: some\n", InvalidInput, "'some' is not a number of rows"),
        ("rows: [{}]\n", InvalidInput, "rows: is not a field of a manifest with `from`"),
        ("columns: {x: none}\n", UnknownName, "no column of results 'none'"),
    ],
)
def test_a_chain_that_makes_no_sense_is_refused(
    text: str, error: type[Exception], reason: str, pool: KernelPool, tmp_path: Path
) -> None:
    first = scored(tmp_path, pool, 1)
    chain = written(tmp_path, "best.yaml", f"from: {first.id}\n{text}")
    with pytest.raises(error, match=reason):
        Campaign.from_yaml(chain, tmp_path / "mine.ipynb")


def test_a_chain_waits_for_its_source(tmp_path: Path) -> None:
    manifest = written(tmp_path, "scores.csv", "id,name,x\na,a,1\n")
    first = Campaign.from_csv(manifest, notebook(tmp_path, *SCORES))
    chain = written(tmp_path, "best.yaml", f"from: {first.id}\n")
    with pytest.raises(InvalidInput, match=r"1 unfinished row in campaign"):
        Campaign.from_yaml(chain, tmp_path / "mine.ipynb")


# --- what need not run again

COUNTS = [
    "name = ''\nx = 0",
    "import lotus\nwith open('ran.txt', 'a') as file:\n    file.write(name)",
    "lotus.record('double', 2 * x)",
]


def ran(folder: Path) -> str:
    return (folder / "ran.txt").read_text()


def test_rows_whose_code_and_parameters_are_unchanged_are_taken_over(
    pool: KernelPool, tmp_path: Path
) -> None:
    path = notebook(tmp_path, *COUNTS)
    manifest = written(tmp_path, "m.csv", "id,name,x\na,a,1\nb,b,2\n")
    first = Campaign.from_csv(manifest, path)
    run_all(first, pool)
    manifest = written(tmp_path, "m.csv", "id,name,x\na,a,1\nb,b,3\nc,c,4\n")
    made = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    made.cells.append(nbformat.v4.new_markdown_cell("words"))  # type: ignore[no-untyped-call]
    nbformat.write(made, path)  # type: ignore[no-untyped-call]
    second = Campaign.from_csv(manifest, path)
    assert second.state.counts["completed"] == 1
    run_all(second, pool)
    assert ran(tmp_path) == "abbc"
    assert list(second.results()["double"]) == [2, 6, 8]
    document = inside("batch", "diff", first.id, second.id, "--json").json
    assert [(row["row"], row["runs"], row["why"]) for row in document] == [
        ("a", False, "the same code and parameters have run"),
        ("b", True, "parameters differ: x"),
        ("c", True, "is new"),
    ]
    third = Campaign.from_csv(manifest, path, new=True)
    assert third.state.counts["completed"] == 0


def test_a_module_beside_the_notebook_that_changed_is_other_code(
    pool: KernelPool, tmp_path: Path
) -> None:
    """Also for the same command, and where another module imports it."""
    path = notebook(tmp_path, "x = 0", "import helper_of_this_test")
    written(tmp_path, "helper_of_this_test.py", "import deep_in_this_test")
    (tmp_path / "deep_in_this_test").mkdir()
    written(tmp_path / "deep_in_this_test", "__init__.py", "from .inner import V")
    written(tmp_path / "deep_in_this_test", "inner.py", "V = 1")
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    first = Campaign.from_csv(manifest, path)
    run_all(first, pool)
    again = Campaign.from_csv(manifest, path)
    assert (again.id, again.state.counts["completed"]) == (first.id, 1)
    written(tmp_path / "deep_in_this_test", "inner.py", "V = 2")
    changed = Campaign.from_csv(manifest, path)
    assert (changed.id == first.id, changed.state.counts["completed"]) == (False, 0)


def test_rows_import_modules_as_they_were_when_the_campaign_began(
    pool: KernelPool, tmp_path: Path
) -> None:
    """Also a row that runs while a module is saved: it runs again."""
    save = "open('saved' + '.py', 'w').write('V = 2')"  # as somebody else does
    cells = ("x = 0", save, "import lotus, saved\nlotus.record('v', saved.V)")
    path = notebook(tmp_path, *cells)
    written(tmp_path, "saved.py", "V = 1")
    # the first is called as a file of the campaign is
    manifest = written(tmp_path, "m.csv", "id,x\nsource.ipynb,1\nb,2\n")
    campaign = Campaign.from_csv(manifest, path)
    ended = [(row["status"], row["attempts"]) for row in run_all(campaign, pool)]
    assert ended == [("completed", 1)] * 2
    assert list(campaign.results()["v"]) == [1, 1]
    assert campaign.changed_modules() == ["saved.py"]
    later = Campaign.from_csv(manifest, path)
    [first, _] = inside("batch", "diff", campaign.id, later.id, "--json").json
    assert first["why"] == "what the notebook imports from its folder differs"
    campaign.retry(notebook=path)  # which takes the modules of now
    assert campaign.changed_modules() == []


def test_a_row_fails_when_a_file_that_it_reads_is_no_longer_that_of_the_start(
    pool: KernelPool, tmp_path: Path
) -> None:
    path = notebook(tmp_path, "x = 0", "%run clean.py\nprint(open('data.csv').read())")
    written(tmp_path, "clean.py", "V = 1")
    data = written(tmp_path, "data.csv", "1")
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    campaign = Campaign.from_csv(manifest, path, files=[data])
    written(tmp_path, "clean.py", "V = 2")
    data.unlink()
    [row] = run_all(campaign, pool)
    assert row["status"] == "failed"
    assert row["reason"].startswith("data.csv, clean.py: has changed since the campaign began")
    assert Campaign.from_csv(manifest, path).id != campaign.id


def test_rows_in_another_folder_are_other_rows(pool: KernelPool, tmp_path: Path) -> None:
    """The files that they read there may be others."""
    path = notebook(tmp_path, "x = 0", "import os, lotus; lotus.record('here', os.getcwd())")
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    seen = []
    for name in ("one", "two", "one"):
        (tmp_path / name).mkdir(exist_ok=True)
        campaign = Campaign.from_csv(manifest, path, cwd=tmp_path / name)
        run_all(campaign, pool)
        seen.append((campaign.id, *(Path(p).name for p in campaign.results()["here"])))
    assert [name for _, name in seen] == ["one", "two", "one"]
    assert seen[0] == seen[2]


def test_failed_rows_are_run_again_by_a_corrected_notebook(
    pool: KernelPool, tmp_path: Path
) -> None:
    manifest = written(tmp_path, "m.csv", "id,x\na,0\nb,1\n")
    options = CampaignOptions(retries=0)
    campaign = Campaign.from_csv(
        manifest, notebook(tmp_path, "x = 1", "print(1 / x)"), options=options
    )
    assert [row["status"] for row in run_all(campaign, pool)] == ["failed", "completed"]
    other = notebook(tmp_path, "y = 1", name="other.ipynb")
    with pytest.raises(InvalidInput, match="has no parameter x"):
        campaign.retry(notebook=other)
    corrected = notebook(tmp_path, "x = 1", "print('corrected')", name="corrected.ipynb")
    assert campaign.retry(notebook=corrected) == 1
    assert [row["status"] for row in run_all(campaign, pool)] == ["completed"] * 2
    assert "corrected" in inside("batch", "logs", campaign.id, "a").out
    assert "1.0" in inside("batch", "logs", campaign.id, "b").out


# --- retries


@pytest.mark.parametrize(
    ("error", "options", "attempts"),
    [
        ("OSError", {}, 2),
        ("NameError", {}, 1),
        ("SyntaxError", {}, 1),
        ("OSError", {"retry_on": ("worker", "WorkError")}, 1),
        ("WorkError", {"retry_on": ("worker", "WorkError")}, 2),
    ],
)
def test_what_may_pass_is_tried_again(
    error: str, options: dict[str, Any], attempts: int, pool: KernelPool, tmp_path: Path
) -> None:
    manifest = written(tmp_path, "m.csv", f"id,error\na,{error}\n")
    campaign = Campaign.from_csv(
        manifest, notebook(tmp_path, *FAILS), options=CampaignOptions(**options)
    )
    [row] = run_all(campaign, pool)
    assert (row["status"], row["attempts"]) == ("failed", attempts)


def test_an_ffmpeg_that_is_killed_while_it_says_what_it_is_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A system without memory kills what it likes; a row is not to fail for good because of it."""
    script = tmp_path / "ffmpeg"
    mark = tmp_path / "killed"
    script.write_text(f"#!/bin/sh\nmkdir {mark} && kill -9 $$\necho ffmpeg version 7\n")
    script.chmod(0o755)
    assert FFmpeg(script).build == "ffmpeg version 7"

    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found")  # its trial run was killed

    usual = FFmpeg().program
    monkeypatch.setattr("imageio_ffmpeg.get_ffmpeg_exe", none)
    assert FFmpeg().program == usual


def test_a_campaign_stops_when_so_many_rows_have_failed(pool: KernelPool, tmp_path: Path) -> None:
    lines = "".join(f"r{n},OSError\n" for n in range(4))
    manifest = written(tmp_path, "m.csv", f"id,error\n{lines}")
    options = CampaignOptions(retries=0, fail_fast=2)
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, *FAILS), options=options)
    rows = run_all(campaign, pool)
    assert [row["status"] for row in rows] == ["failed", "failed", "cancelled", "cancelled"]
    assert campaign.state.stopping == "too many failures"


@pytest.mark.parametrize(
    "limits",
    [
        {"row_seconds": 0},
        {"cell_seconds": -1.0},
        {"row_seconds": float("nan")},
        {"backoff_seconds": float("inf")},
        {"retries": -1},
        {"fail_fast": 0},
    ],
)
def test_a_limit_that_is_none_is_refused(limits: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput, match="is not a limit"):
        CampaignOptions(**limits)


# --- to be looked at


def test_campaigns_are_listed_and_a_rows_output_is_printed(
    pool: KernelPool, tmp_path: Path
) -> None:
    campaign = scored(tmp_path, pool, 1)
    [document] = inside("batch", "list", "--json").json
    assert (document["campaign_id"], document["runs"]) == (campaign.id, {"completed": 1})
    assert campaign.id in inside("batch", "list").out
    lines = inside("batch", "logs", campaign.id, "r0").out.splitlines()
    assert lines[0] == "r0: completed"
    assert "scored name 0" in lines
    assert inside("batch", "logs", campaign.id, "r9").code == 2


def test_a_row_that_runs_says_at_which_cell_it_is(tmp_path: Path) -> None:
    manifest = written(tmp_path, "scores.csv", "id,name,x\na,a,1\n")
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, *SCORES))
    with campaign.workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
        assert runs.claim(connection, row["id"], "other.example:1:0") is not None
        runs.show_progress(connection, row["id"], "other.example:1:0", {"cell": 4, "cells": 9})
    assert read_state(campaign.workspace, campaign.id).running == ("a: cell 4 of 9",)
    assert "cell 4 of 9" in inside("batch", "logs", campaign.id, "a").out


def test_the_notebook_of_a_row_is_a_page_that_looks_again_while_it_runs(
    pool: KernelPool, tmp_path: Path
) -> None:
    campaign = scored(tmp_path, pool, 2)
    page = LivePage(campaign.workspace, campaign.id, "r0")
    text = page.path.read_text()
    assert "scored name 0" in text
    assert "refresh" not in text
    with campaign.workspace.db.begin() as connection:
        runs.requeue(connection, campaign.id, ["completed"], ["r1"])
        [row] = [r for r in runs.list_runs(connection, campaign.id) if r["name"] == "r1"]
        assert runs.claim(connection, row["id"], "other.example:1:0") is not None
        runs.show_progress(connection, row["id"], "other.example:1:0", {"cell": 2, "cells": 2})
    text = LivePage(campaign.workspace, campaign.id, "r1").path.read_text()
    assert "r1: running, cell 2 of 2" in text
    assert 'http-equiv="refresh"' in text
    with pytest.raises(InvalidInput, match="no row has the id 'r9'"):
        LivePage(campaign.workspace, campaign.id, "r9")


# --- addresses


def test_manifests_and_notebooks_are_read_by_address(tmp_path: Path) -> None:
    notebook(tmp_path, *SCORES)
    written(tmp_path, "m.csv", "id,name,x\na,a,1\n")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        place = f"http://127.0.0.1:{server.server_port}"
        campaign = Campaign.from_csv(f"{place}/m.csv", f"{place}/mine.ipynb?raw=true")
        assert campaign.state.counts["queued"] == 1
        assert (campaign.state.name, campaign.state.notebook) == ("m.csv", "mine.ipynb")
        with pytest.raises(InvalidInput, match="cannot be read: the server answers 404"):
            find_notebook(f"{place}/none.ipynb")
        server.shutdown()
    with pytest.raises(InvalidInput, match="cannot be read"):
        find_notebook("memory://bucket/none.ipynb")


def test_a_campaign_runs_from_a_bucket(bucket: Any, pool: KernelPool, tmp_path: Path) -> None:
    name, _, prefix = bucket.url.removeprefix("s3://").partition("/")
    objects = {"m.csv": b"id,name,x\na,a,3\n"}
    objects["mine.ipynb"] = notebook(tmp_path, *SCORES).read_bytes()
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    objects["logo.png"] = picture.getvalue()
    brief = {"prompt": PROMPT, "brand.name": "Aurora", "brand.logo": f"{bucket.url}/logo.png"}
    objects["briefs.jsonl"] = json.dumps(brief).encode()
    for key, body in objects.items():
        path = f"{prefix}/{key}".lstrip("/")
        boto3.client("s3").put_object(Bucket=name, Key=path, Body=body)
    command = ("batch", "run", f"{bucket.url}/m.csv", "--notebook", f"{bucket.url}/mine.ipynb")
    assert inside(*command, "--dry-run", "--json").json["runs"] == {"total": 1}
    campaign = Campaign.from_csv(f"{bucket.url}/m.csv", f"{bucket.url}/mine.ipynb")
    assert [row["status"] for row in run_all(campaign, pool)] == ["completed"]
    assert list(campaign.results()["score"]) == [9]
    briefs = Campaign.from_jsonl(f"{bucket.url}/briefs.jsonl")
    with briefs.workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, briefs.id)
    assert row["parameters"]["brief"]["brand"]["logo"].startswith("asset:")
    with pytest.raises(InvalidInput, match="cannot be read"):
        Campaign.from_csv(f"{bucket.url}/none.csv", f"{bucket.url}/mine.ipynb")


def test_sources_of_briefs_are_read_by_address_and_found_by_every_worker(tmp_path: Path) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(picture, "PNG")
    with fsspec.open("memory://bucket/logo.png", "wb") as file:
        file.write(picture.getvalue())
    line = {"prompt": PROMPT, "brand.name": "Aurora", "brand.logo": "memory://bucket/logo.png"}
    manifest = written(tmp_path, "m.jsonl", json.dumps(line) + "\n")
    campaign = Campaign.from_jsonl(manifest)
    with campaign.workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    logo = row["parameters"]["brief"]["brand"]["logo"]
    digest = hashlib.sha256(picture.getvalue()).hexdigest()
    assert logo == f"asset:{digest}.png"
    stored = campaign.workspace.store.path(asset_object(logo.removeprefix("asset:")))
    assert stored.read_bytes() == picture.getvalue()
    assert Campaign.from_jsonl(manifest).id == campaign.id
    lost = written(tmp_path, "n.jsonl", json.dumps({**line, "reference": "memory://b/no.png"}))
    with pytest.raises(InvalidInput, match=r"line 1: memory://b/no\.png: cannot be read"):
        Campaign.from_jsonl(lost)
    assert inside("batch", "run", manifest, "--dry-run", "--json").json["runs"] == {"total": 1}


# --- in a notebook


def test_a_campaign_runs_beside_the_cells_that_follow(tmp_path: Path) -> None:
    manifest = written(tmp_path, "scores.csv", "id,name,x\na,a,3\n")
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, *SCORES))
    assert campaign.start(workers=1) is campaign
    assert campaign.started

    async def waited() -> Any:
        return await campaign

    state = asyncio.run(waited())
    assert (state.status, state.counts["completed"]) == ("completed", 1)
    assert not campaign.started
    assert list(campaign.results()["score"]) == [9]


def test_the_widget_shows_rows_with_their_notebooks_and_no_markup_of_theirs(
    pool: KernelPool, tmp_path: Path
) -> None:
    manifest = written(tmp_path, "m.csv", "id,error\na,OSError\n")
    cells = ["error = ''", "raise OSError('<script>')"]
    options = CampaignOptions(retries=0)
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, *cells), options=options)
    run_all(campaign, pool)
    box = campaign.widget()
    from batch.report.widget import table_html

    html = table_html(campaign.workspace, campaign.state)
    assert "notebook-1.ipynb" in html
    assert "<script>" not in html
    assert [button.description for button in box.children[0].children] == [
        "start",
        "retry failed",
        "approve all",
        "cancel",
    ]


class Handle:
    """A campaign as its panel sees it, with faults to order."""

    def __init__(self, campaign: Campaign) -> None:
        self.workspace = campaign.workspace
        self.id = campaign.id
        self.started = False
        self.failure: str | None = None
        self.waiting_for = ""
        self.faults: list[Exception] = []
        self._campaign = campaign

    @property
    def state(self) -> Any:
        if self.faults:
            raise self.faults.pop()
        return self._campaign.state

    def start(self) -> None:
        self.failure = "no kernel 'mine'"

    def retry(self) -> int:
        raise OSError("the disk is away")

    approve = cancel = retry


def test_the_widget_says_what_goes_wrong_and_looks_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("batch.report.widget.LOOK_SECONDS", 0.01)
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    handle = Handle(Campaign.from_csv(manifest, notebook(tmp_path, "x = 1")))
    handle.faults = [OSError("the database is away")] * 3
    panel = CampaignPanel(handle)
    eventually(lambda: "queued" in panel.table.value, "it looks again")
    eventually(lambda: not panel.notice.value, "what has passed is not said any more")
    handle.faults = [OSError("the database is away")] * 1000
    start, retry, *_ = panel.widget.children[0].children
    retry.click()
    assert "the disk is away" in panel.message.value
    eventually(lambda: "not up to date: the database is away" in panel.notice.value, "it says so")
    handle.faults.clear()
    start.click()
    eventually(lambda: "no kernel &#39;mine&#39;" in panel.notice.value, "why nothing runs")
    assert panel.message.value == ""


@pytest.mark.parametrize(
    ("listens", "why"),
    [(False, "Timed out trying to connect"), (True, "it accepts connections, but did not answer")],
)
def test_a_panel_says_within_seconds_that_a_scheduler_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, listens: bool, why: str
) -> None:
    """No process has the port, or one that has come to a standstill."""
    import dask

    monkeypatch.setattr("batch.cluster.scheduler.SILENT_SECONDS", 0.01)
    monkeypatch.setattr("batch.report.widget.LOOK_SECONDS", 0.01)
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, "x = 1"))
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if listens:
            silent.listen()
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        patience = {"distributed.comm.timeouts.connect": "600ms"}
        with dask.config.set(patience):
            campaign.start(address)
            panel = CampaignPanel(campaign)
            waits = f"the scheduler at {address} does not answer yet; trying for 0.6 s"
            eventually(lambda: waits in panel.notice.value, "it says what it waits for")
            assert campaign.state.status == "queued"  # nothing seems to run
            with pytest.raises(WorkError, match=f"does not answer: {why}"):
                campaign.wait(60)
    eventually(lambda: "start it, or correct --cluster" in panel.notice.value, "why it ended")
    assert (campaign.waiting_for, campaign.state.status) == ("", "queued")


def test_a_script_without_a_guard_for_its_workers_is_told_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = written(tmp_path, "m.csv", "id,x\na,1\nb,2\nc,3\n")
    path = notebook(tmp_path, "x = 1")
    campaign = Campaign.from_csv(manifest, path)

    def fail(**kwargs: Any) -> None:
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr("batch.cluster.connect.LocalCluster", fail)
    with pytest.raises(WorkError, match=r"did not start: Nanny failed.*under `if __name__ =="):
        campaign.run(workers=2)
    assert campaign.state.status == "queued"
    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(InvalidInput, match=r"imports this script.*under `if __name__ =="):
        Campaign.from_csv(manifest, path, new=True)  # as the script does in its worker


def test_what_ends_a_run_beside_cells_is_printed_and_raised(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, "x = 1"))
    places: list[Any] = []

    def run(cluster: str, *, workers: int, limit: int | None) -> Any:
        places.append((cluster, workers))
        campaign._place = (cluster, workers)
        raise InvalidInput(file="", field="cluster", reason="is not there", remedy="start it")

    monkeypatch.setattr(campaign, "run", run)
    with pytest.raises(InvalidInput, match="is not there"):
        campaign.start("tcp://there:1", workers=7).wait()
    assert "cluster: is not there; start it" in (campaign.failure or "")
    assert f"campaign {campaign.id}: cluster: is not there" in capsys.readouterr().err
    with pytest.raises(InvalidInput):
        campaign.start().wait()
    assert places == [("tcp://there:1", 7)] * 2  # a button starts it where it ran


def test_rows_that_wait_again_while_a_run_ends_are_run_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody sees the last row fail, and presses a button before the cluster is closed."""
    manifest = written(tmp_path, "m.csv", "id,x\na,0\n")
    cells = ("x = 1", "import pathlib\nif not pathlib.Path('mended').exists(): raise NameError")
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, *cells))
    end = campaign._end

    def slow_end() -> None:
        monkeypatch.setattr(campaign, "_end", end)
        (tmp_path / "mended").touch()
        campaign.retry()
        campaign.start()
        end()

    monkeypatch.setattr(campaign, "_end", slow_end)
    state = campaign.start(workers=1).wait(60)
    assert (state.status, state.counts["completed"]) == ("completed", 1)


def test_who_stops_waiting_stops_no_run() -> None:
    go = threading.Event()
    run = BackgroundRun("a run", lambda: go.wait(60))

    async def impatient() -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.01):
                await run

    asyncio.run(impatient())
    assert run.under_way
    go.set()
    assert run.wait(60) is True


def test_a_system_that_pins_no_process_to_processors_runs_rows_on_cold_kernels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from batch.cluster.connect import _keep_to_share

    monkeypatch.delattr("os.sched_getaffinity")
    monkeypatch.delattr("os.sched_setaffinity")
    _keep_to_share(0, 2)
    manifest = written(tmp_path, "m.csv", "id,x\na,1\n")
    campaign = Campaign.from_csv(manifest, notebook(tmp_path, "x = 0", "print(x)"))
    with campaign.workspace.db.begin() as connection:
        [row] = runs.list_runs(connection, campaign.id)
    assert run_row(WorkerResources(campaign.workspace, None, at_once=2), row["id"]) == "completed"
