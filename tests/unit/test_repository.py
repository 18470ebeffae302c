"""The habits of the repository, held."""

from __future__ import annotations

import ast
import inspect
import json
import pickle
import re
import subprocess
import sys
import tomllib
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

import lotus
from lotus import errors
from lotus.cli import MODULES as COMMANDS
from lotus.cli import app

ROOT = Path(__file__).parents[2]
PACKAGE, BATCH, DASHBOARDS = ROOT / "lotus", ROOT / "batch", ROOT / "dashboards"
MODULES = sorted(
    path for path in PACKAGE.rglob("*.py") if not {"migrations", "data"} & set(path.relative_to(ROOT).parts)
)
BATCH_MODULES = sorted(BATCH.rglob("*.py"))
DASHBOARD_MODULES = sorted(DASHBOARDS.rglob("*.py"))

LAYERS = {  # a module imports only from layers below its own, and from its own package
    "errors": 0,
    "brief": 1,
    "storyboard": 1,
    "timeline": 1,
    "media": 1,
    "settings": 1,
    "owner": 1,
    "processes": 1,
    "keys": 1,
    "documents": 1,
    "models": 2,
    "prices": 2,
    "planning": 2,
    "composition": 2,
    "files": 2,
    "bundle": 2,
    "filters": 2,
    "store": 3,
    "db": 3,
    "dev": 3,
    "ffmpeg": 3,
    "probe": 3,
    "frames": 3,
    "progress": 1,
    "claims": 4,
    "assets": 4,
    "encoders": 4,
    "vectors": 4,
    "providers": 4,
    "parallel": 4,
    "sources": 4,
    "stills": 5,
    "plans": 5,
    "ledger": 5,
    "budgets": 5,
    "predictions": 5,
    "inputs": 5,
    "preflight": 5,
    "workspace": 5,
    "clips": 6,
    "generate": 7,
    "rendering": 6,
    "job": 7,
    "payment": 7,
    "making": 7,
    "costs": 7,
    "storage": 7,
    "listing": 7,
    "keeping": 7,
    "holding": 8,
    "stages": 9,
    "pipeline": 10,
    "reports": 8,
    "bundles": 9,
    "differences": 9,
    "ops": 8,
    "display": 11,
    "checks": 10,
    "api": 12,
    "previews": 12,
    "compositions": 12,
    "editor": 13,
    "tokens": 4,
    "reviews": 4,
    "server": 13,
    "client": 14,
    "watching": 13,
    "thumbs": 4,
    "cli": 15,
}
WITHIN = {"documents": -2, "brief": 0, "storyboard": 1, "timeline": 2}  # the order inside layer 1
WITHIN |= {"models": 10, "planning": 11}  # and inside layer 2
WITHIN |= {"ledger": 20, "budgets": 21, "predictions": 22, "stills": 20, "plans": 21}  # and inside layer 5
WITHIN |= {"job": 30, "payment": 31}  # and inside layer 7
EXCEPTIONS = {  # things show themselves in notebooks; how is imported only when they are shown
    (own, "bundles") for own in ("brief", "storyboard", "timeline", "job", "differences")
}


BATCH_LAYERS = {"errors": 0, "redaction": 0, "memory": 0, "warm": 0, "runs": 0}
BATCH_LAYERS |= {"manifest": 1, "watch": 1, "tallies": 1, "keeping": 1, "place": 1, "parameters": 2}
BATCH_LAYERS |= {"execution": 2, "oversight": 2, "engine": 3, "plan": 3, "runner": 4, "cluster": 5}
BATCH_LAYERS |= {"task": 0, "worker": 1, "fleet": 3, "ecs": 4}
BATCH_LAYERS |= {
    "served": 6,
    "driver": 6,
    "state": 6,
    "links": 0,
    "page": 7,
    "report": 8,
    "progress": 7,
    "campaign": 9,
    "cli": 10,
}

DASHBOARD_LAYERS = {"errors": 0, "markup": 0, "questions": 0, "access": 0, "installed": 0}
DASHBOARD_LAYERS |= {
    "sharing": 1,
    "source": 1,
    "links": 1,
    "charts": 1,
    "accounts": 1,
    "files": 2,
    "bundle": 2,
    "filters": 2,
    "gallery": 2,
}
DASHBOARD_LAYERS |= {"machine": 2, "kernels": 2, "verdicts": 2, "story": 3, "views": 3, "mailed": 3}
DASHBOARD_LAYERS |= {"backstage": 4, "pages": 4, "handlers": 5, "static_report": 5, "server": 6}
DASHBOARD_LAYERS |= {"mounted": 7, "cli": 7}


def _part(module: str) -> str:
    return module.split(".")[1] if "." in module else module


def _imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("lotus."):
            found.add(_part(node.module))
        elif isinstance(node, ast.ImportFrom) and node.module == "lotus":
            found |= {alias.name for alias in node.names if alias.name in LAYERS}
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_a_module_imports_only_from_layers_below(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for other in _imports(path) - {own}:
        if (own, other) in EXCEPTIONS:
            continue
        below = LAYERS[other] < LAYERS[own]
        assert below or WITHIN.get(other, 9) < WITHIN.get(own, -1), f"{own} imports {other}"


def _imported_of(package: str, path: Path) -> set[str]:
    nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom)]
    found = {_part(node.module) for node in nodes if node.module and node.module.startswith(f"{package}.")}
    return found | {alias.name for node in nodes if node.module == package for alias in node.names}


