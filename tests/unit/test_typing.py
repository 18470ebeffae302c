"""Type checkers accept what users write, and refuse what lotus would."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lotus
from lotus.documents.brief import Brand, BrandFields, Brief, SceneFields, SceneRequest
from lotus.documents.storyboard import Storyboard
from lotus.documents.timeline import Timeline

USER_CODE = Path(__file__).parents[1] / "data" / "user_code.py"
WRONG = """import lotus
lotus.Brief(prompt="x", duration_seconds="long")
lotus.Brief(prompt="x", durration_seconds=3)
lotus.Brief(prompt="x", aspect_ratio="4:3")
lotus.Brief(prompt="x", brand={"nme": "A"})
lotus.render(None)
"""
CACHE = Path(__file__).parents[2] / ".mypy_cache" / "users"
CHECKERS = {
    "mypy": ("mypy", "--config-file=", "--no-error-summary", f"--cache-dir={CACHE}"),
    "pyright": ("basedpyright", "--level=error", "--pythonpath", sys.executable),
}


def _errors(checker: str, code: str, folder: Path) -> set[int]:
    """The lines of a file that a checker refuses."""
    file = folder / "code.py"
    file.write_text(code, encoding="utf-8")
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "standard"}')
    module, *options = CHECKERS[checker]
    command = [sys.executable, "-m", module, *options, "code.py"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=240)
    marks = [
        line.split("code.py:", 1)[1] for line in done.stdout.splitlines() if "code.py:" in line
    ]
    assert done.returncode in (0, 1), done.stdout + done.stderr
    assert bool(marks) == bool(done.returncode), done.stdout + done.stderr
    return {int(mark.split(":")[0]) for mark in marks if "error" in mark}


@pytest.mark.parametrize("checker", [pytest.param("mypy", marks=pytest.mark.slow), "pyright"])
def test_what_users_write_is_accepted_and_slips_are_not(checker: str, tmp_path: Path) -> None:
    pytest.importorskip(CHECKERS[checker][0], reason="pip install -e '.[test]'")
    code = USER_CODE.read_text(encoding="utf-8")
    good = len(code.splitlines())
    assert _errors(checker, code + WRONG, tmp_path) == {good + n for n in range(2, 7)}


def test_the_package_says_that_it_is_typed() -> None:
    assert Path(lotus.__file__).with_name("py.typed").is_file()


@pytest.mark.parametrize("model", [Brand, Brief, Storyboard, Timeline], ids=lambda m: m.__name__)
def test_what_type_checkers_read_names_the_fields_there_are(model: Any) -> None:
    source = Path(sys.modules[model.__module__].__file__ or "").read_text(encoding="utf-8")
    [cls] = [
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.ClassDef) and node.name == model.__name__
    ]
    [init] = [
        part
        for block in cls.body
        if isinstance(block, ast.If)
        for part in block.body
        if isinstance(part, ast.FunctionDef)
    ]
    assert [argument.arg for argument in init.args.kwonlyargs] == list(model.model_fields)
    required = [
        a.arg for a, d in zip(init.args.kwonlyargs, init.args.kw_defaults, strict=True) if not d
    ]
    assert required == [n for n, field in model.model_fields.items() if field.is_required()]


def test_dictionaries_have_the_fields_of_what_they_stand_for() -> None:
    assert list(BrandFields.__annotations__) == list(Brand.model_fields)
    assert list(SceneFields.__annotations__) == list(SceneRequest.model_fields)
