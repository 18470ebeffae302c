"""Records: what a notebook leaves behind becomes columns of its campaign's results."""

from __future__ import annotations

import csv
import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

import lotus
from batch import Campaign
from batch.rows import runs
from batch.run.resources import WorkerResources
from batch.run.runner import run_row
from batch.warm import KernelPool
from lotus.errors import InvalidInput
from lotus.workspace import Workspace
from tests.conftest import BOTH
from tests.driving import inside

CELLS = [
    "score = 0.5\nword = ''\nstatus = 'mine'",
    "import lotus, pandas as pd\nlotus.record('score', score * 2)\nlotus.record('first', 1)",
    "lotus.record('first', 2)\nlotus.record('words', {'a': [word, None]})\n"
    "lotus.record('text', word)\nlotus.record('word', 'recorded')",
    "lotus.record('table', pd.DataFrame({'x': [1, 2]}))",
    "from PIL import Image\nlotus.record('picture', Image.new('RGB', (4, 4), 'red'))",
    "from pathlib import Path\nPath('made.txt').write_text('of then')\n"
    "lotus.record('file', Path('made.txt'))\nPath('made.txt').write_text('of now');",
    "from IPython.display import display\n"
    "scrap = {'name': 'glued', 'data': [1, 2], 'encoder': 'json', 'version': 1}\n"
    "meta = {'scrapbook': {'name': 'glued', 'data': True, 'display': False}}\n"
    "mime = 'application/scrapbook.scrap.json+json'\n"
    "display({mime: scrap}, metadata=meta, raw=True)",
    "if word == 'bad':\n    raise ValueError('after its records')",
]


@pytest.fixture(scope="module")
def pool() -> Iterator[KernelPool]:
    with KernelPool(spare=1, preload=("pandas", "lotus.notebook.records")) as kernels:
        yield kernels


def notebook(folder: Path, *cells: str) -> Path:
    made = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    made.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    made.cells[0].metadata["tags"] = ["parameters"]
    path = folder / "mine.ipynb"
    nbformat.write(made, path)  # type: ignore[no-untyped-call]
    return path


def finished(campaign: Campaign, pool: KernelPool) -> Campaign:
    """The campaign, all of whose rows have run in this process."""
    with campaign.workspace.db.begin() as connection:
        ids = [row["id"] for row in runs.list_runs(connection, campaign.id)]
    for run_id in ids:
        run_row(WorkerResources(campaign.workspace, pool), run_id)
    return campaign


def table(folder: Path) -> Path:
    path = folder / "m.csv"
    path.write_text("id,score,word,status,customer\na,0.5,good,x,c1\nb,1,bad,x,c2\n")
    return path


def test_records_become_columns_of_the_results_in_every_form(
    pool: KernelPool, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    campaign = finished(Campaign.from_csv(table(tmp_path), notebook(tmp_path, *CELLS)), pool)
    frame = campaign.results()
    first = frame.iloc[0]
    assert list(frame["status"]) == ["completed", "failed"]
    assert list(frame["score"]) == [0.5, 1.0]  # the parameter
    assert list(frame["record.score"]) == [1.0, 2.0]
    assert list(frame["first"]) == [2, 2]
    assert list(frame["parameter.status"]) == ["x", "x"]
    assert list(frame["customer"]) == ["c1", "c2"]
    assert (first["text"], first["word"], first["record.word"]) == ("good", "good", "recorded")
    assert first["words"] == {"a": ["good", None]}
    assert first["table"] == {"columns": ["x"], "rows": [[1], [2]]}
    assert first["glued"] == [1, 2]
    assert Path(first["picture"]).read_bytes().startswith(b"\x89PNG")
    assert Path(first["file"]).read_text() == "of then"
    assert frame.iloc[1]["reason"] == "ValueError: after its records"
    _same_in_files(campaign, frame, tmp_path)


def _same_in_files(campaign: Campaign, frame: pd.DataFrame, folder: Path) -> None:
    page = campaign.report(folder / "report")
    text = page.read_text()
    assert "no video" not in text  # none of its rows makes any: results come first
    assert text.index("data-results>") < text.index("<article")
    with page.with_suffix(".csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == list(frame.columns)
    assert json.loads(rows[0]["words"]) == {"a": ["good", None]}
    assert inside("batch", "results", campaign.id, "--csv", "-o", "-").out.count("\n") == 3
    target = folder / "r.parquet"
    assert inside("batch", "results", campaign.id, "--parquet", "-o", target).code == 0
    again = pd.read_parquet(target)
    assert list(again["record.score"]) == [1.0, 2.0]
    assert json.loads(again["words"][0]) == {"a": ["good", None]}
    [document, _] = inside("batch", "results", campaign.id, "--json").json
    assert (document["row"], document["record.score"], document["glued"]) == ("a", 1.0, [1, 2])
    with campaign.workspace.db.begin() as connection:
        query = "SELECT name FROM run_records WHERE number >= 2"
        assert sorted(connection.exec_driver_sql(query).scalars()) == ["first", "first", "score"]


def test_records_of_an_attempt_replace_those_of_the_one_before(
    pool: KernelPool, tmp_path: Path
) -> None:
    cells = [
        "x = 1",
        "import lotus\nfrom pathlib import Path\nseen = Path('seen')\n"
        "lotus.record('again' if seen.exists() else 'first', 1)\n"
        "if not seen.exists():\n    seen.touch()\n    raise OSError('passes')",
    ]
    (tmp_path / "m.csv").write_text("id\na\n")
    campaign = finished(Campaign.from_csv(tmp_path / "m.csv", notebook(tmp_path, *cells)), pool)
    frame = campaign.results()
    assert list(frame["status"]) == ["completed"]
    assert "again" in frame
    assert "first" not in frame


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("", 1, "is not a valid name"),
        ("x", object(), "is of type object"),
        ("x", "x" * 1_100_000, "records have 1 MB"),
        ("x", Path("/no/such/file"), "is not a file"),
    ],
)
def test_what_cannot_be_recorded_is_refused(name: str, value: Any, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason):
        lotus.record(name, value)


