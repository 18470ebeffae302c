"""Runs the real Terraform against the provider that only knows schemas."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lotus.aws.begin import secret_settings

ROOT = Path(__file__).parents[2] / "terraform"
ENVIRONMENTS = ("dev", "prod")
PEOPLE = tuple(
    f'-var={who}=["arn:aws:iam::123456789012:role/{who}"]'
    for who in ("deployers", "operators", "readers")
)
SECRETS = {"dev": (), "prod": secret_settings()}  # that tasks are given


@dataclass(frozen=True)
class Made:
    """All resources (type, mode, values), and the outputs."""

    resources: list[dict[str, Any]]
    outputs: dict[str, Any]

    def of(self, kind: str) -> list[dict[str, Any]]:
        """The values of the resources of a type."""
        return [
            one["values"]
            for one in self.resources
            if one["type"] == kind and one["mode"] == "managed"
        ]


@dataclass(frozen=True)
class Terraform:
    """The program, in a copy of the configuration."""

    folder: Path
    environment: dict[str, str]

    def __call__(self, *words: str, at: str = ".") -> subprocess.CompletedProcess[str]:
        """Run it; the caller looks at how it ended."""
        command = ["terraform", f"-chdir={self.folder / at}", *words]
        return subprocess.run(
            command, env={**os.environ, **self.environment}, capture_output=True, text=True
        )

    def made(self, environment: str) -> Made:
        """An environment as `terraform test` makes it, with people for each of its roles, and
        in prod every secret that there is.
        """
        where = (
            "-filter=tests/environment.tftest.hcl",
            f"-var-file=environments/{environment}.tfvars",
            f"-var=secrets={json.dumps(SECRETS[environment])}",
            *PEOPLE,
        )
        done = self("test", "-json", "-verbose", *where)
        assert done.returncode == 0, done.stdout + done.stderr
        lines = [json.loads(line) for line in done.stdout.splitlines()]
        state = next(line["test_state"] for line in lines if line["type"] == "test_state")
        found = [one for module in _modules(state["root_module"]) for one in module["resources"]]
        return Made(found, {name: output["value"] for name, output in state["outputs"].items()})


def _modules(module: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {"resources": [], **module}
    for child in module.get("child_modules", ()):
        yield from _modules(child)


@contextmanager
def copied(folder: Path) -> Iterator[Terraform]:
    """Terraform in a copy of terraform/, initialised; skips where there is no Terraform."""
    if shutil.which("terraform") is None:
        pytest.skip(
            "terraform is not installed (developer.hashicorp.com/terraform/install): it was not "
            "checked"
        )
    from tests.terraform.provider import served

    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
    with served() as environment:
        terraform = Terraform(folder, environment)
        done = terraform("init", "-backend=false", "-input=false")
        assert done.returncode == 0, done.stderr
        yield terraform


def variables(environment: str) -> dict[str, Any]:
    """The values of a .tfvars file: it is plain enough to become JSON."""
    text = (ROOT / "environments" / f"{environment}.tfvars").read_text()
    text = re.sub(r"#.*", "", text)
    text = re.sub(r"^(\s*)(\w+)\s*=\s*", r'\1"\2": ', text, flags=re.M)
    text = re.sub(r'([\w"}\]])[ ]*\n(?=\s*")', r"\1,\n", text.strip())
    return dict(json.loads("{" + text + "}"))