@pytest.mark.parametrize("path", BATCH_MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_of_batch_imports_only_from_layers_below(path: Path) -> None:
    own = path.relative_to(BATCH).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for other in _imported_of("batch", path) - {own}:
        assert BATCH_LAYERS[other] < BATCH_LAYERS[own], f"batch: {own} imports {other}"


@pytest.mark.parametrize("path", DASHBOARD_MODULES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_module_of_dashboards_imports_only_from_layers_below(path: Path) -> None:
    own = path.relative_to(DASHBOARDS).parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for other in _imported_of("dashboards", path) - {own}:
        assert DASHBOARD_LAYERS[other] < DASHBOARD_LAYERS[own], f"dashboards: {own} imports {other}"


def test_lotus_never_imports_what_is_built_on_it() -> None:
    above = re.compile(r"^\s*(from|import) (batch|dashboards)\b", re.M)
    assert [str(path) for path in MODULES if above.search(path.read_text())] == []


@pytest.mark.parametrize(
    "path", [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES], ids=lambda p: str(p.relative_to(ROOT))
)
def test_every_public_name_is_there_and_explained(path: Path) -> None:
    if DASHBOARDS in path.parents:
        pytest.importorskip("voila", reason="pip install -e '.[test]'")
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    module = import_module(name)
    if not hasattr(module, "__all__"):
        assert "import" not in path.read_text() or name.endswith("__main__"), f"{name} has no __all__"
    for public in getattr(module, "__all__", ()):
        thing = getattr(module, public)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, f"{name}.{public} has no docstring"


def _leaves(cls: type[errors.LotusError]) -> list[type[errors.LotusError]]:
    return [cls, *(leaf for sub in cls.__subclasses__() for leaf in _leaves(sub))]


@pytest.mark.parametrize("cls", _leaves(errors.LotusError), ids=lambda cls: cls.__name__)
def test_an_error_survives_pickling(cls: type[errors.LotusError]) -> None:
    facts = {"scene": 3, "reason": "timed out after 600 s", "file": "a.mp4", "field": "x", "name": "N"}
    if cls is errors.UnknownName:
        error: errors.LotusError = errors.UnknownName("transition", "fde", ["fade", "cut"])
        assert "did you mean 'fade'" in str(error)
    else:
        error = cls(remedy="wait", **facts)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.facts, again.remedy) == (
        cls,
        str(error),
        error.facts,
        error.remedy,
    )


def _commands() -> list[str]:
    import typer.main

    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["lotus.commands"]
    installed = {entry.name for entry in entry_points(group="lotus.commands")}
    assert set(groups) <= installed, (
        "pyproject has other commands than are installed: pip install -e '.[test]'"
    )

    found, todo = [], [("lotus", typer.main.get_command(app()))]
    while todo:
        name, command = todo.pop()
        children = getattr(command, "commands", {})
        todo += [(f"{name} {child}", value) for child, value in children.items()]
        if not children:
            assert command.help, f"{name} has no help"
            found.append(name)
    return found


def test_every_command_is_in_the_readme_and_the_other_way_round() -> None:
    readme, known = (ROOT / "README.md").read_text(), _commands()
    assert [name for name in known if name not in readme] == []
    named = {match.strip() for match in re.findall(r"`(lotus [a-z]+(?: [a-z]+)?)`", readme)}
    assert {name for name in named if name not in known} == set()


def test_a_command_is_found_without_loading_the_others() -> None:
    import typer.main

    for name in (command.split()[1] for command in _commands()):
        if name in COMMANDS:
            assert name in typer.main.get_command(app(name)).commands  # type: ignore[attr-defined]


def test_the_two_commands_of_the_readme_are_one_line_each() -> None:
    readme = (ROOT / "README.md").read_text()
    assert re.search(r"^python3 -m venv .*pip install.*lotus render.*$", readme, re.M)
    assert re.search(r"^python3 -m venv .*pip install.*pytest$", readme, re.M)


def test_importing_lotus_brings_in_nothing_heavy() -> None:
    code = "import sys, lotus; print(' '.join(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout.split()
    heavy = {"pandas", "dask", "papermill", "replicate", "av", "sqlalchemy", "pydantic", "numpy", "cv2"}
    assert heavy & set(loaded) == set()


def test_only_the_allowed_names_stand_at_the_top() -> None:
    allowed = {"notebooks", "lotus", "batch", "dashboards", "terraform", "tests", "environment.yml"}
    allowed |= {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    top = {line.split("/")[0] for line in done.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} - allowed == set()


def test_conda_and_pip_install_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {*project["dependencies"], *extras["lab"], *extras["batch"], *extras["dashboards"]}
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(item["pip"] for item in conda if isinstance(item, dict))
    have = {str(item).replace(" ", "") for item in [*conda, *pip] if isinstance(item, str)}
    assert {line.replace(" ", "") for line in wanted} - have == set()


@pytest.mark.parametrize(
    "path", sorted([*(ROOT / "notebooks").glob("*.ipynb"), *DASHBOARDS.glob("*.ipynb")]), ids=lambda p: p.stem
)
def test_a_notebook_is_thin_and_stored_without_outputs(path: Path) -> None:
    for cell in json.loads(path.read_text())["cells"]:
        source = "".join(cell["source"])
        assert not cell.get("outputs")
        assert len(source.splitlines()) <= 12
        assert not re.search(r"^\s*(def|class) ", source, re.M) or cell["cell_type"] == "markdown"


def test_lotus_render_and_compose_are_functions_whatever_was_imported() -> None:
    import_module("lotus.rendering.renderer")
    import_module("lotus.composition.captions")
    assert callable(lotus.render)
    assert callable(lotus.compose)
