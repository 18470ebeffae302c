"""Parameters cells and tables of other people's habits: nothing that is meant gets lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from batch.errors import InvalidManifest
from batch.rows.manifest import Row, RowProblem, read_manifest
from batch.rows.notebooks import parse_notebook
from batch.rows.parameters import FittedRow, Parameters, parameters_of
from batch.rows.plan import CampaignPlan
from lotus.errors import InvalidInput


def notebook(*cells: str, tags: tuple[str, ...] = ("parameters",)) -> Any:
    document = nbformat.v4.new_notebook()  # type: ignore[no-untyped-call]
    document.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]  # type: ignore[no-untyped-call]
    for cell, tag in zip(document.cells, tags, strict=False):
        cell.metadata["tags"] = [tag] if tag else []
    return document


def parameters(*cells: str, tags: tuple[str, ...] = ("parameters",)) -> Parameters:
    return parameters_of(notebook(*cells, tags=tags), "mine.ipynb")


def fit(taken: Parameters, text: bool = True, **values: Any) -> Any:
    outcome = taken.fit(Row(1, "a", values, text), {}, Path("m"))
    return outcome if isinstance(outcome, list) else outcome.parameters


def reason(outcome: Any) -> str:
    assert isinstance(outcome, list), outcome
    return str(outcome[0])


@pytest.mark.parametrize(
    ("default", "text", "value"),
    [
        ("10 * 60", "300", 300),
        ("2 ** -3", "0.5", 0.5),
        ("1 / 3", "1", 1.0),
        ("-1", "5", 5),
        ("f'{1}'", "007", "007"),
        ("'a' + 'b'", "1", "1"),
        ("int('3')", "5", 5),
        ("1 > 0", "no", False),
        ("1 if True else 2", "7", 7),
        ("not True", "yes", True),
        ("[n for n in range(3)]", "a; b", ["a", "b"]),
        ("{1, 2}", "3;4", [3, 4]),
        ("None", "5", 5),
        ("None", "3.5", 3.5),
        ("None", "True", True),
        ("None", "007", "007"),
        ("None", "1e3", "1e3"),
        ("None", "2026-01-31", "2026-01-31"),
        ("some_call()", "5", 5),
        ("some_call()", "five", "five"),
        ("''", "5", "5"),
    ],
)
def test_text_becomes_what_the_default_is(default: str, text: str, value: Any) -> None:
    assert fit(parameters(f"x = {default}"), x=text) == {"x": value}


@pytest.mark.parametrize("default", ["b'a'", "1j"])
def test_a_default_that_no_table_can_give_is_a_problem(default: str) -> None:
    assert "is not of type" in reason(fit(parameters(f"x = {default}"), x="2"))


@pytest.mark.parametrize(
    ("cell", "text", "value"),
    [
        ("import numpy as np\nx: np.int64 = 3", "5", 5),
        ("from numpy import float32\nx: float32 = 3", "5", 5.0),
        ("from typing import Annotated\nx: Annotated[int, 'metres'] = 3", "5", 5),
        ("from typing import Final\nx: Final = 3", "5", 5),
        ("from typing import Final\nx: Final[int] = 3", "5", 5),
        ("from typing import List\nIds = List[int]\nx: Ids = []", "1;2", [1, 2]),
        ("Ids = list[int] | None\nx: Ids = None", "1;2", [1, 2]),
        ("x: MyOwn = 3", "5", 5),
        ("x: MyOwn = None", "5", "5"),
    ],
)
def test_annotations_of_libraries_and_aliases_are_read(cell: str, text: str, value: Any) -> None:
    assert fit(parameters(cell), x=text) == {"x": value}


def test_a_type_that_another_cell_names_is_read() -> None:
    cells = ("from typing import List\nIds = List[int]", "x: Ids = []")
    assert fit(parameters(*cells, tags=("", "parameters")), x="1;2") == {"x": [1, 2]}


@pytest.mark.parametrize(
    "cell",
    [
        "if True:\n    x = 2",
        "try:\n    x = 2\nexcept OSError:\n    x = 3",
        "for x in (1, 2):\n    pass",
        "(x := 3)",
        "%%time\nx = 1",
        "%%capture out\nx = 1",
        "with open('f') as x:\n    pass",
    ],
)
def test_a_name_is_a_parameter_wherever_the_cell_assigns_it(cell: str) -> None:
    assert list(parameters(cell).by_name) == ["x"]
    assert fit(parameters(cell), x="5") == {"x": 5}


def test_names_of_functions_are_their_own() -> None:
    assert list(parameters("y = 1\ndef f():\n    x = 2\nclass C:\n    z = 3").by_name) == ["y"]


def test_branches_that_differ_take_anything() -> None:
    cell = "if True:\n    x = 2\nelse:\n    x = 'word'"
    assert fit(parameters(cell), x="word") == {"x": "word"}


@pytest.mark.parametrize("column", ["MODEL", "Model", "mo_del", "MO DEL", "modle"])
def test_a_column_that_is_nearly_a_parameter_is_a_problem(column: str) -> None:
    outcome = fit(parameters("model = 'cheap'"), **{column: "dear"})
    assert "did you mean 'model'?" in reason(outcome)


def test_a_second_parameters_cell_is_not_passed_over() -> None:
    taken = parameters("x = 1", "y = 2", tags=("parameters", "parameters"))
    assert fit(taken, x="5") == {"x": 5}
    assert "is assigned in a second cell tagged `parameters`" in reason(fit(taken, x="5", y="6"))


def test_a_parameter_without_a_default_is_needed() -> None:
    taken = parameters("x: int\ny = 1")
    assert "x: is missing" in reason(fit(taken, y="5"))
    assert fit(taken, x="5") == {"x": 5}


def test_groups_of_columns_keep_numbers() -> None:
    taken = parameters("options = {'a': 1}")
    given = {"options": {"a": "2", "b": {"c": "007"}}}
    assert fit(taken, **given) == {"options": {"a": 2, "b": {"c": "007"}}}


def plan(folder: Path, table: str, name: str = "m.csv") -> CampaignPlan:
    (folder / name).write_text(table)
    nbformat.write(notebook("x = 1"), folder / "mine.ipynb")  # type: ignore[no-untyped-call]
    return CampaignPlan(folder / name, folder / "mine.ipynb")


def test_columns_may_be_parted_by_bars(tmp_path: Path) -> None:
    [row] = plan(tmp_path, "id|x\na|5\n").rows()
    assert isinstance(row, dict)
    assert (row["name"], row["parameters"]) == ("a", {"x": 5})


def test_a_table_none_of_whose_columns_is_a_parameter_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"no column \(customer\) is a parameter of mine"):
        plan(tmp_path, "id,customer\na,5\n").check()
    assert plan(tmp_path, "id\na\nb\n").check() == (2, [])


def test_a_field_that_stands_twice_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(InvalidManifest, match="'x' appears twice"):
        plan(tmp_path, '{"x": 1, "x": 2}\n', "m.jsonl").check()


def test_a_table_with_nul_bytes_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "m.csv"
    path.write_bytes("id,x\na,b\n".encode("utf-16-le"))
    with pytest.raises(InvalidInput, match="is not text in UTF-8"):
        list(read_manifest(path))


def test_rows_that_fit_are_no_problems() -> None:
    outcome = parameters("x = 1").fit(Row(1, "a", {"x": "5", "note": "n"}, True), {}, Path("m"))
    assert outcome == FittedRow({"x": 5}, {"note": "n"})
    assert not isinstance(outcome, RowProblem)


CODE = {"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": ["x = 0"]}
CODE |= {"outputs": [], "execution_count": None}
WHOLE = {"cells": [CODE], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


@pytest.mark.parametrize(
    "document",
    [
        {},
        [],
        None,
        {**WHOLE, "cells": None},
        {**WHOLE, "cells": ["x = 0"]},
        {**WHOLE, "metadata": None},
        {**WHOLE, "nbformat": 5},
        {**WHOLE, "cells": [{**CODE, "metadata": None}]},
        {**WHOLE, "cells": [{**CODE, "source": None}]},
        {**WHOLE, "cells": [{**CODE, "outputs": None}]},
        {**WHOLE, "cells": [CODE, {"metadata": {}, "source": ["x"]}]},
        {**WHOLE, "cells": [CODE, {**CODE, "source": ["'\ud800'"]}]},
    ],
)
def test_a_file_that_is_no_notebook_is_refused_in_a_line(document: Any) -> None:
    with pytest.raises(InvalidInput, match="is not a notebook"):
        parse_notebook(json.dumps(document).encode(), "mine.ipynb")


@pytest.mark.parametrize(
    "document",
    [
        {**WHOLE, "metadata": {"kernelspec": None, "language_info": "python"}},
        {**WHOLE, "cells": [{**CODE, "metadata": {"tags": "parameters"}}]},
        {**WHOLE, "cells": [CODE, {**CODE, "metadata": {"tags": None}}]},
        {**WHOLE, "cells": [{**CODE, "id": "a"}, {**CODE, "id": "a"}]},
    ],
)
@pytest.mark.filterwarnings("error")
def test_a_notebook_that_others_wrote_is_read(document: Any) -> None:
    read = parse_notebook(b"\xef\xbb\xbf" + json.dumps(document).encode(), "mine.ipynb")
    assert fit(parameters_of(read, "mine.ipynb"), x="7") == {"x": 7}


@pytest.mark.parametrize("source", ["x = " + "+".join(["1"] * 20_000), "x = '\0'", "x = (" * 300])
def test_parameters_that_python_does_not_read_are_refused(source: str) -> None:
    with pytest.raises(InvalidInput, match="its parameters are not Python"):
        parameters(source)
    assert fit(parameters("x = 0", source), x="7") == {"x": 7}  # in another cell they may stand
