"""Habits that hold for every file and for the program as a whole; those of modules are in
test_repository.
"""

from __future__ import annotations

import pickle
import re
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from lotus.errors import DatabaseError, StoreError
from tests.driving import all_commands

ROOT = Path(__file__).parents[2]
LIGHT = {
    "pandas",
    "av",
    "cv2",
    "sqlalchemy",
    "numpy",
    "dask",
    "distributed",
    "papermill",
    "replicate",
}


@cache
def tracked() -> tuple[Path, ...]:
    """Every file of the repository, as git has it."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git repository")
    return tuple(
        path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()
    )


def _mentioning(pattern: str) -> list[str]:
    sign = re.compile(pattern.encode())
    return [str(path.relative_to(ROOT)) for path in tracked() if sign.search(path.read_bytes())]


def test_no_file_names_a_place_of_one_machine() -> None:
    folders = ("/wo" + "rk/", "/tmp" + "/w", "/home" + "/[a-z]+/", "/Us" + "ers/[a-z]")
    assert _mentioning(r"(?<![\w.])(" + "|".join(folders) + ")") == []


def test_no_file_holds_a_secret() -> None:
    tokens = (
        r"r8_[A-Za-z0-9]{37}",
        r"AKIA[0-9A-Z]{16}",
        r"gh[pousr]_[A-Za-z0-9]{36}",
        "BEGIN [A-Z ]*PRIVATE KEY",
    )
    here = str(Path(__file__).relative_to(ROOT))
    assert [name for name in _mentioning("|".join(tokens)) if name != here] == []


def test_the_help_brings_in_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['lotus', '--help']\n"
        "from lotus.cli import main\n"
        "try: main()\n"
        "finally: print(' '.join(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0
    assert "Usage: lotus" in done.stdout
    assert LIGHT & set(done.stderr.split()) == set()


def _walk(name: str, command: Any) -> list[tuple[str, Any]]:
    children = getattr(command, "commands", {})
    return [
        (name, command),
        *(pair for sub in children for pair in _walk(f"{name} {sub}", children[sub])),
    ]


def test_every_command_option_and_argument_has_help() -> None:
    for name, command in _walk("lotus", all_commands()):
        assert command.help, f"{name} has no help"
        for parameter in command.params:
            assert getattr(parameter, "help", None), f"{name}: {parameter.name} has no help"


def test_conda_installs_nothing_that_pip_does_not() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    wanted = {
        Requirement(line).name
        for line in [
            *(
                *project["dependencies"],
                *extras["lab"],
                *extras["batch"],
                *extras["dashboards"],
                *extras["voice"],
                *extras["text"],
                *extras["faces"],
            )
        ]
    }
    wanted |= {Requirement(line).name for line in extras.get("aws", [])} | {"python", "pip"}
    conda = yaml.safe_load((ROOT / "environment.yml").read_text())
    lines = [
        line
        for item in conda["dependencies"]
        for line in (item["pip"] if isinstance(item, dict) else [item])
    ]
    have = {re.split(r"[\s<>=]", line)[0] for line in lines if not line.startswith("-e")}
    assert conda["channels"] == ["conda-forge"]
    assert have - wanted == set()
    assert "-e ." in lines


def test_an_error_keeps_the_text_of_its_cause_through_pickling() -> None:
    error = StoreError(url="store", reason="full", remedy="free some space")
    error.__cause__ = OSError(28, "No space left on device")
    again = pickle.loads(pickle.dumps(pickle.loads(pickle.dumps(error))))
    assert again.cause == "OSError: [Errno 28] No space left on device"
    assert str(again) == "store store: full; free some space"


def test_an_error_without_a_cause_says_nothing_of_one() -> None:
    assert pickle.loads(pickle.dumps(DatabaseError(url="x", reason="y"))).cause == ""
