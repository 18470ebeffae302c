"""Commands and calls that need an extra: one line that installs it."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from packaging.requirements import Requirement

import batch
from lotus.errors import InvalidInput
from lotus.experiments.running import run_on_cluster
from lotus.system.distribution import EXTRAS, NEEDED_BY, import_extra
from tests.bare import BARE
from tests.driving import inside
from tests.seeded_experiments import seeded

ROOT = Path(__file__).parents[2]
COMMANDS = {
    "batch run m.csv --notebook render": "batch",
    "batch logs 0b1f4c2e a": "batch",
    "dashboards": "dashboards",
    "report costs --out costs.html": "dashboards",
    "serve": "server",
    "ops status": "aws",
    "ops restore --to other": "aws",
    "db copy sqlite:///a.db postgresql://lotus@db.example.com/lotus": "aws",
    "dev up": "dev",
    "subtitles m.csv": "voice",
    "measure lotus/examples/riders.mp4 --metric faces": "faces",
    "measure lotus/examples/riders.mp4 --metric stray_text": "text",
    "experiment leaderboard ratings.csv": "experiments",
}


def test_commands_without_their_extra_say_how_to_install_it(tmp_path: Path) -> None:
    """All in one process that finds the modules of no extra."""
    (tmp_path / "m.csv").write_text("id,prompt\na,A small coffee roaster opens at dawn\n")
    code = BARE.format(hidden=set(EXTRAS), commands=list(COMMANDS))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, cwd=tmp_path
    )
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    for (command, extra), (status, errors) in zip(COMMANDS.items(), answers, strict=True):
        assert status in (1, 2), command
        assert errors.startswith("error: "), command
        assert errors.count("\n") == 1, errors
        assert f"pip install 'lotus-video[{extra}]'" in errors, command


def test_every_extra_says_what_needs_it() -> None:
    assert set(EXTRAS.values()) == set(NEEDED_BY)


def test_campaigns_without_their_extra_say_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("lotus.system.distribution.find_spec", {"nbformat": True}.get)
    with pytest.raises(InvalidInput, match=r"papermill: is not installed.*lotus-video\[batch\]"):
        _ = batch.Campaign


def test_a_campaign_that_could_not_run_is_not_written(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "m.csv").write_text("id,prompt\na,A small coffee roaster opens at dawn\n")
    hidden = {"nbformat": True, "papermill": True}.get
    monkeypatch.setattr("lotus.system.distribution.find_spec", hidden)
    said = inside("batch", "run", tmp_path / "m.csv", "--budget", "1")
    assert (said.code, said.error.count("distributed: is not installed")) == (2, 1)
    monkeypatch.undo()
    assert not (home / "lotus.db").exists()


def test_an_experiment_on_a_cluster_without_dask_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "batch.cluster.cells", raising=False)
    for name in [name for name in sys.modules if name.split(".")[0] == "distributed"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InvalidInput, match=r"lotus-video\[batch\]"):
        run_on_cluster("local", 1, SimpleNamespace(experiment_id="e"), [], "", 0)  # type: ignore[arg-type]


def test_a_call_without_its_extra_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(InvalidInput) as failure:
        import_extra("pandas")
    assert str(failure.value) == (
        "pandas: is not installed, and notebooks and tables need it; "
        "install it: pip install 'lotus-video[lab]'"
    )


@pytest.mark.parametrize(
    ("module", "call"),
    [
        ("pandas", lambda experiment, folder: experiment.measure(["black"])),
        ("pandas", lambda experiment, folder: experiment.estimate().to_pandas()),
        ("pandas", lambda experiment, folder: experiment.report(folder / "report.html")),
        ("pyarrow", lambda experiment, folder: experiment.export(folder / "data")),
        ("evalica", lambda experiment, folder: experiment.leaderboard("style")),
    ],
)
def test_experiments_name_their_own_extra(
    module: str, call: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = seeded(home, {"style": ["noir", "anime"]})
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(InvalidInput, match=r"pip install 'lotus-video\[experiments\]'"):
        call(experiment, tmp_path)
    assert not (tmp_path / "data").exists()


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
