"""Manifests: tables and grids become rows; what is wrong is told with its line before anything
starts.
"""

from __future__ import annotations

import json
import tracemalloc
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch.errors import InvalidManifest
from batch.rows.manifest import Row, RowProblem, read_manifest
from batch.rows.parameters import parameters_of
from batch.rows.plan import CampaignPlan, find_notebook
from lotus.errors import InvalidInput, LotusError, UnknownName

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
    assert "'a' is already the id of line 2" in found[0]
    assert "duration_seconds: 'ten'" in found[1]
    assert "aspect_ratio" in found[2]
    assert "has 3 cells, the heading has 4" in found[3]
    assert "is not an id" in found[4]
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
        ("m.csv", "id,id\na,b\n", "column 1 (id): appears twice"),
        ("m.csv", "id,\na,b\n", "column 2: has no name"),
        ("m.csv", b"id,prompt\na,\xff\xfe\n", "is not text in UTF-8"),
        ("m.csv", 'id,prompt\na,"never closed\n', "is not CSV"),
        ("m.parquet", "no", "is not Parquet"),
        ("m.yaml", "grid: {style: cinematic}", "grid.style: is not a list"),
        ("m.yaml", "notebook: x.ipynb", "m.yaml: notebook: is not a field of a manifest; it is an"),
        ("m.yaml", "bse: {}\nsort: x", "did you mean 'base'?; also "),
        ("m.yaml", "prompt: x", "is a brief, not a manifest; `lotus render "),
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
    with pytest.raises(InvalidInput, match="schedule: 7 is not a name"):
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


def _typed(cell: str, **values: Any) -> Any:
    """As `_fit`, of a manifest that has types: YAML, JSON lines, Parquet."""
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(cell, metadata={"tags": ["parameters"]})]
    fitted = parameters_of(notebook, "mine.ipynb").fit(Row(2, "a", values), {}, Path("m.yaml"))
    return fitted if isinstance(fitted, list) else fitted.parameters


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        ("List[str]", "x;y", ["x", "y"]),
        ("list[int]", "1; 2", [1, 2]),
        ("Dict[str, float]", '{"k": "1.5"}', {"k": 1.5}),
        ("tuple[int, int]", "3;4", [3, 4]),
        ("int | str", "7", 7),
        ("int | str", "seven", "seven"),
        ("int | str", "007", "007"),
        ("int | None", "007", 7),
        ("list[int | str]", "1;x;007", [1, "x", "007"]),
        ("list[int | str]", '[1, "2"]', [1, "2"]),
        ("tuple[int, str, bool]", "1;2;yes", [1, "2", True]),
        ("Literal[1, 2.5, 'auto', True]", "2.5", 2.5),
        ("Literal[1, 2.5, 'auto', True]", " true ", True),
        ("Optional[Literal[1, 'auto']]", "1", 1),
        ("list[Literal[1, '1', 'b']]", "1;b", ["1", "b"]),
        ("Sequence[str]", "x", ["x"]),
        ("'int | None'", "7", 7),
        ("Optional[list[int]]", "[1, 2]", [1, 2]),
        ("Decimal", "1.10", 1.1),
        ("Literal['a', 'b']", "a", "a"),
        ("date", "2026-03-01", "2026-03-01"),
        ("np.ndarray", "anything", "anything"),
    ],
)
def test_annotations_mean_what_they_mean_in_python(annotation: str, text: str, value: Any) -> None:
    assert _fit(f"x: {annotation} = None", x=text) == {"x": value}


@pytest.mark.parametrize(
    ("annotation", "text"),
    [("Literal[1, 'a']", "2"), ("list[Literal[1]]", "1;2"), ("tuple[int, int]", "1;2;3")],
)
def test_text_that_an_annotation_does_not_have_is_refused(annotation: str, text: str) -> None:
    [problem] = _fit(f"x: {annotation} = None", x=text)
    assert str(problem) == f"line 2: x: {text!r} is not of type {annotation}"


def test_a_name_means_what_the_notebook_imported_it_as() -> None:
    cell = "import typing as t\nfrom datetime import date as day\nx: t.List[day] = []"
    assert _fit(cell, x="2026-03-01") == {"x": ["2026-03-01"]}
    [problem] = _fit(cell, x="2026-13-01")
    assert str(problem) == "line 2: x: '2026-13-01' is not of type t.List[day]"


