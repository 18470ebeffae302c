"""What a notebook takes from around itself, in other people's habits."""

from __future__ import annotations

from pathlib import Path

import pytest

from batch.rows.surroundings import Surroundings


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with notebooks in a folder of their own."""
    files = {
        "notebooks/helper.py": "import deeper",
        "notebooks/deeper.py": "",
        "notebooks/steps/first.py": "",
        "notebooks/clean.py": "",
        "src/model.py": "from layers import Layer",
        "src/layers/__init__.py": "",
        "common.py": "",
        "package/__init__.py": "",
        "package/weights.bin": "0" * 1_000_001,
        "package/prompt.txt": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("cells", "modules"),
    [
        (["import helper"], ["deeper.py", "helper.py"]),
        (["from helper import *\nimport numpy, os"], ["deeper.py", "helper.py"]),
        (["%load_ext autoreload\nimport helper as h"], ["deeper.py", "helper.py"]),
        (["import importlib\nimportlib.import_module('helper')"], ["deeper.py", "helper.py"]),
        (["from steps.first import x"], ["steps"]),  # no __init__.py
        (["import sys\nsys.path.append('../src')", "import model"], ["layers", "model.py"]),
        (
            ["import sys, os\nsys.path.insert(0, os.path.join('..', 'src'))\nimport layers"],
            ["layers"],
        ),
        (
            [
                "import sys\nfrom pathlib import Path\nsys.path += []\n"
                "sys.path.append(str(Path.cwd().parent))",
                "import common",
            ],
            ["common.py"],
        ),
        (["%cd ..", "import common"], ["common.py"]),
        (["import os\nos.chdir('..')", "from package import x"], ["package"]),
        (["import common"], []),
        (["import sys\nsys.path.append('not here')\nimport common"], []),
        (["def f(:", "import"], []),
    ],
)
def test_modules_are_found_where_cells_look_for_them(
    cells: list[str], modules: list[str], project: Path
) -> None:
    around = Surroundings(project / "notebooks", tuple(cells))
    assert [path.name for path in around.modules] == modules


@pytest.mark.parametrize(
    "cell",
    ["%run clean.py", "%run -i 'clean.py' 1", "!python3 clean.py --all", "! python -u clean.py"],
)
def test_scripts_that_cells_run_by_name_are_known(cell: str, project: Path) -> None:
    around = Surroundings(project / "notebooks", ("x = 1", cell))
    assert list(around.facts()["fixed"]) == ["clean.py"]


@pytest.mark.parametrize(
    "cell",
    [
        "%%writefile helper.py\nx = 1",
        "open('helper.py', 'w').write(text)",
        "!cp other.py helper.py",
    ],
)
def test_a_module_that_cells_may_write_is_that_of_the_row(cell: str, project: Path) -> None:
    around = Surroundings(project / "notebooks", ("# see deeper.py", cell, "import helper"))
    assert [path.name for path in around.modules] == ["deeper.py", "helper.py"]
    assert around.facts()["modules"] == {"deeper.py": "."}


def test_a_package_is_copied_without_its_largest_files(project: Path) -> None:
    around = Surroundings(project, ("import package",))
    facts = around.facts()
    (project / "package" / "weights.bin").write_text("1" * 1_000_001)
    assert Surroundings(project, ("import package",)).facts() == facts
    (project / "package" / "prompt.txt").write_text("other")
    assert Surroundings(project, ("import package",)).facts() != facts


def test_lotus_itself_is_no_module_of_a_notebook() -> None:
    import lotus

    assert Surroundings(Path(lotus.__file__).parents[1], ("import lotus, batch",)).modules == []
