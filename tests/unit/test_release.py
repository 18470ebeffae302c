"""What a release is made of: the conda recipe, the workflow, and the versions they name."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import yaml

import lotus

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RELEASE: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())


def _recipe() -> dict[str, Any]:
    """The recipe with its version filled in; `.ci/run` renders it by rattler-build."""
    text = (ROOT / ".conda/recipe.yaml").read_text()
    return dict(yaml.safe_load(text.replace("${{ version }}", lotus.__version__)))


def test_the_conda_recipe_names_the_version_the_command_and_the_packages_of_pyproject() -> None:
    recipe = _recipe()
    assert recipe["package"] == {"name": PROJECT["name"], "version": lotus.__version__}
    assert recipe["context"] == {"version": lotus.__version__}, "raise both"
    scripts = [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    assert recipe["build"]["python"]["entry_points"] == scripts
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())["dependencies"]
    by_pip = {one for item in environment if isinstance(item, dict) for one in item["pip"]}
    needed = {*PROJECT["dependencies"], f"python{PROJECT['requires-python']}"}
    packages = {item.replace(" ", "") for item in recipe["requirements"]["run"]}
    assert packages <= needed
    assert needed - packages <= by_pip
    assert (ROOT / ".conda" / recipe["source"]["path"]).resolve() == ROOT


def test_a_release_is_tested_on_each_python_that_the_package_names() -> None:
    named = re.findall(r":: (3\.\d+)$", "\n".join(PROJECT["classifiers"]), re.M)
    assert RELEASE["jobs"]["test"]["strategy"]["matrix"]["python"] == named
    assert RELEASE["jobs"]["publish"]["needs"] == "test"
    permissions = {"contents": "read", "id-token": "write"}
    assert RELEASE["jobs"]["publish"]["permissions"] == permissions, "no stored token"


def test_the_release_compares_its_tag_with_the_version_of_the_package() -> None:
    steps = [step.get("run", "") for step in RELEASE["jobs"]["publish"]["steps"]]
    line = next(step for step in steps if "GITHUB_REF_NAME" in step)
    for tag, code in ((f"v{lotus.__version__}", 0), ("v99.0.0", 1)):
        checked = subprocess.run(
            ["bash", "-e", "-c", line],
            cwd=ROOT,
            env={"GITHUB_REF_NAME": tag, "PATH": "/usr/bin:/bin"},
        )
        assert checked.returncode == code
