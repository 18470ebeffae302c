"""Manifests: tables and grids become rows; what is wrong is told with its line before anything
starts.
"""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch.errors import InvalidManifest
from batch.rows.manifest import Row, RowProblem, read_manifest
from batch.rows.parameters import parameters_of
from batch.rows.plan import CampaignPlan, find_notebook
from lotus.errors import InvalidInput, UnknownName

PROMPT = "Dawn at a small coffee roaster, steam and warm light over the harbour town"


def rows(path: Path) -> list[Row | RowProblem]:
    return list(read_manifest(path))


def written(folder: Path, name: str, text: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def plan_of(path: Path, **more: Any) -> CampaignPlan:
    return CampaignPlan(path, find_notebook("render"), **more)


def fitted(path: Path) -> list[dict[str, Any]]:
    return [row["parameters"] for row in plan_of(path).rows() if isinstance(row, dict)]


def problems(path: Path) -> list[str]:
    with pytest.raises(InvalidManifest) as caught:
        plan_of(path).check()
    return list(caught.value.facts["problems"])


def test_the_examples_are_manifests(examples: Path) -> None:
    assert plan_of(examples / "campaign.csv").check() == (3, [])
    assert plan_of(examples / "campaign.yaml").check() == (12, [])
    first = fitted(examples / "campaign.csv")[0]["brief"]
    assert first["brand"] == {"name": "Aurora Coffee", "colors": ["#1b3a4b", "#f4a261"]}
    assert (first["duration_seconds"], first["seed"]) == (10.0, 1)


def test_a_spreadsheets_csv_is_read(tmp_path: Path) -> None:
    text = f'\ufeffid;prompt;cta\r\na;"{PROMPT}; ""more""";\r\n\r\n;;\r\nb;{PROMPT};Order\r\n'
    path = written(tmp_path, "m.csv", text)
    [first, second] = rows(path)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.id, first.line, "cta" in first.values) == ("a", 2, False)
    assert (second.id, second.line, second.values["cta"]) == ("b", 5, "Order")


