"""The habits of the repository, held."""

from __future__ import annotations

import ast
import functools
import inspect
import json
import pickle
import re
import subprocess
import sys
import tomllib
from collections.abc import Container, Iterator
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path

import pytest
import yaml

import lotus
from lotus import errors
from lotus.cli import MODULES as COMMANDS
from lotus.cli import app
from lotus.db.tables import REVISION
from lotus.system import distribution
from tests.reference_pages import leaf_commands

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "lotus"
BATCH = ROOT / "batch"
DASHBOARDS = ROOT / "dashboards"
MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if not {"migrations", "data"} & set(path.relative_to(ROOT).parts)
)
BATCH_MODULES = sorted(BATCH.rglob("*.py"))
DASHBOARD_MODULES = sorted(DASHBOARDS.rglob("*.py"))

FLOORS = {  # a folder imports only from folders on lines above its own
    "lotus": """
        errors
        documents music settings system
        db dev media
        composition money
        models store
        planning
        providers
        workspace
        checks generation rendering
        speech
        subtitles
        aws delivery interchange pipeline
        reviews
        display reports
        experiments
        api notify
        docs notebook server
        cli
    """,
    "batch": """
        errors warm
        rows
        run
        background cluster lifecycle report
        campaign
        cli
    """,
    "dashboards": """
        errors questions
        views
        dashboard
        notebooks
        report server
        cli
    """,
}