def test_null_and_empty_text_pass_as_they_are_but_in_a_csv_empty_is_left_out(
    tmp_path: Path,
) -> None:
    assert _typed("m: str | None = 'p-video'\nt = 'x'", m=None, t="") == {"m": None, "t": ""}
    [problem] = _typed("m: str = 'p-video'", m=None)
    assert str(problem) == "line 2: m: None is not of type str"
    for name, text in (
        ("m.jsonl", '{"id": "a", "m": null, "t": ""}\n'),
        ("m.yaml", "rows: [{id: a}]\ngrid: {m: [null], t: ['']}\n"),
    ):
        [row] = rows(written(tmp_path, name, text))
        assert isinstance(row, Row)
        assert row.values == {"m": None, "t": ""}
    [row] = rows(written(tmp_path, "m.csv", "id,m,t\na,,\n"))
    assert isinstance(row, Row)
    assert row.values == {}


def test_times_and_decimals_become_text_and_numbers_and_bytes_are_refused() -> None:
    moment = datetime(2026, 3, 1, 10, tzinfo=UTC)
    values = {"a": moment, "b": moment.date(), "c": Decimal("1.25"), "d": 7.0}
    cell = "a = None\nb = ''\nc: Decimal = 0\nd: int = 1"
    assert _typed(cell, **values) == {
        "a": "2026-03-01T10:00:00+00:00",
        "b": "2026-03-01",
        "c": 1.25,
        "d": 7,
    }
    for wrong in (b"x", float("nan"), Decimal("0.1000000000000000000001")):
        [problem] = _typed("a = None", a=wrong)
        assert str(problem).startswith("line 2: a: ")


def test_what_papermill_takes_for_a_default_passes() -> None:
    assert _fit("lr = 1\na, b = 1, 2\nc = d = 's'", lr="0.5", a="3", b="4", d="5") == {
        "lr": 0.5,
        "a": 3,
        "b": 4,
        "d": "5",
    }
    assert _typed("lr = 1\nsizes = [1]", lr=0.5, sizes=["x", None]) == {
        "lr": 0.5,
        "sizes": ["x", None],
    }
    assert _fit("%matplotlib inline\n!pip list\nx = 1", x="2") == {"x": 2}


