"""Commands and calls that need an extra: one line that installs it."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

from lotus.errors import InvalidInput
from lotus.system.distribution import EXTRAS, import_extra

ROOT = Path(__file__).parents[2]
BARE = """
import importlib.abc, sys
class Bare(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name.split(".")[0] in {hidden}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Bare())
sys.argv = ["lotus", *{arguments}]
from lotus.cli import main
main()
"""


@pytest.mark.parametrize(
    ("arguments", "extra"),
    [
        (("batch", "run", "m.csv", "--notebook", "render"), "batch"),
        (("dashboards",), "dashboards"),
        (("serve",), "server"),
        (("ops", "status"), "aws"),
        (("dev", "up"), "dev"),
        (("subtitles", "m.csv"), "voice"),
    ],
    ids=" ".join,
)
def test_a_command_without_its_extra_says_how_to_install_it(
    arguments: tuple[str, ...], extra: str
) -> None:
    Path("m.csv").write_text("id,prompt\na,A small coffee roaster opens at dawn\n")
    code = BARE.format(hidden=set(EXTRAS), arguments=arguments)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode in (1, 2), done.stderr
    [line] = done.stderr.strip().splitlines()
    assert line.startswith("error: ")
    assert f"pip install 'lotus-video[{extra}]'" in line


def test_a_call_without_its_extra_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InvalidInput) as failure:
        import_extra("pandas")
    assert str(failure.value) == (
        "pandas: is not installed; install it: pip install 'lotus-video[lab]'"
    )


def test_a_module_of_no_extra_is_a_fault_of_the_installation() -> None:
    with pytest.raises(ModuleNotFoundError):
        import_extra("no_such_module_at_all")


def _names(extra: str, extras: dict[str, Any]) -> set[str]:
    wanted = [Requirement(line) for line in extras[extra]]
    names = {one.name for one in wanted}
    return names.union(*(_names(e, extras) for one in wanted for e in one.extras if e in extras))


def test_the_lab_extra_runs_every_notebook() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = _names("lab", project["optional-dependencies"])
    own = {"lotus", "batch", "dashboards", *sys.stdlib_module_names}
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        cells = nbformat.read(path, as_version=4).cells
        tree = ast.parse("\n".join(cell.source for cell in cells if cell.cell_type == "code"))
        modules = {
            n.name for node in ast.walk(tree) if isinstance(node, ast.Import) for n in node.names
        }
        modules |= {
            node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
        }
        others = {module.split(".")[0] for module in modules} - own
        assert others <= {*names, "IPython"}, path.name  # JupyterLab brings IPython
        if "batch" in {module.split(".")[0] for module in modules}:
            assert {"dask", "papermill"} <= names, path.name
    assert {"pandas", "ipywidgets", "jupyterlab"} <= names