@functools.cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file, made once."""
    return ast.parse(path.read_text())


@functools.cache
def _imports(path: Path, package: str, *, with_types: bool = False) -> set[str]:
    """The names of `package` that a file imports, also inside functions; those for types alone
    on request.
    """
    tree = parsed(path)
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and not with_types]
    only_types = {
        id(node)
        for block in blocks
        if "TYPE_CHECKING" in ast.unparse(block.test)
        for node in ast.walk(block)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and id(node) not in only_types and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.startswith(f"{package}.")}


@pytest.mark.parametrize("package", FLOORS)
def test_a_folder_imports_only_from_floors_below(package: str) -> None:
    floor = {room: n for n, line in enumerate(FLOORS[package].split("\n")) for room in line.split()}
    wrong = []
    for path in sorted((ROOT / package).rglob("*.py")):
        own = path.relative_to(ROOT / package).parts[0].removesuffix(".py")
        if own == "__init__" or {"migrations", "data"} & set(path.parts):
            continue
        for name in _imports(path, package):
            room = name.split(".")[1]
            if room in floor and room != own and floor[room] >= floor[own]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert wrong == []
    rooms = {
        path.stem
        for path in (ROOT / package).iterdir()
        if path.suffix == ".py" or any(path.rglob("*.py"))
    }
    assert rooms - {"__init__", "__pycache__"} == set(floor)


@pytest.mark.parametrize("package", ["lotus", "batch", "dashboards"])
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    paths = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): path
        for path in (ROOT / package).rglob("*.py")
        if path.name != "__init__.py"  # what a folder offers to others, gathered from its files
    }
    arrows = {
        module: _modules(_imports(path, package, with_types=True), paths)
        for module, path in paths.items()
    }
    TopologicalSorter({module: below - {module} for module, below in arrows.items()}).prepare()


def test_revisions_of_the_schema_stand_in_one_line_each_in_a_file_named_after_it() -> None:
    texts = {
        path.name[:4]: path.read_text()
        for path in sorted((ROOT / "lotus/db/migrations/versions").glob("*.py"))
    }
    ids = [re.findall(r'^revision = "(\d{4})"$', text, re.M) for text in texts.values()]
    below = [re.findall(r'^down_revision = "(\d{4})"$', text, re.M) for text in texts.values()]
    files = [path.name[:4] for path in (ROOT / "lotus/db/migrations/versions").glob("*.py")]
    assert sorted(files) == list(texts), "two files have the same number"
    assert ids == [[name] for name in texts]
    assert below == [[], *ids[:-1]]
    assert ids[-1][0] == REVISION


def _modules(names: set[str], known: Container[str]) -> set[str]:
    """The modules that names are, or are of."""
    modules = {name if name in known else name.rpartition(".")[0] for name in names}
    return {module for module in modules if module in known}


RIDDLES = {  # words that tell a stranger nothing, as the name of a class or a module
    *(
        "asked",
        "claims",
        "done",
        "earlier",
        "elsewhere",
        "found",
        "explained",
        "given",
        "guarded",
        "heard",
        "hold",
        "holding",
    ),
    *("answered", "hosted", "marked", "mended", "planned", "priced", "stopped", "written"),
    *("holding", "keeping", "kept", "made", "making", "means", "said", "shown", "stages", "taken"),
    *("told", "wanted", "watching", "utils", "helpers", "misc"),
}


PATTERNS = ROOT / "lotus/planning"  # patterns of sentences, a language a line


def test_lines_end_at_100_columns() -> None:
    """ruff lets a line be longer for a comment that ends in `type: ignore` or `noqa`, or for one
    long word; a line for an address alone may be.
    """
    assert [
        f"{path.relative_to(ROOT)}:{number}"
        for path in [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES]
        if PATTERNS not in path.parents
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if len(line) > 100 and not re.fullmatch(r"\s*# https://\S+", line)
    ] == []


def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for path in [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES]:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.ClassDef):
                where = f"{path.relative_to(ROOT)}:{node.lineno}"
                places.setdefault(node.name.lstrip("_"), []).append(where)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}


def test_no_module_or_class_is_named_by_a_riddle() -> None:
    names = {path.stem: path for path in [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES]}
    for path in [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES]:
        classes = (node for node in ast.walk(parsed(path)) if isinstance(node, ast.ClassDef))
        names |= {node.name.lstrip("_").lower(): path for node in classes}
    assert {name: str(path) for name, path in names.items() if name in RIDDLES} == {}


PARTICIPLES = {  # that say of a thing what was done with it, and not what it is
    *("asked", "begun", "bought", "built", "chosen", "compared", "done", "drawn", "ended"),
    *("failed", "fitted", "found", "given", "gone", "heard", "joined", "kept", "known"),
    *("listed", "lost", "made", "named", "needed", "placed", "prepared", "rendered"),
    *("said", "seen", "sent", "shown", "spent", "spoken", "stored", "taken", "told", "used"),
    *("wanted", "written"),
}


def _named_values(function: ast.AST) -> Iterator[tuple[ast.arg | ast.Name, str, ast.expr | None]]:
    """The parameters and variables of a function, each with its type or its value."""
    for node in ast.walk(function):
        if isinstance(node, ast.arg):
            yield node, node.arg, node.annotation
        elif isinstance(node, ast.Assign | ast.For | ast.comprehension | ast.NamedExpr):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for name in (part for target in targets for part in ast.walk(target)):
                if isinstance(name, ast.Name):
                    yield name, name.id, getattr(node, "value", None)


def _is_truth(value: ast.expr | None) -> bool:
    """Whether a type or a value is true or false, as far as it can be read."""
    if isinstance(value, ast.BoolOp):
        return all(map(_is_truth, value.values))
    if isinstance(value, ast.Subscript) and ast.unparse(value.value) == "Annotated":
        return isinstance(value.slice, ast.Tuple) and _is_truth(value.slice.elts[0])
    if isinstance(value, ast.Call):
        return re.search(r"\b(any|all|bool|startswith)$", ast.unparse(value.func)) is not None
    is_word = isinstance(value, ast.Name | ast.Constant)
    return (is_word and ast.unparse(value) in ("bool", "True", "False")) or (
        isinstance(value, ast.Compare | ast.UnaryOp)
    )


def test_variables_say_what_they_hold() -> None:
    """A participle may say whether something is so; what something is has a noun."""
    wrong = set()
    for path in [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES]:
        for function in ast.walk(parsed(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                wrong |= {
                    f"{path.relative_to(ROOT)}:{node.lineno} {name}"
                    for node, name, value in _named_values(function)
                    if name.strip("_") in PARTICIPLES and not _is_truth(value)
                }
    public = r"lotus/providers/functions\.py:\d+ done"  # users' functions call `progress(done, of)`
    assert [name for name in sorted(wrong) if not re.fullmatch(public, name)] == []


def test_functions_are_named_by_verbs_or_by_what_they_give() -> None:
    """Only one that tells whether something is so may be a participle."""
    public = {"lotus/api/experiments.py named", "batch/report/state.py spent"}
    wrong = {
        f"{path.relative_to(ROOT)} {node.name}"
        for path in [*MODULES, *BATCH_MODULES, *DASHBOARD_MODULES]
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.strip("_") in PARTICIPLES
        and not _is_truth(node.returns)
    }
    assert wrong - public == set()


@pytest.mark.parametrize("package", ["lotus", "batch", "dashboards"])
def test_a_folder_offers_no_function_that_one_of_its_files_would_hide(package: str) -> None:
    for init in (ROOT / package).rglob("__init__.py"):
        files = {path.stem for path in init.parent.iterdir()}
        defined = {
            node.name
            for node in parsed(init).body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
        }
        assert defined & files == set(), f"{init}: importing the file replaces the function"


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
        assert "import" not in path.read_text() or name.endswith("__main__"), (
            f"{name} has no __all__"
        )
    for public in getattr(module, "__all__", ()):
        thing = getattr(module, public)
        if inspect.isclass(thing) or inspect.isfunction(thing):
            assert thing.__doc__, f"{name}.{public} has no docstring"


def _leaves(cls: type[errors.LotusError]) -> list[type[errors.LotusError]]:
    return [cls, *(leaf for sub in cls.__subclasses__() for leaf in _leaves(sub))]


@pytest.mark.parametrize("cls", _leaves(errors.LotusError), ids=lambda cls: cls.__name__)
def test_an_error_survives_pickling(cls: type[errors.LotusError]) -> None:
    facts = {
        "scene": 3,
        "reason": "timed out after 600 s",
        "file": "a.mp4",
        "field": "x",
        "name": "N",
    }
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
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"][
        "lotus.commands"
    ]
    installed = {entry.name for entry in entry_points(group="lotus.commands")}
    assert set(groups) <= installed, (
        "pyproject has other commands than are installed: pip install -e '.[test]'"
    )

    found = []
    for name, command in leaf_commands():
        assert command.help, f"{name} has no help"
        found.append(name)
    return found


def test_every_command_has_help_and_is_in_the_reference() -> None:
    page = (PACKAGE / "docs/reference/commands.md").read_text()
    assert [name for name in _commands() if f"## {name}\n" not in page] == []


def test_a_command_is_found_without_loading_the_others() -> None:
    import typer.main

    for name in (command.split()[1] for command in _commands()):
        if name in COMMANDS:
            assert name in typer.main.get_command(app(name)).commands  # type: ignore[attr-defined]


def test_the_two_commands_of_the_readme_are_one_line_each() -> None:
    readme = (ROOT / "README.md").read_text()
    assert re.search(r"^python3 -m venv .*pip install.*lotus render.*$", readme, re.M)
    assert re.search(r"^python3 -m venv .*pip install.*pytest$", readme, re.M)


def test_nobody_is_told_to_install_a_strangers_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    name = project["name"]
    stranger = re.compile(r"pip install(?: -{1,2}[\w-]+)* [\"'\\]*lotus(?!-video\b)\b(?!/)")
    found = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    wrong = []
    for path in map(ROOT.joinpath, found.stdout.splitlines()):
        try:
            text = path.read_text()
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a picture, or a file that was moved and is not committed yet
        wrong += [f"{path.relative_to(ROOT)}: {one[0]}" for one in stranger.finditer(text)]
    assert wrong == []
    assert name == distribution.UNINSTALLED == "lotus-video"
    extras = [line for lines in project["optional-dependencies"].values() for line in lines]
    assert [line for line in extras if line.startswith("lotus[")] == []


def test_remedies_name_the_distribution_that_is_installed() -> None:
    assert distribution.distribution_name() in {
        one.dist.name for one in entry_points(group="console_scripts", name="lotus") if one.dist
    }
    name = distribution.distribution_name()
    assert distribution.install_command("aws") == f"pip install '{name}[aws]'"
    assert distribution.install_command(options="-U") == f"pip install -U {name}"


def test_importing_lotus_brings_in_nothing_heavy() -> None:
    code = "import sys, lotus; print(' '.join(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    ).stdout.split()
    heavy = {
        "pandas",
        "dask",
        "papermill",
        "replicate",
        "av",
        "sqlalchemy",
        "pydantic",
        "numpy",
        "cv2",
    }
    assert heavy & set(loaded) == set()


def test_what_draws_a_clip_loads_neither_the_planner_nor_the_documents() -> None:
    drawing = "lotus.providers.painters, lotus.providers.animatic.board, lotus.providers.photos"
    code = f"import sys, {drawing}; print(' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "lotus.providers.animatic.board" in loaded
    assert {"pydantic", "lotus.planning.planners", "lotus.documents.brief"} & loaded == set()


def test_only_the_allowed_names_stand_at_the_top() -> None:
    allowed = {"notebooks", "lotus", "batch", "dashboards", "terraform", "tests", "environment.yml"}
    allowed |= {"pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"}
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    top = {line.split("/")[0] for line in done.stdout.splitlines()}
    assert {name for name in top if not name.startswith(".")} - allowed == set()


def test_conda_and_pip_install_the_same() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        *project["dependencies"],
        *extras["lab"],
        *extras["batch"],
        *extras["dashboards"],
        *extras["voice"],
    }
    wanted = {line for line in wanted if not line.startswith(project["name"])}  # extras of extras
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    pip = next(item["pip"] for item in conda if isinstance(item, dict))
    have = {str(item).replace(" ", "") for item in [*conda, *pip] if isinstance(item, str)}
    assert {line.replace(" ", "") for line in wanted} - have == set()


@pytest.mark.parametrize(
    "path",
    sorted([*(ROOT / "notebooks").glob("*.ipynb"), *DASHBOARDS.glob("*.ipynb")]),
    ids=lambda p: p.stem,
)
def test_a_notebook_is_thin_and_stored_without_outputs(path: Path) -> None:
    for cell in json.loads(path.read_text())["cells"]:
        source = "".join(cell["source"])
        assert not cell.get("outputs")
        assert len(source.splitlines()) <= 12
        assert not re.search(r"^\s*(def|class) ", source, re.M) or cell["cell_type"] == "markdown"


def test_lotus_render_and_compose_are_functions_whatever_was_imported() -> None:
    import_module("lotus.rendering.renderer")
    import_module("lotus.composition.captions.captions")
    assert callable(lotus.render)
    assert callable(lotus.compose)