def test_columns_that_are_no_parameters_are_compared_with_them_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row of many, or a table of many columns, does not pay for it again."""
    calls: list[str] = []
    monkeypatch.setattr("batch.rows.parameters._near", lambda name, _: calls.append(name) or [])
    manifest = tmp_path / "m.csv"
    manifest.write_text("id,seed,customer,region\n" + "".join(f"r{n},{n},c,r\n" for n in range(9)))
    plan = CampaignPlan(manifest, find_notebook("render"), {"prompt": PROMPT})
    assert len(list(plan.rows())) == len(list(plan.rows())) == 9
    assert sorted(calls) == ["customer", "region"]


def test_more_columns_than_a_spreadsheet_has_are_refused(tmp_path: Path) -> None:
    manifest = tmp_path / "m.csv"
    manifest.write_text(",".join(f"c{n}" for n in range(16_385)) + "\n")
    with pytest.raises(InvalidInput, match="line 1: has 16385 columns; 16384 is the most"):
        list(read_manifest(manifest))


def test_columns_that_are_no_parameters_are_labels(tmp_path: Path) -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("x = 1", metadata={"tags": ["parameters"]})]
    row = Row(2, "a-b", {"x": "1", "customer": "c7"}, text=True, labels={"id": "a b"})
    fitted = parameters_of(notebook, "mine.ipynb").fit(row, {}, Path("m.csv"))
    assert not isinstance(fitted, list)
    assert (fitted.parameters, fitted.labels) == ({"x": 1}, {"id": "a b", "customer": "c7"})


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("sep=|\nid|x\na|1\n", {"x": "1"}),
        ("id,x,,\na,1,,\n", {"x": "1"}),
        ("id,x\na,1,,\n", {"x": "1"}),
        ("id;x\na;größe €\n".encode("cp1252"), {"x": "größe €"}),
        ("id,x\na,größe\n".encode("utf-16"), {"x": "größe"}),
    ],
)
def test_csv_of_other_programs_is_read(tmp_path: Path, text: Any, values: Any) -> None:
    [row] = rows(written(tmp_path, "m.csv", text))
    assert isinstance(row, Row)
    assert (row.id, row.values) == ("a", values)


def test_ids_with_spaces_and_rows_of_a_grid_with_ids_are_rows(tmp_path: Path) -> None:
    found = rows(written(tmp_path, "m.csv", "id,x\nfirst try,1\n"))
    assert [(row.id, row.labels) for row in found if isinstance(row, Row)] == [
        ("first-try", {"id": "first try"})
    ]
    grid = "rows: [{id: a}, {id: b}]\ngrid: {x: [1, 2]}\n"
    ids = [row.id for row in rows(written(tmp_path, "m.yaml", grid)) if isinstance(row, Row)]
    assert ids == ["a-1", "a-2", "b-1", "b-2"]


def test_a_notebook_of_another_language_takes_what_papermill_can_write() -> None:
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell("x=1", metadata={"tags": ["parameters"]})]
    notebook.metadata["kernelspec"] = {"name": "bash", "language": "bash"}
    parameters = parameters_of(notebook, "b.ipynb")
    fitted = parameters.fit(Row(2, "a", {"x": "y", "n": 1}), {}, Path("m.csv"))
    assert not isinstance(fitted, list)
    assert fitted.parameters == {"x": "y", "n": 1}
    problems = parameters.fit(Row(3, "b", {"x": {"k": 1}}), {}, Path("m.csv"))
    assert isinstance(problems, list)
    assert str(problems[0]).startswith("line 3: x: ")
    notebook.metadata["kernelspec"] = {"name": "cobol", "language": "cobol"}
    with pytest.raises(InvalidInput, match="cannot write parameters for the kernel 'cobol'"):
        parameters_of(notebook, "c.ipynb")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("m.xlsx", b"PK\x03\x04", "save it as CSV in UTF-8"),
        ("m.csv", b"PK\x03\x04rest", "is a spreadsheet or an archive"),
        ("m.csv", b"\xd0\xcf\x11\xe0rest", "is an Excel file"),
        ("m.csv", b"\x1f\x8brest", "is compressed; unpack it"),
        ("m.jsonl", b"PAR1rest", "is a Parquet file; call it .parquet"),
        ("m.csv.gz", b"\x1f\x8b", "unpack it"),
        ("m.json", b"[]", "write an object a line"),
        ("m.jsonl", b'[{"id": "a"},\n {"id": "b"}]', "is a list; write an object a line"),
        ("m.jsonl", '{"id": "Zo\xeb"}'.encode("latin1"), "is not text in UTF-8"),
        ("m.yaml", "rows: [{id: a, prompt: x, prompt: y}]", "'prompt' appears twice"),
        ("m.yaml", "rows: [{id: a, prompt: &p [*p]}]", "is an alias of itself"),
        ("m.yaml", f"rows: [{{prompt: {'[' * 900}{']' * 900}}}]", "is nested too deeply"),
    ],
)
def test_files_of_other_kinds_are_named(
    tmp_path: Path, name: str, content: str | bytes, reason: str
) -> None:
    with pytest.raises(LotusError) as caught:
        rows(written(tmp_path, name, content))
    assert reason in str(caught.value)


def test_aliases_of_millions_of_values_are_refused(tmp_path: Path) -> None:
    levels = ["a: &a [1,1,1,1,1,1,1,1,1,1]"]
    for below, name in zip("abcdefgh", "bcdefghi", strict=True):
        levels.append(f"{name}: &{name} [{', '.join([f'*{below}'] * 10)}]")
    path = written(tmp_path, "m.yaml", f"base: {{{', '.join(levels)}}}\nrows: [{{id: a}}]\n")
    with pytest.raises(InvalidInput, match="its aliases stand for more than 2000000 values"):
        rows(path)


def test_tables_of_other_programs_are_read_as_they_are_meant(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    spaced = written(tmp_path, "m.csv", 'id, word, other\na, "x, y", "z"\n')
    [row] = rows(spaced)
    assert isinstance(row, Row)
    assert row.values == {"word": "x, y", "other": "z"}
    powershell = written(tmp_path, "m.jsonl", '{"id": "a", "word": "\xf6"}\r\n'.encode("utf-16"))
    [row] = rows(powershell)
    assert isinstance(row, Row)
    assert row.values == {"word": "\xf6"}
    pairs = pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int32()))
    pq.write_table(pa.table({"id": ["a"], "pairs": pairs}), tmp_path / "m.parquet")
    [row] = rows(tmp_path / "m.parquet")
    assert isinstance(row, Row)
    assert row.values == {"pairs": {"k": 1}}
    twice = pa.table([pa.array(["a"]), pa.array(["b"])], names=["x", "x"])
    pq.write_table(twice, tmp_path / "twice.parquet")
    with pytest.raises(InvalidInput, match=r"column 1 \(x\): appears twice"):
        rows(tmp_path / "twice.parquet")


def test_a_column_that_is_nearly_id_and_half_a_character_are_problems(tmp_path: Path) -> None:
    lines = [{"ID": "a", "prompt": PROMPT}, {"id": "b", "prompt": PROMPT, "note": "\ud800"}]
    path = written(tmp_path, "m.jsonl", "".join(json.dumps(line) + "\n" for line in lines))
    first, second = problems(path)
    assert "line 1: ID: is not a parameter of render.ipynb; did you mean 'id'?" in first
    assert second.startswith("line 2: note: '\\ud800' contains half of a surrogate pair")