def test_recording_in_a_script_does_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lotus.record("x", 1)
    assert capsys.readouterr().err == ""
    monkeypatch.setenv("LOTUS_RUN", "a row whose notebook has started this script")
    lotus.record("x", 1)
    assert "'x' is not kept; record it in the notebook" in capsys.readouterr().err
    assert not Workspace.open().settings.home.exists()


def records_of_cells(pool: KernelPool, folder: Path, *cells: str) -> pd.DataFrame:
    """Results of a campaign of one row."""
    (folder / "m.csv").write_text("id,x\na,1\n")
    path = notebook(folder, "x = 0", "import lotus", *cells)
    return finished(Campaign.from_csv(folder / "m.csv", path), pool).results()


@pytest.mark.parametrize("place", BOTH, indirect=True)
def test_records_are_kept_whatever_becomes_of_the_outputs(
    place: str, pool: KernelPool, tmp_path: Path
) -> None:
    cells = (
        "from IPython.display import clear_output\nlotus.record('cleared', 1)\nclear_output()",
        "%%capture\nlotus.record('captured', 2)",
        "import ipywidgets\nwith ipywidgets.Output():\n    lotus.record('in a widget', 3)",
        "import threading\nthread = threading.Thread(target=lotus.record, args=('thread', 4))\n"
        "thread.start()\nthread.join()",
        "import pandas, uuid\nlotus.record('missing', pandas.NA)\n"
        "lotus.record('uuid', uuid.UUID(int=1))\nlotus.record('huge', 10 ** 400)\n"
        "lotus.record('sum', 0.1 + 0.2)",
        "lotus.record('nul', 'a\\0b')\nlotus.record('x', 5)\nlotus.record('record.x', 6)",
        "print('half \\ud800')\nraise ValueError('nul \\0, half \\ud800')",
    )
    row = records_of_cells(pool, tmp_path, *cells).iloc[0]
    assert (row["status"], row["reason"]) == ("failed", "ValueError: nul \ufffd, half ?")
    assert [row[n] for n in ("cleared", "captured", "in a widget", "thread")] == [1, 2, 3, 4]
    assert (row["missing"], row["uuid"]) == (None, f"{uuid.UUID(int=1)}")
    assert (row["huge"], row["nul"]) == (str(10**400), "a\0b")
    assert row["sum"] == 0.1 + 0.2
    assert (row["x"], row["record.record.x"], row["record.x"]) == (1, 5, 6)
    workspace = Workspace.open()
    key = row["notebook"][row["notebook"].index("runs/") :]
    assert b"half \\ud800" in workspace.store.read(key)  # JSON's own way to write it


def test_a_scrap_that_cannot_be_read_fails_its_row(pool: KernelPool, tmp_path: Path) -> None:
    scrap = {"name": "table", "data": "not base64", "encoder": "pandas", "version": 1}
    cell = (
        "from IPython.display import display\n"
        f"display({{'application/scrapbook.scrap.pandas+json': {scrap!r}}}, raw=True)"
    )
    row = records_of_cells(pool, tmp_path, cell).iloc[0]
    assert row["status"] == "failed"
    assert row["reason"].startswith("record: cannot be read")


def test_integers_of_more_than_64_bits_keep_all_digits(tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(json.dumps({"id": "a", "x": 2**70}) + '\n{"id": "b"}\n')
    campaign = Campaign.from_jsonl(tmp_path / "m.jsonl", notebook(tmp_path, "x = 0"))
    assert campaign.results()["x"][0] == 2**70
    target = tmp_path / "r.parquet"
    assert inside("batch", "results", campaign.id, "--parquet", "-o", target).code == 0
    assert list(pd.read_parquet(target)["x"].dropna()) == [str(2**70)]