def test_every_kind_of_table_gives_the_same_rows(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    flat = [{"id": "a", "prompt": PROMPT, "brand.name": "Aurora", "seed": 3}]
    pq.write_table(pa.Table.from_pylist(flat), tmp_path / "m.parquet")
    written(tmp_path, "m.jsonl", json.dumps(flat[0]) + "\n")
    written(tmp_path, "m.csv", f'id,prompt,brand.name,seed\na,"{PROMPT}",Aurora,3\n')
    written(
        tmp_path, "m.yaml", f"base: {{id: a, prompt: '{PROMPT}', brand.name: Aurora, seed: 3}}\n"
    )
    found = [fitted(tmp_path / f"m.{suffix}") for suffix in ("parquet", "jsonl", "csv", "yaml")]
    assert found[0] == found[1] == found[2] == found[3]
    assert found[0][0]["brief"]["brand"] == {"name": "Aurora"}


def test_all_bad_rows_are_told_with_line_and_column(tmp_path: Path) -> None:
    lines = [
        "id,prompt,duration_seconds,aspect_ratio",
        f'a,"{PROMPT}",10,16:9',
        f'a,"{PROMPT}",10,16:9',
        f'b,"{PROMPT}",ten,16:9',
        f'c,"{PROMPT}",10,4:3',
        f'd,"{PROMPT}",10',
        f'../e,"{PROMPT}",10,16:9',
        f'f,"{PROMPT}",900,1:1',
    ]
    found = problems(written(tmp_path, "m.csv", "\n".join(lines)))
    assert [problem.split(": ")[0] for problem in found] == [
        f"line {n}" for n in (3, 4, 5, 6, 7, 8)
    ]
    assert "'a' is the id of line 2 already" in found[0]
    assert "duration_seconds: 'ten'" in found[1]
    assert "aspect_ratio" in found[2]
    assert "has 3 cells, the heading has 4" in found[3]
    assert "is no id" in found[4]
    assert "900 is outside" in found[5]
    assert plan_of(tmp_path / "m.csv", skip_bad=True).check()[0] == 1


def test_an_unknown_column_is_told_once_with_the_nearest(tmp_path: Path) -> None:
    text = f'id,promt,prompt\na,x,"{PROMPT}"\nb,y,"{PROMPT}"\n'
    [problem] = problems(written(tmp_path, "m.csv", text))
    assert problem.startswith(
        "line 2: promt: is not a parameter of render.ipynb; did you mean 'prompt'?"
    )


def test_a_missing_column_is_told(tmp_path: Path) -> None:
    [problem] = problems(written(tmp_path, "m.csv", "id,cta\na,Order\n"))
    assert "line 2: prompt: field required" in problem.lower()


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("m.csv", "", "has no rows"),
        ("m.csv", "id,prompt\n", "has no rows"),
        ("m.csv", "id,id\na,b\n", "column 1 (id): stands there twice"),
        ("m.csv", "id,\na,b\n", "column 2: has no name"),
        ("m.csv", b"id,prompt\na,\xff\xfe\n", "is not text in UTF-8"),
        ("m.csv", 'id,prompt\na,"never closed\n', "is not CSV"),
        ("m.parquet", "no", "is not Parquet"),
        ("m.yaml", "grid: {style: cinematic}", "grid.style: is not a list"),
    ],
)
def test_a_file_that_is_no_manifest_is_refused(
    tmp_path: Path, name: str, text: Any, said: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        rows(written(tmp_path, name, text))
    assert said in str(caught.value)


def test_other_names_are_refused_with_the_choices(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match="csv"):
        rows(written(tmp_path, "m.xlsx", "x"))
    with pytest.raises(UnknownName, match="did you mean 'render'"):
        find_notebook("rendr")


def test_a_million_rows_are_read_in_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    count = 6_000
    with path.open("w") as file:
        file.writelines(f'{{"id": "r{n}", "filler": "{"x" * 500}"}}\n' for n in range(count))
    tracemalloc.start()
    assert sum(1 for _ in read_manifest(path)) == count
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < count * 250 < path.stat().st_size  # ids are remembered, rows are not


def test_a_campaigns_id_is_of_manifest_notebook_and_parameters(tmp_path: Path) -> None:
    path = written(tmp_path, "m.csv", f'id,prompt\na,"{PROMPT}"\n')
    same = {plan_of(path).id, plan_of(path).id}
    others = {
        plan_of(path, common={"provider": "animatic"}).id,
        plan_of(path, schedule="nightly").id,
        plan_of(path, new=True).id,
    }
    path.write_text(path.read_text() + f'b,"{PROMPT}"\n')
    assert len(same) == 1
    assert len(same | others | {plan_of(path).id}) == 5


def test_a_scheduled_campaign_is_the_same_all_day_and_another_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "m.yaml", f"schedule: nightly\nbase: {{prompt: '{PROMPT}'}}\n")
    table = written(tmp_path, "m.csv", f'id,prompt\na,"{PROMPT}"\n')
    hours = [datetime(2026, 3, 1, 0, 5), datetime(2026, 3, 1, 23, 55), datetime(2026, 3, 2, 0, 5)]
    ids = []
    for hour in hours:
        monkeypatch.setattr("lotus.db.tables.now", lambda hour=hour: hour.replace(tzinfo=UTC))
        ids.append((plan_of(path).id, plan_of(table, schedule="nightly").id, plan_of(table).id))
    assert ids[0] == ids[1]
    assert ids[1][0] != ids[2][0]
    assert ids[1][1] != ids[2][1]
    assert ids[1][2] == ids[2][2]  # without a name the day does not count
    assert plan_of(path).scheduled == "nightly"


def test_a_schedule_without_a_name_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "m.yaml", f"schedule: 7\nbase: {{prompt: '{PROMPT}'}}\n")
    with pytest.raises(InvalidInput, match="schedule: 7 is no name"):
        plan_of(path).id


def _fit(cell: str, **values: Any) -> Any:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, metadata={"tags": ["parameters"]})]
    row = Row(2, "a", values, text=True)
    fitted = parameters_of(notebook, "mine.ipynb").fit(row, {}, Path("m.csv"))
    return fitted if isinstance(fitted, list) else fitted.parameters


def test_text_becomes_the_type_of_the_parameter() -> None:
    cell = (
        "a = 1\nb: float = None\nc = False\nd: list = []\ne: int | None = None\nf = {}\ng = "
        "None\nh = 'x'"
    )
    given = {
        "a": "7",
        "b": "2",
        "c": "yes",
        "d": "x; y",
        "e": "3",
        "f": '{"k": 1}',
        "g": "any",
        "h": "1",
    }
    assert _fit(cell, **given) == {
        "a": 7,
        "b": 2.0,
        "c": True,
        "d": ["x", "y"],
        "e": 3,
        "f": {"k": 1},
        "g": "any",
        "h": "1",
    }


def test_a_value_of_another_type_is_refused() -> None:
    [problem] = _fit("a: int = 1", a="seven")
    assert str(problem) == "line 2: a: 'seven' is not of type int"
    [problem] = _fit("abc = 1", abd=1)
    assert "did you mean 'abc'" in str(problem)


def test_a_notebook_without_parameters_is_refused() -> None:
    with pytest.raises(InvalidInput, match="no cell with the tag `parameters`"):
        parameters_of(nbformat.v4.new_notebook(), "mine.ipynb")
