"""What a release is made of: the conda recipe, the workflow, and the versions they name."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import jinja2
import yaml

import lotus

ROOT = Path(__file__).parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RELEASE: dict[str, Any] = yaml.safe_load((ROOT / ".github/workflows/release.yml").read_text())


class _Match:
    def __init__(self, load_file: str, regex_pattern: str, **_: Any) -> None:
        self.found = re.search(regex_pattern, (ROOT / load_file).read_text())

    def group(self, number: int) -> str:
        assert self.found is not None
        return self.found[number]


def _recipe() -> dict[str, Any]:
    """The recipe as conda-build renders it: by Jinja, then as YAML."""
    text = (ROOT / ".conda/meta.yaml").read_text()
    rendered = jinja2.Template(text, undefined=jinja2.StrictUndefined).render(
        load_file_regex=_Match, PYTHON="python"
    )
    return dict(yaml.safe_load(rendered))


def test_the_conda_recipe_names_the_version_the_command_and_the_packages_of_pyproject() -> None:
    recipe = _recipe()
    assert recipe["package"] == {"name": PROJECT["name"], "version": lotus.__version__}
    scripts = [f"{name} = {target}" for name, target in PROJECT["scripts"].items()]
    assert recipe["build"]["entry_points"] == scripts
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
    assert RELEASE["jobs"]["publish"]["permissions"] == {"id-token": "write"}, "no stored token"


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
